/** --solver refine and pcg: weights without a float64 factor. */
#ifndef NT_CLI_SOLVING_H
#define NT_CLI_SOLVING_H

#include "cli/inputs.h"
#include "cli/learning.h"
#include "cli/network.h"
#include "predict/quadratic.h"

/** Whether weights come from an iteration, so that there is no float64 factor. Parallel: Local. */
bool nt_solving_iterates(const nt_cli_options *options);
/** Words about solvers that do not go together. Parallel: Local. */
nt_status nt_solving_check(nt_error *err, const nt_cli_options *options) NT_WARN_UNUSED;
/** Bytes that the solver holds on a rank beside the kernel; `seen`: with those of other ranks of the
 * node that it reads. Parallel: Local. */
int64_t nt_solving_bytes(const nt_session *s, const nt_problem *problem, bool seen);
/** Bytes of a factorisation that a rank reads in the memory of others of its node, for an n x n
 * matrix in blocks of nb of numbers of `real` bytes. Parallel: Local. */
int64_t nt_solving_seen(const nt_session *s, const nt_grid *grid, int64_t n, int64_t nb,
                        size_t real);
/** What is held for each kernel, for people. Parallel: Local. */
const char *nt_solving_text(const nt_cli_options *options);

/** Prepare the kernel of a fit: its posterior, or (matrix-free) the kernel `field`
 * (NT_GET_...) of the network; `solves`: to solve with it. Freed by nt_solving_free.
 * Parallel: Collective on the grid. */
nt_status nt_solving_begin(nt_session *s, const nt_cli_net *net, const nt_inputs *train,
                           unsigned field, bool solves, nt_fit *fit) NT_WARN_UNUSED;
/** Of the kernel of a fit that was prepared. Parallel: Local. */
double nt_fit_mean_diagonal(const nt_fit *fit);
/** Solve with regularisation number r, for alpha and what was added to the diagonal; residuals are
 * printed as they fall. Parallel: Collective on the grid. */
nt_status nt_solving_run(nt_session *s, const nt_problem *problem, nt_fit *fit,
                         int r) NT_WARN_UNUSED;
/** Predict the folds by conjugate gradients. \param [out] mean  [n][c]. \param [out] lambda  What
 * `reg` is for the whole kernel. Parallel: Collective on the grid. */
nt_status nt_solving_folds(nt_session *s, const nt_problem *problem, const nt_fit *fit, double reg,
                           double *mean, double *lambda) NT_WARN_UNUSED;

/** Kernels of test samples, for the covariance of their predictions. Borrowed. */
typedef struct nt_solving_test {
  const nt_dmatrix *k_test_train;
  const nt_fit *nngp;                /**< Of the functions at time 0; NULL: a Gaussian process. */
  const nt_dmatrix *nngp_test_train; /**< With nngp. */
} nt_solving_test;

/** The form of that covariance by conjugate gradients, with regularisation number r.
 * \param [out] form  Freed by nt_quadratic_free. Parallel: Collective on the grid. */
nt_status nt_solving_form(nt_session *s, const nt_fit *fit, int r, const nt_solving_test *test,
                          nt_quadratic *form) NT_WARN_UNUSED;
/** Free what nt_solving_begin prepared. Parallel: Local. */
void nt_solving_free(nt_fit *fit);

#endif
