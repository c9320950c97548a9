/** Products with a symmetric matrix of which one triangle is stored. */
#ifndef NT_PREDICT_SYMMETRIC_PRODUCT_H
#define NT_PREDICT_SYMMETRIC_PRODUCT_H

#include "nt/dmatrix.h"

/** y = K x for x [n][c] on every rank; y [n][c] likewise.
 *
 * K has `diagonal` [n], and above it the strict upper triangle of `m` (square blocks), which is
 * read once; what else `m` holds is not looked at.
 * Parallel: Collective on the matrix' context. Cost: 2 n^2 c flops, n^2 / 2
 * words read, n c reduced. */
nt_status nt_symmetric_product(const nt_dmatrix *m, const double *diagonal, const double *x,
                               int64_t c, double *y) NT_WARN_UNUSED;

#endif
