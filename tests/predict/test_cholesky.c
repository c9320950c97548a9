/** The distributed Cholesky factorisation against the matrix it came from, in both precisions. */
#include "nt_test.h"
#include "predict/cholesky.h"
#include "predict/predict_impl.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

/* Ragged, prime, blocks of one, one sample, fewer blocks than ranks. */
static const struct {
  int64_t n, nb;
} cases[] = {{1, 4}, {2, 1}, {5, 64}, {37, 1}, {53, 8}, {96, 16}, {131, 7}};
enum { LARGEST = 131 };

static double entry(int64_t i, int64_t j)
{
  return i == j ? 2.5 + nt_test_uniform(1, i, 0)
                : cos((double)(i + j)) * exp(-fabs((double)(i - j)));
}

/* Row 11 is what makes it indefinite. */
static double indefinite(int64_t i, int64_t j) { return i == 11 && j == 11 ? -3 : entry(i, j); }

/* The lower triangle; MARK above the diagonal, which nobody may touch. */
static const double MARK = 1e30;

static void put(const nt_factor_view *v, bool single, int64_t li, int64_t lj, double x)
{
  if (single)
    ((float *)v->a)[li + lj * v->ld] = (float)x;
  else
    ((double *)v->a)[li + lj * v->ld] = x;
}

static double get(const nt_factor_view *v, bool single, int64_t li, int64_t lj)
{
  const int64_t i = li + lj * v->ld;
  return single ? (double)((float *)v->a)[i] : ((double *)v->a)[i];
}

static void fill(const nt_factor_view *v, bool single, double (*value)(int64_t, int64_t))
{
  for (int64_t lj = 0; lj < v->m->cols; lj++) {
    for (int64_t li = 0; li < v->m->rows; li++) {
      const int64_t i = nt_dmatrix_row(v->m, li), j = nt_dmatrix_column(v->m, lj);
      put(v, single, li, lj, i >= j ? value(i, j) : MARK);
    }
  }
}

/* The factor on every rank, 0 above the diagonal; counts touched marks. */
static int gather(const nt_factor_view *v, bool single, double *l)
{
  int touched = 0;
  const int64_t n = v->m->N;
  for (int64_t i = 0; i < n * n; i++)
    l[i] = 0;
  for (int64_t lj = 0; lj < v->m->cols; lj++) {
    for (int64_t li = 0; li < v->m->rows; li++) {
      const int64_t i = nt_dmatrix_row(v->m, li), j = nt_dmatrix_column(v->m, lj);
      const double x = get(v, single, li, lj);
      if (i >= j)
        l[i * n + j] = x;
      else
        touched += x != (single ? (double)(float)MARK : MARK);
    }
  }
  NT_TEST_OK(nt_ctx_sum(nt_grid_ctx(v->m->grid), n * n, l));
  return touched;
}

/* max |L L^T - A| / max |A| */
static double backward_error(int64_t n, const double *l)
{
  double worst = 0;
  for (int64_t i = 0; i < n; i++) {
    for (int64_t j = 0; j <= i; j++) {
      double sum = -entry(i, j);
      for (int64_t k = 0; k <= j; k++)
        sum += l[i * n + k] * l[j * n + k];
      worst = fmax(worst, fabs(sum));
    }
  }
  return worst / 3.5;
}

static void factor_one(nt_grid *grid, int64_t n, int64_t nb, bool single)
{
  static double l[LARGEST * LARGEST];
  nt_dmatrix *m = NULL;
  int64_t info = -1;
  NT_TEST_OK(nt_dmatrix_create(grid, n, n, nb, nb, &m));
  const int64_t ld = m->ld + 3;
  double *a = malloc((size_t)(ld * (m->cols + 1)) * sizeof *a);
  const nt_factor_view v = {m, a, ld};
  fill(&v, single, entry);
  NT_TEST_OK(nt_cholesky(single ? &nt_factor_single : &nt_factor_double, &v, &info));
  NT_TEST(info == 0);
  NT_TEST(gather(&v, single, l) == 0);
  const double error = backward_error(n, l);
  NT_TEST_MSG(error < 20 * (single ? FLT_EPSILON : DBL_EPSILON), "n=%ld: %g", (long)n, error);
  if (n > 11) {
    fill(&v, single, indefinite);
    NT_TEST_OK(nt_cholesky(single ? &nt_factor_single : &nt_factor_double, &v, &info));
    NT_TEST_MSG(info == 12, "info %ld", (long)info);
  }
  free(a);
  nt_dmatrix_destroy(&m);
}

static void on_all_grids(nt_ctx *ctx, bool single)
{
  for (int P = 1; P <= nt_ctx_size(ctx); P++) {
    if (nt_ctx_size(ctx) % P != 0) continue;
    nt_grid *grid = NULL;
    NT_TEST_OK(nt_grid_create(ctx, P, nt_ctx_size(ctx) / P, &grid));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
      factor_one(grid, cases[i].n, cases[i].nb, single);
    nt_grid_destroy(&grid);
  }
}

static void test_double(void) { on_all_grids(nt_test_world(), false); }
static void test_single(void) { on_all_grids(nt_test_world(), true); }
static void test_alone(void) { on_all_grids(nt_test_self(), false); }

static const CU_TestInfo tests[] = {{"L L^T is the matrix, on all grids", test_double},
                                    {"the same in single precision", test_single},
                                    {"every rank for itself", test_alone},
                                    CU_TEST_INFO_NULL};

NT_TEST_MAIN("predict.cholesky", tests)
