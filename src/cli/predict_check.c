/* What the words of ntmpi predict say, and which of them do not go together. */
#include "cli/descent.h"

#include "base/check.h"
#include "base/file.h"
#include "cli/solving.h"

static nt_status check_regs(nt_error *err, const nt_cli_options *o)
{
  nt_status status = NT_OK;
  const nt_reals *regs = nt_learning_regs(o);
  NT_CHECK(o->reg.text == NULL || o->reg_abs.text == NULL, err, NT_ERR_ARG,
           "--reg and --reg-abs were both given: one says relative to the mean diagonal, the other "
           "absolute");
  for (int r = 0; r < regs->n; r++)
    NT_CHECK(regs->v[r] >= 0, err, NT_ERR_ARG,
             "--reg%s %s: regularisation %g (number %d of the list) must be at least 0",
             o->reg_abs.n > 0 ? "-abs" : "", regs->text, regs->v[r], r + 1);
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

static bool has_matrix(const nt_cli_options *o, nt_block block)
{
  return o->matrix[block][NT_NNGP] != NULL || o->matrix[block][NT_NTK] != NULL;
}

static nt_status check_rows(nt_error *err, const nt_cli_options *o)
{
  nt_status status = NT_OK;
  if (o->train_rows == NULL && o->test_rows == NULL) return NT_OK;
  NT_CHECK(o->train_rows != NULL, err, NT_ERR_ARG,
           "--test-rows %s: say which are the training samples too: --train-rows R", o->test_rows);
  NT_CHECK(o->kernel[NT_TRAIN_TRAIN] != NULL, err, NT_ERR_ARG,
           "--train-rows %s chooses among the samples of a stored kernel: --kernel F",
           o->train_rows);
  NT_CHECK(o->train == NULL && o->test == NULL && o->kernel[NT_TEST_TRAIN] == NULL &&
               o->kernel[NT_TEST_TEST] == NULL && !has_matrix(o, NT_TEST_TRAIN) &&
               !has_matrix(o, NT_TEST_TEST),
           err, NT_ERR_ARG,
           "--train-rows takes all kernels from the one of --kernel; it does not go with --train, "
           "--test or other stored kernels");
done:
  return status;
}

static nt_status check_stored(nt_error *err, const nt_cli_options *o)
{
  nt_status status = NT_OK;
  bool any = false;
  for (nt_block b = 0; b < NT_BLOCKS; b++) {
    NT_CHECK(o->kernel[b] == NULL || !has_matrix(o, b), err, NT_ERR_ARG,
             "the %s kernels were given twice: by %s and by matrices of their own",
             nt_block_name(b), o->kernel[b]);
    any = any || o->kernel[b] != NULL || has_matrix(o, b);
  }
  const bool network = o->network_file != NULL || o->network_text != NULL;
  NT_CHECK(o->triangle == 0 || any, err, NT_ERR_ARG,
           "--triangle is about stored kernels, and none was given");
  NT_CHECK(o->save_kernel == NULL || (network && o->train != NULL), err, NT_ERR_ARG,
           "--save-kernel %s: nothing is computed without a network and --train X", o->save_kernel);
  NT_CHECK(o->save_kernel == NULL || !nt_ends_with(o->save_kernel, ".npy"), err, NT_ERR_ARG,
           "--save-kernel %s: there may be several kernels; write NAME.h5, or NAME/ for a folder",
           o->save_kernel);
  NT_TRY(check_rows(err, o));
done:
  return status;
}

/* The first option that says how samples are read or multiplied; NULL: none was given. */
static const char *option_of_samples(const nt_cli_options *o)
{
  const struct {
    bool given;
    const char *name;
  } options[] = {{o->mask_constant.given, "--mask-constant"},
                 {o->shapes.n > 0, "--shape"},
                 {o->batch_axis.given, "--batch-axis"},
                 {o->channel_axis.given, "--channel-axis"},
                 {o->diagonal_batch >= 0, "--diagonal-batch"},
                 {o->diagonal_spatial >= 0, "--diagonal-spatial"},
                 {o->pattern != NULL, "--pattern"},
                 {o->pattern2 != NULL, "--pattern2"},
                 {o->preprocess_from != NULL, "--preprocess-from"},
                 {o->dtype != NT_FLOAT64, "--dtype float32"}};
  for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
    if (options[i].given) return options[i].name;
  return NULL;
}

/* Samples mean something only under a network, and the other way round. */
static nt_status check_samples(nt_error *err, const nt_cli_options *o)
{
  nt_status status = NT_OK;
  const bool stored = o->kernel[NT_TRAIN_TRAIN] != NULL || has_matrix(o, NT_TRAIN_TRAIN);
  const bool network = o->network_file != NULL || o->network_text != NULL;
  NT_CHECK(
      stored || network, err, NT_ERR_ARG,
      "a network is missing: -n FILE, or -e 'serial(Dense(512), Relu(), Dense(1))'; or a stored "
      "kernel: --kernel F");
  NT_CHECK(stored || o->train != NULL, err, NT_ERR_ARG,
           "training samples are missing: --train X (or their stored kernel: --kernel F)");
  NT_CHECK(network || o->train == NULL, err, NT_ERR_ARG,
           "--train %s: samples need a network that says how they are read: -n FILE or -e TEXT",
           o->train);
  NT_CHECK(o->train != NULL || o->test == NULL, err, NT_ERR_ARG,
           "--test %s: its kernel is one with the training samples: --train X", o->test);
  NT_CHECK(o->train != NULL || o->preprocess == NULL, err, NT_ERR_ARG,
           "--preprocess %s changes samples, and a stored kernel has none: it was applied when the "
           "kernel was computed",
           o->preprocess);
  const char *const option = option_of_samples(o);
  NT_CHECK(
      o->train != NULL || option == NULL, err, NT_ERR_ARG,
      "%s is about samples, and a stored kernel has none: give it where the kernel is computed",
      option);
done:
  return status;
}

static nt_status check_plot(nt_error *err, const nt_cli_options *o)
{
  nt_status status = NT_OK;
  if (o->plot == NULL) return NT_OK;
  const bool times = o->method == NT_METHOD_DESCENT;
  NT_CHECK(times || nt_learning_regs(o)->n > 1, err, NT_ERR_ARG,
           "--plot %s: one regularisation makes no curve; give --reg LIST", o->plot);
  NT_CHECK(!times || o->time.n > 1, err, NT_ERR_ARG,
           "--plot %s: one time makes no curve; give --time LIST", o->plot);
  NT_TRY(nt_plot_check(err, o->plot, o->force));
done:
  return status;
}

static nt_status check_options(nt_error *err, const nt_cli_options *o)
{
  nt_status status = NT_OK;
  NT_TRY(check_samples(err, o));
  NT_CHECK(o->labels != NULL, err, NT_ERR_ARG,
           "labels of the training samples are missing: --labels Y");
  NT_CHECK(o->output == NULL || !nt_ends_with(o->output, ".npy"), err, NT_ERR_ARG,
           "-o %s: a prediction has several results; write NAME.h5, or NAME/ for a folder of .npy "
           "files",
           o->output);
  NT_CHECK(o->save_state == NULL || !nt_ends_with(o->save_state, ".npy"), err, NT_ERR_ARG,
           "--save-state %s: a state has several arrays; write NAME.h5, or NAME/ for a folder",
           o->save_state);
  NT_TRY(check_regs(err, o));
  NT_TRY(check_choice(err, o));
  NT_TRY(nt_solving_check(err, o));
  NT_TRY(check_stored(err, o));
  NT_TRY(nt_descent_check_options(err, o));
  NT_TRY(check_plot(err, o));
done:
  return status;
}

/* Patterns go with the samples that kernels are computed from. */
static nt_status check_patterns(nt_error *err, const nt_cli_options *o)
{
  nt_status status = NT_OK;
  if (o->pattern == NULL && o->pattern2 == NULL) return NT_OK;
  NT_CHECK(
      o->train != NULL, err, NT_ERR_ARG,
      "--pattern and --pattern2 go with the samples of --train and --test, which were not given");
  NT_CHECK(o->test != NULL || o->pattern2 == NULL, err, NT_ERR_ARG,
           "--pattern2 %s is for the samples of --test, which were not given", o->pattern2);
  NT_CHECK(!o->matrix_free, err, NT_ERR_UNSUPPORTED,
           "--matrix-free with --pattern is not available in this version: leave it out");
done:
  return status;
}

nt_status nt_predict_parse(nt_predict_run *r)
{
  nt_status status = NT_OK;
  const nt_cli_options *o = &r->s.options;
  nt_error *err = nt_ctx_error(r->s.ctx);
  NT_TRY(check_options(err, o));
  NT_TRY(check_patterns(err, o));
  if (o->train != NULL) NT_TRY(nt_inputs_parse(err, o->train, &r->train));
  if (o->test != NULL) NT_TRY(nt_inputs_parse(err, o->test, &r->test));
  if (o->preprocess_from != NULL) NT_TRY(nt_inputs_parse(err, o->preprocess_from, &r->from));
  if (o->preprocess != NULL)
    NT_TRY(nt_steps_parse(err, o->preprocess, r->train.n_leaves, &r->steps));
  NT_CHECK(o->preprocess_from == NULL || nt_steps_need_training(&r->steps), err, NT_ERR_ARG,
           "--preprocess-from %s: no step of --preprocess has statistics", o->preprocess_from);
done:
  return status;
}
