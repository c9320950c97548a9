/* Dense: W x + b over the channels, at every position; layer/weights.h has the kernels.
 *
 * Source: Jacot et al. 2018, arXiv:1806.07572; 'standard': Sohl-Dickstein et al. 2020,
 * arXiv:2001.07301. */
#include "layer/axes.h"
#include "layer/mask.h"
#include "layer/weights.h"

static const nt_dense defaults = NT_DENSE_DEFAULTS;

static const nt_opt opts[] = {
    NT_ROW_CHANNELS(nt_dense, out_dim, "number of output channels"),
    NT_ROW_STD(nt_dense, W_std, ""),
    NT_ROW_B_STD(nt_dense),
    NT_ROW_BATCH_AXIS(nt_dense),
    NT_ROW_CHANNEL_AXIS(nt_dense),
    NT_ROW_PARAMETERIZATION(nt_dense),
    NT_ROW_S(nt_dense),
};

static nt_requirement require(const void *cfg)
{
  const nt_dense *c = cfg;
  return nt_axes_require(NT_YES, NT_NO, c->batch_axis, c->channel_axis);
}

static nt_status shape(const void *cfg, int n_in, const nt_facts *in, nt_facts *out, nt_error *err)
{
  const nt_dense *c = cfg;
  const nt_weights weights = NT_WEIGHTS_OF(c, out_dim);
  (void)n_in, (void)in;
  return nt_weights_shape(err, &weights, out);
}

static nt_affine affine(const void *cfg, const nt_facts *in)
{
  const nt_dense *c = cfg;
  const nt_weights weights = NT_WEIGHTS_OF(c, out_dim);
  return nt_weights_affine(&weights, 1, in);
}

const nt_layer_ops nt_layer_dense = {
    .name = "Dense",
    .formula = "W x + b",
    .kernel = "K' = W_std^2 K + b_std^2;  T' = K' + W_std^2 T ('standard': C_in / s[0] K + W_std^2 "
              "T, + 1 with a bias)",
    .source = "Jacot et al. 2018, arXiv:1806.07572",
    NT_ARGUMENTS(nt_dense, defaults, opts),
    .action = NT_AFFINE,
    .remasks = true,
    .gaussian = NT_YES,
    .require = require,
    .shape = shape,
    .affine = affine,
    .mask = nt_mask_join,
    .mask_channels = nt_mask_one_channel,
};
