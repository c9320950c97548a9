/** Rules of quadrature for Elementwise and ElementwiseNumerical, against
 * closed forms, with kinks. */
#include "pair_grid.h"

#include "nt_test.h"

#include "layer/gauss.h"
#include "net/net_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PI 3.14159265358979323846

enum { RHOS = PAIR_GRID_RHOS, SCALES = PAIR_GRID_SCALES };

static void test_hermite_rule(void)
{
  static const int degrees[] = {1, 2, 3, 10, 25, 64, 255, 256};
  for (int d = 0; d < 8; d++) {
    const int n = degrees[d];
    double x[256], w[256], moment[3] = {0}, cosine = 0;
    nt_gauss_hermite(n, x, w);
    for (int i = 0; i < n; i++) {
      NT_TEST(w[i] > 0 && x[i] == -x[n - 1 - i] && (i == 0 || x[i] > x[i - 1]));
      for (int m = 0; m < 3; m++)
        moment[m] += w[i] * pow(x[i], 2 * m);
      cosine += w[i] * cos(x[i]);
    }
    const double root = sqrt(PI),
                 want[] = {root, n > 1 ? root / 2 : 0, n > 2 ? root * 3 / 4 : moment[2]};
    for (int m = 0; m < 3; m++)
      NT_TEST_MSG(fabs(moment[m] - want[m]) < 4e-15, "degree %d, moment %d: %.17g", n, 2 * m,
                  moment[m]);
    NT_TEST_MSG(n < 10 || fabs(cosine - root * exp(-0.25)) < 1e-14, "degree %d: %.17g", n, cosine);
  }
}

/* Smooth functions with closed forms. */
static void test_smooth(void)
{
  static map_run got, want;
  static const char *const cases[][2] = {
      {"Elementwise('erf(x)')", "Erf()"},
      {"Elementwise(lambda t: 0.6 * np.erf(0.8 * t) + 0.3)", "Erf(.6, .8, .3)"},
      {"Elementwise('x * (1 + erf(x / 2**.5)) / 2')", "Gelu()"},
      {"Elementwise('sin(x)')", "Sin()"},
      {"Elementwise('exp(-x**2)')", "Gaussian()"},
      {"Elementwise('exp(-x**2) * sin(x)')", "Gabor()"},
      {"Elementwise('x**3 - x')", "Polynomial([0, -1, 0, 1])"}};
  pair_grid_make(&want);
  got = want;
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    pair_grid_go(&got, cases[c][0], NT_FLOAT64);
    pair_grid_go(&want, cases[c][1], NT_FLOAT64);
    NT_TEST_MSG(pair_grid_distance(&got, &want) < 1e-10, "%s: %g", cases[c][0],
                pair_grid_distance(&got, &want));
    pair_grid_go(&got, cases[c][0], NT_FLOAT32);
    NT_TEST_MSG(pair_grid_distance(&got, &want) < 2e-5, "%s: %g in float", cases[c][0],
                pair_grid_distance(&got, &want));
  }
}

/* Not compared: slopes at q = 0, where a function with a kink there has a choice; and to 1e-8 only
 * those of scaled copies, whose angle a K cannot tell from the root of its rounding error. */
static void leave_out(map_run *a, const map_run *b)
{
  for (int i = 0; i < a->n; i++) {
    const bool copy = a->q1[i] != a->q2[i] && fabs(pair_grid_rho(i)) >= 1;
    if (copy && a->q1[i] * a->q2[i] > 0)
      NT_TEST(fabs(a->t_out[i] - b->t_out[i]) < 1e-8 * (1 + fabs(b->t_out[i])));
    if (copy || a->q1[i] * a->q2[i] <= 0) a->t_out[i] = b->t_out[i];
  }
}

static void test_kinks(void)
{
  static map_run got, want;
  static const char *const cases[][2] = {
      {"Elementwise('maximum(x, 0)', kinks=[0])", "Relu()"},
      {"Elementwise('abs(x)', kinks=0)", "Abs()"},
      {"Elementwise('where(x > 0, x**2, 0)', kinks=(0,))", "RectifiedMonomial(2)"}};
  pair_grid_make(&want);
  got = want;
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    pair_grid_go(&got, cases[c][0], NT_FLOAT64);
    pair_grid_closed_form(&want, cases[c][1]);
    leave_out(&got, &want);
    NT_TEST_MSG(pair_grid_distance(&got, &want) < 1e-10, "%s: %g", cases[c][0],
                pair_grid_distance(&got, &want));
  }
}

static double normal(double x) { return erfc(-x / sqrt(2)) / 2; }
static double density(double x) { return exp(-x * x / 2) / sqrt(2 * PI); }

/* E[f], E[f^2] of u ~ N(0, s^2), and the slope's. */
typedef struct moments {
  double mean, square, slope, slope_square;
} moments;

/* x for x > 0, exp(x) - 1 below. */
static moments elu(double s)
{
  const double one = exp(s * s / 2) * normal(-s), two = exp(2 * s * s) * normal(-2 * s);
  return (moments){s * density(0) + one - 0.5, s * s / 2 + two - 2 * one + 0.5, 0.5 + one,
                   0.5 + two};
}

/* min(max(x, -1), 1): two kinks. */
static moments clip(double s)
{
  const double c = 1 / s, inside = 2 * normal(c) - 1;
  return (moments){0, s * s * (inside - 2 * c * density(c)) + 2 * normal(-c), inside, inside};
}

/* max(x - 1/2, 0): a kink away from 0. */
static moments shifted(double s)
{
  const double c = 0.5 / s, tail = normal(-c);
  return (moments){s * density(c) - 0.5 * tail, s * s * tail + 0.25 * tail - 0.5 * s * density(c),
                   tail, tail};
}

/* Independent pairs and duplicates have one-dimensional values. */
static void test_kinks_in_one_dimension(void)
{
  static map_run run;
  static const struct {
    const char *text;
    moments (*of)(double s);
  } cases[] = {{"Elementwise('where(x > 0, x, exp(x) - 1)', kinks=[0])", elu},
               {"Elementwise('maximum(minimum(x, 1), -1)', kinks=[-1, 1])", clip},
               {"Elementwise('maximum(x - .5, 0)', kinks=[.5])", shifted}};
  pair_grid_make(&run);
  for (int c = 0; c < 3; c++) {
    double worst = 0;
    pair_grid_go(&run, cases[c].text, NT_FLOAT64);
    for (int i = 0; i < run.n; i++) {
      const double s1 = sqrt(run.q1[i]), s2 = sqrt(run.q2[i]), rho = pair_grid_rho(i);
      if (s1 * s2 <= 0 || (rho != 0 && (rho < 1 || s1 != s2))) continue;
      const moments a = cases[c].of(s1), b = cases[c].of(s2);
      const double f = rho > 0 ? a.square : a.mean * b.mean;
      const double dot = rho > 0 ? a.slope_square : a.slope * b.slope;
      worst = fmax(worst, fabs(run.k_out[i] - f) / sqrt(a.square * b.square));
      worst = fmax(worst, fabs(run.t_out[i] - dot) / sqrt(a.slope_square * b.slope_square));
    }
    NT_TEST_MSG(worst < 1e-10, "%s: %g", cases[c].text, worst);
  }
}

/* The reference's rule: fixed degree, exact for polynomials of degree below it. */
static void test_numerical(void)
{
  static map_run got, want;
  pair_grid_make(&want);
  got = want;
  pair_grid_go(&want, "Polynomial([1, 2, 0, -1])", NT_FLOAT64);
  pair_grid_go(&got, "ElementwiseNumerical(lambda x: 1 + 2 * x - x**3, 7)", NT_FLOAT64);
  NT_TEST_MSG(pair_grid_distance(&got, &want) < 1e-13, "%g", pair_grid_distance(&got, &want));
  pair_grid_go(&got, "ElementwiseNumerical('1 + 2 * x - x**3', deg=200, df='2 - 3 * x**2')",
               NT_FLOAT64);
  NT_TEST_MSG(pair_grid_distance(&got, &want) < 1e-12, "%g", pair_grid_distance(&got, &want));
}

/* Gaussians far wider than f around 0: graded nodes are right for what is alike on all scales. */
static void test_graded(void)
{
  static map_run got, want;
  static const char *const cases[][2] = {{"Elementwise('erf(x)')", "Erf()"},
                                         {"Elementwise('exp(-x**2)')", "Gaussian()"},
                                         {"Elementwise('x * (1 + erf(x / 2**.5)) / 2')", "Gelu()"}};
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    double error = 0;
    pair_grid_make(&want);
    want.n = NT_LANES;
    for (int i = 0; i < NT_LANES; i++) {
      want.q1[i] = i < NT_LANES / 2 ? 1e4 : 1e10;
      want.q2[i] = i % 2 ? want.q1[i] : 7;
      want.k[i] = pair_grid_rho(i * 3) * sqrt(want.q1[i]) * sqrt(want.q2[i]);
    }
    got = want;
    pair_grid_go(&got, cases[c][0], NT_FLOAT64);
    pair_grid_go(&want, cases[c][1], NT_FLOAT64);
    for (int i = 0; i < NT_LANES; i++) {
      const double f = want.k_out[i], dot = want.t_out[i];
      error = fmax(error, fabs(got.k_out[i] - f) / (1e-5 + fabs(f)));
      error = fmax(error, fabs(got.t_out[i] - dot) / (1e-7 + fabs(dot)));
      NT_TEST(isfinite(got.k_out[i]) && isfinite(got.t_out[i]));
    }
    NT_TEST_MSG(error < 2.5e-11, "%s: %g", cases[c][0], error);
  }
}

/* Beyond the nodes that a rule has, NaN, which the engine reports; the
 * others of the group are right. */
static void test_wide(void)
{
  static map_run run;
  char text[200];
  pair_grid_make(&run);
  run.q1[3] = run.q2[3] = run.k[3] = 1e9;
  pair_grid_go(&run, "Elementwise('cos(x)')", NT_FLOAT64);
  for (int i = 0; i < run.n; i++)
    NT_TEST_MSG(isnan(run.k_out[i]) == (i == 3), "%d: %g", i, run.k_out[i]);
  /* Formulas whose exp overflows, and they do not. */
  static const char *const formulas[] = {"x * tanh(log(1 + exp(x)))", "log(exp(x) + 1)",
                                         "np.log1p(np.exp(x))", "x / (1 + exp(-x))"};
  for (int f = 0; f < 4; f++) {
    (void)snprintf(text, sizeof text, "Elementwise('%s')", formulas[f]);
    pair_grid_go(&run, text, NT_FLOAT64);
    NT_TEST_MSG(fabs(run.k_out[3] / 5e8 - 1) < 1e-7 && fabs(run.t_out[3] - 0.5) < 2e-5,
                "%s: %.10g, %.10g", text, run.k_out[3], run.t_out[3]);
  }
  nt_layer *layer = pair_grid_parse("Elementwise('x * tanh(log(1 + exp(x)))')");
  layer->ops->describe(layer->cfg, text, sizeof text);
  NT_TEST_MSG(strstr(text, "accuracy") != NULL, "%s", text);
  nt_layer_release(&layer);
}

/* The accuracy that a rule of fixed degree says of itself. */
static double said_accuracy(const char *network)
{
  char text[200];
  nt_layer *layer = pair_grid_parse(network);
  layer->ops->describe(layer->cfg, text, sizeof text);
  const char *const at = strstr(text, "accuracy ");
  NT_TEST_MSG(at != NULL, "%s", text);
  nt_layer_release(&layer);
  return at == NULL ? (double)NAN : atof(at + strlen("accuracy "));
}

/* Rules are exact for polynomials of a degree below theirs, good for sines, bad for kinks. */
static void test_said(void)
{
  NT_TEST(said_accuracy("ElementwiseNumerical('x**3', 5)") < 1e-12);
  const double sine = said_accuracy("ElementwiseNumerical('sin(x)', 8)");
  NT_TEST_MSG(sine > 1e-9 && sine < 1e-4, "%g", sine);
  NT_TEST(said_accuracy("ElementwiseNumerical('sin(x)', 25)") < 1e-13);
  NT_TEST(said_accuracy("ElementwiseNumerical('maximum(x, 0)', 25)") > 1e-3);
  NT_TEST(said_accuracy("ElementwiseNumerical('sin(x)', 256)") < 1e-12);
}

/* Bits do not depend on the other lanes, nor on whether the NTK is wanted. */
static void test_bits(void)
{
  static map_run run, other;
  static const char *const texts[] = {"Elementwise('tanh(x)')",
                                      "ElementwiseNumerical('tanh(x)', 20)",
                                      "Elementwise('maximum(x, 0)', kinks=[0])"};
  for (int c = 0; c < 3; c++) {
    nt_layer *layer = pair_grid_parse(texts[c]);
    pair_grid_make(&run);
    run.n = 64;
    run.q1[5] = 1e4; /* Beyond the trapezoidal rule. */
    other = run;
    map_run_go(&run, layer->ops, layer->cfg, NT_FLOAT64, true);
    map_run_go(&other, layer->ops, layer->cfg, NT_FLOAT64, false);
    bool same = memcmp(run.k_out, other.k_out, 64 * sizeof(double)) == 0;
    for (int i = 0; i < 64; i++) {
      other.q1[i] = run.q1[63 - i];
      other.q2[i] = run.q2[63 - i];
      other.k[i] = run.k[63 - i];
    }
    map_run_go(&other, layer->ops, layer->cfg, NT_FLOAT64, true);
    for (int i = 0; i < 64; i++)
      same = same && other.k_out[i] == run.k_out[63 - i] && other.t_out[i] == run.t_out[63 - i];
    NT_TEST_MSG(same, "%s", texts[c]);
    nt_layer_release(&layer);
  }
}

static const CU_TestInfo tests[] = {
    {"Gauss-Hermite rules are exact for polynomials", test_hermite_rule},
    {"smooth formulas equal their closed forms", test_smooth},
    {"formulas with kinks equal their closed forms", test_kinks},
    {"several kinks, kinks away from 0", test_kinks_in_one_dimension},
    {"ElementwiseNumerical is exact for polynomials", test_numerical},
    {"wide Gaussians", test_graded},
    {"too wide for the rule", test_wide},
    {"what rules say of themselves", test_said},
    {"bits depend on the pair alone", test_bits},
    CU_TEST_INFO_NULL};

NT_TEST_MAIN("layer.quadrature", tests)
