/** Leave-one-out predictions in closed form, and the evidence, from the factor of a posterior. */
#include "nt/selection.h"

#include "base/check.h"
#include "base/memory.h"
#include "grid/scalapack.h"
#include "predict/predict_impl.h"
#include "predict/unit_panel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double log_two_pi = 1.8378770664093454836;

static nt_status check_factored(const nt_posterior *p)
{
  nt_status status = NT_OK;
  NT_CHECK(p->factored, nt_ctx_error(nt_grid_ctx(p->m->grid)), NT_ERR_ARG,
           "the %s kernel has not been factorised", p->name);
done:
  return status;
}

/* log det L L^T */
static nt_status log_determinant(const nt_posterior *p, double *value)
{
  *value = 0;
  for (int64_t g = 0; g < p->m->N; g++) {
    const double *entry = nt_predict_entry(p->m, g, g);
    if (entry != NULL) *value += 2 * log(*entry);
  }
  return nt_ctx_sum(nt_grid_ctx(p->m->grid), 1, value);
}

double nt_log_evidence(const double *y, const double *alpha, int64_t n, int64_t c, double log_det)
{
  double fit = 0;
  for (int64_t i = 0; i < n * c; i++)
    fit += y[i] * alpha[i];
  return -0.5 * (fit + (double)c * (log_det + (double)n * log_two_pi));
}

nt_status nt_posterior_log_evidence(nt_posterior *p, const double *y, const double *alpha,
                                    int64_t c, double *value)
{
  nt_status status = NT_OK;
  double log_det;
  NT_TRY(check_factored(p));
  NT_TRY(log_determinant(p, &log_det));
  *value = nt_log_evidence(y, alpha, p->m->N, c, log_det);
done:
  return status;
}

typedef struct sweep {
  nt_unit_panel panel;
  int64_t *index; /* [width] */
  int64_t width;
} sweep;

static nt_status sweep_begin(const nt_posterior *p, sweep *w)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(p->m->grid);
  const int64_t Q = nt_grid_Q(p->m->grid);
  w->width = nt_unit_panel_width(p);
  NT_TRY_ALL(
      ctx, nt_alloc(nt_ctx_error(ctx), w->width, sizeof(int64_t), "indices of a panel", &w->index));
  NT_TRY(nt_unit_panel_create(p, w->width, (w->width + Q - 1) / Q, &w->panel));
done:
  return status;
}

/* The unit vectors of samples j ... */
static void sweep_set(const nt_posterior *p, int64_t j, sweep *w)
{
  const int64_t count = p->m->N - j < w->width ? p->m->N - j : w->width;
  for (int64_t l = 0; l < count; l++)
    w->index[l] = j + l;
  nt_unit_panel_set(&w->panel, w->index, count);
}

static void sweep_end(sweep *w)
{
  nt_dmatrix_destroy(&w->panel.x);
  free(w->index);
}

/* (K'^-1)_ii = |L^-1 e_i|^2 */
nt_status nt_posterior_inverse_diagonal(nt_posterior *p, double *diagonal)
{
  nt_status status = NT_OK;
  sweep w = {.index = NULL};
  NT_TRY(check_factored(p));
  NT_TRY(sweep_begin(p, &w));
  memset(diagonal, 0, (size_t)p->m->N * sizeof(double));
  for (int64_t j = 0; j < p->m->N; j += w.width) {
    sweep_set(p, j, &w);
    NT_TRY(nt_unit_panel_forward(p, &w.panel));
    nt_unit_panel_dots(&w.panel, w.panel.x, diagonal + j);
  }
  NT_TRY(nt_ctx_sum(nt_grid_ctx(p->m->grid), p->m->N, diagonal));
done:
  sweep_end(&w);
  return status;
}

void nt_leave_one_out_mean(const double *y, const double *alpha, const double *inverse, int64_t n,
                           int64_t c, double *mean)
{
  for (int64_t i = 0; i < n; i++) {
    for (int64_t k = 0; k < c; k++)
      mean[i * c + k] = y[i * c + k] - alpha[i * c + k] / inverse[i];
  }
}

void nt_leave_one_out_variance(const nt_posterior *p, const double *inverse, double *variance)
{
  for (int64_t i = 0; i < p->m->N; i++)
    variance[i] = fmax(0, 1 / inverse[i] - p->info.lambda);
}

/* y = K x for the kernel that a posterior keeps in its upper triangle; on the diagonal may stand
 * the factor, so that part is put right. x and y are laid out alike, in rows of K's blocks. */
static nt_status times_kernel(const nt_posterior *k, const nt_unit_panel *x, nt_dmatrix *y)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(k->m->grid);
  int desc[9], desc_x[9], desc_y[9], rows, cols;
  const int one = 1;
  const double unit = 1, zero = 0;
  NT_TRY_ALL(ctx, nt_dmatrix_desc(k->m, desc));
  NT_TRY_ALL(ctx, nt_dmatrix_desc(x->x, desc_x));
  NT_TRY_ALL(ctx, nt_dmatrix_desc(y, desc_y));
  NT_TRY(nt_to_blasint(k->m->N, &rows));
  NT_TRY(nt_to_blasint(x->count, &cols));
  pdsymm_("L", "U", &rows, &cols, &unit, k->m->a, &one, &one, desc, x->x->a, &one, &one, desc_x,
          &zero, y->a, &one, &one, desc_y);
done:
  return status;
}

/* What the diagonal of the stored matrix falls short of the kernel's, [n] on every rank. */
static nt_status missing_diagonal(const nt_posterior *k, double *missing)
{
  nt_status status = NT_OK;
  NT_TRY(nt_predict_diagonal(k->m, missing));
  for (int64_t i = 0; i < k->m->N; i++)
    missing[i] = k->diagonal[i] - missing[i];
done:
  return status;
}

static void add_diagonal(const double *missing, const nt_unit_panel *x, nt_dmatrix *y)
{
  for (int64_t lj = 0; lj < y->cols && nt_dmatrix_column(y, lj) < x->count; lj++) {
    for (int64_t li = 0; li < y->rows; li++)
      y->a[li + lj * y->ld] += missing[nt_dmatrix_row(y, li)] * x->x->a[li + lj * x->x->ld];
  }
}

/* a^T K a of the columns of K'^-1 that stand in the panel. */
static nt_status ensemble_panel(const nt_posterior *p, const nt_posterior *initial,
                                const double *missing, nt_unit_panel *panel, nt_dmatrix *y,
                                double *out)
{
  nt_status status = NT_OK;
  NT_TRY(nt_unit_panel_forward(p, panel));
  NT_TRY(nt_unit_panel_backward(p, panel));
  NT_TRY(times_kernel(initial, panel, y));
  add_diagonal(missing, panel, y);
  nt_unit_panel_dots(panel, y, out);
done:
  return status;
}

nt_status nt_leave_one_out_ensemble(nt_posterior *p, nt_posterior *initial, const double *inverse,
                                    double *variance)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(p->m->grid);
  const int64_t n = p->m->N;
  sweep w = {.index = NULL};
  nt_dmatrix *y = NULL;
  void *missing = NULL;
  NT_TRY(check_factored(p));
  NT_CHECK(initial->m->N == n && initial->m->nb == p->m->nb, nt_ctx_error(ctx), NT_ERR_ARG,
           "kernels of %lld and %lld samples in blocks of %lld and %lld: both must be the same",
           (long long)n, (long long)initial->m->N, (long long)p->m->nb, (long long)initial->m->nb);
  NT_TRY(sweep_begin(p, &w));
  NT_TRY(nt_dmatrix_create(p->m->grid, n, w.width, p->m->mb, w.panel.x->nb, &y));
  NT_TRY_ALL(ctx, nt_alloc(nt_ctx_error(ctx), n, sizeof(double), "a diagonal", &missing));
  NT_TRY(missing_diagonal(initial, missing));
  memset(variance, 0, (size_t)n * sizeof(double));
  for (int64_t j = 0; j < n; j += w.width) {
    sweep_set(p, j, &w);
    NT_TRY(ensemble_panel(p, initial, missing, &w.panel, y, variance + j));
  }
  NT_TRY(nt_ctx_sum(ctx, n, variance));
  for (int64_t i = 0; i < n; i++)
    variance[i] = fmax(0, variance[i] / (inverse[i] * inverse[i]));
done:
  free(missing);
  nt_dmatrix_destroy(&y);
  sweep_end(&w);
  return status;
}
