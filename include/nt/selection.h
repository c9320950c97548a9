/** Choosing a regularisation from the training set alone: leave-one-out, folds, evidence. All come
 * from the factor L L^T = K' = K + lambda I of a posterior; K is never computed again.
 *
 * With A = K'^-1, alpha = A Y, and a set S of training samples, S is predicted by all others as
 *
 *     mean_S = y_S - (A_SS)^-1 alpha_S
 *
 * so a single sample needs one entry of A's diagonal. */
#ifndef NT_SELECTION_H
#define NT_SELECTION_H

#include "nt/eigen.h"
#include "nt/predict.h"

#ifdef __cplusplus
extern "C" {
#endif

/** log p(Y) = -1/2 sum y alpha - c/2 log det K' - n c/2 log 2 pi of a Gaussian process
 * with this kernel and noise of variance lambda, summed over the c outputs (Rasmussen,
 * Williams 2006, eq. 2.30).
 *
 * \param [in] y, alpha  [n][c] on every rank; alpha from nt_posterior_solve.
 * \return NT_ERR_ARG before a factorisation. Parallel: Collective. Cost: O(n c). */
nt_status nt_posterior_log_evidence(nt_posterior *p, const double *y, const double *alpha,
                                    int64_t c, double *value) NT_WARN_UNUSED;

/** diag(K'^-1) [n] on every rank. \return NT_ERR_ARG before a factorisation; NT_ERR_NOMEM.
 * Parallel: Collective. Cost: n^3 / 3 flops, a panel of n x n / 16. */
nt_status nt_posterior_inverse_diagonal(nt_posterior *p, double *diagonal) NT_WARN_UNUSED;

/** Means of leave-one-out predictions (Rasmussen, Williams 2006, eq. 5.12); lambda stays as it is.
 *
 * \param [in] inverse   [n] from nt_posterior_inverse_diagonal.
 * \param [out] mean     [n][c]; may be `alpha`. Parallel: Local. */
void nt_leave_one_out_mean(const double *y, const double *alpha, const double *inverse, int64_t n,
                           int64_t c, double *mean);
/** Variances of leave-one-out predictions of a Gaussian process, 1 / A_ii - lambda, at least 0: of
 * the function; with noise add lambda. \param [out] variance  [n]. Parallel: Local. */
void nt_leave_one_out_variance(const nt_posterior *p, const double *inverse, double *variance);
/** The same where the function at time 0 has another covariance than the kernel it is trained with
 * (get "ntk"): a_i^T K a_i / A_ii^2 with a_i = column i of A, and K the kernel of `initial`, which
 * need not be factorised. \param [out] variance  [n] on every rank. \return NT_ERR_ARG for another
 * size or other blocks, and before a factorisation.
 * Parallel: Collective. Cost: 4 n^3 flops, two panels of n x n / 16. */
nt_status nt_leave_one_out_ensemble(nt_posterior *p, nt_posterior *initial, const double *inverse,
                                    double *variance) NT_WARN_UNUSED;

/** Weights for many regularisations from one eigendecomposition, each in O(n^2). Opaque. */
typedef struct nt_reg_path nt_reg_path;

/** What one regularisation gives. */
typedef struct nt_reg_weights {
  double lambda; /**< What is added to the diagonal. */
  double log_evidence;
  double *alpha;   /**< [n][c] of the caller: K'^-1 Y. */
  double *inverse; /**< [n] of the caller: diag(K'^-1); NULL: not wanted. */
} nt_reg_weights;

/** Decompose a copy of the posterior's kernel, which stays; its factor is lost.
 *
 * \param [in] y     [n][c] on every rank; borrowed until the path is destroyed.
 * \param [out] out  Owned by the caller; destroyed before the grid; NULL on failure.
 * \return As nt_eigen_create; NT_ERR_ARG for c < 1.
 * Parallel: Collective. Cost and memory: as nt_eigen_create, about 9 n^3 flops. */
nt_status nt_reg_path_create(nt_posterior *p, const double *y, int64_t c,
                             nt_reg_path **out) NT_WARN_UNUSED;
/** Free a path and set it to NULL (NULL is accepted). Parallel: Local. */
void nt_reg_path_destroy(nt_reg_path **path);
/** The decomposition, borrowed. Parallel: Local. */
const nt_eigen *nt_reg_path_eigen(const nt_reg_path *path);
/** Weights at one regularisation, relative to the mean diagonal or absolute.
 * \param [in,out] out  The same on every rank. \return NT_ERR_ARG when reg is negative or not
 * finite; NT_ERR_NUMERIC when the smallest eigenvalue is not above 0 by more than rounding.
 * Parallel: Collective. Cost: 2 n^2 c flops, and 2 n^2 for the inverse. */
nt_status nt_reg_path_at(nt_reg_path *path, double reg, bool absolute,
                         nt_reg_weights *out) NT_WARN_UNUSED;

/** A partition of n samples into folds. */
typedef struct nt_folds {
  int64_t n, count;
  int64_t *fold;   /**< [n] 0 ... count-1. Owned. */
  int64_t *number; /**< [count] as given, ascending. Owned. */
} nt_folds;

/** Folds from fold numbers, one a sample. \return NT_ERR_DATA unless they are n whole numbers of
 * two kinds or more; names the sample. \param [out] folds  Owned by the caller. Parallel: Local. */
nt_status nt_folds_create(nt_error *err, const nt_labels *numbers, int64_t n,
                          nt_folds **folds) NT_WARN_UNUSED;
/** `count` random folds whose sizes differ by at most one; stratified: those of a class too, when
 * the targets are classes. A function of targets, count and seed alone. \return NT_ERR_ARG unless
 * 2 <= count <= n. \param [out] folds  Owned by the caller. Parallel: Local. */
nt_status nt_folds_draw(nt_error *err, const nt_targets *targets, int64_t count, uint64_t seed,
                        nt_folds **folds) NT_WARN_UNUSED;
/** Free folds and set them to NULL (NULL is accepted). Parallel: Local. */
void nt_folds_destroy(nt_folds **folds);

/** Predict each fold by the samples of all others, with the regularisation that these would have
 * alone: `reg` times the mean diagonal of their kernel, or absolute.
 *
 * \param [in] y      [n][c] on every rank. \param [out] mean  [n][c] on every rank, not `y`.
 * \return As nt_posterior_factor; NT_ERR_ARG for folds of another size; NT_ERR_NOMEM.
 * Parallel: Collective. The posterior stays factorised with one of the regularisations.
 * Cost: one factorisation for each different lambda (a single one for a constant diagonal or
 * absolute regularisation), n^3 flops in all, and a panel of n x the largest fold. */
nt_status nt_posterior_cross_validate(nt_posterior *p, double reg, bool absolute,
                                      const nt_folds *folds, const double *y, int64_t c,
                                      double *mean) NT_WARN_UNUSED;

#ifdef __cplusplus
}
#endif
#endif
