/* The data of ntmpi predict: samples, labels, preprocessing. */
#include "cli/predict.h"

#include "base/check.h"

#include <stdlib.h>

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
  NT_TRY(nt_inputs_read(s, &r->test));
  if (other) NT_TRY(nt_inputs_read(s, &r->from));
  NT_TRY(nt_session_phase(s, "read"));
  if (r->steps.n_leaves == 0) return NT_OK;
  NT_TRY(nt_steps_fit(s, &r->steps, other ? &r->from : &r->train));
  nt_inputs_forget(&r->from);
  NT_TRY(nt_steps_apply(s, &r->steps, &r->train));
  NT_TRY(nt_steps_apply(s, &r->steps, &r->test));
  NT_TRY(nt_session_phase(s, "preprocess"));
done:
  return status;
}
