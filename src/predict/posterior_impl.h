/** The posterior from inside. */
#ifndef NT_POSTERIOR_IMPL_H
#define NT_POSTERIOR_IMPL_H

#include "nt/predict.h"

struct nt_posterior {
  nt_dmatrix *m;        /**< Upper triangle: the kernel; lower: the kernel, or its factor. Owned. */
  double *diagonal;     /**< [n] of the kernel, on every rank. Owned. */
  double mean_diagonal; /**< trace / n. */
  double lowest;        /**< Eigenvalue; NaN: not known yet. */
  bool lower_valid;     /**< Whether the lower triangle holds the kernel. */
  bool factored;        /**< Whether the lower triangle holds a factor. */
  nt_factor_info info;  /**< Of the last factorisation. */
  char name[32];        /**< Of the kernel, for messages. */
};

/** Bring the kernel back into the lower triangle, with lambda on the diagonal; the factor is lost.
 * Parallel: Collective. */
nt_status nt_posterior_restore(nt_posterior *p, double lambda) NT_WARN_UNUSED;
/** Factorise K + lambda I; p->factored says whether there is a factor.
 * \param [out] pivot  The first that is not above 0, or only by rounding; n: none.
 * Parallel: Collective. */
nt_status nt_posterior_attempt(nt_posterior *p, double lambda, int64_t *pivot) NT_WARN_UNUSED;
/** -1/2 sum y alpha - c/2 log det K' - n c/2 log 2 pi. Parallel: Local. */
double nt_log_evidence(const double *y, const double *alpha, int64_t n, int64_t c, double log_det);

#endif
