/* The kernels of ntmpi predict: between training samples, and of test samples with them. */
#include "cli/predict.h"

#include "base/check.h"

/* One output, one position per sample, and an NTK if one is wanted. */
static nt_status check_network(nt_error *err, const nt_plan *plan, unsigned get)
{
  nt_status status = NT_OK;
  NT_CHECK(plan->n_outputs == 1, err, NT_ERR_SHAPE,
           "the network has %d outputs; predict needs one: join them with FanInSum, FanInProd or "
           "FanInConcat",
           plan->n_outputs);
  const nt_facts *facts = &plan->node[plan->output[0]].facts;
  NT_CHECK(nt_facts_positions(facts) == 1, err, NT_ERR_SHAPE,
           "the output of the network has %lld positions a sample; predict needs one: end the "
           "network with Flatten() and Dense",
           (long long)nt_facts_positions(facts));
  NT_CHECK(!(get & NT_GET_NTK) || !facts->ntk_zero, err, NT_ERR_ARG,
           "the network has no layer with parameters, so that its NTK is zero: --get nngp");
done:
  return status;
}

static unsigned fields(const nt_cli_options *o)
{
  return (o->predictors & NT_BY_NNGP ? NT_GET_NNGP : 0) |
         (o->predictors & (NT_BY_NTK | NT_BY_NTKGP) ? NT_GET_NTK : 0);
}

static int64_t most(int64_t a, int64_t b) { return a > b ? a : b; }

nt_status nt_predict_plan(nt_predict_run *r)
{
  nt_status status = NT_OK;
  nt_session *s = &r->s;
  const unsigned get = fields(&s->options);
  const int kernels = get == (NT_GET_NNGP | NT_GET_NTK) ? 2 : 1;
  nt_kernel_options options = nt_cli_kernel_options(s);
  NT_TRY(nt_work_plan(s, &r->net, &r->test, &r->train, get, &options, &r->test_job));
  NT_TRY_ALL(s->ctx, check_network(nt_ctx_error(s->ctx), r->test_job->plan, get));
  /* In the blocks of the solver the kernel is factorised where it is. */
  if (options.tile == 0) options.tile = nt_solver_block(s->grid, r->problem.n);
  NT_TRY(nt_work_plan(s, &r->net, &r->train, NULL, get, &options, &r->train_job));
  const nt_memory *train = &r->train_job->memory, *test = &r->test_job->memory;
  nt_work_describe(s, r->train_job, "train-train");
  nt_work_describe(s, r->test_job, "test-train");
  const int64_t copy = s->options.tile > 0 ? train->results / kernels : 0;
  const int64_t learning = copy + nt_learning_bytes(&s->options, &r->problem);
  nt_budget budget = {.results = train->results + test->results,
                      .samples = test->samples,
                      .work = most(most(train->work, test->work), learning)};
  NT_TRY(nt_work_announce(s, &budget));
done:
  return status;
}

nt_status nt_predict_compute(nt_predict_run *r)
{
  nt_status status = NT_OK;
  nt_session *s = &r->s;
  NT_TRY(nt_work_run(s, r->train_job, &r->train, NULL, "train-train", &r->k_train));
  NT_TRY(nt_work_run(s, r->test_job, &r->test, &r->train, "test-train", &r->k_test));
  NT_TRY(nt_session_phase(s, "kernels"));
done:
  return status;
}
