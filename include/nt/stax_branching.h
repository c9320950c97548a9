/** Layers of `neural_tangents.stax` that make and join branches. How to make layers: nt/stax.h.
 *
 * K' and T' are NNGP and NTK behind the layer, K_b and T_b those of branch b. Branches are taken to
 * be independent: each needs weights of its own. */
#ifndef NT_STAX_BRANCHING_H
#define NT_STAX_BRANCHING_H

#include "nt/option.h"
#include "nt/typing.h"

#ifdef __cplusplus
extern "C" {
#endif

/** FanInConcat(axis=-1): along the channels K' = sum_b c_b K_b / sum_b c_b with c_b channels of
 * branch b, T' likewise; along another axis side by side, with 0 between branches */
typedef struct nt_fan_in_concat {
  int64_t axis;
} nt_fan_in_concat;
#define NT_FAN_IN_CONCAT_DEFAULTS                                                                  \
  {                                                                                                \
    .axis = -1                                                                                     \
  }

/** FanOut(num): K and T of each copy are those of the input */
typedef struct nt_fan_out {
  int64_t num; /**< Required. */
} nt_fan_out;
#define NT_FAN_OUT_DEFAULTS                                                                        \
  {                                                                                                \
    .num = 0                                                                                       \
  }

/* Constructors: arguments are copied and checked (NULL: defaults); the layer is the caller's.
 * Parallel: Local. Errors: NT_ERR_ARG, NT_ERR_NOMEM. */
nt_status nt_stax_fan_in_concat(nt_error *err, const nt_fan_in_concat *cfg,
                                nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_fan_out(nt_error *err, const nt_fan_out *cfg, nt_layer **out) NT_WARN_UNUSED;

/* Without arguments: FanInSum, K' = sum_b K_b, T' = sum_b T_b; FanInProd, K' = prod_b K_b,
 * T' = sum_b T_b prod_{a != b} K_a. Parallel: Local. */
nt_status nt_stax_fan_in_sum(nt_error *err, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_fan_in_prod(nt_error *err, nt_layer **out) NT_WARN_UNUSED;

#ifdef __cplusplus
}
#endif
#endif
