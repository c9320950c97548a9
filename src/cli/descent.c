/* Training by gradient descent at all regularisations and times: of the training samples, then of
 * the test samples in blocks. */
#include "cli/descent.h"

#include "base/check.h"
#include "cli/json.h"
#include "predict/ensemble_spread.h"

#include <stdlib.h>
#include <string.h>

static nt_times times_of(const nt_cli_options *o) { return (nt_times){o->time.n, o->time.v}; }

/* What a predictor and the start of its training are made of. */
static nt_status make_predictor(nt_predict_run *r, const nt_descent_start *start,
                                nt_predictor **out)
{
  const nt_cli_options *o = &r->s.options;
  const nt_kernel_pair train = {r->k_train[NT_NNGP], r->k_train[NT_NTK]};
  nt_predict_options options = NT_PREDICT_DEFAULTS;
  options.learning_rate = start->rate;
  if (o->trace_axes.text != NULL) options.trace_axes = o->trace_axes.list;
  if (o->eigensolver > 0) options.eigensolver = (nt_eigensolver)(o->eigensolver - 1);
  return nt_predictor_create(&train, r->problem.train->y, &r->problem.trace.shape, &options, out);
}

/* Once a kernel: how it was decomposed, and what of its spectrum counts as 0. */
static void report_spectrum(const nt_session *s, const char *name, const nt_spectrum_info *info)
{
  const nt_eigen *e = info->eigen;
  if (e == NULL) return;
  nt_say(s, "%s: eigendecomposition by %s %.2f s, residual %.1g; eigenvalues %.6g to %.6g", name,
         nt_eigensolver_name(e->solver), e->seconds, e->residual, e->values[0],
         e->values[e->n - 1]);
  if (info->vanishing > 0)
    nt_say(s, "%s: %lld of %lld eigenvalues are 0 but for rounding, and have the limit of 0", name,
           (long long)info->vanishing, (long long)e->n);
  if (info->negative > 0)
    nt_warn(s, "%s: %lld of %lld eigenvalues are negative, down to %g, and count as 0", name,
            (long long)info->negative, (long long)e->n, info->lowest);
  if (s->json == NULL) return;
  cJSON *item = nt_json_item(s->json, "eigendecompositions");
  (void)cJSON_AddStringToObject(item, "kernel", name);
  (void)cJSON_AddStringToObject(item, "solver", nt_eigensolver_name(e->solver));
  (void)cJSON_AddNumberToObject(item, "seconds", e->seconds);
  (void)cJSON_AddNumberToObject(item, "residual", e->residual);
  (void)cJSON_AddNumberToObject(item, "vanishing", (double)info->vanishing);
  (void)cJSON_AddNumberToObject(item, "negative", (double)info->negative);
}

nt_status nt_descent_finish(nt_predict_run *r, nt_descent_answer *a)
{
  nt_status status = NT_OK;
  nt_descent_score(r, a);
  NT_TRY(nt_descent_add_nll(r, a));
  nt_descent_print(r, a);
  NT_TRY(nt_predict_plot_times(r, a));
  if (r->out != NULL) NT_TRY(nt_descent_write(r, a));
done:
  return status;
}

/* Training with squared loss, by all kernels at a time. */
typedef struct nt_training {
  nt_predict_run *r;
  const nt_descent_start *start;
  nt_held_kernels *kept;
  nt_predictor *p;
  int n; /* of: */
  nt_prediction_kind kind[NT_FIELDS];
  nt_descent_answer answer[NT_FIELDS];
  nt_quadratic shared[NT_FIELDS]; /* of covariances: of the test samples so far */
} nt_training;

/* Where results for some samples go: all training samples, or the test samples that are held. */
typedef struct nt_destination {
  int64_t first, count, all;
  double *mean; /* [L][all][c] */
  nt_spread_result *spread;
} nt_destination;

static nt_destination place_of(const nt_training *w, nt_descent_answer *a, bool on_test)
{
  const nt_problem *p = &w->r->problem;
  return on_test ? (nt_destination){w->kept->first, w->kept->count, p->m, a->test, &a->spread_test}
                 : (nt_destination){0, p->n, p->n, a->train, &a->spread_train};
}

/* Means [T][count][c] of regularisation number i. */
static void put_means(const nt_destination *to, const nt_descent_answer *a, int i, int64_t c,
                      const double *mean)
{
  for (int t = 0; t < a->T; t++) {
    const int64_t l = (int64_t)i * a->T + t;
    memcpy(to->mean + (l * to->all + to->first) * c, mean + t * to->count * c,
           (size_t)(to->count * c) * sizeof(double));
  }
}

/* From given outputs. */
static nt_status curve(nt_training *w, nt_descent_answer *a, int i, bool on_test)
{
  nt_status status = NT_OK;
  nt_predict_run *r = w->r;
  const nt_times times = times_of(&r->s.options);
  const int64_t c = r->problem.c;
  const nt_destination to = place_of(w, a, on_test);
  const double *initial = w->start->initial_test;
  const nt_descent d = {.train = {!on_test, 0, w->start->initial},
                        .test = {on_test, 0, initial == NULL ? NULL : initial + to.first * c},
                        .k_test_train = on_test ? w->kept->test_train[NT_NTK] : NULL};
  double *train = NULL, *test = NULL;
  NT_TRY(nt_gradient_descent_mse(w->p, &times, &d, &train, &test));
  put_means(&to, a, i, c, on_test ? test : train);
done:
  free(train);
  free(test);
  return status;
}

/* Of the test samples that are held. */
static nt_test_kernels test_of(const nt_held_kernels *k)
{
  const double *prior = k->prior[NT_NNGP];
  return (nt_test_kernels){.test_train = {k->test_train[NT_NNGP], k->test_train[NT_NTK]},
                           .nngp_diagonal = prior == NULL ? NULL : prior + k->first};
}

/* From random functions. Covariances of test samples come when all have passed. */
static nt_status ensemble(nt_training *w, nt_prediction_kind kind, nt_descent_answer *a, int i,
                          bool on_test)
{
  nt_status status = NT_OK;
  const nt_cli_options *o = &w->r->s.options;
  const nt_times times = times_of(o);
  const nt_prediction_get get = {1, {kind}};
  const nt_test_kernels test = test_of(w->kept);
  const nt_destination to = place_of(w, a, on_test);
  const nt_spread spread = on_test && o->covariance ? NT_SPREAD_NONE : nt_spread_wanted(o);
  nt_prediction result = {0};
  NT_TRY(nt_gradient_descent_mse_ensemble(w->p, &times, &get, on_test ? &test : NULL, spread,
                                          &result));
  put_means(&to, a, i, w->r->problem.c, result.mean);
  for (int t = 0; t < a->T; t++) {
    const int64_t l = (int64_t)i * a->T + t;
    if (result.variance != NULL)
      nt_spread_put_variance(to.spread, l, to.first, to.count, result.variance + t * to.count);
    if (result.covariance != NULL)
      NT_TRY(nt_spread_put_covariance(to.spread, l, &result.covariance[t]));
  }
done:
  nt_prediction_free(&result);
  return status;
}

/* What covariances are made of, of the test samples that are held. */
static nt_status share(nt_training *w)
{
  nt_status status = NT_OK;
  const nt_times times = times_of(&w->r->s.options);
  const nt_test_kernels test = test_of(w->kept);
  nt_quadratic part = {0};
  for (int k = 0; k < w->n; k++) {
    NT_TRY(nt_ensemble_share(w->p, &times, w->kind[k], &test, &part));
    NT_TRY(nt_quadratic_put(&part, w->kept->first, w->r->problem.m, &w->shared[k]));
    nt_quadratic_free(&part);
  }
done:
  nt_quadratic_free(&part);
  return status;
}

/* Covariances of all test samples at regularisation number i, one time after the other. */
static nt_status covariances(nt_training *w, int k, int i)
{
  nt_status status = NT_OK;
  const nt_times all = times_of(&w->r->s.options);
  nt_descent_answer *a = &w->answer[k];
  nt_dmatrix *covariance = NULL;
  const nt_spread_place to = {.prior = w->kept->test_test[NT_NNGP], .covariance = &covariance};
  for (int t = 0; t < a->T; t++) {
    const nt_times time = {all.n > 0 ? 1 : 0, all.t + t};
    NT_TRY(nt_ensemble_spread(w->p, &time, w->kind[k], &w->shared[k], &to));
    NT_TRY(nt_spread_put_covariance(&a->spread_test, (int64_t)i * a->T + t, &covariance));
  }
done:
  return status;
}

static nt_status set_reg(nt_training *w, int i)
{
  const nt_cli_options *o = &w->r->s.options;
  return nt_predictor_set_reg(w->p, nt_learning_regs(o)->v[i], o->reg_abs.n > 0);
}

/* All kernels with regularisation number i. */
static nt_status train_with(nt_training *w, int i, bool on_test)
{
  nt_status status = NT_OK;
  const nt_cli_options *o = &w->r->s.options;
  NT_TRY(set_reg(w, i));
  for (int k = 0; k < w->n; k++) {
    nt_descent_answer *a = &w->answer[k];
    NT_TRY(o->ensemble ? ensemble(w, w->kind[k], a, i, on_test) : curve(w, a, i, on_test));
    NT_TRY(nt_predictor_lambda(w->p, w->kind[k], &a->reg_abs[i]));
    const nt_spectrum_info info = nt_predictor_spectrum(w->p, w->kind[k]);
    if (i == 0 && !on_test) report_spectrum(&w->r->s, a->name, &info);
  }
done:
  return status;
}

/* The test samples pass in blocks, for regularisations first ... end-1. Without times that is one,
 * which the kernels are factorised with. */
static nt_status pass(nt_training *w, int first, int end)
{
  nt_status status = NT_OK;
  const bool covariance = w->r->s.options.covariance && w->r->problem.m > 0;
  for (int64_t at = 0; at < w->r->problem.m; at += w->r->block) {
    NT_TRY(nt_predict_load(w->r, at, w->kept));
    for (int i = first; i < end; i++)
      NT_TRY(train_with(w, i, true));
    if (covariance) NT_TRY(share(w));
  }
  for (int i = first; i < end && covariance; i++) {
    NT_TRY(set_reg(w, i));
    for (int k = 0; k < w->n; k++)
      NT_TRY(covariances(w, k, i));
  }
done:
  for (int k = 0; k < w->n; k++)
    nt_quadratic_free(&w->shared[k]);
  return status;
}

/* An eigendecomposition serves all regularisations, a factor only one. */
static nt_status train_all(nt_training *w)
{
  nt_status status = NT_OK;
  const int R = w->answer[0].R, passes = nt_predict_passes(&w->r->s.options);
  for (int i = 0; i < R; i++)
    NT_TRY(train_with(w, i, false));
  for (int i = 0; i < passes; i++)
    NT_TRY(pass(w, i, passes == 1 ? R : i + 1));
done:
  return status;
}

static nt_status by_closed_form(nt_predict_run *r, const nt_descent_start *start,
                                nt_held_kernels *kept)
{
  nt_status status = NT_OK;
  nt_training w = {.r = r, .start = start, .kept = kept};
  if (r->predictors & NT_BY_NNGP) w.kind[w.n++] = NT_PREDICT_NNGP;
  if (r->predictors & NT_BY_NTK) w.kind[w.n++] = NT_PREDICT_NTK;
  NT_TRY(make_predictor(r, start, &w.p));
  for (int k = 0; k < w.n; k++)
    NT_TRY(nt_descent_answer_begin(r, nt_prediction_kind_name(w.kind[k]), &w.answer[k]));
  NT_TRY(train_all(&w));
  for (int k = 0; k < w.n; k++)
    NT_TRY(nt_descent_finish(r, &w.answer[k]));
done:
  nt_predictor_destroy(&w.p);
  for (int k = 0; k < w.n; k++)
    nt_descent_answer_free(&w.answer[k]);
  return status;
}

nt_status nt_descent_learn(nt_predict_run *r)
{
  nt_status status = NT_OK;
  const nt_cli_options *o = &r->s.options;
  nt_descent_start start = {.rate = 1};
  nt_held_kernels kept = {0};
  NT_TRY(nt_predict_keep(r, &kept));
  NT_TRY(nt_descent_begin(r, &start));
  NT_TRY(nt_descent_integrates(o) ? nt_descent_by_equation(r, &start, &kept)
                                  : by_closed_form(r, &start, &kept));
  NT_TRY(nt_session_phase(&r->s, "train"));
done:
  nt_held_kernels_free(&kept);
  nt_descent_start_free(&start);
  return status;
}
