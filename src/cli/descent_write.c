/* What gradient descent leaves: lines for people, the summary, the file of results. */
#include "cli/descent.h"

#include "base/check.h"
#include "base/memory.h"
#include "cli/json.h"

#include <stdio.h>
#include <stdlib.h>

static nt_status numbers(nt_error *err, int64_t count, size_t size, void *out)
{
  return nt_calloc(err, count, size, "predictions over time", out);
}

static nt_status allocate(const nt_predict_run *r, nt_descent_answer *a)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(r->s.ctx);
  const int64_t L = (int64_t)a->R * a->T, c = r->problem.c;
  NT_TRY(numbers(err, a->R, sizeof(double), &a->reg_abs));
  NT_TRY(numbers(err, L * r->problem.n * c, sizeof(double), &a->train));
  NT_TRY(numbers(err, L, sizeof(nt_metrics), &a->metrics_train));
  if (r->problem.m == 0) return NT_OK;
  NT_TRY(numbers(err, L * r->problem.m * c, sizeof(double), &a->test));
  if (r->problem.test != NULL) NT_TRY(numbers(err, L, sizeof(nt_metrics), &a->metrics_test));
done:
  return status;
}

nt_status nt_descent_answer_begin(nt_predict_run *r, const char *name, nt_descent_answer *a)
{
  nt_status status = NT_OK;
  const nt_cli_options *o = &r->s.options;
  *a = (nt_descent_answer){.name = name,
                           .R = nt_descent_integrates(o) ? 1 : nt_learning_regs(o)->n,
                           .T = o->time.n > 0 ? o->time.n : 1};
  const int64_t L = (int64_t)a->R * a->T;
  NT_TRY_ALL(r->s.ctx, allocate(r, a));
  NT_TRY(nt_spread_begin(&r->s, L, r->problem.n, &a->spread_train));
  if (r->problem.m > 0) NT_TRY(nt_spread_begin(&r->s, L, r->problem.m, &a->spread_test));
done:
  return status;
}

void nt_descent_answer_free(nt_descent_answer *a)
{
  free(a->reg_abs);
  free(a->test);
  free(a->train);
  free(a->metrics_test);
  free(a->metrics_train);
  free(a->nll_each);
  nt_spread_free(&a->spread_test);
  nt_spread_free(&a->spread_train);
  *a = (nt_descent_answer){0};
}

static nt_metrics score(const nt_predict_run *r, const nt_targets *targets, const double *f)
{
  nt_metrics metrics = nt_metrics_compute(targets, f);
  if (r->s.options.loss == NT_LOSS_CROSS_ENTROPY) {
    const nt_loss loss = nt_cross_entropy_loss();
    metrics.loss = loss.value(loss.self, &targets->shape, f, targets->y);
  }
  return metrics;
}

void nt_descent_score(const nt_predict_run *r, nt_descent_answer *a)
{
  const nt_problem *p = &r->problem;
  const int64_t c = p->c;
  for (int64_t l = 0; l < (int64_t)a->R * a->T; l++) {
    a->metrics_train[l] = score(r, p->train, a->train + l * p->n * c);
    if (a->metrics_test != NULL) a->metrics_test[l] = score(r, p->test, a->test + l * p->m * c);
  }
}

nt_status nt_descent_add_nll(nt_predict_run *r, nt_descent_answer *a)
{
  nt_status status = NT_OK;
  const nt_problem *p = &r->problem;
  const int64_t L = (int64_t)a->R * a->T, m = p->m;
  double *variance = NULL;
  if (a->metrics_test == NULL) return NT_OK;
  NT_TRY(nt_spread_variances(r->s.ctx, &a->spread_test, L, &variance));
  if (variance == NULL) return NT_OK;
  NT_TRY_ALL(r->s.ctx, numbers(nt_ctx_error(r->s.ctx), L * m, sizeof(double), &a->nll_each));
  for (int64_t l = 0; l < L; l++)
    NT_TRY_ALL(r->s.ctx, nt_set_nll(nt_ctx_error(r->s.ctx), p, NT_ON_TEST, a->test + l * m * p->c,
                                    variance + l * m, a->reg_abs[l / a->T], a->nll_each + l * m,
                                    &a->metrics_test[l]));
done:
  free(variance);
  return status;
}

static void print_metrics(const nt_predict_run *r, const nt_metrics *metrics)
{
  nt_metrics_print(metrics);
  if (r->s.options.loss == NT_LOSS_CROSS_ENTROPY) printf(" loss=%.6g", metrics->loss);
  putchar('\n');
}

static void store(const nt_predict_run *r, const nt_descent_answer *a, int i, int t)
{
  const nt_cli_options *o = &r->s.options;
  const int64_t l = (int64_t)i * a->T + t;
  cJSON *item = nt_json_item(r->s.json, "results");
  (void)cJSON_AddStringToObject(item, "kernel", a->name);
  if (o->reg_abs.n == 0) (void)cJSON_AddNumberToObject(item, "reg", nt_learning_regs(o)->v[i]);
  (void)cJSON_AddNumberToObject(item, "reg_abs", a->reg_abs[i]);
  if (o->time.n > 0) (void)cJSON_AddNumberToObject(item, "time", o->time.v[t]);
  if (a->metrics_test != NULL) nt_metrics_store(item, "", &a->metrics_test[l]);
  nt_metrics_store(item, "train_", &a->metrics_train[l]);
}

static void print_time(const nt_predict_run *r, const nt_descent_answer *a, int i, int t)
{
  const nt_cli_options *o = &r->s.options;
  const int64_t l = (int64_t)i * a->T + t;
  char text[60], head[160], when[40] = "";
  if (o->time.n > 0) snprintf(when, sizeof when, " time=%g", o->time.v[t]);
  nt_reg_text(&r->s, nt_learning_regs(o)->v[i], text, sizeof text);
  snprintf(head, sizeof head, "%s %s%s", a->name, text, when);
  if (a->metrics_test != NULL) {
    fputs(head, stdout);
    print_metrics(r, &a->metrics_test[l]);
  } else if (r->problem.m > 0) {
    printf("%s predicted=%lld\n", head, (long long)r->problem.test_trace.shape.dim[0]);
  }
  printf("%s train", head);
  print_metrics(r, &a->metrics_train[l]);
}

void nt_descent_print(const nt_predict_run *r, const nt_descent_answer *a)
{
  for (int i = 0; i < a->R; i++) {
    for (int t = 0; t < a->T; t++) {
      if (nt_shows_tables(&r->s)) print_time(r, a, i, t);
      if (r->s.json != NULL) store(r, a, i, t);
    }
  }
  fflush(stdout);
}

/* Axes reg and time, where lists were given. */
static nt_shape leading(const nt_predict_run *r, const nt_descent_answer *a)
{
  const nt_cli_options *o = &r->s.options;
  nt_shape lead = {0};
  if (nt_learning_regs(o)->is_list) lead.dim[lead.rank++] = a->R;
  if (o->time.n > 0 && o->time.is_list) lead.dim[lead.rank++] = a->T;
  return lead;
}

/* Mean, metrics and spread of one set of samples: "ntk/" or "ntk/train_". */
static nt_status write_set(nt_predict_run *r, const nt_descent_answer *a, const char *name,
                           const double *mean, const nt_metrics *metrics, const nt_trace *trace,
                           const nt_spread_result *spread)
{
  nt_status status = NT_OK;
  char path[80];
  const nt_shape lead = leading(r, a), shape = nt_shape_join(&lead, &trace->shape);
  const nt_shape axes = nt_trace_rows(trace);
  if (mean == NULL) return NT_OK;
  snprintf(path, sizeof path, "%smean", name);
  NT_TRY(nt_output_write_array(r->out, path, &shape, mean));
  if (metrics != NULL) NT_TRY(nt_metrics_write(r->s.ctx, r->out, name, &lead, metrics));
  NT_TRY(nt_spread_write(r->out, spread, &lead, &axes, r->s.options.store, name));
done:
  return status;
}

static nt_status write_nll_each(nt_predict_run *r, const nt_descent_answer *a, const char *name)
{
  char path[80];
  const nt_shape lead = leading(r, a), axes = nt_trace_rows(&r->problem.test_trace);
  const nt_shape shape = nt_shape_join(&lead, &axes);
  if (a->nll_each == NULL) return NT_OK;
  snprintf(path, sizeof path, "%snll_each", name);
  return nt_output_write_array(r->out, path, &shape, a->nll_each);
}

nt_status nt_descent_write(nt_predict_run *r, const nt_descent_answer *a)
{
  nt_status status = NT_OK;
  char test[40], train[40], reg[40], class[40];
  const nt_shape lead = leading(r, a);
  const nt_shape regs = {nt_learning_regs(&r->s.options)->is_list ? 1 : 0, {a->R}};
  snprintf(test, sizeof test, "%s/", a->name);
  snprintf(train, sizeof train, "%s/train_", a->name);
  snprintf(reg, sizeof reg, "%s/reg_abs", a->name);
  NT_TRY(write_set(r, a, test, a->test, a->metrics_test, &r->problem.test_trace, &a->spread_test));
  NT_TRY(write_set(r, a, train, a->train, a->metrics_train, &r->problem.trace, &a->spread_train));
  snprintf(class, sizeof class, "%s/class", a->name);
  if (a->test != NULL && r->problem.train->label != NULL)
    NT_TRY(nt_classes_write(r->s.ctx, r->out, class, &lead, &r->problem, a->test));
  NT_TRY(write_nll_each(r, a, test));
  NT_TRY(nt_output_write_array(r->out, reg, &regs, a->reg_abs));
done:
  return status;
}

nt_status nt_descent_attributes(nt_predict_run *r)
{
  nt_status status = NT_OK;
  const nt_cli_options *o = &r->s.options;
  const nt_shape shape = {o->time.is_list ? 1 : 0, {o->time.n}};
  const char *loss = o->loss == NT_LOSS_CROSS_ENTROPY ? "cross-entropy" : "mse";
  if (o->time.n > 0) NT_TRY(nt_output_write_array(r->out, "time", &shape, o->time.v));
  NT_TRY(nt_output_attr_text(r->out, "", "method", "gradient-descent"));
  NT_TRY(nt_output_attr_text(r->out, "", "loss", loss));
  NT_TRY(nt_output_attr_real(r->out, "", "learning_rate", r->rate));
  NT_TRY(nt_output_attr_real(r->out, "", "max_learning_rate", r->largest_rate));
  if (o->momentum.given) NT_TRY(nt_output_attr_real(r->out, "", "momentum", o->momentum.value));
  NT_TRY(nt_output_attr_bool(r->out, "", "ensemble", o->ensemble));
done:
  return status;
}
