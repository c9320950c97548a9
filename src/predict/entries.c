/** Looks at the entries of a distributed matrix: its diagonal, and what is not finite. */
#include "predict/predict_impl.h"

#include "base/check.h"

#include <float.h>
#include <math.h>

double *nt_predict_entry(const nt_dmatrix *m, int64_t gi, int64_t gj)
{
  int P = nt_grid_P(m->grid), Q = nt_grid_Q(m->grid);
  if (gi / m->mb % P != nt_grid_p(m->grid) || gj / m->nb % Q != nt_grid_q(m->grid)) return NULL;
  return m->a + nt_global_to_local(gi, m->mb, P) + nt_global_to_local(gj, m->nb, Q) * m->ld;
}

nt_status nt_predict_diagonal(const nt_dmatrix *m, double *diagonal)
{
  for (int64_t g = 0; g < m->M; g++) {
    const double *entry = nt_predict_entry(m, g, g);
    diagonal[g] = entry ? *entry : 0.0;
  }
  return nt_ctx_sum(nt_grid_ctx(m->grid), m->M, diagonal);
}

bool nt_predict_all_finite(const double *v, int64_t n)
{
  int bad = 0;
  for (int64_t i = 0; i < n; i++)
    bad |= !(fabs(v[i]) <= DBL_MAX);
  return !bad;
}

/* The first local entry, in order of columns, that is not finite. */
static bool find_not_finite(const nt_dmatrix *m, nt_triangle filled, int64_t *li, int64_t *lj)
{
  for (*lj = 0; *lj < m->cols; ++*lj) {
    const double *column = m->a + *lj * m->ld;
    int64_t gj = nt_dmatrix_column(m, *lj);
    int64_t begin = filled == NT_LOWER ? nt_local_row_from(m, gj) : 0;
    int64_t end = filled == NT_UPPER ? nt_local_row_from(m, gj + 1) : m->rows;
    if (nt_predict_all_finite(column + begin, end - begin)) continue;
    for (*li = begin; isfinite(column[*li]); ++*li)
      continue;
    return true;
  }
  return false;
}

nt_status nt_dmatrix_check_finite(const nt_dmatrix *m, nt_triangle filled, const char *what)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(m->grid);
  MPI_Comm comm = nt_ctx_comm(ctx);
  int64_t li, lj, i = m->M, j = m->N;
  bool found = find_not_finite(m, filled, &li, &lj);
  if (found) {
    i = nt_dmatrix_row(m, li);
    j = nt_dmatrix_column(m, lj);
  }
  /* Two reductions: the first column, then its first row; the owner reports. */
  int64_t first_j = j, first_i;
  NT_TRY_MPI(ctx, MPI_Allreduce(MPI_IN_PLACE, &first_j, 1, MPI_INT64_T, MPI_MIN, comm));
  if (first_j == m->N) goto done;
  first_i = j == first_j ? i : m->M;
  NT_TRY_MPI(ctx, MPI_Allreduce(MPI_IN_PLACE, &first_i, 1, MPI_INT64_T, MPI_MIN, comm));
  NT_CHECK_ALL(ctx, !found || i != first_i || j != first_j, NT_ERR_NUMERIC,
               "%s: entry (%lld, %lld) is %g, not a finite number", what, (long long)i,
               (long long)j, m->a[li + lj * m->ld]);
done:
  return status;
}

double nt_predict_unit(double largest)
{
  enum { MOST = 1000 }; /* so that it, and 1 by it, are numbers */
  if (!(largest > 0) || !isfinite(largest)) return 1;
  return scalbn(1, (int)fmax(-MOST, fmin(MOST, -ilogb(largest))));
}

double nt_predict_unit_of_column(const double *v, int64_t n, int64_t c, int64_t k)
{
  double largest = 0;
  for (int64_t i = k; i < n * c; i += c)
    largest = fmax(largest, fabs(v[i]));
  return nt_predict_unit(largest);
}

const char nt_predict_zero_advice[] =
    "is this a kernel? it is zero on the training samples, and --reg is relative to its mean "
    "diagonal: look at the network and its samples, or use --reg-abs";

nt_status nt_predict_lambda(nt_error *err, double reg, bool absolute, double mean_diagonal,
                            double *lambda)
{
  nt_status status = NT_OK;
  NT_CHECK(reg >= 0 && isfinite(reg), err, NT_ERR_ARG,
           "the regularisation must be 0 or a positive number, got %g", reg);
  *lambda = absolute ? reg : reg * mean_diagonal;
  NT_CHECK(isfinite(*lambda), err, NT_ERR_NUMERIC,
           "a regularisation of %g times the mean diagonal, which is %g, is too large for a number",
           reg, mean_diagonal);
done:
  return status;
}
