/** A P x Q grid of ranks: the BLACS grid that ScaLAPACK works on. */
#ifndef NT_GRID_H
#define NT_GRID_H

#include "nt/context.h"
#include "nt/typing.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Opaque; row-major: rank r of the context is at (r / Q, r % Q). */
typedef struct nt_grid nt_grid;

/** Create a grid of all ranks of `ctx`, once BLAS and ScaLAPACK are seen to take 32-bit integers
 * (NT_ERR_SCALAPACK: another library is to be linked).
 *
 * \param [in] P, Q  Rows and columns; both 0: the most nearly square P x Q with P <= Q. P Q must be
 *                   the number of ranks (NT_ERR_ARG).
 * \param [out] grid Owned by the caller; borrows ctx, and is destroyed before it; NULL on failure.
 * Parallel: Collective on ctx. */
nt_status nt_grid_create(nt_ctx *ctx, int P, int Q, nt_grid **grid) NT_WARN_UNUSED;
/** The shape that nt_grid_create chooses for `size` ranks. Parallel: Local. */
void nt_grid_shape(int size, int *P, int *Q);
/** Free a grid and set it to NULL. Parallel: Collective. */
void nt_grid_destroy(nt_grid **grid);

nt_ctx *nt_grid_ctx(const nt_grid *grid);            /**< Borrowed. Local. */
int nt_grid_P(const nt_grid *grid);                  /**< Number of process rows. Local. */
int nt_grid_Q(const nt_grid *grid);                  /**< Number of process columns. Local. */
int nt_grid_p(const nt_grid *grid);                  /**< Process row of this rank. Local. */
int nt_grid_q(const nt_grid *grid);                  /**< Process column of this rank. Local. */
int nt_grid_blacs(const nt_grid *grid);              /**< BLACS context handle. Local. */
int nt_grid_rank(const nt_grid *grid, int p, int q); /**< Rank of process (p, q). Local. */

#ifdef __cplusplus
}
#endif
#endif
