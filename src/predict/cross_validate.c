/** Cross-validation from one kernel: mean_S = y_S - (A_SS)^-1 alpha_S with A = (K + lambda I)^-1,
 * and A_SS = X^T X for X = the columns S of L^-1. */
#include "nt/selection.h"

#include "base/check.h"
#include "base/memory.h"
#include "grid/scalapack.h"
#include "predict/cholesky.h"
#include "predict/predict_impl.h"
#include "predict/unit_panel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct validation {
  nt_posterior *p;
  const nt_folds *folds;
  const double *y;
  int64_t c;
  double *mean;   /* [n][c] */
  double *alpha;  /* [n][c] */
  double *part;   /* [largest fold][c] */
  double *lambda; /* [folds] */
  bool *done;     /* [folds] */
  int64_t *index; /* [n] samples by fold */
  int64_t *first; /* [folds + 2] of a fold in there */
} validation;

/* The samples in the order of their folds: those of fold f, ascending, are index[first[f]] ...
 * index[first[f + 1] - 1]. */
static void sort_by_fold(const validation *v)
{
  const nt_folds *folds = v->folds;
  int64_t *const next = v->first + 1;
  for (int64_t i = 0; i < folds->n; i++)
    next[folds->fold[i] + 1]++;
  for (int64_t f = 0; f < folds->count; f++)
    next[f + 1] += next[f];
  for (int64_t i = 0; i < folds->n; i++)
    v->index[next[folds->fold[i]]++] = i;
}

static int64_t size_of(const validation *v, int64_t fold)
{
  return v->first[fold + 1] - v->first[fold];
}

static double trace_of(const validation *v, int64_t fold)
{
  double trace = 0;
  for (int64_t l = v->first[fold]; l < v->first[fold + 1]; l++)
    trace += v->p->diagonal[v->index[l]];
  return trace;
}

/* lambda of each fold: relative to the mean diagonal of the kernel of all samples outside of it, the
 * sum over the folds before it and those after it: nothing is subtracted. */
static nt_status find_lambdas(nt_error *err, const validation *v, double reg, bool absolute)
{
  nt_status status = NT_OK;
  const nt_folds *folds = v->folds;
  double before = 0, after = 0;
  for (int64_t f = 0; f < folds->count; f++) {
    v->lambda[f] = before;
    before += trace_of(v, f);
  }
  for (int64_t f = folds->count - 1; f >= 0; f--) {
    const double mean = (v->lambda[f] + after) / (double)(folds->n - size_of(v, f));
    after += trace_of(v, f);
    NT_TRY(nt_predict_lambda(err, reg, absolute, mean, &v->lambda[f]));
  }
done:
  return status;
}

/* Equal to the rounding of sums of equal diagonals. */
static bool same_lambda(double a, double b) { return fabs(a - b) <= 1e-13 * fmax(a, b); }

/* G <- X^T X, its lower triangle. */
static nt_status gram(const nt_unit_panel *panel, nt_dmatrix *g)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(g->grid);
  const nt_dmatrix *x = panel->x;
  int desc_x[9], desc_g[9], n, rows, at;
  const int one = 1;
  const double unit = 1, zero = 0;
  NT_TRY_ALL(ctx, nt_dmatrix_desc(x, desc_x));
  NT_TRY_ALL(ctx, nt_dmatrix_desc(g, desc_g));
  NT_TRY(nt_to_blasint(panel->count, &n));
  NT_TRY(nt_to_blasint(x->M - panel->first, &rows));
  NT_TRY(nt_to_blasint(panel->first + 1, &at));
  pdsyrk_("L", "T", &n, &rows, &unit, x->a, &at, &one, desc_x, &zero, g->a, &one, &one, desc_g);
done:
  return status;
}

/* b <- G^-1 b for the replicated b [count][c]. */
static nt_status solve(nt_dmatrix *g, int64_t c, double *b)
{
  nt_status status = NT_OK;
  const nt_factor_view view = {g, g->a, g->ld};
  int64_t info;
  NT_TRY(nt_cholesky(&nt_factor_double, &view, &info));
  NT_CHECK(info == 0, nt_ctx_error(nt_grid_ctx(g->grid)), NT_ERR_NUMERIC,
           "the inverse of the kernel is not positive definite to working precision on a fold of "
           "%lld samples (pivot %lld): use a larger --reg",
           (long long)g->M, (long long)info - 1);
  NT_TRY(nt_cholesky_solve(&nt_factor_double, &view, c, b));
done:
  return status;
}

/* Predict one fold; v->alpha belongs to the factor that the posterior holds. */
static nt_status predict_fold(validation *v, int64_t fold)
{
  nt_status status = NT_OK;
  nt_unit_panel panel = {0};
  nt_dmatrix *g = NULL;
  nt_grid *grid = v->p->m->grid;
  const int64_t count = size_of(v, fold), c = v->c;
  const int64_t *const index = v->index + v->first[fold];
  const int64_t nb = nt_solver_block(grid, count);
  const size_t row = (size_t)c * sizeof(double);
  NT_TRY(nt_unit_panel_create(v->p, count, nb, &panel));
  NT_TRY(nt_dmatrix_create(grid, count, count, nb, nb, &g));
  nt_unit_panel_set(&panel, index, count);
  NT_TRY(nt_unit_panel_forward(v->p, &panel));
  NT_TRY(gram(&panel, g));
  nt_dmatrix_destroy(&panel.x);
  for (int64_t l = 0; l < count; l++)
    memcpy(v->part + l * c, v->alpha + index[l] * c, row);
  NT_TRY(solve(g, c, v->part));
  for (int64_t l = 0; l < count * c; l++) {
    const int64_t to = index[l / c] * c + l % c;
    v->mean[to] = v->y[to] - v->part[l];
  }
  v->done[fold] = true;
done:
  nt_dmatrix_destroy(&panel.x);
  nt_dmatrix_destroy(&g);
  return status;
}

/* All folds that have the lambda of fold `first`, with one factorisation. */
static nt_status predict_alike(validation *v, int64_t first)
{
  nt_status status = NT_OK;
  const double lambda = v->lambda[first];
  NT_TRY(nt_posterior_factor(v->p, lambda, true));
  NT_TRY(nt_posterior_solve(v->p, v->y, v->c, v->alpha));
  for (int64_t f = first; f < v->folds->count; f++) {
    if (!v->done[f] && same_lambda(v->lambda[f], lambda)) NT_TRY(predict_fold(v, f));
  }
done:
  return status;
}

static nt_status allocate(nt_error *err, validation *v)
{
  nt_status status = NT_OK;
  const int64_t n = v->folds->n, folds = v->folds->count;
  NT_TRY(nt_alloc(err, n * v->c, sizeof(double), "weights", &v->alpha));
  NT_TRY(nt_alloc(err, n * v->c, sizeof(double), "predictions of a fold", &v->part));
  NT_TRY(nt_alloc(err, folds, sizeof(double), "regularisations of folds", &v->lambda));
  NT_TRY(nt_calloc(err, folds, sizeof(bool), "marks of folds", &v->done));
  NT_TRY(nt_alloc(err, n, sizeof(int64_t), "samples by fold", &v->index));
  NT_TRY(nt_calloc(err, folds + 2, sizeof(int64_t), "samples by fold", &v->first));
done:
  return status;
}

nt_status nt_posterior_cross_validate(nt_posterior *p, double reg, bool absolute,
                                      const nt_folds *folds, const double *y, int64_t c,
                                      double *mean)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(p->m->grid);
  validation v = {.p = p, .folds = folds, .y = y, .c = c};
  v.mean = mean;
  NT_CHECK(folds->n == p->m->N, nt_ctx_error(ctx), NT_ERR_ARG,
           "folds of %lld samples for a kernel of %lld", (long long)folds->n, (long long)p->m->N);
  NT_TRY_ALL(ctx, allocate(nt_ctx_error(ctx), &v));
  sort_by_fold(&v);
  NT_TRY(find_lambdas(nt_ctx_error(ctx), &v, reg, absolute));
  for (int64_t f = 0; f < folds->count; f++) {
    if (!v.done[f]) NT_TRY(predict_alike(&v, f));
  }
done:
  free(v.alpha);
  free(v.part);
  free(v.lambda);
  free(v.done);
  free(v.index);
  free(v.first);
  return status;
}
