/** Eigendecompositions on all grids with awkward sizes: K V = V diag(l),
 * V^T V = I, by each solver. */
#include "nt/eigen.h"
#include "nt_test.h"
#include "predict/eigen_impl.h"
#include "predict/predict_impl.h"

#include <math.h>
#include <string.h>

enum { LARGEST = 101 };

/* Sizes and blocks: ragged, prime, one sample, fewer than ranks. */
static const struct {
  int64_t n, mb, nb;
} cases[] = {{1, 3, 3}, {2, 1, 1}, {3, 64, 64}, {37, 5, 5}, {37, 4, 9}, {LARGEST, 16, 16}};

static double kernel(int64_t i, int64_t j)
{
  double v = exp(-fabs(nt_test_uniform(1, i, 0) - nt_test_uniform(1, j, 0)) * 3);
  return i == j ? v + 0.1 + (double)(i % 5) / 3 : v;
}

static double ones(int64_t i, int64_t j)
{
  (void)i, (void)j;
  return 1;
}

static void fill(nt_dmatrix *m, double (*value)(int64_t i, int64_t j), nt_triangle filled)
{
  for (int64_t lj = 0; lj < m->cols; lj++) {
    for (int64_t li = 0; li < m->rows; li++) {
      int64_t i = nt_dmatrix_row(m, li), j = nt_dmatrix_column(m, lj);
      bool there = filled == NT_FULL || i == j || (filled == NT_LOWER) == (i > j);
      m->a[li + lj * m->ld] = there ? value(i, j) : NAN;
    }
  }
}

/* V diag(f(l)) V^T on every rank, [n][n]. */
static void rebuild(const nt_eigen *e, bool with_values, double *out)
{
  static double v[LARGEST * LARGEST], unit[LARGEST * LARGEST];
  const int64_t n = e->n;
  memset(unit, 0, sizeof unit);
  for (int64_t i = 0; i < n; i++)
    unit[i * n + i] = 1;
  NT_TEST_OK(nt_predict_product(e->vectors, true, unit, n, v));
  for (int64_t i = 0; i < n * n; i++)
    v[i] *= with_values ? e->values[i / n] : 1;
  NT_TEST_OK(nt_predict_product(e->vectors, false, v, n, out));
}

static void decompose(nt_grid *grid, size_t i, nt_eigensolver solver)
{
  static double got[LARGEST * LARGEST], want[LARGEST * LARGEST];
  const int64_t n = cases[i].n;
  const nt_triangle filled = (nt_triangle)(i % 3);
  nt_dmatrix *k = NULL;
  nt_eigen *e = NULL;
  NT_TEST_OK(nt_dmatrix_create(grid, n, n, cases[i].mb, cases[i].nb, &k));
  fill(k, kernel, filled);
  NT_TEST_OK(nt_eigen_create(k, filled, solver, "ntk", &e));
  if (e == NULL) goto done;
  NT_TEST(e->solver != NT_EIGENSOLVER_AUTO && e->residual < 1e-13);
  for (int64_t j = 1; j < n; j++)
    NT_TEST(e->values[j] >= e->values[j - 1]);
  for (int64_t j = 0; j < n * n; j++)
    want[j] = kernel(j / n, j % n);
  rebuild(e, true, got);
  NT_TEST_MSG(nt_test_max_error(n * n, got, want) < 1e-13, "n=%ld", (long)n);
  for (int64_t j = 0; j < n * n; j++)
    want[j] = j / n == j % n;
  rebuild(e, false, got);
  NT_TEST_MSG(nt_test_max_error(n * n, got, want) < 1e-13, "n=%ld", (long)n);
  nt_eigen_destroy(&e);
  NT_TEST_OK(nt_eigen_take(&k, filled, solver, "ntk", &e));
  NT_TEST(k == NULL && e->n == n);
done:
  nt_eigen_destroy(&e);
  nt_dmatrix_destroy(&k);
}

static void rebuilds(nt_grid *grid)
{
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    decompose(grid, i, NT_EIGENSOLVER_AUTO);
    decompose(grid, i, NT_EIGENSOLVER_PDSYEVD);
    if (!nt_elpa_is_built_in() || cases[i].n < nt_ctx_size(nt_grid_ctx(grid))) continue;
    decompose(grid, i, NT_EIGENSOLVER_ELPA);
    decompose(grid, i, NT_EIGENSOLVER_ELPA2);
  }
}

static void test_rebuilds(void) { nt_test_on_all_grids(rebuilds); }

/* Rank one: n, and n - 1 eigenvalues of zero. */
static void rank_one(nt_grid *grid)
{
  nt_dmatrix *k = NULL;
  nt_eigen *e = NULL;
  NT_TEST_OK(nt_dmatrix_create(grid, 37, 37, 5, 5, &k));
  fill(k, ones, NT_FULL);
  NT_TEST_OK(nt_eigen_take(&k, NT_FULL, NT_EIGENSOLVER_AUTO, "nngp", &e));
  NT_TEST_CLOSE(e->values[36], 37, 1e-14);
  NT_TEST(fabs(e->values[0]) < 1e-13 && fabs(e->values[35]) < 1e-13);
  nt_eigen_destroy(&e);
}

static void test_rank_one(void) { nt_test_on_all_grids(rank_one); }

/* ELPA squares entries: beyond the range of that it returned numbers that were wrong. */
static void far(nt_grid *grid)
{
  static const int powers[] = {0, 560, -560};
  double first[37];
  for (int s = 0; s < 3; s++) {
    nt_dmatrix *k = NULL;
    nt_eigen *e = NULL;
    NT_TEST_OK(nt_dmatrix_create(grid, 37, 37, 5, 5, &k));
    fill(k, kernel, NT_FULL);
    for (int64_t i = 0; i < k->ld * k->cols; i++)
      k->a[i] = scalbn(k->a[i], powers[s]);
    NT_TEST_OK(nt_eigen_take(&k, NT_FULL, NT_EIGENSOLVER_AUTO, "nngp", &e));
    for (int i = 0; i < 37; i++) {
      if (s == 0) first[i] = e->values[i];
      NT_TEST_CLOSE(scalbn(e->values[i], -powers[s]), first[i], 1e-13);
    }
    NT_TEST(e->residual < 1e-13);
    nt_eigen_destroy(&e);
  }
}

static void test_far(void) { nt_test_on_all_grids(far); }

static void test_refused(void)
{
  nt_grid *grid = NULL;
  nt_dmatrix *k = NULL;
  nt_eigen *e = NULL;
  nt_error *err = nt_ctx_error(nt_test_world());
  NT_TEST_OK(nt_grid_create(nt_test_world(), 0, 0, &grid));
  NT_TEST_OK(nt_dmatrix_create(grid, 5, 6, 2, 2, &k));
  NT_TEST_FAILS(nt_eigen_take(&k, NT_FULL, NT_EIGENSOLVER_AUTO, "ntk", &e), NT_ERR_ARG);
  NT_TEST(k == NULL && e == NULL);
  NT_TEST_OK(nt_dmatrix_create(grid, 20, 20, 3, 3, &k));
  fill(k, kernel, NT_FULL);
  double *entry = nt_predict_entry(k, 19, 7);
  if (entry) *entry = NAN;
  nt_status status = nt_eigen_create(k, NT_FULL, NT_EIGENSOLVER_AUTO, "ntk", &e);
  NT_TEST_CONTAINS(err->message, "kernel ntk: entry (19, 7) is nan");
  NT_TEST_FAILS(status, NT_ERR_NUMERIC);
  NT_TEST(k != NULL && e == NULL);
  nt_dmatrix_destroy(&k);
  nt_grid_destroy(&grid);
}

static void test_words(void)
{
  nt_error err = {0};
  nt_eigensolver solver = NT_EIGENSOLVER_AUTO;
  NT_TEST_OK_ERR(nt_eigensolver_parse(&err, "pdsyevd", &solver), &err);
  NT_TEST(solver == NT_EIGENSOLVER_PDSYEVD && !strcmp(nt_eigensolver_name(solver), "pdsyevd"));
  NT_TEST_FAILS_ERR(nt_eigensolver_parse(&err, "jacobi", &solver), NT_ERR_ARG, &err);
  NT_TEST_CONTAINS(err.message, "pdsyevd");
  err = (nt_error){0};
  if (nt_elpa_is_built_in()) {
    NT_TEST_OK_ERR(nt_eigensolver_parse(&err, "elpa2", &solver), &err);
  } else {
    NT_TEST_FAILS_ERR(nt_eigensolver_parse(&err, "elpa", &solver), NT_ERR_ARG, &err);
    NT_TEST_CONTAINS(err.message, "libelpa-dev");
  }
}

static const CU_TestInfo tests[] = {
    {"V diag(l) V^T is the kernel, by each solver on all grids", test_rebuilds},
    {"a kernel of rank one has n - 1 eigenvalues of zero", test_rank_one},
    {"kernels of any size have theirs", test_far},
    {"what cannot be decomposed is refused on all ranks", test_refused},
    {"solvers have words", test_words},
    CU_TEST_INFO_NULL};

NT_TEST_MAIN("predict.eigen", tests)
