/* ConvLocal: a filter and a bias of its own at every position.
 *
 * As Conv (layer/convolution.h), but different positions of the output are uncorrelated.
 *
 * Source: Novak et al. 2019, arXiv:1810.05148. */
#include "layer/convolution.h"
#include "layer/mask.h"

static nt_requirement require(const void *cfg)
{
  nt_requirement r = nt_convolution_require(cfg);
  r.output = NT_MAYBE;
  return r;
}

const nt_layer_ops nt_layer_conv_local = {
    .name = "ConvLocal",
    .formula = "convolution with a filter W(o) of its own at each position o, + b(o)",
    .kernel = "as Conv between equal positions, 0 between others",
    .source = "Novak et al. 2019, arXiv:1810.05148",
    .limits = "no dilation, no groups, not transposed",
    NT_ARGUMENTS(nt_conv, nt_convolution_defaults, nt_convolution_opts),
    .action = NT_WINDOW,
    .remasks = true,
    .gaussian = NT_YES,
    .check = nt_convolution_check,
    .require = require,
    .shape = nt_convolution_shape,
    .affine = nt_convolution_affine,
    .taps = nt_convolution_taps,
    .mask_rule = NT_MASK_CENTRE,
    .mask_channels = nt_mask_one_channel,
    .separate = true,
};
