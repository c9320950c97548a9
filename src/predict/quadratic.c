#include "predict/quadratic.h"

#include "base/check.h"
#include "base/memory.h"
#include "grid/scalapack.h"
#include "predict/predict_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What rounding may take off a variance, relative to its prior: the condition number times epsilon,
 * and beyond condition numbers of 1e8 half of the digits of the mean are gone as well. */
static const double rounding = 1e-8;

/* 0 for what rounding made negative; an error for what it cannot have. `prior`
 * NULL: no limit is known. */
static nt_status check_variance(nt_error *err, int64_t n, const double *prior, double *variance)
{
  nt_status status = NT_OK;
  for (int64_t i = 0; i < n; i++) {
    NT_CHECK(isfinite(variance[i]), err, NT_ERR_NUMERIC,
             "the variance of prediction %lld is not finite", (long long)i);
    NT_CHECK(
        variance[i] >= 0 || prior == NULL || variance[i] >= -rounding * fabs(prior[i]), err,
        NT_ERR_NUMERIC,
        "the variance of prediction %lld is %g with a prior variance of %g: below 0 by more than "
        "rounding; the kernels do not belong together, or the regularisation is too small for "
        "their condition (--reg)",
        (long long)i, variance[i], prior[i]);
    if (variance[i] < 0) variance[i] = 0;
  }
done:
  return status;
}

void nt_quadratic_free(nt_quadratic *form)
{
  nt_dmatrix_destroy(&form->s);
  nt_dmatrix_destroy(&form->w);
}

nt_status nt_quadratic_put(const nt_quadratic *part, int64_t first, int64_t rows,
                           nt_quadratic *whole)
{
  nt_status status = NT_OK;
  const nt_dmatrix *const from[] = {part->s, part->w};
  nt_dmatrix **const to[] = {&whole->s, &whole->w};
  whole->sign = part->sign;
  for (int i = 0; i < 2; i++) {
    if (from[i] == NULL) continue;
    nt_grid *grid = from[i]->grid;
    if (*to[i] == NULL)
      NT_TRY(nt_dmatrix_create(grid, rows, from[i]->N, nt_solver_block(grid, rows), from[i]->nb,
                               to[i]));
    NT_TRY(nt_dmatrix_place(from[i], first, *to[i]));
  }
done:
  return status;
}

nt_status nt_quadratic_variance(const nt_quadratic *form, const double *prior, double *variance)
{
  nt_status status = NT_OK;
  const nt_dmatrix *s = form->s, *w = form->w != NULL ? form->w : form->s;
  const double factor = form->w != NULL ? 1 : form->sign;
  nt_ctx *ctx = nt_grid_ctx(s->grid);
  memset(variance, 0, (size_t)s->M * sizeof(double));
  for (int64_t lj = 0; lj < s->cols; lj++) {
    for (int64_t li = 0; li < s->rows; li++)
      variance[nt_dmatrix_row(s, li)] += s->a[li + lj * s->ld] * w->a[li + lj * w->ld];
  }
  NT_TRY(nt_ctx_sum(ctx, s->M, variance));
  for (int64_t i = 0; i < s->M; i++)
    variance[i] = (prior != NULL ? prior[i] : 0) + factor * variance[i];
  NT_TRY(check_variance(nt_ctx_error(ctx), s->M, prior, variance));
done:
  return status;
}

/* The lower triangle of the form, added to what `out` holds. */
static nt_status add_form(const nt_quadratic *form, nt_dmatrix *out)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(out->grid);
  int rows, k, desc_s[9], desc_w[9], desc[9], one = 1;
  const double beta = 1, half = 0.5;
  const nt_dmatrix *s = form->s, *w = form->w;
  if (s->M == 0 || s->N == 0) return NT_OK;
  NT_TRY_ALL(ctx, nt_to_blasint(s->M, &rows));
  NT_TRY_ALL(ctx, nt_to_blasint(s->N, &k));
  NT_TRY_ALL(ctx, nt_dmatrix_desc(s, desc_s));
  NT_TRY_ALL(ctx, nt_dmatrix_desc(out, desc));
  if (w == NULL) {
    pdsyrk_("L", "N", &rows, &k, &form->sign, s->a, &one, &one, desc_s, &beta, out->a, &one, &one,
            desc);
    return NT_OK;
  }
  NT_TRY_ALL(ctx, nt_dmatrix_desc(w, desc_w));
  pdsyr2k_("L", "N", &rows, &k, &half, s->a, &one, &one, desc_s, w->a, &one, &one, desc_w, &beta,
           out->a, &one, &one, desc);
done:
  return status;
}

/* Check the diagonal against that of the prior, and put it back clamped. */
static nt_status clamp_diagonal(const nt_dmatrix *prior, nt_dmatrix *out)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(out->grid);
  nt_error *err = nt_ctx_error(ctx);
  double *variance = NULL;
  NT_TRY_ALL(ctx, nt_alloc(err, 2 * out->M, sizeof(double), "variances", &variance));
  double *before = variance + out->M;
  NT_TRY(nt_predict_diagonal(out, variance));
  if (prior != NULL) NT_TRY(nt_predict_diagonal(prior, before));
  NT_TRY(check_variance(err, out->M, prior != NULL ? before : NULL, variance));
  for (int64_t g = 0; g < out->M; g++) {
    double *entry = nt_predict_entry(out, g, g);
    if (entry != NULL) *entry = variance[g];
  }
done:
  free(variance);
  return status;
}

nt_status nt_quadratic_covariance(const nt_quadratic *form, const nt_dmatrix *prior,
                                  nt_dmatrix **out)
{
  nt_status status = NT_OK;
  const nt_dmatrix *s = form->s;
  *out = NULL;
  if (prior != NULL) {
    NT_TRY(nt_predict_copy(prior, s->grid, s->mb, s->mb, out));
  } else {
    NT_TRY(nt_dmatrix_create(s->grid, s->M, s->M, s->mb, s->mb, out));
    memset((*out)->a, 0, (size_t)((*out)->ld * (*out)->cols) * sizeof(double));
  }
  NT_TRY(add_form(form, *out));
  NT_TRY(clamp_diagonal(prior, *out));
  NT_TRY(nt_dmatrix_mirror(*out, NT_LOWER));
done:
  if (status != NT_OK) nt_dmatrix_destroy(out);
  return status;
}
