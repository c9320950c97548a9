#include "nt/dmatrix.h"

#include "base/check.h"
#include "base/memory.h"
#include "grid/scalapack.h"

#include <limits.h>
#include <stdlib.h>

/* Ranks so that no local part reaches 2^31 elements, by the largest share
 * of a block row and column. */
static int64_t ranks_needed(int64_t M, int64_t N)
{
  double ranks = (double)M * (double)N / (double)INT_MAX;
  return (int64_t)(ranks * 1.1) + 2;
}

static nt_status describe(nt_grid *grid, int64_t M, int64_t N, int64_t mb, int64_t nb,
                          nt_dmatrix **out)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(nt_grid_ctx(grid));
  nt_dmatrix *m = NULL;
  *out = NULL;
  NT_CHECK(
      M >= 0 && N >= 0 && mb > 0 && nb > 0, err, NT_ERR_ARG,
      "a matrix of %lld x %lld in blocks of %lld x %lld: sizes must be 0 or more, blocks 1 or more",
      (long long)M, (long long)N, (long long)mb, (long long)nb);
  /* Process (0, 0) owns most: what fits there fits everywhere, so all
   * ranks agree without a word. */
  int64_t rows = nt_numroc(M, mb, 0, nt_grid_P(grid)), cols = nt_numroc(N, nb, 0, nt_grid_Q(grid));
  NT_CHECK(rows == 0 || cols <= INT_MAX / rows, err, NT_ERR_NOMEM,
           "a matrix of %lld x %lld on %d x %d ranks has 2^31 elements or more on one rank; "
           "about %lld ranks would do",
           (long long)M, (long long)N, nt_grid_P(grid), nt_grid_Q(grid),
           (long long)ranks_needed(M, N));
  NT_TRY_ALL(nt_grid_ctx(grid), nt_calloc(err, 1, sizeof(nt_dmatrix), "a matrix", &m));
  *m = (nt_dmatrix){.grid = grid, .M = M, .N = N, .mb = mb, .nb = nb};
  m->rows = nt_numroc(M, mb, nt_grid_p(grid), nt_grid_P(grid));
  m->cols = nt_numroc(N, nb, nt_grid_q(grid), nt_grid_Q(grid));
  m->ld = m->rows > 1 ? m->rows : 1;
  nt_ctx_track(nt_grid_ctx(grid), 1, 0);
  *out = m;
  m = NULL;
done:
  free(m);
  return status;
}

nt_status nt_dmatrix_create(nt_grid *grid, int64_t M, int64_t N, int64_t mb, int64_t nb,
                            nt_dmatrix **out)
{
  nt_status status = NT_OK;
  void *data = NULL;
  NT_TRY(describe(grid, M, N, mb, nb, out));
  nt_dmatrix *m = *out;
  NT_TRY_ALL(nt_grid_ctx(grid), nt_alloc(nt_ctx_error(nt_grid_ctx(grid)), m->ld * m->cols,
                                         sizeof(double), "the local part of a matrix", &data));
  m->a = data;
  m->owned = true;
  nt_ctx_track(nt_grid_ctx(grid), 0, m->ld * m->cols * (int64_t)sizeof(double));
done:
  if (status != NT_OK) {
    free(data);
    nt_dmatrix_destroy(out);
  }
  return status;
}

nt_status nt_dmatrix_attach(nt_grid *grid, int64_t M, int64_t N, int64_t mb, int64_t nb, double *a,
                            int64_t ld, nt_dmatrix **out)
{
  nt_status status = NT_OK;
  NT_TRY(describe(grid, M, N, mb, nb, out));
  nt_dmatrix *m = *out;
  NT_CHECK_ALL(
      nt_grid_ctx(grid), ld >= m->ld && (a != NULL || m->rows * m->cols == 0), NT_ERR_ARG,
      "an attached matrix needs its array and a leading dimension of at least %lld, got %lld",
      (long long)m->ld, (long long)ld);
  m->a = a;
  m->ld = ld;
done:
  if (status != NT_OK) nt_dmatrix_destroy(out);
  return status;
}

void nt_dmatrix_destroy(nt_dmatrix **out)
{
  nt_dmatrix *m = *out;
  if (m == NULL) return;
  nt_ctx *ctx = nt_grid_ctx(m->grid);
  nt_ctx_track(ctx, -1, m->owned ? -m->ld * m->cols * (int64_t)sizeof(double) : 0);
  if (m->owned) free(m->a);
  free(m);
  *out = NULL;
}

nt_status nt_dmatrix_desc(const nt_dmatrix *m, int desc[9])
{
  nt_status status = NT_OK;
  desc[0] = 1;
  desc[1] = nt_grid_blacs(m->grid);
  desc[6] = desc[7] = 0;
  NT_TRY(nt_to_blasint(m->M, &desc[2]));
  NT_TRY(nt_to_blasint(m->N, &desc[3]));
  NT_TRY(nt_to_blasint(m->mb, &desc[4]));
  NT_TRY(nt_to_blasint(m->nb, &desc[5]));
  NT_TRY(nt_to_blasint(m->ld, &desc[8]));
done:
  return status;
}

nt_status nt_dmatrix_redistribute(const nt_dmatrix *from, nt_dmatrix *to)
{
  nt_status status = NT_OK;
  NT_CHECK(from->M == to->M && from->N == to->N, nt_ctx_error(nt_grid_ctx(from->grid)), NT_ERR_ARG,
           "redistribution of %lld x %lld into %lld x %lld: sizes must be equal",
           (long long)from->M, (long long)from->N, (long long)to->M, (long long)to->N);
  NT_TRY(nt_dmatrix_place(from, 0, to));
done:
  return status;
}

nt_status nt_dmatrix_place(const nt_dmatrix *from, int64_t row, nt_dmatrix *to)
{
  enum { PANEL_BYTES = 1 << 30 };
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(from->grid);
  int desc_from[9], desc_to[9], rows, cols, row_to, one = 1;
  NT_CHECK(row >= 0 && row + from->M <= to->M && from->N == to->N, nt_ctx_error(ctx), NT_ERR_ARG,
           "%lld x %lld elements at row %lld of %lld x %lld: they must fit, with as many columns",
           (long long)from->M, (long long)from->N, (long long)row, (long long)to->M,
           (long long)to->N);
  NT_TRY_ALL(ctx, nt_dmatrix_desc(from, desc_from));
  NT_TRY_ALL(ctx, nt_dmatrix_desc(to, desc_to));
  if (from->M == 0 || from->N == 0) goto done;
  NT_TRY(nt_to_blasint(from->M, &rows));
  NT_TRY(nt_to_blasint(row + 1, &row_to));
  int64_t panel = PANEL_BYTES / (int64_t)sizeof(double) / from->M;
  if (panel < 1) panel = 1;
  for (int64_t j = 0; j < from->N; j += panel) {
    int first = (int)j + 1;
    NT_TRY(nt_to_blasint(from->N - j < panel ? from->N - j : panel, &cols));
    pdgemr2d_(&rows, &cols, from->a, &one, &first, desc_from, to->a, &row_to, &first, desc_to,
              &desc_from[1]);
  }
done:
  return status;
}
