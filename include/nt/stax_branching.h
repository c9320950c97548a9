/** Layers of `neural_tangents.stax` that make branches and join them. How to make layers: nt/stax.h. */
#ifndef NT_STAX_BRANCHING_H
#define NT_STAX_BRANCHING_H

#include "nt/option.h"
#include "nt/typing.h"

#ifdef __cplusplus
extern "C" {
#endif

/** FanInConcat(axis=-1) */
typedef struct nt_fan_in_concat {
  int64_t axis;
} nt_fan_in_concat;
#define NT_FAN_IN_CONCAT_DEFAULTS                                                                  \
  {                                                                                                \
    .axis = -1                                                                                     \
  }

/** FanOut(num) */
typedef struct nt_fan_out {
  int64_t num; /**< Required. */
} nt_fan_out;
#define NT_FAN_OUT_DEFAULTS                                                                        \
  {                                                                                                \
    .num = 0                                                                                       \
  }

/* Constructors: arguments are copied and checked (NULL: the defaults); the new layer is the caller's.
 * Parallel: Local. Errors: NT_ERR_ARG, NT_ERR_NOMEM. */
nt_status nt_stax_fan_in_concat(nt_error *err, const nt_fan_in_concat *cfg,
                                nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_fan_out(nt_error *err, const nt_fan_out *cfg, nt_layer **out) NT_WARN_UNUSED;

/* Without arguments. Parallel: Local. */
nt_status nt_stax_fan_in_sum(nt_error *err, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_fan_in_prod(nt_error *err, nt_layer **out) NT_WARN_UNUSED;

#ifdef __cplusplus
}
#endif
#endif
