/* Which words of training times go together. */
#include "cli/descent.h"

#include "base/check.h"

#include <math.h>

bool nt_descent_integrates(const nt_cli_options *o)
{
  return o->loss == NT_LOSS_CROSS_ENTROPY || o->momentum.given || o->state != NULL ||
         o->save_state != NULL;
}

/* Words that the other method does not know. */
static nt_status check_gp(nt_error *err, const nt_cli_options *o)
{
  nt_status status = NT_OK;
  const struct {
    const char *name;
    bool given;
  } words[] = {{"time", o->time.text != NULL},
               {"learning-rate", o->learning_rate.given},
               {"loss", o->loss != 0},
               {"momentum", o->momentum.given},
               {"ensemble", o->ensemble},
               {"initial", o->initial != NULL},
               {"initial-test", o->initial_test != NULL},
               {"state", o->state != NULL},
               {"save-state", o->save_state != NULL},
               {"eigensolver", o->eigensolver != 0}};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    NT_CHECK(!words[i].given, err, NT_ERR_ARG,
             "--%s is about training by gradient descent: --method gradient-descent",
             words[i].name);
done:
  return status;
}

static nt_status check_numbers(nt_error *err, const nt_cli_options *o)
{
  nt_status status = NT_OK;
  for (int i = 0; i < o->time.n; i++)
    NT_CHECK(o->time.v[i] >= 0, err, NT_ERR_ARG,
             "--time %s: time %g (number %d of the list) must be 0 or more", o->time.text,
             o->time.v[i], i + 1);
  NT_CHECK(!o->momentum.given || (o->momentum.value >= 0 && o->momentum.value < 1), err, NT_ERR_ARG,
           "--momentum %g: must be at least 0 and below 1", o->momentum.value);
  NT_CHECK(!o->tolerance.given || (o->tolerance.value > 0 && o->tolerance.value < 1), err,
           NT_ERR_ARG, "--tolerance %g: must be above 0 and below 1", o->tolerance.value);
done:
  return status;
}

/* What is integrated, not solved. */
static nt_status check_integrated(nt_error *err, const nt_cli_options *o)
{
  nt_status status = NT_OK;
  const char *why = o->momentum.given                  ? "--momentum"
                    : o->loss == NT_LOSS_CROSS_ENTROPY ? "--loss cross-entropy"
                    : o->state != NULL                 ? "--state"
                                                       : "--save-state";
  NT_CHECK(
      o->reg.text == NULL && o->reg_abs.text == NULL, err, NT_ERR_ARG,
      "%s does not go with --reg or --reg-abs: gradient descent is integrated there, and nothing "
      "is inverted",
      why);
  NT_CHECK(o->time.n > 0, err, NT_ERR_ARG,
           "%s needs --time: gradient descent is integrated up to finite times", why);
  for (int i = 0; i < o->time.n; i++) {
    NT_CHECK(isfinite(o->time.v[i]), err, NT_ERR_ARG,
             "--time %s: %s needs finite times, and number %d is infinite", o->time.text, why,
             i + 1);
    NT_CHECK(i == 0 || o->time.v[i] >= o->time.v[i - 1], err, NT_ERR_ARG,
             "--time %s: with %s times must not decrease", o->time.text, why);
  }
  NT_CHECK(!o->ensemble, err, NT_ERR_ARG, "%s does not go with --ensemble, which has squared loss",
           why);
  NT_CHECK(
      o->state == NULL || (o->initial == NULL && o->initial_test == NULL), err, NT_ERR_ARG,
      "--state holds the outputs to start from: it does not go with --initial or --initial-test");
  NT_CHECK(o->eigensolver == 0, err, NT_ERR_ARG,
           "--eigensolver: with %s there is no eigendecomposition", why);
done:
  return status;
}

static nt_status check_descent(nt_error *err, const nt_cli_options *o)
{
  nt_status status = NT_OK;
  const bool spread = nt_spread_wanted(o) != NT_SPREAD_NONE;
  const unsigned by = o->predictors;
  NT_CHECK(o->ensemble || by == 0 || by == NT_BY_NTK, err, NT_ERR_ARG,
           "--get: gradient descent trains with the ntk; --ensemble has nngp and ntk");
  NT_CHECK(!(by & NT_BY_NTKGP), err, NT_ERR_ARG, "--get ntkgp is a Gaussian process: --method gp");
  NT_CHECK(
      o->ensemble || !spread, err, NT_ERR_ARG,
      "--covariance and --variance are those of an ensemble of networks: --ensemble; from given "
      "--initial outputs nothing is random");
  NT_CHECK(!o->ensemble || (o->initial == NULL && o->initial_test == NULL), err, NT_ERR_ARG,
           "--ensemble begins with random functions of mean 0: it does not go with --initial or "
           "--initial-test");
  NT_CHECK(!o->loo && o->folds == NULL && o->select == 0 && !o->reg.is_auto, err, NT_ERR_ARG,
           "--loo, --folds, --select and --reg auto are about --method gp");
  NT_CHECK(
      o->eigensolver == 0 || o->time.n > 0, err, NT_ERR_ARG,
      "--eigensolver: without --time infinite time is solved for directly; give --time inf for an "
      "eigendecomposition");
  NT_CHECK(
      !o->tolerance.given || nt_descent_integrates(o), err, NT_ERR_ARG,
      "--tolerance is that of the integrator, which squared loss without momentum does not need");
  NT_TRY(check_numbers(err, o));
  if (nt_descent_integrates(o)) NT_TRY(check_integrated(err, o));
done:
  return status;
}

nt_status nt_descent_check_options(nt_error *err, const nt_cli_options *o)
{
  nt_status status = NT_OK;
  NT_CHECK(!o->covariance || !o->variance, err, NT_ERR_ARG,
           "--covariance and --variance: the second is the diagonal of the first; give one");
  NT_TRY(o->method == NT_METHOD_DESCENT ? check_descent(err, o) : check_gp(err, o));
done:
  return status;
}
