/* Covariances and variances of the test predictions of Gaussian processes. */
#include "cli/predict.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>

/* The NNGP of the training set: a matrix, or the upper triangle of a posterior, which lends it. */
static const nt_dmatrix *borrow_nngp(const nt_predict_run *r)
{
  nt_posterior *nngp = r->fit[NT_NNGP].posterior;
  return nngp != NULL ? nt_posterior_lend(nngp) : r->k_train[NT_NNGP];
}

static void give_back_nngp(const nt_predict_run *r)
{
  if (r->fit[NT_NNGP].posterior != NULL) nt_posterior_take_back(r->fit[NT_NNGP].posterior);
}

/* The variances of the test samples that are held. */
static nt_status variance_of(nt_predict_run *r, nt_prediction_kind kind, const nt_kept *k,
                             double *variance)
{
  nt_status status = NT_OK;
  const nt_field field = kind == NT_PREDICT_NNGP ? NT_NNGP : NT_NTK;
  const double *prior = k->prior[kind == NT_PREDICT_NTKGP ? NT_NTK : NT_NNGP] + k->first;
  nt_posterior *posterior = r->fit[field].posterior;
  const nt_dmatrix *test = k->test_train[field];
  if (kind != NT_PREDICT_NTK) return nt_posterior_variance(posterior, test, prior, variance);
  const nt_dmatrix *nngp = borrow_nngp(r);
  status = nt_posterior_ensemble_variance(posterior, nngp, test, k->test_train[NT_NNGP], prior,
                                          variance);
  give_back_nngp(r);
  return status;
}

static nt_status covariance_of(nt_predict_run *r, nt_prediction_kind kind, const nt_kept *k,
                               nt_dmatrix **covariance)
{
  nt_status status = NT_OK;
  const nt_field field = kind == NT_PREDICT_NNGP ? NT_NNGP : NT_NTK;
  const nt_dmatrix *prior = k->test_test[kind == NT_PREDICT_NTKGP ? NT_NTK : NT_NNGP];
  nt_posterior *posterior = r->fit[field].posterior;
  const nt_dmatrix *test = k->test_train[field];
  if (kind != NT_PREDICT_NTK) return nt_posterior_covariance(posterior, test, prior, covariance);
  const nt_dmatrix *nngp = borrow_nngp(r);
  status = nt_posterior_ensemble_covariance(posterior, nngp, test, k->test_train[NT_NNGP], prior,
                                            covariance);
  give_back_nngp(r);
  return status;
}

/* The result of one predictor into its place number l. `variance` [held samples] is work. */
static nt_status spread_of(nt_predict_run *r, nt_prediction_kind kind, const nt_kept *k, int l,
                           double *variance)
{
  nt_status status = NT_OK;
  nt_dmatrix *covariance = NULL;
  if (nt_spread_wanted(&r->s.options) == NT_SPREAD_COVARIANCE) {
    NT_TRY(covariance_of(r, kind, k, &covariance));
    return nt_spread_put_covariance(&r->spread[kind], l, &covariance);
  }
  NT_TRY(variance_of(r, kind, k, variance));
  nt_spread_put_variance(&r->spread[kind], l, k->first, k->count, variance);
done:
  return status;
}

static nt_field field_of(int predictor) { return predictor == NT_PREDICT_NNGP ? NT_NNGP : NT_NTK; }

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

nt_status nt_predict_spread(nt_predict_run *r, int l, const nt_kept *kept)
{
  nt_status status = NT_OK;
  nt_session *s = &r->s;
  void *variance = NULL;
  NT_TRY_ALL(s->ctx,
             nt_alloc(nt_ctx_error(s->ctx), kept->count, sizeof(double), "variances", &variance));
  for (int k = 0; k < NT_PREDICTORS; k++) {
    if (r->predictors & 1u << k) NT_TRY(spread_of(r, (nt_prediction_kind)k, kept, l, variance));
  }
done:
  free(variance);
  return status;
}
