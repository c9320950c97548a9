/** Leave-one-out, folds and evidence against models that were trained without the samples in
 * question, by LAPACK on one rank. */
#include "nt/selection.h"
#include "nt_test.h"
#include "predict/predict_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void dposv_(const char *uplo, const int *n, const int *nrhs, double *a, const int *lda, double *b,
            const int *ldb, int *info);

enum { C = 2, LARGEST = 101 };

static const struct {
  int64_t n, nb;
} cases[] = {{1, 3}, {2, 1}, {3, 64}, {50, 7}, {LARGEST, 16}};

static double kernel(int64_t i, int64_t j)
{
  const double v = exp(-fabs(nt_test_uniform(1, i, 0) - nt_test_uniform(1, j, 0)) * 3);
  return i == j ? v + 0.1 + (double)(i % 5) / 3 : v;
}

static double other(int64_t i, int64_t j)
{
  const double v = exp(-fabs(nt_test_uniform(1, i, 0) - nt_test_uniform(1, j, 0)));
  return i == j ? v + 0.2 + (double)(i % 3) / 4 : v;
}

static double target(int64_t i, int64_t k) { return nt_test_uniform(2, i, k); }

/* Predict sample `i` by the `n` samples in `by`: mean [C], and the variances of both kinds. */
static void brute_force(const int64_t *by, int64_t n, int64_t i, double lambda, double *mean,
                        double *variance, double *ensemble)
{
  static double a[LARGEST * LARGEST], w[LARGEST];
  int size = (int)n, one = 1, info = 0;
  for (int64_t r = 0; r < n; r++) {
    for (int64_t s = 0; s < n; s++)
      a[r * n + s] = kernel(by[r], by[s]) + (r == s ? lambda : 0);
    w[r] = kernel(i, by[r]);
  }
  if (n > 0) dposv_("L", &size, &one, a, &size, w, &size, &info);
  memset(mean, 0, C * sizeof *mean);
  *variance = kernel(i, i);
  *ensemble = other(i, i);
  for (int64_t r = 0; r < n; r++) {
    for (int k = 0; k < C; k++)
      mean[k] += w[r] * target(by[r], k);
    *variance -= w[r] * kernel(by[r], i);
    *ensemble -= 2 * w[r] * other(by[r], i);
    for (int64_t s = 0; s < n; s++)
      *ensemble += w[r] * w[s] * other(by[r], by[s]);
  }
}

static void fill(nt_dmatrix *m, double (*value)(int64_t i, int64_t j))
{
  for (int64_t lj = 0; lj < m->cols; lj++) {
    for (int64_t li = 0; li < m->rows; li++)
      m->a[li + lj * m->ld] = value(nt_dmatrix_row(m, li), nt_dmatrix_column(m, lj));
  }
}

static nt_posterior *posterior(nt_grid *grid, int64_t n, int64_t nb,
                               double (*value)(int64_t i, int64_t j))
{
  nt_dmatrix *k = NULL;
  nt_posterior *p = NULL;
  NT_TEST_OK(nt_dmatrix_create(grid, n, n, nb, nb, &k));
  fill(k, value);
  NT_TEST_OK(nt_posterior_take(&k, NT_FULL, "ntk", &p));
  return p;
}

static void make_targets(int64_t n, double *y)
{
  for (int64_t i = 0; i < n * C; i++)
    y[i] = target(i / C, i % C);
}

static void compare_leave_one_out(nt_grid *grid, int64_t n, int64_t nb, double lambda)
{
  static double y[LARGEST * C], alpha[LARGEST * C], want[LARGEST * C];
  double inverse[LARGEST], variance[LARGEST], ensemble[LARGEST], want_v[LARGEST], want_e[LARGEST];
  nt_posterior *p = posterior(grid, n, nb, kernel), *q = posterior(grid, n, nb, other);
  make_targets(n, y);
  NT_TEST_FAILS(nt_posterior_inverse_diagonal(p, inverse), NT_ERR_ARG);
  NT_TEST_OK(nt_posterior_factor(p, lambda, true));
  NT_TEST_OK(nt_posterior_factor(q, 0.5, false)); /* its own factor is in the way of nothing */
  NT_TEST_OK(nt_posterior_solve(p, y, C, alpha));
  NT_TEST_OK(nt_posterior_inverse_diagonal(p, inverse));
  nt_leave_one_out_mean(y, alpha, inverse, n, C, alpha);
  nt_leave_one_out_variance(p, inverse, variance);
  NT_TEST_OK(nt_leave_one_out_ensemble(p, q, inverse, ensemble));
  for (int64_t i = 0; i < n; i++) {
    int64_t by[LARGEST], count = 0;
    for (int64_t j = 0; j < n; j++)
      if (j != i) by[count++] = j;
    brute_force(by, count, i, lambda, want + i * C, &want_v[i], &want_e[i]);
  }
  NT_TEST_MSG(nt_test_max_error(n * C, alpha, want) < 1e-11, "mean, n=%ld", (long)n);
  NT_TEST_MSG(nt_test_max_error(n, variance, want_v) < 1e-11, "variance, n=%ld", (long)n);
  NT_TEST_MSG(nt_test_max_error(n, ensemble, want_e) < 1e-11, "ensemble, n=%ld", (long)n);
  nt_posterior_destroy(&p);
  nt_posterior_destroy(&q);
}

static void leave_one_out(nt_grid *grid)
{
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    compare_leave_one_out(grid, cases[i].n, cases[i].nb, 0);
    compare_leave_one_out(grid, cases[i].n, cases[i].nb, 0.03);
  }
}

static void test_leave_one_out(void) { nt_test_on_all_grids(leave_one_out); }

/* Evidence: log N(y; 0, K') of both outputs, from the determinants of leading minors. */

static double log_evidence(int64_t n, double lambda)
{
  int64_t by[LARGEST];
  double mean[C], variance, ensemble, sum = 0;
  for (int64_t i = 0; i < n; i++) {
    /* p(y) = prod p(y_i | y_0 ... y_i-1) */
    brute_force(by, i, i, lambda, mean, &variance, &ensemble);
    by[i] = i;
    const double s = variance + lambda;
    for (int k = 0; k < C; k++) {
      const double e = target(i, k) - mean[k];
      sum -= 0.5 * (log(2 * acos(-1.0) * s) + e * e / s);
    }
  }
  return sum;
}

static void evidence(nt_grid *grid)
{
  static double y[LARGEST * C], alpha[LARGEST * C];
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const int64_t n = cases[i].n;
    double value = 0;
    nt_posterior *p = posterior(grid, n, cases[i].nb, kernel);
    make_targets(n, y);
    NT_TEST_OK(nt_posterior_factor(p, 0.2, true));
    NT_TEST_OK(nt_posterior_solve(p, y, C, alpha));
    NT_TEST_OK(nt_posterior_log_evidence(p, y, alpha, C, &value));
    NT_TEST_CLOSE(value, log_evidence(n, 0.2), 1e-12);
    nt_posterior_destroy(&p);
  }
}

static void test_evidence(void) { nt_test_on_all_grids(evidence); }

/* Many regularisations: an eigendecomposition gives what a factor each does. */

static void compare_path(nt_grid *grid, int64_t n, int64_t nb)
{
  static double y[LARGEST * C], alpha[LARGEST * C], want[LARGEST * C];
  double inverse[LARGEST], want_i[LARGEST], evidence;
  const double regs[] = {0, 1e-3, 2};
  nt_posterior *p = posterior(grid, n, nb, kernel);
  nt_reg_path *path = NULL;
  make_targets(n, y);
  NT_TEST_OK(nt_posterior_factor(p, 0.3, true)); /* its factor is in the way of nothing */
  NT_TEST_OK(nt_reg_path_create(p, y, C, &path));
  nt_reg_weights w = {.alpha = alpha, .inverse = inverse};
  for (int r = 0; r < 3; r++) {
    NT_TEST_OK(nt_reg_path_at(path, regs[r], r == 2, &w));
    NT_TEST_OK(nt_posterior_factor(p, regs[r], r == 2));
    NT_TEST_OK(nt_posterior_solve(p, y, C, want));
    NT_TEST_OK(nt_posterior_inverse_diagonal(p, want_i));
    NT_TEST_OK(nt_posterior_log_evidence(p, y, want, C, &evidence));
    NT_TEST_CLOSE(w.lambda, nt_posterior_info(p)->lambda, 1e-15);
    NT_TEST_CLOSE(w.log_evidence, evidence, 1e-12);
    NT_TEST_MSG(nt_test_max_error(n * C, alpha, want) < 1e-11, "weights, n=%ld", (long)n);
    NT_TEST_MSG(nt_test_max_error(n, inverse, want_i) < 1e-11, "inverse, n=%ld", (long)n);
  }
  NT_TEST_FAILS(nt_reg_path_at(path, -1, true, &w), NT_ERR_ARG);
  double trace = 0, sum = 0;
  for (int64_t i = 0; i < n; i++) {
    trace += kernel(i, i);
    sum += nt_reg_path_eigen(path)->values[i];
  }
  NT_TEST_CLOSE(sum, trace, 1e-12);
  nt_reg_path_destroy(&path);
  nt_posterior_destroy(&p);
}

static void reg_path(nt_grid *grid)
{
  double y[2 * C] = {0}, alpha[2 * C];
  nt_reg_weights w = {.alpha = alpha};
  nt_dmatrix *k = NULL;
  nt_posterior *p = NULL;
  nt_reg_path *path = NULL;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    compare_path(grid, cases[i].n, cases[i].nb);
  /* Two equal samples. */
  NT_TEST_OK(nt_dmatrix_create(grid, 2, 2, 1, 1, &k));
  for (int64_t i = 0; i < k->cols * k->ld; i++)
    k->a[i] = 3;
  NT_TEST_OK(nt_posterior_take(&k, NT_FULL, "ntk", &p));
  NT_TEST_OK(nt_reg_path_create(p, y, C, &path));
  NT_TEST_FAILS(nt_reg_path_at(path, 0, false, &w), NT_ERR_NUMERIC);
  NT_TEST_OK(nt_reg_path_at(path, 1e-3, false, &w));
  nt_reg_path_destroy(&path);
  nt_posterior_destroy(&p);
}

static void test_reg_path(void) { nt_test_on_all_grids(reg_path); }

static void compare_folds(nt_grid *grid, int64_t n, int64_t nb, const nt_folds *folds, double reg,
                          bool absolute)
{
  static double y[LARGEST * C], mean[LARGEST * C], want[LARGEST * C];
  double unused, trace;
  nt_posterior *p = posterior(grid, n, nb, kernel);
  make_targets(n, y);
  NT_TEST_OK(nt_posterior_cross_validate(p, reg, absolute, folds, y, C, mean));
  for (int64_t i = 0; i < n; i++) {
    int64_t by[LARGEST], count = 0;
    trace = 0;
    for (int64_t j = 0; j < n; j++) {
      if (folds->fold[j] == folds->fold[i]) continue;
      trace += kernel(j, j);
      by[count++] = j;
    }
    const double lambda = absolute ? reg : reg * trace / (double)count;
    brute_force(by, count, i, lambda, want + i * C, &unused, &unused);
  }
  NT_TEST_MSG(nt_test_max_error(n * C, mean, want) < 1e-11, "n=%ld", (long)n);
  nt_posterior_destroy(&p);
}

static nt_folds *folds_of(int64_t n, double (*number)(int64_t i))
{
  double y[LARGEST];
  nt_folds *folds = NULL;
  nt_error err = {0};
  for (int64_t i = 0; i < n; i++)
    y[i] = number(i);
  const nt_labels labels = {.y = y, .n = n, .k = 1, .is_vector = true, .is_integer = true};
  NT_TEST_OK_ERR(nt_folds_create(&err, &labels, n, &folds), &err);
  return folds;
}

static double scattered(int64_t i) { return (double)(i * 7 % 5) - 2; }
static double halves(int64_t i) { return i < 40 ? 1000 : 3; }
static double singles(int64_t i) { return (double)-i; }

static void all_folds(nt_grid *grid)
{
  double (*const numbers[])(int64_t) = {scattered, halves, singles};
  for (int i = 0; i < 3; i++) {
    nt_folds *folds = folds_of(50, numbers[i]);
    if (folds == NULL) return;
    compare_folds(grid, 50, 7, folds, 0.01, true);
    compare_folds(grid, 50, 9, folds, 0.02, false);
    nt_folds_destroy(&folds);
  }
}

static void test_folds(void) { nt_test_on_all_grids(all_folds); }

static void refused(nt_labels labels, int64_t n, const char *part)
{
  nt_folds *folds = NULL;
  nt_error err = {0};
  NT_TEST_FAILS_ERR(nt_folds_create(&err, &labels, n, &folds), NT_ERR_DATA, &err);
  NT_TEST_CONTAINS(err.message, part);
  NT_TEST(folds == NULL);
}

static void test_fold_numbers(void)
{
  double same[] = {4, 4, 4}, broken[] = {0, 1, 0.5};
  refused((nt_labels){.y = same, .n = 3, .k = 1}, 3, "all 3 samples are in fold 4");
  refused((nt_labels){.y = broken, .n = 3, .k = 1}, 3, "fold number of sample 2 is 0.5");
  refused((nt_labels){.y = broken, .n = 3, .k = 1}, 5, "for 5 training samples");
  nt_folds *folds = folds_of(50, halves);
  NT_TEST(folds->count == 2 && folds->number[0] == 3 && folds->number[1] == 1000);
  NT_TEST(folds->fold[0] == 1 && folds->fold[49] == 0);
  nt_folds_destroy(&folds);
}

/* Sizes of folds, and of each class in them, differ by at most one; another seed, other folds. */
static void test_stratified(void)
{
  enum { N = 97, CLASSES = 4, K = 5 };
  int64_t label[N], size[K] = {0}, part[K][CLASSES] = {{0}};
  nt_folds *folds = NULL, *again = NULL, *another = NULL;
  nt_error err = {0};
  for (int64_t i = 0; i < N; i++)
    label[i] = i * i % 7 % CLASSES;
  const nt_targets targets = {.n = N, .c = CLASSES, .label = label};
  NT_TEST_OK_ERR(nt_folds_draw(&err, &targets, K, 1, &folds), &err);
  NT_TEST_OK_ERR(nt_folds_draw(&err, &targets, K, 1, &again), &err);
  NT_TEST_OK_ERR(nt_folds_draw(&err, &targets, K, 2, &another), &err);
  for (int i = 0; i < N; i++) {
    size[folds->fold[i]]++;
    part[folds->fold[i]][label[i]]++;
  }
  for (int f = 1; f < K; f++) {
    NT_TEST(llabs(size[f] - size[0]) <= 1);
    for (int c = 0; c < CLASSES; c++)
      NT_TEST(llabs(part[f][c] - part[0][c]) <= 1);
  }
  NT_TEST(memcmp(folds->fold, again->fold, sizeof label) == 0);
  NT_TEST(memcmp(folds->fold, another->fold, sizeof label) != 0);
  nt_folds_destroy(&folds);
  nt_folds_destroy(&again);
  nt_folds_destroy(&another);
  NT_TEST_FAILS_ERR(nt_folds_draw(&err, &targets, 1, 0, &folds), NT_ERR_ARG, &err);
  err = (nt_error){0};
  NT_TEST_FAILS_ERR(nt_folds_draw(&err, &targets, N + 1, 0, &folds), NT_ERR_ARG, &err);
}

static const CU_TestInfo tests[] = {
    {"leave-one-out equals models without the sample", test_leave_one_out},
    {"evidence is the product of conditional densities", test_evidence},
    {"one eigendecomposition serves all regularisations", test_reg_path},
    {"folds equal models without the fold", test_folds},
    {"fold numbers are checked", test_fold_numbers},
    {"drawn folds are stratified", test_stratified},
    CU_TEST_INFO_NULL};

NT_TEST_MAIN("predict.selection", tests)
