/* Writing results and attributes to an open output: rank 0 asks the store for
 * a place, all ranks write. */
#include "base/check.h"
#include "base/memory.h"
#include "io/output.h"

#include <stdlib.h>

static int64_t place_bytes(const nt_storage *place)
{
  int64_t bytes = place->type.size;
  for (int a = 0; a < place->rank; a++)
    bytes *= place->dim[a];
  return bytes;
}

/* Find a place for a result on rank 0, and tell all ranks; place->address is the caller's. */
static nt_status find_place(nt_output *out, const char *name, nt_storage *place)
{
  nt_status status = NT_OK;
  nt_ctx *const ctx = out->ctx;
  void *address = NULL;
  place->address = NULL;
  if (nt_ctx_rank(ctx) == 0) status = out->ops->place(nt_ctx_error(ctx), out, name, place);
  NT_TRY_ALL(ctx, status);
  int64_t *const kept = place->address;
  NT_TRY_MPI(ctx, MPI_Bcast(place, (int)sizeof *place, MPI_BYTE, 0, nt_ctx_comm(ctx)));
  place->address = kept;
  if (nt_ctx_rank(ctx) != 0)
    status = nt_alloc(nt_ctx_error(ctx), place->n_chunks, sizeof(int64_t), "chunks", &address);
  if (address != NULL) place->address = address;
  NT_TRY_ALL(ctx, status);
  NT_TRY_MPI(ctx,
             MPI_Bcast(place->address, (int)place->n_chunks, MPI_INT64_T, 0, nt_ctx_comm(ctx)));
done:
  return status;
}

static bool layout_fits(const nt_dmatrix *m, const nt_result_layout *layout)
{
  return nt_shape_size(&layout->rows) == m->M && nt_shape_size(&layout->cols) == m->N;
}

nt_status nt_output_write_matrix(nt_output *out, const char *name, const nt_dmatrix *m,
                                 const nt_result_layout *layout, nt_dtype store)
{
  nt_status status = NT_OK;
  nt_ctx *const ctx = out->ctx;
  nt_storage place = {.type = {.kind = 'f', .size = store == NT_FLOAT32 ? 4 : 8}};
  const nt_result_layout plain = nt_layout_plain(m->M, m->N);
  struct sigaction before;
  if (layout == NULL) layout = &plain;
  nt_output_hold_signals(&before);
  NT_CHECK(layout_fits(m, layout), nt_ctx_error(ctx), NT_ERR_ARG,
           "%s: the layout of the result does not fit a matrix of %lld x %lld", name,
           (long long)m->M, (long long)m->N);
  place.rank = layout->rows.rank + layout->cols.rank;
  for (int a = 0; a < place.rank; a++) {
    const int from = layout->order[a], shift = layout->rows.rank;
    place.dim[a] = from < shift ? layout->rows.dim[from] : layout->cols.dim[from - shift];
  }
  nt_choose_chunks(m, layout, &place);
  NT_TRY(find_place(out, name, &place));
  NT_TRY_ALL(ctx, nt_write_matrix(nt_ctx_error(ctx), out, &place, m, layout));
  out->results++;
  out->bytes += place_bytes(&place);
done:
  nt_output_release_signals(&before);
  free(place.address);
  return status;
}

/* Values of rank 0 as one chunk. */
static nt_status write_small(nt_output *out, const char *name, nt_number type,
                             const nt_shape *shape, const void *values)
{
  nt_status status = NT_OK;
  nt_ctx *const ctx = out->ctx;
  nt_storage place = {.type = type, .rank = shape->rank};
  struct sigaction before;
  nt_output_hold_signals(&before);
  for (int a = 0; a < shape->rank; a++)
    place.dim[a] = place.chunk[a] = shape->dim[a];
  NT_TRY(find_place(out, name, &place));
  if (nt_ctx_rank(ctx) == 0) status = nt_write_whole(nt_ctx_error(ctx), out, &place, values);
  NT_TRY_ALL(ctx, status);
  out->bytes += place_bytes(&place);
done:
  nt_output_release_signals(&before);
  free(place.address);
  return status;
}

static nt_status write_result(nt_output *out, const char *name, nt_number type,
                              const nt_shape *shape, const void *values)
{
  const nt_status status = write_small(out, name, type, shape, values);
  out->results += status == NT_OK;
  return status;
}

nt_status nt_output_write_array(nt_output *out, const char *name, const nt_shape *shape,
                                const double *values)
{
  return write_result(out, name, (nt_number){.kind = 'f', .size = 8}, shape, values);
}

nt_status nt_output_write_ints(nt_output *out, const char *name, const nt_shape *shape,
                               const int64_t *values)
{
  return write_result(out, name, (nt_number){.kind = 'i', .size = 8}, shape, values);
}

nt_status nt_output_write_bools(nt_output *out, const char *name, const nt_shape *shape,
                                const unsigned char *values)
{
  return write_result(out, name, (nt_number){.kind = 'b', .size = 1}, shape, values);
}

nt_status nt_output_write_meta(nt_output *out, const char *name, const nt_shape *shape,
                               const double *values)
{
  if (out->ops == &nt_store_npy) return NT_OK;
  return write_small(out, name, (nt_number){.kind = 'f', .size = 8}, shape, values);
}

static nt_status set_attr(nt_output *out, const nt_attr *attr)
{
  nt_status status = NT_OK;
  struct sigaction before;
  nt_output_hold_signals(&before);
  if (nt_ctx_rank(out->ctx) == 0) status = out->ops->attr(nt_ctx_error(out->ctx), out, attr);
  nt_output_release_signals(&before);
  return nt_ctx_agree(out->ctx, status);
}

nt_status nt_output_attr_text(nt_output *out, const char *where, const char *name, const char *text)
{
  return set_attr(out, &(nt_attr){where, name, NT_ATTR_TEXT, 1, text});
}

nt_status nt_output_attr_ints(nt_output *out, const char *where, const char *name, int n,
                              const int64_t *values)
{
  return set_attr(out, &(nt_attr){where, name, NT_ATTR_INTS, n, values});
}

nt_status nt_output_attr_int(nt_output *out, const char *where, const char *name, int64_t value)
{
  return set_attr(out, &(nt_attr){where, name, NT_ATTR_INTS, -1, &value});
}

nt_status nt_output_attr_real(nt_output *out, const char *where, const char *name, double value)
{
  return set_attr(out, &(nt_attr){where, name, NT_ATTR_REAL, 1, &value});
}

nt_status nt_output_attr_bool(nt_output *out, const char *where, const char *name, bool value)
{
  return set_attr(out, &(nt_attr){where, name, NT_ATTR_BOOL, 1, &value});
}
