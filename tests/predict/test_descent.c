/** Gradient descent as a differential equation: known values,
 * resumption, closed forms, refusals. */
#include "nt/descent.h"
#include "nt_test.h"
#include "predict/predict_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 3, M = 2, C = 2 };

/* A small problem with values of the reference (JAX, float64, 10 digits). */
static const double t_dd[N * N] = {2, .5, .3, .5, 1.5, .2, .3, .2, 1};
static const double t_td[M * N] = {.6, .4, .1, .2, .7, .5};
static const double y[N * C] = {1, 0, 0, 1, 1, 0};
static const double f0[N * C] = {.1, .2, -.3, .4, 0, -.5};
static const double g0[M * C] = {.05, -.1, .2, .3};
static const nt_shape shape = {2, {N, C}};

static void make(nt_grid *grid, int64_t rows, const double *v, nt_dmatrix **m)
{
  NT_TEST_OK(nt_dmatrix_create(grid, rows, N, 2, 1, m));
  for (int64_t lj = 0; lj < (*m)->cols; lj++) {
    for (int64_t li = 0; li < (*m)->rows; li++)
      (*m)->a[li + lj * (*m)->ld] = v[nt_dmatrix_row(*m, li) * N + nt_dmatrix_column(*m, lj)];
  }
}

static void values(nt_grid *grid)
{
  static const double plain[] = {.4392076961, -.1392076961, -.3783605393,
                                 .4783605393, .1686697968,  -.6686697968};
  static const double heavy[] = {.8477907137, -.5477907137, -.4647204333,
                                 .5647204333, .3684612062,  -.8684612062};
  static const double heavy_test[] = {.2065096249, -.2565096249, .2340606434, .2659393566};
  static const double q[] = {.3242339457, -.3242339457, -.0957696677,
                             .0957696677, .1691251704,  -.1691251704};
  static const double q_test[] = {.0632776882, -.0632776882, .0082996734, -.0082996734};
  const double t[] = {2, 5};
  const nt_times times = {2, t};
  nt_ode_state r[2];
  nt_ode_info info;
  nt_dmatrix *k = NULL, *k_test = NULL;
  make(grid, N, t_dd, &k);
  nt_ode_problem task = {k, y, shape, nt_cross_entropy_loss(), NT_ODE_DEFAULTS};
  make(grid, M, t_td, &k_test);
  const nt_descent d = {{true, 0, f0}, {true, 0, g0}, k_test},
                   train_only = {.train = {true, 0, f0}};
  task.options.learning_rate = 0.5;
  NT_TEST_OK(nt_gradient_descent(&task, &times, NULL, &train_only, r, &info));
  NT_TEST(nt_test_max_error(N * C, r[1].fx_train, plain) < 1e-8);
  NT_TEST(r[1].fx_test == NULL && r[1].qx_train == NULL && info.steps > 0 && info.steps < 100);
  nt_ode_state_free(&r[0]);
  nt_ode_state_free(&r[1]);
  task.options.momentum = 0.9;
  NT_TEST_OK(nt_gradient_descent(&task, &times, NULL, &d, r, NULL));
  NT_TEST(nt_test_max_error(N * C, r[1].fx_train, heavy) < 1e-8);
  NT_TEST(nt_test_max_error(M * C, r[1].fx_test, heavy_test) < 1e-8);
  NT_TEST(nt_test_max_error(N * C, r[1].qx_train, q) < 2e-7);
  NT_TEST(nt_test_max_error(M * C, r[1].qx_test, q_test) < 2e-7);
  /* From the state at 2 another 3 steps lead to the same. */
  const double rest[] = {3};
  const nt_times more = {1, rest};
  const nt_descent kernel_only = {.k_test_train = k_test};
  nt_ode_state again[1];
  NT_TEST_OK(nt_gradient_descent(&task, &more, &r[0], &kernel_only, again, NULL));
  NT_TEST(nt_test_max_error(N * C, again[0].fx_train, r[1].fx_train) < 1e-7);
  NT_TEST(nt_test_max_error(M * C, again[0].qx_test, r[1].qx_test) < 1e-7);
  nt_ode_state_free(&again[0]);
  nt_ode_state_free(&r[0]);
  nt_ode_state_free(&r[1]);
  nt_dmatrix_destroy(&k);
  nt_dmatrix_destroy(&k_test);
}

static void test_values(void) { nt_test_on_all_grids(values); }

/* Outputs and momenta that have settled into a slow drift go on as they would have without a stop,
 * although what is left for the test outputs begins anew. */
static void resumed(nt_grid *grid)
{
  const double t[] = {40, 45}, rest[] = {5};
  const nt_times times = {2, t}, more = {1, rest};
  nt_ode_state r[2], again[1];
  nt_dmatrix *k = NULL, *k_test = NULL;
  make(grid, N, t_dd, &k);
  nt_ode_problem task = {k, y, shape, nt_cross_entropy_loss(), NT_ODE_DEFAULTS};
  make(grid, M, t_td, &k_test);
  const nt_descent d = {{true, 0, f0}, {true, 0, g0}, k_test}, on = {.k_test_train = k_test};
  for (task.options.momentum = 0; task.options.momentum < 0.9; task.options.momentum += 0.4) {
    NT_TEST_OK(nt_gradient_descent(&task, &times, NULL, &d, r, NULL));
    NT_TEST_OK(nt_gradient_descent(&task, &more, &r[0], &on, again, NULL));
    const double error = nt_test_max_error(M * C, again[0].fx_test, r[1].fx_test);
    NT_TEST_MSG(error < 1e-7, "momentum %g: %g", task.options.momentum, error);
    /* Momenta are a hundredth of the outputs by then. */
    NT_TEST(nt_test_max_error(M * C, again[0].qx_test, r[1].qx_test) < 1e-5);
    nt_ode_state_free(&again[0]);
    nt_ode_state_free(&r[0]);
    nt_ode_state_free(&r[1]);
  }
  nt_dmatrix_destroy(&k);
  nt_dmatrix_destroy(&k_test);
}

static void test_resumed(void) { nt_test_on_all_grids(resumed); }

/* In two steps, the training outputs and then test samples in blocks: bit by bit the same. */
static void two_steps(nt_grid *grid)
{
  const double t[] = {2, 5};
  const nt_times times = {2, t};
  nt_ode_state whole[2], train[2];
  nt_ode_response response[2];
  nt_dmatrix *k = NULL, *k_test = NULL, *block = NULL, *narrow = NULL;
  make(grid, N, t_dd, &k);
  nt_ode_problem task = {k, y, shape, nt_cross_entropy_loss(), NT_ODE_DEFAULTS};
  make(grid, M, t_td, &k_test);
  make(grid, 1, t_td + N, &block); /* the last test sample alone */
  NT_TEST_OK(nt_dmatrix_create(grid, 1, N - 1, 2, 1, &narrow));
  const nt_descent d = {{true, 0, f0}, {true, 0, g0}, k_test};
  const nt_initial last = {true, 0, g0 + C};
  for (int heavy = 0; heavy < 2; heavy++) {
    double *fx = NULL, *qx = NULL;
    if (heavy) task.options.momentum = 0.9;
    NT_TEST_OK(nt_gradient_descent(&task, &times, NULL, &d, whole, NULL));
    NT_TEST_OK(nt_gradient_descent_train(&task, &times, NULL, &d.train, train, response, NULL));
    NT_TEST_OK(nt_ode_respond(&response[1], block, &last, NULL, &fx, &qx));
    NT_TEST(train[1].fx_test == NULL && (qx != NULL) == heavy);
    NT_TEST(memcmp(train[1].fx_train, whole[1].fx_train, sizeof f0) == 0);
    NT_TEST(fx != NULL && nt_test_max_error(C, fx, whole[1].fx_test + C) < 1e-15);
    if (heavy) NT_TEST(nt_test_max_error(C, qx, whole[1].qx_test + C) < 1e-15);
    free(fx);
    free(qx);
    NT_TEST_OK(nt_ode_respond(&response[0], block, &last, NULL, &fx, NULL));
    NT_TEST(fx != NULL && nt_test_max_error(C, fx, whole[0].fx_test + C) < 1e-15);
    free(fx);
    for (int i = 0; i < 2; i++) {
      nt_ode_state_free(&whole[i]);
      nt_ode_state_free(&train[i]);
    }
    nt_ode_response_free(&response[0]);
    NT_TEST(response[0].r == NULL && response[0].p == NULL);
    NT_TEST_FAILS(nt_ode_respond(&response[1], narrow, &last, NULL, &fx, NULL), NT_ERR_SHAPE);
    NT_TEST(fx == NULL);
    nt_ode_response_free(&response[1]);
  }
  nt_dmatrix_destroy(&k);
  nt_dmatrix_destroy(&k_test);
  nt_dmatrix_destroy(&block);
  nt_dmatrix_destroy(&narrow);
}

static void test_two_steps(void) { nt_test_on_all_grids(two_steps); }

/* With squared loss it is the closed form, at all times, from 0 on, for all trace axes. */
static void closed_form(nt_grid *grid)
{
  const double t[] = {0, 0, 0.5, 7, 7, 300};
  const nt_times times = {6, t};
  nt_predict_options p = NT_PREDICT_DEFAULTS;
  nt_predictor *predictor = NULL;
  nt_ode_state r[6];
  double *train, *test;
  nt_dmatrix *k = NULL, *k_test = NULL;
  const nt_shape turned = {2, {C, N}};
  make(grid, N, t_dd, &k);
  nt_ode_problem task = {k, y, turned, nt_mse_loss(), NT_ODE_DEFAULTS};
  make(grid, N, t_dd, &k_test);
  const nt_kernel_pair pair = {NULL, k};
  const nt_descent d = {{true, 0, f0}, {true, 0.25, NULL}, k_test};
  task.options.learning_rate = p.learning_rate = 0.7;
  task.options.trace_axes.v[0] = p.trace_axes.v[0] = 0;
  NT_TEST_OK(nt_predictor_create(&pair, y, &turned, &p, &predictor));
  NT_TEST_OK(nt_gradient_descent_mse(predictor, &times, &d, &train, &test));
  NT_TEST_OK(nt_gradient_descent(&task, &times, NULL, &d, r, NULL));
  NT_TEST(memcmp(r[0].fx_train, f0, sizeof f0) == 0);
  for (int i = 0; i < times.n; i++) {
    NT_TEST(nt_test_max_error(N * C, r[i].fx_train, train + i * N * C) < 1e-7);
    NT_TEST(nt_test_max_error(N * C, r[i].fx_test, test + i * N * C) < 1e-7);
    nt_ode_state_free(&r[i]);
  }
  free(train);
  free(test);
  nt_predictor_destroy(&predictor);
  nt_dmatrix_destroy(&k);
  nt_dmatrix_destroy(&k_test);
}

static void test_closed_form(void) { nt_test_on_all_grids(closed_form); }

/* A looser tolerance takes fewer steps and is less exact. */
static void tolerance(nt_grid *grid)
{
  const double t[] = {50};
  const nt_times times = {1, t};
  nt_ode_state fine, coarse;
  nt_ode_info many, few;
  nt_dmatrix *k = NULL;
  make(grid, N, t_dd, &k);
  nt_ode_problem task = {k, y, shape, nt_cross_entropy_loss(), NT_ODE_DEFAULTS};
  const nt_descent d = {.train = {true, 0, f0}};
  NT_TEST_OK(nt_gradient_descent(&task, &times, NULL, &d, &fine, &many));
  task.options.tolerance = 1e-3;
  NT_TEST_OK(nt_gradient_descent(&task, &times, NULL, &d, &coarse, &few));
  const double error = nt_test_max_error(N * C, coarse.fx_train, fine.fx_train);
  NT_TEST(few.steps < many.steps && error > 1e-8 && error < 1e-2);
  nt_ode_state_free(&fine);
  nt_ode_state_free(&coarse);
  nt_dmatrix_destroy(&k);
}

static void test_tolerance(void) { nt_test_on_all_grids(tolerance); }

/* The gradient of each loss is the difference quotient of its value. */
static void test_gradients(void)
{
  const nt_loss losses[] = {nt_mse_loss(), nt_cross_entropy_loss()};
  for (int l = 0; l < 2; l++) {
    double f[N * C], g[N * C];
    memcpy(f, f0, sizeof f);
    f[3] = 800; /* softmax must not overflow */
    losses[l].gradient(losses[l].self, &shape, f, y, g);
    for (int i = 0; i < N * C; i++) {
      const double h = 1e-6, at = f[i];
      f[i] = at + h;
      double slope = losses[l].value(losses[l].self, &shape, f, y);
      f[i] = at - h;
      slope = (slope - losses[l].value(losses[l].self, &shape, f, y)) / (2 * h);
      f[i] = at;
      NT_TEST_CLOSE(g[i], slope, 1e-4);
    }
  }
}

static void refused(nt_grid *grid)
{
  const double t[] = {1, 2}, falling[] = {2, 1}, infinite[] = {INFINITY};
  const nt_times times = {2, t}, back = {2, falling}, never = {1, infinite}, none = {0, NULL};
  nt_ode_state r[2];
  double values_of[N * C] = {0};
  nt_dmatrix *k = NULL;
  make(grid, N, t_dd, &k);
  nt_ode_problem task = {k, y, shape, nt_mse_loss(), NT_ODE_DEFAULTS};
  const nt_descent d = {.train = {true, 0, f0}}, both = {{true, 0, f0}, {true, 0, g0}, k},
                   nothing = {.k_test_train = NULL};
  const nt_descent lacking = {{true, 0, f0}, {true, 0, g0}, NULL};
  const nt_ode_state plain = {.fx_train = values_of}, moving = {values_of, NULL, values_of, NULL},
                     testing = {values_of, values_of, NULL, NULL};
#define REFUSED(times, state, descent)                                                             \
  NT_TEST_FAILS(nt_gradient_descent(&task, (times), (state), (descent), r, NULL), NT_ERR_ARG)
  REFUSED(&back, NULL, &d);
  REFUSED(&never, NULL, &d);
  REFUSED(&none, NULL, &d);
  REFUSED(&times, NULL, &nothing);
  REFUSED(&times, NULL, &lacking);
  REFUSED(&times, &plain, &both);
  REFUSED(&times, &moving, &d);
  REFUSED(&times, &testing, &d);
  task.options.momentum = 1;
  REFUSED(&times, NULL, &d);
  task.options.momentum = 0.5;
  task.options.tolerance = 0;
  REFUSED(&times, NULL, &d);
#undef REFUSED
  nt_dmatrix_destroy(&k);
}

static void test_refused(void) { nt_test_on_all_grids(refused); }

/* Largest eigenvalues that are repeated, the only one, or beyond the first Lanczos steps. */
static void rates(nt_grid *grid)
{
  enum { BIG = 401 };
  nt_dmatrix *k = NULL;
  double rate;
  NT_TEST_OK(nt_dmatrix_create(grid, BIG, BIG, 7, 7, &k));
  for (int64_t lj = 0; lj < k->cols; lj++) {
    for (int64_t li = 0; li < k->rows; li++) {
      const int64_t i = nt_dmatrix_row(k, li), j = nt_dmatrix_column(k, lj);
      k->a[li + lj * k->ld] = (i == j ? 3 : 0) + (i / 100 == j / 100 ? 1 : 0);
    }
  }
  NT_TEST_OK(nt_max_learning_rate(k, 2 * BIG, 0.5, 0, &rate));
  NT_TEST_CLOSE(rate, 2 * 1.5 * 2 * BIG / 103, 1e-12);
  NT_TEST_FAILS(nt_max_learning_rate(k, -1, 0, 0, &rate), NT_ERR_ARG);
  double *entry = nt_predict_entry(k, 5, 6);
  if (entry) *entry = NAN;
  NT_TEST_FAILS(nt_max_learning_rate(k, 0, 0, 0, &rate), NT_ERR_NUMERIC);
  nt_dmatrix_destroy(&k);
}

static void test_rates(void) { nt_test_on_all_grids(rates); }

static const CU_TestInfo tests[] = {
    {"cross-entropy with and without momentum, and from a state", test_values},
    {"a settled state goes on as without a stop", test_resumed},
    {"training first, test samples in blocks later", test_two_steps},
    {"squared loss is the closed form", test_closed_form},
    {"the tolerance is the user's", test_tolerance},
    {"gradients are derivatives of the losses", test_gradients},
    {"errors of the reference are errors", test_refused},
    {"the largest learning rate is found", test_rates},
    CU_TEST_INFO_NULL};

NT_TEST_MAIN("predict.descent", tests)
