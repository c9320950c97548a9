/** gradient_descent_mse_ensemble: mean and covariance over random initial
 * functions after some time.
 *
 * With K' = V diag(l) V^T regularised, s = learning_rate t / N, E = exp(-l s), p = (1 - E) / l, and
 * test samples as rows, A = K_td V:
 *
 *     nngp  test   mean A p V^T y           covariance K_tt - A p(2s) A^T
 *           train  mean V (1 - E) V^T y     covariance V l E^2 V^T
 *     ntk   test   mean A_T p V^T y         covariance K_tt + (S W^T + W S^T) / 2,
 *                                           S = A_T p, W = S M - 2 A_K, M = V^T K_dd V
 *           train  mean V (1 - E) V^T y     covariance V E M E V^T
 *
 * A_T, A_K, M are products made once for all times. */
#include "base/check.h"
#include "base/memory.h"
#include "predict/dense.h"
#include "predict/predict_impl.h"
#include "predict/predictor_impl.h"
#include "predict/quadratic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One kernel's results at all times. */
typedef struct nt_ensemble_run {
  nt_predictor *p;
  nt_prediction_kind kind;
  nt_slot *slot;
  double lambda;
  const nt_test_kernels *test; /* NULL: the training set */
  nt_spread spread;
  int n_times;
  double *s;                /* [n_times] */
  double *g;                /* [n] work */
  double *prior;            /* [rows] of the test set's variances */
  nt_dmatrix *a, *a_nngp;   /* K_td V of the kernel itself, and of the NNGP for ntk */
  nt_dmatrix *left, *right; /* S, W */
  nt_prediction *out;
} nt_ensemble_run;

/* ---- What all times share ---- */

/* M = V^T K V of the NNGP of the training set. */
static nt_status inner(nt_ensemble_run *r)
{
  nt_status status = NT_OK;
  const nt_dmatrix *v = r->slot->eigen->vectors;
  nt_dmatrix *k = NULL, *kv = NULL;
  if (r->slot->inner != NULL) return NT_OK;
  NT_TRY(nt_predict_copy(r->p->train.nngp, v->grid, v->mb, v->nb, &k));
  NT_TRY(nt_dense_like(v, &kv));
  NT_TRY(nt_dense_multiply(false, k, v, 0, kv));
  nt_dmatrix_destroy(&k);
  NT_TRY(nt_dense_like(v, &r->slot->inner));
  NT_TRY(nt_dense_multiply(true, v, kv, 0, r->slot->inner));
done:
  nt_dmatrix_destroy(&k);
  nt_dmatrix_destroy(&kv);
  return status;
}

/* K V for a test-train kernel. */
static nt_status rotated(const nt_dmatrix *k_test, const nt_dmatrix *v, nt_dmatrix **out)
{
  nt_status status = NT_OK;
  nt_dmatrix *k = NULL;
  const int64_t mb = nt_solver_block(v->grid, k_test->M);
  NT_TRY(nt_predict_copy(k_test, v->grid, mb, v->nb, &k));
  NT_TRY(nt_dense_like(k, out));
  NT_TRY(nt_dense_multiply(false, k, v, 0, *out));
done:
  nt_dmatrix_destroy(&k);
  return status;
}

static nt_status prepare_spread(nt_ensemble_run *r)
{
  nt_status status = NT_OK;
  const nt_dmatrix *v = r->slot->eigen->vectors;
  if (r->kind == NT_PREDICT_NTK) NT_TRY(nt_predictor_need(r->p, NT_GET_NNGP));
  if (r->kind == NT_PREDICT_NTK) NT_TRY(inner(r));
  if (r->test == NULL) {
    NT_TRY(nt_dense_like(v, &r->left));
    if (r->kind == NT_PREDICT_NTK) NT_TRY(nt_dense_like(v, &r->right));
    goto done;
  }
  const nt_dmatrix *k = nt_pair_kernel(&r->test->test_train, r->kind);
  if (r->spread == NT_SPREAD_VARIANCE)
    NT_TRY(nt_test_kernels_prior(r->p, r->kind, r->test, k->M, &r->prior));
  NT_TRY(rotated(k, v, &r->a));
  NT_TRY(nt_dense_like(r->a, &r->left));
  if (r->kind != NT_PREDICT_NTK) goto done;
  NT_TRY(rotated(r->test->test_train.nngp, v, &r->a_nngp));
  NT_TRY(nt_dense_like(r->a, &r->right));
done:
  return status;
}

/* ---- One time ---- */

static nt_status form_nngp_test(nt_ensemble_run *r, double s, nt_quadratic *form)
{
  nt_spectrum_learned(r->slot->eigen, r->lambda, 2 * s, r->g);
  for (int64_t i = 0; i < r->slot->eigen->n; i++)
    r->g[i] = sqrt(r->g[i]);
  nt_dense_scale_columns(r->a, r->g, r->left);
  *form = (nt_quadratic){.s = r->left, .sign = -1};
  return NT_OK;
}

static nt_status form_nngp_train(nt_ensemble_run *r, double s, nt_quadratic *form)
{
  const nt_eigen *e = r->slot->eigen;
  nt_spectrum_remaining(e, r->lambda, s, r->g);
  for (int64_t i = 0; i < e->n; i++)
    r->g[i] *= sqrt(fmax(e->values[i] + r->lambda, 0));
  nt_dense_scale_columns(e->vectors, r->g, r->left);
  *form = (nt_quadratic){.s = r->left, .sign = 1};
  return NT_OK;
}

static nt_status form_ntk_test(nt_ensemble_run *r, double s, nt_quadratic *form)
{
  nt_status status = NT_OK;
  nt_spectrum_learned(r->slot->eigen, r->lambda, s, r->g);
  nt_dense_scale_columns(r->a, r->g, r->left);
  nt_dense_copy(r->a_nngp, r->right);
  NT_TRY(nt_dense_multiply(false, r->left, r->slot->inner, -2, r->right));
  *form = (nt_quadratic){.s = r->left, .w = r->right};
done:
  return status;
}

static nt_status form_ntk_train(nt_ensemble_run *r, double s, nt_quadratic *form)
{
  nt_status status = NT_OK;
  const nt_eigen *e = r->slot->eigen;
  nt_spectrum_remaining(e, r->lambda, s, r->g);
  nt_dense_scale_columns(r->slot->inner, r->g, r->left);
  nt_dense_scale_rows(r->g, r->left);
  NT_TRY(nt_dense_multiply(false, e->vectors, r->left, 0, r->right));
  *form = (nt_quadratic){.s = e->vectors, .w = r->right};
done:
  return status;
}

static nt_status spread_at(nt_ensemble_run *r, int t)
{
  static nt_status (*const forms[2][2])(nt_ensemble_run *, double, nt_quadratic *) = {
      {form_nngp_test, form_nngp_train}, {form_ntk_test, form_ntk_train}};
  nt_status status = NT_OK;
  nt_quadratic form;
  const nt_dmatrix *prior = r->test != NULL ? r->test->test_test.nngp : NULL;
  NT_TRY(forms[r->kind == NT_PREDICT_NTK][r->test == NULL](r, r->s[t], &form));
  if (r->spread == NT_SPREAD_COVARIANCE)
    NT_TRY(nt_quadratic_covariance(&form, prior, &r->out->covariance[t]));
  else
    NT_TRY(nt_quadratic_variance(&form, r->prior, r->out->variance + t * r->out->rows));
done:
  return status;
}

/* ---- All times ---- */

static nt_status means(nt_ensemble_run *r, const nt_trace *outputs)
{
  const nt_curve curve = {.eigen = r->slot->eigen,
                          .lambda = r->lambda,
                          .hat = r->slot->y_hat,
                          .c = r->p->trace.cols,
                          .on_test = r->test != NULL,
                          .k_test = r->test != NULL ? nt_pair_kernel(&r->test->test_train, r->kind)
                                                    : NULL,
                          .k_test_v = r->a,
                          .trace = outputs};
  return nt_curve_run(&curve, r->n_times, r->s, r->out->mean);
}

nt_status nt_scaled_times(nt_predictor *p, const nt_times *times, double **s)
{
  nt_status status = NT_OK;
  void *memory = NULL;
  const double size = (double)(p->trace.rows * p->trace.cols);
  NT_TRY(nt_times_check(nt_ctx_error(p->ctx), times));
  NT_TRY_ALL(p->ctx, nt_alloc(nt_ctx_error(p->ctx), times->n, sizeof(double), "times", &memory));
  *s = memory;
  for (int t = 0; t < times->n; t++)
    (*s)[t] = p->options.learning_rate * times->t[t] / size;
done:
  return status;
}

static nt_status run(nt_ensemble_run *r, const nt_times *times)
{
  nt_status status = NT_OK;
  nt_predictor *p = r->p;
  nt_error *err = nt_ctx_error(p->ctx);
  nt_trace outputs = p->trace;
  void *memory = NULL;
  if (r->test != NULL) NT_TRY(nt_test_kernels_check(p, r->kind, r->test, r->spread, &outputs));
  NT_TRY(nt_scaled_times(p, times, &r->s));
  NT_TRY(nt_predictor_decompose(p, r->kind, &r->slot));
  r->lambda = nt_slot_lambda(p, r->slot);
  NT_TRY_ALL(p->ctx, nt_prediction_create(err, &outputs, r->n_times, r->spread, r->out));
  NT_TRY_ALL(p->ctx, nt_alloc(err, r->slot->eigen->n, sizeof(double), "a spectrum", &memory));
  r->g = memory;
  if (r->spread != NT_SPREAD_NONE) NT_TRY(prepare_spread(r));
  NT_TRY(means(r, &outputs));
  for (int t = 0; t < r->n_times && r->spread != NT_SPREAD_NONE; t++)
    NT_TRY(spread_at(r, t));
done:
  return status;
}

static void run_free(nt_ensemble_run *r)
{
  nt_dmatrix_destroy(&r->a);
  nt_dmatrix_destroy(&r->a_nngp);
  nt_dmatrix_destroy(&r->left);
  nt_dmatrix_destroy(&r->right);
  free(r->s);
  free(r->g);
  free(r->prior);
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
    bits |= get->kind[i] == NT_PREDICT_NNGP ? NT_GET_NNGP : NT_GET_NTK;
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
                         .n_times = times->n,
                         .out = &results[i]};
    status = run(&r, times);
    run_free(&r);
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
