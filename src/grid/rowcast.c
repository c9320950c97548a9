#include "grid/rowcast.h"

#include "base/check.h"
#include "base/memory.h"

#include <limits.h>
#include <stdlib.h>

/* Two panels of a rank are alive at a time. In shared memory others read the first while it writes
 * the second; when it comes to write a third, Q steps later again, it has received panels that each
 * of them made after it was done with the first. */
enum { SLOTS = 2 };

struct nt_rowcast {
  nt_ctx *ctx;
  MPI_Comm row;
  int q, Q;
  int64_t bytes; /* of a slot */
  MPI_Win window;
  char **base;      /* [Q] shared: the slots of each rank of the row; else [1] of this one */
  void *memory;     /* of this rank, when it is not shared */
  const char *data; /* of the panel under way */
  MPI_Request *request;
  int n_requests;
};

int64_t nt_rowcast_bytes(int64_t bytes) { return SLOTS * bytes; }

/* Whether all ranks of every process row are on one node. */
static nt_status rows_within_nodes(nt_rowcast *rc, bool *within)
{
  nt_status status = NT_OK;
  MPI_Comm node = MPI_COMM_NULL;
  int size, together;
  NT_TRY_MPI(rc->ctx,
             MPI_Comm_split_type(rc->row, MPI_COMM_TYPE_SHARED, rc->q, MPI_INFO_NULL, &node));
  NT_TRY_MPI(rc->ctx, MPI_Comm_size(node, &size));
  together = size == rc->Q;
  NT_TRY_MPI(rc->ctx,
             MPI_Allreduce(MPI_IN_PLACE, &together, 1, MPI_INT, MPI_LAND, nt_ctx_comm(rc->ctx)));
  *within = together;
done:
  if (node != MPI_COMM_NULL) (void)MPI_Comm_free(&node);
  return status;
}

/* One window for the row; false where the system has no room for it. */
static nt_status open_window(nt_rowcast *rc, bool *shared)
{
  nt_status status = NT_OK;
  char *own;
  MPI_Aint size;
  int unit;
  (void)MPI_Comm_set_errhandler(rc->row, MPI_ERRORS_RETURN);
  int got = MPI_Win_allocate_shared((MPI_Aint)(SLOTS * rc->bytes), 1, MPI_INFO_NULL, rc->row, &own,
                                    &rc->window) == MPI_SUCCESS;
  if (!got) rc->window = MPI_WIN_NULL;
  NT_TRY_MPI(rc->ctx,
             MPI_Allreduce(MPI_IN_PLACE, &got, 1, MPI_INT, MPI_LAND, nt_ctx_comm(rc->ctx)));
  *shared = got;
  if (!got) {
    /* Another row had no room: all rows do without. */
    if (rc->window != MPI_WIN_NULL) (void)MPI_Win_free(&rc->window);
    goto done;
  }
  for (int r = 0; r < rc->Q; r++)
    NT_TRY_MPI(rc->ctx, MPI_Win_shared_query(rc->window, r, &size, &unit, &rc->base[r]));
  NT_TRY_MPI(rc->ctx, MPI_Win_lock_all(MPI_MODE_NOCHECK, rc->window));
done:
  return status;
}

static nt_status allocate(nt_rowcast *rc, bool want_shared)
{
  nt_status status = NT_OK;
  bool shared = false;
  void *memory;
  nt_error *err = nt_ctx_error(rc->ctx);
  status = nt_calloc(err, rc->Q, sizeof(char *), "addresses of panels", &memory);
  rc->base = memory;
  NT_TRY_ALL(rc->ctx, status);
  status = nt_calloc(err, rc->Q, sizeof(MPI_Request), "requests", &memory);
  rc->request = memory;
  NT_TRY_ALL(rc->ctx, status);
  if (want_shared && rc->Q > 1) NT_TRY(rows_within_nodes(rc, &shared));
  if (shared) NT_TRY(open_window(rc, &shared));
  if (shared) goto done;
  NT_TRY_ALL(rc->ctx,
             nt_alloc(err, SLOTS * rc->bytes, 1, "panels of a factorisation", &rc->memory));
done:
  return status;
}

nt_status nt_rowcast_create(nt_grid *grid, int64_t bytes, bool share, nt_rowcast **out)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(grid);
  void *memory = NULL;
  *out = NULL;
  NT_CHECK_ALL(ctx, bytes <= INT_MAX, NT_ERR_DIST,
               "a panel of %lld bytes on one rank exceeds 2 GiB: use more ranks", (long long)bytes);
  NT_TRY_ALL(ctx, nt_calloc(nt_ctx_error(ctx), 1, sizeof(nt_rowcast), "panels", &memory));
  nt_rowcast *rc = *out = memory;
  memory = NULL;
  *rc = (nt_rowcast){.ctx = ctx,
                     .row = MPI_COMM_NULL,
                     .window = MPI_WIN_NULL,
                     .q = nt_grid_q(grid),
                     .Q = nt_grid_Q(grid),
                     .bytes = (bytes + NT_ALIGNMENT) / NT_ALIGNMENT * NT_ALIGNMENT};
  NT_TRY_MPI(ctx, MPI_Comm_split(nt_ctx_comm(ctx), nt_grid_p(grid), rc->q, &rc->row));
  NT_TRY(allocate(rc, share));
done:
  free(memory);
  if (status != NT_OK) nt_rowcast_destroy(out);
  return status;
}

void nt_rowcast_destroy(nt_rowcast **out)
{
  nt_rowcast *rc = *out;
  if (rc == NULL) return;
  if (rc->window != MPI_WIN_NULL) {
    (void)MPI_Win_unlock_all(rc->window);
    (void)MPI_Win_free(&rc->window);
  }
  if (rc->row != MPI_COMM_NULL) (void)MPI_Comm_free(&rc->row);
  free(rc->memory);
  free(rc->base);
  free(rc->request);
  free(rc);
  *out = NULL;
}

static bool is_shared(const nt_rowcast *rc) { return rc->window != MPI_WIN_NULL; }

char *nt_rowcast_own(nt_rowcast *rc, int64_t step)
{
  /* Shared: every Q-th step is this rank's. Else every step arrives here. */
  const int64_t slot = is_shared(rc) ? step / rc->Q % SLOTS : step % SLOTS;
  return (is_shared(rc) ? rc->base[rc->q] : (char *)rc->memory) + slot * rc->bytes;
}

/* Empty messages: the panel is there. */
static nt_status announce(nt_rowcast *rc, int owner)
{
  nt_status status = NT_OK;
  if (rc->q != owner) {
    NT_TRY_MPI(rc->ctx, MPI_Irecv(NULL, 0, MPI_BYTE, owner, 0, rc->row, rc->request));
    rc->n_requests = 1;
    goto done;
  }
  NT_TRY_MPI(rc->ctx, MPI_Win_sync(rc->window));
  for (int r = 0; r < rc->Q; r++) {
    if (r == owner) continue;
    NT_TRY_MPI(rc->ctx,
               MPI_Isend(NULL, 0, MPI_BYTE, r, 0, rc->row, &rc->request[rc->n_requests++]));
  }
done:
  return status;
}

nt_status nt_rowcast_begin(nt_rowcast *rc, int owner, int64_t step, int64_t bytes)
{
  nt_status status = NT_OK;
  rc->n_requests = 0;
  if (is_shared(rc)) {
    rc->data = rc->base[owner] + step / rc->Q % SLOTS * rc->bytes;
    return announce(rc, owner);
  }
  rc->data = nt_rowcast_own(rc, step);
  if (rc->Q == 1) goto done;
  NT_TRY_MPI(rc->ctx,
             MPI_Ibcast((char *)rc->data, (int)bytes, MPI_BYTE, owner, rc->row, rc->request));
  rc->n_requests = 1;
done:
  return status;
}

void nt_rowcast_poll(nt_rowcast *rc)
{
  int done;
  (void)MPI_Testall(rc->n_requests, rc->request, &done, MPI_STATUSES_IGNORE);
  if (done) rc->n_requests = 0;
}

nt_status nt_rowcast_end(nt_rowcast *rc, const char **panel)
{
  nt_status status = NT_OK;
  NT_TRY_MPI(rc->ctx, MPI_Waitall(rc->n_requests, rc->request, MPI_STATUSES_IGNORE));
  rc->n_requests = 0;
  if (is_shared(rc)) NT_TRY_MPI(rc->ctx, MPI_Win_sync(rc->window));
  *panel = rc->data;
done:
  return status;
}
