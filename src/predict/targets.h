/** Targets in two steps: what they are, which takes no memory to speak of, and their values. */
#ifndef NT_PREDICT_TARGETS_H
#define NT_PREDICT_TARGETS_H

#include "nt/predict.h"

/** nt_targets_create without the values: y is NULL. Parallel: Local. */
nt_status nt_targets_decide(nt_error *err, const nt_labels *labels, nt_target_mode mode,
                            int64_t classes, nt_targets **out) NT_WARN_UNUSED;
/** nt_targets_create_like without the values. Parallel: Local. */
nt_status nt_targets_decide_like(nt_error *err, const nt_labels *labels, const nt_targets *like,
                                 nt_targets **out) NT_WARN_UNUSED;
/** The values, from the same labels: n x c numbers. Parallel: Local. */
nt_status nt_targets_fill(nt_error *err, const nt_labels *labels,
                          nt_targets *targets) NT_WARN_UNUSED;

#endif
