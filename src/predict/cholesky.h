/** Cholesky factorisation of a distributed matrix, in double or single precision. */
#ifndef NT_PREDICT_CHOLESKY_H
#define NT_PREDICT_CHOLESKY_H

#include "nt/dmatrix.h"
#include "predict/factor_blas.h"

/** The local part that is factorised: of the n x n matrix in square blocks that `m` describes, but
 * with its own array (of the precision's type) and leading dimension. */
typedef struct nt_factor_view {
  const nt_dmatrix *m; /**< Grid, sizes, blocks (mb = nb). */
  void *a;             /**< Element (li, lj) at a[li + lj ld]. */
  int64_t ld;
} nt_factor_view;

/** A = L L^T in the lower triangle; the strict upper one is neither read nor written.
 *
 * \param [out] info  0, or the order of the first leading minor that is not positive definite.
 * \return NT_ERR_NOMEM, NT_ERR_DIST (see nt_rowcast_create).
 * Parallel: Collective on the grid. Cost: n^3 / 3 flops; n^2 / 2 (1/P + 1/Q) words sent by a rank,
 * of which those along process rows stay in place where a row is within a node. */
nt_status nt_cholesky(const nt_factor_blas *blas, const nt_factor_view *view,
                      int64_t *info) NT_WARN_UNUSED;
/** Solve L L^T X = B for b [n][c], row-major on every rank, in place.
 *
 * Forwards and backwards by blocks: whoever has block k on the diagonal collects what
 * the others know of its right-hand side, solves, and hands x_k to those who have
 * entries of L to multiply with it.
 * \return NT_ERR_NOMEM, NT_ERR_DIST. Bits: the same on every rank, and for
 *         the same grid and blocks.
 * Parallel: Collective on the grid. Cost: 2 n^2 c flops; n c words are
 * sent by a rank, and reduced. */
nt_status nt_cholesky_solve(const nt_factor_blas *blas, const nt_factor_view *view, int64_t c,
                            double *b) NT_WARN_UNUSED;
/** Bytes that nt_cholesky holds on a rank beside the matrix, for elements of `size`.
 * Parallel: Local. */
int64_t nt_cholesky_bytes(const nt_grid *grid, int64_t n, int64_t nb, size_t size);
/** Bytes of the panels of others that a rank reads where the ranks of a process row share memory:
 * they count among its pages, and take none beside. Parallel: Local. */
int64_t nt_cholesky_shared_bytes(const nt_grid *grid, int64_t n, int64_t nb, size_t size);

#endif
