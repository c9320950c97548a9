/* The lowest eigenvalue of a kernel, by Lanczos steps with the inverse of the factorised
 * K + lambda I, whose largest eigenvalues stand apart where those of K itself lie close together;
 * or of what was solved without a factor. */
#include "predict/posterior_impl.h"

#include "base/check.h"
#include "nt/solver.h"
#include "predict/lanczos.h"

#include <float.h>
#include <math.h>

static nt_status solve(void *of, const double *x, double *y)
{
  return nt_posterior_solve(of, x, 1, y);
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
  nt_status status = NT_OK;
  int64_t pivot;
  for (double reg = 1e-6; !p->factored && reg < 1e6; reg *= 10)
    NT_TRY(nt_posterior_attempt(p, reg * largest_diagonal(p), &pivot));
  NT_CHECK(p->factored, nt_ctx_error(nt_grid_ctx(p->m->grid)), NT_ERR_NUMERIC,
           "the %s kernel has no Cholesky factor, whatever is added to its diagonal", p->name);
done:
  return status;
}

nt_status nt_posterior_lowest_eigenvalue(nt_posterior *p, double *lowest)
{
  nt_status status = NT_OK;
  const int64_t n = p->m->N;
  const nt_lanczos inverse = {.ctx = nt_grid_ctx(p->m->grid),
                              .n = n,
                              .most = 10,
                              .tolerance = 1e-12,
                              .multiply = solve,
                              .of = p};
  double largest, residual;
  *lowest = p->lowest;
  if (!isnan(*lowest)) return NT_OK;
  if (!p->factored) NT_TRY(factor_shifted(p));
  NT_TRY(nt_lanczos_largest(&inverse, &largest, &residual));
  *lowest = 1 / largest - p->info.lambda;
  if (fabs(*lowest) < DBL_EPSILON * (double)n * (largest_diagonal(p) + p->info.lambda)) *lowest = 0;
  p->lowest = *lowest;
done:
  return status;
}

double nt_solution_lowest_eigenvalue(const double *y, const double *x, int64_t n, int64_t c,
                                     double lambda)
{
  double lowest = INFINITY;
  for (int64_t k = 0; k < c; k++) {
    double largest = 0, xy = 0, xx = 0;
    for (int64_t i = k; i < n * c; i += c)
      largest = fmax(largest, fabs(x[i]));
    for (int64_t i = k; largest > 0 && i < n * c; i += c) {
      const double v = x[i] / largest; /* squares of x may leave the range of numbers */
      xy += v * y[i];
      xx += v * v;
    }
    if (xx > 0) lowest = fmin(lowest, xy / xx / largest - lambda);
  }
  return lowest;
}
