/** Elementwise from functions: kernels given, functions of C, errors, and formulas in
 * place of foreign layers. */
#include "pair_grid.h"

#include "nt_test.h"

#include "net/net_impl.h"
#include "net/words.h"

#include <math.h>
#include <string.h>

static void test_kernel_functions(void)
{
  static map_run got, want;
  pair_grid_make(&want);
  got = want;
  pair_grid_go(&want, "Rbf(.5)", NT_FLOAT64);
  pair_grid_closed_form(&want, "Rbf(.5)");
  pair_grid_go(&got, "Elementwise(nngp_fn=lambda c, v, w: exp(c - .5 * (v + w)))", NT_FLOAT64);
  NT_TEST_MSG(pair_grid_distance(&got, &want) < 1e-13, "%g", pair_grid_distance(&got, &want));
  pair_grid_go(
      &got,
      "Elementwise(None, lambda c, v, w: exp(c - .5 * (v + w)), lambda c, v, w: exp(c - .5 * (v + "
      "w)))",
      NT_FLOAT64);
  NT_TEST_MSG(pair_grid_distance(&got, &want) < 1e-13, "%g", pair_grid_distance(&got, &want));
}

/* In float, also where products of variances are beyond its range: there cos of the angle is right
 * to the digits of the arguments, q12 = sqrt(q11 q22) / 2. */
static void test_kernel_functions_in_float(void)
{
  static const double scales[] = {1, 1e-20, 1e20, 1e-30, 1e30};
  static map_run run;
  enum { SCALES = sizeof scales / sizeof *scales };
  run = (map_run){.n = 2 * NT_LANES, .post = {.kf = 1, .tt = 1}};
  for (int i = 0; i < run.n; i++) {
    const double one = scales[i % SCALES], two = scales[i / SCALES % SCALES];
    run.q1[i] = one * (1 + 0.1 * i);
    run.q2[i] = two;
    run.k[i] = sqrt(run.q1[i]) * sqrt(run.q2[i]) / 2;
    run.t[i] = run.k[i];
  }
  pair_grid_go(&run, "Elementwise(nngp_fn=lambda c, v, w: arccos(c / sqrt(v * w)))", NT_FLOAT32);
  for (int i = 0; i < run.n; i++) {
    NT_TEST_MSG(fabs(run.k_out[i] - acos(0.5)) < 1e-6, "pair %d: %g", i, run.k_out[i]);
    NT_TEST_MSG(fabs(run.t_out[i] + 0.5 / sqrt(0.75)) < 1e-6, "pair %d: %g", i, run.t_out[i]);
  }
}

/* The kernel of ReLU, as people write it: no value at duplicates and opposites (a slope of infinity
 * less infinity) and at zeros (0/0), but limits; the last digit of a covariance is worth 1e-8. */
static void test_limits(void)
{
  static const char relu[] =
      "Elementwise(nngp_fn=lambda c, v, w: (sqrt(v * w - c * c) + (pi - arccos(c / sqrt(v * w))) * "
      "c) / (2 * pi))";
  static const double q1[] = {3, 3, 0, 0, 3, 1e-7, 1e9, 0.1},
                      q2[] = {3, 3, 0, 2, 2, 1e-7, 1e9, 0.3};
  static const double rho[] = {1, -1, 1, 0, 0.5, 1, 1, 1},
                      dot[] = {0.5, 0, 0.25, 0.25, 1 / 3.0, 0.5, 0.5, 0.5};
  static const double f[] = {0.5, 0, 0, 0, 0.3044988905221147, 0.5, 0.5, 0.5};
  static map_run run;
  for (int type = 0; type < 2; type++) {
    const double tolerance = type == NT_FLOAT64 ? 1e-9 : 2e-4;
    run = (map_run){.n = NT_LANES, .post = {.kf = 1, .tt = 1}};
    for (int i = 0; i < run.n; i++) {
      run.q1[i] = q1[i % 8];
      run.q2[i] = q2[i % 8];
      run.k[i] = rho[i % 8] * sqrt(q1[i % 8] * q2[i % 8]);
      run.t[i] = 1;
    }
    pair_grid_go(&run, relu, (nt_dtype)type);
    for (int i = 0; i < run.n; i++) {
      const double size = sqrt(q1[i % 8] * q2[i % 8]), want = f[i % 8] * size;
      NT_TEST_MSG(fabs(run.k_out[i] - want) <= tolerance * (size + 1e-3), "pair %d: %.12g", i,
                  run.k_out[i]);
      NT_TEST_MSG(fabs(run.t_out[i] - dot[i % 8]) <= 10 * tolerance, "pair %d: %.12g", i,
                  run.t_out[i]);
    }
    /* A pole has no limit. */
    pair_grid_go(&run, "Elementwise(nngp_fn=lambda c, v, w: 1 / arccos(c / sqrt(v * w)))",
                 (nt_dtype)type);
    NT_TEST(!isfinite(run.k_out[0]) && !isfinite(run.t_out[0]));
  }
}

/* What a smooth kernel function says of duplicates stays, whatever the variance: at 1.497 the
 * polynomials around it agree with each other by chance, but not with it. */
static void test_smooth(void)
{
  static map_run run;
  run = (map_run){.n = RUN_MAX, .post = {.kf = 1, .tt = 1}};
  for (int i = 0; i < run.n; i++) {
    run.q1[i] = run.q2[i] = run.k[i] = i == 0 ? 1.497056714930522503 : 1.4 + 0.0002 * i;
    run.t[i] = 1;
  }
  pair_grid_go(&run,
               "Elementwise(nngp_fn=lambda c, v, w: arcsin(2 * c / sqrt((1 + 2 * v) * (1 + 2 * "
               "w))) * 2 / pi)",
               NT_FLOAT64);
  double worst = 0;
  for (int i = 0; i < run.n; i++)
    worst = fmax(worst, fabs(run.k_out[i] - asin(2 * run.k[i] / (1 + 2 * run.k[i])) / asin(1)));
  NT_TEST_MSG(worst < 1e-14, "%g", worst);
}

static void own_kernel(void *data, int64_t n, const double *const *arg, double *out)
{
  for (int64_t i = 0; i < n; i++)
    out[i] = *(double *)data * exp(arg[0][i] - (arg[1][i] + arg[2][i]) / 2);
}

static void own_sine(void *data, int64_t n, const double *const *arg, double *out)
{
  (void)data;
  for (int64_t i = 0; i < n; i++)
    out[i] = sin(arg[0][i]);
}

static void own_cosine(void *data, int64_t n, const double *const *arg, double *out)
{
  (void)data;
  for (int64_t i = 0; i < n; i++)
    out[i] = cos(arg[0][i]);
}

static void run_own(nt_elementwise *cfg, map_run *run)
{
  nt_error err = {0};
  nt_layer *layer = NULL;
  NT_TEST_OK_ERR(nt_stax_elementwise(&err, cfg, &layer), &err);
  nt_function_release(&cfg->fn);
  nt_function_release(&cfg->nngp_fn); /* the layer keeps its own */
  if (layer) map_run_go(run, layer->ops, layer->cfg, NT_FLOAT64, true);
  nt_layer_release(&layer);
}

static void test_functions_of_c(void)
{
  static map_run got, want;
  nt_error err = {0};
  double one = 1;
  nt_elementwise cfg = NT_ELEMENTWISE_DEFAULTS;
  pair_grid_make(&want);
  got = want;
  pair_grid_closed_form(&want, "Rbf(.5)");
  NT_TEST_OK_ERR(nt_function_closure(&err, "kernel", 3, own_kernel, NULL, &one, &cfg.nngp_fn),
                 &err);
  run_own(&cfg, &got);
  NT_TEST_MSG(pair_grid_distance(&got, &want) < 1e-9, "differences: %g",
              pair_grid_distance(&got, &want));
  pair_grid_go(&want, "Sin()", NT_FLOAT64);
  NT_TEST_OK_ERR(nt_function_closure(&err, "sine", 1, own_sine, own_cosine, NULL, &cfg.fn), &err);
  run_own(&cfg, &got);
  NT_TEST_MSG(pair_grid_distance(&got, &want) < 1e-10, "slope given: %g",
              pair_grid_distance(&got, &want));
  NT_TEST_OK_ERR(nt_function_closure(&err, "sine", 1, own_sine, NULL, NULL, &cfg.fn), &err);
  run_own(&cfg, &got);
  NT_TEST_MSG(pair_grid_distance(&got, &want) < 1e-9, "differences: %g",
              pair_grid_distance(&got, &want));
  NT_TEST_FAILS_ERR(nt_function_closure(&err, "four", 4, own_sine, NULL, NULL, &cfg.fn), NT_ERR_ARG,
                    &err);
}

/* No number anywhere; counts what it is asked for. */
static void own_none(void *data, int64_t n, const double *const *arg, double *out)
{
  *(int64_t *)data += n;
  for (int64_t i = 0; i < n; i++)
    out[i] = NAN + arg[0][i];
}

/* A function without a kernel is refused by the first rules: all of them, of a formula of many
 * operations, would take minutes. */
static void test_no_number(void)
{
  nt_error err = {0};
  nt_layer *layer = NULL;
  int64_t asked = 0;
  nt_elementwise cfg = NT_ELEMENTWISE_DEFAULTS;
  NT_TEST_OK_ERR(nt_function_closure(&err, "none", 1, own_none, own_none, &asked, &cfg.fn), &err);
  NT_TEST_FAILS_ERR(nt_stax_elementwise(&err, &cfg, &layer), NT_ERR_ARG, &err);
  NT_TEST_CONTAINS(err.message, "has no finite kernel");
  NT_TEST_MSG(asked > 0 && asked < 4000000, "asked for %lld values", (long long)asked);
  nt_function_release(&cfg.fn);
}

static void test_errors(void)
{
  static const struct {
    const char *text, *message;
  } wrong[] = {
      {"Elementwise()", "needs fn, or nngp_fn"},
      {"Elementwise('x', d_nngp_fn=lambda c, v, w: c)", "without nngp_fn"},
      {"Elementwise(nngp_fn=lambda c, v, w: c, kinks=[0])", "kinks are for the quadrature"},
      {"Elementwise('maximum(x, 0)')", "declare where fn or its derivatives jump, as in kinks=[0]"},
      {"Elementwise('abs(x) + abs(x - 1)', kinks=[0])", "are there more kinks?"},
      {"Elementwise('log(x)')", "has no finite kernel"},
      {"Elementwise('x', kinks=[1, 2, 3, 4, 5])", "at most 4 are possible"},
      {"Elementwise('x', kinks='0')", "must be a list of at most 64 finite numbers"},
      {"Elementwise(lambda x, y: x)", "must be a function of 1 argument"},
      {"Elementwise('x +')", "formula:1:4"},
      {"Elementwise(3)", "must be a function of 1 argument: a lambda, or a formula in x as text"},
      {"ElementwiseNumerical(None, 5)", "fn of ElementwiseNumerical must be a function"},
      {"ElementwiseNumerical(lambda x: x, 0)", "deg = 0: must be an integer of at least 1"},
      {"ElementwiseNumerical(lambda x: x, 300)", "at most 256"},
      {"ElementwiseNumerical(lambda x: x)", "needs deg"},
      {"Monomial(6)", "at most 5"},
      {"Hermite(-1)", "of at least 0"},
      {"RectifiedMonomial(-1)", "of at least 0"},
      {"Polynomial(['a'])", "coef of Polynomial must be a list of at most 64 finite numbers"}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    nt_error err = {0};
    nt_layer *layer = NULL;
    const nt_status status = nt_network_parse(&err, wrong[i].text, NULL, &layer);
    NT_TEST_MSG(status == NT_ERR_NETWORK && strstr(err.message, wrong[i].message) != NULL, "%s: %s",
                wrong[i].text, err.message);
    nt_layer_release(&layer);
  }
}

/* What is proposed in place of layers of other libraries is a network. */
static void test_alternatives(void)
{
  const char *word;
  int found = 0;
  for (int i = 0; (word = nt_word_foreign(i)) != NULL; i++) {
    const char *const text = strstr(nt_word_alternative(word), "Elementwise(");
    if (text == NULL) continue;
    nt_layer *layer = pair_grid_parse(text);
    NT_TEST_MSG(layer != NULL, "%s: %s", word, text);
    nt_layer_release(&layer);
    found++;
  }
  NT_TEST(found >= 10);
}

static const CU_TestInfo tests[] = {
    {"kernel functions, and their derivatives", test_kernel_functions},
    {"kernel functions in float", test_kernel_functions_in_float},
    {"limits of kernel functions", test_limits},
    {"functions of C, and their differences", test_functions_of_c},
    {"smooth kernel functions at duplicates", test_smooth},
    {"no number", test_no_number},
    {"errors", test_errors},
    {"formulas in place of foreign layers", test_alternatives},
    CU_TEST_INFO_NULL};

NT_TEST_MAIN("layer.elementwise", tests)
