/** Graphs over the positions of a sample, for Aggregate. */
#ifndef NT_LAYER_AGGREGATE_H
#define NT_LAYER_AGGREGATE_H

#include "nt/plugin.h"
#include "nt/stax_linear.h"

/** Whether a pattern of shape [samples][...] fits the input. Parallel: Local. */
nt_status nt_aggregate_check_pattern(nt_error *err, const nt_aggregate *cfg, const nt_facts *in,
                                     const nt_shape *pattern) NT_WARN_UNUSED;

/** The transposed pattern over all positions: A^T [P][P], heads first; the
 * identity without a pattern.
 * Parallel: Local. \return NT_ERR_DATA when a list of edges holds what is no integer. */
nt_status nt_aggregate_matrix(nt_error *err, const nt_aggregate *cfg, const nt_facts *in,
                              const nt_mix_sample *sample, double *matrix) NT_WARN_UNUSED;

#endif
