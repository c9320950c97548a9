/** Covariances of predictions from a Cholesky factor. Test samples are rows throughout: with
 * S = K_td L^-T the covariance of a Gaussian process is K_tt - S S^T, and with B^T = T_td L^-T L^-1
 * and W = B^T K_dd - 2 K_td that of an ensemble is K_tt + (B^T W^T + W B) / 2. */
#include "nt/predict.h"

#include "base/check.h"
#include "grid/scalapack.h"
#include "predict/posterior_impl.h"
#include "predict/predict_impl.h"
#include "predict/quadratic.h"

static nt_status check(const nt_posterior *p, const nt_dmatrix *k_test_train)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(nt_grid_ctx(p->m->grid));
  NT_CHECK(p->factored, err, NT_ERR_ARG, "covariance before the %s kernel was factorised", p->name);
  NT_CHECK(
      k_test_train->N == p->m->N, err, NT_ERR_SHAPE,
      "the test-train kernel is %lld x %lld: it must have a column for each of the %lld rows of "
      "the train-train kernel %s",
      (long long)k_test_train->M, (long long)k_test_train->N, (long long)p->m->N, p->name);
done:
  return status;
}

static nt_status check_prior(const nt_dmatrix *k_test_train, const nt_dmatrix *k_test_test)
{
  nt_status status = NT_OK;
  NT_CHECK(k_test_test->M == k_test_train->M && k_test_test->N == k_test_train->M,
           nt_ctx_error(nt_grid_ctx(k_test_train->grid)), NT_ERR_SHAPE,
           "the test-test kernel is %lld x %lld, with a test-train kernel of %lld rows",
           (long long)k_test_test->M, (long long)k_test_test->N, (long long)k_test_train->M);
done:
  return status;
}

/* A copy of a test-train kernel whose columns lie where the factor's lie. */
static nt_status aligned(const nt_posterior *p, const nt_dmatrix *k, nt_dmatrix **out)
{
  nt_grid *grid = p->m->grid;
  return nt_predict_copy(k, grid, nt_solver_block(grid, k->M), p->m->nb, out);
}

/* S <- S L^-T, and with `both` S L^-T L^-1. */
static nt_status solve_rows(const nt_posterior *p, bool both, nt_dmatrix *s)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(s->grid);
  int rows, n, desc[9], desc_s[9], one = 1;
  const double alpha = 1;
  if (s->M == 0) return NT_OK;
  NT_TRY_ALL(ctx, nt_to_blasint(s->M, &rows));
  NT_TRY_ALL(ctx, nt_to_blasint(s->N, &n));
  NT_TRY_ALL(ctx, nt_dmatrix_desc(p->m, desc));
  NT_TRY_ALL(ctx, nt_dmatrix_desc(s, desc_s));
  for (int step = 0; step <= both; step++)
    pdtrsm_("R", "L", step == 0 ? "T" : "N", "N", &rows, &n, &alpha, p->m->a, &one, &one, desc,
            s->a, &one, &one, desc_s);
done:
  return status;
}

nt_status nt_posterior_form(const nt_posterior *p, const nt_dmatrix *k_test_train,
                            nt_quadratic *form)
{
  nt_status status = NT_OK;
  *form = (nt_quadratic){.sign = -1};
  NT_TRY(check(p, k_test_train));
  NT_TRY(aligned(p, k_test_train, &form->s));
  NT_TRY(solve_rows(p, false, form->s));
done:
  if (status != NT_OK) nt_quadratic_free(form);
  return status;
}

nt_status nt_posterior_covariance(nt_posterior *p, const nt_dmatrix *k_test_train,
                                  const nt_dmatrix *k_test_test, nt_dmatrix **covariance)
{
  nt_status status = NT_OK;
  nt_quadratic form = {0};
  *covariance = NULL;
  NT_TRY(check_prior(k_test_train, k_test_test));
  NT_TRY(nt_posterior_form(p, k_test_train, &form));
  NT_TRY(nt_quadratic_covariance(&form, k_test_test, covariance));
done:
  nt_quadratic_free(&form);
  return status;
}

nt_status nt_posterior_variance(nt_posterior *p, const nt_dmatrix *k_test_train,
                                const double *prior, double *variance)
{
  nt_status status = NT_OK;
  nt_quadratic form = {0};
  NT_TRY(nt_posterior_form(p, k_test_train, &form));
  NT_TRY(nt_quadratic_variance(&form, prior, variance));
done:
  nt_quadratic_free(&form);
  return status;
}

/* W <- B^T K - 2 W, with K laid out as the factor; W holds K_td. */
static nt_status multiply(const nt_posterior *p, const nt_dmatrix *b, const nt_dmatrix *nngp,
                          nt_dmatrix *w)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(w->grid);
  nt_dmatrix *copy = NULL;
  int rows, n, desc[9], desc_b[9], one = 1;
  const double alpha = 1, beta = -2;
  if (w->M == 0) return NT_OK;
  if (nngp->grid != p->m->grid || nngp->mb != nngp->nb || nngp->nb != p->m->nb) {
    NT_TRY(nt_predict_copy(nngp, p->m->grid, p->m->nb, p->m->nb, &copy));
    nngp = copy;
  }
  NT_TRY_ALL(ctx, nt_to_blasint(w->M, &rows));
  NT_TRY_ALL(ctx, nt_to_blasint(w->N, &n));
  NT_TRY_ALL(ctx, nt_dmatrix_desc(nngp, desc));
  NT_TRY_ALL(ctx, nt_dmatrix_desc(b, desc_b));
  pdsymm_("R", "U", &rows, &n, &alpha, nngp->a, &one, &one, desc, b->a, &one, &one, desc_b, &beta,
          w->a, &one, &one, desc_b);
done:
  nt_dmatrix_destroy(&copy);
  return status;
}

nt_status nt_posterior_ensemble_form(const nt_posterior *p, const nt_dmatrix *nngp_train_train,
                                     const nt_dmatrix *ntk_test_train,
                                     const nt_dmatrix *nngp_test_train, nt_quadratic *form)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(nt_grid_ctx(p->m->grid));
  const nt_dmatrix *nngp = nngp_train_train;
  *form = (nt_quadratic){0};
  NT_TRY(check(p, ntk_test_train));
  NT_TRY(check(p, nngp_test_train));
  NT_CHECK(
      nngp->M == p->m->N && nngp->N == p->m->N && nngp_test_train->M == ntk_test_train->M, err,
      NT_ERR_SHAPE,
      "NNGP and NTK do not fit: %lld x %lld and %lld x %lld for the training set, %lld and %lld "
      "rows for the test set",
      (long long)nngp->M, (long long)nngp->N, (long long)p->m->N, (long long)p->m->N,
      (long long)nngp_test_train->M, (long long)ntk_test_train->M);
  NT_TRY(aligned(p, ntk_test_train, &form->s));
  NT_TRY(solve_rows(p, true, form->s));
  NT_TRY(aligned(p, nngp_test_train, &form->w));
  NT_TRY(multiply(p, form->s, nngp, form->w));
done:
  if (status != NT_OK) nt_quadratic_free(form);
  return status;
}

nt_status nt_posterior_ensemble_covariance(nt_posterior *p, const nt_dmatrix *nngp_train_train,
                                           const nt_dmatrix *ntk_test_train,
                                           const nt_dmatrix *nngp_test_train,
                                           const nt_dmatrix *nngp_test_test,
                                           nt_dmatrix **covariance)
{
  nt_status status = NT_OK;
  nt_quadratic form = {0};
  *covariance = NULL;
  NT_TRY(check_prior(ntk_test_train, nngp_test_test));
  NT_TRY(nt_posterior_ensemble_form(p, nngp_train_train, ntk_test_train, nngp_test_train, &form));
  NT_TRY(nt_quadratic_covariance(&form, nngp_test_test, covariance));
done:
  nt_quadratic_free(&form);
  return status;
}

nt_status nt_posterior_ensemble_variance(nt_posterior *p, const nt_dmatrix *nngp_train_train,
                                         const nt_dmatrix *ntk_test_train,
                                         const nt_dmatrix *nngp_test_train, const double *prior,
                                         double *variance)
{
  nt_status status = NT_OK;
  nt_quadratic form = {0};
  NT_TRY(nt_posterior_ensemble_form(p, nngp_train_train, ntk_test_train, nngp_test_train, &form));
  NT_TRY(nt_quadratic_variance(&form, prior, variance));
done:
  nt_quadratic_free(&form);
  return status;
}
