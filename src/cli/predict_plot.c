/* The curves of ntmpi predict over the regularisations. */
#include "cli/plot.h"
#include "cli/predict.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>

static const char *const words[NT_SETS] = {[NT_ON_TEST] = "test",
                                           [NT_ON_TRAIN] = "train",
                                           [NT_ON_LOO] = "leave-one-out",
                                           [NT_ON_FOLDS] = "folds"};

static void add(nt_plot *plot, const char *kernel, const char *what, int n, const double *x,
                const double *y)
{
  nt_plot_curve *curve = &plot->curve[plot->n_curves++];
  *curve = (nt_plot_curve){.n = n, .x = x, .y = y};
  snprintf(curve->name, sizeof curve->name, "%s %s", kernel, what);
}

/* The curve that a regularisation was chosen by. */
static void add_choice(const nt_predict_run *r, const nt_fit *fit, nt_plot *plot)
{
  static const char *const by[] = {[NT_SELECT_LOO] = "leave-one-out",
                                   [NT_SELECT_FOLDS] = "folds",
                                   [NT_SELECT_EVIDENCE] = "evidence"};
  const nt_curve *curve = &fit->curve;
  const int select = nt_learning_select(&r->s.options);
  if (select == NT_SELECT_EVIDENCE) plot->y_label = "log evidence";
  add(plot, fit->name, by[select], curve->n, curve->reg, curve->score);
}

/* The mse of each set but the training set, over a list of regularisations. */
static void add_sets(const nt_predict_run *r, const nt_fit *fit, double *work, nt_plot *plot)
{
  for (nt_set set = 0; set < NT_SETS; set++) {
    double *mse = work + (int64_t)set * fit->R;
    const bool scored = set != NT_ON_TEST || r->problem.test != NULL;
    if (fit->mean[set] == NULL || set == NT_ON_TRAIN || !scored) continue;
    for (int i = 0; i < fit->R; i++)
      mse[i] = fit->metrics[set][i].mse;
    add(plot, fit->name, words[set], fit->R, fit->reg, mse);
  }
}

nt_status nt_predict_plot(nt_predict_run *r)
{
  nt_status status = NT_OK;
  nt_session *s = &r->s;
  const bool absolute = s->options.reg_abs.n > 0;
  const int points = nt_learning_regs(&s->options)->n;
  void *memory = NULL;
  nt_plot plot = {.title = "ntmpi predict",
                  .x_label = absolute ? "reg_abs" : "reg",
                  .y_label = "mean squared error"};
  if (points < 3 && s->options.plot == NULL) return NT_OK;
  NT_TRY_ALL(s->ctx, nt_alloc(nt_ctx_error(s->ctx), (int64_t)NT_FIELDS * NT_SETS * points,
                              sizeof(double), "curves", &memory));
  for (int f = 0; f < NT_FIELDS; f++) {
    const nt_fit *fit = &r->fit[f];
    if (fit->name == NULL) continue;
    if (fit->curve.n > 0)
      add_choice(r, fit, &plot);
    else
      add_sets(r, fit, (double *)memory + (int64_t)f * NT_SETS * points, &plot);
  }
  if (plot.n_curves > 0) NT_TRY(nt_plot_show(s, &plot));
done:
  free(memory);
  return status;
}
