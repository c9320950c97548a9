/* ZCA whitening: x -> (x - mean) V (L + EPS)^-1/2 V^T with the covariance C = V L V^T.
 *
 * C is distributed in tiles of 256 columns; the home blocks pass by in index order, and every tile
 * adds X^T X with the same calls on the same shapes on any number of ranks. Rank 0 decomposes C.
 * Source: A. Bell, T. Sejnowski, Vision Research 37 (1997) 3327. */
#include "base/check.h"
#include "base/memory.h"
#include "io/preprocess.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void dgemm_(const char *transa, const char *transb, const int *m, const int *n, const int *k,
            const double *alpha, const double *a, const int *lda, const double *b, const int *ldb,
            const double *beta, double *c, const int *ldc);
void dsyevd_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w,
             double *work, const int *lwork, int *iwork, const int *liwork, int *info);

enum { TILE = 256, TAG_TILE = 73 };

static int tile_width(int64_t d, int64_t t)
{
  return (int)(d - t * TILE < TILE ? d - t * TILE : TILE);
}

/* C = alpha A B^T + beta C, all column-major with leading dimension d. */
static void multiply(int d, int n, int k, double alpha, const double *a, const double *b,
                     double beta, double *c)
{
  dgemm_("N", "T", &d, &n, &k, &alpha, a, &d, b, &d, &beta, c, &d);
}

void nt_zca_apply(const double *matrix, int64_t d, int64_t rows, const double *x, double *y)
{
  /* x[rows][d] is the column-major d x rows; the matrix is symmetric. */
  const int n = (int)d, m = (int)rows;
  const double one = 1, zero = 0;
  dgemm_("N", "N", &n, &m, &n, &one, matrix, &n, x, &n, &zero, y, &n);
}

/* Subtract the mean of the entries that are not masked; masked ones count as the mean. */
static void load_centred(const nt_preprocess *p, int k, const nt_samples *s, int64_t i,
                         int64_t rows, double *x, double *work)
{
  const int64_t d = s->positions * s->channels;
  const unsigned char *const mask = nt_samples_mask_row(s, i);
  nt_preprocess_load(p, k, s, i, rows, x, work);
  for (int64_t e = 0; e < rows * d; e++)
    x[e] = mask && mask[e] ? 0 : x[e] - p->step[k].mean[e % d];
}

/* The sums X^T X of this rank's tiles, tile after tile in `tiles`, over all samples in order. */
static nt_status accumulate(nt_ctx *ctx, const nt_preprocess *p, int k, const nt_samples *s,
                            double *x, double *tiles)
{
  nt_status status = NT_OK;
  const int64_t d = s->positions * s->channels, step = nt_preprocess_rows(d);
  const int size = nt_ctx_size(ctx), rank = nt_ctx_rank(ctx);
  for (int64_t i = 0, rows; i < s->n; i += rows) {
    const int64_t end = (i / NT_SAMPLE_BLOCK + 1) * NT_SAMPLE_BLOCK;
    const int64_t left = (end < s->n ? end : s->n) - i;
    const int owner = nt_samples_owner(s, i);
    rows = left < step ? left : step;
    if (owner == rank) load_centred(p, k, s, i, rows, x, x + step * d);
    NT_TRY_MPI(ctx, MPI_Bcast(x, (int)(rows * d), MPI_DOUBLE, owner, nt_ctx_comm(ctx)));
    double *tile = tiles;
    for (int64_t t = rank; t * TILE < d; t += size, tile += d * TILE)
      multiply((int)d, tile_width(d, t), (int)rows, 1, x, x + t * TILE, 1, tile);
  }
done:
  return status;
}

/* All tiles on rank 0: c[d][d]. */
static nt_status gather(nt_ctx *ctx, int64_t d, const double *tiles, double *c)
{
  nt_status status = NT_OK;
  const int size = nt_ctx_size(ctx), rank = nt_ctx_rank(ctx);
  for (int64_t t = 0; t * TILE < d; t++) {
    const int owner = (int)(t % size), count = (int)d * tile_width(d, t);
    const double *const tile = tiles + t / size * d * TILE;
    if (owner == 0 && rank == 0) memcpy(c + t * TILE * d, tile, (size_t)count * sizeof *c);
    if (owner == 0) continue;
    if (rank == owner)
      NT_TRY_MPI(ctx, MPI_Send(tile, count, MPI_DOUBLE, 0, TAG_TILE, nt_ctx_comm(ctx)));
    if (rank == 0)
      NT_TRY_MPI(ctx, MPI_Recv(c + t * TILE * d, count, MPI_DOUBLE, owner, TAG_TILE,
                               nt_ctx_comm(ctx), MPI_STATUS_IGNORE));
  }
done:
  return status;
}

/* a = V, w = L ascending. */
static nt_status decompose(nt_error *err, int d, double *a, double *w)
{
  nt_status status = NT_OK;
  void *work = NULL, *iwork = NULL;
  const int64_t size = 1 + 6 * (int64_t)d + 2 * (int64_t)d * d;
  const int lwork = (int)size, liwork = 3 + 5 * d;
  int info = 0;
  NT_TRY(nt_alloc(err, size, sizeof(double), "the eigenvectors of zca", &work));
  NT_TRY(nt_alloc(err, liwork, sizeof(int), "the eigenvectors of zca", &iwork));
  dsyevd_("V", "U", &d, a, &d, w, work, &lwork, iwork, &liwork, &info);
  NT_CHECK(info == 0, err, NT_ERR_NUMERIC, "zca: the eigenvalue solver failed (dsyevd: info %d)",
           info);
done:
  free(work);
  free(iwork);
  return status;
}

/* Rank 0: matrix = V (L / n + EPS)^-1/2 V^T of the sums c, which are overwritten. */
static nt_status whiten(nt_error *err, int d, double n, double eps, double *c, double *matrix)
{
  nt_status status = NT_OK;
  double *w = NULL;
  NT_TRY(nt_alloc(err, d, sizeof(double), "the eigenvalues of zca", &w));
  NT_TRY(decompose(err, d, c, w));
  const double noise = d * DBL_EPSILON * fmax(w[d - 1], 0) / n;
  for (int j = 0; j < d; j++) {
    const double variance = fmax(w[j] / n, 0) + eps;
    NT_CHECK(variance > 0 && (eps > 0 || variance > noise), err, NT_ERR_NUMERIC,
             "zca=%g: the covariance of the entries is singular (smallest eigenvalue %g); write "
             "zca=EPS with EPS > 0",
             eps, w[0] / n);
    const double root = 1 / sqrt(sqrt(variance));
    for (int i = 0; i < d; i++)
      c[(int64_t)j * d + i] *= root;
  }
  multiply(d, d, d, 1, c, c, 0, matrix);
  for (int64_t j = 0; j < d; j++)
    for (int64_t i = 0; i < j; i++)
      matrix[i * d + j] = matrix[j * d + i];
done:
  free(w);
  return status;
}

static nt_status allocate(nt_ctx *ctx, int64_t d, void *memory[3], nt_preprocess_step *step)
{
  nt_status status = NT_OK;
  nt_error *const err = nt_ctx_error(ctx);
  const int64_t size = nt_ctx_size(ctx), tiles = (d + TILE - 1) / TILE;
  void *matrix = NULL;
  NT_TRY(nt_alloc(err, 2 * nt_preprocess_rows(d) * d, sizeof(double), "zca", &memory[0]));
  NT_TRY(nt_calloc(err, (tiles + size - 1) / size * d * TILE, sizeof(double),
                   "the covariance of zca", &memory[1]));
  NT_TRY(nt_alloc(err, nt_ctx_rank(ctx) == 0 ? d * d : 0, sizeof(double), "the covariance of zca",
                  &memory[2]));
  NT_TRY(nt_alloc(err, d * d, sizeof(double), "the matrix of zca", &matrix));
  step->matrix = matrix;
done:
  return status;
}

nt_status nt_zca_fit(nt_ctx *ctx, nt_preprocess *p, int k, const nt_samples *s)
{
  nt_status status = NT_OK;
  nt_preprocess_step *const step = &p->step[k];
  const int64_t d = s->positions * s->channels;
  void *memory[3] = {NULL, NULL, NULL};
  NT_CHECK(d <= NT_ZCA_MAX, nt_ctx_error(ctx), NT_ERR_UNSUPPORTED,
           "zca needs a matrix of %lld x %lld for samples of %lld numbers; the limit is %d",
           (long long)d, (long long)d, (long long)d, NT_ZCA_MAX);
  NT_TRY_ALL(ctx, allocate(ctx, d, memory, step));
  NT_TRY(accumulate(ctx, p, k, s, memory[0], memory[1]));
  NT_TRY(gather(ctx, d, memory[1], memory[2]));
  if (nt_ctx_rank(ctx) == 0)
    status = whiten(nt_ctx_error(ctx), (int)d, (double)s->n, step->value, memory[2], step->matrix);
  NT_TRY_ALL(ctx, status);
  NT_TRY_MPI(ctx, MPI_Bcast(step->matrix, (int)(d * d), MPI_DOUBLE, 0, nt_ctx_comm(ctx)));
done:
  for (int i = 0; i < 3; i++)
    free(memory[i]);
  return status;
}
