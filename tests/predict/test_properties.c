/** Predictions that rise or fall as they must, at a prime size on all grids,
 * and test sets in blocks. */
#include "nt_test.h"
#include "predict/predict_impl.h"
#include "problem.h"

#include <math.h>
#include <stdlib.h>

void dsyev_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w,
            double *work, const int *lwork, int *info);

/* The training error falls with time, and with less regularisation at infinite time. */
static void monotone(nt_grid *grid)
{
  enum { T = 70 };
  static problem p;
  nt_predictor *predictor = NULL;
  double t[T], *train, *test, before = INFINITY;
  problem_create(grid, &p);
  for (int i = 0; i < T; i++)
    t[i] = pow(10, i / 8.0 - 2);
  const nt_times times = {T, t};
  const nt_descent d = {{true, 0, NULL}, {false, 0, NULL}, NULL};
  NT_TEST_OK(nt_predictor_create(&p.train, p.y, &p.shape, NULL, &predictor));
  NT_TEST_OK(nt_gradient_descent_mse(predictor, &times, &d, &train, &test));
  NT_TEST(test == NULL);
  for (int i = 0; i < T; i++) {
    double error = 0;
    for (int k = 0; k < N * C; k++)
      error += pow(train[i * N * C + k] - p.y[k], 2);
    NT_TEST(error <= before);
    before = error;
  }
  free(train);
  nt_predictor_destroy(&predictor);
  problem_free(&p);
}

static void test_monotone(void) { nt_test_on_all_grids(monotone); }

/* The training set predicted by itself: its error rises with the
 * regularisation, as its variance does. */
static void by_regularisation(nt_grid *grid)
{
  static problem p;
  nt_predictor *predictor = NULL;
  nt_prediction result;
  const nt_prediction_get get = {1, {NT_PREDICT_NNGP}};
  double before = 0, variances[N] = {0};
  problem_create(grid, &p);
  const nt_test_kernels itself = {.test_train = p.train, .test_test = p.train};
  NT_TEST_OK(nt_predictor_create(&p.train, p.y, &p.shape, NULL, &predictor));
  for (int i = -12; i <= 6; i++) {
    NT_TEST_OK(nt_predictor_set_reg(predictor, pow(10, i / 2.0), false));
    NT_TEST_OK(nt_gp_inference(predictor, &get, &itself, NT_SPREAD_VARIANCE, &result));
    double error = 0;
    bool rising = true;
    for (int k = 0; k < N * C; k++)
      error += pow(result.mean[k] - p.y[k], 2);
    for (int k = 0; k < N; k++) {
      rising &= result.variance[k] >= variances[k];
      variances[k] = result.variance[k];
    }
    NT_TEST(error > before && rising);
    before = error;
    nt_prediction_free(&result);
  }
  nt_predictor_destroy(&predictor);
  problem_free(&p);
}

static void test_by_regularisation(void) { nt_test_on_all_grids(by_regularisation); }

enum { BLOCK = 4 };

/* Test samples first ... first+count-1 alone. */
static void block_create(nt_grid *grid, int64_t first, int64_t count, nt_dmatrix *m[2],
                         nt_test_kernels *block)
{
  m[0] = problem_matrix(grid, count, N, 1000 + first, 0, problem_nngp);
  m[1] = problem_matrix(grid, count, N, 1000 + first, 0, problem_ntk);
  *block = (nt_test_kernels){.test_train = {m[0], m[1]}};
}

/* One block against the rows of the whole: the training set's outputs at time 0 count in both. */
static void compare_block(nt_predictor *predictor, problem *p, const nt_test_kernels *block,
                          int64_t first, int64_t count, const double *mse, const nt_prediction *all)
{
  const double t[2] = {3, INFINITY}, prior[M] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  const nt_times times = {2, t};
  const nt_prediction_get get = {1, {NT_PREDICT_NTK}};
  nt_test_kernels test = *block;
  nt_prediction result;
  double *train, *some;
  const nt_descent d = {{false, 0, p->f0}, {true, 0, p->g0 + first * C}, block->test_train.ntk};
  NT_TEST_OK(nt_gradient_descent_mse(predictor, &times, &d, &train, &some));
  NT_TEST(train == NULL);
  test.nngp_diagonal = prior;
  NT_TEST_OK(nt_gradient_descent_mse_ensemble(predictor, &times, &get, &test, NT_SPREAD_VARIANCE,
                                              &result));
  for (int i = 0; i < 2; i++) {
    const int64_t at = i * M + first, own = i * count;
    NT_TEST(nt_test_max_error(count * C, some + own * C, mse + at * C) < 1e-12);
    NT_TEST(nt_test_max_error(count * C, result.mean + own * C, all->mean + at * C) < 1e-12);
    NT_TEST(nt_test_max_error(count, result.variance + own, all->variance + at) < 1e-11);
  }
  free(some);
  nt_prediction_free(&result);
}

static void in_blocks(nt_grid *grid)
{
  static problem p;
  nt_predictor *predictor = NULL;
  nt_prediction all;
  double *train, *mse;
  const double t[2] = {3, INFINITY};
  const nt_times times = {2, t};
  const nt_prediction_get get = {1, {NT_PREDICT_NTK}};
  problem_create(grid, &p);
  const nt_descent d = {{true, 0, p.f0}, {true, 0, p.g0}, p.ntk[1]};
  NT_TEST_OK(nt_predictor_create(&p.train, p.y, &p.shape, NULL, &predictor));
  NT_TEST_OK(nt_predictor_set_reg(predictor, 1e-3, false));
  NT_TEST_OK(nt_gradient_descent_mse(predictor, &times, &d, &train, &mse));
  NT_TEST_OK(
      nt_gradient_descent_mse_ensemble(predictor, &times, &get, &p.test, NT_SPREAD_VARIANCE, &all));
  for (int64_t first = 0; first < M; first += BLOCK) {
    nt_test_kernels block;
    nt_dmatrix *m[2];
    const int64_t count = M - first < BLOCK ? M - first : BLOCK;
    block_create(grid, first, count, m, &block);
    compare_block(predictor, &p, &block, first, count, mse, &all);
    nt_dmatrix_destroy(&m[0]);
    nt_dmatrix_destroy(&m[1]);
  }
  free(train);
  free(mse);
  nt_prediction_free(&all);
  nt_predictor_destroy(&predictor);
  problem_free(&p);
}

static void test_in_blocks(void) { nt_test_on_all_grids(in_blocks); }

enum { TIMES = 10 };

/* 10^first ... 10^last, evenly in the exponent. */
static nt_times powers(double first, double last, double *t)
{
  for (int i = 0; i < TIMES; i++)
    t[i] = pow(10, first + (last - first) * i / (TIMES - 1));
  return (nt_times){TIMES, t};
}

static double lowest_eigenvalue(const nt_dmatrix *m)
{
  static double a[M * M], values[M], work[8 * M];
  int n = M, size = 8 * M, info = 0;
  NT_TEST_OK(nt_predict_gather(m, a));
  dsyev_("N", "L", &n, a, &n, values, work, &size, &info);
  NT_TEST(info == 0);
  return values[0];
}

/* Whatever the time, and at the solve. */
static void positive(nt_grid *grid)
{
  static problem p;
  double t[TIMES];
  const nt_times finite = powers(-3, 3, t), none = {0, NULL}, *const all[] = {&finite, &none};
  const nt_prediction_get get = {2, {NT_PREDICT_NTK, NT_PREDICT_NNGP}};
  nt_predictor *predictor = NULL;
  nt_prediction r[2];
  problem_create(grid, &p);
  NT_TEST_OK(nt_predictor_create(&p.train, p.y, &p.shape, NULL, &predictor));
  for (int a = 0; a < 2; a++) {
    NT_TEST_OK(nt_gradient_descent_mse_ensemble(predictor, all[a], &get, &p.test,
                                                NT_SPREAD_COVARIANCE, r));
    for (int k = 0; k < 2; k++) {
      for (int i = 0; i < r[k].n_times; i++) {
        const double lowest = lowest_eigenvalue(r[k].covariance[i]);
        NT_TEST_MSG(lowest > -1e-10, "time number %d: %g", i, lowest);
      }
      nt_prediction_free(&r[k]);
    }
  }
  nt_predictor_destroy(&predictor);
  problem_free(&p);
}

static void test_positive(void) { nt_test_on_all_grids(positive); }

/* With one kernel as NNGP and NTK both ensembles are the same, though other formulas lead there. */
static void one_kernel(nt_grid *grid)
{
  static problem p;
  static double x[M * M], y[M * M];
  double t[TIMES];
  const nt_times times = powers(-2, 8, t);
  const nt_prediction_get get = {2, {NT_PREDICT_NNGP, NT_PREDICT_NTK}};
  nt_predictor *predictor = NULL;
  nt_prediction r[2];
  problem_create(grid, &p);
  const nt_kernel_pair train = {p.nngp[0], p.nngp[0]};
  const nt_test_kernels test = {.test_train = {p.nngp[1], p.nngp[1]},
                                .test_test = {p.nngp[2], p.nngp[2]}};
  NT_TEST_OK(nt_predictor_create(&train, p.y, &p.shape, NULL, &predictor));
  NT_TEST_OK(
      nt_gradient_descent_mse_ensemble(predictor, &times, &get, &test, NT_SPREAD_COVARIANCE, r));
  NT_TEST(nt_test_max_error(TIMES * M * C, r[0].mean, r[1].mean) < 1e-13);
  for (int i = 0; i < TIMES; i++) {
    NT_TEST_OK(nt_predict_gather(r[0].covariance[i], x));
    NT_TEST_OK(nt_predict_gather(r[1].covariance[i], y));
    NT_TEST_MSG(nt_test_max_error(M * M, x, y) < 1e-9, "time %g: %g", t[i],
                nt_test_max_error(M * M, x, y));
  }
  nt_prediction_free(&r[0]);
  nt_prediction_free(&r[1]);
  nt_predictor_destroy(&predictor);
  problem_free(&p);
}

static void test_one_kernel(void) { nt_test_on_all_grids(one_kernel); }

static const CU_TestInfo tests[] = {
    {"the training error falls with time", test_monotone},
    {"training error and variance rise with the regularisation", test_by_regularisation},
    {"covariances have no negative eigenvalue at any time", test_positive},
    {"one kernel as both makes one ensemble", test_one_kernel},
    {"test samples may be given in blocks", test_in_blocks},
    CU_TEST_INFO_NULL};

NT_TEST_MAIN("predict.properties", tests)
