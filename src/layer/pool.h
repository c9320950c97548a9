/** What AvgPool and SumPool have in common.
 *
 *     out(o) = w(o) sum_t x(in(o, t))
 *     K'(o, o') = w(o) w(o') sum_{t, t'} K(in(o, t), in(o', t')),  T' likewise */
#ifndef NT_LAYER_POOL_H
#define NT_LAYER_POOL_H

#include "layer/window.h"

/** The arguments of either. */
typedef struct nt_pool_windows {
  const nt_ints *size, *strides;
  int padding;
} nt_pool_windows;

/** Sizes of the output. Parallel: Local. */
nt_status nt_pool_shape(nt_error *err, const nt_pool_windows *windows, const nt_facts *in,
                        nt_facts *out) NT_WARN_UNUSED;
/** Taps along spatial axis `axis`; weights, if wanted, are to be filled in. Parallel: Local. */
nt_status nt_pool_taps(nt_error *err, const nt_pool_windows *windows, const nt_facts *in, int axis,
                       bool weighted, nt_taps *taps) NT_WARN_UNUSED;

#endif
