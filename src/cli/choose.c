/* The choice of a regularisation from the training samples alone. */
#include "cli/learning.h"

#include "base/check.h"
#include "base/memory.h"
#include "cli/solving.h"
#include "cli/work.h"
#include "layer/math.h"
#include "predict/eigen_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const words[] = {
    [NT_SELECT_LOO] = "loo", [NT_SELECT_FOLDS] = "folds", [NT_SELECT_EVIDENCE] = "evidence"};

/* Where ranks share the panel of a fold, PBLAS makes about another one of it, as was seen. */
int64_t nt_validation_bytes(const nt_session *s, const nt_problem *p)
{
  const int64_t size = nt_ctx_size(s->ctx), panels = size > 1 ? 2 : 1;
  const bool leaves_out = s->options.loo || nt_learning_select(&s->options) == NT_SELECT_LOO;
  if (s->options.solver == NT_SOLVER_PCG) return 0; /* folds are solved for: nt_solving_bytes */
  const int64_t one_by_one = leaves_out ? 2 * p->n * (p->n / 16 + 256) : 0;
  const int64_t by_folds = (panels * p->n + p->largest_fold) * p->largest_fold;
  return NT_MAX(one_by_one, by_folds) / size * (int64_t)sizeof(double);
}

/* In factorisations. Measured at n = 4000 on 1 x 2 ranks of one thread, Zen 4: the
 * eigendecomposition (ELPA) takes 6.3 s, a factorisation 0.27 s; the inverse's diagonal
 * has twice its operations. */
enum { DECOMPOSITION = 23, DIAGONAL = 2 };

bool nt_learning_decomposes(const nt_cli_options *o)
{
  const int select = nt_learning_select(o), n = nt_learning_regs(o)->n;
  return (select == NT_SELECT_LOO && (1 + DIAGONAL) * n > DECOMPOSITION) ||
         (select == NT_SELECT_EVIDENCE && n > DECOMPOSITION);
}

int64_t nt_decomposition_bytes(const nt_session *s, const nt_problem *p)
{
  const int64_t matrices =
      p->n * p->n / nt_ctx_size(s->ctx) + nt_eigen_work(s->grid, p->n, NT_EIGENSOLVER_AUTO);
  return (matrices + (2 * p->c + 1) * p->n) * (int64_t)sizeof(double);
}

static nt_status allocate(nt_error *err, int n, nt_reg_curve *curve)
{
  nt_status status = NT_OK;
  double **const arrays[] = {&curve->reg, &curve->reg_abs, &curve->score};
  for (int i = 0; i < 3; i++) {
    NT_TRY(nt_calloc(err, n, sizeof(double), "a curve", arrays[i]));
  }
  NT_TRY(nt_calloc(err, n, sizeof(nt_metrics), "a curve", &curve->metrics));
  curve->n = n;
done:
  return status;
}

/* What scores candidates: the eigendecomposition of the kernel, or (NULL)
 * factors of the posterior. */
typedef struct nt_scoring {
  nt_session *s;
  const nt_problem *p;
  nt_fit *fit;
  nt_reg_path *path;
  double *mean, *inverse; /* [n][c], [n] work */
} nt_scoring;

/* fit->alpha, the evidence (or NaN), and the inverse's diagonal where samples are left out. */
static nt_status weights(nt_scoring *w, double reg, double *lambda, double *evidence)
{
  nt_status status = NT_OK;
  const int select = nt_learning_select(&w->s->options);
  const bool absolute = w->s->options.reg_abs.n > 0, leaves_out = select == NT_SELECT_LOO;
  const double *y = w->p->y;
  const int64_t c = w->p->c;
  nt_posterior *posterior = w->fit->posterior;
  *evidence = NAN;
  if (w->path != NULL) {
    nt_reg_weights out = {.alpha = w->fit->alpha, .inverse = leaves_out ? w->inverse : NULL};
    NT_TRY(nt_reg_path_at(w->path, reg, absolute, &out));
    *lambda = out.lambda;
    *evidence = out.log_evidence;
    return NT_OK;
  }
  NT_TRY(nt_posterior_factor(posterior, reg, absolute));
  *lambda = nt_posterior_info(posterior)->lambda;
  NT_TRY(nt_posterior_solve(posterior, y, c, w->fit->alpha));
  if (leaves_out) NT_TRY(nt_posterior_inverse_diagonal(posterior, w->inverse));
  if (!leaves_out) NT_TRY(nt_posterior_log_evidence(posterior, y, w->fit->alpha, c, evidence));
done:
  return status;
}

/* Score of regularisation `reg`. */
static nt_status score(nt_scoring *w, double reg, double *lambda, nt_metrics *metrics,
                       double *value)
{
  nt_status status = NT_OK;
  const nt_problem *p = w->p;
  const int select = nt_learning_select(&w->s->options);
  if (select == NT_SELECT_FOLDS && w->fit->solving != NULL) {
    NT_TRY(nt_solving_folds(w->s, p, w->fit, reg, w->mean, lambda));
  } else if (select == NT_SELECT_FOLDS) {
    NT_TRY(nt_posterior_cross_validate(w->fit->posterior, reg, w->s->options.reg_abs.n > 0,
                                       p->folds, p->y, p->c, w->mean));
    *lambda = nt_posterior_info(w->fit->posterior)->lambda;
  } else {
    NT_TRY(weights(w, reg, lambda, value));
  }
  if (select == NT_SELECT_EVIDENCE) return NT_OK;
  if (select == NT_SELECT_LOO)
    nt_leave_one_out_mean(p->y, w->fit->alpha, w->inverse, p->n, p->c, w->mean);
  NT_TRY_ALL(w->s->ctx, nt_set_score(nt_ctx_error(w->s->ctx), p, NT_ON_TRAIN, w->mean, metrics));
  *value = metrics->mse;
done:
  return status;
}

/* Whether candidate i is better than the best so far (-1: none). */
static bool is_better(const nt_session *s, const nt_reg_curve *curve, int i, int best)
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
  const nt_reg_curve *curve = &fit->curve;
  const int select = nt_learning_select(&s->options);
  if (!nt_shows_tables(s)) return;
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

/* Whether a wider list may well hold a better one: the best is the largest, or it is the smallest
 * and not alike the next, as it is when no regularisation is needed. */
static bool is_at_end(const nt_reg_curve *curve)
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

static void store_curve(const nt_session *s, const char *kernel, const nt_reg_curve *curve)
{
  const bool evidence = nt_learning_select(&s->options) == NT_SELECT_EVIDENCE;
  cJSON *all = cJSON_GetObjectItem(s->json, "selection");
  if (all == NULL) all = cJSON_AddObjectToObject(s->json, "selection");
  cJSON *list = cJSON_AddArrayToObject(all, kernel);
  for (int i = 0; i < curve->n; i++) {
    const nt_metrics *metrics = &curve->metrics[i];
    cJSON *item = cJSON_CreateObject();
    if (s->options.reg_abs.n == 0) (void)cJSON_AddNumberToObject(item, "reg", curve->reg[i]);
    (void)cJSON_AddNumberToObject(item, "reg_abs", curve->reg_abs[i]);
    (void)cJSON_AddNumberToObject(item, evidence ? "log_evidence" : "mse", curve->score[i]);
    if (!evidence && metrics->has_classes)
      (void)cJSON_AddNumberToObject(item, "errors", (double)metrics->errors);
    (void)cJSON_AddBoolToObject(item, "chosen", i == curve->best);
    (void)cJSON_AddItemToArray(list, item);
  }
}

/* Say what was chosen, and store the curve in the summary. */
static void report_choice(const nt_session *s, const nt_fit *fit)
{
  char text[60];
  const nt_reg_curve *curve = &fit->curve;
  const bool by_error = s->options.select_by == NT_SELECT_BY_ERROR;
  const int select = nt_learning_select(&s->options);
  const char *what = select == NT_SELECT_EVIDENCE ? "" : by_error ? " error" : " mse";
  if (is_at_end(curve))
    nt_warn(s,
            "%s: the best regularisation is at an end of the list: a wider one may hold a better",
            fit->name);
  if (nt_shows_tables(s))
    printf("%s chosen %s by %s%s\n", fit->name,
           nt_reg_text(s, curve->reg[curve->best], text, sizeof text), words[select], what);
  fflush(stdout);
  if (s->json != NULL) store_curve(s, fit->name, curve);
}
/* A kernel that is not positive definite with this regularisation is no candidate. */
static nt_status try_candidate(nt_scoring *w, int i)
{
  nt_reg_curve *curve = &w->fit->curve;
  double lambda = NAN;
  curve->score[i] = curve->reg_abs[i] = NAN;
  const nt_status status = score(w, curve->reg[i], &lambda, &curve->metrics[i], &curve->score[i]);
  if (status == NT_ERR_NUMERIC) {
    curve->score[i] = NAN;
    nt_ctx_clear_error(w->s->ctx);
    return NT_OK;
  }
  if (status == NT_OK) curve->reg_abs[i] = lambda;
  return status;
}

static nt_status decompose(nt_scoring *w)
{
  nt_status status = NT_OK;
  if (!w->p->decomposes) return NT_OK;
  NT_TRY(nt_reg_path_create(w->fit->posterior, w->p->y, w->p->c, &w->path));
  const nt_eigen *e = nt_reg_path_eigen(w->path);
  nt_say(w->s, "%s: eigendecomposition by %s %.2f s, for all %d regularisations", w->fit->name,
         nt_eigensolver_name(e->solver), e->seconds, w->fit->curve.n);
done:
  return status;
}

nt_status nt_fit_choose(nt_session *s, const nt_problem *p, nt_fit *fit)
{
  nt_status status = NT_OK;
  const nt_reals *regs = nt_learning_regs(&s->options);
  nt_reg_curve *curve = &fit->curve;
  nt_scoring w = {.s = s, .p = p, .fit = fit};
  void *work = NULL;
  if (!nt_learning_select(&s->options)) return NT_OK;
  NT_TRY_ALL(s->ctx, allocate(nt_ctx_error(s->ctx), regs->n, curve));
  NT_TRY_ALL(s->ctx, nt_alloc(nt_ctx_error(s->ctx), p->n * (p->c + 1), sizeof(double),
                              "left-out predictions", &work));
  w.mean = work;
  w.inverse = w.mean + p->n * p->c;
  NT_TRY(decompose(&w));
  curve->best = -1;
  for (int i = 0; i < curve->n; i++) {
    curve->reg[i] = regs->v[i];
    NT_TRY(try_candidate(&w, i));
    if (is_better(s, curve, i, curve->best)) curve->best = i;
    print_candidate(s, fit, i);
  }
  /* With none that does, learning with the last one says what is wrong. */
  fit->reg[0] = curve->reg[curve->best < 0 ? curve->n - 1 : curve->best];
  if (curve->best >= 0) report_choice(s, fit);
done:
  nt_reg_path_destroy(&w.path);
  free(work);
  return status;
}
