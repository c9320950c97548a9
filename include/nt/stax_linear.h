/** Layers of `neural_tangents.stax` that are linear in their inputs: dense and convolutional ones,
 * pooling, attention, what moves positions, LayerNorm, Dropout. How to make layers: nt/stax.h.
 *
 * K, T: NNGP and NTK of the input between positions p of one sample and p' of another; K', T':
 * those of the output. Papers are printed by `ntmpi layers NAME`. */
#ifndef NT_STAX_LINEAR_H
#define NT_STAX_LINEAR_H

#include "nt/option.h"
#include "nt/typing.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameterizations of Dense and convolutions. */
enum { NT_PARAMETERIZATION_NTK, NT_PARAMETERIZATION_STANDARD };

/** Dense(out_dim, W_std=1., b_std=None, batch_axis=0, channel_axis=-1,
 * parameterization='ntk', s=(1, 1)): K' = W_std^2 K + b_std^2, T' = K' + W_std^2 T
 * ('standard': C_in / s[0] K + W_std^2 T, + 1 with a bias) */
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

/** Padding of windows: none (windows stay inside), zeros (an output for each stride of the input),
 * or the same periodically. */
enum { NT_PADDING_VALID, NT_PADDING_SAME, NT_PADDING_CIRCULAR };

/** Conv(out_chan, filter_shape, strides=None, padding='VALID', W_std=1., b_std=None,
 * dimension_numbers=None, parameterization='ntk', s=(1, 1)); ConvTranspose and ConvLocal likewise.
 *
 * dimension_numbers are the axes of inputs, filters and outputs, {3, {"NCHW", "OIHW", "NCHW"}}, by
 * default channels last; filter_shape and strides are in the order of the filter's letters.
 *
 *     K' = W_std^2 A(K) + b_std^2,  T' = K' + W_std^2 A(T)
 *
 * with A(K)(p, p') the mean over the filter's k of K(p + k, p' + k) ('standard', F positions of the
 * filter: T' = C_in F / s[0] A(K) + W_std^2 A(T), + 1 with a bias); ConvLocal so for p = p', and 0
 * elsewhere. */
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
 * channel_axis=-1): K' = mean of K over all pairs of positions of the two windows, T' likewise;
 * windows that reach over the edges count zeros there, or with normalize_edges do not */
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

/** SumPool(window_shape, strides=None, padding='VALID', batch_axis=0,
 * channel_axis=-1): as AvgPool with the sum */
typedef struct nt_sum_pool {
  nt_ints window_shape, strides; /**< window_shape: required. */
  int padding;
  int64_t batch_axis, channel_axis;
} nt_sum_pool;
#define NT_SUM_POOL_DEFAULTS                                                                       \
  {                                                                                                \
    .strides = {.n = -1}, .padding = NT_PADDING_VALID, .batch_axis = 0, .channel_axis = -1         \
  }

/** GlobalAvgPool(batch_axis=0, channel_axis=-1): K' = mean of K(p, p') over all p and p' that are
 * not masked, T' likewise; GlobalSumPool: the sum */
typedef struct nt_global_pool {
  int64_t batch_axis, channel_axis;
} nt_global_pool;
#define NT_GLOBAL_POOL_DEFAULTS                                                                    \
  {                                                                                                \
    .batch_axis = 0, .channel_axis = -1                                                            \
  }

/** LayerNorm(axis=-1, eps=1e-12, batch_axis=0, channel_axis=-1): K' = K / sqrt(v v'),
 * T' = T / sqrt(v v') with v the mean of variance + eps over the axes */
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

/** Dropout(rate, mode='train'): rate is the probability to keep an entry. K' = K / rate of an entry
 * with itself, else K; T' likewise ('test': K and T) */
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

/** ImageResize(shape, method, antialias=True, precision='HIGHEST', batch_axis=0, channel_axis=-1):
 * K' = M K M^T with M the weights of the positions, T' likewise */
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

/** Index(idx, batch_axis=0, channel_axis=-1): K and T of the positions and samples taken */
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

/** GlobalSelfAttention(n_chan_out, n_chan_key, n_chan_val, n_heads, linear_scaling=True,
 * W_key_std=1., W_value_std=1., W_query_std=1., W_out_std=1., b_std=None,
 * attention_mechanism='SOFTMAX', pos_emb_type='NONE', pos_emb_p_norm=2, pos_emb_decay_fn=None,
 * n_chan_pos_emb=None, W_pos_emb_std=1., val_pos_emb=False, batch_axis=0, channel_axis=-1)
 *
 * With G = zeta(W_query_std W_key_std K) of a sample with itself, zeta the mechanism, G' that of
 * the other sample, and v = (W_out_std W_value_std)^2
 *
 *     K' = v G K G'^T + b_std^2,  T' = v G T G'^T + b_std^2 + 2 (K' - b_std^2)
 *
 * `ntmpi layers GlobalSelfAttention` also has linear_scaling=False and the embeddings. */
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

/** Aggregate(aggregate_axis=None, batch_axis=0, channel_axis=-1, to_dense=None,
 * implementation='DENSE')
 *
 * The pattern comes with the samples (nt_kernel_options). to_dense is a function of each entry of a
 * dense pattern: other functions of the reference must be applied before. K' = A^T K A' with A, A'
 * the patterns of the two samples, T' likewise. */
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

/** DotGeneral(lhs=None, rhs=None, dimension_numbers=(((), ()), ((), ())), precision=None,
 * batch_axis=0, channel_axis=-1): the product of the input with one constant factor, at its left or
 * right. K' = M K M^T with M the factor as a matrix over positions or samples, T' likewise */
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

/** Flatten(batch_axis=0, batch_axis_out=0): K' = mean over p of K(p, p), T' likewise */
typedef struct nt_flatten {
  int64_t batch_axis, batch_axis_out;
} nt_flatten;
#define NT_FLATTEN_DEFAULTS                                                                        \
  {                                                                                                \
    .batch_axis = 0, .batch_axis_out = 0                                                           \
  }

/* Constructors: arguments are copied and checked (NULL: defaults); the layer is the caller's
 * (nt_layer_release).
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
nt_status nt_stax_flatten(nt_error *err, const nt_flatten *cfg, nt_layer **out) NT_WARN_UNUSED;

/* Without arguments. Parallel: Local. */
nt_status nt_stax_identity(nt_error *err, nt_layer **out) NT_WARN_UNUSED;

#ifdef __cplusplus
}
#endif
#endif
