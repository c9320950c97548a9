/* The curves of ntmpi predict: over the regularisations, or over training times. */
#include "cli/descent.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

/* The curve that a regularisation was chosen by. */
static nt_status add_choice(nt_predict_run *r, const nt_fit *fit)
{
  static const char *const by[] = {[NT_SELECT_LOO] = "leave-one-out",
                                   [NT_SELECT_FOLDS] = "folds",
                                   [NT_SELECT_EVIDENCE] = "evidence"};
  const nt_reg_curve *curve = &fit->curve;
  const int select = nt_learning_select(&r->s.options);
  char name[48];
  if (select == NT_SELECT_EVIDENCE) r->plot.y_label = "log evidence";
  snprintf(name, sizeof name, "%s %s", fit->name, by[select]);
  return nt_plot_add(nt_ctx_error(r->s.ctx), &r->plot, name, curve->n, curve->reg, curve->score);
}

/* The mse of each set but the training set, over a list of regularisations. */
static nt_status add_sets(nt_predict_run *r, const nt_fit *fit, double *mse)
{
  static const char *const words[NT_SETS] = {[NT_ON_TEST] = "test",
                                             [NT_ON_TRAIN] = "train",
                                             [NT_ON_LOO] = "leave-one-out",
                                             [NT_ON_FOLDS] = "folds"};
  nt_status status = NT_OK;
  char name[48];
  for (nt_set set = 0; set < NT_SETS; set++) {
    const bool scored = set != NT_ON_TEST || r->problem.test != NULL;
    if (fit->mean[set] == NULL || set == NT_ON_TRAIN || !scored) continue;
    for (int i = 0; i < fit->R; i++)
      mse[i] = fit->metrics[set][i].mse;
    snprintf(name, sizeof name, "%s %s", fit->name, words[set]);
    NT_TRY(nt_plot_add(nt_ctx_error(r->s.ctx), &r->plot, name, fit->R, fit->reg, mse));
  }
done:
  return status;
}

static nt_status add_fits(nt_predict_run *r)
{
  nt_status status = NT_OK;
  void *work = NULL;
  NT_TRY(nt_alloc(nt_ctx_error(r->s.ctx), nt_learning_regs(&r->s.options)->n, sizeof(double),
                  "a curve", &work));
  for (int f = 0; f < NT_FIELDS; f++) {
    const nt_fit *fit = &r->fit[f];
    if (fit->name == NULL) continue;
    NT_TRY(fit->curve.n > 0 ? add_choice(r, fit) : add_sets(r, fit, work));
  }
done:
  free(work);
  return status;
}

/* The mse of one set at regularisation i, over time. */
static nt_status add_times(nt_predict_run *r, const nt_descent_answer *a, const char *set, int i,
                           const nt_metrics *metrics, double *mse)
{
  char name[48], reg[24] = "";
  if (metrics == NULL) return NT_OK;
  for (int t = 0; t < a->T; t++)
    mse[t] = metrics[(int64_t)i * a->T + t].mse;
  if (a->R > 1) snprintf(reg, sizeof reg, " %.3g", nt_learning_regs(&r->s.options)->v[i]);
  snprintf(name, sizeof name, "%s%s %s", a->name, reg, set);
  return nt_plot_add(nt_ctx_error(r->s.ctx), &r->plot, name, a->T, r->s.options.time.v, mse);
}

static nt_status add_answer(nt_predict_run *r, const nt_descent_answer *a)
{
  nt_status status = NT_OK;
  void *work = NULL;
  NT_TRY(nt_alloc(nt_ctx_error(r->s.ctx), a->T, sizeof(double), "a curve", &work));
  for (int i = 0; i < a->R; i++) {
    NT_TRY(add_times(r, a, "test", i, a->metrics_test, work));
    NT_TRY(add_times(r, a, "train", i, a->metrics_train, work));
  }
done:
  free(work);
  return status;
}

nt_status nt_predict_plot_times(nt_predict_run *r, const nt_descent_answer *a)
{
  if (a->T < 2) return NT_OK;
  return nt_ctx_agree(r->s.ctx, add_answer(r, a));
}

nt_status nt_predict_plot(nt_predict_run *r)
{
  nt_status status = NT_OK;
  const nt_cli_options *o = &r->s.options;
  const bool times = o->method == NT_METHOD_DESCENT;
  const int points = times ? o->time.n : nt_learning_regs(o)->n;
  nt_plot *plot = &r->plot;
  if (points < 3 && o->plot == NULL) return NT_OK;
  plot->title = "ntmpi predict";
  plot->x_label = times ? "time" : o->reg_abs.n > 0 ? "reg_abs" : "reg";
  plot->y_label = "mean squared error";
  if (!times) NT_TRY_ALL(r->s.ctx, add_fits(r));
  if (plot->n_curves > 0) NT_TRY(nt_plot_show(&r->s, plot));
done:
  return status;
}
