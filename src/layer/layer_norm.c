/* LayerNorm: (x - mean) / sqrt(eps + variance) over `axis`, which includes the channels.
 *
 *     K' = K / sqrt(v1 v2),  T' = T / sqrt(v1 v2)
 *
 * v the mean of V + eps, V the variances, over the axes of `axis` that are not the channels (with
 * masks, the sum over all, with V = 0 where masked, by the number of those that are not masked).
 * With the batch axis, v depends on all samples of an input. Masks that differ between channels,
 * which one variance cannot describe, are refused by the plan.
 *
 * Source: neural_tangents, stax.LayerNorm; Ba et al. 2016, arXiv:1607.06450. */
#include "base/check.h"
#include "base/option.h"
#include "layer/axes.h"
#include "nt/stax.h"

#include <math.h>

static const nt_layer_norm defaults = NT_LAYER_NORM_DEFAULTS;

static const nt_opt opts[] = {
    {.name = "axis",
     .type = NT_OPT_INTS,
     .offset = offsetof(nt_layer_norm, axis),
     .help = "axes of the moments, the channel axis among them"},
    {.name = "eps",
     .type = NT_OPT_REAL,
     .offset = offsetof(nt_layer_norm, eps),
     .min = 0,
     .max = INFINITY,
     .help = "is added to variances"},
    NT_ROW_BATCH_AXIS(nt_layer_norm),
    NT_ROW_CHANNEL_AXIS(nt_layer_norm),
};

static nt_requirement require(const void *cfg)
{
  const nt_layer_norm *const c = cfg;
  return (nt_requirement){.diagonal_batch = NT_MAYBE,
                          .has_axes = true,
                          .batch_axis = c->batch_axis,
                          .channel_axis = c->channel_axis};
}

/* Whether `axis` of the activation is among those of the moments. */
static bool is_normed(const nt_layer_norm *c, int axis, int rank)
{
  for (int i = 0; i < c->axis.n; i++)
    if (nt_axis_resolve(c->axis.v[i], rank) == axis) return true;
  return false;
}

static nt_status shape(const void *cfg, int n_in, const nt_facts *in, nt_facts *out, nt_error *err)
{
  nt_status status = NT_OK;
  const nt_layer_norm *const c = cfg;
  const int rank = in->shape1.rank;
  char text[240];
  (void)n_in, (void)out;
  for (int i = 0; i < c->axis.n; i++) {
    NT_CHECK(nt_axis_resolve(c->axis.v[i], rank) >= 0, err, NT_ERR_SHAPE,
             "axis %lld does not exist: the input has %d axes", (long long)c->axis.v[i], rank);
  }
  NT_CHECK(
      is_normed(c, in->channel_axis, rank), err, NT_ERR_SHAPE,
      "axis %s leaves out the channels, axis %d of the input: without them there is no kernel; "
      "put it in",
      nt_opt_value_text(&opts[0], c, text, sizeof text), in->channel_axis);
done:
  return status;
}

static nt_norm norm(const void *cfg, const nt_facts *in)
{
  const nt_layer_norm *const c = cfg;
  nt_norm norm = {.eps = c->eps, .batch = is_normed(c, in->batch_axis, in->shape1.rank)};
  for (int a = 0, axis = 0; a < in->shape1.rank; a++) {
    if (a == in->batch_axis || a == in->channel_axis) continue;
    norm.axis[axis++] = is_normed(c, a, in->shape1.rank);
  }
  return norm;
}

const nt_layer_ops nt_layer_layer_norm = {
    .name = "LayerNorm",
    .formula = "(x - mean) / sqrt(eps + variance) over the channels and other axes",
    .kernel = "K' = K / sqrt(v v'), v = mean of q + eps over the axes;  T' = T / sqrt(v v')",
    .source = "Ba et al. 2016, arXiv:1607.06450",
    .limits = "axis must name the channels, and the input be Gaussian; no trained scale or shift",
    NT_ARGUMENTS(nt_layer_norm, defaults, opts),
    .action = NT_NORM,
    .needs_gaussian = true,
    .gaussian = NT_MAYBE,
    .require = require,
    .shape = shape,
    .norm = norm,
};
