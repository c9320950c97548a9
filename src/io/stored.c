/* Stored matrices: what their headers say. */
#include "io/stored_impl.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>

int64_t nt_stored_behind(const nt_stored *stored)
{
  int64_t size = 1;
  for (int a = 2; a < stored->source.shape.rank; a++)
    size *= stored->source.shape.dim[a];
  return size;
}

static nt_status check_shape(nt_error *err, const char *text, const nt_stored *stored)
{
  nt_status status = NT_OK;
  char shape[128];
  const nt_source *source = &stored->source;
  const bool flat = source->format == NT_FORMAT_FLAT || source->format == NT_FORMAT_HDF5;
  NT_CHECK(flat, err, NT_ERR_DATA,
           "%s: a stored kernel is a .npy file, an HDF5 dataset (a.h5:/nngp), or a file of ntmpi "
           "kernel",
           text);
  const int rank = source->shape.rank;
  NT_CHECK(rank > 0 && (rank == 1 || rank % 2 == 0 || nt_stored_behind(stored) == 1) &&
               nt_shape_size(&source->shape) > 0,
           err, NT_ERR_DATA,
           "%s: has shape %s; a kernel of samples with samples has two axes, or more in pairs",
           text, nt_shape_text(&source->shape, shape, sizeof shape));
done:
  return status;
}

nt_status nt_stored_open(nt_ctx *ctx, const char *text, nt_stored **out)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(ctx);
  nt_stored *stored = NULL;
  void *memory = NULL;
  *out = NULL;
  NT_TRY_ALL(ctx, nt_calloc(err, 1, sizeof(nt_stored), "a stored matrix", &memory));
  stored = memory;
  stored->ctx = ctx;
  nt_ctx_track(ctx, 1, 0);
  NT_TRY_ALL(ctx, nt_strdup(err, text, &stored->name));
  NT_TRY(nt_source_find(ctx, text, 0, &stored->source));
  NT_TRY_ALL(ctx, check_shape(err, text, stored));
  const nt_shape *shape = &stored->source.shape;
  stored->M = stored->N = 1;
  for (int a = 0; a < shape->rank; a++)
    *(a % 2 == 0 ? &stored->M : &stored->N) *= shape->dim[a];
  *out = stored;
  stored = NULL;
done:
  nt_stored_close(&stored);
  return status;
}

void nt_stored_close(nt_stored **stored)
{
  if (*stored == NULL) return;
  nt_ctx_track((*stored)->ctx, -1, 0);
  free((*stored)->name);
  free(*stored);
  *stored = NULL;
}

void nt_stored_size(const nt_stored *stored, int64_t *M, int64_t *N)
{
  *M = stored->M;
  *N = stored->N;
}

nt_shape nt_stored_shape(const nt_stored *stored)
{
  nt_shape shape = stored->source.shape;
  if (shape.rank > 2 && nt_stored_behind(stored) == 1) shape.rank = 2;
  return shape;
}

int64_t nt_stored_unit(const nt_stored *stored) { return stored->M / stored->source.shape.dim[0]; }

bool nt_stored_is_vector(const nt_stored *stored) { return stored->source.shape.rank == 1; }

const char *nt_stored_name(const nt_stored *stored) { return stored->name; }

bool nt_stored_is_single(const nt_stored *stored)
{
  const nt_number *type = &stored->source.type;
  return type->kind == 'f' && type->size <= 4;
}

double nt_stored_tolerance(const nt_stored *stored)
{
  return nt_stored_is_single(stored) ? 1e-5 : 1e-10;
}
