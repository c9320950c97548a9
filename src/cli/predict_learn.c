/* Inference of ntmpi predict, one kernel after the other. */
#include "cli/predict.h"

#include "base/check.h"

static nt_status write_answer(nt_predict_run *r)
{
  return r->out == NULL ? NT_OK : nt_answer_write(&r->s, &r->problem, &r->answer, r->out);
}

/* The means of ntk and ntkgp are the same: the kernel is factorised once. */
static nt_status learn_ntk(nt_predict_run *r, nt_kernel *train, const nt_kernel *test)
{
  nt_status status = NT_OK;
  nt_session *s = &r->s;
  const unsigned wanted = s->options.predictors;
  const char *name = wanted & NT_BY_NTK ? "ntk" : "ntkgp";
  NT_TRY(nt_learning_run(s, &r->problem, name, &train->ntk, test->ntk, &r->answer));
  NT_TRY(write_answer(r));
  if ((wanted & NT_BY_NTK) && (wanted & NT_BY_NTKGP)) {
    r->answer.name = "ntkgp";
    for (int i = 0; i < r->answer.R; i++)
      nt_answer_print(s, &r->problem, &r->answer, i);
    NT_TRY(write_answer(r));
  }
done:
  nt_answer_free(&r->answer);
  return status;
}

nt_status nt_predict_learn(nt_predict_run *r)
{
  nt_status status = NT_OK;
  nt_session *s = &r->s;
  nt_kernel *train = nt_tree_nth(r->k_train, 0)->leaf, *test = nt_tree_nth(r->k_test, 0)->leaf;
  if (s->options.predictors & NT_BY_NNGP) {
    NT_TRY(nt_learning_run(s, &r->problem, "nngp", &train->nngp, test->nngp, &r->answer));
    NT_TRY(write_answer(r));
    nt_answer_free(&r->answer);
  }
  if (s->options.predictors & (NT_BY_NTK | NT_BY_NTKGP)) NT_TRY(learn_ntk(r, train, test));
  NT_TRY(nt_session_phase(s, "learn"));
done:
  return status;
}
