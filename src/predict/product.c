/** Products of a distributed matrix with replicated columns, and copies in another layout. */
#include "predict/predict_impl.h"

#include "base/check.h"
#include "base/memory.h"
#include "grid/scalapack.h"

#include <stdlib.h>
#include <string.h>

void dgemm_(const char *transa, const char *transb, const int *m, const int *n, const int *k,
            const double *alpha, const double *a, const int *lda, const double *b, const int *ldb,
            const double *beta, double *c, const int *ldc);

nt_status nt_predict_copy(const nt_dmatrix *m, nt_grid *grid, int64_t mb, int64_t nb,
                          nt_dmatrix **out)
{
  nt_status status = NT_OK;
  NT_TRY(nt_dmatrix_create(grid, m->M, m->N, mb, nb, out));
  NT_TRY(nt_dmatrix_redistribute(m, *out));
done:
  if (status != NT_OK) nt_dmatrix_destroy(out);
  return status;
}

/* y^T = x^T A^T (or x^T A) for the local part, column-major: row-major without transpositions. */
static nt_status multiply_local(const nt_dmatrix *a, bool transposed, const double *x, int64_t c,
                                double *y)
{
  nt_status status = NT_OK;
  int n, rows, cols, ld;
  const double one = 1.0, zero = 0.0;
  const int64_t in = transposed ? a->rows : a->cols, out = transposed ? a->cols : a->rows;
  if (out == 0) return NT_OK;
  NT_TRY(nt_to_blasint(c, &n));
  NT_TRY(nt_to_blasint(out, &rows));
  NT_TRY(nt_to_blasint(in, &cols));
  NT_TRY(nt_to_blasint(a->ld, &ld));
  dgemm_("N", transposed ? "N" : "T", &n, &rows, &cols, &one, x, &n, a->a, &ld, &zero, y, &n);
done:
  return status;
}

nt_status nt_predict_product(const nt_dmatrix *a, bool transposed, const double *x, int64_t c,
                             double *y)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(a->grid);
  double *from = NULL;
  const int64_t in = transposed ? a->rows : a->cols, out = transposed ? a->cols : a->rows;
  const int64_t all = transposed ? a->N : a->M;
  const size_t bytes = (size_t)c * sizeof(double);
  NT_TRY_ALL(ctx, nt_alloc(nt_ctx_error(ctx), (in + out) * c, sizeof(double),
                           "the local part of a product", &from));
  double *to = from + in * c;
  for (int64_t l = 0; l < in; l++) {
    const int64_t g = transposed ? nt_dmatrix_row(a, l) : nt_dmatrix_column(a, l);
    memcpy(from + l * c, x + g * c, bytes);
  }
  NT_TRY_ALL(ctx, multiply_local(a, transposed, from, c, to));
  memset(y, 0, (size_t)all * bytes);
  for (int64_t l = 0; l < out; l++) {
    const int64_t g = transposed ? nt_dmatrix_column(a, l) : nt_dmatrix_row(a, l);
    memcpy(y + g * c, to + l * c, bytes);
  }
  NT_TRY(nt_ctx_sum(ctx, all * c, y));
done:
  free(from);
  return status;
}
