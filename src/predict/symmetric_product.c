/* Each element a_ij of the upper triangle is used for y_i += a_ij x_j and y_j += a_ij x_i while it
 * is in cache, so the matrix passes from memory once. Threads take block columns in turn; each adds
 * to rows of its own, which are summed in the order of threads. */
#include "predict/symmetric_product.h"

#include "base/check.h"
#include "base/memory.h"
#include "predict/predict_impl.h"
#include "predict/thin.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

/* Rows of x and y that meet local rows and columns, column after column. */
typedef struct nt_product_sides {
  double *x_rows, *x_cols; /* [c][rows], [c][cols] */
  double *y_rows, *y_cols; /* [threads][c][rows], [c][cols] */
} nt_product_sides;

/* The rectangle of local rows li ... and columns lj ... */
static void multiply_rectangle(const nt_dmatrix *m, int64_t li, int64_t lj, int64_t rows,
                               int64_t cols, int64_t c, const nt_product_sides *s, double *y_rows)
{
  const nt_thin_size size = {.rows = rows, .cols = cols, .c = c};
  nt_thin_both(size, m->a + li + lj * m->ld, m->ld, s->x_rows + li, s->x_cols + lj, y_rows + li,
               s->y_cols + lj, m->rows, m->cols);
}

/* The strict upper triangle of a block on the diagonal, from local row li and column lj: a
 * square right of two triangles. */
static void multiply_triangle(const nt_dmatrix *m, int64_t li, int64_t lj, int64_t n, int64_t c,
                              const nt_product_sides *s, double *y_rows)
{
  const int64_t half = n / 2;
  if (n < 2) return;
  multiply_triangle(m, li, lj, half, c, s, y_rows);
  multiply_triangle(m, li + half, lj + half, n - half, c, s, y_rows);
  multiply_rectangle(m, li, lj + half, half, n - half, c, s, y_rows);
}

/* One local block column. */
static void multiply_column(const nt_dmatrix *m, int64_t lj, int64_t c, const nt_product_sides *s,
                            double *y_rows)
{
  const int64_t gj = nt_dmatrix_column(m, lj), w = m->nb < m->cols - lj ? m->nb : m->cols - lj;
  const int64_t above = nt_local_row_from(m, gj);
  multiply_rectangle(m, 0, lj, above, w, c, s, y_rows);
  if (gj / m->nb % nt_grid_P(m->grid) == nt_grid_p(m->grid))
    multiply_triangle(m, above, lj, w, c, s, y_rows);
}

static void multiply_local(const nt_dmatrix *m, int64_t c, int threads, nt_product_sides *s)
{
  const int64_t blocks = (m->cols + m->nb - 1) / m->nb, size = m->rows * c;
#pragma omp parallel for schedule(static, 1) num_threads(threads)
  for (int64_t b = 0; b < blocks; b++)
    multiply_column(m, b * m->nb, c, s, s->y_rows + omp_get_thread_num() * size);
  for (int t = 1; t < threads; t++) {
    for (int64_t i = 0; i < size; i++)
      s->y_rows[i] += s->y_rows[t * size + i];
  }
}

static void take_rows(const nt_dmatrix *m, const double *x, int64_t c, nt_product_sides *s)
{
  for (int64_t li = 0; li < m->rows; li++) {
    const double *from = x + nt_dmatrix_row(m, li) * c;
    for (int64_t k = 0; k < c; k++)
      s->x_rows[li + k * m->rows] = from[k];
  }
  for (int64_t lj = 0; lj < m->cols; lj++) {
    const double *from = x + nt_dmatrix_column(m, lj) * c;
    for (int64_t k = 0; k < c; k++)
      s->x_cols[lj + k * m->cols] = from[k];
  }
}

static void add_rows(const nt_dmatrix *m, int64_t c, const nt_product_sides *s, double *y)
{
  for (int64_t li = 0; li < m->rows; li++) {
    double *to = y + nt_dmatrix_row(m, li) * c;
    for (int64_t k = 0; k < c; k++)
      to[k] += s->y_rows[li + k * m->rows];
  }
  for (int64_t lj = 0; lj < m->cols; lj++) {
    double *to = y + nt_dmatrix_column(m, lj) * c;
    for (int64_t k = 0; k < c; k++)
      to[k] += s->y_cols[lj + k * m->cols];
  }
}

nt_status nt_symmetric_product(const nt_dmatrix *m, const double *diagonal, const double *x,
                               int64_t c, double *y)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(m->grid);
  double *at = NULL;
  const int threads = nt_ctx_threads(ctx);
  const int64_t rows = m->rows * c, cols = m->cols * c;
  NT_TRY_ALL(ctx, nt_calloc(nt_ctx_error(ctx), (1 + threads) * rows + 2 * cols, sizeof(double),
                            "the local part of a product", &at));
  nt_product_sides s = {at, at + rows, at + rows + 2 * cols, at + rows + cols};
  take_rows(m, x, c, &s);
  multiply_local(m, c, threads, &s);
  memset(y, 0, (size_t)(m->N * c) * sizeof(double));
  add_rows(m, c, &s, y);
  NT_TRY(nt_ctx_sum(ctx, m->N * c, y));
  for (int64_t i = 0; i < m->N; i++) {
    for (int64_t k = 0; k < c; k++)
      y[i * c + k] += diagonal[i] * x[i * c + k];
  }
done:
  free(at);
  return status;
}
