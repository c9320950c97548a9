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

static nt_pool_windows windows_of(const nt_sum_pool *c)
{
  return (nt_pool_windows){&c->window_shape, &c->strides, c->padding};
}

static nt_status check(const void *cfg, nt_error *err)
{
  const nt_sum_pool *const c = cfg;
  return nt_window_check(err, "window_shape", &c->window_shape, &c->strides);
}

static nt_requirement require(const void *cfg)
{
  const nt_sum_pool *const c = cfg;
  return nt_axes_require(NT_MAYBE, NT_NO, c->batch_axis, c->channel_axis);
}

static nt_status shape(const void *cfg, int n_in, const nt_facts *in, nt_facts *out, nt_error *err)
{
  const nt_pool_windows windows = windows_of(cfg);
  (void)n_in;
  return nt_pool_shape(err, &windows, in, out);
}

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
    .cfg_size = sizeof(nt_sum_pool),
    .defaults = &defaults,
    .opts = opts,
    .n_opts = sizeof opts / sizeof opts[0],
    .action = NT_POOL,
    .remasks = true,
    .gaussian = NT_MAYBE,
    .check = check,
    .require = require,
    .shape = shape,
    .taps = taps,
    .mask_rule = NT_MASK_CENTRE,
};
