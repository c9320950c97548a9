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

/** Of both (NT_MOST_SUMS). */
#define NT_POOL_LIMITS                                                                             \
  "where all pairs of positions are read, wide windows that overlap are refused along axes of "    \
  "many hundred positions (`ntmpi plan` tells): take larger strides"

/** Define windows_of, and check, require and shape, of a pool with arguments cfg_type. */
#define NT_POOL_WINDOWS(cfg_type)                                                                  \
  static nt_pool_windows windows_of(const cfg_type *c)                                             \
  {                                                                                                \
    return (nt_pool_windows){&c->window_shape, &c->strides, c->padding};                           \
  }                                                                                                \
  static nt_status check(const void *cfg, nt_error *err)                                           \
  {                                                                                                \
    const nt_pool_windows windows = windows_of(cfg);                                               \
    return nt_window_check(err, "window_shape", windows.size, windows.strides);                    \
  }                                                                                                \
  static nt_requirement require(const void *cfg)                                                   \
  {                                                                                                \
    const cfg_type *const c = cfg;                                                                 \
    return nt_axes_require(NT_MAYBE, NT_NO, c->batch_axis, c->channel_axis);                       \
  }                                                                                                \
  static nt_status shape(const void *cfg, int n_in, const nt_facts *in, nt_facts *out,             \
                         nt_error *err)                                                            \
  {                                                                                                \
    const nt_pool_windows windows = windows_of(cfg);                                               \
    (void)n_in;                                                                                    \
    return nt_pool_shape(err, &windows, in, out);                                                  \
  }

#endif
