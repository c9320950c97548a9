/** Mirror images of computed tiles: into this rank's own matrix while they are in cache, or packed
 * and sent. The receiver's MPI type puts the message straight into its matrix. */
#include "kernel/mirror.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>

static nt_status grow(nt_error *err, void **array, int *capacity, int n, size_t size)
{
  nt_status status = NT_OK;
  if (n < *capacity) return NT_OK;
  void *grown = realloc(*array, (size_t)(2 * n + 64) * size);
  NT_CHECK(grown != NULL, err, NT_ERR_NOMEM, "no memory for the messages of mirror tiles");
  *array = grown;
  *capacity = 2 * n + 64;
done:
  return status;
}

static double *element(const nt_dmatrix *m, int64_t row, int64_t col)
{
  return m->a + nt_global_to_local(row, m->mb, nt_grid_P(m->grid)) +
         nt_global_to_local(col, m->nb, nt_grid_Q(m->grid)) * m->ld;
}

nt_status nt_mirror_receive(nt_error *err, nt_mirror *mirror, const nt_dmatrix *m, int64_t row,
                            int64_t col, int64_t rows, int64_t cols, int source, int tag)
{
  nt_status status = NT_OK;
  void *array = mirror->receive;
  NT_TRY(grow(err, &array, &mirror->receive_capacity, mirror->n_receive, sizeof(MPI_Request)));
  mirror->receive = array;
  MPI_Datatype type;
  /* A tile has at most 2^31 bytes: its sides are the plan's. */
  int code = MPI_Type_vector((int)cols, (int)rows, (int)m->ld, MPI_DOUBLE, &type);
  if (code == MPI_SUCCESS) code = MPI_Type_commit(&type);
  if (code == MPI_SUCCESS) {
    code = MPI_Irecv(element(m, row, col), 1, type, source, tag, mirror->comm,
                     &mirror->receive[mirror->n_receive]);
  }
  NT_CHECK(code == MPI_SUCCESS, err, NT_ERR_MPI, "cannot receive a mirror tile (MPI error %d)",
           code);
  mirror->n_receive++;
  (void)MPI_Type_free(&type);
done:
  return status;
}

static nt_status add_place(nt_error *err, nt_outbox *box)
{
  nt_status status = NT_OK;
  void *parcel = box->parcel, *request = box->request;
  int places = box->places, again = box->places;
  NT_TRY(grow(err, &parcel, &places, box->places, sizeof(nt_parcel)));
  box->parcel = parcel;
  NT_TRY(grow(err, &request, &again, box->places, sizeof(MPI_Request)));
  box->request = request;
  for (int i = box->places; i < places; i++)
    box->parcel[i] = (nt_parcel){0};
  box->places = places;
done:
  return status;
}

nt_status nt_outbox_pack(nt_error *err, nt_outbox *box, int64_t rows, int64_t cols, int target,
                         int tag, nt_target *to)
{
  nt_status status = NT_OK;
  if (box->n == box->places) NT_TRY(add_place(err, box));
  nt_parcel *parcel = &box->parcel[box->n];
  if (parcel->capacity < rows * cols) {
    void *data = NULL;
    NT_TRY(nt_alloc(err, rows * cols, sizeof(double), "a mirror tile", &data));
    free(parcel->data);
    parcel->data = data;
    parcel->capacity = rows * cols;
  }
  parcel->count = rows * cols;
  parcel->target = target;
  parcel->tag = tag;
  box->request[box->n++] = MPI_REQUEST_NULL;
  *to = (nt_target){parcel->data, rows};
done:
  return status;
}

nt_status nt_outbox_send(nt_error *err, nt_outbox *box, MPI_Comm comm)
{
  nt_status status = NT_OK;
  for (int i = 0; i < box->n; i++) {
    const nt_parcel *p = &box->parcel[i];
    const int code =
        MPI_Isend(p->data, (int)p->count, MPI_DOUBLE, p->target, p->tag, comm, &box->request[i]);
    NT_CHECK(code == MPI_SUCCESS, err, NT_ERR_MPI, "cannot send a mirror tile (MPI error %d)",
             code);
  }
done:
  return status;
}

nt_status nt_outbox_wait(nt_error *err, nt_outbox *box)
{
  nt_status status = NT_OK;
  const int code = MPI_Waitall(box->n, box->request, MPI_STATUSES_IGNORE);
  box->n = 0;
  NT_CHECK(code == MPI_SUCCESS, err, NT_ERR_MPI,
           "the exchange of mirror tiles failed (MPI error %d)", code);
done:
  return status;
}

nt_status nt_mirror_finish(nt_error *err, nt_mirror *mirror)
{
  nt_status status = NT_OK;
  for (int b = 0; b < 2; b++)
    NT_TRY(nt_outbox_wait(err, &mirror->box[b]));
  const int code = MPI_Waitall(mirror->n_receive, mirror->receive, MPI_STATUSES_IGNORE);
  mirror->n_receive = 0;
  NT_CHECK(code == MPI_SUCCESS, err, NT_ERR_MPI,
           "the exchange of mirror tiles failed (MPI error %d)", code);
done:
  return status;
}

void nt_mirror_progress(nt_mirror *mirror)
{
  int done;
  (void)MPI_Testall(mirror->n_receive, mirror->receive, &done, MPI_STATUSES_IGNORE);
}

void nt_mirror_abandon(nt_mirror *mirror)
{
  if (mirror->comm == MPI_COMM_NULL) return;
  for (int b = 0; b < 2; b++)
    (void)MPI_Waitall(mirror->box[b].n, mirror->box[b].request, MPI_STATUSES_IGNORE);
  (void)MPI_Barrier(mirror->comm);
  for (int i = 0; i < mirror->n_receive; i++) {
    if (mirror->receive[i] == MPI_REQUEST_NULL) continue;
    (void)MPI_Cancel(&mirror->receive[i]);
    (void)MPI_Wait(&mirror->receive[i], MPI_STATUS_IGNORE);
  }
}

void nt_mirror_destroy(nt_mirror *mirror)
{
  for (int b = 0; b < 2; b++) {
    for (int i = 0; i < mirror->box[b].places; i++)
      free(mirror->box[b].parcel[i].data);
    free(mirror->box[b].parcel);
    free(mirror->box[b].request);
  }
  free(mirror->receive);
  if (mirror->comm != MPI_COMM_NULL) (void)MPI_Comm_free(&mirror->comm);
}
