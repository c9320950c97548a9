/** Small pieces of dense algebra on distributed matrices of equal or matching layouts. */
#ifndef NT_DENSE_H
#define NT_DENSE_H

#include "nt/dmatrix.h"

/** A matrix laid out as `m`, not initialised. Parallel: Collective on its grid. */
nt_status nt_dense_like(const nt_dmatrix *m, nt_dmatrix **out) NT_WARN_UNUSED;
/** to = from, of equal layouts. Parallel: Local. */
void nt_dense_copy(const nt_dmatrix *from, nt_dmatrix *to);
/** out_ij = a_ij g_j, of equal layouts. Parallel: Local. */
void nt_dense_scale_columns(const nt_dmatrix *a, const double *g, nt_dmatrix *out);
/** m_ij = g_i m_ij. Parallel: Local. */
void nt_dense_scale_rows(const double *g, nt_dmatrix *m);
/** C = A B (A^T B if `transposed`) + beta C, on one grid. Parallel: Collective. */
nt_status nt_dense_multiply(bool transposed, const nt_dmatrix *a, const nt_dmatrix *b, double beta,
                            nt_dmatrix *c) NT_WARN_UNUSED;

#endif
