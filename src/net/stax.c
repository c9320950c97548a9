/* The constructors of nt/stax.h: each finds its layer by name, and hands over its arguments. */
#include "nt/stax.h"

#include "base/check.h"
#include "layer/registry.h"

static nt_status make(nt_error *err, const char *name, const void *cfg, nt_layer **out)
{
  nt_status status = NT_OK;
  const nt_layer_ops *const ops = nt_layer_find(name);
  *out = NULL;
  NT_CHECK(ops, err, NT_ERR_UNSUPPORTED, "%s has no kernel in this version", name);
  NT_TRY(nt_stax_layer(err, ops, cfg, out));
done:
  return status;
}

#define CONSTRUCTOR(function, cfg_type, name)                                                      \
  nt_status function(nt_error *err, const cfg_type *cfg, nt_layer **out)                           \
  {                                                                                                \
    return make(err, name, cfg, out);                                                              \
  }

#define PLAIN_CONSTRUCTOR(function, name)                                                          \
  nt_status function(nt_error *err, nt_layer **out) { return make(err, name, NULL, out); }

CONSTRUCTOR(nt_stax_dense, nt_dense, "Dense")
CONSTRUCTOR(nt_stax_conv, nt_conv, "Conv")
CONSTRUCTOR(nt_stax_conv_transpose, nt_conv, "ConvTranspose")
CONSTRUCTOR(nt_stax_conv_local, nt_conv, "ConvLocal")
CONSTRUCTOR(nt_stax_avg_pool, nt_avg_pool, "AvgPool")
CONSTRUCTOR(nt_stax_sum_pool, nt_sum_pool, "SumPool")
CONSTRUCTOR(nt_stax_global_avg_pool, nt_global_pool, "GlobalAvgPool")
CONSTRUCTOR(nt_stax_global_sum_pool, nt_global_pool, "GlobalSumPool")
CONSTRUCTOR(nt_stax_layer_norm, nt_layer_norm, "LayerNorm")
CONSTRUCTOR(nt_stax_dropout, nt_dropout, "Dropout")
CONSTRUCTOR(nt_stax_image_resize, nt_image_resize, "ImageResize")
CONSTRUCTOR(nt_stax_index, nt_index, "Index")
CONSTRUCTOR(nt_stax_global_self_attention, nt_attention, "GlobalSelfAttention")
CONSTRUCTOR(nt_stax_aggregate, nt_aggregate, "Aggregate")
CONSTRUCTOR(nt_stax_dot_general, nt_dot_general, "DotGeneral")
CONSTRUCTOR(nt_stax_abrelu, nt_abrelu, "ABRelu")
CONSTRUCTOR(nt_stax_relu, nt_relu, "Relu")
CONSTRUCTOR(nt_stax_leaky_relu, nt_leaky_relu, "LeakyRelu")
CONSTRUCTOR(nt_stax_abs, nt_abs, "Abs")
CONSTRUCTOR(nt_stax_erf, nt_erf, "Erf")
CONSTRUCTOR(nt_stax_gelu, nt_gelu, "Gelu")
CONSTRUCTOR(nt_stax_sin, nt_sin, "Sin")
CONSTRUCTOR(nt_stax_cos, nt_cos, "Cos")
CONSTRUCTOR(nt_stax_rbf, nt_rbf, "Rbf")
CONSTRUCTOR(nt_stax_exp, nt_exp, "Exp")
CONSTRUCTOR(nt_stax_gaussian, nt_gaussian, "Gaussian")
CONSTRUCTOR(nt_stax_exp_normalized, nt_exp_normalized, "ExpNormalized")
CONSTRUCTOR(nt_stax_hermite, nt_hermite, "Hermite")
CONSTRUCTOR(nt_stax_monomial, nt_monomial, "Monomial")
CONSTRUCTOR(nt_stax_rectified_monomial, nt_rectified_monomial, "RectifiedMonomial")
CONSTRUCTOR(nt_stax_polynomial, nt_polynomial, "Polynomial")
CONSTRUCTOR(nt_stax_elementwise, nt_elementwise, "Elementwise")
CONSTRUCTOR(nt_stax_elementwise_numerical, nt_elementwise_numerical, "ElementwiseNumerical")
CONSTRUCTOR(nt_stax_flatten, nt_flatten, "Flatten")
CONSTRUCTOR(nt_stax_fan_in_concat, nt_fan_in_concat, "FanInConcat")
CONSTRUCTOR(nt_stax_fan_out, nt_fan_out, "FanOut")
PLAIN_CONSTRUCTOR(nt_stax_sigmoid_like, "Sigmoid_like")
PLAIN_CONSTRUCTOR(nt_stax_sign, "Sign")
PLAIN_CONSTRUCTOR(nt_stax_gabor, "Gabor")
PLAIN_CONSTRUCTOR(nt_stax_identity, "Identity")
PLAIN_CONSTRUCTOR(nt_stax_fan_in_sum, "FanInSum")
PLAIN_CONSTRUCTOR(nt_stax_fan_in_prod, "FanInProd")
