/* ScaLAPACK's divide and conquer eigensolver.
 * Source: F. Tisseur, J. Dongarra, SIAM J. Sci. Comput. 20 (1999) 2223. */
#include "predict/eigen_impl.h"

#include "base/check.h"
#include "base/memory.h"
#include "grid/scalapack.h"
#include "layer/math.h"

#include <math.h>
#include <stdlib.h>

/* Numbers of reals and integers that pdsyevd documents, in 64 bits: its own answer is a
 * rounded double, and has been too small (Reference-ScaLAPACK issue 105). Both forget what
 * pdormtr needs, which is called with the rest: small matrices in one block then keep the
 * vectors of the tridiagonal matrix. */
static void documented_sizes(const nt_dmatrix *a, int64_t *reals, int64_t *ints)
{
  const int64_t n = a->N, nb = a->nb;
  const int P = nt_grid_P(a->grid), Q = nt_grid_Q(a->grid);
  const int64_t np = nt_numroc(n, nb, 0, P), nq = nt_numroc(n, nb, 0, Q);
  const int64_t reduce = 3 * n + NT_MAX(nb * (np + 1), 3 * nb);
  const int64_t conquer = 1 + 6 * n + 2 * np * nq;
  const int64_t multiply = NT_MAX(nb * (nb - 1) / 2, (np + nq) * nb) + nb * nb;
  *reals = NT_MAX(NT_MAX(conquer, reduce), multiply) + 3 * n;
  *ints = 7 * n + 8 * (int64_t)Q + 2;
}

static nt_status fail_workspace(nt_ctx *ctx, const nt_dmatrix *a, int64_t reals)
{
  return nt_fail(
      nt_ctx_error(ctx), NT_ERR_DIST, __FILE__, __LINE__, __func__,
      "the eigendecomposition of %lld x %lld needs a workspace of %lld numbers on each of "
      "%d x %d ranks, and pdsyevd counts to 2^31 only: use more ranks",
      (long long)a->N, (long long)a->N, (long long)reals, nt_grid_P(a->grid), nt_grid_Q(a->grid));
}

nt_status nt_eigen_solve_pdsyevd(nt_dmatrix *a, const char *name, double *values,
                                 nt_dmatrix *vectors)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(a->grid);
  nt_error *err = nt_ctx_error(ctx);
  int n, desc[9], lwork = -1, liwork = -1, info = 0, query_ints = 0, one = 1;
  int64_t reals, ints;
  double query = 0;
  void *work = NULL, *iwork = NULL;
  NT_TRY_ALL(ctx, nt_dmatrix_desc(a, desc));
  NT_TRY(nt_to_blasint(a->N, &n));
  documented_sizes(a, &reals, &ints);
  pdsyevd_("V", "L", &n, a->a, &one, &one, desc, values, vectors->a, &one, &one, desc, &query,
           &lwork, &query_ints, &liwork, &info);
  reals = NT_MAX((int64_t)ceil(query), reals);
  ints = NT_MAX(query_ints, ints);
  if (nt_to_blasint(reals, &lwork) != NT_OK || nt_to_blasint(ints, &liwork) != NT_OK)
    status = fail_workspace(ctx, a, reals);
  NT_TRY_ALL(ctx, status);
  NT_TRY_ALL(ctx, nt_alloc(err, reals, sizeof(double), "workspace of pdsyevd", &work));
  NT_TRY_ALL(ctx, nt_alloc(err, ints, sizeof(int), "workspace of pdsyevd", &iwork));
  pdsyevd_("V", "L", &n, a->a, &one, &one, desc, values, vectors->a, &one, &one, desc, work, &lwork,
           iwork, &liwork, &info);
  NT_CHECK_ALL(ctx, info >= 0, NT_ERR_INTERNAL, "pdsyevd: argument %d is wrong", -info);
  NT_CHECK_ALL(ctx, info == 0, NT_ERR_NUMERIC,
               "pdsyevd did not find eigenvalue %d of the %s kernel", info, name);
done:
  free(work);
  free(iwork);
  return status;
}
