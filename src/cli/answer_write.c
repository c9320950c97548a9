/* Predictions and their scores in the file of results: a group for each kernel. */
#include "cli/learning.h"

#include "base/check.h"
#include "base/memory.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What stands before the names of means and metrics. */
static const char *const prefixes[NT_SETS] = {
    [NT_ON_TEST] = "", [NT_ON_TRAIN] = "train_", [NT_ON_LOO] = "loo_", [NT_ON_FOLDS] = "fold_"};

nt_status nt_metrics_write(nt_ctx *ctx, nt_output *out, const char *prefix, const nt_shape *lead,
                           const nt_metrics *metrics)
{
  nt_status status = NT_OK;
  static const struct {
    const char *name;
    size_t offset;
  } members[] = {{"mse", offsetof(nt_metrics, mse)},
                 {"loss", offsetof(nt_metrics, loss)},
                 {"accuracy", offsetof(nt_metrics, accuracy)},
                 {"nll", offsetof(nt_metrics, nll)}};
  const bool there[] = {true, true, metrics->has_classes, metrics->has_nll};
  const int64_t n = nt_shape_size(lead);
  char name[80];
  void *values = NULL;
  NT_TRY_ALL(ctx, nt_alloc(nt_ctx_error(ctx), n, sizeof(double), "metrics", &values));
  for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
    if (!there[i]) continue;
    for (int64_t l = 0; l < n; l++)
      memcpy((double *)values + l, (const char *)&metrics[l] + members[i].offset, sizeof(double));
    snprintf(name, sizeof name, "%s%s", prefix, members[i].name);
    NT_TRY(nt_output_write_array(out, name, lead, values));
  }
  if (!metrics->has_classes) goto done;
  for (int64_t l = 0; l < n; l++)
    ((int64_t *)values)[l] = metrics[l].errors;
  snprintf(name, sizeof name, "%serrors", prefix);
  NT_TRY(nt_output_write_ints(out, name, lead, values));
done:
  free(values);
  return status;
}

nt_status nt_classes_write(nt_ctx *ctx, nt_output *out, const char *name, const nt_shape *lead,
                           const nt_problem *p, const double *mean)
{
  nt_status status = NT_OK;
  void *memory = NULL;
  const nt_shape samples = {1, {p->test_trace.shape.dim[0]}};
  const nt_shape shape = nt_shape_join(lead, &samples);
  const int64_t rows = nt_shape_size(&shape);
  NT_TRY_ALL(ctx, nt_alloc(nt_ctx_error(ctx), rows, sizeof(int64_t), "classes", &memory));
  nt_argmax_rows(mean, rows, p->train->c, memory);
  NT_TRY(nt_output_write_ints(out, name, &shape, memory));
done:
  free(memory);
  return status;
}

/* A place in the file: group, and the axis of regularisations in front. */
typedef struct nt_answer_writer {
  nt_output *out;
  const nt_answer *answer;
  bool is_list;
  char name[80];
} nt_answer_writer;

static const char *name_of(nt_answer_writer *w, const char *prefix, const char *what)
{
  snprintf(w->name, sizeof w->name, "%s/%s%s", w->answer->name, prefix, what);
  return w->name;
}

/* A number for each regularisation. */
static const nt_shape scalar = {0};

/* (R, axes), without R when a single number was given. */
static nt_shape shape_of(const nt_answer_writer *w, const nt_shape *axes)
{
  const nt_shape lead = {w->is_list ? 1 : 0, {w->answer->fit->R}};
  return nt_shape_join(&lead, axes);
}

static nt_status write(nt_answer_writer *w, const char *prefix, const char *what,
                       const nt_shape *axes, const double *values)
{
  const nt_shape shape = shape_of(w, axes);
  return nt_output_write_array(w->out, name_of(w, prefix, what), &shape, values);
}

static nt_status write_sets(nt_answer_writer *w, nt_ctx *ctx, const nt_problem *p)
{
  nt_status status = NT_OK;
  const nt_answer *a = w->answer;
  const nt_shape lead = shape_of(w, &scalar);
  for (nt_set set = 0; set < NT_SETS; set++) {
    const nt_trace *trace = nt_set_trace(p, set);
    const nt_shape axes = nt_trace_rows(trace);
    if (a->fit->mean[set] == NULL) continue;
    NT_TRY(write(w, prefixes[set], "mean", &trace->shape, a->fit->mean[set]));
    if (a->metrics[set] == NULL) continue;
    NT_TRY(nt_metrics_write(ctx, w->out, name_of(w, prefixes[set], ""), &lead, a->metrics[set]));
    if (a->nll_each[set] == NULL) continue;
    NT_TRY(write(w, prefixes[set], "nll_each", &axes, a->nll_each[set]));
  }
done:
  return status;
}

/* The curve of a choice: /ntk/selection/reg (but for --reg-abs), reg_abs, and mse (with errors) or log_evidence. */
static nt_status write_curve(nt_answer_writer *w, nt_session *s, const nt_reg_curve *curve)
{
  nt_status status = NT_OK;
  const nt_shape shape = {1, {curve->n}};
  void *memory = NULL;
  const bool evidence = nt_learning_select(&s->options) == NT_SELECT_EVIDENCE;
  const char *score = evidence ? "log_evidence" : "mse";
  if (curve->n == 0) return NT_OK;
  if (s->options.reg_abs.n == 0)
    NT_TRY(nt_output_write_array(w->out, name_of(w, "selection/", "reg"), &shape, curve->reg));
  NT_TRY(
      nt_output_write_array(w->out, name_of(w, "selection/", "reg_abs"), &shape, curve->reg_abs));
  NT_TRY(nt_output_write_array(w->out, name_of(w, "selection/", score), &shape, curve->score));
  if (evidence || !curve->metrics[curve->best].has_classes) return NT_OK;
  NT_TRY_ALL(s->ctx, nt_alloc(nt_ctx_error(s->ctx), curve->n, sizeof(int64_t), "errors", &memory));
  for (int i = 0; i < curve->n; i++)
    ((int64_t *)memory)[i] = curve->metrics[i].n > 0 ? curve->metrics[i].errors : -1;
  NT_TRY(nt_output_write_ints(w->out, name_of(w, "selection/", "errors"), &shape, memory));
done:
  free(memory);
  return status;
}

nt_status nt_answer_write(nt_session *s, const nt_problem *p, const nt_answer *a, nt_output *out)
{
  nt_status status = NT_OK;
  const bool chosen = nt_learning_select(&s->options) != 0;
  nt_answer_writer w = {out, a, nt_learning_regs(&s->options)->is_list && !chosen, ""};
  const nt_fit *fit = a->fit;
  const nt_shape rows = nt_trace_rows(&p->trace), lead = shape_of(&w, &scalar);
  NT_TRY(write_sets(&w, s->ctx, p));
  NT_TRY(write(&w, "", "reg_abs", &scalar, fit->reg_abs));
  if (fit->log_evidence != NULL) NT_TRY(write(&w, "", "log_evidence", &scalar, fit->log_evidence));
  if (chosen && s->options.reg_abs.n == 0) NT_TRY(write(&w, "", "reg", &scalar, fit->reg));
  NT_TRY(write_curve(&w, s, &fit->curve));
  if (p->m > 0 && p->train->label != NULL)
    NT_TRY(
        nt_classes_write(s->ctx, out, name_of(&w, "", "class"), &lead, p, fit->mean[NT_ON_TEST]));
  if (a->loo_variance != NULL) NT_TRY(write(&w, "loo_", "variance", &rows, a->loo_variance));
done:
  return status;
}
