/* The float32 factor lies in the lower triangle of the posterior's matrix, where the
 * float64 one would. Column j of that array has `rows` doubles, 2 rows floats; its factor
 * takes the last `rows` of these:
 *
 *     doubles  |  upper triangle  | diagonal |    lower triangle    |  row li at byte 8 li
 *     floats                 |   . . .  .  . |  factor, rows r0 ... |  row li at byte 4 rows + 4 li
 *
 * From the diagonal's row r0 on, 4 rows + 4 li >= 8 r0: the kernel above it is not
 * touched. So the factor is a float array that begins `rows` floats into the matrix and
 * has twice its leading dimension. */
#include "base/check.h"
#include "base/memory.h"
#include "predict/cholesky.h"
#include "predict/conjugate.h"
#include "predict/posterior_impl.h"
#include "predict/predict_impl.h"
#include "predict/symmetric_product.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The matrix is factorised times a unit, so that it is in the range of float32. */
typedef struct nt_single {
  nt_posterior *p;
  double unit;
} nt_single;

static nt_factor_view single_view(const nt_posterior *p)
{
  return (nt_factor_view){p->m, (float *)(void *)p->m->a + p->m->rows, 2 * p->m->ld};
}

/* Entries of the lower triangle as float32, through a buffer [rows]. */
static void round_entries(const nt_single *s, float *buffer)
{
  const nt_dmatrix *m = s->p->m;
  const nt_factor_view v = single_view(s->p);
  for (int64_t lj = 0; lj < m->cols; lj++) {
    const int64_t first = nt_local_row_from(m, nt_dmatrix_column(m, lj));
    const double *from = m->a + lj * m->ld;
    for (int64_t li = first; li < m->rows; li++)
      buffer[li] = (float)(from[li] * s->unit);
    memcpy((float *)v.a + lj * v.ld + first, buffer + first,
           (size_t)(m->rows - first) * sizeof(float));
  }
}

/* What is added to the diagonal beside lambda, so that rounding the entries does not make
 * the matrix indefinite: errors of eps / 2 of n x n independent entries have a norm of
 * about eps sqrt(n) of them. */
static double shift(const nt_posterior *p, double lambda)
{
  const double least = FLT_EPSILON * sqrt((double)p->m->N) * p->mean_diagonal;
  return lambda > 8 * least ? 0 : least;
}

static nt_status factor_single(const nt_single *s, double lambda, int64_t *info)
{
  nt_status status = NT_OK;
  nt_posterior *p = s->p;
  nt_ctx *ctx = nt_grid_ctx(p->m->grid);
  void *buffer = NULL;
  const nt_factor_view view = single_view(p);
  NT_TRY(nt_posterior_restore(p, lambda + shift(p, lambda)));
  NT_TRY_ALL(ctx, nt_alloc(nt_ctx_error(ctx), p->m->rows, sizeof(float), "a column", &buffer));
  round_entries(s, buffer);
  NT_TRY(nt_cholesky(&nt_factor_single, &view, info));
done:
  free(buffer);
  return status;
}

/* z = unit (L L^T)^-1 r, by float32. */
static nt_status solve_single(void *self, const double *r, int64_t c, double *z)
{
  nt_status status = NT_OK;
  const nt_single *s = self;
  const nt_factor_view view = single_view(s->p);
  const int64_t size = s->p->m->N * c;
  memcpy(z, r, (size_t)size * sizeof *z);
  NT_TRY(nt_cholesky_solve(&nt_factor_single, &view, c, z));
  for (int64_t i = 0; i < size; i++)
    z[i] *= s->unit;
done:
  return status;
}

/* What stood in the way of the float32 solution; "" when nothing did. */
static nt_status try_single(nt_posterior *p, double lambda, const double *y, int64_t c,
                            const nt_iteration *how, double *x, nt_solution *s)
{
  nt_status status = NT_OK;
  int64_t info;
  nt_cg_end end;
  const nt_operator op = nt_posterior_operator(p);
  nt_single single = {p, nt_predict_unit(p->mean_diagonal + lambda)};
  const nt_preconditioner m = {solve_single, &single, true};
  NT_TRY(factor_single(&single, lambda, &info));
  if (info > 0) {
    (void)snprintf(
        s->why, sizeof s->why,
        "not positive definite in float32 (pivot %lld of %lld, %.3g added to the diagonal)",
        (long long)info - 1, (long long)p->m->N, lambda + shift(p, lambda));
    goto done;
  }
  NT_TRY(nt_conjugate_gradients(&op, &m, lambda, y, c, how, x, &end, s));
  if (end != NT_CG_CONVERGED && end != NT_CG_ROUNDING)
    (void)snprintf(
        s->why, sizeof s->why,
        "refinement stopped at residual %.3g after %lld iterations, above the tolerance %g",
        s->residual, (long long)s->iterations, how->tolerance);
done:
  return status;
}

/* |Y - (K + lambda I) X| / |Y|, the largest of all columns. */
static nt_status residual(nt_posterior *p, double lambda, const double *y, int64_t c,
                          const double *x, double *out)
{
  nt_status status = NT_OK;
  double *q = NULL;
  const int64_t n = p->m->N;
  nt_ctx *ctx = nt_grid_ctx(p->m->grid);
  NT_TRY_ALL(ctx, nt_alloc(nt_ctx_error(ctx), n * c, sizeof(double), "a residual", &q));
  NT_TRY(nt_symmetric_product(p->m, p->diagonal, x, c, q));
  *out = 0;
  for (int64_t k = 0; k < c; k++) {
    double norm = 0, error = 0;
    const double unit = nt_predict_unit_of_column(y, n, c, k);
    for (int64_t i = k; i < n * c; i += c) {
      const double e = (y[i] - q[i] - lambda * x[i]) * unit;
      norm += y[i] * unit * (y[i] * unit);
      error += e * e;
    }
    if (norm > 0) *out = fmax(*out, sqrt(error / norm));
  }
done:
  free(q);
  return status;
}

static nt_status in_double(nt_posterior *p, double reg, bool absolute, const double *y, int64_t c,
                           double *x, nt_solution *s)
{
  nt_status status = NT_OK;
  s->fell_back = true;
  NT_TRY(nt_posterior_factor(p, reg, absolute));
  NT_TRY(nt_posterior_solve(p, y, c, x));
  NT_TRY(residual(p, s->lambda, y, c, x, &s->residual));
done:
  return status;
}

nt_status nt_posterior_refine(nt_posterior *p, double reg, bool absolute, const double *y,
                              int64_t c, const nt_iteration *how, double *x, nt_solution *solution)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(p->m->grid);
  nt_error *err = nt_ctx_error(ctx);
  nt_solution s = {0};
  double seconds = -MPI_Wtime();
  NT_TRY(nt_predict_lambda(err, reg, absolute, p->mean_diagonal, &s.lambda));
  NT_CHECK(x != y, err, NT_ERR_ARG,
           "refinement needs the right-hand sides: x must be another array");
  NT_TRY(try_single(p, s.lambda, y, c, how, x, &s));
  if (s.why[0] != '\0') NT_TRY(in_double(p, reg, absolute, y, c, x, &s));
  seconds += MPI_Wtime();
  NT_TRY_MPI(ctx, MPI_Allreduce(MPI_IN_PLACE, &seconds, 1, MPI_DOUBLE, MPI_MAX, nt_ctx_comm(ctx)));
  s.seconds = seconds;
  if (solution != NULL) *solution = s;
done:
  return status;
}
