/** Mirror images of computed tiles: into this rank's own matrix while they are in cache,
 * or through a slot that the receiver reads; from another node MPI puts the message
 * straight into its matrix. */
#include "kernel/mirror.h"

#include "base/check.h"
#include "base/memory.h"
#include "kernel/move.h"

#include <stdlib.h>

/* Of a rank, as far as this one can read them. */
static double *slots_of(const nt_mirror *m, int rank) { return (double *)m->shared.part[rank]; }

static nt_status allocate(nt_error *err, nt_mirror *m)
{
  nt_status status = NT_OK;
  void *memory;
  NT_TRY(nt_calloc(err, m->expected, sizeof(MPI_Request), "mirror tiles", &memory));
  m->receive = memory;
  NT_TRY(nt_calloc(err, m->expected, sizeof(nt_incoming), "mirror tiles", &memory));
  m->incoming = memory;
  NT_TRY(nt_calloc(err, m->expected, sizeof(int), "mirror tiles", &memory));
  m->arrived = memory;
  for (int b = 0; b < 2; b++) {
    m->box[b].first = b * m->slots;
    NT_TRY(nt_calloc(err, m->slots, sizeof(nt_parcel), "mirror tiles", &memory));
    m->box[b].parcel = memory;
    NT_TRY(nt_calloc(err, m->slots, sizeof(MPI_Request), "mirror tiles", &memory));
    m->box[b].request = memory;
  }
done:
  return status;
}

nt_status nt_mirror_open(nt_ctx *ctx, int slots, int64_t slot_size, int expected, nt_mirror *m)
{
  nt_status status = NT_OK;
  const int64_t bytes = 2 * slots * slot_size * (int64_t)sizeof(double);
  bool got;
  m->slots = slots;
  m->slot_size = slot_size;
  m->expected = expected;
  NT_TRY_MPI(ctx, MPI_Comm_dup(nt_ctx_comm(ctx), &m->comm));
  NT_TRY_ALL(ctx, allocate(nt_ctx_error(ctx), m));
  NT_TRY(nt_shared_open(ctx, m->comm, &m->shared));
  if (slots == 0) goto done;
  NT_TRY(nt_shared_allocate(&m->shared, bytes, &got));
  if (!got) NT_TRY_ALL(ctx, nt_shared_alone(&m->shared, bytes, "mirror tiles"));
done:
  return status;
}

void nt_mirror_destroy(nt_mirror *m)
{
  for (int b = 0; b < 2; b++) {
    free(m->box[b].parcel);
    free(m->box[b].request);
  }
  free(m->receive);
  free(m->incoming);
  free(m->arrived);
  nt_shared_close(&m->shared);
  if (m->comm != MPI_COMM_NULL) (void)MPI_Comm_free(&m->comm);
}

static double *element(const nt_dmatrix *m, int64_t row, int64_t col)
{
  return m->a + nt_global_to_local(row, m->mb, nt_grid_P(m->grid)) +
         nt_global_to_local(col, m->nb, nt_grid_Q(m->grid)) * m->ld;
}

/* Sizes fit: a tile is part of a local matrix, which has less than 2^31 elements. */
static int expect_message(nt_mirror *mirror, const nt_incoming *in, int tag, MPI_Request *request)
{
  MPI_Datatype type;
  int code = MPI_Type_vector((int)in->cols, (int)in->rows, (int)in->ld, MPI_DOUBLE, &type);
  if (code != MPI_SUCCESS) return code;
  code = MPI_Type_commit(&type);
  if (code == MPI_SUCCESS)
    code = MPI_Irecv(in->to, 1, type, in->source, tag, mirror->comm, request);
  (void)MPI_Type_free(&type);
  return code;
}

nt_status nt_mirror_receive(nt_error *err, nt_mirror *mirror, const nt_dmatrix *m, int64_t row,
                            int64_t col, int64_t rows, int64_t cols, int source, int tag)
{
  nt_status status = NT_OK;
  NT_CHECK(mirror->n_receive < mirror->expected, err, NT_ERR_INTERNAL,
           "more mirror tiles are expected than counted");
  nt_incoming *in = &mirror->incoming[mirror->n_receive];
  MPI_Request *request = &mirror->receive[mirror->n_receive];
  *in = (nt_incoming){
      .to = element(m, row, col), .ld = m->ld, .rows = rows, .cols = cols, .source = source};
  const int code = slots_of(mirror, source) == NULL
                       ? expect_message(mirror, in, tag, request)
                       : MPI_Irecv(&in->slot, 1, MPI_INT, source, tag, mirror->comm, request);
  NT_CHECK(code == MPI_SUCCESS, err, NT_ERR_MPI, "cannot receive a mirror tile (MPI error %d)",
           code);
  mirror->n_receive++;
done:
  return status;
}

/* Move a tile out of its slot, and say that the slot is free. */
static int collect(const nt_mirror *mirror, const nt_incoming *in)
{
  const double *from = slots_of(mirror, in->source);
  if (from == NULL) return MPI_SUCCESS;
  from += in->slot * mirror->slot_size;
  nt_shared_sync(&mirror->shared);
  for (int64_t c = 0; c < in->cols; c++)
    (void)nt_move_column(in->rows, from + c * in->rows, in->to + c * in->ld);
  nt_move_fence();
  return MPI_Send(NULL, 0, MPI_INT, mirror->shared.node_rank[in->source], in->slot,
                  mirror->shared.node);
}

nt_status nt_mirror_progress(nt_error *err, nt_mirror *mirror)
{
  nt_status status = NT_OK;
  int n = 0;
  int code =
      MPI_Testsome(mirror->n_receive, mirror->receive, &n, mirror->arrived, MPI_STATUSES_IGNORE);
  for (int i = 0; i < n && n != MPI_UNDEFINED && code == MPI_SUCCESS; i++)
    code = collect(mirror, &mirror->incoming[mirror->arrived[i]]);
  NT_CHECK(code == MPI_SUCCESS, err, NT_ERR_MPI,
           "the exchange of mirror tiles failed (MPI error %d)", code);
done:
  return status;
}

nt_target nt_outbox_pack(const nt_mirror *mirror, nt_outbox *box, int64_t rows, int64_t cols,
                         int target, int tag)
{
  nt_parcel *parcel = &box->parcel[box->n];
  *parcel = (nt_parcel){.data = slots_of(mirror, mirror->shared.rank) +
                                (box->first + box->n) * mirror->slot_size,
                        .count = rows * cols,
                        .target = target,
                        .tag = tag};
  box->request[box->n++] = MPI_REQUEST_NULL;
  return (nt_target){parcel->data, rows};
}

/* The receive was posted before: so short a message leaves at once. */
static int announce(const nt_mirror *mirror, const nt_parcel *p, int slot, MPI_Request *request)
{
  const int code = MPI_Irecv(NULL, 0, MPI_INT, mirror->shared.node_rank[p->target], slot,
                             mirror->shared.node, request);
  if (code != MPI_SUCCESS) return code;
  return MPI_Send(&slot, 1, MPI_INT, p->target, p->tag, mirror->comm);
}

nt_status nt_outbox_send(nt_error *err, nt_mirror *mirror, nt_outbox *box)
{
  nt_status status = NT_OK;
  if (box->n > 0) nt_shared_sync(&mirror->shared);
  for (int i = 0; i < box->n; i++) {
    const nt_parcel *p = &box->parcel[i];
    const int code = slots_of(mirror, p->target) != NULL
                         ? announce(mirror, p, box->first + i, &box->request[i])
                         : MPI_Isend(p->data, (int)p->count, MPI_DOUBLE, p->target, p->tag,
                                     mirror->comm, &box->request[i]);
    NT_CHECK(code == MPI_SUCCESS, err, NT_ERR_MPI, "cannot send a mirror tile (MPI error %d)",
             code);
  }
done:
  return status;
}

/* Whether all slots of a box are free; then it is empty. */
static nt_status settle(nt_error *err, nt_outbox *box, int *is_free)
{
  nt_status status = NT_OK;
  const int code = MPI_Testall(box->n, box->request, is_free, MPI_STATUSES_IGNORE);
  NT_CHECK(code == MPI_SUCCESS, err, NT_ERR_MPI,
           "the exchange of mirror tiles failed (MPI error %d)", code);
  if (*is_free) box->n = 0;
done:
  return status;
}

nt_status nt_mirror_free_box(nt_error *err, nt_mirror *mirror, nt_outbox **box)
{
  nt_status status = NT_OK;
  int is_free = 0;
  for (int b = 0; !is_free; b = 1 - b) {
    *box = &mirror->box[b];
    NT_TRY(settle(err, *box, &is_free));
    if (!is_free) NT_TRY(nt_mirror_progress(err, mirror));
  }
done:
  return status;
}

nt_status nt_mirror_finish(nt_error *err, nt_mirror *mirror)
{
  nt_status status = NT_OK;
  int left = 1, is_free[2];
  while (left) {
    NT_TRY(nt_mirror_progress(err, mirror));
    for (int b = 0; b < 2; b++)
      NT_TRY(settle(err, &mirror->box[b], &is_free[b]));
    left = !is_free[0] || !is_free[1];
    for (int i = 0; i < mirror->n_receive && !left; i++)
      left = mirror->receive[i] != MPI_REQUEST_NULL;
  }
  mirror->n_receive = 0;
done:
  return status;
}

void nt_mirror_meet(nt_mirror *mirror)
{
  MPI_Request request;
  int done = 0;
  nt_error ignored = {0};
  if (MPI_Ibarrier(mirror->comm, &request) != MPI_SUCCESS) return;
  while (!done) {
    if (nt_mirror_progress(&ignored, mirror) != NT_OK) {
      (void)MPI_Wait(&request, MPI_STATUS_IGNORE);
      return;
    }
    if (MPI_Test(&request, &done, MPI_STATUS_IGNORE) != MPI_SUCCESS) return;
  }
}

static void cancel(int n, MPI_Request *request)
{
  for (int i = 0; i < n; i++) {
    if (request[i] == MPI_REQUEST_NULL) continue;
    (void)MPI_Cancel(&request[i]);
    (void)MPI_Wait(&request[i], MPI_STATUS_IGNORE);
  }
}

void nt_mirror_abandon(nt_mirror *mirror)
{
  if (mirror->comm == MPI_COMM_NULL) return;
  for (int b = 0; b < 2; b++) {
    nt_outbox *box = &mirror->box[b];
    for (int i = 0; i < box->n; i++) {
      if (slots_of(mirror, box->parcel[i].target) == NULL)
        (void)MPI_Wait(&box->request[i], MPI_STATUS_IGNORE);
    }
  }
  (void)MPI_Barrier(mirror->comm);
  for (int b = 0; b < 2; b++)
    cancel(mirror->box[b].n, mirror->box[b].request);
  cancel(mirror->n_receive, mirror->receive);
}
