/* What the kernels of ntmpi predict will take: jobs for those that are computed, blocks
 * of test samples, memory. */
#include "cli/descent.h"

#include "base/check.h"
#include "cli/solving.h"
#include "layer/math.h"

#include <stdio.h>

/* Positions of the output are axes of the targets, and rows of the kernel. */
static nt_status check_positions(nt_error *err, const nt_facts *facts, const nt_problem *p)
{
  nt_status status = NT_OK;
  const int64_t positions = nt_facts_positions(facts);
  const nt_shape space = nt_facts_space(facts), rows = nt_trace_rows(&p->trace);
  char targets[120], found[120];
  bool same = positions > 1 ? rows.rank == space.rank + 1 : p->unit == 1;
  for (int a = 0; same && positions > 1 && a < space.rank; a++)
    same = rows.dim[a + 1] == space.dim[a];
  NT_CHECK(same, err, NT_ERR_SHAPE,
           "the output of the network has %lld position%s a sample%s%s, but targets of shape %s "
           "with these trace axes have %lld: end the network with Flatten() and Dense for one, or "
           "give targets with an axis for each of the network's but the batch axis, of which "
           "--trace-axes names the channels (default -1)",
           (long long)positions, positions == 1 ? "" : "s", positions == 1 ? "" : ", of shape ",
           positions == 1 ? "" : nt_shape_text(&space, found, sizeof found),
           nt_shape_text(&p->trace.shape, targets, sizeof targets), (long long)p->unit);
  NT_CHECK(p->unit == 1 || !facts->diagonal_spatial, err, NT_ERR_ARG,
           "--diagonal-spatial yes: inference needs the kernels of all pairs of positions");
done:
  return status;
}

/* One output, the positions of the targets, as many samples as came in, and
 * an NTK if one is wanted. */
static nt_status check_network(nt_error *err, const nt_plan *plan, unsigned get,
                               const nt_problem *p)
{
  nt_status status = NT_OK;
  NT_CHECK(plan->n_outputs == 1, err, NT_ERR_SHAPE,
           "the network has %d outputs; predict needs one: join them with FanInSum, FanInProd or "
           "FanInConcat",
           plan->n_outputs);
  const nt_facts *facts = &plan->node[plan->output[0]].facts;
  NT_TRY(check_positions(err, facts, p));
  const nt_facts *inputs = &plan->node[0].facts;
  for (int which = 0; which < 2; which++) {
    const int64_t from = nt_facts_samples(inputs, which), to = nt_facts_samples(facts, which);
    NT_CHECK(!facts->summed && from == to, err, NT_ERR_SHAPE,
             "the network makes %lld samples of %lld (a layer acts on the batch axis), but predict "
             "needs one for each label",
             (long long)to, (long long)from);
  }
  NT_CHECK(!(get & NT_GET_NTK) || !facts->ntk_zero, err, NT_ERR_ARG,
           "the network has no layer with parameters, so that its NTK is zero: --get nngp");
done:
  return status;
}

static int kernels_of(unsigned get) { return get == (NT_GET_NNGP | NT_GET_NTK) ? 2 : get != 0; }

/* Bytes of the rank that holds most of an M x N matrix in blocks of mb x nb. */
static int64_t matrix_bytes(const nt_grid *grid, int64_t M, int64_t N, int64_t mb, int64_t nb)
{
  return nt_numroc(M, mb, 0, nt_grid_P(grid)) * nt_numroc(N, nb, 0, nt_grid_Q(grid)) *
         (int64_t)sizeof(double);
}

nt_status nt_predict_plan_block(nt_predict_run *r, int64_t first, int64_t count, nt_inputs *part,
                                nt_kernel_job **job)
{
  nt_status status = NT_OK;
  nt_session *s = &r->s;
  const nt_kernel_options options = nt_cli_kernel_options(s);
  NT_TRY_ALL(s->ctx, nt_inputs_part(nt_ctx_error(s->ctx), &r->test, first, count, part));
  NT_TRY(nt_work_plan(s, &r->net, part, &r->train, r->compute[NT_TEST_TRAIN], &options, job));
done:
  return status;
}

/* Rows of as many test samples as --test-block says; without it, so many that their kernels take an
 * eighth of those of the training set, or 64 MiB. Whole home blocks of samples on every rank, so
 * that a part of the samples is not copied. All at once when they have to be, or are saved. */
static int64_t choose_block(const nt_predict_run *r)
{
  enum { LEAST_BYTES = 64 << 20 };
  const nt_problem *p = &r->problem;
  const int kernels = (int)NT_MAX(kernels_of(r->fields), 1);
  const int64_t step = nt_samples_step(r->s.ctx), size = nt_ctx_size(r->s.ctx);
  const int64_t all = r->s.options.matrix_free ? 0 : kernels * p->n * p->n / size;
  const int64_t bytes = NT_MAX(all, LEAST_BYTES);
  int64_t block = r->s.options.test_block; /* samples */
  if (r->save != NULL && r->compute[NT_TEST_TRAIN] != 0) return p->m;
  if (block == 0) block = NT_MAX(bytes / (8 * kernels * p->n * p->unit) * size, 1);
  block = (block + step - 1) / step * step * p->unit;
  return block < p->m ? block : p->m;
}

/* Variances need the factor of their regularisation, as gradient descent for infinite time does. */
int nt_predict_passes(const nt_cli_options *o)
{
  const bool factors =
      o->method == NT_METHOD_DESCENT ? o->time.n == 0 : nt_spread_wanted(o) != NT_SPREAD_NONE;
  return factors && !nt_learning_select(o) ? nt_learning_regs(o)->n : 1;
}

/* Memory of the block that is computed. Where the network mixes samples, each has to meet all
 * others; and behind Dropout test samples that are the training samples are one set with them. */
static nt_status plan_computed(nt_predict_run *r, nt_memory *memory)
{
  nt_status status = NT_OK;
  nt_session *s = &r->s;
  nt_inputs part = {0};
  nt_kernel_job *job = NULL;
  const unsigned get = r->compute[NT_TEST_TRAIN];
  if (get == 0) return NT_OK;
  NT_TRY(nt_predict_plan_block(r, 0, r->block / r->problem.unit, &part, &job));
  r->mixes_samples = job->plan->node[job->plan->output[0]].facts.mixes_samples;
  r->may_meet_itself = r->test.n == r->train.n && nt_kernel_job_drops(job);
  if ((r->mixes_samples || r->may_meet_itself) && r->block < r->problem.m) {
    r->block = r->problem.m;
    nt_inputs_end_part(&part);
    nt_kernel_job_destroy(&job);
    NT_TRY(nt_predict_plan_block(r, 0, r->test.n, &part, &job));
  }
  NT_TRY_ALL(s->ctx, check_network(nt_ctx_error(s->ctx), job->plan, get, &r->problem));
  *memory = job->memory;
  NT_TRY(nt_work_describe(s, job, "test-train"));
done:
  nt_inputs_end_part(&part);
  nt_kernel_job_destroy(&job);
  return status;
}

static nt_status plan_blocks(nt_predict_run *r, nt_memory *memory)
{
  nt_status status = NT_OK;
  const nt_problem *p = &r->problem;
  *memory = (nt_memory){0};
  if (p->m == 0) return NT_OK;
  r->block = choose_block(r);
  NT_TRY(plan_computed(r, memory));
  const int stored = kernels_of(r->fields & ~r->compute[NT_TEST_TRAIN]);
  memory->results += stored * matrix_bytes(r->s.grid, r->block, p->n, NT_READ_BLOCK, NT_READ_BLOCK);
  if (r->block == p->m) goto done;
  const int passes = nt_predict_passes(&r->s.options);
  nt_say(&r->s, "test-train: %lld test samples in blocks of %lld", (long long)(p->m / p->unit),
         (long long)(r->block / p->unit));
  if (passes > 1)
    nt_say(&r->s,
           "test-train: the kernels of a block are %s again for each of %d regularisations, unless "
           "all are held: --test-block %lld",
           r->compute[NT_TEST_TRAIN] != 0 ? "computed" : "read", passes,
           (long long)(p->m / p->unit));
done:
  return status;
}

static nt_status plan_train(nt_predict_run *r, nt_memory *memory)
{
  nt_status status = NT_OK;
  nt_session *s = &r->s;
  const int64_t n = r->problem.n, nb = nt_solver_block(s->grid, n);
  const unsigned get = r->compute[NT_TRAIN_TRAIN];
  const int stored = kernels_of(r->fields & ~get);
  nt_kernel_options options = nt_cli_kernel_options(s);
  *memory = (nt_memory){0};
  /* In the blocks of the solver the kernel is factorised where it is. */
  if (options.tile == 0 || s->options.in_place) options.tile = NT_MAX(nb / r->problem.unit, 1);
  if (get != 0) {
    NT_TRY(nt_work_plan(s, &r->net, &r->train, NULL, get, &options, &r->train_job));
    NT_TRY_ALL(s->ctx, check_network(nt_ctx_error(s->ctx), r->train_job->plan, get, &r->problem));
    NT_TRY(nt_work_describe(s, r->train_job, "train-train"));
    *memory = r->train_job->memory;
  }
  if (s->options.matrix_free) {
    nt_kernel_job_destroy(&r->train_job); /* its panels are jobs of their own */
    memory->results = 0;
    return NT_OK;
  }
  memory->results += stored * matrix_bytes(s->grid, n, n, nb, nb);
done:
  return status;
}

/* Where nothing else is computed, what may be wrong with the test samples, and their arithmetic, are
 * known before they are read. */
static nt_status plan_test_test(nt_predict_run *r)
{
  nt_status status = NT_OK;
  nt_kernel_job *job = NULL;
  const nt_kernel_options options = nt_cli_kernel_options(&r->s);
  const unsigned get = r->compute[NT_TEST_TEST];
  if (get != 0 && (r->compute[NT_TRAIN_TRAIN] | r->compute[NT_TEST_TRAIN]) == 0)
    NT_TRY(nt_work_plan(&r->s, &r->net, &r->test, NULL, get, &options, &job));
done:
  nt_kernel_job_destroy(&job);
  return status;
}

/* "nngp, ntk: one 1797 x 1797 matrix each, ..." */
static void say_what_is_held(const nt_predict_run *r)
{
  const nt_problem *p = &r->problem;
  const int kernels = (int)NT_MAX(kernels_of(r->fields), 1);
  const int forms = nt_predict_forms(r);
  char tests[200] = "", made_of[120] = "";
  if (forms > 0)
    snprintf(made_of, sizeof made_of, "; for covariances %d of %lld x %lld made of them", forms,
             (long long)p->m, (long long)p->n);
  if (p->m > 0)
    snprintf(tests, sizeof tests, "; kernels of %lld of %lld test samples at a time%s",
             (long long)(r->block / p->unit), (long long)(p->m / p->unit), made_of);
  const bool descent = r->s.options.method == NT_METHOD_DESCENT;
  nt_say(&r->s, "held: for %s one matrix of %lld x %lld%s, %s%s",
         kernels == 2 ? "nngp and ntk" : nt_field_name(r->fields == NT_GET_NTK ? NT_NTK : NT_NNGP),
         (long long)p->n, (long long)p->n, kernels == 2 ? " each" : "",
         !descent ? nt_solving_text(&r->s.options)
         : nt_descent_integrates(&r->s.options)
             ? "and nothing else of that size"
             : "and what becomes of its copy: eigenvectors or a factor",
         tests);
}

/* Buffers of reading stored kernels. */
static int64_t reading(const nt_predict_run *r, nt_block block, int64_t lines)
{
  const unsigned get = r->fields & ~r->compute[block];
  return lines == 0 ? 0 : nt_stored_kernels_buffers(&r->stored, r->s.grid, block, get, lines);
}

/* Beside the kernels of the training set. Those that no test sample needs leave room. */
static int64_t work_of(const nt_predict_run *r, const nt_memory *train, const nt_memory *test,
                       const nt_predict_needs *needs)
{
  const nt_cli_options *o = &r->s.options;
  const nt_problem *p = &r->problem;
  const int64_t computing = nt_problem_bytes(p) + train->work + reading(r, NT_TRAIN_TRAIN, p->n);
  const bool released = o->method == NT_METHOD_GP && nt_spread_wanted(o) == NT_SPREAD_NONE;
  const int64_t buffers = reading(r, NT_TEST_TRAIN, NT_MIN(r->block, p->m));
  /* What kernels took has gone back before it is learnt from (heap.h). */
  const int64_t getting = test->work + buffers;
  const int64_t testing =
      test->results + (o->matrix_free ? getting + needs->testing : NT_MAX(getting, needs->testing));
  const int64_t learning = NT_MAX(needs->training, testing - (released ? train->results : 0));
  return NT_MAX(computing, needs->held + learning);
}

/* If there is room for it. */
static void choose_by_decomposition(nt_predict_run *r, nt_budget *budget, int64_t work)
{
  const int64_t before = budget->work;
  budget->work = NT_MAX(before, work);
  r->problem.decomposes = nt_work_fits(&r->s, budget);
  if (r->problem.decomposes) return;
  budget->work = before;
  nt_say(&r->s, "the choice of a regularisation takes a factor for each: there is no room for an "
                "eigendecomposition, which would serve all");
}

/* Memory of other ranks that is read. */
static int64_t seen_by(const nt_predict_run *r, const nt_memory *train, const nt_memory *test,
                       const nt_predict_needs *needs)
{
  nt_predict_needs seen = nt_predict_needs_of(r, true);
  seen.training = NT_MAX(seen.training, needs->training);
  return work_of(r, train, test, &seen) - work_of(r, train, test, needs);
}

nt_status nt_predict_plan(nt_predict_run *r)
{
  nt_status status = NT_OK;
  nt_session *s = &r->s;
  const nt_cli_options *o = &s->options;
  const int kernels = (int)NT_MAX(kernels_of(r->fields), 1);
  nt_memory train, test;
  if (r->problem.unit > 1 && o->diagonal_spatial < 0) s->options.diagonal_spatial = 0;
  NT_TRY(plan_train(r, &train));
  NT_TRY(plan_blocks(r, &test));
  NT_TRY(plan_test_test(r));
  say_what_is_held(r);
  const bool suits = (o->tile == 0 || o->in_place) && r->problem.unit == 1;
  nt_predict_needs needs = nt_predict_needs_of(r, false);
  needs.training = NT_MAX(needs.training, suits ? 0 : train.results / kernels); /* copied in turn */
  nt_budget budget = {.results = train.results,
                      .samples = NT_MAX(train.samples, test.samples),
                      .work = work_of(r, &train, &test, &needs),
                      .seen = seen_by(r, &train, &test, &needs),
                      .less =
                          r->problem.c > r->problem.n
                              ? "fewer outputs (--classes)"
                              : "more ranks (ntmpi plan predict ... --ranks N tells what each of "
                                "N needs)"};
  if (r->save != NULL) budget.writing = nt_results_buffers(train.results);
  if (nt_learning_decomposes(o))
    choose_by_decomposition(r, &budget, needs.held + nt_decomposition_bytes(s, &r->problem));
  NT_TRY(nt_work_announce(s, &budget));
done:
  return status;
}
