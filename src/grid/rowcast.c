#include "grid/rowcast.h"

#include "base/check.h"
#include "base/memory.h"
#include "grid/shared.h"

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
  int64_t bytes;    /* of a slot */
  nt_shared shared; /* the slots of each rank of the row, or of this one alone */
  const char *data; /* of the panel under way */
  MPI_Request *request;
  int n_requests;
};

int64_t nt_rowcast_bytes(int64_t bytes) { return SLOTS * bytes; }

/* Whether all ranks of every process row are on one node. */
static nt_status rows_within_nodes(const nt_rowcast *rc, bool *within)
{
  nt_status status = NT_OK;
  int together = 1;
  for (int r = 0; r < rc->Q; r++)
    together &= rc->shared.node_rank[r] != MPI_UNDEFINED;
  NT_TRY_MPI(rc->ctx,
             MPI_Allreduce(MPI_IN_PLACE, &together, 1, MPI_INT, MPI_LAND, nt_ctx_comm(rc->ctx)));
  *within = together;
done:
  return status;
}

static nt_status allocate(nt_rowcast *rc, bool want_shared)
{
  nt_status status = NT_OK;
  bool shared = false;
  status = nt_calloc(nt_ctx_error(rc->ctx), rc->Q, sizeof(MPI_Request), "requests", &rc->request);
  NT_TRY_ALL(rc->ctx, status);
  NT_TRY(nt_shared_open(rc->ctx, rc->row, &rc->shared));
  if (want_shared && rc->Q > 1) NT_TRY(rows_within_nodes(rc, &shared));
  if (shared) NT_TRY(nt_shared_allocate(&rc->shared, SLOTS * rc->bytes, &shared));
  if (shared) goto done;
  NT_TRY_ALL(rc->ctx, nt_shared_alone(&rc->shared, SLOTS * rc->bytes, "panels of a factorisation"));
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
                     .shared = NT_SHARED_NONE,
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
  nt_shared_close(&rc->shared);
  if (rc->row != MPI_COMM_NULL) (void)MPI_Comm_free(&rc->row);
  free(rc->request);
  free(rc);
  *out = NULL;
}

char *nt_rowcast_own(nt_rowcast *rc, int64_t step)
{
  /* Shared: every Q-th step is this rank's. Else every step arrives here. */
  const int64_t slot = nt_shared_is(&rc->shared) ? step / rc->Q % SLOTS : step % SLOTS;
  return rc->shared.part[rc->q] + slot * rc->bytes;
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
  nt_shared_sync(&rc->shared);
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
  if (nt_shared_is(&rc->shared)) {
    rc->data = rc->shared.part[owner] + step / rc->Q % SLOTS * rc->bytes;
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
  nt_shared_sync(&rc->shared);
  *panel = rc->data;
done:
  return status;
}
