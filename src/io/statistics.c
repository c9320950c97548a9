/* Means and standard deviations of a training set, with bits that do not depend on ranks: sums are
 * made inside each home block of samples, then over the blocks in index order. */
#include "base/check.h"
#include "base/memory.h"
#include "io/preprocess.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is summed over samples, for each entry. */
typedef struct sum_job {
  const nt_preprocess *p;
  const nt_samples *s;
  int steps;          /* Steps to be applied before. */
  int64_t n;          /* Length of `mean`. */
  const double *mean; /* NULL: sum x, and count; else sum (x - mean)^2. */
} sum_job;

static int64_t block_rows(const nt_samples *s, int64_t b)
{
  const int64_t left = s->n - b * NT_SAMPLE_BLOCK;
  return left < NT_SAMPLE_BLOCK ? left : NT_SAMPLE_BLOCK;
}

static void add_row(const sum_job *job, int64_t d, const double *x, const unsigned char *mask,
                    long double *sum)
{
  for (int64_t e = 0; e < d; e++) {
    if (mask != NULL && mask[e]) continue;
    const double v = job->mean ? x[e] - job->mean[e % job->n] : x[e];
    sum[e] += job->mean ? (long double)v * v : v;
    if (job->mean == NULL && mask != NULL) sum[d + e] += 1;
  }
}

/* Sums of home block b in order of its samples; out[length] = sums, and
 * counts if there are masks. */
static void sum_block(const sum_job *job, int64_t b, int64_t length, double *x, long double *sum,
                      double *out)
{
  const nt_samples *const s = job->s;
  const int64_t d = s->positions * s->channels, step = nt_preprocess_rows(d);
  memset(sum, 0, (size_t)length * sizeof *sum);
  for (int64_t row = 0, rows; row < block_rows(s, b); row += rows) {
    const int64_t i = b * NT_SAMPLE_BLOCK + row, left = block_rows(s, b) - row;
    rows = left < step ? left : step;
    nt_preprocess_load(job->p, job->steps, s, i, rows, x, x + step * d);
    const unsigned char *const mask = nt_samples_mask_row(s, i);
    for (int64_t j = 0; j < rows; j++)
      add_row(job, d, x + j * d, mask ? mask + j * d : NULL, sum);
  }
  for (int64_t e = 0; e < length; e++)
    out[e] = (double)sum[e];
}

/* Each round: every rank sums one block, in slices to the ranks, who add
 * them in order of blocks. */
static nt_status sum_rounds(nt_ctx *ctx, const sum_job *job, int64_t length, int64_t slice,
                            double *x, long double *sum, double *buffer, double *total)
{
  nt_status status = NT_OK;
  const int size = nt_ctx_size(ctx), rank = nt_ctx_rank(ctx);
  double *const send = buffer, *const receive = buffer + slice * size;
  double *const mine = total + slice * rank;
  const int count = (int)slice;
  for (int64_t first = 0; first * NT_SAMPLE_BLOCK < job->s->n; first += size) {
    memset(send, 0, (size_t)(slice * size) * sizeof *send);
    if ((first + rank) * NT_SAMPLE_BLOCK < job->s->n)
      sum_block(job, first + rank, length, x, sum, send);
    NT_TRY_MPI(ctx,
               MPI_Alltoall(send, count, MPI_DOUBLE, receive, count, MPI_DOUBLE, nt_ctx_comm(ctx)));
    for (int r = 0; r < size; r++)
      for (int64_t e = 0; e < slice; e++)
        mine[e] += receive[r * slice + e];
  }
  NT_TRY_MPI(ctx, MPI_Allgather(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, total, count, MPI_DOUBLE,
                                nt_ctx_comm(ctx)));
done:
  return status;
}

static nt_status allocate(nt_error *err, int64_t d, int64_t length, int64_t padded, void *memory[4])
{
  nt_status status = NT_OK;
  const char *const what = "a buffer for statistics";
  NT_TRY(nt_alloc(err, 2 * nt_preprocess_rows(d) * d, sizeof(double), what, &memory[0]));
  NT_TRY(nt_alloc(err, length, sizeof(long double), what, &memory[1]));
  NT_TRY(nt_alloc(err, 2 * padded, sizeof(double), what, &memory[2]));
  NT_TRY(nt_calloc(err, padded, sizeof(double), what, &memory[3]));
done:
  return status;
}

/* \param [out] total  [length] at least; freed by the caller. */
static nt_status sum_samples(nt_ctx *ctx, const sum_job *job, int64_t length, double **total)
{
  nt_status status = NT_OK;
  const int size = nt_ctx_size(ctx);
  const int64_t d = job->s->positions * job->s->channels, slice = (length + size - 1) / size;
  void *memory[4] = {NULL, NULL, NULL, NULL};
  NT_CHECK_ALL(ctx, slice <= INT_MAX, NT_ERR_DIST,
               "statistics of samples of %lld numbers take messages of %lld: use more ranks",
               (long long)d, (long long)slice);
  NT_TRY_ALL(ctx, allocate(nt_ctx_error(ctx), d, length, slice * size, memory));
  NT_TRY(sum_rounds(ctx, job, length, slice, memory[0], memory[1], memory[2], memory[3]));
  *total = memory[3];
  memory[3] = NULL;
done:
  for (int i = 0; i < 4; i++)
    free(memory[i]);
  return status;
}

/* Sums and counts of entries, folded into the n numbers of a scope: mean[c] = sum / count. */
static void fold_mean(int64_t d, int64_t n, const double *sum, const double *count, double samples,
                      double *mean, double *weight)
{
  for (int64_t c = 0; c < n; c++) {
    mean[c] = weight[c] = 0;
    for (int64_t e = c; e < d; e += n) {
      mean[c] += sum[e];
      weight[c] += count ? count[e] : samples;
    }
    if (weight[c] > 0) mean[c] /= weight[c];
  }
}

/* A feature that does not vary has only rounding errors to be divided: they stay as they are. */
static void fold_std(int64_t d, int64_t n, const double *squares, const double *mean,
                     const double *weight, double *std)
{
  for (int64_t c = 0; c < n; c++) {
    std[c] = 0;
    for (int64_t e = c; e < d; e += n)
      std[c] += squares[e];
    std[c] = weight[c] > 0 ? sqrt(std[c] / weight[c]) : 0;
    if (std[c] <= 8 * DBL_EPSILON * fabs(mean[c])) std[c] = 1;
  }
}

static nt_status allocate_step(nt_error *err, nt_preprocess_step *step, void **weight)
{
  nt_status status = NT_OK;
  NT_TRY(nt_alloc(err, step->n, sizeof(double), "statistics", weight));
  if (step->kind == NT_PREPROCESS_STANDARDIZE) {
    NT_TRY(nt_alloc(err, step->n, sizeof(double), "statistics", &step->std));
  }
  NT_TRY(nt_alloc(err, step->n, sizeof(double), "statistics", &step->mean));
done:
  return status;
}

/* Length of the channel axis; without one (before Flatten), of the last axis of a sample. */
static int64_t channels(const nt_samples *s)
{
  const int last = s->shape.rank - 1 - (s->batch_axis == s->shape.rank - 1);
  return s->channel_axis >= 0 || last < 0 ? s->channels : s->shape.dim[last];
}

nt_status nt_statistics_fit(nt_ctx *ctx, nt_preprocess *p, int k, const nt_samples *s)
{
  nt_status status = NT_OK;
  nt_preprocess_step *const step = &p->step[k];
  const int64_t d = s->positions * s->channels;
  sum_job job = {.p = p, .s = s, .steps = k};
  double *sum = NULL, *squares = NULL;
  void *weight = NULL;
  const nt_scope scope = step->kind == NT_PREPROCESS_STANDARDIZE ? step->scope : NT_SCOPE_FEATURE;
  step->n = scope == NT_SCOPE_GLOBAL ? 1 : scope == NT_SCOPE_CHANNEL ? channels(s) : d;
  NT_TRY_ALL(ctx, allocate_step(nt_ctx_error(ctx), step, &weight));
  NT_TRY(sum_samples(ctx, &job, s->mask ? 2 * d : d, &sum));
  fold_mean(d, step->n, sum, s->mask ? sum + d : NULL, (double)s->n, step->mean, weight);
  if (step->kind != NT_PREPROCESS_STANDARDIZE) goto done;
  job.n = step->n;
  job.mean = step->mean;
  NT_TRY(sum_samples(ctx, &job, d, &squares));
  fold_std(d, step->n, squares, step->mean, weight, step->std);
done:
  free(sum);
  free(squares);
  free(weight);
  return status;
}
