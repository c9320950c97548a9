/* Covariances and variances of the test predictions of Gaussian processes. What a predictor makes
 * of a block of test samples is a form (predict/quadratic.h): its diagonal is all that variances
 * need; covariances are those of the forms of all blocks, one below the other. */
#include "cli/predict.h"

#include "base/check.h"
#include "base/memory.h"
#include "cli/solving.h"

#include <stdlib.h>

static nt_field field_of(int predictor) { return predictor == NT_PREDICT_NNGP ? NT_NNGP : NT_NTK; }

/* The kernel of the functions before learning. */
static nt_field prior_of(int predictor) { return predictor == NT_PREDICT_NTKGP ? NT_NTK : NT_NNGP; }

/* By a factor. The posterior of the NNGP lends its kernel to the ensemble. */
static nt_status by_factor(nt_predict_run *r, int predictor, const nt_held_kernels *k,
                           nt_quadratic *form)
{
  const nt_field field = field_of(predictor);
  const nt_posterior *posterior = r->fit[field].posterior;
  if (predictor != NT_PREDICT_NTK) return nt_posterior_form(posterior, k->test_train[field], form);
  nt_posterior *const nngp = r->fit[NT_NNGP].posterior;
  const nt_status status = nt_posterior_ensemble_form(
      posterior, nt_posterior_lend(nngp), k->test_train[NT_NTK], k->test_train[NT_NNGP], form);
  nt_posterior_take_back(nngp);
  return status;
}

static nt_status by_solving(nt_predict_run *r, int predictor, int l, const nt_held_kernels *k,
                            nt_quadratic *form)
{
  const nt_field field = field_of(predictor);
  const bool ensemble = predictor == NT_PREDICT_NTK;
  const nt_solving_test test = {k->test_train[field], ensemble ? &r->fit[NT_NNGP] : NULL,
                                ensemble ? k->test_train[NT_NNGP] : NULL};
  return nt_solving_form(&r->s, &r->fit[field], l, &test, form);
}

/* Of the test samples that are held. `variance` [held samples] is work. */
static nt_status spread_of(nt_predict_run *r, int predictor, int l, const nt_held_kernels *k,
                           double *variance)
{
  nt_status status = NT_OK;
  nt_quadratic form = {0};
  NT_TRY(r->fit[field_of(predictor)].solving != NULL ? by_solving(r, predictor, l, k, &form)
                                                     : by_factor(r, predictor, k, &form));
  if (nt_spread_wanted(&r->s.options) == NT_SPREAD_COVARIANCE) {
    NT_TRY(nt_quadratic_put(&form, k->first, r->problem.m, &r->form[predictor]));
  } else {
    NT_TRY(nt_quadratic_variance(&form, k->prior[prior_of(predictor)] + k->first, variance));
    nt_spread_put_variance(&r->spread[predictor], l, k->first, k->count, variance);
  }
done:
  nt_quadratic_free(&form);
  return status;
}

nt_status nt_predict_spread_begin(nt_predict_run *r)
{
  nt_status status = NT_OK;
  for (int k = 0; k < NT_PREDICTORS; k++) {
    if (r->predictors & 1u << k)
      NT_TRY(nt_spread_begin(&r->s, r->fit[field_of(k)].R, r->problem.m, &r->spread[k]));
  }
done:
  return status;
}

nt_status nt_predict_spread(nt_predict_run *r, int l, const nt_held_kernels *kept)
{
  nt_status status = NT_OK;
  nt_session *s = &r->s;
  void *variance = NULL;
  NT_TRY_ALL(s->ctx,
             nt_alloc(nt_ctx_error(s->ctx), kept->count, sizeof(double), "variances", &variance));
  for (int k = 0; k < NT_PREDICTORS; k++) {
    if (r->predictors & 1u << k) NT_TRY(spread_of(r, k, l, kept, variance));
  }
done:
  free(variance);
  return status;
}

nt_status nt_predict_spread_end(nt_predict_run *r, int l, const nt_held_kernels *kept)
{
  nt_status status = NT_OK;
  nt_dmatrix *covariance = NULL;
  for (int k = 0; k < NT_PREDICTORS; k++) {
    if (r->form[k].s == NULL) continue;
    NT_TRY(nt_quadratic_covariance(&r->form[k], kept->test_test[prior_of(k)], &covariance));
    nt_quadratic_free(&r->form[k]);
    NT_TRY(nt_spread_put_covariance(&r->spread[k], l, &covariance));
  }
done:
  return status;
}
