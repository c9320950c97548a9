/* The lowest eigenvalue of a kernel, by Lanczos steps with the inverse of the factorised K + lambda I, whose largest
 * eigenvalues stand apart where those of K itself lie close together. All vectors are kept and made
 * orthogonal, on every rank alike. */
#include "predict/posterior_impl.h"

#include "base/check.h"
#include "base/memory.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

void dsterf_(const int *n, double *d, double *e, int *info);

enum { STEPS = 10 };

static double dot(const double *x, const double *y, int64_t n)
{
  double sum = 0;
  for (int64_t i = 0; i < n; i++)
    sum += x[i] * y[i];
  return sum;
}

static void add(double *x, double factor, const double *y, int64_t n)
{
  for (int64_t i = 0; i < n; i++)
    x[i] += factor * y[i];
}

static void scale(double *x, double factor, int64_t n)
{
  for (int64_t i = 0; i < n; i++)
    x[i] *= factor;
}

/* The largest Ritz value of the inverse, which is at most its largest eigenvalue. `q` [STEPS + 1][n] is work. */
static nt_status largest_of_inverse(nt_posterior *p, double *q, double *largest)
{
  nt_status status = NT_OK;
  const int64_t n = p->m->N;
  double diagonal[STEPS], beside[STEPS];
  int steps = 0, info;
  for (int64_t i = 0; i < n; i++)
    q[i] = sin((double)(i + 1) * (double)(i + 1));
  scale(q, 1 / sqrt(dot(q, q, n)), n);
  while (steps < STEPS && steps < n) {
    const double *const now = q + steps * n;
    double *const next = q + (steps + 1) * n;
    NT_TRY(nt_posterior_solve(p, now, 1, next));
    diagonal[steps] = dot(now, next, n);
    for (int j = 0; j < 2 * (steps + 1);
         j++) { /* twice: once leaves the rounding of what cancels */
      const double *const earlier = q + j % (steps + 1) * n;
      add(next, -dot(earlier, next, n), earlier, n);
    }
    beside[steps] = sqrt(dot(next, next, n));
    const bool invariant = !(beside[steps] > (double)n * DBL_EPSILON * fabs(diagonal[0]));
    if (!invariant) scale(next, 1 / beside[steps], n);
    steps++;
    if (invariant) break;
  }
  dsterf_(&steps, diagonal, beside, &info);
  NT_CHECK(info == 0, nt_ctx_error(nt_grid_ctx(p->m->grid)), NT_ERR_INTERNAL,
           "dsterf: info %d for %d Lanczos steps", info, steps);
  *largest = diagonal[steps - 1];
done:
  return status;
}

static double largest_diagonal(const nt_posterior *p)
{
  double largest = 0;
  for (int64_t i = 0; i < p->m->N; i++)
    largest = fmax(largest, fabs(p->diagonal[i]));
  return largest;
}

/* With so much on the diagonal that there is a factor. */
static nt_status factor_shifted(nt_posterior *p)
{
  nt_status status = NT_ERR_NUMERIC;
  for (double reg = 1e-6; status == NT_ERR_NUMERIC && reg < 1e6; reg *= 10)
    status = nt_posterior_factor(p, reg * largest_diagonal(p), true);
  return status;
}

nt_status nt_posterior_lowest_eigenvalue(nt_posterior *p, double *lowest)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(p->m->grid);
  const int64_t n = p->m->N;
  void *q = NULL;
  double largest;
  if (!p->factored) NT_TRY(factor_shifted(p));
  NT_TRY_ALL(ctx,
             nt_alloc(nt_ctx_error(ctx), (STEPS + 1) * n, sizeof(double), "Lanczos vectors", &q));
  NT_TRY(largest_of_inverse(p, q, &largest));
  *lowest = 1 / largest - p->info.lambda;
  if (fabs(*lowest) < DBL_EPSILON * (double)n * (largest_diagonal(p) + p->info.lambda)) *lowest = 0;
done:
  free(q);
  return status;
}
