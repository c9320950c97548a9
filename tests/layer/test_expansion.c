/** Hermite series of Elementwise: which terms there are, how many a pair takes, and what they
 * leave to the quadrature. */
#include "pair_grid.h"

#include "nt_test.h"

#include "layer/expansion.h"
#include "net/net_impl.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define PI 3.14159265358979323846

/* sin(s z) has the odd coefficients +-exp(-s^2 / 2) s^k / sqrt(k!), its slope likewise the even
 * ones; rows of the latter alone, over sqrt(k + 1). cos(s z) has rows of the former. */
static void test_coefficients(void)
{
  nt_layer *sine = pair_grid_parse("Elementwise('sin(x)')"),
           *cosine = pair_grid_parse("Elementwise('cos(x)')");
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

/* Series and rule in two dimensions, next to each other in one group of pairs: with kinks the
 * highest correlations need the rule, and all lie on one smooth curve. */
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
  pair_grid_go(&got, "Elementwise('maximum(x, 0)', kinks=[0])", NT_FLOAT64);
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
  pair_grid_go(&got, "Elementwise('where(x > 0, 1, 0.5)', kinks=[0])", NT_FLOAT64);
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
    pair_grid_go(&alone, "Elementwise('x * tanh(x - 0.5)')", (nt_dtype)type);
    pair_grid_go(&among, "Elementwise('x * tanh(x - 0.5)')", (nt_dtype)type);
    for (int i = 0; i < among.n; i += 2)
      NT_TEST(!(among.k_out[i] < alone.k_out[i] || among.k_out[i] > alone.k_out[i] ||
                among.t_out[i] < alone.t_out[i] || among.t_out[i] > alone.t_out[i]));
  }
}

/* Every second term alone of an odd f and a constant, and of an even f and a linear one, as many of
 * which reach twice as far. */
static void test_which_terms(void)
{
  static const struct {
    const char *text;
    int terms;
  } cases[] = {{"Elementwise('tanh(x)')", 256},
               {"Elementwise('1 / (1 + exp(-x))')", 256},
               {"Elementwise('x / (1 + exp(-x))')", 256},
               {"Elementwise('maximum(x, 0.1 * x)', kinks=[0])", 256},
               {"Elementwise('maximum(minimum(x, 1), -1)', kinks=[-1, 1])", 256},
               {"Elementwise('where(x > 0, x, exp(x) - 1)', kinks=[0])", 128},
               {"Elementwise('x * tanh(x - 0.5)')", 128}};
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    nt_layer *layer = pair_grid_parse(cases[c].text);
    char said[300], want[40];
    layer->ops->describe(layer->cfg, said, sizeof said);
    snprintf(want, sizeof want, "where %d terms suffice", cases[c].terms);
    NT_TEST_MSG(strstr(said, want) != NULL, "%s: %s", cases[c].text, said);
    nt_layer_release(&layer);
  }
}

static const CU_TestInfo tests[] = {
    {"Hermite coefficients of a sine", test_coefficients},
    {"every second term, if there are no others", test_which_terms},
    {"series and quadrature, pair by pair", test_both_ways},
    {"a formula that jumps", test_jumps},
    {"as many terms as a pair needs, whatever the others need", test_neighbours},
    CU_TEST_INFO_NULL};

NT_TEST_MAIN("layer.expansion", tests)
