/* The kernels of ntmpi predict: between training samples, and of blocks of test samples with them. */
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

/* ---- Blocks of test samples ---- */

/* As many test samples as --test-block says; without it, so many that their kernels take an eighth of
 * those of the training set, or 64 MiB. Whole home blocks of samples on every rank, so that a part of
 * the samples is not copied. */
static int64_t choose_block(const nt_predict_run *r, int kernels)
{
  enum { LEAST_BYTES = 64 << 20 };
  const nt_problem *p = &r->problem;
  const int64_t step = nt_samples_step(r->s.ctx), size = nt_ctx_size(r->s.ctx);
  const int64_t bytes = most(kernels * p->n * p->n / size, LEAST_BYTES);
  int64_t block = r->s.options.test_block;
  /* Where samples are mixed, each has to meet all others. */
  if (!r->train_job->plan->layout.diagonal_batch) return p->m;
  if (block == 0) block = bytes / (8 * kernels * p->n) * size;
  block = (block + step - 1) / step * step;
  return block < p->m ? block : p->m;
}

static nt_status plan_block(nt_predict_run *r, int64_t first, int64_t count, nt_inputs *part,
                            nt_kernel_job **job)
{
  nt_status status = NT_OK;
  nt_session *s = &r->s;
  const nt_kernel_options options = nt_cli_kernel_options(s);
  NT_TRY_ALL(s->ctx, nt_inputs_part(nt_ctx_error(s->ctx), &r->test, first, count, part));
  NT_TRY(nt_work_plan(s, &r->net, part, &r->train, r->fields, &options, job));
done:
  return status;
}

/* The memory of a block, and what is said about all of them. */
static nt_status survey_blocks(nt_predict_run *r, nt_memory *memory)
{
  nt_status status = NT_OK;
  nt_session *s = &r->s;
  nt_inputs part = {0};
  nt_kernel_job *job = NULL;
  NT_TRY(plan_block(r, 0, r->block, &part, &job));
  *memory = job->memory;
  nt_work_describe(s, job, "test-train");
  if (r->block < r->problem.m)
    nt_say(s, "test-train: %lld test samples in blocks of %lld", (long long)r->problem.m,
           (long long)r->block);
done:
  nt_inputs_end_part(&part);
  nt_kernel_job_destroy(&job);
  return status;
}

nt_status nt_predict_plan(nt_predict_run *r)
{
  nt_status status = NT_OK;
  nt_session *s = &r->s;
  r->fields = fields(&s->options);
  const int kernels = r->fields == (NT_GET_NNGP | NT_GET_NTK) ? 2 : 1;
  nt_kernel_options options = nt_cli_kernel_options(s);
  nt_memory test = {0};
  /* In the blocks of the solver the kernel is factorised where it is. */
  if (options.tile == 0) options.tile = nt_solver_block(s->grid, r->problem.n);
  NT_TRY(nt_work_plan(s, &r->net, &r->train, NULL, r->fields, &options, &r->train_job));
  NT_TRY_ALL(s->ctx, check_network(nt_ctx_error(s->ctx), r->train_job->plan, r->fields));
  nt_work_describe(s, r->train_job, "train-train");
  if (r->problem.m > 0) {
    r->block = choose_block(r, kernels);
    NT_TRY(survey_blocks(r, &test));
  }
  const nt_memory *train = &r->train_job->memory;
  const int64_t copy = s->options.tile > 0 ? train->results / kernels : 0;
  const int64_t learning = copy + nt_learning_bytes(&s->options, &r->problem, kernels) +
                           nt_validation_bytes(s, &r->problem);
  nt_budget budget = {.results = train->results,
                      .samples = most(train->samples, test.samples),
                      .work = most(train->work, test.results + test.work) + learning};
  NT_TRY(nt_work_announce(s, &budget));
done:
  return status;
}

/* ---- Computing ---- */

static void take_over(nt_tree *kernels, nt_dmatrix *k[NT_FIELDS])
{
  nt_kernel *kernel = nt_tree_nth(kernels, 0)->leaf;
  nt_dmatrix **const from[NT_FIELDS] = {[NT_NNGP] = &kernel->nngp, [NT_NTK] = &kernel->ntk};
  for (int f = 0; f < NT_FIELDS; f++) {
    k[f] = *from[f];
    *from[f] = NULL;
  }
}

nt_status nt_predict_compute(nt_predict_run *r)
{
  nt_status status = NT_OK;
  nt_tree *kernels = NULL;
  NT_TRY(nt_work_run(&r->s, r->train_job, &r->train, NULL, "train-train", &kernels));
  take_over(kernels, r->k_train);
  NT_TRY(nt_session_phase(&r->s, "kernels"));
done:
  nt_kernels_destroy(&kernels);
  return status;
}

nt_status nt_predict_test_train(nt_predict_run *r, int64_t first, int64_t count,
                                nt_dmatrix *k_test[NT_FIELDS])
{
  nt_status status = NT_OK;
  nt_inputs part = {0};
  nt_kernel_job *job = NULL;
  nt_tree *kernels = NULL;
  NT_TRY(plan_block(r, first, count, &part, &job));
  NT_TRY(nt_work_run(&r->s, job, &part, &r->train, "test-train", &kernels));
  take_over(kernels, k_test);
done:
  nt_kernels_destroy(&kernels);
  nt_kernel_job_destroy(&job);
  nt_inputs_end_part(&part);
  return status;
}
