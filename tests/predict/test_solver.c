/** Refinement and conjugate gradients against LAPACK, on all grids, with awkward
 * sizes; and what goes wrong. */
#include "nt/solver.h"
#include "nt_test.h"
#include "predict/predict_impl.h"
#include "predict/symmetric_product.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void dposv_(const char *uplo, const int *n, const int *nrhs, double *a, const int *lda, double *b,
            const int *ldb, int *info);

enum { OUTPUTS = 3, LARGEST = 131 };

/* One sample, fewer than ranks, prime, ragged. */
static const struct {
  int64_t n, nb;
} cases[] = {{1, 3}, {2, 1}, {3, 64}, {37, 5}, {LARGEST, 16}, {96, 96}};

/* A smooth kernel: near samples are nearly alike, so its spectrum falls fast. */
static double smooth(int64_t i, int64_t j)
{
  const double d = nt_test_uniform(1, i, 0) - nt_test_uniform(1, j, 0);
  return 2 * exp(-d * d);
}

static double with_negative(int64_t i, int64_t j) { return i == j ? (i == 11 ? -1 : 1) : 0; }
static double indefinite(int64_t i, int64_t j)
{
  return i == j ? 1 : 0.9 * cos(1.0 * (double)(i - j));
}

static nt_posterior *posterior(nt_grid *grid, int64_t n, int64_t nb,
                               double (*value)(int64_t, int64_t))
{
  nt_dmatrix *k = NULL;
  nt_posterior *p = NULL;
  NT_TEST_OK(nt_dmatrix_create(grid, n, n, nb, nb, &k));
  for (int64_t lj = 0; lj < k->cols; lj++) {
    for (int64_t li = 0; li < k->rows; li++)
      k->a[li + lj * k->ld] = value(nt_dmatrix_row(k, li), nt_dmatrix_column(k, lj));
  }
  NT_TEST_OK(nt_posterior_take(&k, NT_FULL, "ntk", &p));
  return p;
}

/* Targets; the last column is zero. */
static void targets(int64_t n, double *y)
{
  for (int64_t i = 0; i < n * OUTPUTS; i++)
    y[i] = i % OUTPUTS == OUTPUTS - 1 ? 0 : nt_test_uniform(2, i, 0);
}

static void expected(int64_t size, double lambda, double *x)
{
  static double a[LARGEST * LARGEST], b[LARGEST * OUTPUTS], y[LARGEST * OUTPUTS];
  int n = (int)size, c = OUTPUTS, info;
  targets(n, y);
  for (int i = 0; i < n; i++) {
    for (int j = 0; j < n; j++)
      a[i * n + j] = smooth(i, j) + (i == j ? lambda : 0);
    for (int k = 0; k < c; k++)
      b[i + k * n] = y[i * c + k];
  }
  dposv_("L", &n, &c, a, &n, b, &n, &info);
  for (int i = 0; i < n * c; i++)
    x[i] = b[i / c + i % c * n];
}

/* The operator of a posterior is K, also when its lower triangle holds a factor. */
static void is_kernel(nt_grid *grid)
{
  static double x[LARGEST * OUTPUTS], y[LARGEST * OUTPUTS], want[LARGEST * OUTPUTS];
  for (size_t t = 0; t < sizeof cases / sizeof *cases; t++) {
    const int64_t n = cases[t].n;
    nt_posterior *p = posterior(grid, n, cases[t].nb, smooth);
    const nt_operator op = nt_posterior_operator(p);
    NT_TEST_OK(nt_posterior_factor(p, 0.1, false));
    targets(n, x);
    memset(want, 0, sizeof want);
    for (int64_t i = 0; i < n; i++) {
      for (int64_t j = 0; j < n * OUTPUTS; j++)
        want[i * OUTPUTS + j % OUTPUTS] += smooth(i, j / OUTPUTS) * x[j];
    }
    NT_TEST_OK(op.apply(op.self, x, OUTPUTS, y));
    NT_TEST_MSG(nt_test_max_error(n * OUTPUTS, y, want) < 1e-13, "n=%ld", (long)n);
    NT_TEST_OK(op.column(op.self, n / 2, y));
    for (int64_t i = 0; i < n; i++)
      want[i] = smooth(i, n / 2);
    NT_TEST(nt_test_max_error(n, y, want) < 1e-15);
    nt_posterior_destroy(&p);
  }
}

static void test_operator(void) { nt_test_on_all_grids(is_kernel); }

static void refines(nt_grid *grid)
{
  static double x[LARGEST * OUTPUTS], y[LARGEST * OUTPUTS], want[LARGEST * OUTPUTS];
  nt_iteration how = NT_ITERATION_DEFAULTS;
  how.tolerance = 1e-12;
  for (size_t t = 0; t < sizeof cases / sizeof *cases; t++) {
    const int64_t n = cases[t].n;
    nt_posterior *p = posterior(grid, n, cases[t].nb, smooth);
    nt_solution s;
    targets(n, y);
    for (double reg = 1e-2; reg > 1e-5; reg /= 100) {
      NT_TEST_OK(nt_posterior_refine(p, reg, false, y, OUTPUTS, &how, x, &s));
      NT_TEST_MSG(!s.fell_back && s.residual <= (reg > 1e-3 ? 1e-12 : 1e-10), "n=%ld reg=%g: %s",
                  (long)n, reg, s.why);
      NT_TEST(s.iterations > 0 && s.iterations < 40);
      expected(n, s.lambda, want);
      NT_TEST(nt_test_max_error(n * OUTPUTS, x, want) < 1e-8);
    }
    NT_TEST_OK(nt_posterior_factor(p, 0.5, false)); /* the kernel is whole */
    NT_TEST_OK(nt_posterior_solve(p, y, OUTPUTS, x));
    expected(n, nt_posterior_info(p)->lambda, want);
    NT_TEST(nt_test_max_error(n * OUTPUTS, x, want) < 1e-12);
    nt_posterior_destroy(&p);
  }
}

static void test_refine(void) { nt_test_on_all_grids(refines); }

/* Where float32 is too coarse, float64 does it, and says so; where that
 * cannot either, it is an error. */
static void falls_back(nt_grid *grid)
{
  static double x[LARGEST * OUTPUTS], y[LARGEST * OUTPUTS], want[LARGEST * OUTPUTS];
  nt_solution s;
  nt_iteration how = NT_ITERATION_DEFAULTS;
  how.most = 2;
  targets(LARGEST, y);
  nt_posterior *p = posterior(grid, LARGEST, 16, smooth);
  NT_TEST_OK(nt_posterior_refine(p, 1e-9, false, y, OUTPUTS, &how, x, &s));
  NT_TEST(s.fell_back);
  NT_TEST(s.why[0] != '\0');
  expected(LARGEST, s.lambda, want);
  NT_TEST_MSG(nt_test_max_error(LARGEST * OUTPUTS, x, want) < 1e-4 && s.residual < 1e-5, "%g",
              s.residual);
  nt_posterior_destroy(&p);
  p = posterior(grid, 37, 5, with_negative);
  NT_TEST_FAILS(nt_posterior_refine(p, 0.5, true, y, OUTPUTS, &how, x, &s), NT_ERR_NUMERIC);
  NT_TEST_FAILS(nt_posterior_refine(p, -1, true, y, OUTPUTS, &how, x, &s), NT_ERR_ARG);
  NT_TEST_OK(nt_posterior_refine(p, 2, true, y, OUTPUTS, &how, x, &s));
  nt_posterior_destroy(&p);
}

static void test_falls_back(void) { nt_test_on_all_grids(falls_back); }

static int64_t reports;
static double last_report;
static void count_report(void *arg, int64_t iteration, double residual)
{
  (void)arg;
  (void)iteration;
  reports++;
  last_report = residual;
}

static void conjugates(nt_grid *grid)
{
  static double x[LARGEST * OUTPUTS], y[LARGEST * OUTPUTS], want[LARGEST * OUTPUTS];
  nt_iteration how = NT_ITERATION_DEFAULTS;
  how.tolerance = 1e-11;
  how.report = count_report;
  for (size_t t = 0; t < sizeof cases / sizeof *cases; t++) {
    const int64_t n = cases[t].n;
    nt_posterior *p = posterior(grid, n, cases[t].nb, smooth);
    const nt_operator op = nt_posterior_operator(p);
    int64_t iterations[3];
    targets(n, y);
    for (int r = 0; r < 3; r++) {
      static const int64_t ranks[] = {0, 4, 1000};
      nt_pcg *pcg = NULL;
      nt_solution s;
      reports = 0;
      NT_TEST_OK(nt_pcg_create(&op, ranks[r], &pcg));
      NT_TEST(nt_pcg_rank(pcg) <= n);
      NT_TEST_OK(nt_pcg_solve(pcg, 1e-3, y, OUTPUTS, &how, x, &s));
      NT_TEST(s.residual <= 1e-11 && reports == s.iterations && last_report <= 1e-11);
      iterations[r] = s.iterations;
      expected(n, 1e-3, want);
      NT_TEST_MSG(nt_test_max_error(n * OUTPUTS, x, want) < 1e-7, "n=%ld", (long)n);
      NT_TEST_OK(nt_pcg_solve(pcg, 0.1, y, OUTPUTS, &how, x, &s)); /* another lambda */
      expected(n, 0.1, want);
      NT_TEST(nt_test_max_error(n * OUTPUTS, x, want) < 1e-9);
      nt_pcg_destroy(&pcg);
    }
    NT_TEST_MSG(n < 30 || (iterations[1] < iterations[0] && iterations[2] < 6),
                "n=%ld: %ld %ld %ld", (long)n, (long)iterations[0], (long)iterations[1],
                (long)iterations[2]);
    nt_posterior_destroy(&p);
  }
}

static void test_pcg(void) { nt_test_on_all_grids(conjugates); }

static int power;
static double powered(int64_t i, int64_t j) { return scalbn(smooth(i, j), power); }

/* Times 2^power with the first output times 2^power, the others as they are. */
static void check_powered(double *x, const double *want, const char *solver)
{
  for (int64_t i = 1; i < LARGEST * OUTPUTS; i += OUTPUTS)
    x[i] = scalbn(x[i], power);
  NT_TEST_MSG(nt_test_max_error(LARGEST * OUTPUTS, x, want) < 1e-6, "%s 2^%d", solver, power);
}

/* Of kernels and targets that leave the range of float32, or whose squares leave that of float64:
 * the same solution. */
static void is_out_of_range(nt_grid *grid)
{
  static const int powers[] = {134, -134, 566, -566,
                               980, -900, 0}; /* even: their roots are exact */
  static double x[LARGEST * OUTPUTS], y[LARGEST * OUTPUTS], want[LARGEST * OUTPUTS];
  nt_iteration how = NT_ITERATION_DEFAULTS;
  expected(LARGEST, 1e-3, want);
  for (int e = 0; powers[e] != 0; e++) {
    nt_pcg *pcg = NULL;
    nt_solution s;
    power = powers[e];
    nt_posterior *p = posterior(grid, LARGEST, 16, powered);
    const nt_operator op = nt_posterior_operator(p);
    targets(LARGEST, y);
    for (int64_t i = 0; i < LARGEST * OUTPUTS; i += OUTPUTS)
      y[i] = scalbn(y[i], power);
    NT_TEST_OK(nt_pcg_create(&op, 4, &pcg));
    NT_TEST_OK(nt_pcg_solve(pcg, scalbn(1e-3, power), y, OUTPUTS, &how, x, &s));
    check_powered(x, want, "pcg");
    NT_TEST_OK(nt_posterior_refine(p, scalbn(1e-3, power), true, y, OUTPUTS, &how, x, &s));
    NT_TEST_MSG(!s.fell_back, "%s", s.why);
    check_powered(x, want, "refine");
    how.most = 0;
    NT_TEST_OK(nt_posterior_refine(p, scalbn(1e-3, power), true, y, OUTPUTS, &how, x, &s));
    NT_TEST_MSG(s.fell_back && s.residual > 0 && s.residual < 1e-10, "%g", s.residual);
    check_powered(x, want, "cholesky");
    how.most = 3;
    NT_TEST_FAILS(nt_pcg_solve(pcg, 0, y, OUTPUTS, &how, x, &s), NT_ERR_NUMERIC);
    how.most = 1000;
    nt_pcg_destroy(&pcg);
    nt_posterior_destroy(&p);
  }
}

static void test_range(void) { nt_test_on_all_grids(is_out_of_range); }

static double nothing(int64_t i, int64_t j)
{
  (void)i;
  (void)j;
  return 0;
}

/* No regularisation that is relative helps a kernel that is zero. */
static void is_zero(nt_grid *grid)
{
  static double x[LARGEST * OUTPUTS], y[LARGEST * OUTPUTS];
  const nt_iteration how = NT_ITERATION_DEFAULTS;
  nt_error *err = nt_ctx_error(nt_test_world());
  nt_pcg *pcg = NULL;
  nt_posterior *p = posterior(grid, 37, 5, nothing);
  const nt_operator op = nt_posterior_operator(p);
  targets(37, y);
  NT_TEST_OK(nt_pcg_create(&op, 4, &pcg));
  nt_status status = nt_pcg_solve(pcg, 0, y, OUTPUTS, &how, x, NULL);
  NT_TEST_CONTAINS(err->message, "it is zero on the training samples");
  NT_TEST_FAILS(status, NT_ERR_NUMERIC);
  status = nt_posterior_factor(p, 1, false);
  NT_TEST_CONTAINS(err->message, "tried 1 relative, 0 absolute");
  NT_TEST_CONTAINS(err->message, "or use --reg-abs");
  NT_TEST_FAILS(status, NT_ERR_NUMERIC);
  NT_TEST_OK(nt_pcg_solve(pcg, 2, y, OUTPUTS, &how, x, NULL));
  NT_TEST(fabs(x[0] - y[0] / 2) < 1e-15);
  nt_pcg_destroy(&pcg);
  nt_posterior_destroy(&p);
}

static void test_zero(void) { nt_test_on_all_grids(is_zero); }

static void misses(nt_grid *grid)
{
  static double x[LARGEST * OUTPUTS], y[LARGEST * OUTPUTS];
  nt_error *err = nt_ctx_error(nt_test_world());
  nt_iteration how = NT_ITERATION_DEFAULTS;
  nt_pcg *pcg = NULL;
  nt_solution s;
  targets(LARGEST, y);
  nt_posterior *p = posterior(grid, LARGEST, 16, smooth);
  nt_operator op = nt_posterior_operator(p);
  NT_TEST_OK(nt_pcg_create(&op, 0, &pcg));
  how.most = 3;
  nt_status status = nt_pcg_solve(pcg, 1e-6, y, OUTPUTS, &how, x, &s);
  NT_TEST_CONTAINS(err->message, "after 3 iterations, above the tolerance 1e-10");
  NT_TEST_FAILS(status, NT_ERR_NUMERIC);
  NT_TEST(s.iterations == 3 && s.residual > 1e-10);
  how = (nt_iteration){.tolerance = 1e-30, .most = 1000};
  status = nt_pcg_solve(pcg, 0.1, y, OUTPUTS, &how, x, &s);
  NT_TEST_CONTAINS(err->message, "rounding lets it fall no further");
  NT_TEST_FAILS(status, NT_ERR_NUMERIC);
  NT_TEST(s.residual < 1e-13);
  NT_TEST_FAILS(nt_pcg_solve(pcg, -1, y, OUTPUTS, &how, x, &s), NT_ERR_ARG);
  NT_TEST_FAILS(nt_pcg_solve(pcg, 1, y, 0, &how, x, &s), NT_ERR_ARG);
  nt_pcg_destroy(&pcg);
  NT_TEST_FAILS(nt_pcg_create(&op, -1, &pcg), NT_ERR_ARG);
  nt_posterior_destroy(&p);
  p = posterior(grid, 37, 5, with_negative);
  op = nt_posterior_operator(p);
  NT_TEST_FAILS(nt_pcg_create(&op, 3, &pcg), NT_ERR_NUMERIC);
  nt_posterior_destroy(&p);
  p = posterior(grid, 37, 5, indefinite);
  op = nt_posterior_operator(p);
  NT_TEST_OK(nt_pcg_create(&op, 0, &pcg));
  y[1] = NAN;
  NT_TEST_FAILS(nt_pcg_solve(pcg, 1, y, OUTPUTS, &how, x, &s), NT_ERR_NUMERIC);
  nt_pcg_destroy(&pcg);
  nt_posterior_destroy(&p);
}

static void test_misses(void) { nt_test_on_all_grids(misses); }

/* The same bits on every rank, and when asked again. */
static void reproducible(nt_grid *grid)
{
  static double y[LARGEST * OUTPUTS], x[2][LARGEST * OUTPUTS];
  const nt_iteration how = NT_ITERATION_DEFAULTS;
  nt_ctx *ctx = nt_test_world();
  targets(LARGEST, y);
  for (int r = 0; r < 2; r++) {
    nt_pcg *pcg = NULL;
    nt_posterior *p = posterior(grid, LARGEST, 16, smooth);
    const nt_operator op = nt_posterior_operator(p);
    NT_TEST_OK(nt_pcg_create(&op, 5, &pcg));
    NT_TEST_OK(nt_pcg_solve(pcg, 1e-3, y, OUTPUTS, &how, x[r], NULL));
    nt_pcg_destroy(&pcg);
    nt_posterior_destroy(&p);
  }
  NT_TEST(memcmp(x[0], x[1], sizeof x[0]) == 0);
  NT_TEST(MPI_Bcast(x[0], LARGEST * OUTPUTS, MPI_DOUBLE, 0, nt_ctx_comm(ctx)) == MPI_SUCCESS);
  NT_TEST(memcmp(x[0], x[1], sizeof x[0]) == 0);
}

static void test_reproducible(void) { nt_test_on_all_grids(reproducible); }

/* Of a diagonal kernel, the entries that the columns weigh; and no number from zeros. */
static void test_lowest(void)
{
  const double k[] = {3, -0.5, 7}, lambda = 2;
  double y[6], x[6] = {1, 0, 1, 4, 0, 0};
  for (int i = 0; i < 6; i++)
    y[i] = (k[i / 2] + lambda) * x[i];
  NT_TEST_CLOSE(nt_solution_lowest_eigenvalue(y, x, 3, 1, lambda), 1.25, 1e-14);
  NT_TEST_CLOSE(nt_solution_lowest_eigenvalue(y, x, 3, 2, lambda), -0.5, 1e-14);
  for (int i = 0; i < 6; i++)
    x[i] *= 1e-180; /* as of a kernel that is so much larger */
  NT_TEST_CLOSE(nt_solution_lowest_eigenvalue(y, x, 3, 1, lambda), 3.25e180, 1e-14);
  memset(x, 0, sizeof x);
  NT_TEST(isinf(nt_solution_lowest_eigenvalue(y, x, 3, 2, lambda)));
}

static const CU_TestInfo tests[] = {{"the operator of a posterior is its kernel", test_operator},
                                    {"refinement reaches 1e-12", test_refine},
                                    {"refinement falls back to float64", test_falls_back},
                                    {"conjugate gradients equal LAPACK", test_pcg},
                                    {"so where squares leave the range of numbers", test_range},
                                    {"a kernel that is zero is told so", test_zero},
                                    {"a missed tolerance is an error", test_misses},
                                    {"a solution bounds the lowest eigenvalue", test_lowest},
                                    {"the same bits again, and on every rank", test_reproducible},
                                    CU_TEST_INFO_NULL};

NT_TEST_MAIN("predict.solver", tests)
