/** The Cholesky factorisation of a regularised kernel, and what to say when there is none. */
#include "predict/posterior_impl.h"

#include "base/check.h"
#include "predict/cholesky.h"
#include "predict/predict_impl.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

nt_status nt_posterior_restore(nt_posterior *p, double lambda)
{
  nt_status status = NT_OK;
  p->factored = false;
  if (!p->lower_valid) NT_TRY(nt_dmatrix_mirror(p->m, NT_UPPER));
  p->lower_valid = false;
  for (int64_t g = 0; g < p->m->N; g++) {
    double *entry = nt_predict_entry(p->m, g, g);
    if (entry) *entry = p->diagonal[g] + lambda;
  }
done:
  return status;
}

/* Timed from the first rank's start to the last rank's end. */
static nt_status factor_dist(nt_dmatrix *m, int64_t *info, double *seconds)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(m->grid);
  const nt_factor_view view = {m, m->a, m->ld};
  NT_TRY_MPI(ctx, MPI_Barrier(nt_ctx_comm(ctx)));
  *seconds = -MPI_Wtime();
  NT_TRY(nt_cholesky(&nt_factor_double, &view, info));
  *seconds += MPI_Wtime();
  NT_TRY_MPI(ctx, MPI_Allreduce(MPI_IN_PLACE, seconds, 1, MPI_DOUBLE, MPI_MAX, nt_ctx_comm(ctx)));
done:
  return status;
}

typedef struct nt_neighbour {
  double correlation;
  int sample;
} nt_neighbour;

/* The earlier sample with the largest correlation to sample `k`, read from the upper triangle. */
static nt_status nearest_earlier(const nt_posterior *p, int64_t k, nt_neighbour *nearest)
{
  *nearest = (nt_neighbour){-INFINITY, -1};
  for (int64_t i = 0; i < k; i++) {
    const double *entry = nt_predict_entry(p->m, i, k);
    if (!entry) continue;
    double c = *entry / (sqrt(p->diagonal[i]) * sqrt(p->diagonal[k]));
    if (c > nearest->correlation) *nearest = (nt_neighbour){c, (int)i};
  }
  return nt_ctx_largest_at(nt_grid_ctx(p->m->grid), &nearest->correlation, &nearest->sample);
}

/* The first of `count` pivots that is nothing but the rounding of what was subtracted, or
 * count. Samples that are the same leave such a pivot, of either sign, so without this test
 * they would sometimes pass. The limit is a choice: in trials with ReLU kernels of 50 to
 * 1200 samples, repeated ones that passed left up to 2 eps of the diagonal entry, all
 * others more than 1e11 eps. */
static nt_status first_vanishing(const nt_posterior *p, int64_t count, double lambda,
                                 int64_t *pivot)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(p->m->grid);
  double tolerance = 4 * DBL_EPSILON * sqrt((double)p->m->N);
  *pivot = count;
  for (int64_t g = 0; g < count; g++) {
    const double *entry = nt_predict_entry(p->m, g, g);
    if (!entry || *entry * *entry > tolerance * (p->diagonal[g] + lambda)) continue;
    *pivot = g;
    break;
  }
  NT_TRY_MPI(ctx, MPI_Allreduce(MPI_IN_PLACE, pivot, 1, MPI_INT64_T, MPI_MIN, nt_ctx_comm(ctx)));
done:
  return status;
}

nt_status nt_posterior_attempt(nt_posterior *p, double lambda, int64_t *pivot)
{
  nt_status status = NT_OK;
  int64_t info;
  double seconds;
  const double n = (double)p->m->N;
  NT_TRY(nt_posterior_restore(p, lambda));
  NT_TRY(factor_dist(p->m, &info, &seconds));
  NT_TRY(first_vanishing(p, info > 0 ? info - 1 : p->m->N, lambda, pivot));
  p->factored = *pivot == p->m->N;
  if (!p->factored) return NT_OK;
  p->info = (nt_factor_info){0, lambda, p->mean_diagonal, seconds,
                             seconds > 0 ? n * n * n / 3 / seconds / 1e9 : 0};
done:
  return status;
}

/* A regularisation worth a try: ten times what failed, or what an eigenvalue below 0 needs, and at
 * least 1e-6 of the mean diagonal. */
static nt_status suggest(nt_posterior *p, double relative, double *reg)
{
  nt_status status = NT_OK;
  double lowest;
  NT_TRY(nt_posterior_lowest_eigenvalue(p, &lowest));
  p->factored = false; /* not with what was asked for */
  *reg = fmax(1e-6, 10 * fmax(relative, -lowest / p->mean_diagonal));
done:
  return status;
}

/* Whether rounding left the pivot above 0 says nothing: it depends on the grid. */
static nt_status fail_not_definite(nt_posterior *p, int64_t pivot, double reg, bool absolute,
                                   double lambda)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(nt_grid_ctx(p->m->grid));
  nt_neighbour nearest;
  double more;
  char twin[96] = "", advice[200] = "is this a kernel? its trace should be above 0";
  NT_TRY(nearest_earlier(p, pivot, &nearest));
  if (nearest.correlation > 0.99) {
    (void)snprintf(twin, sizeof twin,
                   "; the earlier sample %d is nearly the same (correlation %.15g)", nearest.sample,
                   nearest.correlation);
  }
  const double relative = !absolute ? reg : lambda != 0 ? lambda / p->mean_diagonal : 0;
  if (p->mean_diagonal > 0) {
    NT_TRY(suggest(p, relative, &more));
    (void)snprintf(advice, sizeof advice, "try --reg %.3g (absolute %.6g)", more,
                   more * p->mean_diagonal);
  } else if (p->mean_diagonal == 0)
    (void)snprintf(advice, sizeof advice, "%s", nt_predict_zero_advice);
  NT_FAIL(err, NT_ERR_NUMERIC,
          "the %s kernel of the training set is not positive definite: pivot %lld of %lld (sample "
          "%lld) is not above 0, or only by rounding%s; mean diagonal %.6g, regularisation tried "
          "%.6g relative, %.6g absolute; %s",
          p->name, (long long)pivot, (long long)p->m->N, (long long)pivot, twin, p->mean_diagonal,
          relative, lambda + 0.0, advice);
done:
  return status;
}

nt_status nt_posterior_factor(nt_posterior *p, double reg, bool absolute)
{
  nt_status status = NT_OK;
  int64_t pivot;
  double lambda;
  NT_TRY(nt_predict_lambda(nt_ctx_error(nt_grid_ctx(p->m->grid)), reg, absolute, p->mean_diagonal,
                           &lambda));
  if (p->factored && p->info.lambda == lambda) {
    p->info.reg = reg;
    return NT_OK;
  }
  NT_TRY(nt_posterior_attempt(p, lambda, &pivot));
  if (!p->factored) NT_TRY(fail_not_definite(p, pivot, reg, absolute, lambda));
  p->info.reg = reg;
done:
  return status;
}

/* Exchange the factor's diagonal with the saved one of the kernel, where this rank has it. */
static void swap_diagonal(nt_posterior *p)
{
  for (int64_t g = 0; g < p->m->N; g++) {
    double *entry = nt_predict_entry(p->m, g, g);
    if (entry == NULL) continue;
    const double held = *entry;
    *entry = p->diagonal[g];
    p->diagonal[g] = held;
  }
}

const nt_dmatrix *nt_posterior_lend(nt_posterior *p)
{
  swap_diagonal(p);
  return p->m;
}

void nt_posterior_take_back(nt_posterior *p) { swap_diagonal(p); }
