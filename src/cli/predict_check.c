/* What the words of ntmpi predict say, and which of them do not go together. */
#include "cli/predict.h"

#include "base/check.h"

#include <string.h>

static bool ends_with(const char *text, const char *end)
{
  const size_t length = strlen(text), tail = strlen(end);
  return length >= tail && strcmp(text + length - tail, end) == 0;
}

static nt_status check_regs(nt_error *err, const nt_cli_options *o)
{
  nt_status status = NT_OK;
  const nt_reals *regs = nt_learning_regs(o);
  NT_CHECK(o->reg.text == NULL || o->reg_abs.text == NULL, err, NT_ERR_ARG,
           "--reg and --reg-abs were both given: one says relative to the mean diagonal, the other "
           "absolute");
  for (int r = 0; r < regs->n; r++)
    NT_CHECK(regs->v[r] >= 0, err, NT_ERR_ARG,
             "regularisation %g (number %d of the list): must be at least 0", regs->v[r], r + 1);
done:
  return status;
}

static nt_status check_choice(nt_error *err, const nt_cli_options *o)
{
  nt_status status = NT_OK;
  const int select = nt_learning_select(o);
  NT_CHECK(select != NT_SELECT_FOLDS || o->folds != NULL, err, NT_ERR_ARG,
           "--select folds needs the folds: --folds K, or --folds FILE");
  NT_CHECK(select != 0 || o->select_by == 0, err, NT_ERR_ARG,
           "--select-by says by what --select chooses: give --select loo or --select folds too");
  NT_CHECK(select != NT_SELECT_EVIDENCE || o->select_by == 0, err, NT_ERR_ARG,
           "--select-by goes with --select loo and --select folds; the evidence is a score itself");
done:
  return status;
}

static nt_status check_options(nt_error *err, const nt_cli_options *o)
{
  nt_status status = NT_OK;
  NT_CHECK(o->train != NULL, err, NT_ERR_ARG, "training samples are missing: --train X");
  NT_CHECK(o->labels != NULL, err, NT_ERR_ARG,
           "labels of the training samples are missing: "
           "--labels Y");
  NT_CHECK(
      o->test != NULL || o->loo || o->folds != NULL, err, NT_ERR_ARG,
      "nothing to predict: give test samples with --test X (and --test-labels Y to score "
      "them), or --loo for leave-one-out predictions of the training samples, or --folds K for "
      "their cross-validation");
  NT_CHECK(o->test != NULL || o->test_labels == NULL, err, NT_ERR_ARG,
           "--test-labels %s without test samples: --test X", o->test_labels);
  NT_CHECK(o->output == NULL || !ends_with(o->output, ".npy"), err, NT_ERR_ARG,
           "-o %s: a prediction has several results; write NAME.h5, or NAME/ for a folder of .npy "
           "files",
           o->output);
  NT_TRY(check_regs(err, o));
  NT_TRY(check_choice(err, o));
done:
  return status;
}

nt_status nt_predict_parse(nt_predict_run *r)
{
  nt_status status = NT_OK;
  const nt_cli_options *o = &r->s.options;
  nt_error *err = nt_ctx_error(r->s.ctx);
  NT_TRY(check_options(err, o));
  NT_TRY(nt_inputs_parse(err, o->train, &r->train));
  if (o->test != NULL) NT_TRY(nt_inputs_parse(err, o->test, &r->test));
  if (o->preprocess_from != NULL) NT_TRY(nt_inputs_parse(err, o->preprocess_from, &r->from));
  if (o->preprocess != NULL)
    NT_TRY(nt_steps_parse(err, o->preprocess, r->train.n_leaves, &r->steps));
  NT_CHECK(o->preprocess_from == NULL || nt_steps_need_training(&r->steps), err, NT_ERR_ARG,
           "--preprocess-from %s: no step of --preprocess has statistics", o->preprocess_from);
done:
  return status;
}
