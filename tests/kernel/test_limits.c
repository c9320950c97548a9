/* Every nonlinearity where its formula divides zero by zero: no variance, duplicates, opposites.
 * The kernel is finite, and the limit. */
#include "data.h"
#include "nt_test.h"
#include "run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct activation {
  const char *text;
  double at_zero; /* K of two samples without variance: phi(0)^2 */
  bool jumps;     /* At 0, so that samples with a little variance have another kernel. */
  bool unit;      /* Supposes variances of 1: a power of K alone. */
  bool ends;      /* Its kernel is beyond what numbers hold, or a quadrature, at huge variances. */
  double reach;   /* If so: inputs of this size at least have one. */
} activation;

static const activation activations[] = {
    {.text = "Relu()", .at_zero = 0},
    {.text = "Relu(do_stabilize=True)", .at_zero = 0},
    {.text = "LeakyRelu(.1)", .at_zero = 0},
    {.text = "ABRelu(-.5, 1.3)", .at_zero = 0},
    {.text = "Abs()", .at_zero = 0},
    {.text = "Sign()", .at_zero = 0, .jumps = true},
    {.text = "Erf()", .at_zero = 0},
    {.text = "Erf(.6, .8, .3)", .at_zero = .09},
    {.text = "Sigmoid_like()", .at_zero = .25},
    {.text = "Gelu()", .at_zero = 0},
    {.text = "Sin()", .at_zero = 0},
    {.text = "Sin(.6, .8, .5)", .at_zero = 0.36 * 0.22984884706593015}, /* sin(.5)^2 */
    {.text = "Cos()", .at_zero = 1},
    {.text = "Rbf(.7)", .at_zero = 1},
    {.text = "Exp(.6, .4)", .at_zero = .36, .ends = true, .reach = 10},
    {.text = "Gaussian(.6, -.8)", .at_zero = .36},
    {.text = "ExpNormalized()", .at_zero = 0},
    {.text = "ExpNormalized(1.5, -1, True)", .at_zero = 0},
    {.text = "Gabor()", .at_zero = 0},
    {.text = "Hermite(0)", .at_zero = 1, .unit = true},
    {.text = "Hermite(3)", .at_zero = 0, .unit = true, .ends = true, .reach = 1e4},
    {.text = "Monomial(0)", .at_zero = 1},
    {.text = "Monomial(1)", .at_zero = 0},
    {.text = "Monomial(2)", .at_zero = 0, .ends = true, .reach = 1e4},
    {.text = "Monomial(3)", .at_zero = 0, .ends = true, .reach = 1e4},
    {.text = "Monomial(4)", .at_zero = 0, .ends = true, .reach = 1e3},
    {.text = "Monomial(5)", .at_zero = 0, .ends = true, .reach = 1e3},
    {.text = "RectifiedMonomial(0)", .at_zero = 1, .jumps = true},
    {.text = "RectifiedMonomial(1)", .at_zero = 0},
    {.text = "RectifiedMonomial(2)", .at_zero = 0, .ends = true, .reach = 1e4},
    {.text = "RectifiedMonomial(5)", .at_zero = 0, .ends = true, .reach = 1e3},
    {.text = "Polynomial([])", .at_zero = 0},
    {.text = "Polynomial([1.3, 0, -1.2, -.5])", .at_zero = 1.69, .ends = true, .reach = 1e4},
    {.text = "Polynomial([0, 2.])", .at_zero = 0},
    {.text = "Elementwise('tanh(x)')", .at_zero = 0, .ends = true, .reach = 10},
    {.text = "Elementwise('cos(x)')", .at_zero = 1, .ends = true, .reach = 3},
    {.text = "Elementwise('abs(x)', kinks=[0])", .at_zero = 0, .ends = true, .reach = 1e6},
    {.text = "Elementwise(nngp_fn=lambda c, v, w: exp(c - (v + w) / 2))", .at_zero = 1},
    {.text = "ElementwiseNumerical(lambda x: cos(x), 25)", .at_zero = 1, .ends = true, .reach = 10},
    {.text = "ElementwiseNumerical(lambda x: x * tanh(x), 30)",
     .at_zero = 0,
     .ends = true,
     .reach = 1e6},
};

/* Samples: 0 of zeros, 1 any, 2 its copy, 3 its opposite, 4 three times it, 5 tiny, 6
 * another, 7 of zeros again. */
enum { N = 8, CHANNELS = 4 };

static nt_tree *samples(bool image)
{
  const nt_shape flat = {2, {N, CHANNELS}}, square = {4, {N, 2, 2, 1}};
  double x[N][CHANNELS] = {{0}};
  for (int c = 0; c < CHANNELS; c++) {
    const double v = nt_test_uniform(5, c, 0);
    x[1][c] = x[2][c] = v;
    x[3][c] = -v;
    x[4][c] = 3 * v;
    x[5][c] = 1e-9 * v;
    x[6][c] = nt_test_uniform(6, c, 0);
  }
  return nt_data_file("limits.npy", image ? &square : &flat, x[0]);
}

typedef struct result {
  nt_status status;
  double *k, *t;
} result;

static result kernel_of(const char *before, const activation *a, const char *behind, nt_dtype dtype)
{
  char network[300];
  result r = {0};
  nt_grid *grid = NULL;
  nt_tree *x = samples(strstr(before, "Conv") != NULL), *kernels = NULL;
  (void)snprintf(network, sizeof network, "serial(%s, %s, %s)", before, a->text, behind);
  nt_run run = {.network = network, .x1 = x, .get = NT_GET_NNGP | NT_GET_NTK};
  run.options = (nt_kernel_options)NT_KERNEL_DEFAULTS;
  run.options.tile = 3;
  run.options.dtype = dtype;
  r.status = nt_run_kernel(nt_test_world(), &run, 0, 0, &grid, &kernels);
  const char *message = nt_ctx_error(nt_test_world())->message;
  NT_TEST_MSG(r.status == NT_OK || (dtype == NT_FLOAT32 && strstr(message, "float32 ends") != NULL),
              "%s: %s", network, message);
  if (r.status == NT_OK) {
    const nt_kernel *kernel = nt_tree_nth(kernels, 0)->leaf;
    r.k = nt_gather(kernel->nngp);
    r.t = nt_gather(kernel->ntk);
  }
  nt_ctx_clear_error(nt_test_world());
  nt_kernels_destroy(&kernels);
  nt_grid_destroy(&grid);
  nt_data_destroy(&x);
  return r;
}

static bool near(double a, double b, double tolerance)
{
  return fabs(a - b) <= tolerance * (1 + fabs(b));
}

/* Rows and columns of duplicates are the same; those of two samples of zeros too. */
static bool duplicates(const double *m, double tolerance)
{
  bool same = true;
  for (int i = 0; i < N; i++)
    same = same && near(m[i * N + 1], m[i * N + 2], tolerance) &&
           near(m[1 * N + i], m[2 * N + i], tolerance) &&
           near(m[i * N + 0], m[i * N + 7], tolerance);
  return same;
}

static bool all_finite(const double *m)
{
  bool finite = true;
  for (int i = 0; i < N * N; i++)
    finite = finite && isfinite(m[i]);
  return finite;
}

/* Without biases, so that zeros stay zeros. */
static void check(const activation *a, nt_dtype dtype)
{
  const double tolerance = dtype == NT_FLOAT64 ? 1e-7 : 1e-5;
  result r = kernel_of("Dense(1, 1.2)", a, "Identity()", dtype);
  if (r.status != NT_OK) return;
  NT_TEST_MSG(all_finite(r.k) && all_finite(r.t), "%s: not finite", a->text);
  NT_TEST_MSG(near(r.k[0], a->at_zero, 1e-6), "%s: K(0, 0) = %g", a->text, r.k[0]);
  NT_TEST_MSG(r.t[0] == 0 && near(r.t[0 * N + 1], 0, tolerance), "%s: T(0, x) = %g", a->text,
              r.t[0 * N + 1]);
  NT_TEST_MSG(duplicates(r.k, tolerance) && duplicates(r.t, tolerance), "%s: duplicates differ",
              a->text);
  NT_TEST_MSG(near(r.k[1 * N + 2], r.k[1 * N + 1], tolerance), "%s: a copy", a->text);
  NT_TEST_MSG(fabs(r.k[1 * N + 3]) <= r.k[1 * N + 1] * (1 + tolerance), "%s: opposites", a->text);
  for (int i = 0; i < N && !a->jumps && !a->unit; i++)
    NT_TEST_MSG(near(r.k[0 * N + i], r.k[5 * N + i], 1e-6), "%s: K(0, x%d) = %g, nearly 0: %g",
                a->text, i, r.k[0 * N + i], r.k[5 * N + i]);
  free(r.k);
  free(r.t);
}

static void test_limits(void)
{
  for (size_t a = 0; a < sizeof activations / sizeof activations[0]; a++) {
    check(&activations[a], NT_FLOAT64);
    check(&activations[a], NT_FLOAT32);
  }
}

/* Deeper, with and without a bias between: what is zero or equal meets the formulas again. */
static void test_deep(void)
{
  char behind[200];
  for (size_t a = 0; a < sizeof activations / sizeof activations[0]; a++) {
    for (int bias = 0; bias < 2; bias++) {
      (void)snprintf(behind, sizeof behind, "Dense(1, .7%s), %s, Dense(1)", bias ? ", .3" : "",
                     activations[a].text);
      result r = kernel_of("Dense(1, .8)", &activations[a], behind, NT_FLOAT64);
      if (r.status != NT_OK) continue;
      NT_TEST_MSG(all_finite(r.k) && all_finite(r.t), "%s, %s", activations[a].text, behind);
      NT_TEST_MSG(duplicates(r.k, 1e-7) && duplicates(r.t, 1e-6), "%s, %s: duplicates differ",
                  activations[a].text, behind);
      free(r.k);
      free(r.t);
    }
  }
}

/* Variances far below what float32 can hold are none, but no NaN; an output that has no others is
 * refused. */
static void test_vanishing(void)
{
  char behind[200];
  result relu = kernel_of("Dense(1, 1e-20)", &activations[0], "Dense(1)", NT_FLOAT32);
  NT_TEST(relu.status == NT_ERR_NUMERIC);
  free(relu.k);
  free(relu.t);
  for (size_t a = 0; a < sizeof activations / sizeof activations[0]; a++) {
    (void)snprintf(behind, sizeof behind, "Dense(1, 1e-30), %s, Dense(1)", activations[a].text);
    for (nt_dtype dtype = NT_FLOAT64; dtype <= NT_FLOAT32; dtype++) {
      result r = kernel_of("Dense(1, 1e-30)", &activations[a], behind, dtype);
      if (r.status != NT_OK) continue;
      NT_TEST_MSG(all_finite(r.k) && all_finite(r.t), "%s, %s", activations[a].text, behind);
      free(r.k);
      free(r.t);
    }
  }
}

/* Products of variances are beyond what the arithmetic holds, but the kernel is not; its D may be
 * rounding as large as all of it. */
static void test_huge(void)
{
  static const char *const before[] = {
      "Dense(1, %s)", "Dense(1), Relu(), Dense(1, %s)", "Conv(1, (2, 2), padding='SAME', W_std=%s)",
      "Conv(1, (2, 2)), Relu(), ConvTranspose(1, (2, 2), W_std=%s)"};
  static const char *const factor[] = {"1e150", "1e17"};
  char start[200];
  for (size_t a = 0; a < sizeof activations / sizeof activations[0]; a++) {
    for (int i = 0; i < 8 && !activations[a].ends; i++) {
      const bool image = i >= 4, exact = i / 2 == 0;
      const int dtype = i % 2;
      (void)snprintf(start, sizeof start, before[i / 2], factor[dtype]);
      result r = kernel_of(start, &activations[a], image ? "GlobalAvgPool()" : "Dense(1, .3)",
                           (nt_dtype)dtype);
      if (r.status != NT_OK) continue;
      NT_TEST_MSG(all_finite(r.k) && all_finite(r.t), "%s, %s", start, activations[a].text);
      const double k = r.k[1 * N + 1], t = r.t[1 * N + 1];
      NT_TEST_MSG(!exact || k > 0 || !strcmp(activations[a].text, "Polynomial([])"), "%s, %s: %g",
                  start, activations[a].text, k);
      NT_TEST_MSG(!exact || (fabs(r.k[1 * N + 2] - k) <= 1e-5 * fabs(k) &&
                             fabs(r.t[1 * N + 2] - t) <= 1e-5 * fabs(t)),
                  "%s, %s: a copy", start, activations[a].text);
      free(r.k);
      free(r.t);
    }
  }
}

/* Samples 1, its copy 2 and its opposite 3 have one kernel with themselves and each other, but for
 * the sign of odd functions; K itself says so to the rounding of variances alone. */
static void check_wide(const char *start, const activation *a, const char *behind, nt_dtype dtype)
{
  const double tolerance = dtype == NT_FLOAT64 ? 4e-14 : 1e-5;
  result r = kernel_of(start, a, behind, dtype);
  for (int field = 0; r.status == NT_OK && field < 2; field++) {
    const double *m = field == 0 ? r.k : r.t, own = m[1 * N + 1];
    const double off = fabs(m[1 * N + 2] - own) + fabs(m[2 * N + 2] - own);
    const double opposite = fabs(m[1 * N + 3] - m[2 * N + 3]);
    NT_TEST_MSG(off <= tolerance * fabs(own) && opposite <= tolerance * fabs(own),
                "%s, %s, %s (%d): field %d of a copy off by %.1e, of opposites by %.1e of it",
                start, a->text, behind, dtype, field, off / fabs(own), opposite / fabs(own));
  }
  free(r.k);
  free(r.t);
}

static void test_wide(void)
{
  static const char *const before[] = {"Conv(1, (2, 2), padding='SAME', W_std=%g, b_std=.1)",
                                       "Conv(1, (1, 2)), Gelu(), Conv(1, (2, 1), W_std=%g)",
                                       "Dense(1, W_std=%g, b_std=.1)"};
  char start[200];
  for (size_t a = 0; a < sizeof activations / sizeof activations[0]; a++) {
    for (int b = 0; b < (activations[a].ends ? 1 : 3); b++) {
      for (nt_dtype dtype = NT_FLOAT64; dtype <= NT_FLOAT32; dtype++) {
        const double reach = activations[a].ends ? activations[a].reach : 1e12;
        const double most = dtype == NT_FLOAT32 ? fmin(reach, 1e6) : reach;
        for (double size = 1; size <= most; size *= 1e3) {
          (void)snprintf(start, sizeof start, before[b], size);
          check_wide(start, &activations[a], b < 2 ? "Flatten(), Dense(1)" : "Dense(1)", dtype);
        }
      }
    }
  }
}

static const CU_TestInfo tests[] = {
    {"limits of every nonlinearity", test_limits}, {"limits two layers deep", test_deep},
    {"variances below float32", test_vanishing},   {"variances whose products overflow", test_huge},
    {"duplicates of wide inputs", test_wide},      CU_TEST_INFO_NULL};

NT_TEST_MAIN("kernel.limits", tests)
