/* Conv: the same filter at every position.
 *
 *     out(o) = W_std / sqrt(C_in F) sum_t w(t) x(o stride + t - low) + b_std b
 *
 * Kernels: layer/convolution.h; positions: layer/window.h. With filter_shape () it is Dense.
 * Source: Novak et al. 2019, arXiv:1810.05148; Garriga-Alonso et al. 2019, arXiv:1808.05587. */
#include "layer/convolution.h"
#include "layer/mask.h"

const nt_layer_ops nt_layer_conv = {
    .name = "Conv",
    .formula = "convolution with a filter W, + b",
    .kernel =
        "K' = W_std^2 A(K) + b_std^2;  T' = K' + W_std^2 A(T) ('standard': C_in F / s[0] A(K) + "
        "W_std^2 A(T), + 1 with a bias);  with A(K)(p, p') the mean over the F positions k of "
        "the filter of K(p + k, p' + k)",
    .source = "Novak et al. 2019, arXiv:1810.05148",
    .limits = "no dilation, no groups",
    NT_ARGUMENTS(nt_conv, nt_convolution_defaults, nt_convolution_opts),
    .action = NT_WINDOW,
    .remasks = true,
    .gaussian = NT_YES,
    .check = nt_convolution_check,
    .require = nt_convolution_require,
    .shape = nt_convolution_shape,
    .affine = nt_convolution_affine,
    .taps = nt_convolution_taps,
    .mask_rule = NT_MASK_CENTRE,
    .mask_channels = nt_mask_one_channel,
};
