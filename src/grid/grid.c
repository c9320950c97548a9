#include "nt/grid.h"

#include "base/check.h"
#include "base/memory.h"
#include "grid/scalapack.h"
#include "grid/selfcheck.h"

#include <limits.h>
#include <stdlib.h>

struct nt_grid {
  nt_ctx *ctx;
  MPI_Comm comm; /* of its own: BLACS has one handle for all grids on a communicator */
  int P, Q, p, q, handle, blacs;
};

nt_status nt_to_blasint(int64_t v, int *out)
{
  *out = (int)v;
  return v >= 0 && v <= INT_MAX ? NT_OK : NT_ERR_DIST;
}

void nt_grid_shape(int size, int *P, int *Q)
{
  int p = 1;
  for (int d = 1; d <= size / d; d++) {
    if (size % d == 0) p = d;
  }
  *P = p;
  *Q = size / p;
}

/* A planned grid has none. */
static nt_status open_blacs(nt_grid *grid)
{
  nt_status status = NT_OK;
  int P = grid->P, Q = grid->Q;
  NT_TRY_MPI(grid->ctx, MPI_Comm_dup(nt_ctx_comm(grid->ctx), &grid->comm));
  grid->handle = Csys2blacs_handle(grid->comm);
  grid->blacs = grid->handle;
  Cblacs_gridinit(&grid->blacs, "R", P, Q);
  Cblacs_gridinfo(grid->blacs, &P, &Q, &grid->p, &grid->q);
done:
  return status;
}

nt_status nt_grid_create(nt_ctx *ctx, int P, int Q, nt_grid **out)
{
  nt_status status = NT_OK;
  nt_grid *grid = NULL;
  void *memory = NULL;
  *out = NULL;
  if (P == 0 && Q == 0) nt_grid_shape(nt_ctx_size(ctx), &P, &Q);
  NT_CHECK(P > 0 && Q > 0 && (int64_t)P * Q == nt_ctx_size(ctx), nt_ctx_error(ctx), NT_ERR_ARG,
           "grid %dx%d has %lld places, the ranks are %d: P times Q must be the number of ranks", P,
           Q, (long long)P * Q, nt_ctx_size(ctx));
  NT_TRY_ALL(ctx, nt_selfcheck(nt_ctx_error(ctx)));
  NT_TRY_ALL(ctx, nt_calloc(nt_ctx_error(ctx), 1, sizeof *grid, "a grid", &memory));
  grid = memory;
  *grid = (nt_grid){.ctx = ctx, .comm = MPI_COMM_NULL, .P = P, .Q = Q};
  if (!nt_ctx_is_planned(ctx)) NT_TRY(open_blacs(grid));
  nt_ctx_track(ctx, 1, 0);
  *out = grid;
  memory = NULL;
done:
  free(memory);
  return status;
}

void nt_grid_destroy(nt_grid **grid)
{
  if (*grid == NULL) return;
  if ((*grid)->comm != MPI_COMM_NULL) {
    Cblacs_gridexit((*grid)->blacs);
    Cfree_blacs_system_handle((*grid)->handle);
    (void)MPI_Comm_free(&(*grid)->comm);
  }
  nt_ctx_track((*grid)->ctx, -1, 0);
  free(*grid);
  *grid = NULL;
}

nt_ctx *nt_grid_ctx(const nt_grid *grid) { return grid->ctx; }

int nt_grid_P(const nt_grid *grid) { return grid->P; }

int nt_grid_Q(const nt_grid *grid) { return grid->Q; }

int nt_grid_p(const nt_grid *grid) { return grid->p; }

int nt_grid_q(const nt_grid *grid) { return grid->q; }

int nt_grid_blacs(const nt_grid *grid) { return grid->blacs; }

int nt_grid_rank(const nt_grid *grid, int p, int q) { return p * grid->Q + q; }
