/* ConvTranspose: a convolution of the input spread out, stride - 1 zeros between its entries.
 *
 *     out(o) = W_std / sqrt(C_in F) sum_t w(t) x((o + t - low) / stride) + b_std b
 *
 * over the t where the position is an integer (layer/window.h); kernels: layer/convolution.h.
 *
 * CIRCULAR: the reference adds shifted copies of the VALID result of M entries, X(i + u O) for
 * whole numbers u, O = n stride. Spreading makes X(i + u O) read the positions of X(i) plus u n: of
 * all copies exactly one reads inside the input, which is position modulo n.
 *
 * Source: neural_tangents, stax.ConvTranspose. */
#include "layer/convolution.h"
#include "layer/mask.h"

static nt_status shape(const void *cfg, int n_in, const nt_facts *in, nt_facts *out, nt_error *err)
{
  (void)n_in;
  return nt_convolution_facts(cfg, true, in, out, err);
}

static nt_status taps(const void *cfg, const nt_facts *in, const nt_facts *out, int axis,
                      nt_taps *taps, nt_error *err)
{
  (void)out;
  const nt_window window = nt_convolution_window(cfg, true, in, axis, &taps->from);
  return nt_window_taps(err, &window, false, taps);
}

/* Masks of CIRCULAR are those of SAME. */
static nt_status mask_taps(const void *cfg, const nt_facts *in, const nt_facts *out, int axis,
                           nt_taps *taps, nt_error *err)
{
  (void)out;
  nt_window window = nt_convolution_window(cfg, true, in, axis, &taps->from);
  if (window.padding == NT_PADDING_CIRCULAR) window.padding = NT_PADDING_SAME;
  return nt_window_taps(err, &window, false, taps);
}

const nt_layer_ops nt_layer_conv_transpose = {
    .name = "ConvTranspose",
    .formula = "convolution of x spread out by the strides, + b",
    .kernel = "as Conv, with A over the positions that the spread filter reads",
    .source = "neural_tangents, stax.ConvTranspose",
    .limits = "no dilation, no groups",
    NT_ARGUMENTS(nt_conv, nt_convolution_defaults, nt_convolution_opts),
    .action = NT_WINDOW,
    .remasks = true,
    .gaussian = NT_YES,
    .check = nt_convolution_check,
    .require = nt_convolution_require,
    .shape = shape,
    .affine = nt_convolution_affine,
    .taps = taps,
    .mask_rule = NT_MASK_ANY,
    .mask_taps = mask_taps,
    .mask_channels = nt_mask_one_channel,
};
