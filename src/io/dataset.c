#include "io/dataset.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* Text of the range of a copy of DATA, cut off in place; NULL when there is none. */
static char *cut_range(char *text)
{
  const size_t split = nt_range_split(text), length = strlen(text);
  if (split == length) return NULL;
  text[length - 1] = '\0';
  text[split] = '\0';
  return text + split + 1;
}

static nt_status allocate(nt_error *err, const char *text, char **copy, nt_dataset **ds)
{
  nt_status status = NT_OK;
  NT_TRY(nt_strdup(err, text, copy));
  NT_TRY(nt_calloc(err, 1, sizeof(nt_dataset), "a data set", ds));
  NT_TRY(nt_strdup(err, text, &(*ds)->name));
done:
  return status;
}

nt_status nt_dataset_locate(nt_ctx *ctx, const char *text, uint64_t seed, int64_t batch_axis,
                            bool may_be_empty, nt_dataset **out)
{
  nt_status status = NT_OK;
  nt_error *const err = nt_ctx_error(ctx);
  nt_dataset *ds = NULL;
  char *copy = NULL, shape[128];
  *out = NULL;
  NT_TRY_ALL(ctx, allocate(err, text, &copy, &ds));
  const char *const range = cut_range(copy);
  NT_CHECK(copy[0] != '\0', err, NT_ERR_ARG,
           "%s: the name of a file is missing; a range follows it, as in a.npy[0:1000]", text);
  NT_TRY(nt_source_find(ctx, copy, seed, &ds->source));
  const nt_shape *const file = &ds->source.shape;
  NT_CHECK(file->rank > 0, err, NT_ERR_DATA, "%s: holds a single number, not samples", text);
  ds->axis = nt_axis_resolve(batch_axis, file->rank);
  NT_CHECK(ds->axis >= 0, err, NT_ERR_SHAPE, "%s: has shape %s, so there is no batch axis %lld",
           text, nt_shape_text(file, shape, sizeof shape), (long long)batch_axis);
  NT_CHECK(
      ds->axis == 0 || !nt_source_is_stream(&ds->source), err, NT_ERR_UNSUPPORTED,
      "%s: gzip and text files are read along axis 0 only, not along axis %d; store it as .npy",
      text, ds->axis);
  NT_TRY(nt_range_parse(ctx, copy, range, file->dim[ds->axis], &ds->range));
  const bool is_empty = nt_shape_size(file) == 0;
  NT_CHECK(ds->range.count > 0 &&
               (!is_empty || (may_be_empty && !nt_source_is_stream(&ds->source))),
           err, NT_ERR_DATA, "%s: holds no samples (the file has shape %s)", text,
           nt_shape_text(file, shape, sizeof shape));
  ds->info.name = ds->name;
  ds->info.n = ds->range.count;
  ds->info.type = nt_number_name(ds->source.type);
  ds->info.is_integer = ds->source.type.kind != 'f';
  ds->info.odd_header = ds->source.odd_header;
  ds->info.unpacked = nt_source_unpacked(&ds->source, ds->axis);
  *out = ds;
  ds = NULL;
done:
  free(copy);
  nt_dataset_close(&ds);
  return status;
}

void nt_dataset_close(nt_dataset **ds)
{
  if (*ds == NULL) return;
  free((*ds)->range.rows);
  free((*ds)->name);
  free(*ds);
  *ds = NULL;
}

const nt_dataset_info *nt_dataset_about(const nt_dataset *ds) { return &ds->info; }

/* Shape of the array: the file's, or the wanted shape of a sample with the batch axis put in. */
static nt_status set_shape(nt_error *err, nt_dataset *ds, const nt_dataset_options *options)
{
  nt_status status = NT_OK;
  nt_dataset_info *const info = &ds->info;
  const nt_shape *const file = &ds->source.shape, *const sample = &options->sample_shape;
  char text[128], wanted[128];
  info->shape = *file;
  info->batch_axis = ds->axis;
  if (sample->rank > 0) {
    NT_CHECK(sample->rank < NT_MAX_RANK, err, NT_ERR_SHAPE,
             "%s: samples of %d axes; at most %d are possible beside the batch axis", info->name,
             sample->rank, NT_MAX_RANK - 1);
    NT_CHECK(nt_shape_size(sample) == nt_shape_size(file) / file->dim[ds->axis], err, NT_ERR_SHAPE,
             "%s: samples of %lld numbers (the file has shape %s) do not have the shape %s",
             info->name, (long long)(nt_shape_size(file) / file->dim[ds->axis]),
             nt_shape_text(file, text, sizeof text), nt_shape_text(sample, wanted, sizeof wanted));
    info->shape.rank = sample->rank + 1;
    info->batch_axis = nt_axis_resolve(options->batch_axis, info->shape.rank);
    NT_CHECK(info->batch_axis >= 0, err, NT_ERR_SHAPE,
             "%s: samples of shape %s have no batch axis %lld", info->name,
             nt_shape_text(sample, wanted, sizeof wanted), (long long)options->batch_axis);
    for (int a = 0, from = 0; a < info->shape.rank; a++)
      if (a != info->batch_axis) info->shape.dim[a] = sample->dim[from++];
  }
  info->shape.dim[info->batch_axis] = info->n;
done:
  return status;
}

void nt_dataset_count(nt_dataset_info *info)
{
  info->positions = info->channels = 1;
  info->space.rank = 0;
  for (int a = 0; a < info->shape.rank; a++) {
    if (a == info->batch_axis) continue;
    if (info->channel_axis < 0 || a == info->channel_axis) {
      info->channels *= info->shape.dim[a];
    } else {
      info->positions *= info->shape.dim[a];
      info->space.dim[info->space.rank++] = info->shape.dim[a];
    }
  }
}

/* Find the channel axis, and count positions and channels. */
static nt_status set_channels(nt_error *err, nt_dataset *ds, const nt_dataset_options *options)
{
  nt_status status = NT_OK;
  nt_dataset_info *const info = &ds->info;
  const bool asked = options->asked_by[0] != '\0';
  char text[128];
  info->channel_axis =
      options->flatten ? -1 : nt_axis_resolve(options->channel_axis, info->shape.rank);
  NT_CHECK(options->flatten || info->shape.rank >= 2, err, NT_ERR_SHAPE,
           "%s has shape %s, but an input needs at least two axes, of samples and of channels "
           "(--shape gives the shape of a sample)",
           info->name, nt_shape_text(&info->shape, text, sizeof text));
  NT_CHECK(options->flatten || (info->channel_axis >= 0 && info->channel_axis != info->batch_axis),
           err, NT_ERR_SHAPE,
           "%s: shape %s with batch axis %d has no channel axis %lld%s%s%s (--channel-axis, or "
           "--shape for the shape of a sample)",
           info->name, nt_shape_text(&info->shape, text, sizeof text), info->batch_axis,
           (long long)options->channel_axis, asked ? ", where " : "", options->asked_by,
           asked ? " expects the channels" : "");
  nt_dataset_count(info);
done:
  return status;
}

/* Where the samples of the file lie: with --shape along axis 0 unless the ranks are equal. A probe
 * tells the rank of the file; the header is small, so it is read once more. */
static nt_status locate(nt_ctx *ctx, const char *text, const nt_dataset_options *options,
                        nt_dataset **ds)
{
  nt_status status = NT_OK;
  const int rank = options->sample_shape.rank;
  const uint64_t seed = options->seed;
  const bool empty = options->may_be_empty;
  if (rank == 0) return nt_dataset_locate(ctx, text, seed, options->batch_axis, empty, ds);
  NT_TRY(nt_dataset_locate(ctx, text, seed, 0, empty, ds));
  if ((*ds)->source.shape.rank == rank + 1 && options->batch_axis != 0) {
    nt_dataset_close(ds);
    NT_TRY(nt_dataset_locate(ctx, text, seed, options->batch_axis, empty, ds));
  }
done:
  return status;
}

nt_status nt_dataset_open(nt_ctx *ctx, const char *text, const nt_dataset_options *options,
                          nt_dataset **out)
{
  nt_status status = NT_OK;
  const nt_dataset_options defaults = NT_DATASET_DEFAULTS;
  nt_dataset *ds = NULL;
  if (options == NULL) options = &defaults;
  *out = NULL;
  NT_TRY(locate(ctx, text, options, &ds));
  NT_TRY(set_shape(nt_ctx_error(ctx), ds, options));
  NT_TRY(set_channels(nt_ctx_error(ctx), ds, options));
  *out = ds;
  ds = NULL;
done:
  nt_dataset_close(&ds);
  return status;
}
