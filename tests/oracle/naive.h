/** Kernels of networks with positions as their definitions say: every pair of positions of two
 * samples, layer after layer, in 113 bits. Written from the formulas, without a look at
 * src/layer and src/kernel.
 *
 * Layers: Dense, Conv, ConvLocal, ConvTranspose (not CIRCULAR; all in both parameterisations),
 * AvgPool, SumPool, GlobalAvgPool, GlobalSumPool, Flatten, LayerNorm (not over the batch), Dropout,
 * Identity, ImageResize, GlobalSelfAttention (positions embedded without a decay), FanOut,
 * FanInSum, FanInProd, FanInConcat, all elementwise ones in closed form; with masks too. Samples
 * are [positions ...][channels]. */
#ifndef NT_ORACLE_NAIVE_H
#define NT_ORACLE_NAIVE_H

#include "nt/stax.h"
#include "quad.h"

/** Which two samples. */
enum { NT_NAIVE_OWN1, NT_NAIVE_CROSS, NT_NAIVE_OWN2, NT_NAIVE_PAIRS };

/** Covariances of samples x1 and x2 after some layers. */
typedef struct nt_naive {
  nt_shape space;             /**< Spatial sizes. */
  int64_t positions;          /**< Their product. */
  int64_t channels;           /**< Of the finite network. */
  bool same;                  /**< x1 is x2, one sample. */
  nt_quad *k[NT_NAIVE_PAIRS]; /**< [positions][positions] NNGP, owned. */
  nt_quad *t[NT_NAIVE_PAIRS]; /**< [positions][positions] NTK, owned. */
  bool masks;                 /**< Whether there are any. */
  unsigned char *mask[2];     /**< [positions] Of either sample: 1 where it is masked; owned. */
} nt_naive;

/** Kernel of `net` between two samples, row-major, of shape `shape` without the batch axis.
 * Aborts for layers and arguments that it does not know. \param [in] masks  Positions of zeros in
 * all channels are masked.
 * \param [out] out  Freed by nt_naive_free. Parallel: Local. */
void nt_naive_run(const nt_layer *net, const nt_shape *shape, const double *x1, const double *x2,
                  bool masks, nt_naive *out);
void nt_naive_free(nt_naive *naive);

/** E[phi(u) phi(v)] and E[phi'(u) phi'(v)] of Gaussians with variances q1, q2 and covariance k. */
typedef struct nt_naive_map {
  nt_quad f, dot;
} nt_naive_map;

/** Of the elementwise layer `name` with arguments `cfg`. \return false if it is none.
 * Parallel: Local. */
bool nt_naive_elementwise(const char *name, const void *cfg, nt_quad q1, nt_quad q2, nt_quad k,
                          nt_naive_map *out);

#endif
