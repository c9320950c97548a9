/** What the files of this folder share. */
#ifndef NT_PREDICT_IMPL_H
#define NT_PREDICT_IMPL_H

#include "nt/predict.h"

/** First local row whose global row is at least `gi`. Parallel: Local. */
static inline int64_t nt_local_row_from(const nt_dmatrix *m, int64_t gi)
{
  return nt_numroc(gi, m->mb, nt_grid_p(m->grid), nt_grid_P(m->grid));
}

/** Address of entry (gi, gj), or NULL when another rank has it. Parallel: Local. */
double *nt_predict_entry(const nt_dmatrix *m, int64_t gi, int64_t gj);

/** The diagonal of a square matrix, [M] on every rank, exact.
 * Parallel: Collective on its context. */
nt_status nt_predict_diagonal(const nt_dmatrix *m, double *diagonal) NT_WARN_UNUSED;

/** A copy of `m` on `grid` (of the same context) in blocks of mb x nb. Parallel: Collective. */
nt_status nt_predict_copy(const nt_dmatrix *m, nt_grid *grid, int64_t mb, int64_t nb,
                          nt_dmatrix **out) NT_WARN_UNUSED;

/** y = A x, or A^T x if `transposed`, for replicated x and y with c columns, row-major; y is on
 * every rank. Parallel: Collective on A's context. Cost: 2 M N c flops, one reduction of y. */
nt_status nt_predict_product(const nt_dmatrix *a, bool transposed, const double *x, int64_t c,
                             double *y) NT_WARN_UNUSED;

/** The matrix as v [M][N] on every rank. Parallel: Collective on its context. */
nt_status nt_predict_gather(const nt_dmatrix *m, double *v) NT_WARN_UNUSED;

/** What is added to the diagonal: `reg`, or `reg` times the mean diagonal.
 * \return NT_ERR_ARG for a negative or infinite one; NT_ERR_NUMERIC when the product overflows.
 * Parallel: Local. */
nt_status nt_predict_lambda(nt_error *err, double reg, bool absolute, double mean_diagonal,
                            double *lambda) NT_WARN_UNUSED;

/** A power of two that brings a number above 0 to about 1; 1 for others. Parallel: Local. */
double nt_predict_unit(double largest);
/** That of the largest entry of column k of v [n][c]. Parallel: Local. */
double nt_predict_unit_of_column(const double *v, int64_t n, int64_t c, int64_t k);

/** What to say where a mean diagonal is 0, so that nothing relative to it helps. */
extern const char nt_predict_zero_advice[];

/** Whether v [n] is finite throughout. Parallel: Local. */
bool nt_predict_all_finite(const double *v, int64_t n);

#endif
