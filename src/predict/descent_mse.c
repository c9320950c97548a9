/** gradient_descent_mse: training curves from given initial outputs, in closed form. */
#include "base/check.h"
#include "base/memory.h"
#include "predict/predict_impl.h"
#include "predict/predictor_impl.h"

#include <stdlib.h>

/* All that one call holds. */
typedef struct nt_mse_run {
  nt_predictor *p;
  nt_prediction_kind kind;
  nt_trace test;   /* outputs of the test set */
  double *s;       /* [n_times] */
  double *f0, *g0; /* initial outputs, in their shapes; NULL unless wanted */
  double *rest;    /* [rows][cols] y - f0 */
  double *hat;     /* [rows][cols] V^T (y - f0) */
} nt_mse_run;

nt_status nt_initial_fill(nt_error *err, const nt_initial *initial, int64_t size, double **out)
{
  nt_status status = NT_OK;
  NT_TRY(nt_alloc(err, size, sizeof(double), "initial outputs", out));
  for (int64_t i = 0; i < size; i++)
    (*out)[i] = initial->values != NULL ? initial->values[i] : initial->constant;
  NT_CHECK(nt_predict_all_finite(*out, size), err, NT_ERR_DATA,
           "an initial output is not a finite number");
done:
  return status;
}

nt_status nt_descent_check(nt_error *err, const nt_trace *train, const nt_descent *d,
                           nt_trace *test)
{
  nt_status status = NT_OK;
  *test = *train;
  NT_CHECK(
      d->train.wanted || d->test.wanted, err, NT_ERR_ARG,
      "gradient descent predicts nothing: initial outputs of neither train nor test are given");
  NT_CHECK(!d->test.wanted || d->k_test_train != NULL, err, NT_ERR_ARG,
           "initial outputs of a test set are given, but not its test-train kernel");
  if (!d->test.wanted) goto done;
  NT_CHECK(
      d->k_test_train->N == train->rows, err, NT_ERR_SHAPE,
      "the test-train kernel is %lld x %lld: it must have a column for each of the %lld rows of "
      "the train-train kernel",
      (long long)d->k_test_train->M, (long long)d->k_test_train->N, (long long)train->rows);
  NT_TRY(nt_trace_like(err, train, d->k_test_train->M, test));
done:
  return status;
}

/* Initial outputs, and y - f0. */
static nt_status start(nt_mse_run *r, const nt_descent *d)
{
  nt_status status = NT_OK;
  nt_predictor *p = r->p;
  nt_error *err = nt_ctx_error(p->ctx);
  const int64_t size = p->trace.rows * p->trace.cols;
  NT_TRY_ALL(p->ctx, nt_initial_fill(err, &d->train, size, &r->f0));
  if (d->test.wanted)
    NT_TRY_ALL(p->ctx, nt_initial_fill(err, &d->test, r->test.rows * r->test.cols, &r->g0));
  NT_TRY_ALL(p->ctx, nt_alloc(err, size, sizeof(double), "residuals", &r->rest));
  nt_trace_to_matrix(&p->trace, r->f0, r->rest);
  for (int64_t i = 0; i < size; i++)
    r->rest[i] = p->y[i] - r->rest[i];
done:
  return status;
}

static nt_status allocate(nt_predictor *p, int n_times, const nt_trace *outputs, double **out)
{
  nt_status status = NT_OK;
  NT_TRY_ALL(p->ctx, nt_alloc(nt_ctx_error(p->ctx), n_times * outputs->rows * outputs->cols,
                              sizeof(double), "predictions", out));
done:
  return status;
}

/* Infinite time: the targets themselves, and g0 + K_td K'^-1 (y - f0). */
static nt_status at_infinity(nt_mse_run *r, const nt_descent *d, double *train, double *test)
{
  nt_status status = NT_OK;
  nt_predictor *p = r->p;
  nt_slot *slot;
  double *matrix = NULL;
  if (train != NULL) nt_trace_from_matrix(&p->trace, p->y, train);
  if (test == NULL) return NT_OK;
  NT_TRY(nt_predictor_factor(p, r->kind, &slot));
  NT_TRY(nt_posterior_solve(slot->posterior, r->rest, p->trace.cols, r->rest));
  NT_TRY(allocate(p, 1, &r->test, &matrix));
  NT_TRY(nt_posterior_mean(d->k_test_train, r->rest, p->trace.cols, matrix));
  nt_trace_from_matrix(&r->test, matrix, test);
  for (int64_t i = 0; i < r->test.rows * r->test.cols; i++)
    test[i] += r->g0[i];
done:
  free(matrix);
  return status;
}

static nt_status at_times(nt_mse_run *r, const nt_descent *d, const nt_times *times, double *train,
                          double *test)
{
  nt_status status = NT_OK;
  nt_predictor *p = r->p;
  nt_slot *slot;
  NT_TRY(nt_scaled_times(p, times, &r->s));
  NT_TRY(nt_predictor_decompose(p, r->kind, &slot));
  NT_TRY(allocate(p, 1, &p->trace, &r->hat));
  NT_TRY(nt_predict_product(slot->eigen->vectors, true, r->rest, p->trace.cols, r->hat));
  nt_curve curve = {.eigen = slot->eigen,
                    .lambda = nt_slot_lambda(p, slot),
                    .hat = r->hat,
                    .c = p->trace.cols,
                    .trace = &p->trace,
                    .base = r->f0};
  if (train != NULL) NT_TRY(nt_curve_run(&curve, times->n, r->s, train));
  if (test == NULL) goto done;
  curve.on_test = true;
  curve.k_test = d->k_test_train;
  curve.trace = &r->test;
  curve.base = r->g0;
  NT_TRY(nt_curve_run(&curve, times->n, r->s, test));
done:
  return status;
}

nt_status nt_gradient_descent_mse(nt_predictor *p, const nt_times *times, const nt_descent *descent,
                                  double **train, double **test)
{
  nt_status status = NT_OK;
  nt_mse_run r = {.p = p,
                  .kind = p->train.ntk != NULL || p->fn != NULL ? NT_PREDICT_NTK : NT_PREDICT_NNGP};
  const int n_times = times->n > 0 ? times->n : 1;
  *train = *test = NULL;
  NT_TRY(nt_descent_check(nt_ctx_error(p->ctx), &p->trace, descent, &r.test));
  NT_TRY(start(&r, descent));
  if (descent->train.wanted) NT_TRY(allocate(p, n_times, &p->trace, train));
  if (descent->test.wanted) NT_TRY(allocate(p, n_times, &r.test, test));
  NT_TRY(times->n > 0 ? at_times(&r, descent, times, *train, *test)
                      : at_infinity(&r, descent, *train, *test));
done:
  if (status != NT_OK) {
    free(*train);
    free(*test);
    *train = *test = NULL;
  }
  free(r.s);
  free(r.f0);
  free(r.g0);
  free(r.rest);
  free(r.hat);
  return status;
}
