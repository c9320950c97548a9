/** max_learning_rate, from the largest eigenvalue of a kernel.
 *
 * Lanczos iteration with full reorthogonalisation: the largest eigenvalue of a kernel stands far
 * above the others, so that a few dozen products suffice where an eigendecomposition costs 9 n^3.
 * Source: B. N. Parlett, The Symmetric Eigenvalue Problem, SIAM 1998, 13. */
#include "nt/predict.h"
#include "nt/predictor.h"

#include "base/check.h"
#include "base/memory.h"
#include "grid/scalapack.h"
#include "predict/predict_impl.h"

#include <math.h>
#include <stdlib.h>

void dstev_(const char *jobz, const int *n, double *d, double *e, double *z, const int *ldz,
            double *work, int *info);

enum { MOST = 300 };
static const double tolerance = 1e-12; /* of the residual, relative: the eigenvalue is better yet */

/* Work of an iteration. */
typedef struct nt_lanczos {
  int64_t n;
  int most;                 /* steps */
  double *basis;            /* [most + 1][n] orthonormal */
  double *a, *b;            /* [most] diagonal and subdiagonal of the tridiagonal matrix */
  double *d, *e, *z, *work; /* for dstev */
} nt_lanczos;

static double dot(int64_t n, const double *x, const double *y)
{
  double sum = 0;
  for (int64_t i = 0; i < n; i++)
    sum += x[i] * y[i];
  return sum;
}

static nt_status allocate(nt_ctx *ctx, nt_lanczos *l)
{
  nt_status status = NT_OK;
  const int64_t k = l->most;
  void *memory = NULL;
  NT_TRY_ALL(ctx, nt_alloc(nt_ctx_error(ctx), (k + 1) * l->n + 6 * k + k * k, sizeof(double),
                           "a Lanczos basis", &memory));
  l->basis = memory;
  l->a = l->basis + (k + 1) * l->n;
  l->b = l->a + k;
  l->d = l->b + k;
  l->e = l->d + k;
  l->work = l->e + k;
  l->z = l->work + 2 * k;
  uint64_t state = 0x9e3779b97f4a7c15u;
  for (int64_t i = 0; i < l->n; i++) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    l->basis[i] = 0.5 + (double)(state >> 11) / 9007199254740992.0; /* kernels: mostly positive */
  }
  const double norm = sqrt(dot(l->n, l->basis, l->basis));
  for (int64_t i = 0; i < l->n; i++)
    l->basis[i] /= norm;
done:
  return status;
}

/* Step j: a[j], b[j], basis vector j + 1. Twice is enough for orthogonality (Kahan, in Parlett). */
static nt_status step(const nt_dmatrix *k, nt_lanczos *l, int j)
{
  nt_status status = NT_OK;
  double *const v = l->basis + j * l->n, *const w = v + l->n;
  NT_TRY(nt_predict_product(k, false, v, 1, w));
  l->a[j] = dot(l->n, v, w);
  for (int pass = 0; pass < 2; pass++) {
    for (int i = 0; i <= j; i++) {
      const double *u = l->basis + i * l->n;
      const double c = dot(l->n, u, w);
      for (int64_t r = 0; r < l->n; r++)
        w[r] -= c * u[r];
    }
  }
  l->b[j] = sqrt(dot(l->n, w, w));
  for (int64_t r = 0; l->b[j] > 0 && r < l->n; r++)
    w[r] /= l->b[j];
done:
  return status;
}

/* Largest Ritz value of j + 1 steps, and the residual of its vector. */
static nt_status ritz(nt_error *err, nt_lanczos *l, int j, double *value, double *residual)
{
  nt_status status = NT_OK;
  const int size = j + 1;
  int info;
  for (int i = 0; i < size; i++) {
    l->d[i] = l->a[i];
    l->e[i] = l->b[i];
  }
  dstev_("V", &size, l->d, l->e, l->z, &size, l->work, &info);
  NT_CHECK(info == 0, err, NT_ERR_NUMERIC,
           "the largest eigenvalue was not found: the kernel is not finite");
  *value = l->d[j];
  *residual = l->b[j] * fabs(l->z[(int64_t)j * size + j]);
done:
  return status;
}

static nt_status largest_eigenvalue(const nt_dmatrix *k, double *value)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(k->grid);
  nt_lanczos l = {.n = k->N, .most = k->N < MOST ? (int)k->N : MOST};
  double residual = INFINITY;
  int go_on = 1;
  NT_TRY(allocate(ctx, &l));
  for (int j = 0; j < l.most && go_on; j++) {
    NT_TRY(step(k, &l, j));
    NT_TRY_ALL(ctx, ritz(nt_ctx_error(ctx), &l, j, value, &residual));
    go_on = residual > tolerance * fabs(*value);
    NT_TRY_MPI(ctx, MPI_Bcast(&go_on, 1, MPI_INT, 0, nt_ctx_comm(ctx)));
  }
  NT_TRY_MPI(ctx, MPI_Bcast(value, 1, MPI_DOUBLE, 0, nt_ctx_comm(ctx)));
  /* All n steps are exact; fewer give a lower bound that is within the residual. */
  NT_CHECK_ALL(ctx, l.most == k->N || residual <= 1e-8 * fabs(*value), NT_ERR_NUMERIC,
               "the largest eigenvalue was not found in %d Lanczos steps: %g, residual %g", l.most,
               *value, residual);
done:
  free(l.basis);
  return status;
}

nt_status nt_max_learning_rate(const nt_dmatrix *ntk, int64_t y_train_size, double momentum,
                               double eps, double *rate)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(nt_grid_ctx(ntk->grid));
  double top;
  NT_CHECK(ntk->M == ntk->N && ntk->N > 0, err, NT_ERR_SHAPE,
           "the kernel is %lld x %lld: it must be square", (long long)ntk->M, (long long)ntk->N);
  NT_CHECK(y_train_size >= 0 && momentum >= 0 && momentum < 1, err, NT_ERR_ARG,
           "size of the targets %lld, momentum %g: must be 0 or more, momentum below 1",
           (long long)y_train_size, momentum);
  NT_TRY(nt_dmatrix_check_finite(ntk, NT_FULL, "the kernel"));
  NT_TRY(largest_eigenvalue(ntk, &top));
  const double size = (double)(y_train_size > 0 ? y_train_size : ntk->N);
  *rate = 2 * (1 + momentum) * size / (top + eps);
done:
  return status;
}
