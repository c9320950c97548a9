/* Dense: W x + b over the channels, at every position.
 *
 *     K' = W_std^2 K + b_std^2
 *     T' = K' + W_std^2 T                                  parameterization 'ntk'
 *     T' = C_in / s[0] K + W_std^2 T + (1 with a bias)     parameterization 'standard'
 *
 * Source: Jacot et al. 2018, arXiv:1806.07572; 'standard': Sohl-Dickstein et al. 2020,
 * arXiv:2001.07301. */
#include "base/check.h"
#include "layer/mask.h"
#include "layer/window.h"
#include "nt/stax.h"

static const nt_dense defaults = NT_DENSE_DEFAULTS;

static const nt_opt opts[] = {
    {.name = "out_dim",
     .type = NT_OPT_INT,
     .offset = offsetof(nt_dense, out_dim),
     .required = true,
     .min = 1,
     .max = 0x1p53,
     .help = "number of output channels"},
    {.name = "W_std",
     .type = NT_OPT_REAL,
     .offset = offsetof(nt_dense, W_std),
     .help = "standard deviation of the weights"},
    {.name = "b_std",
     .type = NT_OPT_REAL_OR_NONE,
     .offset = offsetof(nt_dense, b_std),
     .help = "standard deviation of the bias; None: no bias"},
    NT_ROW_BATCH_AXIS(nt_dense),
    NT_ROW_CHANNEL_AXIS(nt_dense),
    {.name = "parameterization",
     .type = NT_OPT_CHOICE,
     .offset = offsetof(nt_dense, parameterization),
     .choices = "ntk|standard",
     .fold_case = true,
     .help = "scaling of the finite network"},
    {.name = "s",
     .type = NT_OPT_INTS,
     .offset = offsetof(nt_dense, s),
     .min = 1,
     .max = 0x1p53,
     .length = 2,
     .help = "factors of the input and output widths ('standard' only)"},
};

static bool is_standard(const nt_dense *c)
{
  return c->parameterization == NT_PARAMETERIZATION_STANDARD;
}

static nt_requirement require(const void *cfg)
{
  const nt_dense *c = cfg;
  return nt_axes_require(NT_YES, NT_NO, c->batch_axis, c->channel_axis);
}

static nt_status shape(const void *cfg, int n_in, const nt_facts *in, nt_facts *out, nt_error *err)
{
  nt_status status = NT_OK;
  const nt_dense *c = cfg;
  int64_t width = c->out_dim;
  (void)n_in;
  NT_CHECK(!is_standard(c) || !__builtin_mul_overflow(c->out_dim, c->s.v[1], &width), err,
           NT_ERR_SHAPE, "out_dim * s[1] = %lld * %lld channels are more than 2^63",
           (long long)c->out_dim, (long long)c->s.v[1]);
  out->shape1.dim[in->channel_axis] = width;
  out->shape2.dim[in->channel_axis] = width;
  out->ntk_zero = false;
done:
  return status;
}

static nt_affine affine(const void *cfg, const nt_facts *in)
{
  const nt_dense *c = cfg;
  const bool bias = !(c->b_std != c->b_std);
  const double w2 = c->W_std * c->W_std, b2 = bias ? c->b_std * c->b_std : 0;
  const double fan_in = (double)in->shape1.dim[in->channel_axis];
  nt_affine a = {.k = w2, .k0 = b2, .tk = w2, .tt = w2, .t0 = b2};
  if (is_standard(c)) {
    a.tk = fan_in / (double)c->s.v[0];
    a.t0 = bias ? 1 : 0;
  }
  return a;
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
