#include "cli/learning.h"

#include "base/blas.h"
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

int64_t nt_learning_bytes(const nt_cli_options *o, const nt_problem *p)
{
  const int64_t R = nt_learning_regs(o)->n, c = p->train->c;
  return (R * (p->n + p->m) + 2 * p->n) * c * (int64_t)sizeof(double);
}

static nt_status allocate(nt_error *err, const nt_problem *p, nt_answer *a)
{
  nt_status status = NT_OK;
  const int64_t R = a->R, c = p->train->c;
  void *memory;
  NT_TRY(nt_calloc(err, R * p->m * c, sizeof(double), "predictions", &memory));
  a->mean = memory;
  NT_TRY(nt_calloc(err, R * p->n * c, sizeof(double), "predictions", &memory));
  a->train_mean = memory;
  NT_TRY(nt_calloc(err, R, sizeof(double), "regularisations", &memory));
  a->reg_abs = memory;
  NT_TRY(nt_calloc(err, R, sizeof(nt_metrics), "metrics", &memory));
  a->metrics = memory;
  NT_TRY(nt_calloc(err, R, sizeof(nt_metrics), "metrics", &memory));
  a->train_metrics = memory;
done:
  return status;
}

void nt_answer_free(nt_answer *a)
{
  free(a->mean);
  free(a->train_mean);
  free(a->reg_abs);
  free(a->metrics);
  free(a->train_metrics);
  *a = (nt_answer){0};
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

/* One regularisation. On the training set K alpha = Y - lambda alpha, without another product. */
static nt_status learn(nt_session *s, const nt_problem *p, nt_posterior *posterior,
                       const nt_dmatrix *k_test, double *alpha, int r, nt_answer *a)
{
  nt_status status = NT_OK;
  const int64_t c = p->train->c;
  double *mean = a->mean + (int64_t)r * p->m * c;
  double *train_mean = a->train_mean + (int64_t)r * p->n * c;
  NT_TRY(nt_posterior_factor(posterior, nt_learning_regs(&s->options)->v[r],
                             s->options.reg_abs.n > 0));
  const nt_factor_info *info = nt_posterior_info(posterior);
  report_factor(s, a->name, info);
  store_factor(s, a->name, info);
  NT_TRY(nt_posterior_solve(posterior, p->train->y, c, alpha));
  NT_TRY(nt_posterior_mean(k_test, alpha, c, mean));
  for (int64_t i = 0; i < p->n * c; i++)
    train_mean[i] = p->train->y[i] - info->lambda * alpha[i];
  a->reg_abs[r] = info->lambda;
  a->train_metrics[r] = nt_metrics_compute(p->train, train_mean);
  if (p->test != NULL) a->metrics[r] = nt_metrics_compute(p->test, mean);
done:
  return status;
}

nt_status nt_learning_run(nt_session *s, const nt_problem *p, const char *name,
                          nt_dmatrix **k_train, const nt_dmatrix *k_test, nt_answer *a)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(s->ctx);
  nt_posterior *posterior = NULL;
  void *alpha = NULL;
  *a = (nt_answer){.name = name, .R = nt_learning_regs(&s->options)->n};
  (void)nt_blas_set_threads(s->placement.threads);
  NT_TRY_ALL(s->ctx, allocate(err, p, a));
  NT_TRY_ALL(s->ctx, nt_alloc(err, p->n * p->train->c, sizeof(double), "weights", &alpha));
  NT_TRY(nt_posterior_take(k_train, NT_FULL, name, &posterior));
  for (int r = 0; r < a->R; r++) {
    NT_TRY(learn(s, p, posterior, k_test, alpha, r, a));
    nt_answer_print(s, p, a, r);
  }
done:
  free(alpha);
  nt_posterior_destroy(&posterior);
  return status;
}
