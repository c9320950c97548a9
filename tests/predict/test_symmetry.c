/** Mirroring triangles, and checks that name the entry that is wrong. */
#include "nt/predict.h"
#include "nt_test.h"
#include "predict/predict_impl.h"

#include <math.h>
#include <stdio.h>

/* Sizes and blocks: ragged, prime, single, smaller than the ranks, not square. */
static const struct {
  int64_t n, mb, nb;
} cases[] = {{13, 3, 3}, {13, 2, 5}, {1, 4, 4}, {2, 1, 1}, {3, 8, 8}, {31, 7, 4}, {64, 8, 8}};

static double value(int64_t i, int64_t j)
{
  return nt_test_uniform(3, i < j ? i : j, i < j ? j : i);
}

/* Entries of the filled triangle, and NaN elsewhere. */
static void fill(nt_dmatrix *m, nt_triangle filled)
{
  for (int64_t lj = 0; lj < m->cols; lj++) {
    int64_t j = nt_dmatrix_column(m, lj);
    for (int64_t li = 0; li < m->rows; li++) {
      int64_t i = nt_dmatrix_row(m, li);
      bool there = filled == NT_FULL || i == j || (filled == NT_LOWER) == (i > j);
      m->a[li + lj * m->ld] = there ? value(i, j) : NAN;
    }
  }
}

static int64_t differences(const nt_dmatrix *m)
{
  int64_t wrong = 0;
  for (int64_t lj = 0; lj < m->cols; lj++) {
    for (int64_t li = 0; li < m->rows; li++) {
      double v = m->a[li + lj * m->ld];
      wrong += !(v == value(nt_dmatrix_row(m, li), nt_dmatrix_column(m, lj)));
    }
  }
  return wrong;
}

/* Call `body` on a matrix of each case and on each grid of all ranks. */
static void on_all_grids(void (*body)(nt_dmatrix *m))
{
  nt_ctx *ctx = nt_test_world();
  for (int P = 1; P <= nt_ctx_size(ctx); P++) {
    if (nt_ctx_size(ctx) % P != 0) continue;
    nt_grid *grid = NULL;
    NT_TEST_OK(nt_grid_create(ctx, P, nt_ctx_size(ctx) / P, &grid));
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
      nt_dmatrix *m = NULL;
      int64_t n = cases[c].n;
      NT_TEST_OK(nt_dmatrix_create(grid, n, n, cases[c].mb, cases[c].nb, &m));
      if (m) body(m);
      nt_dmatrix_destroy(&m);
    }
    nt_grid_destroy(&grid);
  }
}

static void mirror(nt_dmatrix *m)
{
  for (nt_triangle filled = NT_LOWER; filled <= NT_UPPER; filled++) {
    fill(m, filled);
    NT_TEST_OK(nt_dmatrix_check_finite(m, filled, "a triangle"));
    NT_TEST_OK(nt_dmatrix_mirror(m, filled));
    NT_TEST_MSG(differences(m) == 0, "n=%ld mb=%ld nb=%ld", (long)m->N, (long)m->mb, (long)m->nb);
    NT_TEST_OK(nt_dmatrix_check_symmetric(m, 0));
  }
}

static void test_mirror(void) { on_all_grids(mirror); }

static void asymmetric(nt_dmatrix *m)
{
  if (m->N < 3) return;
  fill(m, NT_FULL);
  double *small = nt_predict_entry(m, 0, 1), *large = nt_predict_entry(m, m->N - 1, 1);
  if (small) *small += 0x1p-30;
  NT_TEST_OK(nt_dmatrix_check_symmetric(m, 1e-6));
  if (large) *large = 3;
  NT_TEST_FAILS(nt_dmatrix_check_symmetric(m, 1e-6), NT_ERR_NUMERIC);
  if (large) *large = NAN;
  NT_TEST_FAILS(nt_dmatrix_check_symmetric(m, 1e-6), NT_ERR_NUMERIC);
  fill(m, NT_FULL);
  if (small) *small = NAN; /* and a pair behind it that is different, but not wrong */
  if (large) *large += 0x1p-30;
  NT_TEST_FAILS(nt_dmatrix_check_symmetric(m, 1e-6), NT_ERR_NUMERIC);
}

static void test_asymmetric(void) { on_all_grids(asymmetric); }

static void test_asymmetric_message(void)
{
  nt_ctx *ctx = nt_test_world();
  nt_grid *grid = NULL;
  nt_dmatrix *m = NULL;
  NT_TEST_OK(nt_grid_create(ctx, 0, 0, &grid));
  NT_TEST_OK(nt_dmatrix_create(grid, 17, 17, 3, 3, &m));
  fill(m, NT_FULL);
  double *a = nt_predict_entry(m, 4, 11), *b = nt_predict_entry(m, 2, 3);
  if (a) *a = 2.5;
  if (b) *b += 0.001;
  nt_status status = nt_dmatrix_check_symmetric(m, 1e-10);
  NT_TEST_CONTAINS(nt_ctx_error(ctx)->message, "entry (4, 11) is 2.5");
  NT_TEST_FAILS(status, NT_ERR_NUMERIC);
  nt_dmatrix_destroy(&m);
  NT_TEST_OK(nt_dmatrix_create(grid, 4, 5, 3, 3, &m));
  NT_TEST_FAILS(nt_dmatrix_check_symmetric(m, 1e-10), NT_ERR_ARG);
  NT_TEST_FAILS(nt_dmatrix_mirror(m, NT_LOWER), NT_ERR_ARG);
  nt_dmatrix_destroy(&m);
  nt_grid_destroy(&grid);
}

static void not_finite(nt_dmatrix *m)
{
  nt_ctx *ctx = nt_grid_ctx(m->grid);
  char want[64];
  fill(m, NT_FULL);
  int64_t i = m->N - 1, j = (m->N - 1) / 2;
  double *first = nt_predict_entry(m, i, j), *later = nt_predict_entry(m, 0, i);
  if (later) *later = NAN;
  if (first) *first = INFINITY;
  (void)snprintf(want, sizeof want, "K: entry (%ld, %ld) is inf", (long)i, (long)j);
  nt_status status = nt_dmatrix_check_finite(m, NT_FULL, "K");
  NT_TEST_CONTAINS(nt_ctx_error(ctx)->message, want);
  NT_TEST_FAILS(status, NT_ERR_NUMERIC);
}

static void test_not_finite(void) { on_all_grids(not_finite); }

static const CU_TestInfo tests[] = {
    {"a mirrored triangle is symmetric", test_mirror},
    {"one wrong entry is not symmetric", test_asymmetric},
    {"the message names the worst pair", test_asymmetric_message},
    {"the first entry that is not finite is named", test_not_finite},
    CU_TEST_INFO_NULL};

NT_TEST_MAIN("predict.symmetry", tests)
