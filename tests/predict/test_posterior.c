/** Posteriors against LAPACK on one rank, on all grids, with awkward sizes; and what goes wrong. */
#include "nt/predict.h"
#include "nt/predictor.h"
#include "nt_test.h"
#include "predict/posterior_impl.h"
#include "predict/predict_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void dposv_(const char *uplo, const int *n, const int *nrhs, double *a, const int *lda, double *b,
            const int *ldb, int *info);
void dsyev_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w,
            double *work, const int *lwork, int *info);

enum { OUTPUTS = 3, TESTS = 7, LARGEST = 150 };

/* Sizes and blocks of the kernel as it comes: ragged, prime, one sample, fewer than ranks. */
static const struct {
  int64_t n, mb, nb;
} cases[] = {{1, 3, 3},  {2, 1, 1},         {3, 64, 64},  {37, 5, 5},
             {37, 4, 9}, {LARGEST, 50, 50}, {101, 16, 16}};

/* A positive definite kernel, not exact in binary: exp(-|x_i - x_j|) and a diagonal that varies. */
static double kernel(int64_t i, int64_t j)
{
  double v = exp(-fabs(nt_test_uniform(1, i, 0) - nt_test_uniform(1, j, 0)) * 3);
  return i == j ? v + 0.1 + (double)(i % 5) / 3 : v;
}

static double kernel_test(int64_t i, int64_t j) { return kernel(i + 1000, j); }

static void fill(nt_dmatrix *m, double (*value)(int64_t i, int64_t j), nt_triangle filled)
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

static void targets(int64_t n, double *y)
{
  for (int64_t i = 0; i < n * OUTPUTS; i++)
    y[i] = nt_test_uniform(2, i, 0);
}

/* alpha [n][OUTPUTS] and mean [TESTS][OUTPUTS] by LAPACK and plain loops. */
static void expected(int64_t size, double lambda, double *alpha, double *mean)
{
  static double a[LARGEST * LARGEST], b[LARGEST * OUTPUTS], y[LARGEST * OUTPUTS];
  int n = (int)size, c = OUTPUTS, info;
  targets(n, y);
  for (int i = 0; i < n; i++) {
    for (int j = 0; j < n; j++)
      a[i * n + j] = kernel(i, j) + (i == j ? lambda : 0);
    for (int k = 0; k < c; k++)
      b[i + k * n] = y[i * c + k];
  }
  dposv_("L", &n, &c, a, &n, b, &n, &info);
  memset(mean, 0, TESTS * OUTPUTS * sizeof *mean);
  for (int j = 0; j < n; j++) {
    for (int k = 0; k < c; k++) {
      alpha[j * c + k] = b[j + k * n];
      for (int t = 0; t < TESTS; t++)
        mean[t * c + k] += kernel_test(t, j) * b[j + k * n];
    }
  }
}

/* Solve with a factorised posterior, and compare. */
static void compare(nt_posterior *p, int64_t n, nt_grid *grid)
{
  static double alpha[LARGEST * OUTPUTS], want[LARGEST * OUTPUTS], y[LARGEST * OUTPUTS];
  double mean[TESTS * OUTPUTS], want_mean[TESTS * OUTPUTS];
  nt_dmatrix *k = NULL;
  expected(n, nt_posterior_info(p)->lambda, want, want_mean);
  targets(n, y);
  NT_TEST_OK(nt_posterior_solve(p, y, OUTPUTS, alpha));
  NT_TEST_MSG(nt_test_max_error(n * OUTPUTS, alpha, want) < 1e-11, "n=%ld", (long)n);
  NT_TEST_OK(nt_dmatrix_create(grid, TESTS, n, 2, 3, &k));
  fill(k, kernel_test, NT_FULL);
  NT_TEST_OK(nt_posterior_mean(k, alpha, OUTPUTS, mean));
  NT_TEST_MSG(nt_test_max_error(TESTS * OUTPUTS, mean, want_mean) < 1e-11, "n=%ld", (long)n);
  nt_dmatrix_destroy(&k);
}

static double mean_diagonal(int64_t n)
{
  double trace = 0;
  for (int64_t i = 0; i < n; i++)
    trace += kernel(i, i);
  return trace / (double)n;
}

static void factor_and_compare(nt_posterior *p, int64_t n, nt_grid *grid, double reg, bool absolute)
{
  double mean = mean_diagonal(n);
  NT_TEST_OK(nt_posterior_factor(p, reg, absolute));
  const nt_factor_info *info = nt_posterior_info(p);
  NT_TEST_CLOSE(info->mean_diagonal, mean, 1e-14);
  NT_TEST_CLOSE(info->lambda, absolute ? reg : reg * mean, 1e-14);
  NT_TEST(info->seconds >= 0 && info->reg == reg);
  compare(p, n, grid);
}

/* Several regularisations one after the other equal LAPACK from the start. */
static void equals_lapack(nt_grid *grid)
{
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    nt_dmatrix *k = NULL;
    nt_posterior *p = NULL;
    nt_triangle filled = (nt_triangle)(i % 3);
    NT_TEST_OK(nt_dmatrix_create(grid, cases[i].n, cases[i].n, cases[i].mb, cases[i].nb, &k));
    fill(k, kernel, filled);
    NT_TEST_OK(nt_posterior_take(&k, filled, "nngp", &p));
    NT_TEST(k == NULL);
    factor_and_compare(p, cases[i].n, grid, 0, false);
    factor_and_compare(p, cases[i].n, grid, 0.5, false);
    factor_and_compare(p, cases[i].n, grid, 1e-3, true);
    nt_posterior_destroy(&p);
  }
}

static void test_equals_lapack(void) { nt_test_on_all_grids(equals_lapack); }

/* The bits of alpha do not depend on what was factorised before. */
static void test_refactorise(void)
{
  enum { N = 101 };
  static double y[N * OUTPUTS], fresh[N * OUTPUTS], again[N * OUTPUTS];
  nt_grid *grid = NULL;
  nt_dmatrix *k = NULL;
  nt_posterior *p = NULL;
  targets(N, y);
  NT_TEST_OK(nt_grid_create(nt_test_world(), 0, 0, &grid));
  NT_TEST_OK(nt_dmatrix_create(grid, N, N, 9, 9, &k));
  fill(k, kernel, NT_FULL);
  NT_TEST_OK(nt_posterior_create(k, NT_FULL, "ntk", &p));
  NT_TEST_OK(nt_posterior_factor(p, 0.25, false));
  NT_TEST_OK(nt_posterior_solve(p, y, OUTPUTS, fresh));
  NT_TEST_OK(nt_posterior_factor(p, 1e-6, false));
  NT_TEST_FAILS(nt_posterior_factor(p, -1, false), NT_ERR_ARG);
  NT_TEST_FAILS(nt_posterior_factor(p, NAN, true), NT_ERR_ARG);
  NT_TEST_OK(nt_posterior_factor(p, 0.25, false));
  memcpy(again, y, sizeof y);
  NT_TEST_OK(nt_posterior_solve(p, again, OUTPUTS, again)); /* in place */
  NT_TEST(memcmp(fresh, again, sizeof fresh) == 0);
  NT_TEST_OK(nt_dmatrix_check_symmetric(k, 0)); /* a copy was worked on */
  nt_posterior_destroy(&p);
  nt_dmatrix_destroy(&k);
  nt_grid_destroy(&grid);
}

/* Sample 30 repeats sample 4: with no regularisation, the pivot and its twin are named. */
static double with_twin(int64_t i, int64_t j)
{
  i = i == 30 ? 4 : i;
  j = j == 30 ? 4 : j;
  return i == j ? 2 : exp(-fabs((double)(i - j))) * 2;
}

static double indefinite(int64_t i, int64_t j) { return i == j ? (i == 11 ? -1e3 : 1) : 0; }
static double negative(int64_t i, int64_t j) { return i == j ? -1 : 0; }

static void fails(nt_grid *grid, double (*value)(int64_t, int64_t), double reg, bool absolute,
                  const char *const *parts)
{
  nt_dmatrix *k = NULL;
  nt_posterior *p = NULL;
  double y[37] = {0};
  nt_error *err = nt_ctx_error(nt_test_world());
  NT_TEST_OK(nt_dmatrix_create(grid, 37, 37, 4, 4, &k));
  fill(k, value, NT_FULL);
  NT_TEST_OK(nt_posterior_take(&k, NT_FULL, "ntk", &p));
  nt_status status = nt_posterior_factor(p, reg, absolute);
  for (; *parts; parts++)
    NT_TEST_CONTAINS(err->message, *parts);
  NT_TEST_FAILS(status, NT_ERR_NUMERIC);
  NT_TEST_FAILS(nt_posterior_solve(p, y, 1, y), NT_ERR_ARG);
  NT_TEST_OK(nt_posterior_factor(p, 2e3, true)); /* and it can be tried again */
  NT_TEST_OK(nt_posterior_solve(p, y, 1, y));
  nt_posterior_destroy(&p);
}

/* Of rank 3. */
static double flat(int64_t i, int64_t j)
{
  double sum = 0;
  for (int64_t r = 0; r < 3; r++)
    sum += nt_test_uniform(7, i, r) * nt_test_uniform(7, j, r);
  return sum;
}

/* As after many layers that shrink their inputs. */
static double tiny_twin(int64_t i, int64_t j) { return 1e-170 * with_twin(i, j); }

static void not_definite(nt_grid *grid)
{
  fails(grid, tiny_twin, 0, false,
        (const char *[]){"pivot 30 of 37", "earlier sample 4 is nearly the same (correlation 1)",
                         NULL});
  fails(grid, with_twin, 0, false,
        (const char *[]){"the ntk kernel", "pivot 30 of 37 (sample 30) is ",
                         "earlier sample 4 is nearly the same", "mean diagonal 2",
                         "try --reg 1e-06", NULL});
  fails(grid, indefinite, 0.5, true,
        (const char *[]){"pivot 11 of 37", "0.5 absolute", "not positive definite", NULL});
  fails(grid, negative, 0.125, false, (const char *[]){"pivot 0 of 37", "is this a kernel", NULL});
}

/* The first pivot that vanishes is named, on all grids, though a later one is the first below 0. */
static void rank_three(nt_grid *grid)
{
  fails(grid, flat, 0, false, (const char *[]){"pivot 3 of 37", "or only by rounding", NULL});
}

static void test_rank_three(void) { nt_test_on_all_grids(rank_three); }

/* A sample that comes twice is found wherever it is, whichever sign rounding gives its pivot. */
static int64_t twin;

static double random_twin(int64_t i, int64_t j)
{
  i = i == 36 ? twin : i;
  j = j == 36 ? twin : j;
  return exp(-fabs(nt_test_uniform(5, i, 0) - nt_test_uniform(5, j, 0)) * 30);
}

static void all_twins(nt_grid *grid)
{
  char part[64];
  for (twin = 0; twin < 36; twin += 5) {
    (void)snprintf(part, sizeof part, "earlier sample %ld is nearly the same", (long)twin);
    fails(grid, random_twin, 0, false, (const char *[]){"pivot 36 of 37", part, NULL});
  }
}

static void test_all_twins(void) { nt_test_on_all_grids(all_twins); }

static void test_not_definite(void) { nt_test_on_all_grids(not_definite); }

/* From above, and by less than a twentieth of what the diagonal is. */
static void lowest_of(nt_grid *grid, double (*value)(int64_t i, int64_t j), double reg)
{
  enum { SIZE = 37 };
  const int n = SIZE, lwork = 4 * SIZE;
  int info;
  double a[SIZE * SIZE], all[SIZE], work[4 * SIZE], lowest;
  nt_dmatrix *k = NULL;
  nt_posterior *p = NULL;
  for (int i = 0; i < n * n; i++)
    a[i] = value(i / n, i % n);
  dsyev_("N", "L", &n, a, &n, all, work, &lwork, &info);
  NT_TEST_OK(nt_dmatrix_create(grid, SIZE, SIZE, 4, 4, &k));
  fill(k, value, NT_FULL);
  NT_TEST_OK(nt_posterior_take(&k, NT_FULL, "ntk", &p));
  if (reg > 0) NT_TEST_OK(nt_posterior_factor(p, reg, false));
  NT_TEST_OK(nt_posterior_lowest_eigenvalue(p, &lowest));
  NT_TEST(lowest > all[0] - 1e-12 && lowest < all[0] + 0.1);
  nt_posterior_destroy(&p);
}

static void lowest(nt_grid *grid)
{
  lowest_of(grid, kernel, 0);
  lowest_of(grid, kernel, 1e-3);
  lowest_of(grid, indefinite, 0);
  lowest_of(grid, flat, 0);
  lowest_of(grid, flat, 1e-9);
}

static void test_lowest(void) { nt_test_on_all_grids(lowest); }

static int power;

static double scaled(int64_t i, int64_t j) { return scalbn(kernel(i, j), power); }

/* A power of two changes no digit, also where squares leave the range of numbers. */
static void lowest_far(nt_grid *grid)
{
  static const int powers[] = {0, 560, -560};
  double got[3], rate[3];
  for (int s = 0; s < 3; s++) {
    nt_dmatrix *k = NULL;
    nt_posterior *p = NULL;
    power = powers[s];
    NT_TEST_OK(nt_dmatrix_create(grid, 37, 37, 4, 4, &k));
    fill(k, scaled, NT_FULL);
    NT_TEST_OK(nt_max_learning_rate(k, 0, 0, 0, &rate[s]));
    NT_TEST_OK(nt_posterior_take(&k, NT_FULL, "ntk", &p));
    NT_TEST_OK(nt_posterior_lowest_eigenvalue(p, &got[s]));
    NT_TEST_CLOSE(scalbn(got[s], -power), got[0], 1e-12);
    NT_TEST_CLOSE(scalbn(rate[s], power), rate[0], 1e-12);
    nt_posterior_destroy(&p);
  }
}

static void test_lowest_far(void) { nt_test_on_all_grids(lowest_far); }

/* One rank has a NaN: all get the same error, and nothing is left behind. */
static void one_guilty_rank(nt_grid *grid)
{
  nt_dmatrix *k = NULL;
  nt_posterior *p = NULL;
  nt_error *err = nt_ctx_error(nt_test_world());
  NT_TEST_OK(nt_dmatrix_create(grid, 20, 20, 3, 3, &k));
  fill(k, kernel, NT_FULL);
  double *entry = nt_predict_entry(k, 19, 7);
  if (entry) *entry = NAN;
  nt_status status = nt_posterior_create(k, NT_FULL, "nngp", &p);
  NT_TEST_CONTAINS(err->message, "train-train kernel nngp: entry (19, 7) is nan");
  NT_TEST_FAILS(status, NT_ERR_NUMERIC);
  NT_TEST(p == NULL && k != NULL);
  double alpha[20], mean[20];
  for (int i = 0; i < 20; i++)
    alpha[i] = i;
  status = nt_posterior_mean(k, alpha, 1, mean);
  NT_TEST_CONTAINS(err->message, "test-train kernel: entry (19, 7) is nan");
  NT_TEST_FAILS(status, NT_ERR_NUMERIC);
  NT_TEST_OK(nt_posterior_create(k, NT_UPPER, "nngp", &p)); /* what is not read may be anything */
  nt_posterior_destroy(&p);
  NT_TEST_FAILS(nt_posterior_take(&k, NT_FULL, "nngp", &p), NT_ERR_NUMERIC);
  NT_TEST(k == NULL);
}

static void test_one_guilty_rank(void) { nt_test_on_all_grids(one_guilty_rank); }

static void test_not_square(void)
{
  nt_grid *grid = NULL;
  nt_dmatrix *k = NULL;
  nt_posterior *p = NULL;
  NT_TEST_OK(nt_grid_create(nt_test_world(), 0, 0, &grid));
  NT_TEST_OK(nt_dmatrix_create(grid, 5, 6, 2, 2, &k));
  NT_TEST_FAILS(nt_posterior_take(&k, NT_FULL, "nngp", &p), NT_ERR_ARG);
  NT_TEST(k == NULL);
  NT_TEST_OK(nt_dmatrix_create(grid, 0, 0, 2, 2, &k));
  NT_TEST_FAILS(nt_posterior_create(k, NT_FULL, "nngp", &p), NT_ERR_ARG);
  nt_dmatrix_destroy(&k);
  nt_grid_destroy(&grid);
}

/* In blocks of nt_solver_block a kernel is worked on where it is, in other blocks it is not. */
static void block(nt_grid *grid)
{
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    const int64_t n = cases[c].n, best = nt_solver_block(grid, n);
    NT_TEST(best >= 1 && best <= n);
    for (int other = 0; other < 2; other++) {
      nt_dmatrix *k = NULL;
      nt_posterior *p = NULL;
      NT_TEST_OK(nt_dmatrix_create(grid, n, n, best + other, best + other, &k));
      fill(k, kernel, NT_FULL);
      const nt_dmatrix *const before = k;
      NT_TEST_OK(nt_posterior_take(&k, NT_FULL, "nngp", &p));
      NT_TEST_MSG((p->m == before) == !other, "n %d", (int)n);
      nt_posterior_destroy(&p);
    }
  }
}

static void test_block(void) { nt_test_on_all_grids(block); }

/* A caller's array with gaps between its columns is worked on in place, and stays his. */
static void attached(nt_grid *grid)
{
  enum { N = 140, NB = 64 };
  nt_dmatrix *k = NULL;
  nt_posterior *p = NULL;
  int64_t rows = nt_numroc(N, NB, nt_grid_p(grid), nt_grid_P(grid));
  int64_t cols = nt_numroc(N, NB, nt_grid_q(grid), nt_grid_Q(grid));
  double *a = malloc((size_t)((rows + 5) * (cols + 1)) * sizeof *a);
  NT_TEST(a != NULL);
  NT_TEST_OK(nt_dmatrix_attach(grid, N, N, NB, NB, a, rows + 5, &k));
  fill(k, kernel, NT_LOWER);
  NT_TEST_OK(nt_posterior_take(&k, NT_LOWER, "nngp", &p));
  factor_and_compare(p, N, grid, 1e-2, false);
  factor_and_compare(p, N, grid, 1e-1, false);
  nt_posterior_destroy(&p);
  free(a);
}

static void test_attached(void) { nt_test_on_all_grids(attached); }

static const CU_TestInfo tests[] = {
    {"alpha and mean equal LAPACK on all grids", test_equals_lapack},
    {"a second regularisation equals a fresh start", test_refactorise},
    {"not positive definite names pivot and twin", test_not_definite},
    {"a repeated sample is always found", test_all_twins},
    {"a kernel of low rank fails at the same pivot on all grids", test_rank_three},
    {"the lowest eigenvalue is bounded from above", test_lowest},
    {"extreme eigenvalues of kernels of any size", test_lowest_far},
    {"a NaN on one rank is an error on all", test_one_guilty_rank},
    {"kernels that are not square are refused", test_not_square},
    {"a caller's array is worked on in place", test_attached},
    {"blocks for the solver need no copy", test_block},
    CU_TEST_INFO_NULL};

NT_TEST_MAIN("predict.posterior", tests)
