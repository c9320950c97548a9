/** Cholesky factorisation of a distributed matrix, in double or single precision. */
#ifndef NT_PREDICT_CHOLESKY_H
#define NT_PREDICT_CHOLESKY_H

#include "nt/dmatrix.h"

/** What a factorisation needs of a BLAS, in one precision. Fortran interfaces. */
typedef struct nt_factor_blas nt_factor_blas;
extern const nt_factor_blas nt_factor_double, nt_factor_single;

/** The local part that is factorised: of the n x n matrix in square blocks that `m` describes, but with
 * its own array (of the precision's type) and leading dimension. */
typedef struct nt_factor_view {
  const nt_dmatrix *m; /**< Grid, sizes, blocks (mb = nb). */
  void *a;             /**< Element (li, lj) at a[li + lj ld]. */
  int64_t ld;
} nt_factor_view;

/** A = L L^T in the lower triangle; the strict upper one is neither read nor written.
 *
 * \param [out] info  0, or the order of the first leading minor that is not positive definite.
 * \return NT_ERR_NOMEM, NT_ERR_DIST (see nt_rowcast_create).
 * Parallel: Collective on the grid. Cost: n^3 / 3 flops; n^2 / 2 (1/P + 1/Q) words sent by a rank, of
 * which those along process rows stay in place where a row is within a node. */
nt_status nt_cholesky(const nt_factor_blas *blas, const nt_factor_view *view,
                      int64_t *info) NT_WARN_UNUSED;
/** Bytes that nt_cholesky holds on a rank beside the matrix, for elements of `size`. Parallel: Local. */
int64_t nt_cholesky_bytes(const nt_grid *grid, int64_t n, int64_t nb, size_t size);

#endif
