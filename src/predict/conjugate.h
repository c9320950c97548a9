/** Conjugate gradients for (K + lambda I) X = Y with any preconditioner. */
#ifndef NT_PREDICT_CONJUGATE_H
#define NT_PREDICT_CONJUGATE_H

#include "nt/solver.h"

/** z = M^-1 r for r [n][c] on every rank; z likewise.
 * Parallel: Collective on the operator's context. */
typedef struct nt_preconditioner {
  nt_status (*apply)(void *self, const double *r, int64_t c, double *z);
  void *self;
  bool is_inverse; /**< But for rounding: steps along z of length 1 come first. */
} nt_preconditioner;

/** How it ended. */
typedef enum nt_cg_end {
  NT_CG_CONVERGED,
  NT_CG_MOST,      /**< As many iterations as are allowed. */
  NT_CG_ROUNDING,  /**< As good as a factorisation: |R| <= sqrt(n) eps |A| |X|, LAPACK's bound. */
  NT_CG_STAGNATED, /**< The residual falls no further, but is above that. */
  NT_CG_INDEFINITE
} nt_cg_end;

/** All right-hand sides at once, each with its own step lengths; flexible, so that M may be
 * computed in lower precision. Stops when the recomputed residual meets the tolerance; when the
 * recurrence says so but the recomputed one does not, it starts again from there, as long as
 * that halves the residual.
 *
 * \param [out] x         The best there is, however it ends.
 * \param [out] solution  iterations, residual, seconds, lambda.
 * \return Errors of operator and preconditioner, NT_ERR_NOMEM, NT_ERR_NUMERIC for numbers that are
 *         not finite; not converging is no error here.
 * Parallel: Collective on op->ctx. Memory: 4 n c. */
nt_status nt_conjugate_gradients(const nt_operator *op, const nt_preconditioner *m, double lambda,
                                 const double *y, int64_t c, const nt_iteration *how, double *x,
                                 nt_cg_end *end, nt_solution *solution) NT_WARN_UNUSED;

/** Add what another solution took to a sum: iterations and seconds; the largest
 * residual, and the last lambda.
 * Parallel: Local. */
void nt_solution_add(const nt_solution *one, nt_solution *sum);

#endif
