/** What gradient descent on the training set does to the outputs of other samples: f + lag q + K r,
 * and to their momenta: decay q + K p. */
#include "nt/descent.h"

#include "base/check.h"
#include "base/memory.h"
#include "predict/predict_impl.h"
#include "predict/predictor_impl.h"

#include <stdlib.h>

void nt_ode_response_free(nt_ode_response *response)
{
  free(response->r);
  free(response->p);
  *response = (nt_ode_response){.r = NULL};
}

/* begin <- begin + K x, for x and K x as matrices, `begin` as outputs of `trace`. */
static nt_status respond(nt_ctx *ctx, const nt_dmatrix *k, const nt_trace *trace, const double *x,
                         double *begin)
{
  nt_status status = NT_OK;
  const int64_t size = trace->rows * trace->cols;
  double *matrix = NULL;
  NT_TRY_ALL(ctx, nt_alloc(nt_ctx_error(ctx), 2 * size, sizeof(double), "outputs", &matrix));
  double *const outputs = matrix + size;
  NT_TRY(nt_predict_product(k, false, x, trace->cols, matrix));
  nt_trace_from_matrix(trace, matrix, outputs);
  for (int64_t i = 0; i < size; i++)
    begin[i] += outputs[i];
  NT_CHECK_ALL(ctx, nt_predict_all_finite(begin, size), NT_ERR_NUMERIC,
               "test outputs after gradient descent are not finite");
done:
  free(matrix);
  return status;
}

nt_status nt_ode_respond(const nt_ode_response *response, const nt_dmatrix *k_test_train,
                         const nt_initial *initial, const double *q, double **fx, double **qx)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(k_test_train->grid);
  nt_error *err = nt_ctx_error(ctx);
  nt_trace trace;
  *fx = NULL;
  if (qx != NULL) *qx = NULL;
  NT_CHECK(k_test_train->N == response->trace.rows, err, NT_ERR_SHAPE,
           "the test-train kernel is %lld x %lld: it must have a column for each of the %lld rows "
           "of the train-train kernel",
           (long long)k_test_train->M, (long long)k_test_train->N, (long long)response->trace.rows);
  NT_TRY(nt_trace_like(err, &response->trace, k_test_train->M, &trace));
  const int64_t size = trace.rows * trace.cols;
  const nt_initial momenta = {.wanted = true, .values = q};
  NT_TRY_ALL(ctx, nt_initial_fill(err, initial, size, fx));
  for (int64_t i = 0; q != NULL && i < size; i++)
    (*fx)[i] += response->lag * q[i];
  NT_TRY(respond(ctx, k_test_train, &trace, response->r, *fx));
  if (qx == NULL || response->p == NULL) goto done;
  NT_TRY_ALL(ctx, nt_initial_fill(err, &momenta, size, qx));
  for (int64_t i = 0; i < size; i++)
    (*qx)[i] *= response->decay;
  NT_TRY(respond(ctx, k_test_train, &trace, response->p, *qx));
done:
  return status;
}
