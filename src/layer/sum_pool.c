/* SumPool: sums over windows (layer/pool.h); w(o) = 1.
 *
 * Source: neural_tangents, stax.SumPool. */
#include "layer/pool.h"

static const nt_sum_pool defaults = NT_SUM_POOL_DEFAULTS;

static const nt_opt opts[] = {
    NT_ROW_WINDOW(nt_sum_pool, window_shape, "positions of the window along each axis"),
    NT_ROW_STRIDES(nt_sum_pool),
    NT_ROW_PADDING(nt_sum_pool),
    NT_ROW_BATCH_AXIS(nt_sum_pool),
    NT_ROW_CHANNEL_AXIS(nt_sum_pool),
};

NT_POOL_WINDOWS(nt_sum_pool)

static nt_status taps(const void *cfg, const nt_facts *in, const nt_facts *out, int axis,
                      nt_taps *taps, nt_error *err)
{
  const nt_pool_windows windows = windows_of(cfg);
  (void)out;
  return nt_pool_taps(err, &windows, in, axis, false, taps);
}

const nt_layer_ops nt_layer_sum_pool = {
    .name = "SumPool",
    .formula = "sums over windows",
    .kernel =
        "K'(o, o') = sum of K(p, p') over p in the window of o and p' in that of o';  T' likewise",
    .source = "neural_tangents, stax.SumPool",
    .limits = NT_POOL_LIMITS,
    NT_ARGUMENTS(nt_sum_pool, defaults, opts),
    .action = NT_POOL,
    .remasks = true,
    .gaussian = NT_MAYBE,
    .check = check,
    .require = require,
    .shape = shape,
    .taps = taps,
    .mask_rule = NT_MASK_CENTRE,
};
