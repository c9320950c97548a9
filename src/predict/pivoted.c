#include "predict/pivoted.h"

#include "base/check.h"
#include "base/memory.h"
#include "grid/scalapack.h"
#include "predict/predict_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void dgemm_(const char *transa, const char *transb, const int *m, const int *n, const int *k,
            const double *alpha, const double *a, const int *lda, const double *b, const int *ldb,
            const double *beta, double *c, const int *ldc);
void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info);
void dpotrs_(const char *uplo, const int *n, const int *nrhs, const double *a, const int *lda,
             double *b, const int *ldb, int *info);

struct nt_pivoted {
  nt_ctx *ctx;
  int64_t n, first, rows; /* of this rank */
  int64_t most, rank;
  double remaining; /* mean of what the columns leave of the diagonal */
  double *l;        /* [rows][most] */
  double *gram;     /* [most][most] L^T L, by columns, of which `rank` are in use */
  double *factor;   /* the same for L^T L + sigma I */
  double sigma;
  double *t; /* [most][columns] work of nt_pivoted_apply, from its first call on */
  int64_t columns;
};

int64_t nt_pivoted_rank(const nt_pivoted *l) { return l->rank; }

static int64_t first_of(const nt_pivoted *l, int rank) { return l->n * rank / nt_ctx_size(l->ctx); }

/* The largest remaining entry of all ranks, and its sample. */
static nt_status find_pivot(const nt_pivoted *l, const double *d, double *value, int *pivot)
{
  *value = -1;
  *pivot = 0;
  for (int64_t i = 0; i < l->rows; i++) {
    if (d[i] <= *value) continue;
    *value = d[i];
    *pivot = (int)(l->first + i);
  }
  return nt_ctx_largest_at(l->ctx, value, pivot);
}

/* The row of L of a sample, on every rank. */
static nt_status share_row(const nt_pivoted *l, int64_t sample, double *row)
{
  nt_status status = NT_OK;
  const int64_t i = sample - l->first;
  memset(row, 0, (size_t)l->most * sizeof *row);
  if (i >= 0 && i < l->rows) memcpy(row, l->l + i * l->most, (size_t)l->rank * sizeof *row);
  NT_TRY(nt_ctx_sum(l->ctx, l->rank, row));
done:
  return status;
}

/* Append the column of a pivot: (K_ip - L_i L_p^T) / sqrt(d_p), and take its
 * squares off the diagonal. */
static nt_status append(nt_pivoted *l, const nt_operator *op, int64_t pivot, double value,
                        double *column, double *row, double *d)
{
  nt_status status = NT_OK;
  NT_TRY(op->column(op->self, pivot, column));
  NT_TRY(share_row(l, pivot, row));
  for (int64_t i = 0; i < l->rows; i++) {
    double *own = l->l + i * l->most, sum = column[l->first + i];
    for (int64_t k = 0; k < l->rank; k++)
      sum -= own[k] * row[k];
    own[l->rank] = sum / sqrt(value);
    d[i] = fmax(d[i] - own[l->rank] * own[l->rank], 0);
    if (l->first + i == pivot) d[i] = 0;
  }
  l->rank++;
done:
  return status;
}

/* d [rows] begins as the diagonal. */
static nt_status factorise(nt_pivoted *l, const nt_operator *op, double *column, double *row,
                           double *d)
{
  nt_status status = NT_OK;
  double value, largest = 0;
  int pivot;
  memcpy(d, op->diagonal + l->first, (size_t)l->rows * sizeof *d);
  for (int64_t i = 0; i < l->n; i++)
    largest = fmax(largest, op->diagonal[i]);
  while (l->rank < l->most) {
    NT_TRY(find_pivot(l, d, &value, &pivot));
    if (value <= 1e-14 * largest) break;
    NT_TRY(append(l, op, pivot, value, column, row, d));
  }
  l->remaining = 0;
  for (int64_t i = 0; i < l->rows; i++)
    l->remaining += d[i] / (double)l->n;
  NT_TRY(nt_ctx_sum(l->ctx, 1, &l->remaining));
done:
  return status;
}

/* L^T L: with L by rows, L's rows are columns of an array. */
static nt_status multiply_gram(nt_pivoted *l)
{
  const int k = (int)l->rank, ld = (int)l->most, rows = (int)l->rows;
  const double one = 1, zero = 0;
  memset(l->gram, 0, (size_t)(l->most * l->most) * sizeof(double));
  if (k > 0 && rows > 0)
    dgemm_("N", "T", &k, &k, &rows, &one, l->l, &ld, l->l, &ld, &zero, l->gram, &ld);
  return nt_ctx_sum(l->ctx, l->most * l->most, l->gram);
}

static nt_status allocate(nt_error *err, nt_pivoted *l)
{
  nt_status status = NT_OK;
  NT_TRY(nt_alloc(err, l->rows * l->most, sizeof(double), "a preconditioner", &l->l));
  NT_TRY(nt_alloc(err, 2 * l->most * l->most, sizeof(double), "a preconditioner", &l->gram));
  l->factor = l->gram + l->most * l->most;
done:
  return status;
}

nt_status nt_pivoted_create(const nt_operator *op, int64_t rank, nt_pivoted **out)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = op->ctx;
  void *work = NULL;
  *out = NULL;
  NT_TRY_ALL(ctx, nt_calloc(nt_ctx_error(ctx), 1, sizeof(nt_pivoted), "a preconditioner", out));
  nt_pivoted *l = *out;
  *l = (nt_pivoted){.ctx = ctx, .n = op->n, .most = rank < op->n ? rank : op->n};
  l->first = first_of(l, nt_ctx_rank(ctx));
  l->rows = first_of(l, nt_ctx_rank(ctx) + 1) - l->first;
  NT_TRY_ALL(ctx, allocate(nt_ctx_error(ctx), l));
  NT_TRY_ALL(ctx, nt_alloc(nt_ctx_error(ctx), l->n + l->most + l->rows, sizeof(double),
                           "a column of a kernel", &work));
  double *const column = work, *const row = column + l->n;
  NT_TRY(factorise(l, op, column, row, row + l->most));
  NT_TRY(multiply_gram(l));
done:
  free(work);
  if (status != NT_OK) nt_pivoted_destroy(out);
  return status;
}

void nt_pivoted_destroy(nt_pivoted **out)
{
  if (*out == NULL) return;
  free((*out)->l);
  free((*out)->gram);
  free((*out)->t);
  free(*out);
  *out = NULL;
}

/* Without a lambda the part of K that L lacks stands in for it. */
nt_status nt_pivoted_shift(nt_pivoted *l, double lambda)
{
  nt_status status = NT_OK;
  const int k = (int)l->rank, ld = (int)l->most;
  int info = 0;
  l->sigma = lambda > 0 ? lambda : l->remaining;
  if (k > 0) l->sigma = fmax(l->sigma, 1e-14 * l->gram[0]);
  if (!(l->sigma > 0)) l->sigma = 1;
  memcpy(l->factor, l->gram, (size_t)(l->most * l->most) * sizeof(double));
  for (int64_t i = 0; i < k; i++)
    l->factor[i + i * l->most] += l->sigma;
  if (k > 0) dpotrf_("L", &k, l->factor, &ld, &info);
  NT_CHECK(
      info == 0, nt_ctx_error(l->ctx), NT_ERR_NUMERIC,
      "the preconditioner of rank %d is singular in floating point: use a smaller --rank, or a "
      "larger --reg",
      k);
done:
  return status;
}

/* z_i = (r_i - L_i t) / sigma of this rank's rows, with (L^T L + sigma I) t = L^T r; else 0. */
static nt_status apply_rows(nt_pivoted *l, const double *r, int64_t c, double *z)
{
  nt_status status = NT_OK;
  const int k = (int)l->rank, n = (int)c, rows = (int)l->rows, ld = (int)l->most;
  const double one = 1, zero = 0, minus = -1 / l->sigma, scale = 1 / l->sigma;
  int info = 0;
  const double *own = r + l->first * c;
  double *const t = l->t, *const to = z + l->first * c;
  memset(z, 0, (size_t)(l->n * c) * sizeof *z);
  for (int64_t i = 0; i < l->rows * c; i++)
    to[i] = own[i] * scale;
  if (k == 0) goto done;
  memset(t, 0, (size_t)(l->rank * c) * sizeof *t);
  if (rows > 0) dgemm_("N", "T", &k, &n, &rows, &one, l->l, &ld, own, &n, &zero, t, &k);
  NT_TRY(nt_ctx_sum(l->ctx, l->rank * c, t));
  dpotrs_("L", &k, &n, l->factor, &ld, t, &k, &info);
  if (rows > 0) dgemm_("T", "N", &n, &rows, &k, &minus, t, &k, l->l, &ld, &one, to, &n);
done:
  return status;
}

/* Work for c columns, agreed upon. */
static nt_status provide(nt_pivoted *l, int64_t c)
{
  nt_status status = NT_OK;
  free(l->t);
  l->t = NULL;
  l->columns = 0;
  NT_TRY_ALL(l->ctx, nt_alloc(nt_ctx_error(l->ctx), l->most * c, sizeof(double),
                              "products of a preconditioner", &l->t));
  l->columns = c;
done:
  return status;
}

nt_status nt_pivoted_apply(void *self, const double *r, int64_t c, double *z)
{
  nt_status status = NT_OK;
  nt_pivoted *l = self;
  if (c > l->columns) NT_TRY(provide(l, c));
  NT_TRY(apply_rows(l, r, c, z));
  NT_TRY(nt_ctx_sum(l->ctx, l->n * c, z));
done:
  return status;
}
