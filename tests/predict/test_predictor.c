/** Predictors: properties at prime sizes on all grids, values of small
 * examples, and what goes wrong. */
#include "nt/predict.h"
#include "nt/predictor.h"
#include "nt_test.h"
#include "predict/predict_impl.h"
#include "problem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Largest difference of two matrices of one layout, over the largest entry
 * of the second. Collective. */
static double matrix_error(const nt_dmatrix *a, const nt_dmatrix *b)
{
  double worst[2] = {0, 0};
  nt_dmatrix *copy = NULL;
  NT_TEST_OK(nt_predict_copy(b, a->grid, a->mb, a->nb, &copy));
  for (int64_t lj = 0; lj < a->cols; lj++) {
    for (int64_t li = 0; li < a->rows; li++) {
      const double v = copy->a[li + lj * copy->ld];
      worst[0] = fmax(worst[0], fabs(a->a[li + lj * a->ld] - v));
      worst[1] = fmax(worst[1], fabs(v));
    }
  }
  nt_dmatrix_destroy(&copy);
  MPI_Comm comm = nt_ctx_comm(nt_grid_ctx(a->grid));
  NT_TEST(MPI_Allreduce(MPI_IN_PLACE, worst, 2, MPI_DOUBLE, MPI_MAX, comm) == MPI_SUCCESS);
  return worst[1] > 0 ? worst[0] / worst[1] : worst[0];
}

/* t = 0: what was given; t = inf: the direct solve, and y on the training set. */
static void mse_ends(nt_grid *grid)
{
  static problem p;
  nt_predictor *predictor = NULL;
  double *train, *test, *solved_train, *solved;
  const double ends[2] = {INFINITY, 0};
  const nt_times times = {2, ends}, none = {0, NULL};
  nt_predict_options o = NT_PREDICT_DEFAULTS;
  o.diag_reg = 1e-4;
  problem_create(grid, &p);
  const nt_descent d = {{true, 0, p.f0}, {true, 0, p.g0}, p.ntk[1]};
  NT_TEST_OK(nt_predictor_create(&p.train, p.y, &p.shape, &o, &predictor));
  NT_TEST_OK(nt_gradient_descent_mse(predictor, &times, &d, &train, &test));
  NT_TEST_OK(nt_gradient_descent_mse(predictor, &none, &d, &solved_train, &solved));
  NT_TEST(nt_test_max_error(N * C, train, p.y) < 1e-9);
  NT_TEST(memcmp(solved_train, p.y, sizeof p.y) == 0);
  NT_TEST(nt_test_max_error(M * C, test, solved) < 1e-9);
  NT_TEST(nt_test_max_error(N * C, train + N * C, p.f0) < 1e-14);
  NT_TEST(nt_test_max_error(M * C, test + M * C, p.g0) < 1e-14);
  NT_TEST(nt_predictor_spectrum(predictor, NT_PREDICT_NTK).negative == 0);
  free(train);
  free(test);
  free(solved_train);
  free(solved);
  nt_predictor_destroy(&predictor);
  problem_free(&p);
}

static void test_mse_ends(void) { nt_test_on_all_grids(mse_ends); }

static void compare_spreads(const nt_prediction *whole, const nt_prediction *diagonal)
{
  for (int t = 0; t < whole->n_times; t++) {
    double variance[N];
    NT_TEST_OK(nt_dmatrix_check_symmetric(whole->covariance[t], 0));
    NT_TEST_OK(nt_predict_diagonal(whole->covariance[t], variance));
    for (int64_t i = 0; i < whole->rows; i++) {
      NT_TEST(variance[i] >= 0 && diagonal->variance[t * whole->rows + i] >= 0);
      NT_TEST_CLOSE(variance[i], diagonal->variance[t * whole->rows + i], 1e-10);
    }
  }
}

static void ensemble_run(nt_predictor *predictor, const problem *p, bool on_test)
{
  const double t[] = {0, 0.5, 20, 1e4, INFINITY};
  const nt_times times = {5, t}, none = {0, NULL};
  const nt_prediction_get get = {2, {NT_PREDICT_NTK, NT_PREDICT_NNGP}};
  const nt_test_kernels *test = on_test ? &p->test : NULL;
  nt_prediction whole[2], diagonal[2], solved[2];
  NT_TEST_OK(
      nt_gradient_descent_mse_ensemble(predictor, &times, &get, test, NT_SPREAD_COVARIANCE, whole));
  NT_TEST_OK(nt_gradient_descent_mse_ensemble(predictor, &times, &get, test, NT_SPREAD_VARIANCE,
                                              diagonal));
  NT_TEST_OK(
      nt_gradient_descent_mse_ensemble(predictor, &none, &get, test, NT_SPREAD_COVARIANCE, solved));
  for (int k = 0; k < 2; k++) {
    const nt_prediction *w = &whole[k];
    const int64_t size = w->rows * C;
    for (int64_t i = 0; i < size; i++)
      NT_TEST(w->mean[i] == 0);
    NT_TEST(matrix_error(w->covariance[0], p->nngp[on_test ? 2 : 0]) < 1e-12);
    NT_TEST(nt_test_max_error(size, w->mean + 4 * size, solved[k].mean) < 1e-9);
    const double far = matrix_error(w->covariance[4], solved[k].covariance[0]);
    NT_TEST_MSG(far < 1e-9, "%g", far);
    compare_spreads(w, &diagonal[k]);
    nt_prediction_free(&whole[k]);
    nt_prediction_free(&diagonal[k]);
    nt_prediction_free(&solved[k]);
  }
}

static void ensemble_ends(nt_grid *grid)
{
  static problem p;
  nt_predictor *predictor = NULL;
  problem_create(grid, &p);
  NT_TEST_OK(nt_predictor_create(&p.train, p.y, &p.shape, NULL, &predictor));
  ensemble_run(predictor, &p, true);
  ensemble_run(predictor, &p, false);
  nt_predictor_destroy(&predictor);
  problem_free(&p);
}

static void test_ensemble_ends(void) { nt_test_on_all_grids(ensemble_ends); }

/* With one matrix as both kernels all three posteriors agree, and a new
 * regularisation is a fresh start. */
static void bare(nt_grid *grid)
{
  static problem p;
  nt_predictor *predictor = NULL, *fresh = NULL;
  const double t[] = {3};
  const nt_times times = {1, t};
  const nt_prediction_get all = {3, {NT_PREDICT_NTKGP, NT_PREDICT_NNGP, NT_PREDICT_NTK}},
                          one = {1, {NT_PREDICT_NNGP}};
  nt_prediction r[3], again, want;
  problem_create(grid, &p);
  const nt_kernel_pair train = {p.nngp[0], p.nngp[0]};
  const nt_test_kernels test = {.test_train = {p.nngp[1], p.nngp[1]},
                                .test_test = {p.nngp[2], p.nngp[2]}};
  nt_predict_options o = NT_PREDICT_DEFAULTS;
  NT_TEST_OK(nt_predictor_create(&train, p.y, &p.shape, &o, &predictor));
  NT_TEST_OK(nt_gp_inference(predictor, &all, &test, NT_SPREAD_COVARIANCE, r));
  for (int i = 1; i < 3; i++) {
    NT_TEST(nt_test_max_error(M * C, r[i].mean, r[0].mean) < 1e-14);
    NT_TEST(matrix_error(r[i].covariance[0], r[0].covariance[0]) < 1e-9);
  }
  for (int i = 0; i < 3; i++)
    nt_prediction_free(&r[i]);
  NT_TEST_OK(
      nt_gradient_descent_mse_ensemble(predictor, &times, &one, &test, NT_SPREAD_NONE, &again));
  nt_prediction_free(&again);
  NT_TEST_OK(nt_predictor_set_reg(predictor, 0.25, true));
  NT_TEST_OK(
      nt_gradient_descent_mse_ensemble(predictor, &times, &one, &test, NT_SPREAD_NONE, &again));
  o.diag_reg = 0.25;
  o.diag_reg_absolute_scale = true;
  NT_TEST_OK(nt_predictor_create(&train, p.y, &p.shape, &o, &fresh));
  NT_TEST_OK(nt_gradient_descent_mse_ensemble(fresh, &times, &one, &test, NT_SPREAD_NONE, &want));
  NT_TEST(nt_test_max_error(M * C, again.mean, want.mean) < 1e-14);
  NT_TEST_CLOSE(nt_predictor_spectrum(fresh, NT_PREDICT_NNGP).lambda, 0.25, 1e-15);
  nt_prediction_free(&again);
  nt_prediction_free(&want);
  nt_predictor_destroy(&predictor);
  nt_predictor_destroy(&fresh);
  problem_free(&p);
}

static void test_bare(void) { nt_test_on_all_grids(bare); }

/* The kernel that a factorised posterior lends serves as the kernel itself,
 * and the factor comes back. */
static void lent(nt_grid *grid)
{
  static problem p;
  nt_posterior *ntk = NULL, *nngp = NULL;
  double prior[M], want[M], got[M], alpha[N * C], again[N * C];
  problem_create(grid, &p);
  for (int i = 0; i < M; i++)
    prior[i] = 1;
  NT_TEST_OK(nt_posterior_create(p.ntk[0], NT_FULL, "ntk", &ntk));
  NT_TEST_OK(nt_posterior_create(p.nngp[0], NT_FULL, "nngp", &nngp));
  NT_TEST_OK(nt_posterior_factor(ntk, 1e-3, false));
  NT_TEST_OK(nt_posterior_factor(nngp, 1e-3, false));
  NT_TEST_OK(nt_posterior_solve(nngp, p.y, C, alpha));
  NT_TEST_OK(nt_posterior_ensemble_variance(ntk, p.nngp[0], p.ntk[1], p.nngp[1], prior, want));
  const nt_dmatrix *k = nt_posterior_lend(nngp);
  NT_TEST_OK(nt_posterior_ensemble_variance(ntk, k, p.ntk[1], p.nngp[1], prior, got));
  nt_posterior_take_back(nngp);
  NT_TEST(nt_test_max_error(M, got, want) < 1e-13);
  NT_TEST_OK(nt_posterior_solve(nngp, p.y, C, again));
  NT_TEST(memcmp(alpha, again, sizeof alpha) == 0);
  nt_posterior_destroy(&ntk);
  nt_posterior_destroy(&nngp);
  problem_free(&p);
}

static void test_lent(void) { nt_test_on_all_grids(lent); }

static double ones(int64_t i, int64_t j)
{
  (void)i, (void)j;
  return 1;
}

/* All samples alike: the mean target is learned, the rest never; nothing becomes NaN. */
static void singular(nt_grid *grid)
{
  static problem p;
  nt_predictor *predictor = NULL;
  nt_dmatrix *train = NULL, *test = NULL;
  double *f, *g, mean[C] = {0};
  const double t[] = {0, 1, 1e12, INFINITY};
  const nt_times times = {4, t}, none = {0, NULL};
  problem_create(grid, &p);
  train = problem_matrix(grid, N, N, 0, 0, ones);
  test = problem_matrix(grid, M, N, 1000, 0, ones);
  const nt_kernel_pair pair = {NULL, train};
  const nt_descent d = {{true, 0, NULL}, {true, 0, NULL}, test};
  NT_TEST_OK(nt_predictor_create(&pair, p.y, &p.shape, NULL, &predictor));
  NT_TEST_OK(nt_gradient_descent_mse(predictor, &times, &d, &f, &g));
  for (int i = 0; i < N * C; i++)
    mean[i % C] += p.y[i] / N;
  for (int i = 0; i < N * C; i++)
    NT_TEST_CLOSE(f[3 * N * C + i], mean[i % C], 1e-10);
  for (int i = 0; i < M * C; i++)
    NT_TEST_CLOSE(g[3 * M * C + i], mean[i % C], 1e-10);
  const nt_spectrum_info info = nt_predictor_spectrum(predictor, NT_PREDICT_NTK);
  NT_TEST(info.eigen != NULL && info.negative == 0 && info.vanishing == N - 1);
  NT_TEST(info.lowest < 1e-12);
  free(f);
  free(g);
  NT_TEST_FAILS(nt_gradient_descent_mse(predictor, &none, &d, &f, &g), NT_ERR_NUMERIC);
  nt_predictor_destroy(&predictor);
  nt_dmatrix_destroy(&train);
  nt_dmatrix_destroy(&test);
  problem_free(&p);
}

static void test_singular(void) { nt_test_on_all_grids(singular); }

/* Samples that come several times; test samples are others. */
static double repeated(int64_t i, int64_t j) { return problem_ntk(i < N ? i % 9 : i, j % 9); }

/* Nothing is learned where a kernel has no eigenvalues, however long the time. */
static void long_times(nt_grid *grid)
{
  static problem p;
  nt_predictor *predictor = NULL;
  nt_prediction r = {0};
  const double t[] = {1e10, 1e18, 1e30, INFINITY};
  const nt_times times = {4, t};
  const nt_prediction_get ntk = {1, {NT_PREDICT_NTK}};
  problem_create(grid, &p);
  nt_dmatrix *train = problem_matrix(grid, N, N, 0, 0, repeated);
  nt_dmatrix *test = problem_matrix(grid, M, N, 1000, 0, repeated);
  const nt_kernel_pair pair = {train, train};
  const nt_test_kernels kernels = {.test_train = {test, test}, .test_test = {p.ntk[2], p.ntk[2]}};
  NT_TEST_OK(nt_predictor_create(&pair, p.y, &p.shape, NULL, &predictor));
  NT_TEST_OK(
      nt_gradient_descent_mse_ensemble(predictor, &times, &ntk, &kernels, NT_SPREAD_VARIANCE, &r));
  for (int i = 0; i < 3; i++) {
    NT_TEST(nt_test_max_error(M * C, r.mean + i * M * C, r.mean + 3 * M * C) < 1e-9);
    NT_TEST(nt_test_max_error(M, r.variance + i * M, r.variance + 3 * M) < 1e-9);
  }
  nt_prediction_free(&r);
  nt_predictor_destroy(&predictor);
  nt_dmatrix_destroy(&train);
  nt_dmatrix_destroy(&test);
  problem_free(&p);
}

static void test_long_times(void) { nt_test_on_all_grids(long_times); }

/* A test-train kernel that is not of the same kernel may see what the training samples leave open:
 * such a prediction grows as time does. */
static void growing(nt_grid *grid)
{
  static problem p;
  nt_predictor *predictor = NULL;
  double *f, *g;
  const double t[] = {1e6, 2e6, 3e6};
  const nt_times times = {3, t};
  problem_create(grid, &p);
  nt_dmatrix *train = problem_matrix(grid, N, N, 0, 0, repeated);
  const nt_kernel_pair pair = {NULL, train};
  const nt_descent d = {{true, 0, NULL}, {true, 0, NULL}, p.ntk[1]};
  NT_TEST_OK(nt_predictor_create(&pair, p.y, &p.shape, NULL, &predictor));
  NT_TEST_OK(nt_gradient_descent_mse(predictor, &times, &d, &f, &g));
  for (int i = 0; i < M * C; i++) {
    const double first = g[M * C + i] - g[i], second = g[2 * M * C + i] - g[M * C + i];
    NT_TEST(fabs(first) > 1);
    NT_TEST_CLOSE(second / first, 1, 1e-6);
  }
  free(f);
  free(g);
  nt_predictor_destroy(&predictor);
  nt_dmatrix_destroy(&train);
  problem_free(&p);
}

static void test_growing(void) { nt_test_on_all_grids(growing); }

/* What is added to a diagonal, whose entries are 1 and 3; each kernel has its own. */
static void lambdas(nt_grid *grid)
{
  static problem p;
  nt_predictor *q = NULL;
  double nngp, ntk;
  problem_create(grid, &p);
  NT_TEST_OK(nt_predictor_create(&p.train, p.y, &p.shape, NULL, &q));
  NT_TEST_OK(nt_predictor_set_reg(q, 0.25, false));
  NT_TEST_OK(nt_predictor_lambda(q, NT_PREDICT_NNGP, &nngp));
  NT_TEST_OK(nt_predictor_lambda(q, NT_PREDICT_NTKGP, &ntk));
  NT_TEST_CLOSE(nngp, 0.25, 1e-14);
  NT_TEST_CLOSE(ntk, 0.75, 1e-14);
  NT_TEST_OK(nt_predictor_set_reg(q, 0.25, true));
  NT_TEST_OK(nt_predictor_lambda(q, NT_PREDICT_NTK, &ntk));
  NT_TEST(ntk == 0.25);
  nt_predictor_destroy(&q);
  const nt_kernel_pair only = {NULL, p.ntk[0]};
  NT_TEST_OK(nt_predictor_create(&only, p.y, &p.shape, NULL, &q));
  NT_TEST_FAILS(nt_predictor_lambda(q, NT_PREDICT_NNGP, &nngp), NT_ERR_ARG);
  nt_predictor_destroy(&q);
  problem_free(&p);
}

static void test_lambdas(void) { nt_test_on_all_grids(lambdas); }

static void refused(nt_grid *grid)
{
  static problem p;
  nt_predictor *q = NULL;
  nt_prediction r[3];
  double *f, *g;
  const double t[] = {1, -2}, nan[] = {NAN};
  const nt_times bad = {2, t}, not_a_number = {1, nan}, one = {1, t}, none = {0, NULL};
  const nt_prediction_get both = {2, {NT_PREDICT_NNGP, NT_PREDICT_NTK}},
                          twice = {2, {NT_PREDICT_NTK, NT_PREDICT_NTK}}, empty = {0},
                          gp = {1, {NT_PREDICT_NTKGP}}, only = {1, {NT_PREDICT_NTK}};
  nt_error *err = nt_ctx_error(nt_grid_ctx(grid));
  problem_create(grid, &p);
  const nt_kernel_pair ntk_only = {NULL, p.ntk[0]}, rectangle = {p.nngp[1], NULL};
  const nt_shape wrong = {2, {N + 1, C}};
  const nt_initial zero = {true, 0, NULL}, no = {0};
  NT_TEST_FAILS(nt_predictor_create(&rectangle, p.y, &p.shape, NULL, &q), NT_ERR_SHAPE);
  NT_TEST_FAILS(nt_predictor_create(&p.train, p.y, &wrong, NULL, &q), NT_ERR_SHAPE);
  nt_predict_options o = NT_PREDICT_DEFAULTS;
  o.trace_axes.v[0] = 2;
  NT_TEST_FAILS(nt_predictor_create(&p.train, p.y, &p.shape, &o, &q), NT_ERR_ARG);
  o = (nt_predict_options)NT_PREDICT_DEFAULTS;
  o.learning_rate = 0;
  NT_TEST_FAILS(nt_predictor_create(&p.train, p.y, &p.shape, &o, &q), NT_ERR_ARG);
  NT_TEST(q == NULL);
  NT_TEST_OK(nt_predictor_create(&ntk_only, p.y, &p.shape, NULL, &q));
  NT_TEST_FAILS(nt_gp_inference(q, &both, &p.test, NT_SPREAD_NONE, r), NT_ERR_ARG);
  NT_TEST_FAILS(nt_gp_inference(q, &twice, &p.test, NT_SPREAD_NONE, r), NT_ERR_ARG);
  NT_TEST_FAILS(nt_gp_inference(q, &empty, &p.test, NT_SPREAD_NONE, r), NT_ERR_ARG);
  nt_status status = nt_gp_inference(q, &only, &p.test, NT_SPREAD_COVARIANCE, r);
  NT_TEST_CONTAINS(err->message, "needs NNGP and NTK");
  NT_TEST_FAILS(status, NT_ERR_ARG);
  NT_TEST_FAILS(nt_gradient_descent_mse_ensemble(q, &one, &gp, &p.test, NT_SPREAD_NONE, r),
                NT_ERR_UNSUPPORTED);
  NT_TEST_FAILS(nt_gradient_descent_mse_ensemble(q, &bad, &only, &p.test, NT_SPREAD_NONE, r),
                NT_ERR_ARG);
  NT_TEST_FAILS(nt_gradient_descent_mse_ensemble_fn(q, &one, NULL, &only, NT_SPREAD_NONE, r),
                NT_ERR_ARG);
  const nt_descent nothing = {no, no, p.ntk[1]}, lacking = {zero, zero, NULL},
                   fine = {zero, no, NULL}, crossed = {zero, zero, p.ntk[2]};
  NT_TEST_FAILS(nt_gradient_descent_mse(q, &none, &nothing, &f, &g), NT_ERR_ARG);
  NT_TEST_FAILS(nt_gradient_descent_mse(q, &none, &lacking, &f, &g), NT_ERR_ARG);
  NT_TEST_FAILS(nt_gradient_descent_mse(q, &none, &crossed, &f, &g), NT_ERR_SHAPE);
  NT_TEST_FAILS(nt_gradient_descent_mse(q, &bad, &fine, &f, &g), NT_ERR_ARG);
  NT_TEST_FAILS(nt_gradient_descent_mse(q, &not_a_number, &fine, &f, &g), NT_ERR_ARG);
  NT_TEST(f == NULL && g == NULL);
  NT_TEST_FAILS(nt_predictor_set_reg(q, -1, false), NT_ERR_ARG);
  nt_predictor_destroy(&q);
  problem_free(&p);
}

static void test_refused(void) { nt_test_on_all_grids(refused); }

/* A test-test kernel that is too small: an error that names the prediction,
 * not a negative variance. */
static void negative(nt_grid *grid)
{
  static problem p;
  nt_predictor *q = NULL;
  nt_prediction r;
  const nt_prediction_get get = {1, {NT_PREDICT_NNGP}};
  nt_error *err = nt_ctx_error(nt_grid_ctx(grid));
  double prior[M];
  problem_create(grid, &p);
  for (int i = 0; i < M; i++)
    prior[i] = i == 7 ? 1e-3 : 1;
  p.test.nngp_diagonal = prior;
  NT_TEST_OK(nt_predictor_create(&p.train, p.y, &p.shape, NULL, &q));
  nt_status status = nt_gp_inference(q, &get, &p.test, NT_SPREAD_VARIANCE, &r);
  NT_TEST_CONTAINS(err->message, "variance of prediction 7");
  NT_TEST_FAILS(status, NT_ERR_NUMERIC);
  nt_prediction_free(&r);
  nt_predictor_destroy(&q);
  problem_free(&p);
}

static void test_negative(void) { nt_test_on_all_grids(negative); }

static void test_trace(void)
{
  nt_error err = {0};
  nt_trace trace, other;
  double from[24], matrix[24], back[24];
  const nt_shape shape = {3, {4, 2, 3}};
  NT_TEST_OK_ERR(nt_trace_create(&err, &shape, &(nt_ints){2, {1, -2}}, &trace), &err);
  NT_TEST(trace.rows == 12 && trace.cols == 2);
  for (int i = 0; i < 24; i++)
    from[i] = i;
  nt_trace_to_matrix(&trace, from, matrix);
  NT_TEST(matrix[0] == 0 && matrix[1] == 3 && matrix[2] == 1 && matrix[6] == 6);
  nt_trace_from_matrix(&trace, matrix, back);
  NT_TEST(memcmp(from, back, sizeof from) == 0);
  NT_TEST_OK_ERR(nt_trace_like(&err, &trace, 6, &other), &err);
  NT_TEST(other.shape.dim[0] == 2 && other.cols == 2);
  NT_TEST_FAILS_ERR(nt_trace_like(&err, &trace, 7, &other), NT_ERR_SHAPE, &err);
  err = (nt_error){0};
  NT_TEST_OK_ERR(nt_trace_create(&err, &shape, &(nt_ints){0, {0}}, &trace), &err);
  NT_TEST(trace.rows == 24 && trace.cols == 1);
  NT_TEST_OK_ERR(nt_trace_create(&err, &shape, &(nt_ints){3, {0, 2, 1}}, &trace), &err);
  NT_TEST(trace.rows == 1 && trace.cols == 24);
  NT_TEST_FAILS_ERR(nt_trace_create(&err, &shape, &(nt_ints){1, {-4}}, &trace), NT_ERR_ARG, &err);
  NT_TEST_CONTAINS(err.message, "axes -3 to 2");
}

static void test_words(void)
{
  nt_error err = {0};
  nt_prediction_get get;
  NT_TEST_OK_ERR(nt_prediction_get_parse(&err, "NTK,nngp", &get), &err);
  NT_TEST(get.n == 2 && get.kind[0] == NT_PREDICT_NTK && get.kind[1] == NT_PREDICT_NNGP);
  NT_TEST_OK_ERR(nt_prediction_get_parse(&err, NULL, &get), &err);
  NT_TEST(get.n == 2 && get.kind[0] == NT_PREDICT_NNGP);
  static const char *const wrong[] = {"", "ntk,", "ntk,ntk", "ntk,cov1"};
  for (int i = 0; i < 4; i++) {
    NT_TEST_FAILS_ERR(nt_prediction_get_parse(&err, wrong[i], &get), NT_ERR_ARG, &err);
    err = (nt_error){0};
  }
}

static const CU_TestInfo tests[] = {
    {"gradient_descent_mse begins and ends where it should", test_mse_ends},
    {"ensembles begin at the prior and end at the posterior", test_ensemble_ends},
    {"a bare matrix serves as both kernels", test_bare},
    {"a posterior lends its kernel and gets it back", test_lent},
    {"a kernel of rank one gives finite limits", test_singular},
    {"repeated samples bring no rounding to long times", test_long_times},
    {"other test kernels see what training leaves open", test_growing},
    {"each kernel has a regularisation of its own", test_lambdas},
    {"errors of the reference are errors", test_refused},
    {"a variance below 0 is an error", test_negative},
    {"trace axes permute outputs into a matrix", test_trace},
    {"lists of predictions are read in order", test_words},
    CU_TEST_INFO_NULL};

NT_TEST_MAIN("predict.predictor", tests)
