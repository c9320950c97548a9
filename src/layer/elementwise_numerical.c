/* ElementwiseNumerical: any fn, by a Gauss-Hermite quadrature of fixed
 * degree; quadrature.h says how.
 *
 * With nodes x_a and weights w_a for exp(-x^2)
 *
 *     F = 1/pi sum_ab w_a w_b fn(sqrt(2 q11) x_a)
 *                     fn(q12 / sqrt(q11/2) x_a + sqrt(2 (q22 - q12^2 / q11)) x_b)
 *
 * and Fdot likewise of df. Right for smooth functions alone; kinks belong to Elementwise. The sum
 * itself is the result, not the integral: beside c_k(q11) c_k(q22) rho^k of the Hermite series
 * (expansion.h) it has products of c_j(q11) and c_(j+m)(q22), m >= 2 deg: of tanh at deg = 25 and
 * variances of 1 they are 6e-6 of E[fn^2]. So fn is evaluated deg^2 times a pair, where
 * Elementwise sums up some 50 terms.
 * Source: neural_tangents, stax.ElementwiseNumerical. */
#include "layer/map.h"
#include "layer/math.h"
#include "layer/pairs.h"
#include "layer/quadrature.h"
#include "nt/stax.h"

#include <math.h>
#include <stdio.h>

/* The arguments, and the rule. */
typedef struct elementwise_numerical {
  nt_elementwise_numerical arg;
  nt_quadrature rule;
} elementwise_numerical;

static const nt_elementwise_numerical defaults = NT_ELEMENTWISE_NUMERICAL_DEFAULTS;

static const nt_opt opts[] = {
    {.name = "fn",
     .type = NT_OPT_FUNCTION,
     .offset = offsetof(nt_elementwise_numerical, fn),
     .required = true,
     .length = 1,
     .help = "the activation"},
    {.name = "deg",
     .type = NT_OPT_INT,
     .offset = offsetof(nt_elementwise_numerical, deg),
     .required = true,
     .min = 1,
     .max = NT_HERMITE_DEGREE,
     .help = "nodes in each of two dimensions; 25 suits smooth functions"},
    {.name = "df",
     .type = NT_OPT_FUNCTION,
     .offset = offsetof(nt_elementwise_numerical, df),
     .length = 1,
     .help = "derivative of fn; None: taken of fn by dual numbers"},
};

static nt_status prepare(void *cfg, nt_error *err)
{
  elementwise_numerical *c = cfg;
  c->rule.f = c->arg.fn;
  c->rule.df = c->arg.df;
  return nt_quadrature_hermite(err, (int)c->arg.deg, &c->rule);
}

static void release(void *cfg)
{
  elementwise_numerical *c = cfg;
  nt_quadrature_free(&c->rule);
}

/* The largest difference to twice as many nodes in each dimension, of F and Fdot over the largest
 * of them, between Gaussians of variance 1; infinite when there is no memory to tell. */
static double trial_error(const nt_quadrature *rule)
{
  double one[NT_LANES], rho[NT_LANES], value[2][2 * NT_LANES], worst = 0, largest = 0;
  nt_quadrature finer = {.f = rule->f, .df = rule->df};
  nt_error ignored = {.status = NT_OK};
  const int twice = NT_MIN(2 * rule->n, NT_HERMITE_DEGREE - (rule->n == NT_HERMITE_DEGREE));
  const bool made = nt_quadrature_hermite(&ignored, twice, &finer) == NT_OK;
  for (int i = 0; i < NT_LANES; i++) {
    one[i] = 1;
    rho[i] = -1 + 2.0 * i / (NT_LANES - 1);
  }
  for (int r = 0; made && r < 2; r++)
    nt_quadrature_pairs(r == 0 ? rule : &finer, NT_LANES, one, one, rho, value[r],
                        value[r] + NT_LANES);
  for (int i = 0; made && i < 2 * NT_LANES; i++) {
    worst = fmax(worst, fabs(value[0][i] - value[1][i]));
    largest = fmax(largest, fabs(value[1][i]));
  }
  nt_quadrature_free(&finer);
  return made ? (largest > 0 ? worst / largest : worst) : (double)INFINITY;
}

static void describe(const void *cfg, char *out, size_t size)
{
  const elementwise_numerical *c = cfg;
  (void)snprintf(out, size,
                 "Gauss-Hermite quadrature with %d x %d nodes, accuracy %.1g at variances of 1",
                 c->rule.n, c->rule.n, trial_error(&c->rule));
}

static void pairs_f64(const void *cfg, int n, const double *q11, const double *q22,
                      const double *q12, double *f, double *dot)
{
  const elementwise_numerical *c = cfg;
  nt_quadrature_pairs(&c->rule, n, q11, q22, q12, f, dot);
}

static void pairs_f32(const void *cfg, int n, const float *q11, const float *q22, const float *q12,
                      float *f, float *dot)
{
  const elementwise_numerical *c = cfg;
  nt_quadrature_pairs_f32(&c->rule, n, q11, q22, q12, f, dot);
}

NT_PAIRS_MAPS(nt_layer_elementwise_numerical)

const nt_layer_ops nt_layer_elementwise_numerical = {
    .name = "ElementwiseNumerical",
    .formula = "fn(x), by a Gauss-Hermite quadrature with deg x deg nodes",
    .kernel = "K' = E[fn(u) fn(v)];  T' = E[df(u) df(v)] T, by sums over nodes",
    .source = "neural_tangents, stax.ElementwiseNumerical",
    .limits = "smooth functions only, and the accuracy is not checked: Elementwise(fn, "
              "kinks=[...]) is, and knows kinks; where deg is too small the rule depends on which "
              "of two inputs comes first, and kernels of X1 with itself take one order for both",
    NT_ARGUMENTS(nt_elementwise_numerical, defaults, opts),
    .full_size = sizeof(elementwise_numerical),
    NT_ELEMENTWISE,
    .prepare = prepare,
    .release = release,
    .describe = describe,
    .n_tables = 1,
    .tables = nt_pairs_tables,
    .map = {map_f64, map_f32},
};
