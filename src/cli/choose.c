/* The choice of a regularisation from the training samples alone. */
#include "cli/learning.h"

#include "base/check.h"
#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const words[] = {
    [NT_SELECT_LOO] = "loo", [NT_SELECT_FOLDS] = "folds", [NT_SELECT_EVIDENCE] = "evidence"};

int64_t nt_validation_bytes(const nt_session *s, const nt_problem *p)
{
  const int64_t size = nt_ctx_size(s->ctx);
  int64_t largest = 0;
  if (s->options.loo || nt_learning_select(&s->options) == NT_SELECT_LOO)
    largest = 2 * p->n * (p->n / 16 + 256);
  for (int64_t f = 0; p->folds != NULL && f < p->folds->count; f++) {
    int64_t count = 0;
    for (int64_t i = 0; i < p->n; i++)
      count += p->folds->fold[i] == f;
    if ((p->n + count) * count > largest) largest = (p->n + count) * count;
  }
  return largest / size * (int64_t)sizeof(double);
}

static nt_status allocate(nt_error *err, int n, nt_curve *curve)
{
  nt_status status = NT_OK;
  double **const arrays[] = {&curve->reg, &curve->reg_abs, &curve->score};
  void *memory;
  for (int i = 0; i < 3; i++) {
    NT_TRY(nt_calloc(err, n, sizeof(double), "a curve", &memory));
    *arrays[i] = memory;
  }
  NT_TRY(nt_calloc(err, n, sizeof(nt_metrics), "a curve", &memory));
  curve->metrics = memory;
  curve->n = n;
done:
  return status;
}

/* Score of regularisation `reg`; `work` holds [n][c] and [n] numbers. */
static nt_status score(nt_session *s, const nt_problem *p, nt_fit *fit, double reg, double *work,
                       nt_metrics *metrics, double *value)
{
  nt_status status = NT_OK;
  const int64_t c = p->train->c;
  const bool absolute = s->options.reg_abs.n > 0;
  const int select = nt_learning_select(&s->options);
  double *alpha = fit->alpha, *inverse = work + p->n * c;
  nt_posterior *posterior = fit->posterior;
  if (select == NT_SELECT_FOLDS) {
    NT_TRY(nt_posterior_cross_validate(posterior, reg, absolute, p->folds, p->train->y, c, work));
  } else {
    NT_TRY(nt_posterior_factor(posterior, reg, absolute));
    NT_TRY(nt_posterior_solve(posterior, p->train->y, c, alpha));
  }
  if (select == NT_SELECT_EVIDENCE)
    return nt_posterior_log_evidence(posterior, p->train->y, alpha, c, value);
  if (select == NT_SELECT_LOO) {
    NT_TRY(nt_posterior_inverse_diagonal(posterior, inverse));
    nt_leave_one_out_mean(p->train->y, alpha, inverse, p->n, c, work);
  }
  *metrics = nt_metrics_compute(p->train, work);
  *value = metrics->mse;
done:
  return status;
}

/* Whether candidate i is better than the best so far (-1: none). */
static bool is_better(const nt_session *s, const nt_curve *curve, int i, int best)
{
  if (isnan(curve->score[i])) return false;
  if (best < 0) return true;
  const nt_metrics *a = &curve->metrics[i], *b = &curve->metrics[best];
  if (s->options.select_by == NT_SELECT_BY_ERROR && a->errors != b->errors)
    return a->errors < b->errors;
  return nt_learning_select(&s->options) == NT_SELECT_EVIDENCE
             ? curve->score[i] > curve->score[best]
             : curve->score[i] < curve->score[best];
}

static void print_candidate(const nt_session *s, const nt_fit *fit, int i)
{
  char text[60];
  const nt_curve *curve = &fit->curve;
  const int select = nt_learning_select(&s->options);
  if (nt_ctx_rank(s->ctx) != 0) return;
  printf("%s %s %s", fit->name, nt_reg_text(s, curve->reg[i], text, sizeof text), words[select]);
  if (isnan(curve->score[i]))
    printf(" not positive definite");
  else if (select == NT_SELECT_EVIDENCE)
    printf(" log_evidence=%.6f", curve->score[i]);
  else
    nt_metrics_print(&curve->metrics[i]);
  putchar('\n');
  fflush(stdout);
}

/* Whether a wider list may well hold a better one: the best is the largest, or it is the smallest and
 * not alike the next, as it is when no regularisation is needed. */
static bool is_at_end(const nt_curve *curve)
{
  const double best = curve->reg[curve->best];
  int below = -1, above = -1;
  for (int i = 0; i < curve->n; i++) {
    if (curve->reg[i] > best && (above < 0 || curve->reg[i] < curve->reg[above])) above = i;
    if (curve->reg[i] < best) below = i;
  }
  if (curve->n < 2) return false;
  if (above < 0) return true;
  const double next = curve->score[above];
  return below < 0 && fabs(curve->score[curve->best] - next) > 1e-3 * fabs(next);
}

/* Store the curve in the summary, and say what was chosen. */
static void report_choice(const nt_session *s, const nt_fit *fit)
{
  char text[60];
  const nt_curve *curve = &fit->curve;
  const int select = nt_learning_select(&s->options);
  const bool by_error = s->options.select_by == NT_SELECT_BY_ERROR;
  const char *what = select == NT_SELECT_EVIDENCE ? "" : by_error ? " error" : " mse";
  if (is_at_end(curve))
    nt_warn(s,
            "%s: the best regularisation is at an end of the list: a wider one may hold a better",
            fit->name);
  if (nt_ctx_rank(s->ctx) != 0) return;
  printf("%s chosen %s by %s%s\n", fit->name,
         nt_reg_text(s, curve->reg[curve->best], text, sizeof text), words[select], what);
  fflush(stdout);
  if (s->json == NULL) return;
  cJSON *all = cJSON_GetObjectItem(s->json, "selection");
  if (all == NULL) all = cJSON_AddObjectToObject(s->json, "selection");
  cJSON *list = cJSON_AddArrayToObject(all, fit->name);
  for (int i = 0; i < curve->n; i++) {
    cJSON *item = cJSON_CreateObject();
    (void)cJSON_AddNumberToObject(item, "reg", curve->reg[i]);
    (void)cJSON_AddNumberToObject(item, "reg_abs", curve->reg_abs[i]);
    (void)cJSON_AddNumberToObject(item, select == NT_SELECT_EVIDENCE ? "log_evidence" : "mse",
                                  curve->score[i]);
    (void)cJSON_AddBoolToObject(item, "chosen", i == curve->best);
    (void)cJSON_AddItemToArray(list, item);
  }
}

/* A kernel that is not positive definite with this regularisation is no candidate. */
static nt_status try_candidate(nt_session *s, const nt_problem *p, nt_fit *fit, double *work, int i)
{
  nt_curve *curve = &fit->curve;
  curve->score[i] = curve->reg_abs[i] = NAN;
  const nt_status status =
      score(s, p, fit, curve->reg[i], work, &curve->metrics[i], &curve->score[i]);
  if (status == NT_ERR_NUMERIC) {
    curve->score[i] = NAN;
    nt_ctx_clear_error(s->ctx);
    return NT_OK;
  }
  if (status == NT_OK) curve->reg_abs[i] = nt_posterior_info(fit->posterior)->lambda;
  return status;
}

nt_status nt_fit_choose(nt_session *s, const nt_problem *p, nt_fit *fit)
{
  nt_status status = NT_OK;
  const nt_reals *regs = nt_learning_regs(&s->options);
  nt_curve *curve = &fit->curve;
  void *work = NULL;
  if (!nt_learning_select(&s->options)) return NT_OK;
  NT_TRY_ALL(s->ctx, allocate(nt_ctx_error(s->ctx), regs->n, curve));
  NT_TRY_ALL(s->ctx, nt_alloc(nt_ctx_error(s->ctx), p->n * (p->train->c + 1), sizeof(double),
                              "left-out predictions", &work));
  curve->best = -1;
  for (int i = 0; i < curve->n; i++) {
    curve->reg[i] = regs->v[i];
    NT_TRY(try_candidate(s, p, fit, work, i));
    if (is_better(s, curve, i, curve->best)) curve->best = i;
    print_candidate(s, fit, i);
  }
  /* With none that does, learning with the last one says what is wrong. */
  fit->reg[0] = curve->reg[curve->best < 0 ? curve->n - 1 : curve->best];
  if (curve->best >= 0) report_choice(s, fit);
done:
  free(work);
  return status;
}
