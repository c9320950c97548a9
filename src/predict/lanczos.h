/** The largest eigenvalue of a symmetric matrix that is known by its products alone. */
#ifndef NT_PREDICT_LANCZOS_H
#define NT_PREDICT_LANCZOS_H

#include "nt/context.h"

typedef struct nt_lanczos {
  nt_ctx *ctx;
  int64_t n;
  int most;         /**< Steps at most. */
  double tolerance; /**< Of the residual, relative: the eigenvalue is better yet. */
  /** y = A x, both [n] on every rank. Parallel: Collective on ctx. */
  nt_status (*multiply)(void *of, const double *x, double *y);
  void *of;
} nt_lanczos;

/** Lanczos iteration with full reorthogonalisation (B. N. Parlett, The Symmetric Eigenvalue Problem,
 * SIAM 1998, 13).
 * \param [out] value  The largest Ritz value, never above the eigenvalue but for rounding.
 * \param [out] residual  |A x - value x| of its vector of norm 1; n steps are exact.
 * \return NT_ERR_NUMERIC when a product is not finite; NT_ERR_NOMEM.
 * Parallel: Collective on ctx. Cost: 4 n most^2 flops beside the products; memory (most + 1) n. */
nt_status nt_lanczos_largest(const nt_lanczos *l, double *value, double *residual) NT_WARN_UNUSED;

#endif
