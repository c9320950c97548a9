/** Eigendecomposition of a distributed symmetric matrix, K = V diag(l) V^T. */
#ifndef NT_EIGEN_H
#define NT_EIGEN_H

#include "nt/dmatrix.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Who decomposes (`--eigensolver`). */
typedef enum nt_eigensolver {
  NT_EIGENSOLVER_AUTO, /**< ELPA if it was built in and each process has a block, else the next. */
  NT_EIGENSOLVER_PDSYEVD, /**< ScaLAPACK's divide and conquer (Tisseur, Dongarra 1999). */
  NT_EIGENSOLVER_ELPA,    /**< ELPA, one-stage tridiagonalisation (Marek et al. 2014). */
  NT_EIGENSOLVER_ELPA2    /**< ELPA, two-stage: by way of a banded matrix. */
} nt_eigensolver;

/** Solver of a word "auto", "pdsyevd", "elpa" or "elpa2"; NT_ERR_ARG for others, and for ELPA in a
 * build without it. Parallel: Local. */
nt_status nt_eigensolver_parse(nt_error *err, const char *text,
                               nt_eigensolver *solver) NT_WARN_UNUSED;
/** The word of a solver. Parallel: Local. */
const char *nt_eigensolver_name(nt_eigensolver solver);

/** A decomposition. Fields are for reading. */
typedef struct nt_eigen {
  int64_t n;
  double *values;        /**< [n] ascending, on every rank. Owned. */
  nt_dmatrix *vectors;   /**< n x n, square blocks: column j belongs to values[j]. Owned. */
  nt_eigensolver solver; /**< That did it; never NT_EIGENSOLVER_AUTO. */
  double seconds;        /**< Of the solver, the slowest rank. */
  double residual; /**< |(V diag(l) V^T - K) w| / (|l|max |w|), the larger of a few random w. */
} nt_eigen;

/** Decompose `*k`, which is taken over (also on failure) and set to NULL.
 *
 * A matrix in square blocks that suit the solvers is worked on in place, another is redistributed.
 * Memory: three n x n matrices (K, V, the solver's own). The result is checked with random vectors.
 * \param [in] filled  Only this part of the symmetric matrix is read.
 * \param [in] name    Of the kernel, for messages.
 * \param [out] out    Owned by the caller; destroyed before the grid; NULL on failure.
 * \return NT_ERR_ARG when not square; NT_ERR_NUMERIC for an entry that is not finite, no
 *         convergence, or a wrong result (residual above 1e-10); NT_ERR_UNSUPPORTED for ELPA in
 *         a build without it, or where a process would have no block; NT_ERR_DIST for workspaces
 *         of 2^31 elements and more.
 * Parallel: Collective on the matrix' context. Cost: about 9 n^3 flops. */
nt_status nt_eigen_take(nt_dmatrix **k, nt_triangle filled, nt_eigensolver solver, const char *name,
                        nt_eigen **out) NT_WARN_UNUSED;
/** The same for a copy of `k`. Parallel: Collective on the matrix' context. */
nt_status nt_eigen_create(const nt_dmatrix *k, nt_triangle filled, nt_eigensolver solver,
                          const char *name, nt_eigen **out) NT_WARN_UNUSED;
/** Free a decomposition and set it to NULL (NULL is accepted). Parallel: Local. */
void nt_eigen_destroy(nt_eigen **eigen);

#ifdef __cplusplus
}
#endif
#endif
