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

/* The result of one predictor into its place number l, from the factor of its kernel. */
static nt_status spread_of(nt_predict_run *r, nt_prediction_kind kind, const nt_kept *k, int l,
                           double *variance)
{
  nt_status status = NT_OK;
  const nt_field field = kind == NT_PREDICT_NNGP ? NT_NNGP : NT_NTK;
  const nt_field prior = kind == NT_PREDICT_NTKGP ? NT_NTK : NT_NNGP;
  nt_posterior *posterior = r->fit[field].posterior;
  const nt_dmatrix *test = k->test_train[field], *test_nngp = k->test_train[NT_NNGP];
  nt_dmatrix *covariance = NULL;
  if (kind == NT_PREDICT_NTK) {
    const nt_dmatrix *nngp = borrow_nngp(r);
    status = variance != NULL ? nt_posterior_ensemble_variance(posterior, nngp, test, test_nngp,
                                                               k->prior[prior], variance)
                              : nt_posterior_ensemble_covariance(posterior, nngp, test, test_nngp,
                                                                 k->test_test[prior], &covariance);
    give_back_nngp(r);
  } else {
    status = variance != NULL
                 ? nt_posterior_variance(posterior, test, k->prior[prior], variance)
                 : nt_posterior_covariance(posterior, test, k->test_test[prior], &covariance);
  }
  NT_TRY(status);
  NT_TRY(nt_spread_put(&r->spread[kind], l, variance, &covariance));
done:
  nt_dmatrix_destroy(&covariance);
  return status;
}

nt_status nt_predict_spread(nt_predict_run *r, nt_field field, int l, const nt_kept *kept)
{
  nt_status status = NT_OK;
  nt_session *s = &r->s;
  const int64_t m = r->problem.m;
  void *variance = NULL;
  if (nt_spread_wanted(&s->options) == NT_SPREAD_NONE || m == 0) return NT_OK;
  if (s->options.variance)
    NT_TRY_ALL(s->ctx, nt_alloc(nt_ctx_error(s->ctx), m, sizeof(double), "variances", &variance));
  for (int k = 0; k < NT_PREDICTORS; k++) {
    if (!(r->predictors & 1u << k) || (k == NT_PREDICT_NNGP) != (field == NT_NNGP)) continue;
    if (l == 0) NT_TRY(nt_spread_begin(s, r->fit[field].R, m, &r->spread[k]));
    NT_TRY(spread_of(r, (nt_prediction_kind)k, kept, l, variance));
  }
done:
  free(variance);
  return status;
}
