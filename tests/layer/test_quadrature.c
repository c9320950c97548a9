/** Elementwise and ElementwiseNumerical: rules, against closed forms, with kinks; functions of C; errors. */
#include "map_run.h"
#include "nt_test.h"

#include "layer/expansion.h"
#include "layer/gauss.h"
#include "layer/registry.h"
#include "net/net_impl.h"
#include "net/words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PI 3.14159265358979323846

static nt_layer *parse(const char *text)
{
  nt_error err = {0};
  nt_layer *layer = NULL;
  NT_TEST_OK_ERR(nt_network_parse(&err, text, NULL, &layer), &err);
  return layer;
}

static const double rhos[] = {-1, -0.984375, -0.5, 0, 0.25, 0.8125, 0.99993896484375, 1};
static const double scales[] = {0, 0.25, 2.25, 30};
enum { RHOS = 8, SCALES = 4 };

/* All pairs of variances and correlations; K. */
static void grid(map_run *run)
{
  memset(run, 0, sizeof *run);
  run->n = RHOS * SCALES * SCALES;
  run->post = (nt_post){.kf = 1, .tt = 1};
  for (int i = 0; i < run->n; i++) {
    run->q1[i] = scales[i / RHOS % SCALES];
    run->q2[i] = scales[i / RHOS / SCALES];
    run->k[i] = rhos[i % RHOS] * sqrt(run->q1[i]) * sqrt(run->q2[i]);
    run->t[i] = 1;
  }
}

static void go(map_run *run, const char *text, nt_dtype dtype)
{
  nt_layer *layer = parse(text);
  if (layer) map_run_go(run, layer->ops, layer->cfg, dtype, true);
  nt_layer_release(&layer);
}

/* The largest difference, over the root of the product of the two variances behind the layer. */
static double distance(const map_run *a, const map_run *b)
{
  double worst = 0;
  for (int i = 0; i < a->n; i++) {
    const int one = i / RHOS % SCALES, two = i / RHOS / SCALES;
    const int own = (one * SCALES + one + 1) * RHOS - 1,
              other = (two * SCALES + two + 1) * RHOS - 1;
    const double f = sqrt(fabs(b->k_out[own] * b->k_out[other])) + 1e-12;
    const double dot = sqrt(fabs(b->t_out[own] * b->t_out[other])) + 1e-12;
    const double error =
        fmax(fabs(a->k_out[i] - b->k_out[i]) / f, fabs(a->t_out[i] - b->t_out[i]) / dot);
    worst = isfinite(error) ? fmax(worst, error) : INFINITY;
  }
  return worst;
}

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
  grid(&want);
  got = want;
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    go(&got, cases[c][0], NT_FLOAT64);
    go(&want, cases[c][1], NT_FLOAT64);
    NT_TEST_MSG(distance(&got, &want) < 1e-10, "%s: %g", cases[c][0], distance(&got, &want));
    go(&got, cases[c][0], NT_FLOAT32);
    NT_TEST_MSG(distance(&got, &want) < 2e-5, "%s: %g in float", cases[c][0],
                distance(&got, &want));
  }
}

/* sin(s z) has the odd coefficients +-exp(-s^2 / 2) s^k / sqrt(k!), its slope likewise the even ones; rows of the
 * latter alone, over sqrt(k + 1). cos(s z) has rows of the former. */
static void test_coefficients(void)
{
  nt_layer *sine = parse("Elementwise('sin(x)')"), *cosine = parse("Elementwise('cos(x)')");
  double memory[2][NT_EXPANSION_ROWS][NT_LANES], *table[2][NT_EXPANSION_ROWS], q[NT_LANES];
  const int rows = NT_EXPANSION_C + NT_EXPANSION_TERMS / 2;
  for (int r = 0; r < 2 * NT_EXPANSION_ROWS; r++)
    table[r % 2][r / 2] = memory[r % 2][r / 2];
  for (int i = 0; i < NT_LANES; i++)
    q[i] = i / 4.0;
  NT_TEST(sine->ops->count_tables(sine->cfg) == rows);
  sine->ops->tables(sine->cfg, NT_LANES, q, table[0]);
  cosine->ops->tables(cosine->cfg, NT_LANES, q, table[1]);
  for (int i = 0; i < NT_LANES; i++) {
    const double s = sqrt(q[i]);
    double size = exp(-q[i] / 2);
    NT_TEST_CLOSE(table[0][NT_EXPANSION_MEAN][i], 0, 1e-12);
    NT_TEST_CLOSE(table[1][NT_EXPANSION_MEAN][i], size, 1e-12);
    for (int k = 0; k < 20; k++) {
      const int odd = k % 2;
      const double b = (k / 2 % 2 != odd ? -size : size) / sqrt(k + 1.0);
      const double c = table[odd][NT_EXPANSION_C + k / 2][i];
      NT_TEST_MSG(fabs(c - b) < 1e-12, "c_%d(%g): %g", k, q[i], c - b);
      size *= s / sqrt(k + 1.0);
    }
    for (int step = 0; step < NT_EXPANSION_STEPS; step++)
      NT_TEST(pow(table[0][NT_EXPANSION_REST + step][i], nt_expansion_ladder(step)) < 1e-7 ||
              step < 4);
  }
  nt_layer_release(&sine);
  nt_layer_release(&cosine);
}

/* Series and rule in two dimensions, next to each other in one group of pairs: with kinks the highest
 * correlations need the rule, and all lie on one smooth curve. */
static void test_both_ways(void)
{
  static map_run got;
  memset(&got, 0, sizeof got);
  got.n = 4 * NT_LANES;
  got.post = (nt_post){.kf = 1, .tt = 1};
  for (int i = 0; i < got.n; i++) {
    got.q1[i] = got.q2[i] = got.t[i] = 1;
    got.k[i] = 0.7 + 0.3 * i / got.n;
  }
  go(&got, "Elementwise('maximum(x, 0)', kinks=[0])", NT_FLOAT64);
  for (int i = 0; i < got.n; i++) {
    const double rho = got.k[i], theta = acos(rho);
    const double f = (sin(theta) + (PI - theta) * rho) / (2 * PI), dot = (PI - theta) / (2 * PI);
    NT_TEST_MSG(fabs(got.k_out[i] - f) < 1e-11, "K at %g: %g", rho, got.k_out[i] - f);
    NT_TEST_MSG(fabs(got.t_out[i] - dot) < 1e-11, "T at %g: %g", rho, got.t_out[i] - dot);
  }
}

/* f that jumps: two rows a term, and no slope there. */
static void test_jumps(void)
{
  static map_run got;
  memset(&got, 0, sizeof got);
  got.n = 4 * NT_LANES;
  got.post = (nt_post){.kf = 1, .tt = 1};
  for (int i = 0; i < got.n; i++) {
    got.q1[i] = got.q2[i] = got.t[i] = 4;
    got.k[i] = 4 - 8.0 * i / (got.n - 1);
  }
  go(&got, "Elementwise('where(x > 0, 1, 0.5)', kinks=[0])", NT_FLOAT64);
  for (int i = 0; i < got.n; i++) {
    const double both = 0.25 + asin(got.k[i] / 4) / (2 * PI);
    const double f = both + 2 * 0.5 * (0.5 - both) + 0.25 * both;
    NT_TEST_MSG(fabs(got.k_out[i] - f) < 1e-10, "K at %g: %g", got.k[i], got.k_out[i] - f);
    NT_TEST(fabs(got.t_out[i]) < 1e-15);
  }
}

/* How many terms a pair gets does not depend on the pairs beside it. */
static void test_neighbours(void)
{
  static map_run alone, among;
  memset(&alone, 0, sizeof alone);
  alone.n = 4 * NT_LANES;
  alone.post = (nt_post){.kf = 1, .tt = 1};
  for (int i = 0; i < alone.n; i++) {
    alone.q1[i] = alone.q2[i] = alone.t[i] = 1;
    alone.k[i] = 1.0 * i / alone.n;
  }
  for (int type = 0; type < 2; type++) {
    among = alone;
    for (int i = 1; i < among.n; i += 2)
      among.k[i] = 1 - among.k[i];
    go(&alone, "Elementwise('x * tanh(x - 0.5)')", (nt_dtype)type);
    go(&among, "Elementwise('x * tanh(x - 0.5)')", (nt_dtype)type);
    for (int i = 0; i < among.n; i += 2)
      NT_TEST(!(among.k_out[i] < alone.k_out[i] || among.k_out[i] > alone.k_out[i] ||
                among.t_out[i] < alone.t_out[i] || among.t_out[i] > alone.t_out[i]));
  }
}

/* Relu and Abs take D; their kernels as K. */
static void closed_form(map_run *run, const char *text)
{
  static map_run d;
  nt_layer *layer = parse(text);
  d = *run;
  for (int i = 0; i < d.n; i++)
    d.k[i] = sqrt(d.q1[i]) * sqrt(d.q2[i]) - d.k[i];
  map_run_go(&d, layer->ops, layer->cfg, NT_FLOAT64, true);
  memcpy(run->k_out, d.k_out, sizeof d.k_out);
  memcpy(run->t_out, d.t_out, sizeof d.t_out);
  nt_layer_release(&layer);
}

/* Not compared: slopes at q = 0, where a function with a kink there has a choice; and to 1e-8 only those of
 * scaled copies, whose angle a K cannot tell from the root of its rounding error. */
static void leave_out(map_run *a, const map_run *b)
{
  for (int i = 0; i < a->n; i++) {
    const bool copy = a->q1[i] != a->q2[i] && fabs(rhos[i % RHOS]) >= 1;
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
  grid(&want);
  got = want;
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    go(&got, cases[c][0], NT_FLOAT64);
    closed_form(&want, cases[c][1]);
    leave_out(&got, &want);
    NT_TEST_MSG(distance(&got, &want) < 1e-10, "%s: %g", cases[c][0], distance(&got, &want));
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
  grid(&run);
  for (int c = 0; c < 3; c++) {
    double worst = 0;
    go(&run, cases[c].text, NT_FLOAT64);
    for (int i = 0; i < run.n; i++) {
      const double s1 = sqrt(run.q1[i]), s2 = sqrt(run.q2[i]), rho = rhos[i % RHOS];
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
  grid(&want);
  got = want;
  go(&want, "Polynomial([1, 2, 0, -1])", NT_FLOAT64);
  go(&got, "ElementwiseNumerical(lambda x: 1 + 2 * x - x**3, 7)", NT_FLOAT64);
  NT_TEST_MSG(distance(&got, &want) < 1e-13, "%g", distance(&got, &want));
  go(&got, "ElementwiseNumerical('1 + 2 * x - x**3', deg=200, df='2 - 3 * x**2')", NT_FLOAT64);
  NT_TEST_MSG(distance(&got, &want) < 1e-12, "%g", distance(&got, &want));
}

static void test_kernel_functions(void)
{
  static map_run got, want;
  grid(&want);
  got = want;
  go(&want, "Rbf(.5)", NT_FLOAT64);
  closed_form(&want, "Rbf(.5)");
  go(&got, "Elementwise(nngp_fn=lambda c, v, w: exp(c - .5 * (v + w)))", NT_FLOAT64);
  NT_TEST_MSG(distance(&got, &want) < 1e-13, "%g", distance(&got, &want));
  go(&got,
     "Elementwise(None, lambda c, v, w: exp(c - .5 * (v + w)), lambda c, v, w: exp(c - .5 * (v + "
     "w)))",
     NT_FLOAT64);
  NT_TEST_MSG(distance(&got, &want) < 1e-13, "%g", distance(&got, &want));
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
  grid(&want);
  got = want;
  closed_form(&want, "Rbf(.5)");
  NT_TEST_OK_ERR(nt_function_closure(&err, "kernel", 3, own_kernel, NULL, &one, &cfg.nngp_fn),
                 &err);
  run_own(&cfg, &got);
  NT_TEST_MSG(distance(&got, &want) < 1e-9, "differences: %g", distance(&got, &want));
  go(&want, "Sin()", NT_FLOAT64);
  NT_TEST_OK_ERR(nt_function_closure(&err, "sine", 1, own_sine, own_cosine, NULL, &cfg.fn), &err);
  run_own(&cfg, &got);
  NT_TEST_MSG(distance(&got, &want) < 1e-10, "slope given: %g", distance(&got, &want));
  NT_TEST_OK_ERR(nt_function_closure(&err, "sine", 1, own_sine, NULL, NULL, &cfg.fn), &err);
  run_own(&cfg, &got);
  NT_TEST_MSG(distance(&got, &want) < 1e-9, "differences: %g", distance(&got, &want));
  NT_TEST_FAILS_ERR(nt_function_closure(&err, "four", 4, own_sine, NULL, NULL, &cfg.fn), NT_ERR_ARG,
                    &err);
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
    nt_layer *layer = parse(text);
    NT_TEST_MSG(layer != NULL, "%s: %s", word, text);
    nt_layer_release(&layer);
    found++;
  }
  NT_TEST(found >= 10);
}

/* Beyond the nodes that a rule has, NaN, which the engine reports; the others of the group are right. */
static void test_wide(void)
{
  static map_run run;
  char text[200];
  grid(&run);
  run.q1[3] = run.q2[3] = run.k[3] = 1e9;
  go(&run, "Elementwise('x * tanh(log(1 + exp(x)))')", NT_FLOAT64);
  for (int i = 0; i < run.n; i++)
    NT_TEST_MSG(isnan(run.k_out[i]) == (i == 3), "%d: %g", i, run.k_out[i]);
  nt_layer *layer = parse("Elementwise('x * tanh(log(1 + exp(x)))')");
  layer->ops->describe(layer->cfg, text, sizeof text);
  NT_TEST_MSG(strstr(text, "accuracy") != NULL, "%s", text);
  nt_layer_release(&layer);
}

/* The accuracy that a rule of fixed degree says of itself. */
static double said_accuracy(const char *network)
{
  char text[200];
  nt_layer *layer = parse(network);
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
    nt_layer *layer = parse(texts[c]);
    grid(&run);
    run.n = 64;
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
    {"Hermite coefficients of a sine", test_coefficients},
    {"series and quadrature, pair by pair", test_both_ways},
    {"a formula that jumps", test_jumps},
    {"as many terms as a pair needs, whatever the others need", test_neighbours},
    {"formulas with kinks equal their closed forms", test_kinks},
    {"several kinks, kinks away from 0", test_kinks_in_one_dimension},
    {"ElementwiseNumerical is exact for polynomials", test_numerical},
    {"kernel functions, and their derivatives", test_kernel_functions},
    {"functions of C, and their differences", test_functions_of_c},
    {"errors", test_errors},
    {"formulas in place of foreign layers", test_alternatives},
    {"too wide for the rule", test_wide},
    {"what rules say of themselves", test_said},
    {"bits depend on the pair alone", test_bits},
    CU_TEST_INFO_NULL};

NT_TEST_MAIN("layer.quadrature", tests)
