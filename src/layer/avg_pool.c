/* AvgPool: means over windows (layer/pool.h); w(o) = 1 / window size, or with normalize_edges and
 * padding SAME 1 / the number of positions of the window that are inside the input.
 *
 * Masks do not change w. Masks that differ between channels are refused by the plan, as for every
 * layer that masks its output without joining channels.
 *
 * Source: neural_tangents, stax.AvgPool. */
#include "base/check.h"
#include "layer/pool.h"

static const nt_avg_pool defaults = NT_AVG_POOL_DEFAULTS;

static const nt_opt opts[] = {
    NT_ROW_WINDOW(nt_avg_pool, window_shape, "positions of the window along each axis"),
    NT_ROW_STRIDES(nt_avg_pool),
    NT_ROW_PADDING(nt_avg_pool),
    {.name = "normalize_edges",
     .type = NT_OPT_BOOL,
     .offset = offsetof(nt_avg_pool, normalize_edges),
     .help = "with padding 'SAME' average over what is inside the input"},
    NT_ROW_BATCH_AXIS(nt_avg_pool),
    NT_ROW_CHANNEL_AXIS(nt_avg_pool),
};

NT_POOL_WINDOWS(nt_avg_pool)

/* The number of positions inside a window is a product over the axes, and so are the weights. */
static nt_status taps(const void *cfg, const nt_facts *in, const nt_facts *out, int axis,
                      nt_taps *taps, nt_error *err)
{
  nt_status status = NT_OK;
  const nt_avg_pool *const c = cfg;
  const nt_pool_windows windows = windows_of(c);
  (void)out;
  NT_TRY(nt_pool_taps(err, &windows, in, axis, true, taps));
  for (int64_t o = 0; o < taps->n_out; o++) {
    const int64_t first = o * taps->n;
    int64_t count = c->normalize_edges ? 0 : c->window_shape.v[axis];
    for (int t = 0; c->normalize_edges && t < taps->n; t++)
      count += taps->in[first + t] >= 0;
    for (int t = 0; t < taps->n; t++)
      taps->weight[first + t] = 1.0 / (double)count;
  }
done:
  return status;
}

const nt_layer_ops nt_layer_avg_pool = {
    .name = "AvgPool",
    .formula = "means over windows",
    .kernel =
        "K'(o, o') = mean of K(p, p') over p in the window of o and p' in that of o';  T' likewise",
    .source = "neural_tangents, stax.AvgPool",
    .limits = NT_POOL_LIMITS,
    NT_ARGUMENTS(nt_avg_pool, defaults, opts),
    .action = NT_POOL,
    .remasks = true,
    .gaussian = NT_MAYBE,
    .check = check,
    .require = require,
    .shape = shape,
    .taps = taps,
    .mask_rule = NT_MASK_CENTRE,
};
