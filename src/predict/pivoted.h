/** A preconditioner of K + lambda I: L L^T + sigma I, with the columns L of a Cholesky
 * factorisation of K that takes the largest remaining diagonal entry as its next pivot and
 * stops after a few columns. */
#ifndef NT_PREDICT_PIVOTED_H
#define NT_PREDICT_PIVOTED_H

#include "nt/solver.h"

/** Each rank has consecutive rows of L. Opaque. */
typedef struct nt_pivoted nt_pivoted;

/** At most `rank` columns of K; fewer when the largest remaining entry is below 1e-14 of the
 * largest diagonal entry. \param [out] out  Owned by the caller.
 * Parallel: Collective on op->ctx. */
nt_status nt_pivoted_create(const nt_operator *op, int64_t rank, nt_pivoted **out) NT_WARN_UNUSED;
/** Free, and set to NULL (NULL is accepted). Parallel: Local. */
void nt_pivoted_destroy(nt_pivoted **out);
/** Columns of L. Parallel: Local. */
int64_t nt_pivoted_rank(const nt_pivoted *l);
/** Prepare for a lambda. \return NT_ERR_NUMERIC. Parallel: Collective. Cost: k^3 / 3 flops. */
nt_status nt_pivoted_shift(nt_pivoted *l, double lambda) NT_WARN_UNUSED;
/** z = (L L^T + sigma I)^-1 r for r [n][c] on every rank; z likewise (Woodbury's identity).
 * Parallel: Collective. Cost: 4 n k c / P flops, (k + n) c words reduced. */
nt_status nt_pivoted_apply(void *l, const double *r, int64_t c, double *z) NT_WARN_UNUSED;

#endif
