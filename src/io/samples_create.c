/* Samples from memory: the caller fills them one by one. */
#include "io/samples.h"

#include "base/check.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

static nt_status describe(nt_error *err, const nt_shape *shape, int batch_axis, int channel_axis,
                          nt_dataset_info *info)
{
  nt_status status = NT_OK;
  char text[128];
  int64_t size = 1;
  NT_CHECK(shape->rank > 0 && shape->rank <= NT_MAX_RANK, err, NT_ERR_SHAPE,
           "samples of %d axes: 1 to %d are possible", shape->rank, NT_MAX_RANK);
  nt_shape_text(shape, text, sizeof text);
  *info = (nt_dataset_info){.name = "samples",
                            .shape = *shape,
                            .batch_axis = nt_axis_resolve(batch_axis, shape->rank),
                            .channel_axis = channel_axis};
  NT_CHECK(info->batch_axis >= 0, err, NT_ERR_SHAPE, "samples of shape %s have no batch axis %d",
           text, batch_axis);
  NT_CHECK(
      channel_axis >= -1 && channel_axis < shape->rank && channel_axis != info->batch_axis, err,
      NT_ERR_SHAPE,
      "samples of shape %s with batch axis %d have no channel axis %d: 0 to %d, or -1 where every "
      "entry is a channel",
      text, info->batch_axis, channel_axis, shape->rank - 1);
  for (int a = 0; a < shape->rank; a++) {
    const bool may_be_empty = channel_axis < 0 && a != info->batch_axis;
    NT_CHECK(shape->dim[a] >= !may_be_empty && !__builtin_mul_overflow(size, shape->dim[a], &size),
             err, NT_ERR_SHAPE,
             "samples of shape %s: axis %d must be at least %d, and all below 2^63", text, a,
             !may_be_empty);
  }
  info->n = shape->dim[info->batch_axis];
  nt_dataset_count(info);
done:
  return status;
}

/* Check sample i and round it to the samples' type. */
static nt_status put(nt_error *err, const nt_samples *s, int64_t i, const double *x)
{
  nt_status status = NT_OK;
  void *const row = nt_samples_row(s, i);
  for (int64_t e = 0; e < s->positions * s->channels; e++) {
    const double value = s->dtype == NT_FLOAT32 ? (double)(float)x[e] : x[e];
    NT_CHECK(isfinite(value), err, NT_ERR_DATA, "sample %lld: position %lld, channel %lld is %g%s",
             (long long)i, (long long)(e / s->channels), (long long)(e % s->channels), x[e],
             isfinite(x[e]) ? ", too large for float32" : "; data must be finite");
    if (s->dtype == NT_FLOAT32)
      ((float *)row)[e] = (float)value;
    else
      ((double *)row)[e] = value;
  }
done:
  return status;
}

static nt_status fill_local(nt_error *err, const nt_samples *s, nt_fill fill, void *arg)
{
  nt_status status = NT_OK;
  void *memory = NULL;
  const int rank = nt_ctx_rank(s->ctx), size = nt_ctx_size(s->ctx);
  NT_TRY(nt_calloc(err, s->positions * s->channels, sizeof(double), "a sample", &memory));
  for (int64_t l = 0; l < s->local_n; l++) {
    const int64_t i = nt_local_to_global(l, NT_SAMPLE_BLOCK, rank, size);
    const nt_status filled = fill(arg, i, memory);
    NT_CHECK(filled == NT_OK, err, filled, "sample %lld could not be filled: %s", (long long)i,
             nt_status_text(filled));
    NT_TRY(put(err, s, i, memory));
  }
done:
  free(memory);
  return status;
}

nt_status nt_samples_create(nt_ctx *ctx, const nt_shape *shape, int batch_axis, int channel_axis,
                            nt_dtype dtype, nt_fill fill, void *arg, nt_samples **out)
{
  nt_status status = NT_OK;
  nt_samples *s = NULL;
  nt_dataset_info info;
  nt_error *const err = nt_ctx_error(ctx);
  const nt_samples_options options = {.dtype = dtype};
  *out = NULL;
  NT_TRY_ALL(ctx, describe(err, shape, batch_axis, channel_axis, &info));
  NT_TRY_ALL(ctx, nt_samples_allocate(ctx, &info, &options, &s));
  NT_TRY_ALL(ctx, fill_local(err, s, fill, arg));
  *out = s;
  s = NULL;
done:
  nt_samples_destroy(&s);
  return status;
}
