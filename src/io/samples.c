#include "io/samples.h"

#include "base/check.h"
#include "base/memory.h"
#include "io/hash.h"

#include <math.h>
#include <stdlib.h>

enum { STAGING_BYTES = 16 << 20 };

int nt_samples_owner(const nt_samples *s, int64_t i)
{
  return (int)(i / NT_SAMPLE_BLOCK % nt_ctx_size(s->ctx));
}

static int64_t local_of(const nt_samples *s, int64_t i)
{
  return nt_global_to_local(i, NT_SAMPLE_BLOCK, nt_ctx_size(s->ctx));
}

static int64_t offset_of(const nt_samples *s, int64_t i)
{
  return local_of(s, i) * s->positions * s->channels;
}

void *nt_samples_row(const nt_samples *s, int64_t i)
{
  if (nt_samples_owner(s, i) != nt_ctx_rank(s->ctx)) return NULL;
  return (char *)s->data + offset_of(s, i) * (s->dtype == NT_FLOAT32 ? 4 : 8);
}

unsigned char *nt_samples_mask_row(const nt_samples *s, int64_t i)
{
  if (s->mask == NULL || nt_samples_owner(s, i) != nt_ctx_rank(s->ctx)) return NULL;
  return s->mask + offset_of(s, i);
}

int64_t nt_samples_step(const nt_ctx *ctx) { return (int64_t)NT_SAMPLE_BLOCK * nt_ctx_size(ctx); }

void nt_samples_part(const nt_samples *s, int64_t first, int64_t count, nt_samples *part)
{
  const int64_t local = first / nt_ctx_size(s->ctx), entries = local * s->positions * s->channels;
  *part = *s;
  part->n = count;
  part->local_n = nt_numroc(count, NT_SAMPLE_BLOCK, nt_ctx_rank(s->ctx), nt_ctx_size(s->ctx));
  part->shape.dim[part->batch_axis] = count;
  part->data = (char *)s->data + entries * (s->dtype == NT_FLOAT32 ? 4 : 8);
  part->mask = s->mask == NULL ? NULL : s->mask + entries;
  part->digest = NULL;
  part->hash[0] = '\0';
}

/* Bytes of the arrays that are there, for the count of the context. */
static int64_t bytes_of(const nt_samples *s)
{
  const int64_t numbers = s->local_n * s->positions * s->channels;
  return (s->data ? numbers * (s->dtype == NT_FLOAT32 ? 4 : 8) : 0) + (s->mask ? numbers : 0) +
         (s->digest ? s->local_n * NT_DIGEST : 0);
}

void nt_samples_destroy(nt_samples **samples)
{
  nt_samples *const s = *samples;
  if (s == NULL) return;
  nt_ctx_track(s->ctx, -1, -bytes_of(s));
  free(s->data);
  free(s->mask);
  free(s->digest);
  free(s);
  *samples = NULL;
}

nt_status nt_samples_allocate(nt_ctx *ctx, const nt_dataset_info *info,
                              const nt_samples_options *options, nt_samples **out)
{
  nt_status status = NT_OK;
  nt_error *const err = nt_ctx_error(ctx);
  void *memory = NULL, *digest = NULL, *mask = NULL;
  NT_TRY(nt_calloc(err, 1, sizeof(nt_samples), "samples", &memory));
  nt_samples *const s = *out = memory;
  *s = (nt_samples){.ctx = ctx,
                    .n = info->n,
                    .shape = info->shape,
                    .space = info->space,
                    .batch_axis = info->batch_axis,
                    .channel_axis = info->channel_axis,
                    .positions = info->positions,
                    .channels = info->channels,
                    .dtype = options->dtype};
  s->local_n = nt_numroc(s->n, NT_SAMPLE_BLOCK, nt_ctx_rank(ctx), nt_ctx_size(ctx));
  const int64_t numbers = s->local_n * s->positions * s->channels;
  NT_TRY(nt_alloc(err, numbers, s->dtype == NT_FLOAT32 ? 4 : 8, info->name, &s->data));
  if (options->has_mask) NT_TRY(nt_alloc(err, numbers, 1, "masks of samples", &mask));
  s->mask = mask;
  if (options->hash) NT_TRY(nt_alloc(err, s->local_n, NT_DIGEST, "hashes of samples", &digest));
  s->digest = digest;
done:
  if (memory != NULL) nt_ctx_track(ctx, 1, bytes_of(memory));
  return status;
}

static nt_sample_sink make_sink(nt_samples *s, const nt_dataset *ds,
                                const nt_samples_options *options)
{
  nt_sample_sink sink = {
      .samples = s, .ds = ds, .has_mask = options->has_mask, .outer = 1, .inner = 1};
  sink.mask_value = nt_number_round(ds->source.type, options->mask_constant);
  for (int a = 0; a < s->shape.rank && s->channel_axis >= 0; a++) {
    if (a == s->batch_axis || a == s->channel_axis) continue;
    if (a < s->channel_axis) sink.outer *= s->shape.dim[a];
    if (a > s->channel_axis) sink.inner *= s->shape.dim[a];
  }
  return sink;
}

static nt_status refuse(nt_error *err, const nt_sample_sink *sink, int64_t i, int64_t e,
                        double value)
{
  const nt_dataset *const ds = sink->ds;
  char index[160];
  return nt_fail(err, NT_ERR_DATA, __FILE__, __LINE__, __func__, "%s: entry %s is %g%s",
                 ds->info.name,
                 nt_source_index_text(&ds->source, ds->axis, nt_range_row(&ds->range, i), e, index,
                                      sizeof index),
                 value,
                 isfinite(value) ? ", too large for --dtype float32"
                                 : "; data must be finite (missing values: --mask-constant nan)");
}

/* Entry e in the order of the file, (outer, channel, inner), is (outer, inner, channel) here. */
nt_status nt_sample_sink_put(nt_error *err, const nt_sample_sink *sink, int64_t i,
                             const double *row)
{
  nt_status status = NT_OK;
  nt_samples *const s = sink->samples;
  const int64_t C = s->channels, inner = sink->inner, base = offset_of(s, i);
  const bool mask_nan = isnan(sink->mask_value);
  double *const out64 = s->dtype == NT_FLOAT64 ? (double *)s->data + base : NULL;
  float *const out32 = s->dtype == NT_FLOAT32 ? (float *)s->data + base : NULL;
  if (s->digest != NULL) {
    NT_TRY(nt_sha256(err, row, s->positions * C * (int64_t)sizeof(double),
                     s->digest + local_of(s, i) * NT_DIGEST));
  }
  for (int64_t o = 0, e = 0; o < sink->outer; o++) {
    for (int64_t c = 0; c < C; c++) {
      for (int64_t in = 0; in < inner; in++, e++) {
        const int64_t to = (o * inner + in) * C + c;
        const bool masked =
            sink->has_mask && (mask_nan ? isnan(row[e]) : row[e] == sink->mask_value);
        const double value = masked ? 0 : row[e];
        if (s->mask != NULL) s->mask[base + to] = masked;
        s->masked += masked;
        if (!isfinite(out32 ? (double)(float)value : value)) NT_TRY(refuse(err, sink, i, e, value));
        if (out32 != NULL)
          out32[to] = (float)value;
        else
          out64[to] = value;
      }
    }
  }
done:
  return status;
}

/* Read the samples of one home block in runs of consecutive rows. */
static nt_status read_block(nt_error *err, nt_reader *r, const nt_sample_sink *sink, int64_t first,
                            int64_t end, int64_t limit, double *staging)
{
  nt_status status = NT_OK;
  const nt_dataset *const ds = sink->ds;
  const int64_t d = sink->samples->positions * sink->samples->channels;
  for (int64_t i = first, run; i < end; i += run) {
    run = nt_range_run(&ds->range, i, end - i < limit ? end - i : limit);
    NT_TRY(nt_reader_samples(err, r, ds->axis, nt_range_row(&ds->range, i), run,
                             staging + limit * d, staging));
    for (int64_t j = 0; j < run; j++)
      NT_TRY(nt_sample_sink_put(err, sink, i + j, staging + j * d));
  }
done:
  return status;
}

/* This rank's samples by random access. */
static nt_status read_local(nt_error *err, const nt_dataset *ds, const nt_sample_sink *sink)
{
  nt_status status = NT_OK;
  const nt_samples *const s = sink->samples;
  const int size = nt_ctx_size(s->ctx);
  const int64_t d = s->positions * s->channels;
  nt_reader r = {.source = NULL};
  void *staging = NULL;
  int64_t limit = d == 0 ? NT_SAMPLE_BLOCK : STAGING_BYTES / 8 / d;
  limit = limit < 1 ? 1 : limit > NT_SAMPLE_BLOCK ? NT_SAMPLE_BLOCK : limit;
  if (s->local_n == 0) goto done;
  NT_TRY(nt_alloc(err, 2 * limit * d, sizeof(double), "a buffer for reading", &staging));
  NT_TRY(nt_reader_open(err, &ds->source, &r));
  for (int64_t first = (int64_t)nt_ctx_rank(s->ctx) * NT_SAMPLE_BLOCK; first < s->n;
       first += (int64_t)size * NT_SAMPLE_BLOCK) {
    const int64_t end = first + NT_SAMPLE_BLOCK < s->n ? first + NT_SAMPLE_BLOCK : s->n;
    NT_TRY(read_block(err, &r, sink, first, end, limit, staging));
  }
done:
  nt_reader_close(&r);
  free(staging);
  return status;
}

nt_status nt_samples_read(nt_ctx *ctx, const nt_dataset *ds, const nt_samples_options *options,
                          nt_samples **out)
{
  nt_status status = NT_OK;
  nt_samples *s = NULL;
  *out = NULL;
  NT_TRY_ALL(ctx, nt_samples_allocate(ctx, &ds->info, options, &s));
  const nt_sample_sink sink = make_sink(s, ds, options);
  if (nt_source_is_stream(&ds->source)) {
    NT_TRY(nt_stream_read(ctx, ds, &sink));
  } else {
    NT_TRY_ALL(ctx, read_local(nt_ctx_error(ctx), ds, &sink));
  }
  NT_TRY_MPI(ctx,
             MPI_Allreduce(MPI_IN_PLACE, &s->masked, 1, MPI_INT64_T, MPI_SUM, nt_ctx_comm(ctx)));
  if (options->hash) NT_TRY(nt_samples_hash(s));
  *out = s;
  s = NULL;
done:
  nt_samples_destroy(&s);
  return status;
}
