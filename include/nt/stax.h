/** Networks, by the names of `neural_tangents.stax`: from a text, or from constructors.
 *
 * Every layer with arguments has a struct of them, in the order of the reference, and an initialiser
 * with its defaults; required arguments (marked) have none. So
 *
 *     nt_dense dense = NT_DENSE_DEFAULTS;
 *     dense.out_dim = 512;
 *     dense.W_std = 1.5;
 *     status = nt_stax_dense(err, &dense, &layer);
 *
 * is `Dense(512, W_std=1.5)`. Nothing here needs MPI. Layers are immutable once made; their
 * reference counts are not protected against several threads. */
#ifndef NT_STAX_H
#define NT_STAX_H

#include "nt/plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A layer or a network (a combination of layers), reference counted. */
typedef struct nt_layer nt_layer;

/** One more owner; returns `layer` (NULL is accepted). Parallel: Local. */
nt_layer *nt_layer_retain(nt_layer *layer);
/** One owner less, the last one frees; sets *layer to NULL (NULL is accepted). Parallel: Local. */
void nt_layer_release(nt_layer **layer);

/** Read a network from a text in Python's expression syntax:
 *
 *     serial(Dense(512, W_std=2**0.5), Relu(), Dense(1))
 *
 * with assignments before the last line, which is the network.
 * Parallel: Local.
 * \param [in]  name  What errors call the text, a path for example: `load('a.npy')` is relative to
 *                    its folder. NULL: "network".
 * \param [out] out   Owned by the caller; NULL on failure.
 * \return NT_OK; NT_ERR_NETWORK for a wrong text, NT_ERR_UNSUPPORTED for a layer that has no kernel
 *         here, both with line, column, and what would be right; NT_ERR_DATA from load; NT_ERR_NOMEM. */
nt_status nt_network_parse(nt_error *err, const char *text, const char *name,
                           nt_layer **out) NT_WARN_UNUSED;
/** The same from a file. \return also NT_ERR_DATA when the file cannot be read. Parallel: Local. */
nt_status nt_network_read(nt_error *err, const char *path, nt_layer **out) NT_WARN_UNUSED;
/** The text of a network: one line that nt_network_parse reads back to an equal network, with the
 * arguments that differ from their defaults.
 * Parallel: Local. \param [out] out  Owned by the caller, freed by `free`. */
nt_status nt_layer_text(nt_error *err, const nt_layer *layer, char **out) NT_WARN_UNUSED;

/** Read a function, for the layers that take one: "lambda c, v: c * v", or a formula in x:
 * "x * tanh(x)", of + - * / // % **, comparisons, and exp log sin cos tan tanh sqrt erf abs maximum minimum
 * where and their like; it is differentiated exactly, by dual numbers.
 * Parallel: Local. \param [out] out  Owned by the caller. \return NT_OK; NT_ERR_NETWORK; NT_ERR_NOMEM. */
nt_status nt_function_parse(nt_error *err, const char *text, nt_function **out) NT_WARN_UNUSED;

/** `serial(*layers)`: one after the other; at least one. `layers` are retained.
 * Parallel: Local. \param [out] out  Owned by the caller; NULL on failure (so in all that follow).
 * \return NT_OK; NT_ERR_ARG; NT_ERR_NOMEM. */
nt_status nt_stax_serial(nt_error *err, int n, nt_layer *const *layers,
                         nt_layer **out) NT_WARN_UNUSED;
/** `parallel(*layers)`: one for each entry of the input; at least one. Parallel: Local. */
nt_status nt_stax_parallel(nt_error *err, int n, nt_layer *const *layers,
                           nt_layer **out) NT_WARN_UNUSED;
/** `repeat(layer, n)`: n times one after the other, n >= 0. Parallel: Local. */
nt_status nt_stax_repeat(nt_error *err, nt_layer *layer, int64_t n, nt_layer **out) NT_WARN_UNUSED;
/** Any layer, yours too (nt/plugin.h).
 *
 * Parallel: Local.
 * \param [in] ops  Borrowed for as long as the layer lives.
 * \param [in] cfg  Its arguments: copied, and validated by its table and `check`. NULL: defaults. */
nt_status nt_stax_layer(nt_error *err, const nt_layer_ops *ops, const void *cfg,
                        nt_layer **out) NT_WARN_UNUSED;

/** Parameterizations of Dense. */
enum { NT_PARAMETERIZATION_NTK, NT_PARAMETERIZATION_STANDARD };

/** Dense(out_dim, W_std=1., b_std=None, batch_axis=0, channel_axis=-1, parameterization='ntk',
 * s=(1, 1)) */
typedef struct nt_dense {
  int64_t out_dim; /**< Required. */
  double W_std, b_std;
  int64_t batch_axis, channel_axis;
  int parameterization;
  nt_ints s;
} nt_dense;
#define NT_DENSE_DEFAULTS                                                                          \
  {                                                                                                \
    .out_dim = 0, .W_std = 1, .b_std = NT_NONE, .batch_axis = 0, .channel_axis = -1,               \
    .parameterization = NT_PARAMETERIZATION_NTK, .s = {                                            \
      2,                                                                                           \
      {1, 1}                                                                                       \
    }                                                                                              \
  }

/** Padding of windows: none (windows stay inside), zeros (an output for each stride of the input), or
 * the same periodically. */
enum { NT_PADDING_VALID, NT_PADDING_SAME, NT_PADDING_CIRCULAR };

/** Conv(out_chan, filter_shape, strides=None, padding='VALID', W_std=1., b_std=None,
 * dimension_numbers=None, parameterization='ntk', s=(1, 1)); ConvTranspose and ConvLocal likewise.
 *
 * dimension_numbers are the axes of inputs, filters and outputs, {3, {"NCHW", "OIHW", "NCHW"}}, by
 * default channels last; filter_shape and strides are in the order of the filter's letters. */
typedef struct nt_conv {
  int64_t out_chan;              /**< Required. */
  nt_ints filter_shape, strides; /**< filter_shape: required. */
  int padding;
  double W_std, b_std;
  nt_strings dimension_numbers;
  int parameterization;
  nt_ints s;
} nt_conv;
#define NT_CONV_DEFAULTS                                                                           \
  {                                                                                                \
    .out_chan = 0, .strides = {.n = -1}, .padding = NT_PADDING_VALID, .W_std = 1,                  \
    .b_std = NT_NONE, .dimension_numbers = {.n = -1}, .parameterization = NT_PARAMETERIZATION_NTK, \
    .s = {                                                                                         \
      2,                                                                                           \
      {1, 1}                                                                                       \
    }                                                                                              \
  }

/** AvgPool(window_shape, strides=None, padding='VALID', normalize_edges=False, batch_axis=0,
 * channel_axis=-1) */
typedef struct nt_avg_pool {
  nt_ints window_shape, strides; /**< window_shape: required. */
  int padding;
  bool normalize_edges;
  int64_t batch_axis, channel_axis;
} nt_avg_pool;
#define NT_AVG_POOL_DEFAULTS                                                                       \
  {                                                                                                \
    .strides = {.n = -1}, .padding = NT_PADDING_VALID, .normalize_edges = false, .batch_axis = 0,  \
    .channel_axis = -1                                                                             \
  }

/** SumPool(window_shape, strides=None, padding='VALID', batch_axis=0, channel_axis=-1) */
typedef struct nt_sum_pool {
  nt_ints window_shape, strides; /**< window_shape: required. */
  int padding;
  int64_t batch_axis, channel_axis;
} nt_sum_pool;
#define NT_SUM_POOL_DEFAULTS                                                                       \
  {                                                                                                \
    .strides = {.n = -1}, .padding = NT_PADDING_VALID, .batch_axis = 0, .channel_axis = -1         \
  }

/** GlobalAvgPool(batch_axis=0, channel_axis=-1), and GlobalSumPool likewise */
typedef struct nt_global_pool {
  int64_t batch_axis, channel_axis;
} nt_global_pool;
#define NT_GLOBAL_POOL_DEFAULTS                                                                    \
  {                                                                                                \
    .batch_axis = 0, .channel_axis = -1                                                            \
  }

/** LayerNorm(axis=-1, eps=1e-12, batch_axis=0, channel_axis=-1) */
typedef struct nt_layer_norm {
  nt_ints axis;
  double eps;
  int64_t batch_axis, channel_axis;
} nt_layer_norm;
#define NT_LAYER_NORM_DEFAULTS                                                                     \
  {                                                                                                \
    .axis = {1, {-1}}, .eps = 1e-12, .batch_axis = 0, .channel_axis = -1                           \
  }

/** Modes of Dropout. */
enum { NT_DROPOUT_TRAIN, NT_DROPOUT_TEST };

/** Dropout(rate, mode='train'): rate is the probability to keep an entry */
typedef struct nt_dropout {
  double rate; /**< Required. */
  int mode;
} nt_dropout;
#define NT_DROPOUT_DEFAULTS                                                                        \
  {                                                                                                \
    .rate = 1, .mode = NT_DROPOUT_TRAIN                                                            \
  }

/** Methods of ImageResize: nearest, linear and its synonyms; the others have no kernel. */
enum {
  NT_RESIZE_NEAREST,
  NT_RESIZE_LINEAR,
  NT_RESIZE_BILINEAR,
  NT_RESIZE_TRILINEAR,
  NT_RESIZE_TRIANGLE,
  NT_RESIZE_CUBIC,
  NT_RESIZE_BICUBIC,
  NT_RESIZE_TRICUBIC,
  NT_RESIZE_LANCZOS3,
  NT_RESIZE_LANCZOS5
};

/** ImageResize(shape, method, antialias=True, precision='HIGHEST', batch_axis=0, channel_axis=-1) */
typedef struct nt_image_resize {
  nt_ints shape; /**< Required; -1: as the input. */
  int method;    /**< Required. */
  bool antialias;
  int precision; /**< 0, 'HIGHEST': the full one of the kernel's arithmetic. */
  int64_t batch_axis, channel_axis;
} nt_image_resize;
#define NT_IMAGE_RESIZE_DEFAULTS                                                                   \
  {                                                                                                \
    .method = NT_RESIZE_LINEAR, .antialias = true, .precision = 0, .batch_axis = 0,                \
    .channel_axis = -1                                                                             \
  }

/** Index(idx, batch_axis=0, channel_axis=-1) */
typedef struct nt_index {
  nt_slices idx; /**< Required. */
  int64_t batch_axis, channel_axis;
} nt_index;
#define NT_INDEX_DEFAULTS                                                                          \
  {                                                                                                \
    .batch_axis = 0, .channel_axis = -1                                                            \
  }

/** Mechanisms of attention, and what positional embeddings are added to, or stand beside. */
enum { NT_ATTENTION_SOFTMAX, NT_ATTENTION_IDENTITY, NT_ATTENTION_ABS, NT_ATTENTION_RELU };
enum { NT_POS_EMB_NONE, NT_POS_EMB_SUM, NT_POS_EMB_CONCAT };

/** GlobalSelfAttention(n_chan_out, n_chan_key, n_chan_val, n_heads, linear_scaling=True, W_key_std=1.,
 * W_value_std=1., W_query_std=1., W_out_std=1., b_std=None, attention_mechanism='SOFTMAX',
 * pos_emb_type='NONE', pos_emb_p_norm=2, pos_emb_decay_fn=None, n_chan_pos_emb=None, W_pos_emb_std=1.,
 * val_pos_emb=False, batch_axis=0, channel_axis=-1) */
typedef struct nt_attention {
  int64_t n_chan_out, n_chan_key, n_chan_val, n_heads; /**< Required. */
  bool linear_scaling;
  double W_key_std, W_value_std, W_query_std, W_out_std, b_std;
  int attention_mechanism, pos_emb_type;
  double pos_emb_p_norm;
  nt_function *pos_emb_decay_fn;
  int64_t n_chan_pos_emb; /**< NT_INT_NONE: as many as the input has channels. */
  double W_pos_emb_std;
  bool val_pos_emb;
  int64_t batch_axis, channel_axis;
} nt_attention;
#define NT_ATTENTION_DEFAULTS                                                                      \
  {                                                                                                \
    .n_chan_out = 0, .linear_scaling = true, .W_key_std = 1, .W_value_std = 1, .W_query_std = 1,   \
    .W_out_std = 1, .b_std = NT_NONE, .attention_mechanism = NT_ATTENTION_SOFTMAX,                 \
    .pos_emb_type = NT_POS_EMB_NONE, .pos_emb_p_norm = 2, .pos_emb_decay_fn = NULL,                \
    .n_chan_pos_emb = NT_INT_NONE, .W_pos_emb_std = 1, .val_pos_emb = false, .batch_axis = 0,      \
    .channel_axis = -1                                                                             \
  }

/** Patterns of Aggregate: matrices, or lists of edges. */
enum { NT_AGGREGATE_DENSE, NT_AGGREGATE_SPARSE };

/** Aggregate(aggregate_axis=None, batch_axis=0, channel_axis=-1, to_dense=None, implementation='DENSE')
 *
 * The pattern comes with the samples (nt_kernel_options). to_dense is a function of each entry of a dense
 * pattern: other functions of the reference must be applied before. */
typedef struct nt_aggregate {
  nt_ints aggregate_axis; /**< n = -1: all spatial axes. */
  int64_t batch_axis, channel_axis;
  nt_function *to_dense;
  int implementation;
} nt_aggregate;
#define NT_AGGREGATE_DEFAULTS                                                                      \
  {                                                                                                \
    .aggregate_axis = {.n = -1}, .batch_axis = 0, .channel_axis = -1, .to_dense = NULL,            \
    .implementation = NT_AGGREGATE_DENSE                                                           \
  }

/** DotGeneral(lhs=None, rhs=None, dimension_numbers=(((), ()), ((), ())), precision=None, batch_axis=0,
 * channel_axis=-1): the product of the input with one constant factor, at its left or right. */
typedef struct nt_dot_general {
  nt_array lhs, rhs; /**< Copied; data NULL: None. */
  nt_dot_axes dimension_numbers;
  int precision; /**< -1: None; all are computed in full. */
  int64_t batch_axis, channel_axis;
} nt_dot_general;
#define NT_DOT_GENERAL_DEFAULTS                                                                    \
  {                                                                                                \
    .lhs = {.data = NULL}, .precision = -1, .batch_axis = 0, .channel_axis = -1                    \
  }

/** ABRelu(a, b, do_stabilize=False): a min(x, 0) + b max(x, 0) */
typedef struct nt_abrelu {
  double a, b; /**< Required. */
  bool do_stabilize;
} nt_abrelu;
#define NT_ABRELU_DEFAULTS                                                                         \
  {                                                                                                \
    .a = 0, .b = 1, .do_stabilize = false                                                          \
  }

/** Relu(do_stabilize=False) */
typedef struct nt_relu {
  bool do_stabilize;
} nt_relu;
#define NT_RELU_DEFAULTS                                                                           \
  {                                                                                                \
    .do_stabilize = false                                                                          \
  }

/** LeakyRelu(alpha, do_stabilize=False) */
typedef struct nt_leaky_relu {
  double alpha; /**< Required. */
  bool do_stabilize;
} nt_leaky_relu;
#define NT_LEAKY_RELU_DEFAULTS                                                                     \
  {                                                                                                \
    .alpha = 0, .do_stabilize = false                                                              \
  }

/** Abs(do_stabilize=False) */
typedef struct nt_abs {
  bool do_stabilize;
} nt_abs;
#define NT_ABS_DEFAULTS                                                                            \
  {                                                                                                \
    .do_stabilize = false                                                                          \
  }

/** Erf(a=1., b=1., c=0.): a erf(b x) + c */
typedef struct nt_erf {
  double a, b, c;
} nt_erf;
#define NT_ERF_DEFAULTS                                                                            \
  {                                                                                                \
    .a = 1, .b = 1, .c = 0                                                                         \
  }

/** Gelu(approximate=False) */
typedef struct nt_gelu {
  bool approximate;
} nt_gelu;
#define NT_GELU_DEFAULTS                                                                           \
  {                                                                                                \
    .approximate = false                                                                           \
  }

/** Sin(a=1., b=1., c=0.): a sin(b x + c) */
typedef struct nt_sin {
  double a, b, c;
} nt_sin;
#define NT_SIN_DEFAULTS                                                                            \
  {                                                                                                \
    .a = 1, .b = 1, .c = 0                                                                         \
  }

/** Cos(a=1., b=1., c=0.): a cos(b x + c) */
typedef struct nt_cos {
  double a, b, c;
} nt_cos;
#define NT_COS_DEFAULTS                                                                            \
  {                                                                                                \
    .a = 1, .b = 1, .c = 0                                                                         \
  }

/** Rbf(gamma=1.): sqrt(2) sin(sqrt(2 gamma) x + pi/4) */
typedef struct nt_rbf {
  double gamma;
} nt_rbf;
#define NT_RBF_DEFAULTS                                                                            \
  {                                                                                                \
    .gamma = 1                                                                                     \
  }

/** Exp(a=1., b=1.): a exp(b x) */
typedef struct nt_exp {
  double a, b;
} nt_exp;
#define NT_EXP_DEFAULTS                                                                            \
  {                                                                                                \
    .a = 1, .b = 1                                                                                 \
  }

/** Gaussian(a=1., b=-1.): a exp(b x^2) */
typedef struct nt_gaussian {
  double a, b;
} nt_gaussian;
#define NT_GAUSSIAN_DEFAULTS                                                                       \
  {                                                                                                \
    .a = 1, .b = -1                                                                                \
  }

/** ExpNormalized(gamma=1., shift=-1., do_clip=False): no phi; with rho = q12 / sqrt(q11 q22) the kernel
 * sqrt(q11 q22) exp(gamma (rho + shift)) */
typedef struct nt_exp_normalized {
  double gamma, shift;
  bool do_clip;
} nt_exp_normalized;
#define NT_EXP_NORMALIZED_DEFAULTS                                                                 \
  {                                                                                                \
    .gamma = 1, .shift = -1, .do_clip = false                                                      \
  }

/** Hermite(degree): He_degree(x) / sqrt(degree!), of inputs of variance 1 */
typedef struct nt_hermite {
  int64_t degree; /**< Required. */
} nt_hermite;
#define NT_HERMITE_DEFAULTS                                                                        \
  {                                                                                                \
    .degree = 0                                                                                    \
  }

/** Monomial(degree): x^degree, degree 0 to 5 */
typedef struct nt_monomial {
  int64_t degree; /**< Required. */
} nt_monomial;
#define NT_MONOMIAL_DEFAULTS                                                                       \
  {                                                                                                \
    .degree = 0                                                                                    \
  }

/** RectifiedMonomial(degree): x^degree for x >= 0, else 0 */
typedef struct nt_rectified_monomial {
  int64_t degree; /**< Required. */
} nt_rectified_monomial;
#define NT_RECTIFIED_MONOMIAL_DEFAULTS                                                             \
  {                                                                                                \
    .degree = 0                                                                                    \
  }

/** Polynomial(coef): coef[0] + coef[1] x + coef[2] x^2 + ... */
typedef struct nt_polynomial {
  nt_coefs coef; /**< Required. */
} nt_polynomial;
#define NT_POLYNOMIAL_DEFAULTS                                                                     \
  {                                                                                                \
    .coef = {.n = 0 }                                                                              \
  }

/** Elementwise(fn=None, nngp_fn=None, d_nngp_fn=None, kinks=[]): any function.
 *
 * With nngp_fn(q12, q11, q22) = E[fn fn] the kernel is that, and d_nngp_fn its derivative in q12 (None:
 * taken of nngp_fn). Without, the kernel is a quadrature of fn, whose rule is made finer until it is right
 * to 1e-10; `kinks` are the places where fn or its derivatives jump, at which the rule is split. The layer
 * retains the functions. */
typedef struct nt_elementwise {
  nt_function *fn, *nngp_fn, *d_nngp_fn;
  nt_coefs kinks;
} nt_elementwise;
#define NT_ELEMENTWISE_DEFAULTS                                                                    \
  {                                                                                                \
    .fn = NULL, .nngp_fn = NULL, .d_nngp_fn = NULL, .kinks = {.n = 0 }                             \
  }

/** ElementwiseNumerical(fn, deg, df=None): a Gauss-Hermite quadrature of fn with deg^2 nodes */
typedef struct nt_elementwise_numerical {
  nt_function *fn; /**< Required. */
  int64_t deg;     /**< Required. */
  nt_function *df;
} nt_elementwise_numerical;
#define NT_ELEMENTWISE_NUMERICAL_DEFAULTS                                                          \
  {                                                                                                \
    .fn = NULL, .deg = 0, .df = NULL                                                               \
  }

/** Flatten(batch_axis=0, batch_axis_out=0) */
typedef struct nt_flatten {
  int64_t batch_axis, batch_axis_out;
} nt_flatten;
#define NT_FLATTEN_DEFAULTS                                                                        \
  {                                                                                                \
    .batch_axis = 0, .batch_axis_out = 0                                                           \
  }

/** FanInConcat(axis=-1) */
typedef struct nt_fan_in_concat {
  int64_t axis;
} nt_fan_in_concat;
#define NT_FAN_IN_CONCAT_DEFAULTS                                                                  \
  {                                                                                                \
    .axis = -1                                                                                     \
  }

/** FanOut(num) */
typedef struct nt_fan_out {
  int64_t num; /**< Required. */
} nt_fan_out;
#define NT_FAN_OUT_DEFAULTS                                                                        \
  {                                                                                                \
    .num = 0                                                                                       \
  }

/* Constructors: arguments are copied and checked (NULL: the defaults); the new layer is the caller's.
 * Parallel: Local. Errors: NT_ERR_ARG, NT_ERR_NOMEM. */
nt_status nt_stax_dense(nt_error *err, const nt_dense *cfg, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_conv(nt_error *err, const nt_conv *cfg, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_conv_transpose(nt_error *err, const nt_conv *cfg, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_conv_local(nt_error *err, const nt_conv *cfg, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_avg_pool(nt_error *err, const nt_avg_pool *cfg, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_sum_pool(nt_error *err, const nt_sum_pool *cfg, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_global_avg_pool(nt_error *err, const nt_global_pool *cfg,
                                  nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_global_sum_pool(nt_error *err, const nt_global_pool *cfg,
                                  nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_layer_norm(nt_error *err, const nt_layer_norm *cfg,
                             nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_dropout(nt_error *err, const nt_dropout *cfg, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_image_resize(nt_error *err, const nt_image_resize *cfg,
                               nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_index(nt_error *err, const nt_index *cfg, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_global_self_attention(nt_error *err, const nt_attention *cfg,
                                        nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_aggregate(nt_error *err, const nt_aggregate *cfg, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_dot_general(nt_error *err, const nt_dot_general *cfg,
                              nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_abrelu(nt_error *err, const nt_abrelu *cfg, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_relu(nt_error *err, const nt_relu *cfg, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_leaky_relu(nt_error *err, const nt_leaky_relu *cfg,
                             nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_abs(nt_error *err, const nt_abs *cfg, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_erf(nt_error *err, const nt_erf *cfg, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_gelu(nt_error *err, const nt_gelu *cfg, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_sin(nt_error *err, const nt_sin *cfg, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_cos(nt_error *err, const nt_cos *cfg, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_rbf(nt_error *err, const nt_rbf *cfg, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_exp(nt_error *err, const nt_exp *cfg, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_gaussian(nt_error *err, const nt_gaussian *cfg, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_exp_normalized(nt_error *err, const nt_exp_normalized *cfg,
                                 nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_hermite(nt_error *err, const nt_hermite *cfg, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_monomial(nt_error *err, const nt_monomial *cfg, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_rectified_monomial(nt_error *err, const nt_rectified_monomial *cfg,
                                     nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_polynomial(nt_error *err, const nt_polynomial *cfg,
                             nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_elementwise(nt_error *err, const nt_elementwise *cfg,
                              nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_elementwise_numerical(nt_error *err, const nt_elementwise_numerical *cfg,
                                        nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_flatten(nt_error *err, const nt_flatten *cfg, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_fan_in_concat(nt_error *err, const nt_fan_in_concat *cfg,
                                nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_fan_out(nt_error *err, const nt_fan_out *cfg, nt_layer **out) NT_WARN_UNUSED;

/* Layers without arguments. Parallel: Local. */
nt_status nt_stax_sigmoid_like(nt_error *err, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_sign(nt_error *err, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_gabor(nt_error *err, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_identity(nt_error *err, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_fan_in_sum(nt_error *err, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_fan_in_prod(nt_error *err, nt_layer **out) NT_WARN_UNUSED;

#ifdef __cplusplus
}
#endif
#endif
