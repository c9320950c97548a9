/** Distributed matrix of doubles: M x N in blocks of mb x nb, block-cyclic over a P x Q grid.
 *
 *     block (I, J) lives on process (I mod P, J mod Q);      local storage is column-major:
 *
 *       J:   0    1    2    3                                  element (li, lj) at a[li + lj * ld]
 *     I: 0 |0,0 |0,1 |0,0 |0,1 |        P x Q = 2 x 2          li = (gi / mb / P) * mb + gi % mb
 *        1 |1,0 |1,1 |1,0 |1,1 |                               lj = (gj / nb / Q) * nb + gj % nb
 *        2 |0,0 |0,1 |0,0 |0,1 |
 *
 * A rank may own nothing: then rows or cols is 0, and ld is 1. */
#ifndef NT_DMATRIX_H
#define NT_DMATRIX_H

#include "nt/grid.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Fields are for reading; `a` is this rank's part, to be read and written. */
typedef struct nt_dmatrix {
  nt_grid *grid;        /**< Borrowed. */
  int64_t M, N, mb, nb; /**< Global size, block size. */
  int64_t rows, cols;   /**< Local size. */
  int64_t ld;           /**< Leading dimension of `a`, at least 1. */
  double *a;            /**< [cols][ld] local elements. */
  bool owned;           /**< Whether nt_dmatrix_destroy frees `a`. */
} nt_dmatrix;

/** Which part of a symmetric matrix is filled. */
typedef enum nt_triangle { NT_FULL, NT_LOWER, NT_UPPER } nt_triangle;

/** Create a matrix, not initialised.
 *
 * \param [out] m  Owned by the caller; borrows grid, and is destroyed before it; NULL on failure.
 * \return NT_ERR_ARG for sizes below 0 or blocks below 1; NT_ERR_NOMEM, also when a local part has
 *         2^31 elements or more (the message says how many ranks would do).
 * Parallel: Collective on grid. Memory: M N / (P Q) elements. */
nt_status nt_dmatrix_create(nt_grid *grid, int64_t M, int64_t N, int64_t mb, int64_t nb,
                            nt_dmatrix **m) NT_WARN_UNUSED;
/** Describe a block-cyclic matrix that the caller holds: `a` is borrowed until the matrix is
 * destroyed; ld >= max(1, local rows). \return As nt_dmatrix_create; NT_ERR_ARG also for a smaller
 * ld or no array. Parallel: Collective on grid; `a` and ld may differ between ranks. */
nt_status nt_dmatrix_attach(nt_grid *grid, int64_t M, int64_t N, int64_t mb, int64_t nb, double *a,
                            int64_t ld, nt_dmatrix **m) NT_WARN_UNUSED;
/** Free a matrix and set it to NULL. Parallel: Local. */
void nt_dmatrix_destroy(nt_dmatrix **m);

/** Copy `from` to `to`: equal M and N, any blocks, any grids of the same context, in panels of
 * columns below 1 GiB (ScaLAPACK pdgemr2d). \return NT_ERR_ARG for other sizes; NT_ERR_DIST as
 * nt_dmatrix_desc. Parallel: Collective on the context. Cost: M N words moved. */
nt_status nt_dmatrix_redistribute(const nt_dmatrix *from, nt_dmatrix *to) NT_WARN_UNUSED;
/** Likewise to rows `row` ... of `to`, which has as many columns and may have more rows.
 * \return NT_ERR_ARG when it does not fit; NT_ERR_DIST. Parallel: Collective on the context. */
nt_status nt_dmatrix_place(const nt_dmatrix *from, int64_t row, nt_dmatrix *to) NT_WARN_UNUSED;
/** ScaLAPACK's descriptor. \return NT_ERR_DIST, without a message, when a size exceeds a Fortran
 * integer. Parallel: Local. */
nt_status nt_dmatrix_desc(const nt_dmatrix *m, int desc[9]) NT_WARN_UNUSED;

/** Global row of local row `li`, and global column of local column `lj`. Parallel: Local. */
int64_t nt_dmatrix_row(const nt_dmatrix *m, int64_t li);
int64_t nt_dmatrix_column(const nt_dmatrix *m, int64_t lj);

/** How many of n indices in blocks of nb the process row (or column) p of P owns: ScaLAPACK's
 * numroc with source 0. Parallel: Local. */
int64_t nt_numroc(int64_t n, int64_t nb, int p, int P);
/** Global index of local index `l` of process row (or column) p of P. Parallel: Local. */
int64_t nt_local_to_global(int64_t l, int64_t nb, int p, int P);
/** Local index of global index `g` on its owner, g / nb mod P. Parallel: Local. */
int64_t nt_global_to_local(int64_t g, int64_t nb, int P);

#ifdef __cplusplus
}
#endif
#endif
