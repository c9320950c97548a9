/** Weights for many regularisations from one eigendecomposition K = V diag(l) V^T: with
 * w = 1 / (l + lambda), alpha = V diag(w) V^T Y, diag(K'^-1)_i = sum_j V_ij^2 w_j, log det
 * K' = -sum log w. */
#include "nt/selection.h"

#include "base/check.h"
#include "base/memory.h"
#include "predict/posterior_impl.h"
#include "predict/predict_impl.h"
#include "predict/predictor_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct nt_reg_path {
  nt_eigen *eigen;
  char name[32];
  double mean_diagonal;
  int64_t c;
  const double *y; /* [n][c] borrowed */
  double *y_hat;   /* [n][c] V^T Y */
  double *scaled;  /* [n][c] work */
  double *weight;  /* [n] */
};

static nt_status allocate(nt_error *err, int64_t n, nt_reg_path *path)
{
  nt_status status = NT_OK;
  double **const arrays[] = {&path->y_hat, &path->scaled, &path->weight};
  const int64_t sizes[] = {n * path->c, n * path->c, n};
  for (int i = 0; i < 3; i++) {
    NT_TRY(nt_alloc(err, sizes[i], sizeof(double), "weights of regularisations", arrays[i]));
  }
done:
  return status;
}

nt_status nt_reg_path_create(nt_posterior *p, const double *y, int64_t c, nt_reg_path **out)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(p->m->grid);
  nt_error *err = nt_ctx_error(ctx);
  *out = NULL;
  NT_CHECK(c > 0, err, NT_ERR_ARG, "%lld outputs: at least one is needed", (long long)c);
  NT_TRY_ALL(ctx, nt_calloc(err, 1, sizeof(nt_reg_path), "weights of regularisations", out));
  nt_reg_path *path = *out;
  *path = (nt_reg_path){.mean_diagonal = p->mean_diagonal, .c = c, .y = y};
  memcpy(path->name, p->name, sizeof path->name);
  NT_TRY_ALL(ctx, allocate(err, p->m->N, path));
  NT_TRY(nt_posterior_restore(p, 0)); /* the diagonal is that of the kernel then */
  NT_TRY(nt_eigen_create(p->m, NT_UPPER, NT_EIGENSOLVER_AUTO, p->name, &path->eigen));
  NT_TRY(nt_predict_product(path->eigen->vectors, true, y, c, path->y_hat));
done:
  if (status != NT_OK) nt_reg_path_destroy(out);
  return status;
}

void nt_reg_path_destroy(nt_reg_path **out)
{
  nt_reg_path *path = *out;
  if (path == NULL) return;
  nt_eigen_destroy(&path->eigen);
  free(path->y_hat);
  free(path->scaled);
  free(path->weight);
  free(path);
  *out = NULL;
}

const nt_eigen *nt_reg_path_eigen(const nt_reg_path *path) { return path->eigen; }

/* All weights. Eight times the rounding of eigenvalues leaves pivots that
 * nt_posterior_factor takes too. */
static nt_status weigh(nt_reg_path *path, double lambda)
{
  nt_status status = NT_OK;
  const nt_eigen *e = path->eigen;
  nt_error *err = nt_ctx_error(nt_grid_ctx(e->vectors->grid));
  NT_CHECK(
      e->values[0] + lambda > 8 * nt_spectrum_rounding(e), err, NT_ERR_NUMERIC,
      "the %s kernel of the training set is not positive definite: with %.6g added to the diagonal "
      "its smallest eigenvalue is %.3g, and the largest %.6g",
      path->name, lambda, e->values[0] + lambda, e->values[e->n - 1] + lambda);
  for (int64_t j = 0; j < e->n; j++)
    path->weight[j] = 1 / (e->values[j] + lambda);
done:
  return status;
}

static nt_status inverse_diagonal(const nt_reg_path *path, double *diagonal)
{
  const nt_dmatrix *v = path->eigen->vectors;
  memset(diagonal, 0, (size_t)path->eigen->n * sizeof(double));
  for (int64_t lj = 0; lj < v->cols; lj++) {
    const double w = path->weight[nt_dmatrix_column(v, lj)], *column = v->a + lj * v->ld;
    for (int64_t li = 0; li < v->rows; li++)
      diagonal[nt_dmatrix_row(v, li)] += w * column[li] * column[li];
  }
  return nt_ctx_sum(nt_grid_ctx(v->grid), path->eigen->n, diagonal);
}

nt_status nt_reg_path_at(nt_reg_path *path, double reg, bool absolute, nt_reg_weights *out)
{
  nt_status status = NT_OK;
  const nt_eigen *e = path->eigen;
  NT_TRY(nt_predict_lambda(nt_ctx_error(nt_grid_ctx(e->vectors->grid)), reg, absolute,
                           path->mean_diagonal, &out->lambda));
  double log_det = 0;
  NT_TRY(weigh(path, out->lambda));
  for (int64_t j = 0; j < e->n; j++)
    log_det -= log(path->weight[j]);
  for (int64_t j = 0; j < e->n; j++) {
    for (int64_t k = 0; k < path->c; k++)
      path->scaled[j * path->c + k] = path->weight[j] * path->y_hat[j * path->c + k];
  }
  NT_TRY(nt_predict_product(e->vectors, false, path->scaled, path->c, out->alpha));
  out->log_evidence = nt_log_evidence(path->y, out->alpha, e->n, path->c, log_det);
  if (out->inverse != NULL) NT_TRY(inverse_diagonal(path, out->inverse));
done:
  return status;
}
