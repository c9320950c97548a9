/** Solvers of (K + lambda I) X = Y beside the Cholesky factorisation of nt/predict.h.
 *
 *     solver    work                     holds on each of R ranks (n samples, c right-hand sides)
 *     cholesky  n^3 / 3 in float64       n^2 / R: kernel in one triangle, factor in the other
 *     refine    n^3 / 3 in float32,      n^2 / R: kernel, and a float32 factor in the other
 *               a few n^2 (c + 1)          triangle; 4 n c
 *     pcg       n^2 c an iteration,      n^2 / R (or nothing of it: matrix-free); 4 n c + n k / R
 *               n k^2 to begin             with a preconditioner of rank k
 *
 * X and Y are [n][c], row-major, on every rank. A residual is |Y - (K + lambda I) X| / |Y|, the
 * largest of all right-hand sides, and always recomputed from X at the end. */
#ifndef NT_SOLVER_H
#define NT_SOLVER_H

#include "nt/kernel.h"
#include "nt/predict.h"
#include "nt/selection.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A symmetric positive semidefinite matrix K that is known by what it does, to `self`. */
typedef struct nt_operator {
  nt_ctx *ctx; /**< Borrowed. */
  int64_t n;
  const double *diagonal; /**< [n] on every rank. Borrowed. */
  /** y = K x for x [n][c] on every rank; y likewise. Parallel: Collective on ctx. */
  nt_status (*apply)(void *self, const double *x, int64_t c, double *y);
  /** Column j of K, [n] on every rank. Parallel: Collective on ctx. */
  nt_status (*column)(void *self, int64_t j, double *column);
  void *self; /**< Borrowed. */
} nt_operator;

/** How a solver iterates. */
typedef struct nt_iteration {
  double tolerance;                                              /**< Of the residual. */
  int64_t most;                                                  /**< Iterations at most. */
  void (*report)(void *arg, int64_t iteration, double residual); /**< On every rank; NULL: none. */
  void *arg;                                                     /**< Borrowed, for report. */
} nt_iteration;

#define NT_ITERATION_DEFAULTS                                                                      \
  {                                                                                                \
    .tolerance = 1e-10, .most = 1000                                                               \
  }

/** What a solver did. */
typedef struct nt_solution {
  int64_t iterations;
  double residual; /**< Recomputed from X. */
  double seconds;  /**< Of this call, the slowest rank. */
  double lambda;   /**< What was added to the diagonal. */
  bool fell_back;  /**< refine: float64 did it. */
  char why[160];   /**< refine: why it fell back. */
} nt_solution;

/** Preconditioned conjugate gradients: K's largest part, L L^T with L of k columns, found by
 * Cholesky factorisation with the largest pivot first, and lambda I beside it make the
 * preconditioner. Source: Harbrecht, Peters, Schneider 2012 (doi:10.1016/j.apnum.2011.10.001);
 * Gardner et al. 2018 (arXiv:1809.11165). Opaque. */
typedef struct nt_pcg nt_pcg;

/** Compute the preconditioner of K, which serves all lambda.
 * \param [in] rank   Columns k; fewer are made when they leave nothing of K. 0: the diagonal alone.
 * \param [out] pcg   Owned by the caller; borrows what op points to.
 * \return NT_ERR_ARG for a negative rank; NT_ERR_NUMERIC for a negative diagonal.
 * Parallel: Collective on op->ctx. Cost: k columns of K, n k^2 flops on all ranks together. */
nt_status nt_pcg_create(const nt_operator *op, int64_t rank, nt_pcg **pcg) NT_WARN_UNUSED;
/** Free, and set to NULL (NULL is accepted). Parallel: Local. */
void nt_pcg_destroy(nt_pcg **pcg);
/** Columns of the preconditioner. Parallel: Local. */
int64_t nt_pcg_rank(const nt_pcg *pcg);
/** What is solved with, borrowed. Parallel: Local. */
const nt_operator *nt_pcg_operator(const nt_pcg *pcg);
/** Solve (K + lambda I) X = Y, all right-hand sides together.
 * \param [out] solution  Filled also when the tolerance is missed; NULL: not wanted.
 * \return NT_ERR_NUMERIC when the residual stays above the tolerance (X is the best there is), or
 *         K + lambda I is not positive definite; NT_ERR_ARG for lambda below 0, and for c < 1.
 * Bits: the same on every rank, and for the same ranks and threads.
 * Parallel: Collective on op->ctx. Cost: K applied once an iteration, and once more at the end. */
nt_status nt_pcg_solve(nt_pcg *pcg, double lambda, const double *y, int64_t c,
                       const nt_iteration *how, double *x, nt_solution *solution) NT_WARN_UNUSED;

/** Test samples whose predictions have a covariance: of a Gaussian process, or, with the NNGP, of
 * an ensemble that is trained with the kernel that is solved with (the NTK). Borrowed. */
typedef struct nt_pcg_test {
  const nt_dmatrix *k_test_train;    /**< m x n of that kernel. */
  const nt_operator *nngp;           /**< Of the training set; NULL: a Gaussian process. */
  const nt_dmatrix *nngp_test_train; /**< m x n; with nngp. */
} nt_pcg_test;

/** As nt_posterior_covariance and nt_posterior_ensemble_covariance, by solves for the test samples,
 * some right-hand sides at a time.
 * \param [out] solution  The sum of iterations and seconds, the largest residual; NULL: not wanted.
 * \return As those, and nt_pcg_solve. Parallel: Collective. Memory: 2 n m, and as nt_pcg_solve. */
nt_status nt_pcg_covariance(nt_pcg *pcg, double lambda, const nt_pcg_test *test,
                            const nt_dmatrix *k_test_test, const nt_iteration *how,
                            nt_dmatrix **covariance, nt_solution *solution) NT_WARN_UNUSED;
/** The diagonal alone, [m] on every rank, as nt_posterior_variance and its ensemble; errors and
 * `solution` as nt_pcg_covariance. \param [in] prior  [m] on every rank. Parallel: Collective. */
nt_status nt_pcg_variance(nt_pcg *pcg, double lambda, const nt_pcg_test *test, const double *prior,
                          const nt_iteration *how, double *variance,
                          nt_solution *solution) NT_WARN_UNUSED;

/** Cross-validation by a solve for each fold, with a preconditioner of its own. */
typedef struct nt_pcg_validation {
  const nt_folds *folds;
  int64_t rank;  /**< Of the preconditioners. */
  double reg;    /**< Of the diagonal's mean over the samples of all other folds; */
  bool absolute; /**< or itself. */
} nt_pcg_validation;

/** As nt_posterior_cross_validate, without a factor. \param [out] solution  As nt_pcg_covariance.
 * \return NT_ERR_ARG for folds of another size or a wrong reg; else as nt_pcg_solve.
 * Parallel: Collective on op->ctx. Cost: K applied once an iteration of each fold. */
nt_status nt_pcg_cross_validate(const nt_operator *op, const nt_pcg_validation *validation,
                                const double *y, int64_t c, const nt_iteration *how, double *mean,
                                nt_solution *solution) NT_WARN_UNUSED;

/** The stored kernel of a posterior as an operator: reads one triangle, once. `op` borrows `p`, and
 * is valid whatever has been factorised. Parallel: Local. */
nt_operator nt_posterior_operator(nt_posterior *p);

/** X by a float32 factor of K + lambda I, kept in the triangle that the kernel does not need, and
 * conjugate gradients in float64 with it as preconditioner. When that reaches neither
 * how->tolerance nor what rounding X to float64 leaves, K + lambda I is factorised in float64,
 * and solution->why says why.
 * Source: Higham, Pranesh 2021 (doi:10.1137/19M1298263).
 * \param [out] x  Not `y` itself (NT_ERR_ARG).
 * \return As nt_posterior_factor and nt_posterior_solve for the float64 way.
 * Parallel: Collective. Cost: n^3 / 3 flops in float32, about 6 n^2 c an iteration. */
nt_status nt_posterior_refine(nt_posterior *p, double reg, bool absolute, const double *y,
                              int64_t c, const nt_iteration *how, double *x,
                              nt_solution *solution) NT_WARN_UNUSED;

/** The lowest eigenvalue of K from above, for X that solves (K + lambda I) X = Y: the least
 * Rayleigh quotient x^T K x / x^T x = x^T y / x^T x - lambda of the columns, each of which is a
 * step of inverse iteration from its y.
 * \return INFINITY when all columns are 0. Parallel: Local. */
double nt_solution_lowest_eigenvalue(const double *y, const double *x, int64_t n, int64_t c,
                                     double lambda);

/** The kernel of a network on training samples, never stored: its entries are computed again
 * whenever it is applied, half of them, in panels of at most 128 MiB on a rank (or options->memory,
 * but at least nt_samples_step rows). Opaque. */
typedef struct nt_network_operator nt_network_operator;

/** \param [in] x      Tree of `nt_samples *` as for nt_kernel_fn, without masks. Borrowed.
 * \param [in] field    NT_GET_NNGP or NT_GET_NTK.
 * \param [in] options  As for nt_kernel_fn; NULL for the defaults.
 * \param [out] out     Owned by the caller; borrows grid and net.
 * \return NT_ERR_UNSUPPORTED for masks, and networks that mix samples; NT_ERR_SHAPE for other
 *         than one output of one position; NT_ERR_ARG for another field, or an NTK that is
 *         zero; else as nt_kernel_fn.
 * Parallel: Collective on grid. Cost: the diagonal's panels are computed. */
nt_status nt_network_operator_create(nt_grid *grid, const nt_layer *net, const nt_tree *x,
                                     unsigned field, const nt_kernel_options *options,
                                     nt_network_operator **out) NT_WARN_UNUSED;
/** Free, and set to NULL (NULL is accepted). Parallel: Local. */
void nt_network_operator_destroy(nt_network_operator **op);
/** As an operator, borrowed from `op`. Parallel: Local. */
nt_operator nt_network_operator_of(nt_network_operator *op);

#ifdef __cplusplus
}
#endif
#endif
