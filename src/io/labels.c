#include "base/check.h"
#include "base/memory.h"
#include "io/dataset.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { GROUP = 4096 };

/* All samples of the range into y[n][k], on one rank; `slab` holds GROUP samples. */
static nt_status read_all(nt_error *err, const nt_dataset *ds, int64_t k, double *slab, double *y)
{
  nt_status status = NT_OK;
  nt_reader r = {.source = NULL};
  NT_TRY(nt_reader_open(err, &ds->source, &r));
  for (int64_t i = 0, run; i < ds->info.n; i += run) {
    run = nt_range_run(&ds->range, i, GROUP);
    NT_TRY(nt_reader_samples(err, &r, ds->axis, nt_range_row(&ds->range, i), run, slab, y + i * k));
  }
done:
  nt_reader_close(&r);
  return status;
}

/* The same from a stream: the whole file passes, chosen rows stay. */
static nt_status read_stream(nt_error *err, const nt_dataset *ds, int64_t k, double *y)
{
  nt_status status = NT_OK;
  nt_reader r = {.source = NULL};
  void *all = NULL;
  const int64_t rows = ds->source.shape.dim[0];
  NT_TRY(nt_alloc(err, rows * k, sizeof(double), "labels", &all));
  NT_TRY(nt_reader_open(err, &ds->source, &r));
  for (int64_t i = 0; i < rows; i++)
    NT_TRY(nt_reader_next(err, &r, (double *)all + i * k));
  for (int64_t i = 0; i < ds->info.n; i++)
    for (int64_t j = 0; j < k; j++)
      y[i * k + j] = ((double *)all)[nt_range_row(&ds->range, i) * k + j];
done:
  nt_reader_close(&r);
  free(all);
  return status;
}

static nt_status read_checked(nt_error *err, const nt_dataset *ds, int64_t k, double *y)
{
  nt_status status = NT_OK;
  void *slab = NULL;
  char index[64];
  NT_TRY(nt_alloc(err, GROUP * k, sizeof(double), "labels", &slab));
  NT_TRY(nt_source_is_stream(&ds->source) ? read_stream(err, ds, k, y)
                                          : read_all(err, ds, k, slab, y));
  for (int64_t e = 0; e < ds->info.n * k; e++)
    NT_CHECK(isfinite(y[e]), err, NT_ERR_DATA, "%s: the label at %s is %g; labels must be finite",
             ds->info.name,
             nt_source_index_text(&ds->source, ds->axis, nt_range_row(&ds->range, e / k), e % k,
                                  index, sizeof index),
             y[e]);
done:
  free(slab);
  return status;
}

static nt_status allocate(nt_error *err, const nt_dataset *ds, nt_labels **labels)
{
  nt_status status = NT_OK;
  void *y = NULL;
  const nt_shape *const shape = &ds->source.shape;
  int64_t k = 1;
  for (int a = 1; a < shape->rank; a++)
    k *= shape->dim[a];
  NT_TRY(nt_calloc(err, 1, sizeof **labels, "labels", labels));
  NT_TRY(nt_alloc(err, ds->info.n * k, sizeof(double), "labels", &y));
  **labels = (nt_labels){.n = ds->info.n, .k = k, .is_integer = ds->info.is_integer, .y = y};
  (*labels)->is_boolean = ds->source.type.kind == 'b';
  (*labels)->shape = *shape;
  (*labels)->shape.dim[0] = ds->info.n;
  (void)snprintf((*labels)->name, sizeof(*labels)->name, "%s", ds->info.name);
  (*labels)->is_vector = shape->rank == 1 || (ds->source.format == NT_FORMAT_CSV && k == 1);
done:
  return status;
}

nt_status nt_labels_read(nt_ctx *ctx, const char *text, nt_labels **out)
{
  nt_status status = NT_OK;
  nt_error *const err = nt_ctx_error(ctx);
  nt_dataset *ds = NULL;
  nt_labels *labels = NULL;
  *out = NULL;
  NT_TRY(nt_dataset_locate(ctx, text, 0, 0, false, &ds));
  NT_TRY_ALL(ctx, allocate(err, ds, &labels));
  status = nt_ctx_rank(ctx) == 0 ? read_checked(err, ds, labels->k, labels->y) : NT_OK;
  NT_TRY_ALL(ctx, status);
  NT_TRY(nt_ctx_share(ctx, labels->y, labels->n * labels->k * (int64_t)sizeof(double)));
  *out = labels;
  labels = NULL;
done:
  nt_labels_destroy(&labels);
  nt_dataset_close(&ds);
  return status;
}

void nt_labels_destroy(nt_labels **labels)
{
  if (*labels == NULL) return;
  free((*labels)->y);
  free(*labels);
  *labels = NULL;
}
