#include "predict/dense.h"

#include "base/check.h"
#include "grid/scalapack.h"
#include "predict/predict_impl.h"

#include <string.h>

nt_status nt_dense_like(const nt_dmatrix *m, nt_dmatrix **out)
{
  return nt_dmatrix_create(m->grid, m->M, m->N, m->mb, m->nb, out);
}

void nt_dense_copy(const nt_dmatrix *from, nt_dmatrix *to)
{
  for (int64_t lj = 0; lj < from->cols; lj++)
    memcpy(to->a + lj * to->ld, from->a + lj * from->ld, (size_t)from->rows * sizeof(double));
}

void nt_dense_scale_columns(const nt_dmatrix *a, const double *g, nt_dmatrix *out)
{
  for (int64_t lj = 0; lj < a->cols; lj++) {
    const double factor = g[nt_dmatrix_column(a, lj)];
    for (int64_t li = 0; li < a->rows; li++)
      out->a[li + lj * out->ld] = factor * a->a[li + lj * a->ld];
  }
}

void nt_dense_scale_rows(const double *g, nt_dmatrix *m)
{
  for (int64_t li = 0; li < m->rows; li++) {
    const double factor = g[nt_dmatrix_row(m, li)];
    for (int64_t lj = 0; lj < m->cols; lj++)
      m->a[li + lj * m->ld] *= factor;
  }
}

nt_status nt_dense_multiply(bool transposed, const nt_dmatrix *a, const nt_dmatrix *b, double beta,
                            nt_dmatrix *c)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(c->grid);
  int m, n, k, desc_a[9], desc_b[9], desc_c[9], one = 1;
  const double alpha = 1;
  if (c->M == 0 || c->N == 0) return NT_OK;
  NT_TRY_ALL(ctx, nt_to_blasint(c->M, &m));
  NT_TRY_ALL(ctx, nt_to_blasint(c->N, &n));
  NT_TRY_ALL(ctx, nt_to_blasint(b->M, &k));
  NT_TRY_ALL(ctx, nt_dmatrix_desc(a, desc_a));
  NT_TRY_ALL(ctx, nt_dmatrix_desc(b, desc_b));
  NT_TRY_ALL(ctx, nt_dmatrix_desc(c, desc_c));
  pdgemm_(transposed ? "T" : "N", "N", &m, &n, &k, &alpha, a->a, &one, &one, desc_a, b->a, &one,
          &one, desc_b, &beta, c->a, &one, &one, desc_c);
done:
  return status;
}
