/** Solutions and means: products of a distributed kernel with replicated right-hand sides. */
#include "predict/posterior_impl.h"

#include "base/check.h"
#include "grid/scalapack.h"
#include "predict/cholesky.h"
#include "predict/predict_impl.h"

#include <string.h>

nt_status nt_predict_gather(const nt_dmatrix *m, double *v)
{
  memset(v, 0, (size_t)(m->M * m->N) * sizeof(double));
  for (int64_t lj = 0; lj < m->cols; lj++) {
    int64_t gj = nt_dmatrix_column(m, lj);
    for (int64_t li = 0; li < m->rows; li++) {
      v[nt_dmatrix_row(m, li) * m->N + gj] = m->a[li + lj * m->ld];
    }
  }
  return nt_ctx_sum(nt_grid_ctx(m->grid), m->M * m->N, v);
}

nt_status nt_posterior_solve(nt_posterior *p, const double *y, int64_t c, double *alpha)
{
  nt_status status = NT_OK;
  const nt_factor_view view = {p->m, p->m->a, p->m->ld};
  nt_error *err = nt_ctx_error(nt_grid_ctx(p->m->grid));
  NT_CHECK(p->factored, err, NT_ERR_ARG, "solve before the %s kernel was factorised", p->name);
  NT_CHECK(c > 0, err, NT_ERR_ARG, "%lld right-hand sides: at least one is needed", (long long)c);
  if (alpha != y) memcpy(alpha, y, (size_t)(p->m->N * c) * sizeof(double));
  NT_TRY(nt_cholesky_solve(&nt_factor_double, &view, c, alpha));
  NT_CHECK(
      nt_predict_all_finite(alpha, p->m->N * c), err, NT_ERR_NUMERIC,
      "the solution with the %s kernel is not finite: its entries overflow, or the targets are "
      "not finite",
      p->name);
done:
  return status;
}

nt_status nt_posterior_mean(const nt_dmatrix *k_test_train, const double *alpha, int64_t c,
                            double *mean)
{
  nt_status status = NT_OK;
  const nt_dmatrix *k = k_test_train;
  nt_ctx *ctx = nt_grid_ctx(k->grid);
  NT_CHECK(c > 0, nt_ctx_error(ctx), NT_ERR_ARG, "%lld outputs: at least one is needed",
           (long long)c);
  NT_TRY(nt_predict_product(k, false, alpha, c, mean));
  if (nt_predict_all_finite(mean, k->M * c)) goto done;
  NT_TRY(nt_dmatrix_check_finite(k, NT_FULL, "the test-train kernel"));
  NT_FAIL(nt_ctx_error(ctx), NT_ERR_NUMERIC,
          "predictions are not finite, though the test-train kernel is: alpha is not, or they "
          "overflow");
done:
  return status;
}
