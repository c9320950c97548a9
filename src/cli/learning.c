#include "cli/learning.h"

#include "base/check.h"
#include "base/memory.h"
#include "cli/json.h"
#include "cli/solving.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static double zero = 0;
static const nt_reals no_reg = {.n = 1, .v = &zero};

/* The grid of --reg auto: powers of ten from the rounding of a kernel to a tenfold diagonal. */
static double powers[] = {1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10};
static const nt_reals auto_regs = {
    .n = sizeof powers / sizeof *powers, .v = powers, .is_list = true};

const nt_reals *nt_learning_regs(const nt_cli_options *o)
{
  if (o->reg.is_auto) return &auto_regs;
  if (o->reg_abs.n > 0) return &o->reg_abs;
  return o->reg.n > 0 ? &o->reg : &no_reg;
}

int nt_learning_select(const nt_cli_options *o)
{
  return o->select == 0 && o->reg.is_auto ? NT_SELECT_LOO : o->select;
}

static bool wants(const nt_session *s, const nt_problem *p, nt_set set)
{
  const bool wanted[NT_SETS] = {[NT_ON_TEST] = p->m > 0,
                                [NT_ON_TRAIN] = true,
                                [NT_ON_LOO] = s->options.loo,
                                [NT_ON_FOLDS] = p->folds != NULL};
  return wanted[set];
}

int64_t nt_learning_bytes(const nt_cli_options *o, const nt_problem *p, int kernels)
{
  const bool folds = p->folds != NULL, chooses = nt_learning_select(o) != 0;
  const int64_t R = chooses ? 1 : nt_learning_regs(o)->n, n = p->n, c = p->c;
  const int64_t sets = 2 + o->loo + folds; /* with the weights */
  const int64_t lowest = 11 * n;           /* nt_posterior_lowest_eigenvalue */
  const int64_t left_out = chooses * n * (c + 1) + 2 * folds * n * c + 2 * o->loo * R * n;
  return (kernels * R * (sets * n + p->m) * c + lowest + left_out) * (int64_t)sizeof(double);
}

static nt_status numbers(nt_error *err, int64_t count, double **out)
{
  return nt_calloc(err, count, sizeof(double), "predictions", out);
}

static nt_status allocate(const nt_session *s, const nt_problem *p, nt_fit *fit)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(s->ctx);
  const int64_t R = fit->R, c = p->c;
  NT_TRY(numbers(err, R, &fit->reg));
  NT_TRY(numbers(err, R, &fit->reg_abs));
  if (!nt_solving_iterates(&s->options)) NT_TRY(numbers(err, R, &fit->log_evidence));
  NT_TRY(numbers(err, R * p->n * c, &fit->alpha));
  if (s->options.loo) NT_TRY(numbers(err, R * p->n, &fit->loo_variance));
  for (nt_set set = 0; set < NT_SETS; set++) {
    if (!wants(s, p, set)) continue;
    NT_TRY(numbers(err, R * nt_set_size(p, set) * c, &fit->mean[set]));
    NT_TRY(nt_calloc(err, R, sizeof(nt_metrics), "metrics", &fit->metrics[set]));
  }
done:
  return status;
}

nt_status nt_fit_begin(nt_session *s, const nt_problem *p, const char *name, nt_dmatrix **k_train,
                       nt_fit *fit)
{
  nt_status status = NT_OK;
  const nt_reals *regs = nt_learning_regs(&s->options);
  *fit = (nt_fit){.name = name, .lowest = NAN, .R = nt_learning_select(&s->options) ? 1 : regs->n};
  NT_TRY_ALL(s->ctx, allocate(s, p, fit));
  for (int r = 0; r < fit->R; r++)
    fit->reg[r] = regs->v[r];
  if (*k_train != NULL) NT_TRY(nt_posterior_take(k_train, NT_FULL, name, &fit->posterior));
done:
  return status;
}

void nt_fit_free(nt_fit *fit)
{
  nt_solving_free(fit);
  nt_posterior_destroy(&fit->posterior);
  free(fit->curve.reg);
  free(fit->curve.reg_abs);
  free(fit->curve.score);
  free(fit->curve.metrics);
  free(fit->reg);
  free(fit->reg_abs);
  free(fit->log_evidence);
  free(fit->alpha);
  free(fit->loo_variance);
  free(fit->loo_ensemble);
  for (nt_set set = 0; set < NT_SETS; set++) {
    free(fit->mean[set]);
    free(fit->metrics[set]);
  }
  *fit = (nt_fit){0};
}

static void report_factor(const nt_session *s, const nt_fit *fit)
{
  const nt_factor_info *info = nt_posterior_info(fit->posterior);
  nt_say(s,
         "%s: %.6g added to the diagonal, whose mean is %.6g; lowest eigenvalue at most %.3g; "
         "Cholesky %.2f s, %.1f GF/s on %d rank%s",
         fit->name, info->lambda, info->mean_diagonal, fit->lowest, info->seconds, info->gflops,
         nt_ctx_size(s->ctx), nt_ctx_size(s->ctx) == 1 ? "" : "s");
  if (s->json == NULL) return;
  cJSON *item = nt_json_item(s->json, "factorisations");
  (void)cJSON_AddStringToObject(item, "kernel", fit->name);
  (void)cJSON_AddNumberToObject(item, "reg_abs", info->lambda);
  (void)cJSON_AddNumberToObject(item, "mean_diagonal", info->mean_diagonal);
  (void)cJSON_AddNumberToObject(item, "lowest_eigenvalue", fit->lowest);
  (void)cJSON_AddNumberToObject(item, "seconds", info->seconds);
  (void)cJSON_AddNumberToObject(item, "gflops", info->gflops);
}

/* How far from positive definite a kernel is. Its error, which came first, stays the one that is
 * reported. */
static void report_failure(const nt_session *s, const nt_fit *fit)
{
  double lowest;
  char enough[60] = "";
  if (nt_posterior_lowest_eigenvalue(fit->posterior, &lowest) != NT_OK) return;
  const double mean = nt_fit_mean_diagonal(fit);
  if (lowest < 0 && mean > 0)
    (void)snprintf(enough, sizeof enough, ": --reg must be above %.2g", -lowest / mean);
  nt_say(s, "%s: lowest eigenvalue at most %.3g%s", fit->name, lowest,
         lowest == 0 ? " (but for rounding)" : enough);
}

/* Leave-one-out of the regularisation that the posterior is factorised with. */
static nt_status leave_one_out(nt_session *s, const nt_problem *p, nt_posterior *initial,
                               nt_fit *fit, int r)
{
  nt_status status = NT_OK;
  const int64_t n = p->n, c = p->c;
  double *inverse = NULL, *mean = fit->mean[NT_ON_LOO] + r * n * c;
  NT_TRY_ALL(s->ctx, numbers(nt_ctx_error(s->ctx), n, &inverse));
  if (initial != NULL && fit->loo_ensemble == NULL)
    NT_TRY_ALL(s->ctx, numbers(nt_ctx_error(s->ctx), fit->R * n, &fit->loo_ensemble));
  NT_TRY(nt_posterior_inverse_diagonal(fit->posterior, inverse));
  nt_leave_one_out_mean(p->y, fit->alpha + r * n * c, inverse, n, c, mean);
  nt_leave_one_out_variance(fit->posterior, inverse, fit->loo_variance + r * n);
  NT_TRY_ALL(s->ctx,
             nt_set_score(nt_ctx_error(s->ctx), p, NT_ON_LOO, mean, &fit->metrics[NT_ON_LOO][r]));
  if (initial != NULL)
    NT_TRY(nt_leave_one_out_ensemble(fit->posterior, initial, inverse, fit->loo_ensemble + r * n));
done:
  free(inverse);
  return status;
}

static nt_status cross_validate(nt_session *s, const nt_problem *p, nt_fit *fit, int r)
{
  nt_status status = NT_OK;
  const int64_t c = p->c;
  double *mean = fit->mean[NT_ON_FOLDS] + r * p->n * c;
  if (fit->solving != NULL)
    NT_TRY(nt_solving_folds(s, p, fit, fit->reg[r], mean, &fit->reg_abs[r]));
  else
    NT_TRY(nt_posterior_cross_validate(fit->posterior, fit->reg[r], s->options.reg_abs.n > 0,
                                       p->folds, p->y, c, mean));
  NT_TRY_ALL(s->ctx, nt_set_score(nt_ctx_error(s->ctx), p, NT_ON_FOLDS, mean,
                                  &fit->metrics[NT_ON_FOLDS][r]));
done:
  return status;
}

/* alpha by a float64 factor, which stays. */
static nt_status factorise(nt_session *s, const nt_problem *p, nt_fit *fit, int r)
{
  nt_status status = NT_OK;
  const int64_t c = p->c;
  double *alpha = fit->alpha + r * p->n * c;
  status = nt_posterior_factor(fit->posterior, fit->reg[r], s->options.reg_abs.n > 0);
  if (status == NT_ERR_NUMERIC) report_failure(s, fit);
  if (status != NT_OK) goto done;
  const nt_factor_info *info = nt_posterior_info(fit->posterior);
  if (isnan(fit->lowest)) NT_TRY(nt_posterior_lowest_eigenvalue(fit->posterior, &fit->lowest));
  report_factor(s, fit);
  NT_TRY(nt_posterior_solve(fit->posterior, p->y, c, alpha));
  fit->reg_abs[r] = info->lambda;
  NT_TRY(nt_posterior_log_evidence(fit->posterior, p->y, alpha, c, &fit->log_evidence[r]));
done:
  return status;
}

/* On the training set K alpha = Y - lambda alpha, without another product. */
nt_status nt_fit_train(nt_session *s, const nt_problem *p, nt_posterior *initial, nt_fit *fit,
                       int r)
{
  nt_status status = NT_OK;
  const int64_t c = p->c, size = p->n * c;
  const double *alpha = fit->alpha + r * size;
  double *mean = fit->mean[NT_ON_TRAIN] + r * size;
  if (p->folds != NULL) NT_TRY(cross_validate(s, p, fit, r));
  NT_TRY(nt_solving_iterates(&s->options) ? nt_solving_run(s, p, fit, r) : factorise(s, p, fit, r));
  for (int64_t i = 0; i < size; i++)
    mean[i] = p->y[i] - fit->reg_abs[r] * alpha[i];
  NT_TRY_ALL(s->ctx, nt_set_score(nt_ctx_error(s->ctx), p, NT_ON_TRAIN, mean,
                                  &fit->metrics[NT_ON_TRAIN][r]));
  if (s->options.loo) NT_TRY(leave_one_out(s, p, initial, fit, r));
done:
  return status;
}

nt_status nt_fit_test(const nt_problem *p, nt_fit *fit, int r, int64_t first,
                      const nt_dmatrix *k_test)
{
  const int64_t c = p->c;
  return nt_posterior_mean(k_test, fit->alpha + r * p->n * c, c,
                           fit->mean[NT_ON_TEST] + (r * p->m + first) * c);
}

nt_status nt_fit_score(nt_session *s, const nt_problem *p, nt_fit *fit)
{
  nt_status status = NT_OK;
  for (int r = 0; r < fit->R && fit->mean[NT_ON_TEST] != NULL; r++)
    NT_TRY_ALL(s->ctx,
               nt_set_score(nt_ctx_error(s->ctx), p, NT_ON_TEST,
                            fit->mean[NT_ON_TEST] + r * p->m * p->c, &fit->metrics[NT_ON_TEST][r]));
done:
  return status;
}
