#include "predict/lanczos.h"

#include "base/check.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

void dstev_(const char *jobz, const int *n, double *d, double *e, double *z, const int *ldz,
            double *work, int *info);

/* Work of an iteration. */
typedef struct nt_lanczos_basis {
  double *v;                /* [most + 1][n] orthonormal */
  double *a, *b;            /* [most] diagonal and subdiagonal of the tridiagonal matrix */
  double *d, *e, *z, *work; /* for dstev */
} nt_lanczos_basis;

static double dot(int64_t n, const double *x, const double *y)
{
  double sum = 0;
  for (int64_t i = 0; i < n; i++)
    sum += x[i] * y[i];
  return sum;
}

/* |x|, also where the squares of its numbers leave their range. */
static double norm_of(int64_t n, const double *x)
{
  double largest = 0, sum = 0;
  for (int64_t i = 0; i < n; i++)
    largest = fmax(largest, fabs(x[i]));
  const int exponent = isnormal(largest) ? ilogb(largest) : 0;
  for (int64_t i = 0; i < n; i++) {
    const double v = scalbn(x[i], -exponent);
    sum += v * v;
  }
  return scalbn(sqrt(sum), exponent);
}

static nt_status begin(const nt_lanczos *l, int64_t most, nt_lanczos_basis *q)
{
  nt_status status = NT_OK;
  NT_TRY_ALL(l->ctx, nt_alloc(nt_ctx_error(l->ctx), (most + 1) * l->n + 6 * most + most * most,
                              sizeof(double), "a Lanczos basis", &q->v));
  q->a = q->v + (most + 1) * l->n;
  q->b = q->a + most;
  q->d = q->b + most;
  q->e = q->d + most;
  q->work = q->e + most;
  q->z = q->work + 2 * most;
  uint64_t state = 0x9e3779b97f4a7c15u;
  for (int64_t i = 0; i < l->n; i++) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    q->v[i] = (double)(state >> 11) * 0x1p-52 - 1; /* nothing of it is known beforehand */
  }
  const double norm = norm_of(l->n, q->v);
  for (int64_t i = 0; i < l->n; i++)
    q->v[i] /= norm;
done:
  return status;
}

/* Step j: a[j], b[j], basis vector j + 1. Twice is enough for orthogonality (Kahan, in Parlett). */
static nt_status step(const nt_lanczos *l, nt_lanczos_basis *q, int j)
{
  nt_status status = NT_OK;
  double *const v = q->v + j * l->n, *const w = v + l->n;
  NT_TRY(l->multiply(l->of, v, w));
  q->a[j] = dot(l->n, v, w);
  for (int pass = 0; pass < 2; pass++) {
    for (int i = 0; i <= j; i++) {
      const double *u = q->v + i * l->n;
      const double c = dot(l->n, u, w);
      for (int64_t r = 0; r < l->n; r++)
        w[r] -= c * u[r];
    }
  }
  q->b[j] = norm_of(l->n, w);
  for (int64_t r = 0; q->b[j] > 0 && r < l->n; r++)
    w[r] /= q->b[j];
done:
  return status;
}

/* Largest Ritz value of j + 1 steps, and the residual of its vector. */
static nt_status ritz(nt_error *err, nt_lanczos_basis *q, int j, double *value, double *residual)
{
  nt_status status = NT_OK;
  const int size = j + 1;
  int info;
  for (int i = 0; i < size; i++) {
    q->d[i] = q->a[i];
    q->e[i] = q->b[i];
  }
  dstev_("V", &size, q->d, q->e, q->z, &size, q->work, &info);
  NT_CHECK(info == 0, err, NT_ERR_NUMERIC,
           "an extreme eigenvalue was not found: the kernel is not finite");
  *value = q->d[j];
  *residual = q->b[j] * fabs(q->z[(int64_t)j * size + j]);
done:
  return status;
}

nt_status nt_lanczos_largest(const nt_lanczos *l, double *value, double *residual)
{
  nt_status status = NT_OK;
  nt_lanczos_basis q = {.v = NULL};
  const int most = l->n < l->most ? (int)l->n : l->most;
  int go_on = 1;
  double found[2] = {0, 0};
  NT_TRY(begin(l, most, &q));
  for (int j = 0; j < most && go_on; j++) {
    NT_TRY(step(l, &q, j));
    NT_TRY_ALL(l->ctx, ritz(nt_ctx_error(l->ctx), &q, j, &found[0], &found[1]));
    go_on = found[1] > l->tolerance * fabs(found[0]);
    NT_TRY_MPI(l->ctx, MPI_Bcast(&go_on, 1, MPI_INT, 0, nt_ctx_comm(l->ctx)));
  }
  NT_TRY_MPI(l->ctx, MPI_Bcast(found, 2, MPI_DOUBLE, 0, nt_ctx_comm(l->ctx)));
  *value = found[0];
  *residual = found[1];
done:
  free(q.v);
  return status;
}
