/** gradient_descent_mse_ensemble: mean and covariance over initial functions after some time.
 *
 * Means are V (1 - E) V^T y on the training set and K_td V p V^T y on a test set, with E and p as
 * in ensemble_spread.c, where the covariances are. */
#include "predict/ensemble_spread.h"

#include "base/check.h"
#include "base/memory.h"
#include "predict/predict_impl.h"

#include <stdlib.h>
#include <string.h>

/* One kernel's results at all times. */
typedef struct nt_ensemble_run {
  nt_predictor *p;
  nt_prediction_kind kind;
  nt_slot *slot;
  const nt_test_kernels *test; /* NULL: the training set */
  nt_spread spread;
  const nt_times *times;
  double *prior;       /* [rows] of the test set's variances */
  nt_quadratic shared; /* of the spread on a test set */
  nt_prediction *out;
} nt_ensemble_run;

nt_status nt_scaled_times(const nt_predictor *p, const nt_times *times, double **s)
{
  nt_status status = NT_OK;
  const double size = (double)(p->trace.rows * p->trace.cols);
  NT_TRY(nt_times_check(nt_ctx_error(p->ctx), times));
  NT_TRY_ALL(p->ctx, nt_alloc(nt_ctx_error(p->ctx), times->n, sizeof(double), "times", s));
  for (int t = 0; t < times->n; t++)
    (*s)[t] = p->options.learning_rate * times->t[t] / size;
done:
  return status;
}

static nt_status means(nt_ensemble_run *r, const nt_trace *outputs)
{
  nt_status status = NT_OK;
  const nt_predictor *p = r->p;
  double *s = NULL;
  const nt_curve curve = {.eigen = r->slot->eigen,
                          .lambda = nt_slot_lambda(p, r->slot),
                          .hat = r->slot->y_hat,
                          .c = p->trace.cols,
                          .on_test = r->test != NULL,
                          .k_test = r->test != NULL ? nt_pair_kernel(&r->test->test_train, r->kind)
                                                    : NULL,
                          .k_test_v = r->shared.s,
                          .trace = outputs};
  NT_TRY(nt_scaled_times(p, r->times, &s));
  NT_TRY(nt_curve_run(&curve, r->times->n, s, r->out->mean));
done:
  free(s);
  return status;
}

static nt_status add_spread(nt_ensemble_run *r)
{
  nt_status status = NT_OK;
  const nt_test_kernels *test = r->test;
  if (test != NULL && r->spread == NT_SPREAD_VARIANCE)
    NT_TRY(nt_test_kernels_prior(r->p, r->kind, test, r->out->rows, &r->prior));
  const nt_spread_place to = {.prior = test != NULL ? test->test_test.nngp : NULL,
                              .covariance = r->out->covariance,
                              .prior_variance = r->prior,
                              .variance = r->out->variance};
  NT_TRY(nt_ensemble_spread(r->p, r->times, r->kind, test != NULL ? &r->shared : NULL, &to));
done:
  return status;
}

static nt_status run(nt_ensemble_run *r)
{
  nt_status status = NT_OK;
  nt_predictor *p = r->p;
  nt_trace outputs = p->trace;
  const bool spreads = r->spread != NT_SPREAD_NONE;
  if (r->test != NULL) NT_TRY(nt_test_kernels_check(p, r->kind, r->test, r->spread, &outputs));
  NT_TRY(nt_predictor_decompose(p, r->kind, &r->slot));
  NT_TRY_ALL(p->ctx,
             nt_prediction_create(nt_ctx_error(p->ctx), &outputs, r->times->n, r->spread, r->out));
  if (r->test != NULL && spreads)
    NT_TRY(nt_ensemble_share(p, r->times, r->kind, r->test, &r->shared));
  NT_TRY(means(r, &outputs));
  if (spreads) NT_TRY(add_spread(r));
done:
  return status;
}

static nt_status check_get(nt_error *err, const nt_prediction_get *get)
{
  nt_status status = NT_OK;
  NT_TRY(nt_predictor_get_check(err, get));
  for (int i = 0; i < get->n; i++)
    NT_CHECK(get->kind[i] != NT_PREDICT_NTKGP, err, NT_ERR_UNSUPPORTED,
             "an ensemble after gradient descent has nngp and ntk; ntkgp is a Gaussian process");
done:
  return status;
}

/* Kernels that a request needs, in one call of a kernel function. */
static unsigned needed(const nt_prediction_get *get, nt_spread spread)
{
  unsigned bits = 0;
  for (int i = 0; i < get->n; i++) {
    bits |= nt_kind_get(get->kind[i]);
    if (get->kind[i] == NT_PREDICT_NTK && spread != NT_SPREAD_NONE) bits |= NT_GET_NNGP;
  }
  return bits;
}

nt_status nt_gradient_descent_mse_ensemble(nt_predictor *p, const nt_times *times,
                                           const nt_prediction_get *get,
                                           const nt_test_kernels *test, nt_spread spread,
                                           nt_prediction *results)
{
  nt_status status = NT_OK;
  memset(results, 0, (size_t)(get->n > 0 ? get->n : 0) * sizeof *results);
  NT_TRY(check_get(nt_ctx_error(p->ctx), get));
  NT_TRY(nt_predictor_need(p, needed(get, test != NULL || times->n > 0 ? spread : NT_SPREAD_NONE)));
  if (times->n == 0) return nt_gp_inference(p, get, test, spread, results);
  for (int i = 0; i < get->n; i++) {
    nt_ensemble_run r = {.p = p,
                         .kind = get->kind[i],
                         .test = test,
                         .spread = spread,
                         .times = times,
                         .out = &results[i]};
    status = run(&r);
    nt_quadratic_free(&r.shared);
    free(r.prior);
    NT_TRY(status);
  }
done:
  return status;
}

nt_status nt_gradient_descent_mse_ensemble_fn(nt_predictor *p, const nt_times *times,
                                              const nt_tree *x_test, const nt_prediction_get *get,
                                              nt_spread spread, nt_prediction *results)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(p->ctx);
  nt_tree *test_train = NULL, *test_test = NULL;
  nt_test_kernels test = {0};
  memset(results, 0, (size_t)(get->n > 0 ? get->n : 0) * sizeof *results);
  NT_CHECK(p->fn != NULL, err, NT_ERR_ARG,
           "predictions for samples need a predictor from a kernel function");
  NT_TRY(check_get(err, get));
  if (x_test != NULL)
    NT_TRY(nt_predictor_call(p, x_test, p->x_train, needed(get, spread), &test_train,
                             &test.test_train));
  if (x_test != NULL && spread != NT_SPREAD_NONE)
    NT_TRY(nt_predictor_call(p, x_test, NULL, NT_GET_NNGP, &test_test, &test.test_test));
  NT_TRY(nt_gradient_descent_mse_ensemble(p, times, get, x_test != NULL ? &test : NULL, spread,
                                          results));
done:
  nt_kernels_destroy(&test_train);
  nt_kernels_destroy(&test_test);
  return status;
}
