/* ntmpi predict: posterior means of Gaussian processes with the kernels of a network. */
#include "cli/cli.h"
#include "cli/learning.h"
#include "cli/work.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static const nt_cli_group *const groups[] = {&nt_cli_network, &nt_cli_predict_own,
                                             &nt_cli_computing, &nt_cli_messages, NULL};

static const nt_cli_syntax syntax = {
    .name = "predict",
    .operands = "--train X --labels Y --test X",
    .text = "Learn the labels Y of the training samples with the kernels of an infinitely wide "
            "network, and predict those of the test samples. Prints a line per kernel and "
            "regularisation.",
    .epilogue =
        "X, Y: a.npy, a.h5:/dataset, a.idx[.gz], a.csv[.gz]; a range may follow: a.npy[0:1000]. "
        "Integer labels 0 ... C-1 of shape (n,) are classes, floating-point ones are targets. "
        "Statistics of --preprocess come from the training samples.\n\n"
        "Example:\n"
        "  mpirun -n 4 ntmpi predict -n net.txt --train x.npy --labels y.npy \\\n"
        "    --test t.npy --test-labels u.npy --reg 1e-6,1e-4 -o p.h5",
    .most_operands = 0,
    .groups = groups};

/* All that a run holds. */
typedef struct nt_predict_run {
  nt_session s;
  nt_output *out; /* NULL without --output */
  nt_cli_net net;
  nt_inputs train, test, from;
  nt_steps steps;
  nt_labels *labels, *test_labels;
  nt_problem problem;
  nt_kernel_job *train_job, *test_job;
  nt_tree *k_train, *k_test;
  nt_answer answer;
} nt_predict_run;

static bool ends_with(const char *text, const char *end)
{
  const size_t length = strlen(text), tail = strlen(end);
  return length >= tail && strcmp(text + length - tail, end) == 0;
}

static nt_status check_regs(nt_error *err, const nt_cli_options *o)
{
  nt_status status = NT_OK;
  const nt_reals *regs = nt_learning_regs(o);
  NT_CHECK(o->reg.n == 0 || o->reg_abs.n == 0, err, NT_ERR_ARG,
           "--reg and --reg-abs were both given: one says relative to the mean diagonal, the other "
           "absolute");
  for (int r = 0; r < regs->n; r++)
    NT_CHECK(regs->v[r] >= 0, err, NT_ERR_ARG,
             "regularisation %g (number %d of the list): must be at least 0", regs->v[r], r + 1);
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
  NT_CHECK(o->test != NULL, err, NT_ERR_ARG,
           "nothing to predict: give test samples with --test X (and --test-labels Y to score "
           "them); leave-one-out (--loo) and cross-validation (--folds K) of the training samples "
           "come in a later version");
  NT_CHECK(o->output == NULL || !ends_with(o->output, ".npy"), err, NT_ERR_ARG,
           "-o %s: a prediction has several results; write NAME.h5, or NAME/ for a folder of .npy "
           "files",
           o->output);
  NT_TRY(check_regs(err, o));
done:
  return status;
}

static nt_status parse(nt_predict_run *r)
{
  nt_status status = NT_OK;
  const nt_cli_options *o = &r->s.options;
  nt_error *err = nt_ctx_error(r->s.ctx);
  NT_TRY(check_options(err, o));
  NT_TRY(nt_inputs_parse(err, o->train, &r->train));
  NT_TRY(nt_inputs_parse(err, o->test, &r->test));
  if (o->preprocess_from != NULL) NT_TRY(nt_inputs_parse(err, o->preprocess_from, &r->from));
  if (o->preprocess != NULL)
    NT_TRY(nt_steps_parse(err, o->preprocess, r->train.n_leaves, &r->steps));
  NT_CHECK(o->preprocess_from == NULL || nt_steps_need_training(&r->steps), err, NT_ERR_ARG,
           "--preprocess-from %s: no step of --preprocess has statistics", o->preprocess_from);
done:
  return status;
}

static nt_status open_data(nt_predict_run *r)
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
  r->problem.n = nt_dataset_about(r->train.set[0])->n;
  r->problem.m = nt_dataset_about(r->test.set[0])->n;
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

static nt_status read_labels(nt_predict_run *r)
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

static nt_status plan(nt_predict_run *r)
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

static nt_status read_data(nt_predict_run *r)
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

static nt_status compute(nt_predict_run *r)
{
  nt_status status = NT_OK;
  nt_session *s = &r->s;
  NT_TRY(nt_work_run(s, r->train_job, &r->train, NULL, "train-train", &r->k_train));
  NT_TRY(nt_work_run(s, r->test_job, &r->test, &r->train, "test-train", &r->k_test));
  NT_TRY(nt_session_phase(s, "kernels"));
done:
  return status;
}

/* ---- Results ---- */

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

static nt_status learn(nt_predict_run *r)
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

static nt_status finish(nt_predict_run *r)
{
  nt_status status = NT_OK;
  nt_session *s = &r->s;
  const nt_cli_options *o = &s->options;
  const nt_reals *regs = nt_learning_regs(o);
  const nt_shape shape = {regs->is_list ? 1 : 0, {regs->n}};
  if (r->out == NULL) return NT_OK;
  NT_TRY(nt_output_write_array(r->out, o->reg_abs.n > 0 ? "reg_abs" : "reg", &shape, regs->v));
  NT_TRY(nt_results_attributes(s, &r->net, r->out));
  NT_TRY(nt_inputs_store(&r->train, "train", r->out));
  NT_TRY(nt_inputs_store(&r->test, "test", r->out));
  NT_TRY(nt_output_attr_text(r->out, "", "labels", o->labels));
  NT_TRY(nt_output_attr_text(r->out, "", "targets", r->problem.train->text));
  NT_TRY(nt_output_attr_text(r->out, "", "method", "gp"));
  NT_TRY(nt_steps_store(s, &r->steps, &r->train, r->out));
  NT_TRY(nt_output_commit(&r->out));
  NT_TRY(nt_session_phase(s, "write"));
  nt_say(s, "wrote %s", o->output);
done:
  return status;
}

static void summarise(nt_predict_run *r)
{
  nt_session *s = &r->s;
  if (s->json == NULL) return;
  (void)cJSON_AddStringToObject(s->json, "network", r->net.shown);
  (void)cJSON_AddStringToObject(s->json, "targets", r->problem.train->text);
  (void)cJSON_AddNumberToObject(s->json, "n_train", (double)r->problem.n);
  (void)cJSON_AddNumberToObject(s->json, "n_test", (double)r->problem.m);
}

static nt_status run(nt_predict_run *r, int argc, char **argv)
{
  nt_status status = NT_OK;
  nt_session *s = &r->s;
  NT_TRY(nt_session_begin(s, &syntax, argc, argv));
  NT_TRY_ALL(s->ctx, parse(r));
  if (s->options.output != NULL) NT_TRY(nt_results_open(s, &r->out));
  NT_TRY(nt_cli_net_read(s, &r->net));
  NT_TRY(open_data(r));
  NT_TRY(read_labels(r));
  NT_TRY(plan(r));
  NT_TRY(nt_session_phase(s, "plan"));
  NT_TRY(read_data(r));
  NT_TRY(compute(r));
  summarise(r);
  NT_TRY(learn(r));
  NT_TRY(finish(r));
  NT_TRY(nt_work_summary(s));
  NT_TRY(nt_summary_write(s));
done:
  return status;
}

int nt_cli_predict(int argc, char **argv)
{
  nt_predict_run r = {0};
  if (nt_cli_help_wanted(argc, argv)) return nt_cli_print_help(&syntax);
  const nt_status status = run(&r, argc, argv);
  nt_output_abort(&r.out);
  nt_answer_free(&r.answer);
  nt_kernels_destroy(&r.k_train);
  nt_kernels_destroy(&r.k_test);
  nt_kernel_job_destroy(&r.train_job);
  nt_kernel_job_destroy(&r.test_job);
  nt_targets_destroy(&r.problem.train);
  nt_targets_destroy(&r.problem.test);
  nt_labels_destroy(&r.labels);
  nt_labels_destroy(&r.test_labels);
  nt_steps_free(&r.steps);
  nt_inputs_free(&r.train);
  nt_inputs_free(&r.test);
  nt_inputs_free(&r.from);
  nt_cli_net_free(&r.net);
  return nt_session_end(&r.s, status);
}
