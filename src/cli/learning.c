#include "cli/learning.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

static double zero = 0;
static const nt_reals no_reg = {.n = 1, .v = &zero};

const nt_reals *nt_learning_regs(const nt_cli_options *o)
{
  if (o->reg_abs.n > 0) return &o->reg_abs;
  return o->reg.n > 0 ? &o->reg : &no_reg;
}

int64_t nt_learning_bytes(const nt_cli_options *o, const nt_problem *p, int kernels)
{
  const int64_t R = nt_learning_regs(o)->n, c = p->train->c;
  return kernels * (R * (2 * p->n + p->m) + p->n) * c * (int64_t)sizeof(double);
}

static nt_status allocate(nt_error *err, const nt_problem *p, nt_fit *fit)
{
  nt_status status = NT_OK;
  const int64_t R = fit->R, c = p->train->c;
  const struct {
    double **place;
    int64_t count;
  } arrays[] = {{&fit->reg, R},
                {&fit->reg_abs, R},
                {&fit->alpha, R * p->n * c},
                {&fit->train_mean, R * p->n * c},
                {&fit->mean, R * p->m * c}};
  nt_metrics **const metrics[] = {&fit->metrics, &fit->train_metrics};
  void *memory;
  for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
    NT_TRY(nt_calloc(err, arrays[i].count, sizeof(double), "predictions", &memory));
    *arrays[i].place = memory;
  }
  for (int i = 0; i < 2; i++) {
    NT_TRY(nt_calloc(err, R, sizeof(nt_metrics), "metrics", &memory));
    *metrics[i] = memory;
  }
done:
  return status;
}

void nt_fit_free(nt_fit *fit)
{
  nt_posterior_destroy(&fit->posterior);
  free(fit->reg);
  free(fit->reg_abs);
  free(fit->alpha);
  free(fit->train_mean);
  free(fit->mean);
  free(fit->metrics);
  free(fit->train_metrics);
  *fit = (nt_fit){0};
}

static void report_factor(const nt_session *s, const char *name, const nt_factor_info *info)
{
  nt_say(
      s,
      "%s: %.6g added to the diagonal, whose mean is %.6g; Cholesky %.2f s, %.1f GF/s on %d ranks",
      name, info->lambda, info->mean_diagonal, info->seconds, info->gflops, nt_ctx_size(s->ctx));
}

static void store_factor(const nt_session *s, const char *name, const nt_factor_info *info)
{
  if (s->json == NULL) return;
  cJSON *list = cJSON_GetObjectItem(s->json, "factorisations");
  if (list == NULL) list = cJSON_AddArrayToObject(s->json, "factorisations");
  cJSON *item = cJSON_CreateObject();
  (void)cJSON_AddStringToObject(item, "kernel", name);
  (void)cJSON_AddNumberToObject(item, "reg_abs", info->lambda);
  (void)cJSON_AddNumberToObject(item, "mean_diagonal", info->mean_diagonal);
  (void)cJSON_AddNumberToObject(item, "seconds", info->seconds);
  (void)cJSON_AddNumberToObject(item, "gflops", info->gflops);
  (void)cJSON_AddItemToArray(list, item);
}

nt_status nt_fit_begin(nt_session *s, const nt_problem *p, const char *name, nt_dmatrix **k_train,
                       nt_fit *fit)
{
  nt_status status = NT_OK;
  const nt_reals *regs = nt_learning_regs(&s->options);
  *fit = (nt_fit){.name = name, .R = regs->n};
  NT_TRY_ALL(s->ctx, allocate(nt_ctx_error(s->ctx), p, fit));
  for (int r = 0; r < fit->R; r++)
    fit->reg[r] = regs->v[r];
  NT_TRY(nt_posterior_take(k_train, NT_FULL, name, &fit->posterior));
done:
  return status;
}

/* On the training set K alpha = Y - lambda alpha, without another product. */
nt_status nt_fit_train(nt_session *s, const nt_problem *p, nt_fit *fit, int r)
{
  nt_status status = NT_OK;
  const int64_t size = p->n * p->train->c;
  double *alpha = fit->alpha + r * size, *train_mean = fit->train_mean + r * size;
  NT_TRY(nt_posterior_factor(fit->posterior, fit->reg[r], s->options.reg_abs.n > 0));
  const nt_factor_info *info = nt_posterior_info(fit->posterior);
  report_factor(s, fit->name, info);
  store_factor(s, fit->name, info);
  NT_TRY(nt_posterior_solve(fit->posterior, p->train->y, p->train->c, alpha));
  for (int64_t i = 0; i < size; i++)
    train_mean[i] = p->train->y[i] - info->lambda * alpha[i];
  fit->reg_abs[r] = info->lambda;
  fit->train_metrics[r] = nt_metrics_compute(p->train, train_mean);
done:
  return status;
}

nt_status nt_fit_test(const nt_problem *p, nt_fit *fit, int r, int64_t first,
                      const nt_dmatrix *k_test)
{
  const int64_t c = p->train->c;
  return nt_posterior_mean(k_test, fit->alpha + r * p->n * c, c,
                           fit->mean + (r * p->m + first) * c);
}

void nt_fit_score(const nt_problem *p, nt_fit *fit)
{
  for (int r = 0; r < fit->R && p->test != NULL; r++)
    fit->metrics[r] = nt_metrics_compute(p->test, fit->mean + r * p->m * p->train->c);
}
