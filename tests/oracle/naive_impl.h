/** The naive kernel from inside: naive.c is the elementwise and normalising layers, and networks;
 * naive_maps.c the formulas of elementwise layers, naive_linear.c layers with weights and pooling,
 * naive_mix.c resizing, products with a constant and attention,
 * naive_fan_in.c joins. */
#ifndef NT_ORACLE_NAIVE_IMPL_H
#define NT_ORACLE_NAIVE_IMPL_H

#include "naive.h"

/** A value of zeros, without masks. Parallel: Local. */
nt_naive nt_naive_create(nt_shape space, int64_t channels, bool same);
/** The covariance of two positions with a masked one becomes 0. Parallel: Local. */
void nt_naive_remask(nt_naive *v);
nt_naive nt_naive_copy(const nt_naive *v);
/** Free *v and set it to `by`. Parallel: Local. */
void nt_naive_replace(nt_naive *v, nt_naive by);

/* Layers, in place. Parallel: Local. */
void nt_naive_dense(const void *cfg, nt_naive *v);
void nt_naive_conv(const void *cfg, nt_naive *v);
void nt_naive_conv_local(const void *cfg, nt_naive *v);
void nt_naive_conv_transpose(const void *cfg, nt_naive *v);
void nt_naive_image_resize(const void *cfg, nt_naive *v);
void nt_naive_dot_general(const void *cfg, nt_naive *v);
void nt_naive_attention(const void *cfg, nt_naive *v);
void nt_naive_avg_pool(const void *cfg, nt_naive *v);
void nt_naive_sum_pool(const void *cfg, nt_naive *v);
void nt_naive_global_avg_pool(const void *cfg, nt_naive *v);
void nt_naive_global_sum_pool(const void *cfg, nt_naive *v);
void nt_naive_flatten(const void *cfg, nt_naive *v);

/* Of n values the first becomes the result. Parallel: Local. */
void nt_naive_fan_in_sum(const void *cfg, int n, nt_naive *v);
void nt_naive_fan_in_prod(const void *cfg, int n, nt_naive *v);
void nt_naive_fan_in_concat(const void *cfg, int n, nt_naive *v);

#endif
