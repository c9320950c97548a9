/** gp_inference: posteriors at infinite time, by Cholesky factors. */
#include "base/check.h"
#include "base/memory.h"
#include "predict/predict_impl.h"
#include "predict/predictor_impl.h"

#include <stdlib.h>
#include <string.h>

/* (K + lambda I)^-1 y, once a factor. */
static nt_status weights(nt_predictor *p, nt_slot *slot)
{
  nt_status status = NT_OK;
  const int64_t size = p->trace.rows * p->trace.cols;
  if (slot->has_alpha) return NT_OK;
  if (slot->alpha == NULL) {
    NT_TRY_ALL(p->ctx,
               nt_alloc(nt_ctx_error(p->ctx), size, sizeof(double), "weights", &slot->alpha));
  }
  NT_TRY(nt_posterior_solve(slot->posterior, p->y, p->trace.cols, slot->alpha));
  slot->has_alpha = true;
done:
  return status;
}

static nt_status zero_matrix(const nt_dmatrix *like, nt_dmatrix **out)
{
  nt_status status = NT_OK;
  NT_TRY(nt_dmatrix_create(like->grid, like->M, like->N, like->mb, like->nb, out));
  memset((*out)->a, 0, (size_t)((*out)->ld * (*out)->cols) * sizeof(double));
done:
  return status;
}

static nt_status on_train(nt_predictor *p, nt_prediction_kind kind, nt_spread spread,
                          nt_prediction *out)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(p->ctx);
  NT_TRY(nt_predictor_need(p, nt_kind_get(kind)));
  NT_TRY_ALL(p->ctx, nt_prediction_create(err, &p->trace, 1, spread, out));
  nt_trace_from_matrix(&p->trace, p->y, out->mean);
  if (spread == NT_SPREAD_COVARIANCE)
    NT_TRY(zero_matrix(nt_pair_kernel(&p->train, kind), &out->covariance[0]));
done:
  return status;
}

/* The test-test kernel that a covariance starts from. */
static const nt_dmatrix *prior_kernel(nt_prediction_kind kind, const nt_test_kernels *test)
{
  return kind == NT_PREDICT_NTKGP ? test->test_test.ntk : test->test_test.nngp;
}

static nt_status check_prior(nt_error *err, const nt_dmatrix *k, int64_t rows)
{
  nt_status status = NT_OK;
  NT_CHECK(k->M == rows && k->N == rows, err, NT_ERR_SHAPE,
           "the test-test kernel is %lld x %lld, with a test-train kernel of %lld rows",
           (long long)k->M, (long long)k->N, (long long)rows);
done:
  return status;
}

/* Its diagonal. */
static nt_status prior_variance(nt_predictor *p, nt_prediction_kind kind,
                                const nt_test_kernels *test, int64_t rows, double *prior)
{
  nt_status status = NT_OK;
  const double *given = kind == NT_PREDICT_NTKGP ? test->ntk_diagonal : test->nngp_diagonal;
  const nt_dmatrix *k = prior_kernel(kind, test);
  if (given != NULL) {
    memcpy(prior, given, (size_t)rows * sizeof(double));
    return NT_OK;
  }
  NT_CHECK(k != NULL, nt_ctx_error(p->ctx), NT_ERR_ARG,
           "the variance of %s needs the %s kernel of the test set, or its diagonal",
           nt_prediction_kind_name(kind), kind == NT_PREDICT_NTKGP ? "NTK" : "NNGP");
  NT_TRY(check_prior(nt_ctx_error(p->ctx), k, rows));
  NT_TRY(nt_predict_diagonal(k, prior));
done:
  return status;
}

nt_status nt_test_kernels_prior(nt_predictor *p, nt_prediction_kind kind,
                                const nt_test_kernels *test, int64_t rows, double **prior)
{
  nt_status status = NT_OK;
  NT_TRY_ALL(p->ctx, nt_alloc(nt_ctx_error(p->ctx), rows, sizeof(double), "variances", prior));
  NT_TRY(prior_variance(p, kind, test, rows, *prior));
done:
  return status;
}

nt_status nt_test_kernels_check(nt_predictor *p, nt_prediction_kind kind,
                                const nt_test_kernels *test, nt_spread spread, nt_trace *outputs)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(p->ctx);
  const char *name = nt_prediction_kind_name(kind);
  const nt_dmatrix *k = nt_pair_kernel(&test->test_train, kind);
  const nt_dmatrix *kk = prior_kernel(kind, test);
  NT_CHECK(k != NULL, err, NT_ERR_ARG, "%s needs the test-train kernel %s", name,
           kind == NT_PREDICT_NNGP ? "NNGP" : "NTK");
  NT_CHECK(
      k->N == p->trace.rows, err, NT_ERR_SHAPE,
      "the test-train kernel is %lld x %lld: it must have a column for each of the %lld rows of "
      "the train-train kernel",
      (long long)k->M, (long long)k->N, (long long)p->trace.rows);
  NT_TRY(nt_trace_like(err, &p->trace, k->M, outputs));
  if (spread == NT_SPREAD_NONE) goto done;
  NT_CHECK(
      kind != NT_PREDICT_NTK || test->test_train.nngp != NULL, err, NT_ERR_ARG,
      "the covariance of networks trained by gradient descent (ntk) needs NNGP and NTK of test "
      "and training set: the test-train NNGP is missing");
  NT_CHECK(spread != NT_SPREAD_COVARIANCE || kk != NULL, err, NT_ERR_ARG,
           "the covariance of %s needs the %s kernel of the test set", name,
           kind == NT_PREDICT_NTKGP ? "NTK" : "NNGP");
  if (spread == NT_SPREAD_COVARIANCE) NT_TRY(check_prior(err, kk, k->M));
  if (kind == NT_PREDICT_NTK) NT_TRY(nt_predictor_need(p, NT_GET_NNGP));
done:
  return status;
}

nt_status nt_gp_form(nt_predictor *p, nt_prediction_kind kind, const nt_test_kernels *test,
                     nt_quadratic *form)
{
  nt_status status = NT_OK;
  nt_slot *slot;
  const nt_dmatrix *k = nt_pair_kernel(&test->test_train, kind);
  NT_TRY(nt_predictor_factor(p, kind, &slot));
  if (kind == NT_PREDICT_NTK)
    NT_TRY(
        nt_posterior_ensemble_form(slot->posterior, p->train.nngp, k, test->test_train.nngp, form));
  else
    NT_TRY(nt_posterior_form(slot->posterior, k, form));
done:
  return status;
}

static nt_status spread_of(nt_predictor *p, nt_prediction_kind kind, const nt_test_kernels *test,
                           nt_spread spread, nt_prediction *out)
{
  nt_status status = NT_OK;
  nt_quadratic form = {0};
  double *prior = NULL;
  if (spread == NT_SPREAD_NONE) return NT_OK;
  NT_TRY(nt_gp_form(p, kind, test, &form));
  if (spread == NT_SPREAD_COVARIANCE) {
    NT_TRY(nt_quadratic_covariance(&form, prior_kernel(kind, test), out->covariance));
  } else {
    NT_TRY(nt_test_kernels_prior(p, kind, test, out->rows, &prior));
    NT_TRY(nt_quadratic_variance(&form, prior, out->variance));
  }
done:
  nt_quadratic_free(&form);
  free(prior);
  return status;
}

static nt_status on_test(nt_predictor *p, nt_prediction_kind kind, const nt_test_kernels *test,
                         nt_spread spread, nt_prediction *out)
{
  nt_status status = NT_OK;
  nt_trace outputs;
  nt_slot *slot;
  void *matrix = NULL;
  const nt_dmatrix *k = nt_pair_kernel(&test->test_train, kind);
  NT_TRY(nt_test_kernels_check(p, kind, test, spread, &outputs));
  NT_TRY(nt_predictor_factor(p, kind, &slot));
  NT_TRY(weights(p, slot));
  NT_TRY_ALL(p->ctx, nt_prediction_create(nt_ctx_error(p->ctx), &outputs, 1, spread, out));
  NT_TRY_ALL(p->ctx, nt_alloc(nt_ctx_error(p->ctx), outputs.rows * outputs.cols, sizeof(double),
                              "predictions", &matrix));
  NT_TRY(nt_posterior_mean(k, slot->alpha, outputs.cols, matrix));
  nt_trace_from_matrix(&outputs, matrix, out->mean);
  NT_TRY(spread_of(p, kind, test, spread, out));
done:
  free(matrix);
  return status;
}

nt_status nt_gp_inference(nt_predictor *p, const nt_prediction_get *get,
                          const nt_test_kernels *test, nt_spread spread, nt_prediction *results)
{
  nt_status status = NT_OK;
  memset(results, 0, (size_t)(get->n > 0 ? get->n : 0) * sizeof *results);
  NT_TRY(nt_predictor_get_check(nt_ctx_error(p->ctx), get));
  for (int i = 0; i < get->n; i++)
    NT_TRY(test == NULL ? on_train(p, get->kind[i], spread, &results[i])
                        : on_test(p, get->kind[i], test, spread, &results[i]));
done:
  return status;
}
