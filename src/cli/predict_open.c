/* What ntmpi predict has to work with: samples, stored kernels, and what is left to compute. */
#include "cli/predict.h"

#include "base/check.h"

bool nt_predict_has_network(const nt_predict_run *r)
{
  return r->s.options.network_file != NULL || r->s.options.network_text != NULL;
}

/* Rows of stored kernels; how many a sample has, the targets say. */
static nt_status find_sizes(nt_predict_run *r)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(r->s.ctx);
  const bool has_test = r->test.n_leaves > 0;
  NT_TRY(nt_stored_kernels_size(err, &r->stored, &r->problem.n, &r->problem.m));
  NT_CHECK(r->problem.m > 0 || has_test || r->s.options.loo || r->s.options.folds != NULL, err,
           NT_ERR_ARG,
           "nothing to predict: give test samples with --test X (and --test-labels Y to score "
           "them) or their kernels with --kernel-test-train F, or --loo for leave-one-out "
           "predictions of the training samples, or --folds K for their cross-validation");
  NT_CHECK(r->problem.m > 0 || has_test || r->s.options.test_labels == NULL, err, NT_ERR_ARG,
           "--test-labels %s without test samples: --test X, or --kernel-test-train F",
           r->s.options.test_labels);
done:
  return status;
}

static unsigned by_fields(unsigned get)
{
  return (get & NT_GET_NNGP ? NT_BY_NNGP : 0) | (get & NT_GET_NTK ? NT_BY_NTK : 0);
}

/* The covariance of an ensemble (ntk) needs both kernels. */
static unsigned fields_of(unsigned predictors, bool spread)
{
  const unsigned by_nngp = NT_BY_NNGP | (spread ? NT_BY_NTK : 0);
  return (predictors & by_nngp ? NT_GET_NNGP : 0) |
         (predictors & (NT_BY_NTK | NT_BY_NTKGP) ? NT_GET_NTK : 0);
}

static unsigned test_test_of(unsigned predictors)
{
  return (predictors & (NT_BY_NNGP | NT_BY_NTK) ? NT_GET_NNGP : 0) |
         (predictors & NT_BY_NTKGP ? NT_GET_NTK : 0);
}

/* Without --get: both kernels, or those that there are. */
static void choose_predictors(nt_predict_run *r)
{
  const unsigned stored = nt_stored_kernels_get(&r->stored, NT_TRAIN_TRAIN);
  const bool computes = nt_predict_has_network(r) && r->train.n_leaves > 0;
  r->predictors = r->s.options.predictors;
  const bool spread = nt_spread_wanted(&r->s.options) != NT_SPREAD_NONE;
  const bool has_test = r->problem.m > 0 || r->test.n_leaves > 0;
  const nt_cli_options *o = &r->s.options;
  if (r->predictors == 0 && o->method == NT_METHOD_DESCENT && !o->ensemble)
    r->predictors = NT_BY_NTK;
  if (r->predictors == 0) r->predictors = computes ? NT_BY_NNGP | NT_BY_NTK : by_fields(stored);
  r->fields = fields_of(r->predictors, spread);
  r->compute[NT_TRAIN_TRAIN] = r->fields & ~stored;
  r->compute[NT_TEST_TRAIN] =
      has_test ? r->fields & ~nt_stored_kernels_get(&r->stored, NT_TEST_TRAIN) : 0;
  r->test_test = spread && has_test ? test_test_of(r->predictors) : 0;
  r->compute[NT_TEST_TEST] = r->test_test & ~nt_stored_kernels_get(&r->stored, NT_TEST_TEST);
}

static const char *missing_text(unsigned get)
{
  return get == (NT_GET_NNGP | NT_GET_NTK) ? "nngp and ntk" : get == NT_GET_NNGP ? "nngp" : "ntk";
}

/* Why what --kernel may hold of test samples does not count. */
static const char *others_text(const nt_predict_run *r)
{
  return r->stored.others
             ? " (what --kernel holds of test samples is not taken beside a test-train "
               "kernel that was given apart: it may be that of others)"
             : "";
}

static nt_status check_computable(nt_error *err, const nt_predict_run *r)
{
  nt_status status = NT_OK;
  const bool network = nt_predict_has_network(r);
  const unsigned train = r->compute[NT_TRAIN_TRAIN], test = r->compute[NT_TEST_TRAIN];
  const bool from_random = (r->predictors & (NT_BY_NNGP | NT_BY_NTK)) == NT_BY_NTK;
  NT_CHECK(
      train != NT_GET_NNGP || network || !from_random, err, NT_ERR_ARG,
      "the covariance of ntk starts from random networks, whose kernel nngp is neither stored nor "
      "can it be computed: give --kernel F with both, or --get ntkgp for a Gaussian process with "
      "the NTK");
  NT_CHECK(train == 0 || (network && r->train.n_leaves > 0), err, NT_ERR_ARG,
           "the train-train kernel %s is neither stored nor can it be computed: --get %s, or give "
           "--kernel F, or the network and --train X",
           missing_text(train), train == NT_GET_NTK ? "nngp" : "ntk");
  NT_CHECK(test == 0 || (network && r->train.n_leaves > 0 && r->test.n_leaves > 0), err, NT_ERR_ARG,
           "the test-train kernel %s is neither stored nor can it be computed: give "
           "--kernel-test-train F, or the network, --train X and --test X%s",
           missing_text(test), others_text(r));
  NT_CHECK(r->compute[NT_TEST_TEST] == 0 || (network && r->test.n_leaves > 0), err, NT_ERR_ARG,
           "the test-test kernel %s, which variances start from, is neither stored nor can it be "
           "computed: give --kernel-test-test F, or the network and --test X%s",
           missing_text(r->compute[NT_TEST_TEST]), others_text(r));
done:
  return status;
}

nt_status nt_predict_open(nt_predict_run *r)
{
  nt_status status = NT_OK;
  NT_TRY(nt_stored_kernels_open(&r->s, &r->stored));
  if (r->train.n_leaves > 0) NT_TRY(nt_cli_net_open(&r->s, &r->net, &r->train, &r->test, &r->from));
  NT_TRY(find_sizes(r));
  choose_predictors(r);
  NT_TRY(check_computable(nt_ctx_error(r->s.ctx), r));
done:
  return status;
}
