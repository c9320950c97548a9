/** Covariances of predictions by conjugate gradients: the forms of nt/predict.h's, without a
 * factor. Test samples are rows throughout, and right-hand sides when they are solved for. */
#include "base/check.h"
#include "base/memory.h"
#include "predict/conjugate.h"
#include "predict/predict_impl.h"
#include "predict/quadratic.h"

#include <stdlib.h>
#include <string.h>

typedef struct nt_columns {
  nt_pcg *pcg;
  const nt_operator *op, *nngp;
  double lambda;
  const nt_iteration *how;
  double *k, *x, *q; /* [n][columns] K_td^T, X; (K + lambda I) X, or K_dd X of the NNGP */
  nt_solution sum;
} nt_columns;

static nt_status check(const nt_columns *w, const nt_pcg_test *test)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(w->op->ctx);
  const int64_t n = w->op->n;
  const nt_dmatrix *const matrices[] = {test->k_test_train, test->nngp_test_train};
  for (int i = 0; i < (test->nngp != NULL ? 2 : 1); i++)
    NT_CHECK(matrices[i]->N == n && matrices[i]->M == test->k_test_train->M, err, NT_ERR_SHAPE,
             "the test-train kernel is %lld x %lld: it must have a row for each of %lld test "
             "samples and a column for each of the %lld rows of the train-train kernel",
             (long long)matrices[i]->M, (long long)matrices[i]->N, (long long)test->k_test_train->M,
             (long long)n);
  NT_CHECK(test->nngp == NULL || test->nngp->n == n, err, NT_ERR_SHAPE,
           "the train-train kernel nngp has %lld rows, the other one %lld",
           (long long)(test->nngp != NULL ? test->nngp->n : 0), (long long)n);
done:
  return status;
}

/* Rows first ... of m as columns [n][count] on every rank. */
static nt_status gather(const nt_dmatrix *m, int64_t first, int64_t count, double *columns)
{
  memset(columns, 0, (size_t)(m->N * count) * sizeof(double));
  const int64_t end = nt_local_row_from(m, first + count);
  for (int64_t lj = 0; lj < m->cols; lj++) {
    double *const to = columns + nt_dmatrix_column(m, lj) * count - first;
    for (int64_t li = nt_local_row_from(m, first); li < end; li++)
      to[nt_dmatrix_row(m, li)] = m->a[li + lj * m->ld];
  }
  return nt_ctx_sum(nt_grid_ctx(m->grid), m->N * count, columns);
}

/* Rows first ... of m <- a columns + b m, where this rank has them. */
static void scatter(const double *columns, double a, double b, int64_t first, int64_t count,
                    nt_dmatrix *m)
{
  const int64_t end = nt_local_row_from(m, first + count);
  for (int64_t lj = 0; lj < m->cols; lj++) {
    const double *const from = columns + nt_dmatrix_column(m, lj) * count - first;
    for (int64_t li = nt_local_row_from(m, first); li < end; li++) {
      double *const entry = &m->a[li + lj * m->ld];
      *entry = a * from[nt_dmatrix_row(m, li)] + (b != 0 ? b * *entry : 0);
    }
  }
}

static nt_status solve(nt_columns *w, int64_t count)
{
  nt_status status = NT_OK;
  nt_solution s = {0};
  NT_TRY(nt_pcg_solve(w->pcg, w->lambda, w->k, count, w->how, w->x, &s));
  nt_solution_add(&s, &w->sum);
done:
  return status;
}

/* Rows first ... of S and W. */
static nt_status fill(nt_columns *w, const nt_pcg_test *test, int64_t first, int64_t count,
                      nt_quadratic *form)
{
  nt_status status = NT_OK;
  const nt_operator *by = w->nngp != NULL ? w->nngp : w->op;
  NT_TRY(gather(test->k_test_train, first, count, w->k));
  NT_TRY(solve(w, count));
  scatter(w->x, 1, 0, first, count, form->s);
  NT_TRY(by->apply(by->self, w->x, count, w->q));
  if (w->nngp != NULL) {
    scatter(w->q, 1, -2, first, count, form->w);
    return NT_OK;
  }
  for (int64_t i = 0; i < w->op->n * count; i++)
    w->q[i] += w->lambda * w->x[i] - 2 * w->k[i];
  scatter(w->q, 1, 0, first, count, form->w);
done:
  return status;
}

static nt_status begin(nt_columns *w, const nt_pcg_test *test, nt_quadratic *form)
{
  nt_status status = NT_OK;
  const nt_dmatrix *k = test->k_test_train;
  nt_grid *grid = k->grid;
  const int64_t size = w->op->n * (k->M < NT_PCG_COLUMNS ? k->M : NT_PCG_COLUMNS);
  const int64_t mb = nt_solver_block(grid, k->M), nb = nt_solver_block(grid, k->N);
  NT_TRY_ALL(w->op->ctx, nt_alloc(nt_ctx_error(w->op->ctx), 3 * size, sizeof(double),
                                  "right-hand sides of test samples", &w->k));
  w->x = w->k + size;
  w->q = w->x + size;
  NT_TRY(nt_dmatrix_create(grid, k->M, k->N, mb, nb, &form->s));
  if (w->nngp == NULL)
    NT_TRY(nt_dmatrix_create(grid, k->M, k->N, mb, nb, &form->w));
  else
    NT_TRY(nt_predict_copy(test->nngp_test_train, grid, mb, nb, &form->w));
done:
  return status;
}

nt_status nt_pcg_form(nt_pcg *pcg, double lambda, const nt_pcg_test *test, const nt_iteration *how,
                      nt_quadratic *form, nt_solution *solution)
{
  nt_status status = NT_OK;
  nt_columns w = {
      .pcg = pcg, .op = nt_pcg_operator(pcg), .nngp = test->nngp, .lambda = lambda, .how = how};
  const int64_t m = test->k_test_train->M;
  *form = (nt_quadratic){0};
  NT_TRY(check(&w, test));
  NT_TRY(begin(&w, test, form));
  for (int64_t first = 0; first < m; first += NT_PCG_COLUMNS)
    NT_TRY(fill(&w, test, first, m - first < NT_PCG_COLUMNS ? m - first : NT_PCG_COLUMNS, form));
done:
  free(w.k);
  if (solution != NULL) *solution = w.sum;
  if (status != NT_OK) nt_quadratic_free(form);
  return status;
}

nt_status nt_pcg_covariance(nt_pcg *pcg, double lambda, const nt_pcg_test *test,
                            const nt_dmatrix *k_test_test, const nt_iteration *how,
                            nt_dmatrix **covariance, nt_solution *solution)
{
  nt_status status = NT_OK;
  nt_quadratic form = {0};
  const int64_t m = test->k_test_train->M;
  *covariance = NULL;
  NT_CHECK(k_test_test->M == m && k_test_test->N == m, nt_ctx_error(nt_grid_ctx(k_test_test->grid)),
           NT_ERR_SHAPE,
           "the test-test kernel is %lld x %lld, with a test-train kernel of %lld rows",
           (long long)k_test_test->M, (long long)k_test_test->N, (long long)m);
  NT_TRY(nt_pcg_form(pcg, lambda, test, how, &form, solution));
  NT_TRY(nt_quadratic_covariance(&form, k_test_test, covariance));
done:
  nt_quadratic_free(&form);
  return status;
}

nt_status nt_pcg_variance(nt_pcg *pcg, double lambda, const nt_pcg_test *test, const double *prior,
                          const nt_iteration *how, double *variance, nt_solution *solution)
{
  nt_status status = NT_OK;
  nt_quadratic form = {0};
  NT_TRY(nt_pcg_form(pcg, lambda, test, how, &form, solution));
  NT_TRY(nt_quadratic_variance(&form, prior, variance));
done:
  nt_quadratic_free(&form);
  return status;
}
