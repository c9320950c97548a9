/* ntmpi kernel: NNGP and NTK of a network on data, into a file. */
#include "cli/cli.h"
#include "cli/results.h"
#include "cli/work.h"

#include "base/check.h"
#include "base/memory.h"

static const nt_cli_group *const groups[] = {&nt_cli_network, &nt_cli_kernel_own, &nt_cli_computing,
                                             &nt_cli_messages, NULL};

static const nt_cli_syntax syntax = {
    .name = "kernel",
    .operands = "X1 [X2] -o OUT",
    .text = "Kernels of an infinitely wide network between the samples of X1 and X2, or of X1 with "
            "itself, into a file.",
    .epilogue =
        "X1, X2: a.npy, a.h5:/dataset, a.idx[.gz], a.csv[.gz], or random(n,...) for tests; a range "
        "of samples may follow: a.npy[0:1000], a.npy[-500:], a.npy[@rows.npy] (quote brackets in "
        "the shell). Networks that begin with parallel take nested lists of these: "
        "'[a.npy,[b.npy,c.npy]]'.\n\n"
        "Example:\n"
        "  mpirun -n 4 ntmpi kernel -e 'serial(Dense(512), Relu(), Dense(1))' x.npy -o k.h5",
    .most_operands = 2,
    .groups = groups};

/* All that a run holds. */
typedef struct nt_kernel_run {
  nt_session s;
  nt_output *out;
  nt_cli_net net;
  nt_inputs x1, x2, from; /* x2, from: without leaves if not given */
  nt_steps steps;
  nt_kernel_job *job;
  nt_tree *kernels;
} nt_kernel_run;

static nt_inputs *second(nt_kernel_run *r) { return r->x2.n_leaves > 0 ? &r->x2 : NULL; }

static nt_status parse(nt_kernel_run *r)
{
  nt_status status = NT_OK;
  const nt_cli_options *o = &r->s.options;
  nt_error *err = nt_ctx_error(r->s.ctx);
  NT_CHECK(o->n_operands > 0, err, NT_ERR_ARG, "data X1 are missing (see ntmpi help kernel)");
  NT_CHECK(o->output != NULL || nt_ctx_is_planned(r->s.ctx), err, NT_ERR_ARG,
           "an output is missing: -o NAME.h5, -o NAME/ or -o NAME.npy");
  NT_TRY(nt_inputs_parse(err, o->operand[0], &r->x1));
  if (o->n_operands > 1) NT_TRY(nt_inputs_parse(err, o->operand[1], &r->x2));
  if (o->preprocess_from != NULL) NT_TRY(nt_inputs_parse(err, o->preprocess_from, &r->from));
  if (o->preprocess != NULL) NT_TRY(nt_steps_parse(err, o->preprocess, r->x1.n_leaves, &r->steps));
  const bool statistics = nt_steps_need_training(&r->steps);
  NT_CHECK(!statistics || o->n_operands < 2 || o->preprocess_from != NULL, err, NT_ERR_ARG,
           "--preprocess %s with X1 and X2 needs --preprocess-from DATA, the training set that its "
           "statistics come from",
           o->preprocess);
  NT_CHECK(statistics || o->preprocess_from == NULL, err, NT_ERR_ARG,
           "--preprocess-from %s: no step of --preprocess has statistics", o->preprocess_from);
  NT_CHECK(o->n_operands > 1 || o->pattern2 == NULL, err, NT_ERR_ARG,
           "--pattern2 %s is for X2, which was not given", o->pattern2);
done:
  return status;
}

/* Of the results in the file: those of one rank that holds all, in the type that is stored. */
static int64_t bytes_of_output(const nt_kernel_run *r)
{
  const nt_demand demand = nt_kernel_job_demand(r->job);
  const int64_t results = nt_results_of(&demand, (nt_machine){1, 1, 1});
  return r->s.options.store == NT_FLOAT32 ? results / 2 : results;
}

static nt_status plan(nt_kernel_run *r)
{
  nt_status status = NT_OK;
  nt_session *s = &r->s;
  const nt_kernel_options options = nt_cli_kernel_options(s);
  NT_TRY(nt_work_plan(s, &r->net, &r->x1, second(r), s->options.get, &options, &r->job));
  NT_TRY_ALL(s->ctx, nt_results_check(s, r->job->plan->n_outputs, second(r) != NULL));
  NT_TRY(nt_work_describe(s, r->job, "kernel"));
  const nt_sized_demand sized = {nt_kernel_job_demand(r->job), nt_ctx_threads(s->ctx),
                                 nt_results_buffers};
  nt_budget budget = {.results = r->job->memory.results,
                      .samples = r->job->memory.samples,
                      .work = r->job->memory.work,
                      .writing = nt_results_buffers(r->job->memory.results),
                      .output = bytes_of_output(r),
                      .sized = &sized};
  NT_TRY(nt_work_announce(s, &budget));
done:
  return status;
}

static nt_status read_data(nt_kernel_run *r)
{
  nt_status status = NT_OK;
  nt_session *s = &r->s;
  nt_inputs *training = r->from.n_leaves > 0 ? &r->from : &r->x1;
  const bool fit = nt_steps_need_training(&r->steps);
  NT_TRY(nt_inputs_read(s, &r->x1));
  if (second(r) != NULL) NT_TRY(nt_inputs_read(s, &r->x2));
  if (fit && training == &r->from) NT_TRY(nt_inputs_read(s, &r->from));
  NT_TRY(nt_session_phase(s, "read"));
  if (r->steps.n_leaves == 0) return NT_OK;
  NT_TRY(nt_steps_fit(s, &r->steps, training));
  nt_inputs_forget(&r->from);
  NT_TRY(nt_steps_apply(s, &r->steps, &r->x1));
  if (second(r) != NULL) NT_TRY(nt_steps_apply(s, &r->steps, &r->x2));
  NT_TRY(nt_session_phase(s, "preprocess"));
done:
  return status;
}

static nt_status write(nt_kernel_run *r)
{
  nt_status status = NT_OK;
  const nt_origin origin = {&r->net, &r->x1, second(r), &r->steps};
  NT_TRY(nt_results_write(&r->s, r->kernels, &origin, r->out));
  const int64_t bytes = nt_output_bytes(r->out);
  NT_TRY(nt_output_commit(&r->out));
  NT_TRY(nt_session_phase(&r->s, "write"));
  char text[32];
  nt_say(&r->s, "wrote %s: %s of results", r->s.options.output,
         nt_bytes_text(bytes, text, sizeof text));
done:
  return status;
}

static void summarise(nt_kernel_run *r)
{
  nt_session *s = &r->s;
  if (s->json == NULL) return;
  const nt_facts *facts = &r->job->plan->node[0].facts;
  (void)cJSON_AddStringToObject(s->json, "network", r->net.shown);
  (void)cJSON_AddStringToObject(s->json, "output", s->options.output);
  (void)cJSON_AddNumberToObject(s->json, "n1", (double)facts->shape1.dim[facts->batch_axis]);
  (void)cJSON_AddNumberToObject(s->json, "n2", (double)facts->shape2.dim[facts->batch_axis]);
  (void)cJSON_AddNumberToObject(s->json, "tile", (double)r->job->plan->tile);
  (void)cJSON_AddNumberToObject(s->json, "tiles", (double)nt_work_tiles(r->job));
}

static nt_status run(nt_kernel_run *r, int argc, char **argv)
{
  nt_status status = NT_OK;
  nt_session *s = &r->s;
  NT_TRY(nt_session_begin(s, &syntax, argc, argv));
  NT_TRY_ALL(s->ctx, parse(r));
  NT_TRY(nt_results_open(s, s->options.output, &r->out));
  NT_TRY(nt_cli_net_read(s, &r->net));
  NT_TRY(nt_cli_net_open(s, &r->net, &r->x1, &r->x2, &r->from));
  NT_TRY(plan(r));
  NT_TRY(nt_session_phase(s, "plan"));
  NT_TRY(read_data(r));
  if (second(r) != NULL) {
    const nt_side one = nt_inputs_side(&r->x1), two = nt_inputs_side(&r->x2);
    NT_TRY(nt_kernel_job_compare(r->job, &one, &two));
  }
  NT_TRY(nt_work_run(s, r->job, &r->x1, second(r), "kernel", &r->kernels));
  NT_TRY(nt_session_phase(s, "kernel"));
  summarise(r);
  NT_TRY(write(r));
  NT_TRY(nt_work_summary(s));
  NT_TRY(nt_summary_write(s));
done:
  return status;
}

static int end(nt_kernel_run *r, nt_status status)
{
  nt_output_abort(&r->out);
  nt_kernels_destroy(&r->kernels);
  nt_kernel_job_destroy(&r->job);
  nt_steps_free(&r->steps);
  nt_inputs_free(&r->x1);
  nt_inputs_free(&r->x2);
  nt_inputs_free(&r->from);
  nt_cli_net_free(&r->net);
  return nt_session_end(&r->s, status);
}

int nt_cli_kernel(int argc, char **argv)
{
  nt_kernel_run r = {0};
  if (nt_cli_help_wanted(argc, argv)) return nt_cli_print_help(&syntax);
  return end(&r, run(&r, argc, argv));
}

static const nt_cli_group *const plan_groups[] = {&nt_cli_network,   &nt_cli_kernel_own,
                                                  &nt_cli_computing, &nt_cli_plan_own,
                                                  &nt_cli_messages,  NULL};

static const nt_cli_syntax plan_syntax = {
    .name = "plan kernel",
    .operands = "X1 [X2]",
    .text = "What ntmpi kernel would do with the same arguments: segments, tiles, memory, time.",
    .epilogue = "Example:\n  ntmpi plan kernel -n net.txt 'random(50000,32,32,3)' --ranks 64",
    .most_operands = 2,
    .groups = plan_groups};

static nt_status run_plan(nt_kernel_run *r, int argc, char **argv)
{
  nt_status status = NT_OK;
  nt_session *s = &r->s;
  NT_TRY(nt_session_plan(s, &plan_syntax, argc, argv));
  NT_TRY(parse(r));
  NT_TRY(nt_cli_net_read(s, &r->net));
  NT_TRY(nt_cli_net_open(s, &r->net, &r->x1, &r->x2, &r->from));
  status = nt_summary_write_plan(s, plan(r));
done:
  return status;
}

int nt_cli_plan_kernel(int argc, char **argv)
{
  nt_kernel_run r = {0};
  if (nt_cli_help_wanted(argc, argv)) return nt_cli_print_help(&plan_syntax);
  return end(&r, run_plan(&r, argc, argv));
}
