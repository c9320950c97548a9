/* The data of ntmpi predict: labels and folds; samples, preprocessing. */
#include "cli/predict.h"

#include "base/check.h"
#include "base/memory.h"
#include "predict/targets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of labels for all samples of a kernel, those that were chosen. */
static nt_status choose_rows(nt_error *err, const nt_chosen_rows *rows, const char *text,
                             nt_labels *labels)
{
  nt_status status = NT_OK;
  double *y;
  const int64_t k = labels->k;
  const size_t named = strlen(labels->name);
  NT_TRY(nt_alloc(err, rows->samples * k, sizeof(double), "labels", &y));
  for (int64_t i = 0; i < rows->samples * k; i++)
    y[i] = labels->y[rows->sample[i / k] * k + i % k];
  free(labels->y);
  labels->y = y;
  labels->n = labels->shape.dim[0] = rows->samples;
  snprintf(labels->name + named, sizeof labels->name - named, "[%s]", text);
done:
  return status;
}

static nt_status check_labels(nt_error *err, const char *text, const nt_labels *labels,
                              const char *samples, int64_t wanted)
{
  nt_status status = NT_OK;
  NT_CHECK(labels->n == wanted, err, NT_ERR_DATA,
           "%s has %lld labels, but %s has %lld samples: one label a sample is needed", text,
           (long long)labels->n, samples, (long long)wanted);
done:
  return status;
}

/* Read labels, one for each of the `wanted` samples of `samples`; 0: as many as there are. */
static nt_status read_labels(nt_predict_run *r, const char *text, const nt_chosen_rows *rows,
                             const char *samples, int64_t wanted, nt_labels **labels)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = r->s.ctx;
  NT_TRY(nt_labels_read(ctx, text, labels));
  const nt_cli_options *o = &r->s.options;
  const bool for_all = rows->sample != NULL && (*labels)->n == r->stored.all;
  const bool train = rows == &r->stored.train;
  if (for_all)
    NT_TRY_ALL(ctx,
               choose_rows(nt_ctx_error(ctx), rows, train ? o->train_rows : o->test_rows, *labels));
  if (train) r->labels_for_all = for_all;
  if (wanted > 0) NT_TRY(check_labels(nt_ctx_error(ctx), text, *labels, samples, wanted));
done:
  return status;
}

static nt_status draw_folds(nt_error *err, const nt_cli_options *o, nt_problem *p)
{
  nt_error own = {0};
  const char *const text = o->folds;
  if (text[strspn(text, "0123456789")] != '\0')
    return nt_read_wrong(err, "--folds", text,
                         "a number of folds from 2 on, or a file of fold numbers");
  if (nt_folds_draw(&own, p->train, atoll(text), o->seed, &p->folds) != NT_OK)
    return nt_read_refused(err, "--folds", text, &own);
  return NT_OK;
}

static bool is_number(const char *text)
{
  char *end;
  (void)strtod(text, &end);
  return end != text && *end == '\0';
}

/* --folds K, or a file of fold numbers. */
static nt_status read_folds(nt_predict_run *r)
{
  nt_status status = NT_OK;
  nt_session *s = &r->s;
  nt_problem *p = &r->problem;
  nt_error *err = nt_ctx_error(s->ctx);
  nt_labels *numbers = NULL;
  const char *text = s->options.folds;
  if (text == NULL) return NT_OK;
  const int64_t n = p->trace.shape.dim[0];
  if (is_number(text)) {
    NT_TRY_ALL(s->ctx, draw_folds(err, &s->options, p));
  } else {
    NT_TRY(nt_labels_read(s->ctx, text, &numbers));
    NT_TRY_ALL(s->ctx, nt_folds_create(err, numbers, n, &p->folds));
  }
  nt_say(s, "folds: %lld", (long long)p->folds->count);
  NT_TRY_ALL(s->ctx, nt_problem_spread_folds(err, p));
  if (nt_steps_need_training(&r->steps) && r->from.n_leaves == 0)
    nt_say(s, "folds: the statistics of --preprocess come from all samples, of every fold");
done:
  nt_labels_destroy(&numbers);
  return status;
}

static nt_status check_scores(nt_error *err, const nt_predict_run *r)
{
  nt_status status = NT_OK;
  const nt_cli_options *o = &r->s.options;
  const bool leaves_out = o->loo || nt_learning_select(o) == NT_SELECT_LOO;
  const nt_problem *p = &r->problem;
  NT_CHECK(!p->trace.traced[0] || (!leaves_out && o->folds == NULL), err, NT_ERR_ARG,
           "--loo, --folds and --reg auto leave samples out, but with --trace-axes the kernel is "
           "the same for all samples");
  NT_CHECK(!leaves_out || p->unit == 1, err, NT_ERR_ARG,
           "leave-one-out in closed form is for kernels with a row for each sample, and here there "
           "are %lld: use --folds K (and --select folds)",
           (long long)p->unit);
  NT_CHECK(!leaves_out || p->n > 1, err, NT_ERR_DATA,
           "leave-one-out of a single training sample leaves nothing to learn from");
  NT_CHECK(o->select_by != NT_SELECT_BY_ERROR || r->problem.train->label != NULL, err, NT_ERR_ARG,
           "--select-by error counts wrong classes, but the targets are %s: --select-by mse",
           r->problem.train->text);
done:
  return status;
}

/* What the training or test samples are called in messages. */
static const char *name_of(const nt_inputs *x, const char *otherwise)
{
  return x->n_leaves > 0 ? x->text : otherwise;
}

/* Labels of the test samples; with rows of one kernel those of --labels
 * do when they are for all. */
static nt_status read_test_labels(nt_predict_run *r)
{
  nt_status status = NT_OK;
  const nt_cli_options *o = &r->s.options;
  nt_problem *p = &r->problem;
  const char *text = o->test_labels;
  if (text == NULL && r->labels_for_all && p->m > 0) text = o->labels;
  if (text == NULL) return NT_OK;
  NT_TRY(read_labels(r, text, &r->stored.test, name_of(&r->test, "the test set"),
                     p->test_trace.shape.dim[0], &r->test_labels));
  NT_TRY_ALL(r->s.ctx,
             nt_targets_decide_like(nt_ctx_error(r->s.ctx), r->test_labels, p->train, &p->test));
done:
  return status;
}

/* Targets of the training set. What auto makes of classes depends on the loss. */
static nt_status decide_targets(nt_error *err, const nt_cli_options *o, const nt_labels *labels,
                                nt_targets **targets)
{
  nt_status status = NT_OK;
  const nt_target_mode mode = (nt_target_mode)o->targets;
  NT_TRY(nt_targets_decide(err, labels, mode, o->classes, targets));
  if (o->loss != NT_LOSS_CROSS_ENTROPY || mode != NT_TARGETS_AUTO || (*targets)->label == NULL)
    return NT_OK;
  nt_targets_destroy(targets);
  NT_TRY(nt_targets_decide(err, labels, NT_TARGETS_ONE_HOT, o->classes, targets));
done:
  return status;
}

/* Of Gaussian processes curves are drawn of samples that were not learned. */
static nt_status check_curves(nt_error *err, const nt_predict_run *r)
{
  nt_status status = NT_OK;
  const nt_cli_options *o = &r->s.options;
  const bool scored = r->problem.test != NULL || o->loo || o->folds != NULL ||
                      nt_learning_select(o) || o->method == NT_METHOD_DESCENT;
  NT_CHECK(o->plot == NULL || scored, err, NT_ERR_ARG,
           "--plot %s: nothing is scored that a curve could show: give --test-labels Y, --loo or "
           "--folds K",
           o->plot);
done:
  return status;
}

nt_status nt_predict_labels(nt_predict_run *r)
{
  nt_status status = NT_OK;
  nt_session *s = &r->s;
  const nt_cli_options *o = &s->options;
  nt_error *err = nt_ctx_error(s->ctx);
  nt_problem *p = &r->problem;
  const char *train = name_of(&r->train, "the training set");
  const int64_t rows = p->n, samples = r->train.n_leaves > 0 ? r->train.n : r->stored.train.samples;
  NT_TRY(read_labels(r, o->labels, &r->stored.train, train, samples, &r->labels));
  if (samples == 0 && o->trace_axes.text == NULL &&
      r->labels->shape.rank <= 2) /* a row is a sample */
    NT_TRY(check_labels(err, o->labels, r->labels, train, rows));
  NT_TRY_ALL(s->ctx, decide_targets(err, o, r->labels, &p->train));
  nt_say(s, "targets: %s", p->train->text);
  NT_TRY(nt_problem_lay_out(s, p, rows, p->m, r->test.n_leaves > 0 ? r->test.n : 0));
  NT_TRY(nt_stored_kernels_check_axes(s, &r->stored, p));
  NT_TRY(check_scores(err, r));
  NT_TRY(read_folds(r));
  NT_TRY(read_test_labels(r));
  NT_TRY(check_curves(err, r));
done:
  return status;
}

/* Stored kernels must come from these samples and this network, where both are known. */
static nt_status check_provenance(nt_predict_run *r)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(r->s.ctx);
  char *train = NULL, *test = NULL, *train_pattern = NULL, *test_pattern = NULL;
  char *preprocess = NULL;
  nt_provenance given = {.network = r->net.shown,
                         .train_name = r->train.text,
                         .test_name = r->test.text,
                         .test_pattern_name =
                             r->s.options.pattern2 != NULL ? "--pattern2" : "--pattern"};
  if (r->train.n_leaves > 0) {
    NT_TRY_ALL(r->s.ctx, nt_inputs_hashes(err, &r->train, &train));
    NT_TRY_ALL(r->s.ctx, nt_inputs_pattern_hash(err, &r->train, &train_pattern));
    NT_TRY_ALL(r->s.ctx, nt_steps_hashes(err, &r->steps, &r->train, &preprocess));
  }
  if (r->test.n_leaves > 0) {
    NT_TRY_ALL(r->s.ctx, nt_inputs_hashes(err, &r->test, &test));
    NT_TRY_ALL(r->s.ctx, nt_inputs_pattern_hash(err, &r->test, &test_pattern));
  }
  given.train = train;
  given.test = test;
  given.train_pattern = train_pattern;
  given.test_pattern = test_pattern;
  given.preprocess = preprocess;
  NT_TRY(nt_stored_kernels_check(&r->s, &r->stored, &given));
done:
  free(train);
  free(test);
  free(train_pattern);
  free(test_pattern);
  free(preprocess);
  return status;
}

static nt_status preprocess(nt_predict_run *r)
{
  nt_status status = NT_OK;
  nt_session *s = &r->s;
  if (r->steps.n_leaves == 0) return NT_OK;
  NT_TRY(nt_steps_fit(s, &r->steps, r->from.n_leaves > 0 ? &r->from : &r->train));
  nt_inputs_forget(&r->from);
  NT_TRY(nt_steps_apply(s, &r->steps, &r->train));
  if (r->test.n_leaves > 0) NT_TRY(nt_steps_apply(s, &r->steps, &r->test));
  NT_TRY(nt_session_phase(s, "preprocess"));
done:
  return status;
}

nt_status nt_predict_read(nt_predict_run *r)
{
  nt_status status = NT_OK;
  nt_inputs *const inputs[] = {&r->train, &r->test, &r->from};
  for (int i = 0; i < 3; i++) {
    if (inputs[i]->n_leaves > 0) NT_TRY(nt_inputs_read(&r->s, inputs[i]));
  }
  NT_TRY(nt_problem_fill(&r->s, &r->problem, r->labels, r->test_labels));
  nt_labels_destroy(&r->labels);
  nt_labels_destroy(&r->test_labels);
  NT_TRY(nt_session_phase(&r->s, "read"));
  NT_TRY(preprocess(r));
  NT_TRY(check_provenance(r));
done:
  return status;
}
