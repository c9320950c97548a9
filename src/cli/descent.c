/* Training by gradient descent: one kernel after the other, at all regularisations and times. */
#include "cli/descent.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static nt_times times_of(const nt_cli_options *o) { return (nt_times){o->time.n, o->time.v}; }

/* What a predictor and the start of its training are made of. */
static nt_status make_predictor(nt_predict_run *r, const nt_descent_start *start,
                                nt_predictor **out)
{
  const nt_cli_options *o = &r->s.options;
  const nt_kernel_pair train = {r->k_train[NT_NNGP], r->k_train[NT_NTK]};
  const nt_shape shape = {2, {r->problem.n, r->problem.train->c}};
  nt_predict_options options = NT_PREDICT_DEFAULTS;
  options.learning_rate = start->rate;
  if (o->eigensolver > 0) options.eigensolver = (nt_eigensolver)(o->eigensolver - 1);
  return nt_predictor_create(&train, r->problem.train->y, &shape, &options, out);
}

static nt_descent descent_of(const nt_predict_run *r, const nt_descent_start *start,
                             const nt_kept *kept)
{
  return (nt_descent){.train = {true, 0, start->initial},
                      .test = {!start->has_state && r->problem.m > 0, 0, start->initial_test},
                      .k_test_train = kept->test_train[NT_NTK]};
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
  cJSON *list = cJSON_GetObjectItem(s->json, "eigendecompositions");
  if (list == NULL) list = cJSON_AddArrayToObject(s->json, "eigendecompositions");
  cJSON *item = cJSON_CreateObject();
  (void)cJSON_AddStringToObject(item, "kernel", name);
  (void)cJSON_AddStringToObject(item, "solver", nt_eigensolver_name(e->solver));
  (void)cJSON_AddNumberToObject(item, "seconds", e->seconds);
  (void)cJSON_AddNumberToObject(item, "residual", e->residual);
  (void)cJSON_AddNumberToObject(item, "vanishing", (double)info->vanishing);
  (void)cJSON_AddNumberToObject(item, "negative", (double)info->negative);
  (void)cJSON_AddItemToArray(list, item);
}

static nt_status finish(nt_predict_run *r, nt_descent_answer *a)
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

/* ---- From given outputs, squared loss ---- */

static nt_status curves(nt_predict_run *r, nt_predictor *p, const nt_descent *d,
                        nt_descent_answer *a)
{
  nt_status status = NT_OK;
  const nt_cli_options *o = &r->s.options;
  const nt_reals *regs = nt_learning_regs(o);
  const nt_times times = times_of(o);
  const int64_t c = r->problem.train->c, n = a->T * r->problem.n * c, m = a->T * r->problem.m * c;
  double *train = NULL, *test = NULL;
  for (int i = 0; i < a->R; i++) {
    NT_TRY(nt_predictor_set_reg(p, regs->v[i], o->reg_abs.n > 0));
    NT_TRY(nt_predictor_lambda(p, NT_PREDICT_NTK, &a->reg_abs[i]));
    NT_TRY(nt_gradient_descent_mse(p, &times, d, &train, &test));
    memcpy(a->train + i * n, train, (size_t)n * sizeof(double));
    if (test != NULL) memcpy(a->test + i * m, test, (size_t)m * sizeof(double));
    free(train);
    free(test);
    train = test = NULL;
    const nt_spectrum_info info = nt_predictor_spectrum(p, NT_PREDICT_NTK);
    if (i == 0) report_spectrum(&r->s, a->name, &info);
  }
done:
  return status;
}

static nt_status from_outputs(nt_predict_run *r, const nt_descent_start *start, const nt_kept *kept)
{
  nt_status status = NT_OK;
  nt_predictor *p = NULL;
  nt_descent_answer a;
  const nt_descent d = descent_of(r, start, kept);
  NT_TRY(nt_descent_answer_begin(r, "ntk", &a));
  NT_TRY(make_predictor(r, start, &p));
  NT_TRY(curves(r, p, &d, &a));
  NT_TRY(finish(r, &a));
done:
  nt_predictor_destroy(&p);
  nt_descent_answer_free(&a);
  return status;
}

/* ---- From random functions ---- */

/* Results of one regularisation into places first ... of an answer. */
static nt_status take(nt_prediction *result, int64_t first, double *mean, nt_spread_result *spread)
{
  nt_status status = NT_OK;
  const int64_t size = nt_shape_size(&result->shape), T = result->n_times;
  memcpy(mean + first * size, result->mean, (size_t)(T * size) * sizeof(double));
  for (int t = 0; t < T; t++) {
    const double *variance = result->variance != NULL ? result->variance + t * result->rows : NULL;
    nt_dmatrix *none = NULL;
    NT_TRY(nt_spread_put(spread, first + t, variance,
                         result->covariance != NULL ? &result->covariance[t] : &none));
  }
done:
  return status;
}

static nt_status ensemble_at(nt_predict_run *r, nt_predictor *p, nt_prediction_kind kind,
                             const nt_test_kernels *test, int i, nt_descent_answer *a)
{
  nt_status status = NT_OK;
  const nt_cli_options *o = &r->s.options;
  const nt_times times = times_of(o);
  const nt_prediction_get get = {1, {kind}};
  const nt_spread spread = nt_spread_wanted(o);
  nt_prediction result = {0};
  NT_TRY(nt_predictor_set_reg(p, nt_learning_regs(o)->v[i], o->reg_abs.n > 0));
  NT_TRY(nt_predictor_lambda(p, kind, &a->reg_abs[i]));
  if (r->problem.m > 0) {
    NT_TRY(nt_gradient_descent_mse_ensemble(p, &times, &get, test, spread, &result));
    NT_TRY(take(&result, (int64_t)i * a->T, a->test, &a->spread_test));
    nt_prediction_free(&result);
  }
  NT_TRY(nt_gradient_descent_mse_ensemble(p, &times, &get, NULL, spread, &result));
  NT_TRY(take(&result, (int64_t)i * a->T, a->train, &a->spread_train));
done:
  nt_prediction_free(&result);
  return status;
}

static nt_status ensemble_of(nt_predict_run *r, nt_predictor *p, nt_prediction_kind kind,
                             const nt_test_kernels *test)
{
  nt_status status = NT_OK;
  nt_descent_answer a;
  NT_TRY(nt_descent_answer_begin(r, nt_prediction_kind_name(kind), &a));
  for (int i = 0; i < a.R; i++) {
    NT_TRY(ensemble_at(r, p, kind, test, i, &a));
    const nt_spectrum_info info = nt_predictor_spectrum(p, kind);
    if (i == 0) report_spectrum(&r->s, a.name, &info);
  }
  NT_TRY(finish(r, &a));
done:
  nt_descent_answer_free(&a);
  return status;
}

static nt_status from_random_functions(nt_predict_run *r, const nt_descent_start *start,
                                       const nt_kept *kept)
{
  nt_status status = NT_OK;
  nt_predictor *p = NULL;
  const nt_test_kernels test = {.test_train = {kept->test_train[NT_NNGP], kept->test_train[NT_NTK]},
                                .test_test = {kept->test_test[NT_NNGP], kept->test_test[NT_NTK]},
                                .nngp_diagonal = kept->prior[NT_NNGP],
                                .ntk_diagonal = kept->prior[NT_NTK]};
  NT_TRY(make_predictor(r, start, &p));
  if (r->predictors & NT_BY_NNGP) NT_TRY(ensemble_of(r, p, NT_PREDICT_NNGP, &test));
  if (r->predictors & NT_BY_NTK) NT_TRY(ensemble_of(r, p, NT_PREDICT_NTK, &test));
done:
  nt_predictor_destroy(&p);
  return status;
}

/* ---- As a differential equation ---- */

static nt_status integrate(nt_predict_run *r, const nt_descent_start *start, const nt_kept *kept,
                           nt_ode_state *states)
{
  nt_status status = NT_OK;
  const nt_cli_options *o = &r->s.options;
  const nt_shape shape = {2, {r->problem.n, r->problem.train->c}};
  const nt_descent d = descent_of(r, start, kept);
  const nt_times times = times_of(o);
  const nt_loss loss = o->loss == NT_LOSS_CROSS_ENTROPY ? nt_cross_entropy_loss() : nt_mse_loss();
  nt_ode_options options = NT_ODE_DEFAULTS;
  nt_ode_info info;
  options.learning_rate = start->rate;
  if (o->momentum.given) options.momentum = o->momentum.value;
  if (o->tolerance.given) options.tolerance = o->tolerance.value;
  NT_TRY(nt_gradient_descent(r->k_train[NT_NTK], r->problem.train->y, &shape, &loss, &options,
                             &times, start->has_state ? &start->state : NULL, &d, states, &info));
  nt_say(&r->s, "ntk: integrated in %lld steps (%lld rejected), tolerance %g",
         (long long)info.steps, (long long)info.rejected, options.tolerance);
done:
  return status;
}

static nt_status from_equation(nt_predict_run *r, const nt_descent_start *start,
                               const nt_kept *kept)
{
  nt_status status = NT_OK;
  nt_descent_answer a;
  void *memory = NULL;
  const int64_t c = r->problem.train->c, n = r->problem.n * c, m = r->problem.m * c;
  const int T = r->s.options.time.n;
  NT_TRY(nt_descent_answer_begin(r, "ntk", &a));
  NT_TRY_ALL(r->s.ctx,
             nt_calloc(nt_ctx_error(r->s.ctx), T, sizeof(nt_ode_state), "states", &memory));
  nt_ode_state *states = memory;
  NT_TRY(integrate(r, start, kept, states));
  for (int t = 0; t < T; t++) {
    memcpy(a.train + t * n, states[t].fx_train, (size_t)n * sizeof(double));
    if (m > 0) memcpy(a.test + t * m, states[t].fx_test, (size_t)m * sizeof(double));
  }
  NT_TRY(finish(r, &a));
  NT_TRY(nt_descent_save(r, &states[T - 1]));
done:
  for (int t = 0; memory != NULL && t < T; t++)
    nt_ode_state_free((nt_ode_state *)memory + t);
  free(memory);
  nt_descent_answer_free(&a);
  return status;
}

nt_status nt_descent_learn(nt_predict_run *r)
{
  nt_status status = NT_OK;
  const nt_cli_options *o = &r->s.options;
  nt_descent_start start = {.rate = 1};
  nt_kept kept = {{NULL}, {NULL}, {NULL}};
  NT_TRY(nt_predict_keep(r, &kept));
  NT_TRY(nt_descent_begin(r, &start));
  if (nt_descent_integrates(o))
    NT_TRY(from_equation(r, &start, &kept));
  else
    NT_TRY(o->ensemble ? from_random_functions(r, &start, &kept) : from_outputs(r, &start, &kept));
  NT_TRY(nt_session_phase(&r->s, "train"));
done:
  nt_kept_free(&kept);
  nt_descent_start_free(&start);
  return status;
}
