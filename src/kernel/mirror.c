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

nt_status nt_mirror_pack(nt_error *err, nt_mirror *mirror, int64_t rows, int64_t cols, int target,
                         int tag, nt_target *to)
{
  nt_status status = NT_OK;
  void *array = mirror->send, *requests = mirror->request, *data = NULL;
  int capacity = mirror->send_capacity;
  NT_TRY(grow(err, &array, &mirror->send_capacity, mirror->n_send, sizeof(nt_parcel)));
  mirror->send = array;
  NT_TRY(grow(err, &requests, &capacity, mirror->n_send, sizeof(MPI_Request)));
  mirror->request = requests;
  NT_TRY(nt_alloc(err, rows * cols, sizeof(double), "a mirror tile", &data));
  mirror->send[mirror->n_send] = (nt_parcel){data, rows * cols, target, tag};
  mirror->request[mirror->n_send++] = MPI_REQUEST_NULL;
  *to = (nt_target){data, rows};
done:
  return status;
}

nt_status nt_mirror_send(nt_error *err, nt_mirror *mirror, int first, int last)
{
  nt_status status = NT_OK;
  for (int i = first; i < last; i++) {
    const nt_parcel *p = &mirror->send[i];
    int code = MPI_Isend(p->data, (int)p->count, MPI_DOUBLE, p->target, p->tag, mirror->comm,
                         &mirror->request[i]);
    NT_CHECK(code == MPI_SUCCESS, err, NT_ERR_MPI, "cannot send a mirror tile (MPI error %d)",
             code);
  }
done:
  return status;
}

nt_status nt_mirror_flush(nt_error *err, nt_mirror *mirror)
{
  nt_status status = NT_OK;
  int code = MPI_Waitall(mirror->n_send, mirror->request, MPI_STATUSES_IGNORE);
  for (int i = 0; i < mirror->n_send; i++)
    free(mirror->send[i].data);
  mirror->n_send = 0;
  NT_CHECK(code == MPI_SUCCESS, err, NT_ERR_MPI,
           "the exchange of mirror tiles failed (MPI error %d)", code);
done:
  return status;
}

nt_status nt_mirror_finish(nt_error *err, nt_mirror *mirror)
{
  nt_status status = nt_mirror_flush(err, mirror);
  int code = MPI_Waitall(mirror->n_receive, mirror->receive, MPI_STATUSES_IGNORE);
  mirror->n_receive = 0;
  if (status != NT_OK || code == MPI_SUCCESS) return status;
  return nt_fail(err, NT_ERR_MPI, __FILE__, __LINE__, __func__,
                 "the exchange of mirror tiles failed (MPI error %d)", code);
}

void nt_mirror_progress(nt_mirror *mirror)
{
  int done;
  (void)MPI_Testall(mirror->n_receive, mirror->receive, &done, MPI_STATUSES_IGNORE);
}

void nt_mirror_abandon(nt_mirror *mirror)
{
  for (int i = 0; i < mirror->n_receive; i++) {
    if (mirror->receive[i] == MPI_REQUEST_NULL) continue;
    (void)MPI_Cancel(&mirror->receive[i]);
    (void)MPI_Wait(&mirror->receive[i], MPI_STATUS_IGNORE);
  }
  for (int i = 0; i < mirror->n_send; i++)
    free(mirror->send[i].data);
  free(mirror->receive);
  free(mirror->send);
  free(mirror->request);
  *mirror = (nt_mirror){.comm = mirror->comm};
}
