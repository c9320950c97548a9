/** Inference of the reference implementation: all cases of data/predict.txt. */
#include "cases.h"
#include "nt/descent.h"
#include "nt/predict.h"
#include "nt_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double closed_form = 1e-9, integrated = 1e-6;

/* What the tests of one function share. */
typedef struct setting {
  const case_file *file;
  const case_entry *entry;
  nt_grid *grid;
} setting;

static case_array *find(const setting *s, const char *key)
{
  return case_find(s->file, s->entry, key);
}

static void compare(const setting *s, const char *key, const double *got, double tol)
{
  const case_array *want = find(s, key);
  NT_TEST_MSG(want != NULL && got != NULL, "%s: no %s", s->entry->name, key);
  if (want == NULL || got == NULL) return;
  const double error = nt_test_max_error(nt_shape_size(&want->shape), got, want->v);
  NT_TEST_MSG(error <= tol, "%s: %s is off by %g", s->entry->name, key, error);
}

static nt_predict_options options_of(const setting *s)
{
  nt_predict_options o = NT_PREDICT_DEFAULTS;
  o.learning_rate = case_number(s->entry, "learning_rate", 1);
  o.diag_reg = case_number(s->entry, "diag_reg", 0);
  o.diag_reg_absolute_scale = case_value(s->entry, "absolute") != NULL;
  o.trace_axes = case_axes(s->entry);
  return o;
}

/* Kernels of a case: train, test_train, test_test. Blocks differ on purpose. */
typedef struct kernels {
  nt_dmatrix *nngp[3], *ntk[3];
} kernels;

static void load_kernels(const setting *s, kernels *k)
{
  static const char *const sets[3] = {"train", "test_train", "test_test"};
  char key[40];
  for (int i = 0; i < 3; i++) {
    (void)snprintf(key, sizeof key, "%s.nngp", sets[i]);
    case_matrix(s->file, s->entry, key, s->grid, 2 + i, &k->nngp[i]);
    (void)snprintf(key, sizeof key, "%s.ntk", sets[i]);
    case_matrix(s->file, s->entry, key, s->grid, 3 - i, &k->ntk[i]);
  }
}

static void free_kernels(kernels *k)
{
  for (int i = 0; i < 3; i++) {
    nt_dmatrix_destroy(&k->nngp[i]);
    nt_dmatrix_destroy(&k->ntk[i]);
  }
}

/* Means, covariances, and variances as their diagonals. */
static void compare_results(const setting *s, const nt_prediction_get *get, nt_spread spread,
                            nt_prediction *results)
{
  char key[40];
  for (int i = 0; i < get->n; i++) {
    nt_prediction *r = &results[i];
    const char *name = nt_prediction_kind_name(get->kind[i]);
    (void)snprintf(key, sizeof key, "%s.mean", name);
    compare(s, key, r->mean, closed_form);
    (void)snprintf(key, sizeof key, "%s.covariance", name);
    const case_array *want = find(s, key);
    NT_TEST((want != NULL) == (spread != NT_SPREAD_NONE));
    for (int t = 0; want != NULL && t < r->n_times; t++) {
      const double *v = want->v + t * r->rows * r->rows;
      if (spread == NT_SPREAD_COVARIANCE && !case_equals(r->covariance[t], v, closed_form))
        NT_TEST_MSG(false, "%s: %s at time %d", s->entry->name, key, t);
      for (int64_t d = 0; spread == NT_SPREAD_VARIANCE && d < r->rows; d++)
        NT_TEST_CLOSE(r->variance[t * r->rows + d], v[d * (r->rows + 1)], closed_form);
    }
    nt_prediction_free(r);
  }
}

static void gp_inference(const setting *s)
{
  kernels k;
  nt_predictor *p = NULL;
  nt_prediction results[3];
  nt_prediction_get get;
  const nt_predict_options o = options_of(s);
  const case_array *y = find(s, "y");
  nt_error *err = nt_ctx_error(nt_grid_ctx(s->grid));
  NT_TEST_OK_ERR(nt_prediction_get_parse(err, case_value(s->entry, "get"), &get), err);
  load_kernels(s, &k);
  const nt_kernel_pair train = {k.nngp[0], k.ntk[0]};
  const nt_test_kernels test = {{k.nngp[1], k.ntk[1]}, {k.nngp[2], k.ntk[2]}, NULL, NULL};
  NT_TEST_OK(nt_predictor_create(&train, y->v, &y->shape, &o, &p));
  const bool spread = case_value(s->entry, "covariance") != NULL;
  NT_TEST_OK(
      nt_gp_inference(p, &get, &test, spread ? NT_SPREAD_COVARIANCE : NT_SPREAD_NONE, results));
  compare_results(s, &get, spread ? NT_SPREAD_COVARIANCE : NT_SPREAD_NONE, results);
  if (spread) {
    NT_TEST_OK(nt_gp_inference(p, &get, &test, NT_SPREAD_VARIANCE, results));
    compare_results(s, &get, NT_SPREAD_VARIANCE, results);
  }
  nt_predictor_destroy(&p);
  free_kernels(&k);
}

static nt_initial initial_of(const setting *s, const char *key)
{
  const case_array *values = find(s, key);
  return (nt_initial){.wanted = case_value(s->entry, key) != NULL,
                      .constant = values == NULL ? case_number(s->entry, key, 0) : 0,
                      .values = values != NULL ? values->v : NULL};
}

static void gradient_descent_mse(const setting *s)
{
  kernels k;
  nt_predictor *p = NULL;
  double one, *train, *test;
  const nt_predict_options o = options_of(s);
  const nt_times times = case_times(s->file, s->entry, &one);
  const case_array *y = find(s, "y");
  load_kernels(s, &k);
  const nt_kernel_pair pair = {k.nngp[0], k.ntk[0]};
  const nt_descent d = {initial_of(s, "initial"), initial_of(s, "initial_test"), k.ntk[1]};
  NT_TEST_OK(nt_predictor_create(&pair, y->v, &y->shape, &o, &p));
  NT_TEST_OK(nt_gradient_descent_mse(p, &times, &d, &train, &test));
  compare(s, "train", train, closed_form);
  compare(s, "test", test, closed_form);
  free(train);
  free(test);
  nt_predictor_destroy(&p);
  free_kernels(&k);
}

/* Row i of an array. */
static nt_status fill_row(void *arg, int64_t i, double *x)
{
  const case_array *a = arg;
  memcpy(x, a->v + i * a->shape.dim[1], (size_t)a->shape.dim[1] * sizeof(double));
  return NT_OK;
}

/* Samples from an array of the file. */
static void samples_of(const setting *s, const char *key, nt_samples **samples, nt_tree **tree)
{
  case_array *x = find(s, key);
  nt_ctx *ctx = nt_grid_ctx(s->grid);
  nt_error *err = nt_ctx_error(ctx);
  *tree = NULL;
  *samples = NULL;
  if (x == NULL) return;
  NT_TEST_OK(nt_samples_create(ctx, &x->shape, 0, 1, NT_FLOAT64, fill_row, x, samples));
  NT_TEST_OK_ERR(nt_tree_leaf(err, *samples, tree), err);
}

static void gradient_descent_mse_ensemble(const setting *s)
{
  nt_samples *samples[2];
  nt_tree *x[2];
  nt_predictor *p = NULL;
  nt_layer *net = NULL;
  nt_prediction results[2];
  nt_prediction_get get;
  double one;
  nt_ctx *ctx = nt_grid_ctx(s->grid);
  nt_error *err = nt_ctx_error(ctx);
  const nt_predict_options o = options_of(s);
  const nt_times times = case_times(s->file, s->entry, &one);
  const case_array *y = find(s, "y");
  const nt_spread spread =
      case_value(s->entry, "covariance") != NULL ? NT_SPREAD_COVARIANCE : NT_SPREAD_NONE;
  samples_of(s, "x_train", &samples[0], &x[0]);
  samples_of(s, "x_test", &samples[1], &x[1]);
  NT_TEST_OK_ERR(nt_network_parse(err, case_value(s->entry, "network"), "case", &net), err);
  NT_TEST_OK_ERR(nt_prediction_get_parse(err, case_value(s->entry, "get"), &get), err);
  nt_network_kernel network = {s->grid, net};
  const nt_analytic_kernel_fn fn = nt_network_kernel_fn(&network);
  NT_TEST_OK(nt_predictor_create_fn(ctx, &fn, x[0], NULL, y->v, &y->shape, &o, &p));
  NT_TEST_OK(nt_gradient_descent_mse_ensemble_fn(p, &times, x[1], &get, spread, results));
  compare_results(s, &get, spread, results);
  if (spread != NT_SPREAD_NONE) {
    NT_TEST_OK(
        nt_gradient_descent_mse_ensemble_fn(p, &times, x[1], &get, NT_SPREAD_VARIANCE, results));
    compare_results(s, &get, NT_SPREAD_VARIANCE, results);
  }
  nt_predictor_destroy(&p);
  for (int i = 0; i < 2; i++) {
    nt_tree_destroy(&x[i]);
    nt_samples_destroy(&samples[i]);
  }
  nt_layer_release(&net);
}

static void gradient_descent(const setting *s)
{
  kernels k;
  double one, *train = NULL, *test = NULL;
  nt_ode_state results[CASE_SETS];
  const case_array *y = find(s, "y");
  const nt_times times = case_times(s->file, s->entry, &one);
  const bool entropy = strcmp(case_value(s->entry, "loss"), "cross-entropy") == 0;
  load_kernels(s, &k);
  nt_ode_problem task = {k.ntk[0], y->v, y->shape,
                         entropy ? nt_cross_entropy_loss() : nt_mse_loss(), NT_ODE_DEFAULTS};
  task.options.learning_rate = case_number(s->entry, "learning_rate", 1);
  task.options.momentum = case_number(s->entry, "momentum", NT_NONE);
  const nt_descent d = {initial_of(s, "initial"), initial_of(s, "initial_test"), k.ntk[1]};
  NT_TEST_OK(nt_gradient_descent(&task, &times, NULL, &d, results, NULL));
  const int64_t n = nt_shape_size(&y->shape), m = k.ntk[1]->M * y->shape.dim[1];
  train = malloc((size_t)(times.n * n) * sizeof(double));
  test = malloc((size_t)(times.n * m) * sizeof(double));
  NT_TEST(train != NULL && test != NULL);
  for (int t = 0; t < times.n; t++) {
    memcpy(train + t * n, results[t].fx_train, (size_t)n * sizeof(double));
    memcpy(test + t * m, results[t].fx_test, (size_t)m * sizeof(double));
    NT_TEST((results[t].qx_train != NULL) == (case_value(s->entry, "momentum") != NULL));
    nt_ode_state_free(&results[t]);
  }
  compare(s, "train", train, integrated);
  compare(s, "test", test, integrated);
  free(train);
  free(test);
  free_kernels(&k);
}

static void max_learning_rate(const setting *s)
{
  kernels k;
  double rate = 0;
  load_kernels(s, &k);
  NT_TEST_OK(nt_max_learning_rate(k.ntk[0], (int64_t)case_number(s->entry, "y_train_size", 0),
                                  case_number(s->entry, "momentum", 0), 1e-12, &rate));
  NT_TEST_CLOSE(rate, case_number(s->entry, "rate", 0), closed_form);
  free_kernels(&k);
}

static case_file file;

/* All cases of a function, on the most nearly square grid of these ranks. */
static void run_all(const char *function, void (*body)(const setting *), int expected)
{
  setting s = {.file = &file};
  int count = 0;
  if (file.n_cases == 0) NT_TEST(case_read("predict.txt", &file));
  NT_TEST_OK(nt_grid_create(nt_test_world(), 0, 0, &s.grid));
  for (int i = 0; i < file.n_cases; i++) {
    s.entry = &file.entry[i];
    if (strcmp(s.entry->function, function) != 0) continue;
    body(&s);
    count++;
  }
  NT_TEST_MSG(count == expected, "%d cases of %s", count, function);
  nt_grid_destroy(&s.grid);
}

static void test_gp(void) { run_all("gp_inference", gp_inference, 35); }

static void test_mse(void) { run_all("gradient_descent_mse", gradient_descent_mse, 70); }

static void test_ensemble(void)
{
  run_all("gradient_descent_mse_ensemble", gradient_descent_mse_ensemble, 120);
}

static void test_ode(void) { run_all("gradient_descent", gradient_descent, 8); }

static void test_rate(void)
{
  run_all("max_learning_rate", max_learning_rate, 9);
  case_free(&file);
}

static const CU_TestInfo tests[] = {
    {"gp_inference equals the reference", test_gp},
    {"gradient_descent_mse equals the reference", test_mse},
    {"gradient_descent_mse_ensemble equals the reference", test_ensemble},
    {"gradient_descent equals the reference", test_ode},
    {"max_learning_rate equals the reference", test_rate},
    CU_TEST_INFO_NULL};

NT_TEST_MAIN("predict.golden", tests)
