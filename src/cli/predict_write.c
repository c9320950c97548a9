/* What ntmpi predict leaves: the file of results, and the summary. */
#include "cli/descent.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>

/* The fold number of each training sample. */
static nt_status write_folds(nt_predict_run *r, const nt_folds *folds)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = r->s.ctx;
  const int64_t unit = r->problem.unit, n = folds->n / unit;
  const nt_shape shape = {1, {n}};
  void *memory = NULL;
  NT_TRY_ALL(ctx, nt_alloc(nt_ctx_error(ctx), n, sizeof(int64_t), "fold numbers", &memory));
  for (int64_t i = 0; i < n; i++)
    ((int64_t *)memory)[i] = folds->number[folds->fold[i * unit]];
  NT_TRY(nt_output_write_ints(r->out, "folds", &shape, memory));
done:
  free(memory);
  return status;
}

nt_status nt_predict_finish(nt_predict_run *r)
{
  nt_status status = NT_OK;
  nt_session *s = &r->s;
  const nt_cli_options *o = &s->options;
  const nt_reals *regs = nt_learning_regs(o);
  const nt_shape shape = {regs->is_list ? 1 : 0, {regs->n}};
  const char *name = o->reg_abs.n > 0 ? "reg_abs" : "reg";
  const nt_folds *folds = r->problem.folds;
  if (r->save != NULL) {
    NT_TRY(nt_output_commit(&r->save));
    nt_say(s, "wrote %s", o->save_kernel);
  }
  if (r->out == NULL) return NT_OK;
  /* What was chosen stands with each kernel. */
  if (!nt_learning_select(o)) NT_TRY(nt_output_write_array(r->out, name, &shape, regs->v));
  if (folds != NULL) NT_TRY(write_folds(r, folds));
  NT_TRY(nt_results_attributes(s, &r->net, r->out));
  if (r->train.n_leaves > 0) NT_TRY(nt_inputs_store(&r->train, "", "train", r->out));
  if (r->test.n_leaves > 0) NT_TRY(nt_inputs_store(&r->test, "", "test", r->out));
  NT_TRY(nt_output_attr_text(r->out, "", "labels", o->labels));
  NT_TRY(nt_output_attr_text(r->out, "", "targets", r->problem.train->text));
  NT_TRY(o->method == NT_METHOD_DESCENT ? nt_descent_attributes(r)
                                        : nt_output_attr_text(r->out, "", "method", "gp"));
  if (r->train.n_leaves > 0) NT_TRY(nt_steps_store(s, &r->steps, &r->train, r->out));
  NT_TRY(nt_output_commit(&r->out));
  NT_TRY(nt_session_phase(s, "write"));
  nt_say(s, "wrote %s", o->output);
done:
  return status;
}

void nt_predict_summarise(nt_predict_run *r)
{
  nt_session *s = &r->s;
  if (s->json == NULL) return;
  if (r->net.shown != NULL) (void)cJSON_AddStringToObject(s->json, "network", r->net.shown);
  (void)cJSON_AddStringToObject(s->json, "targets", r->problem.train->text);
  (void)cJSON_AddNumberToObject(s->json, "n_train", (double)r->problem.trace.shape.dim[0]);
  (void)cJSON_AddNumberToObject(s->json, "n_test", (double)r->problem.test_trace.shape.dim[0]);
}
