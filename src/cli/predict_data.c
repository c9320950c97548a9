/* The data of ntmpi predict: samples, labels, preprocessing. */
#include "cli/predict.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

nt_status nt_predict_open(nt_predict_run *r)
{
  nt_status status = NT_OK;
  nt_session *s = &r->s;
  nt_error *err = nt_ctx_error(s->ctx);
  nt_dataset_options *axes = NULL;
  NT_TRY_ALL(s->ctx, nt_cli_net_axes(s, &r->net, r->train.tree, &axes));
  NT_TRY(nt_inputs_open(s, axes, &r->train));
  nt_inputs *const others[] = {&r->test, &r->from};
  for (int i = 0; i < 2; i++) {
    if (others[i]->n_leaves == 0) continue;
    NT_CHECK(nt_tree_same(r->train.tree, others[i]->tree), err, NT_ERR_DATA,
             "%s and %s are nested differently", r->train.text, others[i]->text);
    NT_TRY(nt_inputs_open(s, axes, others[i]));
    NT_TRY(nt_inputs_alike(err, &r->train, others[i]));
  }
  r->problem.n = r->train.n;
  r->problem.m = r->test.n;
done:
  free(axes);
  return status;
}

static nt_status check_length(nt_error *err, const char *labels, int64_t n, const char *samples,
                              int64_t wanted)
{
  nt_status status = NT_OK;
  NT_CHECK(n == wanted, err, NT_ERR_DATA,
           "%s has %lld labels, but %s has %lld samples: one label a sample is needed", labels,
           (long long)n, samples, (long long)wanted);
done:
  return status;
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
  if (text[strspn(text, "0123456789")] == '\0') {
    NT_TRY_ALL(s->ctx, nt_folds_draw(err, p->train, atoll(text), s->options.seed, &p->folds));
  } else {
    NT_TRY(nt_labels_read(s->ctx, text, &numbers));
    NT_TRY_ALL(s->ctx, nt_folds_create(err, numbers, p->n, &p->folds));
  }
  nt_say(s, "folds: %lld", (long long)p->folds->count);
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
  NT_CHECK(!leaves_out || r->problem.n > 1, err, NT_ERR_DATA,
           "leave-one-out of a single training sample leaves nothing to learn from");
  NT_CHECK(o->select_by != NT_SELECT_BY_ERROR || r->problem.train->label != NULL, err, NT_ERR_ARG,
           "--select-by error counts wrong classes, but the targets are %s: --select-by mse",
           r->problem.train->text);
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
  NT_TRY(nt_labels_read(s->ctx, o->labels, &r->labels));
  NT_TRY_ALL(s->ctx, check_length(err, o->labels, r->labels->n, o->train, p->n));
  NT_TRY_ALL(s->ctx,
             nt_targets_create(err, r->labels, (nt_target_mode)o->targets, o->classes, &p->train));
  nt_say(s, "targets: %s", p->train->text);
  NT_TRY(check_scores(err, r));
  NT_TRY(read_folds(r));
  if (o->test_labels == NULL) return NT_OK;
  NT_TRY(nt_labels_read(s->ctx, o->test_labels, &r->test_labels));
  NT_TRY_ALL(s->ctx, check_length(err, o->test_labels, r->test_labels->n, o->test, p->m));
  NT_TRY_ALL(s->ctx, nt_targets_create_like(err, r->test_labels, p->train, &p->test));
done:
  return status;
}

nt_status nt_predict_read(nt_predict_run *r)
{
  nt_status status = NT_OK;
  nt_session *s = &r->s;
  const bool other = r->from.n_leaves > 0;
  NT_TRY(nt_inputs_read(s, &r->train));
  if (r->problem.m > 0) NT_TRY(nt_inputs_read(s, &r->test));
  if (other) NT_TRY(nt_inputs_read(s, &r->from));
  NT_TRY(nt_session_phase(s, "read"));
  if (r->steps.n_leaves == 0) return NT_OK;
  NT_TRY(nt_steps_fit(s, &r->steps, other ? &r->from : &r->train));
  nt_inputs_forget(&r->from);
  NT_TRY(nt_steps_apply(s, &r->steps, &r->train));
  if (r->problem.m > 0) NT_TRY(nt_steps_apply(s, &r->steps, &r->test));
  NT_TRY(nt_session_phase(s, "preprocess"));
done:
  return status;
}
