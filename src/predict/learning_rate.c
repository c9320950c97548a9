/** max_learning_rate, from the largest eigenvalue of a kernel: it stands far above the others, so that
 * a few dozen products suffice where an eigendecomposition costs 9 n^3. */
#include "nt/predict.h"
#include "nt/predictor.h"

#include "base/check.h"
#include "predict/lanczos.h"
#include "predict/predict_impl.h"

#include <math.h>

static nt_status multiply(void *of, const double *x, double *y)
{
  return nt_predict_product(of, false, x, 1, y);
}

static nt_status largest_eigenvalue(const nt_dmatrix *k, double *value)
{
  nt_status status = NT_OK;
  const nt_lanczos l = {.ctx = nt_grid_ctx(k->grid),
                        .n = k->N,
                        .most = 300,
                        .tolerance = 1e-12,
                        .multiply = multiply,
                        .of = (void *)k};
  double residual;
  NT_TRY(nt_lanczos_largest(&l, value, &residual));
  /* All n steps are exact; fewer give a lower bound that is within the residual. */
  NT_CHECK_ALL(l.ctx, l.most >= k->N || residual <= 1e-8 * fabs(*value), NT_ERR_NUMERIC,
               "the largest eigenvalue was not found in %d Lanczos steps: %g, residual %g", l.most,
               *value, residual);
done:
  return status;
}

nt_status nt_max_learning_rate(const nt_dmatrix *ntk, int64_t y_train_size, double momentum,
                               double eps, double *rate)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(nt_grid_ctx(ntk->grid));
  double top;
  NT_CHECK(ntk->M == ntk->N && ntk->N > 0, err, NT_ERR_SHAPE,
           "the kernel is %lld x %lld: it must be square", (long long)ntk->M, (long long)ntk->N);
  NT_CHECK(y_train_size >= 0 && momentum >= 0 && momentum < 1, err, NT_ERR_ARG,
           "size of the targets %lld, momentum %g: must be 0 or more, momentum below 1",
           (long long)y_train_size, momentum);
  NT_TRY(nt_dmatrix_check_finite(ntk, NT_FULL, "the kernel"));
  NT_TRY(largest_eigenvalue(ntk, &top));
  const double size = (double)(y_train_size > 0 ? y_train_size : ntk->N);
  *rate = 2 * (1 + momentum) * size / (top + eps);
done:
  return status;
}
