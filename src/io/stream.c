/* Streams (gzip, text): rank 0 reads, and sends every sample to its owner in batches of consecutive
 * samples of one owner. The batches end with one that says so, also after an error, and a rank that
 * fails takes the rest from the wire all the same: nobody waits for ever. */
#include "base/check.h"
#include "base/memory.h"
#include "base/pieces.h"
#include "io/samples.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH_BYTES = 8 << 20, TAG_INDEX = 71, TAG_DATA = 72 };

typedef struct batch {
  int64_t limit, count, d;
  int owner;
  int64_t *index; /* [limit] */
  double *data;   /* [limit][d] */
} batch;

/* A row of the file and the sample that it becomes. */
typedef struct wish {
  int64_t row, sample;
} wish;

static int by_row(const void *a, const void *b)
{
  const wish *const x = a, *const y = b;
  if (x->row != y->row) return x->row < y->row ? -1 : 1;
  return x->sample < y->sample ? -1 : x->sample > y->sample;
}

static int64_t bytes_of(const batch *b, int64_t count)
{
  return count * b->d * (int64_t)sizeof(double);
}

static nt_status send_batch(nt_ctx *ctx, const nt_sample_sink *sink, batch *b)
{
  nt_status status = NT_OK;
  nt_error *const err = nt_ctx_error(ctx);
  if (b->count > 0 && b->owner == 0) {
    for (int64_t i = 0; i < b->count; i++)
      NT_TRY(nt_sample_sink_put(err, sink, b->index[i], b->data + i * b->d));
  } else if (b->count > 0) {
    NT_TRY_MPI(
        ctx, MPI_Send(b->index, (int)b->count, MPI_INT64_T, b->owner, TAG_INDEX, nt_ctx_comm(ctx)));
    NT_TRY_MPI(ctx, nt_pieces_send(b->data, bytes_of(b, b->count), NT_PIECE, b->owner, TAG_DATA,
                                   nt_ctx_comm(ctx)));
  }
done:
  b->count = 0;
  return status;
}

static nt_status add(nt_ctx *ctx, const nt_sample_sink *sink, batch *b, int64_t sample,
                     const double *row)
{
  nt_status status = NT_OK;
  const int owner = nt_samples_owner(sink->samples, sample);
  if (b->count == b->limit || owner != b->owner) NT_TRY(send_batch(ctx, sink, b));
  b->owner = owner;
  b->index[b->count] = sample;
  memcpy(b->data + b->count * b->d, row, (size_t)b->d * sizeof(double));
  b->count++;
done:
  return status;
}

/* Rank 0: read the rows that are wanted, in the order of the file. */
static nt_status pump(nt_ctx *ctx, const nt_dataset *ds, const nt_sample_sink *sink,
                      const wish *wishes, double *row, batch *b)
{
  nt_status status = NT_OK;
  nt_error *const err = nt_ctx_error(ctx);
  nt_reader r = {.source = NULL};
  int64_t next = 0;
  NT_TRY(nt_reader_open(err, &ds->source, &r));
  for (int64_t i = 0; i < ds->info.n; i++) {
    for (; next <= wishes[i].row; next++)
      NT_TRY(nt_reader_next(err, &r, row));
    NT_TRY(add(ctx, sink, b, wishes[i].sample, row));
  }
  NT_TRY(send_batch(ctx, sink, b));
done:
  nt_reader_close(&r);
  return status;
}

/* Rank 0: the batches, and to everybody the end of them (a negative index). */
static nt_status send_all(nt_ctx *ctx, const nt_dataset *ds, const nt_sample_sink *sink,
                          const wish *wishes, double *row, batch *b)
{
  const int64_t end = -1;
  nt_status status = pump(ctx, ds, sink, wishes, row, b);
  for (int rank = 1; rank < nt_ctx_size(ctx); rank++) {
    if (MPI_Send(&end, 1, MPI_INT64_T, rank, TAG_INDEX, nt_ctx_comm(ctx)) != MPI_SUCCESS &&
        status == NT_OK)
      status = NT_ERR_MPI;
  }
  return status;
}

static nt_status receive_all(nt_ctx *ctx, const nt_sample_sink *sink, batch *b)
{
  nt_status status = NT_OK, outcome = NT_OK;
  nt_error *const err = nt_ctx_error(ctx);
  for (;;) {
    MPI_Status info;
    int count = 0;
    NT_TRY_MPI(
        ctx, MPI_Recv(b->index, (int)b->limit, MPI_INT64_T, 0, TAG_INDEX, nt_ctx_comm(ctx), &info));
    NT_TRY_MPI(ctx, MPI_Get_count(&info, MPI_INT64_T, &count));
    if (b->index[0] < 0) break;
    NT_TRY_MPI(ctx, nt_pieces_receive(b->data, bytes_of(b, count), NT_PIECE, 0, TAG_DATA,
                                      nt_ctx_comm(ctx)));
    for (int64_t i = 0; i < count && outcome == NT_OK; i++)
      outcome = nt_sample_sink_put(err, sink, b->index[i], b->data + i * b->d);
  }
  status = outcome;
done:
  return status;
}

static nt_status allocate(nt_ctx *ctx, const nt_dataset *ds, batch *b, wish **wishes, double **row)
{
  nt_status status = NT_OK;
  nt_error *const err = nt_ctx_error(ctx);
  NT_TRY(nt_alloc(err, b->limit, sizeof(int64_t), "a buffer for reading", &b->index));
  NT_TRY(nt_alloc(err, b->limit * b->d, sizeof(double), "a buffer for reading", &b->data));
  if (nt_ctx_rank(ctx) != 0) goto done;
  NT_TRY(nt_alloc(err, b->d, sizeof(double), "a buffer for reading", row));
  NT_TRY(nt_alloc(err, ds->info.n, sizeof(wish), "the order of reading", wishes));
  for (int64_t i = 0; i < ds->info.n; i++)
    (*wishes)[i] = (wish){.row = nt_range_row(&ds->range, i), .sample = i};
  qsort(*wishes, (size_t)ds->info.n, sizeof(wish), by_row);
done:
  return status;
}

nt_status nt_stream_read(nt_ctx *ctx, const nt_dataset *ds, const nt_sample_sink *sink)
{
  nt_status status = NT_OK;
  wish *wishes = NULL;
  double *row = NULL;
  batch b = {.d = sink->samples->positions * sink->samples->channels};
  b.limit = BATCH_BYTES / 8 / b.d;
  b.limit = b.limit < 1 ? 1 : b.limit > NT_SAMPLE_BLOCK ? NT_SAMPLE_BLOCK : b.limit;
  NT_TRY_ALL(ctx, allocate(ctx, ds, &b, &wishes, &row));
  status =
      nt_ctx_rank(ctx) == 0 ? send_all(ctx, ds, sink, wishes, row, &b) : receive_all(ctx, sink, &b);
  NT_TRY_ALL(ctx, status);
done:
  free(b.index);
  free(b.data);
  free(row);
  free(wishes);
  return status;
}
