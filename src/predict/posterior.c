/** Gaussian-process posterior: one n x n matrix that is factorised for one regularisation after the
 * other. The kernel stays in the strict upper triangle, which the factorisation never reads nor
 * writes; the diagonal is saved, so the lower triangle can be made again. */
#include "nt/predict.h"

#include "base/check.h"
#include "base/memory.h"
#include "grid/scalapack.h"
#include "predict/posterior_impl.h"
#include "predict/predict_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Measured at n = 6000 on 1 x 2 ranks of one thread, on a Zen 4 with OpenBLAS
 * (dgemm 54 GF/s a rank): blocks of 128 and 192 reach 0.85 of dgemm, 96 and 256 0.83, 320 less.
 * Small matrices still reach all ranks. */
enum { BEST_BLOCK = 192, LEAST_BLOCK = 96, LARGEST_BLOCK = 256 };

int64_t nt_solver_block(const nt_grid *grid, int64_t n)
{
  int side = nt_grid_P(grid) > nt_grid_Q(grid) ? nt_grid_P(grid) : nt_grid_Q(grid);
  int64_t share = n / side;
  if (share < 1) return 1;
  return share < BEST_BLOCK ? share : BEST_BLOCK;
}

static bool suits_solver(const nt_dmatrix *k)
{
  int64_t best = nt_solver_block(k->grid, k->N);
  if (k->mb != k->nb) return false;
  return k->nb == best || (best == BEST_BLOCK && k->nb >= LEAST_BLOCK && k->nb <= LARGEST_BLOCK);
}

static nt_status check_kernel(const nt_dmatrix *k, nt_triangle filled, const char *name)
{
  nt_status status = NT_OK;
  char what[64];
  NT_CHECK(k->M == k->N && k->N > 0, nt_ctx_error(nt_grid_ctx(k->grid)), NT_ERR_ARG,
           "the train-train kernel %s is %lld x %lld: it must be square, with one sample or more",
           name, (long long)k->M, (long long)k->N);
  (void)snprintf(what, sizeof what, "the train-train kernel %s", name);
  NT_TRY(nt_dmatrix_check_finite(k, filled, what));
done:
  return status;
}

/* A copy with the same layout. */
static nt_status duplicate(const nt_dmatrix *k, nt_dmatrix **out)
{
  nt_status status = NT_OK;
  NT_TRY(nt_dmatrix_create(k->grid, k->M, k->N, k->mb, k->nb, out));
  for (int64_t lj = 0; lj < k->cols; lj++) {
    memcpy((*out)->a + lj * (*out)->ld, k->a + lj * k->ld, (size_t)k->rows * sizeof(double));
  }
done:
  return status;
}

static nt_status redistributed(const nt_dmatrix *k, nt_dmatrix **out)
{
  nt_status status = NT_OK;
  int64_t nb = nt_solver_block(k->grid, k->N);
  NT_TRY(nt_dmatrix_create(k->grid, k->N, k->N, nb, nb, out));
  NT_TRY(nt_dmatrix_redistribute(k, *out));
done:
  return status;
}

/* Save the diagonal and its mean, summed in the order of samples: the same on any grid. */
static nt_status save_diagonal(nt_posterior *p)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(p->m->grid);
  int64_t n = p->m->N;
  status = nt_alloc(nt_ctx_error(ctx), n, sizeof(double), "a kernel's diagonal", &p->diagonal);
  if (status == NT_OK) nt_ctx_track(ctx, 0, n * (int64_t)sizeof(double));
  NT_TRY_ALL(ctx, status);
  NT_TRY(nt_predict_diagonal(p->m, p->diagonal));
  double trace = 0;
  for (int64_t i = 0; i < n; i++)
    trace += p->diagonal[i];
  p->mean_diagonal = trace / (double)n;
  if (isfinite(p->mean_diagonal)) goto done;
  p->mean_diagonal = 0; /* the sum overflows, where the mean does not */
  for (int64_t i = 0; i < n; i++)
    p->mean_diagonal += p->diagonal[i] / (double)n;
done:
  return status;
}

/* A posterior that owns `*m`, which is set to NULL; the upper triangle is made valid. */
static nt_status new_posterior(nt_dmatrix **m, nt_triangle filled, const char *name,
                               nt_posterior **out)
{
  nt_status status = NT_OK;
  nt_posterior *p = NULL;
  nt_ctx *ctx = nt_grid_ctx((*m)->grid);
  NT_TRY_ALL(ctx, nt_calloc(nt_ctx_error(ctx), 1, sizeof(nt_posterior), "a posterior", &p));
  nt_ctx_track(ctx, 1, 0);
  p->m = *m;
  *m = NULL;
  *out = p;
  p->lower_valid = filled != NT_UPPER;
  p->lowest = NAN;
  (void)snprintf(p->name, sizeof p->name, "%s", name);
  if (filled == NT_LOWER) NT_TRY(nt_dmatrix_mirror(p->m, NT_LOWER));
  NT_TRY(save_diagonal(p));
done:
  return status;
}

nt_status nt_posterior_create(const nt_dmatrix *k, nt_triangle filled, const char *name,
                              nt_posterior **out)
{
  nt_status status = NT_OK;
  nt_dmatrix *copy = NULL;
  *out = NULL;
  NT_TRY(check_kernel(k, filled, name));
  NT_TRY(suits_solver(k) ? duplicate(k, &copy) : redistributed(k, &copy));
  NT_TRY(new_posterior(&copy, filled, name, out));
done:
  nt_dmatrix_destroy(&copy);
  if (status != NT_OK) nt_posterior_destroy(out);
  return status;
}

nt_status nt_posterior_take(nt_dmatrix **k, nt_triangle filled, const char *name,
                            nt_posterior **out)
{
  nt_status status = NT_OK;
  nt_dmatrix *copy = NULL;
  *out = NULL;
  NT_TRY(check_kernel(*k, filled, name));
  if (!suits_solver(*k)) {
    NT_TRY(redistributed(*k, &copy));
    nt_dmatrix_destroy(k);
    *k = copy;
    copy = NULL;
  }
  NT_TRY(new_posterior(k, filled, name, out));
done:
  nt_dmatrix_destroy(&copy);
  nt_dmatrix_destroy(k);
  if (status != NT_OK) nt_posterior_destroy(out);
  return status;
}

void nt_posterior_destroy(nt_posterior **posterior)
{
  nt_posterior *p = *posterior;
  if (p == NULL) return;
  nt_ctx *ctx = nt_grid_ctx(p->m->grid);
  nt_ctx_track(ctx, -1, p->diagonal ? -p->m->N * (int64_t)sizeof(double) : 0);
  free(p->diagonal);
  nt_dmatrix_destroy(&p->m);
  free(p);
  *posterior = NULL;
}

const nt_factor_info *nt_posterior_info(const nt_posterior *p) { return &p->info; }
