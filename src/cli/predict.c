/* ntmpi predict: posterior means of Gaussian processes with the kernels of a network. */
#include "cli/predict.h"

#include "cli/cli.h"
#include "cli/descent.h"

#include "base/check.h"

static const nt_cli_group *const groups[] = {&nt_cli_network,
                                             &nt_cli_predict_data,
                                             &nt_cli_predict_stored,
                                             &nt_cli_predict_learning,
                                             &nt_cli_predict_choice,
                                             &nt_cli_predict_solver,
                                             &nt_cli_predict_descent,
                                             &nt_cli_predict_results,
                                             &nt_cli_computing,
                                             &nt_cli_messages,
                                             NULL};

static const nt_cli_syntax syntax = {
    .name = "predict",
    .operands = "--train X --labels Y --test X\n--kernel F --kernel-test-train F --labels Y",
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

static nt_status run(nt_predict_run *r, int argc, char **argv)
{
  nt_status status = NT_OK;
  nt_session *s = &r->s;
  NT_TRY(nt_session_begin(s, &syntax, argc, argv));
  NT_TRY_ALL(s->ctx, nt_predict_parse(r));
  if (s->options.output != NULL) NT_TRY(nt_results_open(s, s->options.output, &r->out));
  if (s->options.save_kernel != NULL) NT_TRY(nt_results_open(s, s->options.save_kernel, &r->save));
  if (s->options.save_state != NULL) NT_TRY(nt_results_open(s, s->options.save_state, &r->state));
  if (nt_predict_has_network(r)) NT_TRY(nt_cli_net_read(s, &r->net));
  NT_TRY(nt_predict_open(r));
  NT_TRY(nt_predict_labels(r));
  NT_TRY(nt_predict_plan(r));
  NT_TRY(nt_session_phase(s, "plan"));
  NT_TRY(nt_predict_read(r));
  NT_TRY(nt_predict_compute(r));
  nt_predict_summarise(r);
  NT_TRY(s->options.method == NT_METHOD_DESCENT ? nt_descent_learn(r) : nt_predict_learn(r));
  NT_TRY(nt_predict_finish(r));
  NT_TRY(nt_predict_plot(r));
  NT_TRY(nt_work_summary(s));
  NT_TRY(nt_summary_write(s));
done:
  return status;
}

static int end(nt_predict_run *r, nt_status status)
{
  nt_output_abort(&r->out);
  nt_plot_free(&r->plot);
  nt_output_abort(&r->save);
  nt_output_abort(&r->state);
  for (int i = 0; i < NT_PREDICTORS; i++) {
    nt_spread_free(&r->spread[i]);
    nt_quadratic_free(&r->form[i]);
  }
  for (int f = 0; f < NT_FIELDS; f++) {
    nt_fit_free(&r->fit[f]);
    nt_dmatrix_destroy(&r->k_train[f]);
  }
  nt_kernel_job_destroy(&r->train_job);
  nt_problem_free(&r->problem);
  nt_labels_destroy(&r->labels);
  nt_labels_destroy(&r->test_labels);
  nt_steps_free(&r->steps);
  nt_inputs_free(&r->train);
  nt_inputs_free(&r->test);
  nt_inputs_free(&r->from);
  nt_stored_kernels_close(&r->stored);
  nt_cli_net_free(&r->net);
  return nt_session_end(&r->s, status);
}

int nt_cli_predict(int argc, char **argv)
{
  nt_predict_run r = {0};
  if (nt_cli_help_wanted(argc, argv)) return nt_cli_print_help(&syntax);
  return end(&r, run(&r, argc, argv));
}

static const nt_cli_group *const plan_groups[] = {
    &nt_cli_network,          &nt_cli_predict_data,    &nt_cli_predict_stored,
    &nt_cli_predict_learning, &nt_cli_predict_choice,  &nt_cli_predict_solver,
    &nt_cli_predict_descent,  &nt_cli_predict_results, &nt_cli_computing,
    &nt_cli_plan_own,         &nt_cli_messages,        NULL};

static const nt_cli_syntax plan_syntax = {
    .name = "plan predict",
    .operands = "--train X --labels Y --test X",
    .text = "What ntmpi predict would do with the same arguments: kernels, tiles, memory, time.",
    .epilogue = "Example:\n"
                "  ntmpi plan predict -n net.txt --train x.npy --labels y.npy --test t.npy \\\n"
                "    --ranks 64",
    .most_operands = 0,
    .groups = plan_groups};

static nt_status run_plan(nt_predict_run *r, int argc, char **argv)
{
  nt_status status = NT_OK;
  nt_session *s = &r->s;
  NT_TRY(nt_session_plan(s, &plan_syntax, argc, argv));
  NT_TRY(nt_predict_parse(r));
  if (nt_predict_has_network(r)) NT_TRY(nt_cli_net_read(s, &r->net));
  NT_TRY(nt_predict_open(r));
  NT_TRY(nt_predict_labels(r));
  status = nt_summary_write_plan(s, nt_predict_plan(r));
done:
  return status;
}

int nt_cli_plan_predict(int argc, char **argv)
{
  nt_predict_run r = {0};
  if (nt_cli_help_wanted(argc, argv)) return nt_cli_print_help(&plan_syntax);
  return end(&r, run_plan(&r, argc, argv));
}
