/** Covariances of an ensemble over random initial functions.
 *
 * With K' = V diag(l) V^T regularised, s = learning_rate t / N, E = exp(-l s), p = (1 - E) / l, and
 * test samples as rows, A = K_td V:
 *
 *     nngp  test   K_tt - A p(2s) A^T
 *           train  V l E^2 V^T
 *     ntk   test   K_tt + (S W^T + W S^T) / 2,  S = A_T p, W = S M - 2 A_K, M = V^T K_dd V
 *           train  V E M E V^T
 *
 * A_T, A_K, M are products made once for all times. */
#include "predict/ensemble_spread.h"

#include "base/check.h"
#include "base/memory.h"
#include "predict/dense.h"
#include "predict/predict_impl.h"

#include <math.h>
#include <stdlib.h>

/* M = V^T K V of the NNGP of the training set. */
static nt_status inner(nt_predictor *p, nt_slot *slot)
{
  nt_status status = NT_OK;
  const nt_dmatrix *v = slot->eigen->vectors;
  nt_dmatrix *k = NULL, *kv = NULL;
  if (slot->inner != NULL) return NT_OK;
  NT_TRY(nt_predict_copy(p->train.nngp, v->grid, v->mb, v->nb, &k));
  NT_TRY(nt_dense_like(v, &kv));
  NT_TRY(nt_dense_multiply(false, k, v, 0, kv));
  nt_dmatrix_destroy(&k);
  NT_TRY(nt_dense_like(v, &slot->inner));
  NT_TRY(nt_dense_multiply(true, v, kv, 0, slot->inner));
done:
  nt_dmatrix_destroy(&k);
  nt_dmatrix_destroy(&kv);
  return status;
}

/* K V for a test-train kernel. */
static nt_status rotated(const nt_dmatrix *k_test, const nt_dmatrix *v, nt_dmatrix **out)
{
  nt_status status = NT_OK;
  nt_dmatrix *k = NULL;
  const int64_t mb = nt_solver_block(v->grid, k_test->M);
  NT_TRY(nt_predict_copy(k_test, v->grid, mb, v->nb, &k));
  NT_TRY(nt_dense_like(k, out));
  NT_TRY(nt_dense_multiply(false, k, v, 0, *out));
done:
  nt_dmatrix_destroy(&k);
  return status;
}

nt_status nt_ensemble_share(nt_predictor *p, const nt_times *times, nt_prediction_kind kind,
                            const nt_test_kernels *test, nt_quadratic *shared)
{
  nt_status status = NT_OK;
  nt_slot *slot;
  nt_trace outputs;
  *shared = (nt_quadratic){0};
  NT_TRY(nt_test_kernels_check(p, kind, test, NT_SPREAD_VARIANCE, &outputs));
  if (times->n == 0) return nt_gp_form(p, kind, test, shared);
  NT_TRY(nt_predictor_decompose(p, kind, &slot));
  const nt_dmatrix *v = slot->eigen->vectors;
  NT_TRY(rotated(nt_pair_kernel(&test->test_train, kind), v, &shared->s));
  if (kind == NT_PREDICT_NTK) NT_TRY(rotated(test->test_train.nngp, v, &shared->w));
done:
  if (status != NT_OK) nt_quadratic_free(shared);
  return status;
}

typedef struct nt_spread_run {
  nt_slot *slot;
  double lambda;
  const nt_quadratic *shared; /* NULL: the training set */
  double *g;                  /* [n] work */
  nt_dmatrix *left, *right;   /* S, W */
} nt_spread_run;

static nt_status form_nngp_test(nt_spread_run *r, double s, nt_quadratic *form)
{
  nt_spectrum_learned(r->slot->eigen, r->lambda, 2 * s, r->g);
  for (int64_t i = 0; i < r->slot->eigen->n; i++)
    r->g[i] = sqrt(r->g[i]);
  nt_dense_scale_columns(r->shared->s, r->g, r->left);
  *form = (nt_quadratic){.s = r->left, .sign = -1};
  return NT_OK;
}

static nt_status form_nngp_train(nt_spread_run *r, double s, nt_quadratic *form)
{
  const nt_eigen *e = r->slot->eigen;
  nt_spectrum_remaining(e, r->lambda, s, r->g);
  for (int64_t i = 0; i < e->n; i++)
    r->g[i] *= sqrt(fmax(e->values[i] + r->lambda, 0));
  nt_dense_scale_columns(e->vectors, r->g, r->left);
  *form = (nt_quadratic){.s = r->left, .sign = 1};
  return NT_OK;
}

static nt_status form_ntk_test(nt_spread_run *r, double s, nt_quadratic *form)
{
  nt_status status = NT_OK;
  nt_spectrum_learned(r->slot->eigen, r->lambda, s, r->g);
  nt_dense_scale_columns(r->shared->s, r->g, r->left);
  nt_dense_copy(r->shared->w, r->right);
  NT_TRY(nt_dense_multiply(false, r->left, r->slot->inner, -2, r->right));
  *form = (nt_quadratic){.s = r->left, .w = r->right};
done:
  return status;
}

static nt_status form_ntk_train(nt_spread_run *r, double s, nt_quadratic *form)
{
  nt_status status = NT_OK;
  const nt_eigen *e = r->slot->eigen;
  nt_spectrum_remaining(e, r->lambda, s, r->g);
  nt_dense_scale_columns(r->slot->inner, r->g, r->left);
  nt_dense_scale_rows(r->g, r->left);
  NT_TRY(nt_dense_multiply(false, e->vectors, r->left, 0, r->right));
  *form = (nt_quadratic){.s = e->vectors, .w = r->right};
done:
  return status;
}

typedef nt_status (*nt_form_at)(nt_spread_run *r, double s, nt_quadratic *form);

static nt_form_at form_of(nt_prediction_kind kind, bool on_test)
{
  if (kind == NT_PREDICT_NTK) return on_test ? form_ntk_test : form_ntk_train;
  return on_test ? form_nngp_test : form_nngp_train;
}

static nt_status put(const nt_quadratic *form, int t, const nt_spread_place *to)
{
  if (to->covariance != NULL) return nt_quadratic_covariance(form, to->prior, &to->covariance[t]);
  return nt_quadratic_variance(form, to->prior_variance, to->variance + t * form->s->M);
}

static nt_status prepare(nt_predictor *p, nt_prediction_kind kind, nt_spread_run *r)
{
  nt_status status = NT_OK;
  NT_TRY(nt_predictor_decompose(p, kind, &r->slot));
  r->lambda = nt_slot_lambda(p, r->slot);
  NT_TRY_ALL(p->ctx, nt_alloc(nt_ctx_error(p->ctx), r->slot->eigen->n, sizeof(double), "a spectrum",
                              &r->g));
  const nt_dmatrix *like = r->shared != NULL ? r->shared->s : r->slot->eigen->vectors;
  NT_TRY(nt_dense_like(like, &r->left));
  if (kind != NT_PREDICT_NTK) goto done;
  NT_TRY(nt_dense_like(like, &r->right));
  NT_TRY(nt_predictor_need(p, NT_GET_NNGP));
  NT_TRY(inner(p, r->slot));
done:
  return status;
}

nt_status nt_ensemble_spread(nt_predictor *p, const nt_times *times, nt_prediction_kind kind,
                             const nt_quadratic *shared, const nt_spread_place *to)
{
  nt_status status = NT_OK;
  nt_spread_run r = {.shared = shared};
  nt_quadratic form;
  double *s = NULL;
  if (times->n == 0) return put(shared, 0, to);
  NT_TRY(nt_scaled_times(p, times, &s));
  NT_TRY(prepare(p, kind, &r));
  for (int t = 0; t < times->n; t++) {
    NT_TRY(form_of(kind, shared != NULL)(&r, s[t], &form));
    NT_TRY(put(&form, t, to));
  }
done:
  nt_dmatrix_destroy(&r.left);
  nt_dmatrix_destroy(&r.right);
  free(r.g);
  free(s);
  return status;
}
