/** The eigensolvers behind nt_eigen_take. */
#ifndef NT_EIGEN_IMPL_H
#define NT_EIGEN_IMPL_H

#include "nt/eigen.h"

/** Decompose `a` (n x n in square blocks, both triangles filled; its content is lost).
 * \param [out] values   [n] ascending, on every rank.
 * \param [out] vectors  n x n, laid out as `a`.
 * Parallel: Collective on the matrix' context. */
typedef nt_status (*nt_eigen_solve)(nt_dmatrix *a, const char *name, double *values,
                                    nt_dmatrix *vectors);

nt_status nt_eigen_solve_pdsyevd(nt_dmatrix *a, const char *name, double *values,
                                 nt_dmatrix *vectors) NT_WARN_UNUSED;
/** NT_ERR_UNSUPPORTED in a build without ELPA. */
nt_status nt_eigen_solve_elpa1(nt_dmatrix *a, const char *name, double *values,
                               nt_dmatrix *vectors) NT_WARN_UNUSED;
nt_status nt_eigen_solve_elpa2(nt_dmatrix *a, const char *name, double *values,
                               nt_dmatrix *vectors) NT_WARN_UNUSED;

/** Numbers of the rank with the largest share that nt_eigen_create takes beside the kernel and its
 * vectors: the copy, and what the solver needs (ELPA does not tell; as was seen, with n from
 * 50 to 3400 on 1 to 4 ranks). Parallel: Local. */
int64_t nt_eigen_work(const nt_grid *grid, int64_t n, nt_eigensolver solver);

/** Whether ELPA was built in. Parallel: Local. */
bool nt_elpa_is_built_in(void);

#endif
