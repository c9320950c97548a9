/** Inference on distributed kernel matrices: targets, Gaussian-process posteriors, metrics.
 *
 * The way of the data, for each kernel K (NNGP, or NTK for `ntk` and `ntkgp`, whose means agree):
 *
 *     labels  -- nt_targets_create ------------>  Y [n][c]        (replicated)
 *     K_dd    -- nt_posterior_take, _factor --->  L L^T = K_dd + lambda I   (block-cyclic)
 *     Y       -- nt_posterior_solve ----------->  alpha = (K_dd + lambda I)^-1 Y    [n][c]
 *     K_td    -- nt_posterior_mean ------------>  mean = K_td alpha                 [m][c]
 *     mean, Y -- nt_metrics_compute ----------->  errors, accuracy, mse, loss
 *
 * d: training samples (n), t: test samples (m), c: outputs. Replicated arrays are row-major. */
#ifndef NT_PREDICT_H
#define NT_PREDICT_H

#include "nt/dmatrix.h"
#include "nt/eigen.h"
#include "nt/io.h"

#ifdef __cplusplus
extern "C" {
#endif

/** How labels become targets (`--targets`). */
typedef enum nt_target_mode {
  NT_TARGETS_AUTO,    /**< Class numbers of shape (n,): centered; floating point: raw. */
  NT_TARGETS_RAW,     /**< As they are; (n,) means (n, 1). */
  NT_TARGETS_ONE_HOT, /**< 1 for the class, 0 elsewhere. */
  NT_TARGETS_CENTERED /**< one-hot minus 1 / classes. */
} nt_target_mode;

/** Targets, and what was decided. */
typedef struct nt_targets {
  int64_t n, c;        /**< Samples, outputs of a sample. */
  nt_shape shape;      /**< (n, c), or of raw targets with more axes (n, ..., k). */
  double *y;           /**< [n][c] Owned. */
  int64_t *label;      /**< [n] class numbers, owned; NULL for raw targets. */
  nt_target_mode mode; /**< Never NT_TARGETS_AUTO. */
  char text[160];      /**< For people: "10 classes, centered (one-hot minus 1/10)". */
} nt_targets;

/** Mode of a word "auto", "raw", "one-hot" or "centered"; NT_ERR_ARG for others.
 * Parallel: Local. */
nt_status nt_target_mode_parse(nt_error *err, const char *text,
                               nt_target_mode *mode) NT_WARN_UNUSED;

/** Turn labels into targets.
 *
 * auto: integers of shape (n,) that are exactly 0 ... C-1 (any of them when `classes` is
 * given) are classes, centered; other integers are an error that names `--targets raw`;
 * floating-point labels are raw. one-hot and centered take whole numbers of shape (n,) or
 * (n, 1) and need at least two classes.
 * \param [in] classes  Number of classes; 0: the largest label plus one. Not for raw targets.
 * \param [out] out     Owned by the caller; NULL on failure.
 * \return NT_ERR_DATA (names the sample, the value and the option that would help),
 *         NT_ERR_ARG for `classes`, NT_ERR_NOMEM. Parallel: Local (labels are replicated:
 *         all ranks decide alike). */
nt_status nt_targets_create(nt_error *err, const nt_labels *labels, nt_target_mode mode,
                            int64_t classes, nt_targets **out) NT_WARN_UNUSED;
/** Targets of further labels (a test set) coded as `like`. \return As
 * nt_targets_create; NT_ERR_DATA also for another number of columns, and for a class
 * that `like` does not have. Parallel: Local. */
nt_status nt_targets_create_like(nt_error *err, const nt_labels *labels, const nt_targets *like,
                                 nt_targets **out) NT_WARN_UNUSED;
/** Free targets and set them to NULL (NULL is accepted). Parallel: Local. */
void nt_targets_destroy(nt_targets **targets);

/** Quality of predictions. */
typedef struct nt_metrics {
  int64_t n;        /**< Samples. */
  bool has_classes; /**< Whether `errors` and `accuracy` mean anything: class labels only. */
  int64_t errors;   /**< Samples whose largest output is not their class. */
  double accuracy;  /**< 1 - errors / n. */
  double mse;       /**< mean over samples and outputs of (f - y)^2. */
  double loss;      /**< mse / 2, the loss of gradient descent. */
  bool has_nll;     /**< Whether `nll` was found, which needs variances. */
  double nll;       /**< The total of nt_nll_compute; set by the caller. */
} nt_metrics;

/** Compare predictions f [n][c] with targets. Parallel: Local. */
nt_metrics nt_metrics_compute(const nt_targets *targets, const double *f);
/** Negative log likelihood of targets that are normal around predictions, -log
 * N(y_i; f_i, s_i) summed over the outputs, with s_i = variance_i + noise (the lambda of a
 * posterior: what its evidence is made of).
 *
 * \param [in] variance  [n], the same for all outputs; s_i below 1e-30 counts as 1e-30.
 * \param [out] each      [n]; NULL: not wanted. \return The total. Parallel: Local. */
double nt_nll_compute(const nt_targets *targets, const double *f, const double *variance,
                      double noise, double *each);
/** Class of each row of f [n][c]: the index of its largest entry, the first of equals. Local. */
void nt_argmax_rows(const double *f, int64_t n, int64_t c, int64_t *label);

/** Copy the filled triangle onto the other one, through a buffer of one block column per process
 * column. `m` is square with any blocks; NT_FULL does nothing. \return NT_ERR_ARG when not square.
 * Parallel: Collective on the matrix' context. Cost: n^2 / 2 words moved. */
nt_status nt_dmatrix_mirror(nt_dmatrix *m, nt_triangle filled) NT_WARN_UNUSED;
/** Check |m_ij - m_ji| <= tol max(|m_ii|, |m_jj|, |m_ij|) for all i, j, with the same buffer.
 * \return NT_ERR_NUMERIC naming the worst pair and both values; NT_ERR_ARG when not square.
 * Parallel: Collective on the matrix' context. Cost: n^2 words moved. */
nt_status nt_dmatrix_check_symmetric(const nt_dmatrix *m, double tol) NT_WARN_UNUSED;
/** Check that all entries (of the filled part) are finite.
 * \return NT_ERR_NUMERIC naming the first entry, in order of columns, and `what` the matrix is.
 * Parallel: Collective on the matrix' context. */
nt_status nt_dmatrix_check_finite(const nt_dmatrix *m, nt_triangle filled,
                                  const char *what) NT_WARN_UNUSED;

/** Block size that the Cholesky factorisation prefers for an n x n matrix on this grid: a kernel
 * that is computed in square blocks of this size needs no redistribution. Parallel: Local. */
int64_t nt_solver_block(const nt_grid *grid, int64_t n);

/** A train-train kernel, ready to be factorised with one regularisation after the other.
 *
 * Holds one n x n matrix: the kernel in the upper triangle, the factor in the lower one, and the
 * kernel's diagonal [n] on each rank. Opaque. */
typedef struct nt_posterior nt_posterior;

/** What a factorisation found. */
typedef struct nt_factor_info {
  double reg;           /**< As asked, relative to the mean diagonal or absolute. */
  double lambda;        /**< What was added to the diagonal. */
  double mean_diagonal; /**< trace / n of the kernel. */
  double seconds;       /**< Of the factorisation, the slowest rank. */
  double gflops;        /**< n^3 / 3 / seconds / 1e9, of all ranks together. */
} nt_factor_info;

/** A posterior that works in a copy of `k` (n x n, symmetric; only the filled part is read).
 *
 * \param [in] name  Of the kernel, for messages: "nngp", "ntk". Copied.
 * \param [out] out  Owned by the caller; destroyed before the grid; NULL on failure.
 * \return NT_ERR_ARG when not square, or empty; NT_ERR_NUMERIC for an entry that is not finite;
 *         NT_ERR_NOMEM.
 * Parallel: Collective on the matrix' context. */
nt_status nt_posterior_create(const nt_dmatrix *k, nt_triangle filled, const char *name,
                              nt_posterior **out) NT_WARN_UNUSED;
/** The same in `*k` itself, which is taken over (also on failure) and set to NULL.
 *
 * A matrix in square blocks that suit the solver (nt_solver_block, or 96 to 256) is worked on in
 * place; another one is redistributed and freed (until then there are two). The array of an
 * attached matrix stays the caller's, its content is lost.
 * Parallel: Collective on the matrix' context. */
nt_status nt_posterior_take(nt_dmatrix **k, nt_triangle filled, const char *name,
                            nt_posterior **out) NT_WARN_UNUSED;
/** Free a posterior and set it to NULL (NULL is accepted). Parallel: Local. */
void nt_posterior_destroy(nt_posterior **p);

/** Factorise K + lambda I = L L^T with lambda = reg (absolute) or reg trace(K) / n (relative: the
 * `diag_reg` of the reference). May be called again with another reg; a factor of
 * the same lambda is kept.
 * \return NT_ERR_ARG when reg is negative or not finite; NT_ERR_NUMERIC when not positive definite,
 *         or only by rounding (names the pivot, an earlier sample that is nearly the same, the mean
 *         diagonal, what was tried, and a `--reg` to try).
 * Parallel: Collective. Cost: n^3 / 3 flops; when it fails also nt_posterior_lowest_eigenvalue. */
nt_status nt_posterior_factor(nt_posterior *p, double reg, bool absolute) NT_WARN_UNUSED;
/** What the last successful nt_posterior_factor found, borrowed. Parallel: Local. */
const nt_factor_info *nt_posterior_info(const nt_posterior *p);
/** The lowest eigenvalue of the kernel without regularisation, from above: at most ten Lanczos
 * steps with the inverse. It is known after the first call, and after a failure of
 * nt_posterior_factor.
 *
 * Without a factor one is made first, of K + lambda I with lambda 1e-6, 1e-5, ... of the largest
 * |k_ii|.
 * \param [out] lowest  Never below the eigenvalue but for rounding; 0 when it is rounding.
 * \return NT_ERR_NUMERIC when there is no factor for any lambda; NT_ERR_NOMEM.
 * Parallel: Collective. Cost: 20 n^2 flops beside the factor; memory 11 n words. */
nt_status nt_posterior_lowest_eigenvalue(nt_posterior *p, double *lowest) NT_WARN_UNUSED;

/** alpha = (K + lambda I)^-1 Y.
 *
 * \param [in] y       [n][c] on every rank.
 * \param [out] alpha  [n][c] on every rank; may be `y` itself.
 * \return NT_ERR_ARG before a factorisation and for c < 1; NT_ERR_NUMERIC when the result is not
 *         finite. Parallel: Collective. Cost: 2 n^2 c flops. */
nt_status nt_posterior_solve(nt_posterior *p, const double *y, int64_t c,
                             double *alpha) NT_WARN_UNUSED;

/** mean = K_td alpha, the posterior mean of m test samples; blocks of test samples may be given one
 * after the other, so that K_td is never whole.
 *
 * \param [in] k_test_train  m x n, any blocks, any grid.
 * \param [in] alpha  [n][c] on every rank.
 * \param [out] mean  [m][c] on every rank.
 * \return NT_ERR_NUMERIC when not finite; NT_ERR_ARG for c < 1; NT_ERR_NOMEM.
 * Parallel: Collective on the matrix' context. Cost: 2 m n c flops, m c words reduced. */
nt_status nt_posterior_mean(const nt_dmatrix *k_test_train, const double *alpha, int64_t c,
                            double *mean) NT_WARN_UNUSED;

/** The kernel that the posterior holds, in the upper triangle of the result, without
 * regularisation; the posterior is not to be used until nt_posterior_take_back, and is then what
 * it was. Parallel: Local. */
const nt_dmatrix *nt_posterior_lend(nt_posterior *p);
/** End nt_posterior_lend. Parallel: Local. */
void nt_posterior_take_back(nt_posterior *p);

/** Covariance of m test predictions, K_tt - K_td (K + lambda I)^-1 K_td^T, from the factor.
 *
 * \param [in] k_test_train  m x n. \param [in] k_test_test  m x m, both triangles filled; any
 *             blocks, any grid of the context.
 * \param [out] covariance  m x m on the posterior's grid, symmetric to the last bit, diagonal never
 *             negative; owned by the caller.
 * \return NT_ERR_ARG before a factorisation; NT_ERR_SHAPE; NT_ERR_NUMERIC when a variance is
 *         negative by more than 1e-8 of its prior.
 * Parallel: Collective. Cost: n^2 m + n m^2 flops, memory n m + m^2. */
nt_status nt_posterior_covariance(nt_posterior *p, const nt_dmatrix *k_test_train,
                                  const nt_dmatrix *k_test_test,
                                  nt_dmatrix **covariance) NT_WARN_UNUSED;
/** Its diagonal alone, k** - |L^-1 k*|^2; test samples may be given in blocks.
 * \param [in] prior      [m] diagonal of K_tt, on every rank.
 * \param [out] variance  [m] on every rank. \return As nt_posterior_covariance.
 * Parallel: Collective. Cost: n^2 m flops, memory n m. */
nt_status nt_posterior_variance(nt_posterior *p, const nt_dmatrix *k_test_train,
                                const double *prior, double *variance) NT_WARN_UNUSED;

/** Covariance of an ensemble of networks trained to infinite time, of a posterior of the NTK T:
 *
 *     K_tt + B^T K_dd B - (C + C^T),   B = T'^-1 T_td^T,  C = T_td T'^-1 K_td^T,  T' = T + lambda I
 *
 * \param [in] nngp_train_train  n x n, not regularised; the upper triangle is read
 *                               (nt_posterior_lend).
 * \param [in] ntk_test_train, nngp_test_train  m x n. \param [in] nngp_test_test  m x m.
 * Errors and result as nt_posterior_covariance.
 * Parallel: Collective. Cost: 4 n^2 m + 2 n m^2 flops. */
nt_status nt_posterior_ensemble_covariance(nt_posterior *p, const nt_dmatrix *nngp_train_train,
                                           const nt_dmatrix *ntk_test_train,
                                           const nt_dmatrix *nngp_test_train,
                                           const nt_dmatrix *nngp_test_test,
                                           nt_dmatrix **covariance) NT_WARN_UNUSED;
/** Its diagonal alone. \param [in] prior  [m] diagonal of nngp_test_test. Parallel: Collective. */
nt_status nt_posterior_ensemble_variance(nt_posterior *p, const nt_dmatrix *nngp_train_train,
                                         const nt_dmatrix *ntk_test_train,
                                         const nt_dmatrix *nngp_test_train, const double *prior,
                                         double *variance) NT_WARN_UNUSED;

#ifdef __cplusplus
}
#endif
#endif
