/* Functions: values against libm, slopes against differences, text, limits. */
#include "base/function.h"
#include "nt/stax.h"
#include "nt_test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N = 1000 }; /* More than a block, and not a multiple. */

static nt_function *parse(const char *text)
{
  nt_error err = {0};
  nt_function *f = NULL;
  NT_TEST_OK_ERR(nt_function_parse(&err, text, &f), &err);
  return f;
}

/* As a lambda, which reads back as an equal function. */
static char *text_of(const nt_function *f)
{
  char *text = NULL;
  size_t size;
  FILE *file = open_memstream(&text, &size);
  nt_function_write(f, file);
  NT_TEST(fclose(file) == 0);
  return text;
}

static double f1(double x) { return x * tanh(log(1 + exp(x))); }
static double f2(double x) { return exp(-x * x) * sin(x) + 2.5 * x; }
static double f3(double x) { return x > 0.3 ? sqrt(x) : erf(x) / 2; }
static double f4(double x) { return fabs(x) + fmax(x, 0.25) - fmin(-x, 0.5) + 1; }
static double f5(double x) { return cos(x) / (1 + x * x) + tan(x / 2) - pow(2, x); }
static double f6(double x) { return atan2(x, 2) + asin(x / 3) + acos(x / 4) + atan(x); }
static double f7(double x) { return sinh(x) + cosh(x) + expm1(x) + log1p(x * x); }
static double f8(double x) { return 1 - 7 * x + floor(3 * x) + (3 * x - floor(3 * x)); }

static double f10(double x)
{
  return log(exp(x) + exp(1 - x)) + log(exp(2 * x) + 1) - log(1 + exp(-x)) * log(2 + exp(x));
}

static double f9(double x)
{
  return pow(x, 3) - pow(x + 4, -2) + pow(x / 2, 16) / 100 + pow(1 + x * x, 1.5) + pow(x + 4, -1);
}

static const struct {
  const char *text;
  double (*f)(double);
} cases[] = {
    {"x * tanh(log(1 + exp(x)))", f1},
    {"lambda x: np.exp(-x**2) * jnp.sin(x) + 2.5 * x", f2},
    {"lambda t: where(t > .3, sqrt(t), erf(t) / 2)", f3},
    {"lambda x: abs(x) + maximum(x, .25) - minimum(-x, .5) + np.cos(0)", f4},
    {"lambda x: cos(x) / (1 + x**2) + tan(x / 2) - 2**x", f5},
    {"lambda x: arctan2(x, 2) + arcsin(x / 3) + arccos(x / 4) + arctan(x)", f6},
    {"lambda x: sinh(x) + cosh(x) + expm1(x) + log1p(x * x)", f7},
    {"logaddexp(x, 1 - x) + np.log(jnp.exp(2*x) + 1.0) - log1p(exp(-x)) * log(2 + exp(x))", f10},
    {"1 - 7*x + (3*x // 1) + 3*x % 1", f8},
    {"x**3 - (x + 4)**-2 + (x / 2)**16 / 100 + (1 + x*x)**1.5 + (x + 4)**-1", f9},
};

enum { CASES = sizeof cases / sizeof *cases };

/* No point lies on a kink of a case. */
static void points(double *x)
{
  for (int i = 0; i < N; i++)
    x[i] = 2.9 * nt_test_uniform(7, i, 0);
}

static void test_values(void)
{
  double x[N], y[N], dy[N];
  points(x);
  for (int c = 0; c < CASES; c++) {
    nt_function *f = parse(cases[c].text);
    double worst = 0, worst_slope = 0;
    nt_function_eval_f64(f, N, (const double *const[]){x}, y);
    for (int i = 0; i < N; i++)
      worst = fmax(worst, fabs(y[i] - cases[c].f(x[i])));
    nt_function_slope_f64(f, N, (const double *const[]){x}, 0, y, dy);
    for (int i = 0; i < N; i++) {
      const double h = 1e-5, right = cases[c].f(x[i] + h), left = cases[c].f(x[i] - h);
      const bool kink = fabs(right - 2 * cases[c].f(x[i]) + left) > 1e-7;
      worst = fmax(worst, fabs(y[i] - cases[c].f(x[i])));
      if (!kink) worst_slope = fmax(worst_slope, fabs(dy[i] - (right - left) / (2 * h)));
    }
    NT_TEST_MSG(worst < 1e-13, "%s: %g", cases[c].text, worst);
    NT_TEST_MSG(worst_slope < 1e-6, "%s: slope %g", cases[c].text, worst_slope);
    nt_function_release(&f);
  }
}

static void test_three_arguments(void)
{
  nt_function *f = parse("lambda c, v1, v2: exp(c - .5 * (v1 + v2)) * c**v1");
  const double c = .7, v1 = 1.3, v2 = .4, *const arg[] = {&c, &v1, &v2};
  double y, slope[3];
  nt_function_eval_f64(f, 1, arg, &y);
  NT_TEST_CLOSE(y, exp(c - .5 * (v1 + v2)) * pow(c, v1), 1e-15);
  for (int i = 0; i < 3; i++)
    nt_function_slope_f64(f, 1, arg, i, &y, &slope[i]);
  NT_TEST_CLOSE(slope[0], y * (1 + v1 / c), 1e-14);
  NT_TEST_CLOSE(slope[1], y * (log(c) - .5), 1e-14);
  NT_TEST_CLOSE(slope[2], -.5 * y, 1e-14);
  nt_function_release(&f);
}

/* Powers by products; steps that one argument is not in. */
static void test_constant_powers(void)
{
  nt_function *f = parse("lambda c, v, w: c**3 * v**-1 + w / 8 + c**2.5");
  const double c = -1.5, v = .75, w = 4, *arg[] = {&c, &v, &w};
  double y, slope[3];
  nt_function_eval_f64(f, 1, arg, &y);
  NT_TEST(isnan(y)); /* A root of a negative number. */
  nt_function_release(&f);
  f = parse("lambda c, v, w: c**3 * v**-1 + w / 8");
  for (int i = 0; i < 3; i++)
    nt_function_slope_f64(f, 1, arg, i, &y, &slope[i]);
  NT_TEST_CLOSE(y, c * c * c / v + .5, 1e-15);
  NT_TEST_CLOSE(slope[0], 3 * c * c / v, 1e-15);
  NT_TEST_CLOSE(slope[1], -c * c * c / (v * v), 1e-14);
  NT_TEST_CLOSE(slope[2], .125, 0);
  nt_function_release(&f);
  f = parse("lambda c, v, w: c**3 + v**-1");
  const double zero = 0, *const at_zero[] = {&zero, &zero, &w};
  nt_function_slope_f64(f, 1, at_zero, 2, &y, &slope[2]);
  NT_TEST(isinf(y) && slope[2] == 0);
  nt_function_slope_f64(f, 1, (const double *const[]){&zero, &v, &w}, 0, &y, &slope[0]);
  NT_TEST(y == 1 / v && slope[0] == 0);
  nt_function_release(&f);
}

static void test_parity(void)
{
  static const struct {
    const char *text;
    nt_parity parity;
  } of[] = {{"tanh(x)", NT_PARITY_ODD},
            {"x * tanh(x)", NT_PARITY_EVEN},
            {"x", NT_PARITY_ODD},
            {"3.5", NT_PARITY_EVEN},
            {"x + 1", NT_PARITY_NONE},
            {"exp(-x**2) * sin(2 * x)", NT_PARITY_ODD},
            {"x**3 - x / cosh(x)", NT_PARITY_ODD},
            {"x**4 + abs(x)", NT_PARITY_EVEN},
            {"x**-1", NT_PARITY_ODD},
            {"x**2.5", NT_PARITY_NONE},
            {"2**x", NT_PARITY_NONE},
            {"log(1 + exp(x))", NT_PARITY_NONE},
            {"maximum(x, 0)", NT_PARITY_NONE},
            {"maximum(abs(x), 1)", NT_PARITY_EVEN},
            {"where(abs(x) < 1, x, sign(x))", NT_PARITY_ODD},
            {"where(x < 1, x, sign(x))", NT_PARITY_NONE},
            {"-erf(x) + arctan(sinh(x))", NT_PARITY_ODD},
            {"lambda a, b: a * b", NT_PARITY_NONE}};
  for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
    nt_function *f = parse(of[i].text);
    NT_TEST_MSG(nt_function_parity(f) == of[i].parity, "%s", of[i].text);
    nt_function_release(&f);
  }
}

static void test_in_place(void)
{
  double x[N], want[N];
  points(x);
  for (int i = 0; i < N; i++)
    want[i] = f1(x[i]);
  nt_function *f = parse(cases[0].text);
  nt_function_eval_f64(f, N, (const double *const[]){x}, x);
  NT_TEST(nt_test_max_error(N, x, want) < 1e-15);
  nt_function_eval_f64(f, 0, (const double *const[]){x}, x);
  nt_function_release(&f);
}

static void test_edges(void)
{
  nt_function *f = parse("sqrt(x)");
  double x = 0, y, dy;
  nt_function_slope_f64(f, 1, (const double *const[]){&x}, 0, &y, &dy);
  NT_TEST(y == 0 && isinf(dy));
  nt_function_release(&f);
  f = parse("where(x > 0, log(x), 0)");
  x = -1;
  nt_function_slope_f64(f, 1, (const double *const[]){&x}, 0, &y, &dy);
  NT_TEST(y == 0 && dy == 0);
  nt_function_release(&f);
  f = parse("x**3 + 0**x");
  x = 0;
  nt_function_slope_f64(f, 1, (const double *const[]){&x}, 0, &y, &dy);
  NT_TEST(y == 1);
  nt_function_release(&f);
  f = parse("lambda x: 2 * pi");
  NT_TEST(f->steps == 0);
  nt_function_slope_f64(f, 1, (const double *const[]){&x}, 0, &y, &dy);
  NT_TEST(y == 2 * acos(-1) && dy == 0);
  nt_function_release(&f);
}

static void test_text(void)
{
  double x[N], y[N], z[N];
  points(x);
  for (int c = 0; c < CASES; c++) {
    nt_function *f = parse(cases[c].text);
    char *const text = text_of(f);
    nt_function *g = parse(text);
    nt_function_eval_f64(f, N, (const double *const[]){x}, y);
    nt_function_eval_f64(g, N, (const double *const[]){x}, z);
    NT_TEST_MSG(memcmp(y, z, sizeof y) == 0, "%s", text);
    free(text);
    nt_function_release(&f);
    nt_function_release(&g);
  }
}

/* In float to the digits of its results and of what they are made of. */
static void test_float(void)
{
  double x[N], y[N], dy[N];
  float xf[N], yf[N], dyf[N];
  points(x);
  for (int i = 0; i < N; i++) {
    xf[i] = (float)x[i];
    x[i] = (double)xf[i];
  }
  for (int c = 0; c < CASES; c++) {
    nt_function *f = parse(cases[c].text);
    double worst = 0, worst_slope = 0;
    nt_function_slope_f64(f, N, (const double *const[]){x}, 0, y, dy);
    nt_function_slope_f32(f, N, (const float *const[]){xf}, 0, yf, dyf);
    for (int i = 0; i < N; i++) {
      worst = fmax(worst, fabs((double)yf[i] - y[i]) / (10 + fabs(y[i])));
      worst_slope = fmax(worst_slope, fabs((double)dyf[i] - dy[i]) / (10 + fabs(dy[i])));
    }
    NT_TEST_MSG(worst < 1e-6 && worst_slope < 1e-6, "%s: %g %g", cases[c].text, worst, worst_slope);
    nt_function_eval_f32(f, N, (const float *const[]){xf}, xf);
    NT_TEST_MSG(memcmp(xf, yf, sizeof xf) == 0, "%s", cases[c].text);
    for (int i = 0; i < N; i++)
      xf[i] = (float)x[i];
    nt_function_release(&f);
  }
}

/* Found by fuzzing: the sign of a NaN was printed once, and lost when that was read. */
static void test_nan_text(void)
{
  static const char *const cases[] = {"x + nan", "x - nan", "x - -nan", "-(nan) * x"};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    nt_function *f = parse(cases[i]);
    char *const first = text_of(f);
    nt_function *g = parse(first);
    char *const second = text_of(g);
    NT_TEST_MSG(strcmp(first, second) == 0, "%s, %s", first, second);
    free(first);
    free(second);
    nt_function_release(&f);
    nt_function_release(&g);
  }
}

static void twice(void *data, int64_t n, const double *const *arg, double *out)
{
  for (int64_t i = 0; i < n; i++)
    out[i] = *(const double *)data * arg[0][i];
}

/* The last owner frees. */
static void test_owners(void)
{
  nt_error err = {0};
  double factor = 2;
  const double x = 3, *const arg[] = {&x};
  nt_function *one = NULL;
  NT_TEST_OK_ERR(nt_function_closure(&err, "twice", 1, twice, NULL, &factor, &one), &err);
  nt_function *two = nt_function_retain(one);
  NT_TEST(two == one && nt_function_retain(NULL) == NULL);
  nt_function_release(&one);
  NT_TEST(one == NULL);
  double y = 0;
  nt_function_eval_f64(two, 1, arg, &y);
  NT_TEST(y == 6);
  nt_function_release(&two);
  nt_function_release(&two);
}

static void test_wrong(void)
{
  static const struct {
    const char *text, *message;
  } wrong[] = {{"", "must be one formula"},
               {"x; x", "must be one formula"},
               {"y * x", "unknown name 'y' in a function of x"},
               {"lambda x, x: x", "two arguments of the name 'x'"},
               {"lambda a, b, c, d: a", "at most 3 arguments"},
               {"lambda a.b: 1", "no points"},
               {"lambda: 1", "the name of an argument"},
               {"sin(x, x)", "sin takes 1 argument"},
               {"where(x)", "where takes 3 arguments; found 1"},
               {"softmax(x)", "'softmax' is not a function"},
               {"sqr(x)", "did you mean 'sqrt'"},
               {"[x]", "a function consists of"},
               {"'x'", "a function consists of"},
               {"x < 1 < 2", "comparisons in a row"},
               {"sin(a=x)", "a function consists of"},
               {"Relu(x)", "not a function that a lambda can use"},
               {"log(1 + stax.exp(x))", "not a function that a lambda can use"},
               {"stax.log(1 + exp(x))", "not a function that a lambda can use"},
               {"log1p(exp(x), 1)", "log1p takes 1 argument"}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    nt_error err = {0};
    nt_function *f = NULL;
    NT_TEST_FAILS_ERR(nt_function_parse(&err, wrong[i].text, &f), NT_ERR_NETWORK, &err);
    NT_TEST_CONTAINS(err.message, wrong[i].message);
    NT_TEST(f == NULL);
  }
}

/* "a(1) + (a(2) + (a(3) ...": many values at a time. */
static void test_limits(void)
{
  char text[20000];
  size_t n = 0;
  nt_error err = {0};
  nt_function *f = NULL;
  for (int i = 0; i < 40; i++)
    n += (size_t)sprintf(text + n, "sin(x) + (");
  n += (size_t)sprintf(text + n, "x");
  memset(text + n, ')', 40);
  text[n + 40] = '\0';
  NT_TEST_FAILS_ERR(nt_function_parse(&err, text, &f), NT_ERR_NETWORK, &err);
  NT_TEST_CONTAINS(err.message, "intermediate values");
  n = (size_t)sprintf(text, "x");
  for (int i = 0; i < 70; i++)
    n += (size_t)sprintf(text + n, " + %d.5 * x", i);
  err = (nt_error){0};
  NT_TEST_FAILS_ERR(nt_function_parse(&err, text, &f), NT_ERR_NETWORK, &err);
  NT_TEST_CONTAINS(err.message, "different numbers");
  n = (size_t)sprintf(text, "x");
  for (int i = 0; i < 450; i++)
    n += (size_t)sprintf(text + n, " + sin(x)*sin(x)*x");
  err = (nt_error){0};
  NT_TEST_FAILS_ERR(nt_function_parse(&err, text, &f), NT_ERR_NETWORK, &err);
  NT_TEST_CONTAINS(err.message, "steps");
}

static const CU_TestInfo tests[] = {
    {"values equal libm, slopes equal differences", test_values},
    {"functions of three arguments", test_three_arguments},
    {"powers by products, constant steps", test_constant_powers},
    {"odd and even functions", test_parity},
    {"the result may replace the argument", test_in_place},
    {"edges: branches not taken, constants", test_edges},
    {"in float", test_float},
    {"the text of a function is a function of the same bits", test_text},
    {"a NaN prints without a sign", test_nan_text},
    {"a function lives as long as an owner", test_owners},
    {"wrong functions are refused", test_wrong},
    {"limits are errors", test_limits},
    CU_TEST_INFO_NULL};
NT_TEST_MAIN("net.function", tests)
