/** What Conv, ConvTranspose and ConvLocal have in common: arguments, axes, coefficients.
 *
 *     out(o) = W_std / sqrt(C_in F) sum_t w(t) x(in(o, t)) + b_std b       F filter positions
 *
 * with the kernels of layer/weights.h, A K = sum_t K(in(o, t), in(o', t)) / F. */
#ifndef NT_LAYER_CONVOLUTION_H
#define NT_LAYER_CONVOLUTION_H

#include "layer/window.h"

enum { NT_CONVOLUTION_OPTS = 9 };

extern const nt_conv nt_convolution_defaults;
extern const nt_opt nt_convolution_opts[NT_CONVOLUTION_OPTS];

/* Functions for the tables of the layers, see nt_layer_ops. Parallel: Local. */

nt_status nt_convolution_check(const void *cfg, nt_error *err);
nt_requirement nt_convolution_require(const void *cfg);
nt_status nt_convolution_shape(const void *cfg, int n_in, const nt_facts *in, nt_facts *out,
                               nt_error *err);
nt_affine nt_convolution_affine(const void *cfg, const nt_facts *in);
nt_status nt_convolution_taps(const void *cfg, const nt_facts *in, const nt_facts *out, int axis,
                              nt_taps *taps, nt_error *err);

/** Shapes and axes of the output of windows that are `transposed` or not. Parallel: Local. */
nt_status nt_convolution_facts(const nt_conv *cfg, bool transposed, const nt_facts *in,
                               nt_facts *out, nt_error *err) NT_WARN_UNUSED;
/** The window along spatial axis `axis` of the output; *from: the spatial
 * axis of the input. Local. */
nt_window nt_convolution_window(const nt_conv *cfg, bool transposed, const nt_facts *in, int axis,
                                int *from);

#endif
