/** Activations that are polynomials or rectified powers, Gabor and ExpNormalized: against
 * quadrature and exact values, in both arithmetics; limits; bits. */
#include "map_run.h"
#include "nt_test.h"
#include "oracle.h"

#include "layer/registry.h"
#include "net/net_impl.h"

#include <math.h>
#include <string.h>

#define PI 3.14159265358979323846264338327950288L

typedef struct map_case {
  const nt_layer_ops *ops;
  const void *cfg;
  nt_oracle_fn phi, dphi;
} map_case;

static long double polynomial_phi(const void *cfg, long double x)
{
  const nt_polynomial *c = cfg;
  long double sum = 0;
  for (int i = c->coef.n - 1; i >= 0; i--)
    sum = sum * x + c->coef.v[i];
  return sum;
}

static long double polynomial_dphi(const void *cfg, long double x)
{
  const nt_polynomial *c = cfg;
  long double sum = 0;
  for (int i = c->coef.n - 1; i >= 1; i--)
    sum = sum * x + i * (long double)c->coef.v[i];
  return sum;
}

static long double power(long double x, int64_t n)
{
  long double product = 1;
  for (int64_t i = 0; i < n; i++)
    product *= x;
  return product;
}

static long double monomial_phi(const void *cfg, long double x)
{
  return power(x, ((const nt_monomial *)cfg)->degree);
}

static long double monomial_dphi(const void *cfg, long double x)
{
  const int64_t n = ((const nt_monomial *)cfg)->degree;
  return n > 0 ? (long double)n * power(x, n - 1) : 0;
}

static long double gabor_phi(const void *cfg, long double x)
{
  (void)cfg;
  return expl(-x * x) * sinl(x);
}

static long double gabor_dphi(const void *cfg, long double x)
{
  (void)cfg;
  return expl(-x * x) * (cosl(x) - 2 * x * sinl(x));
}

static const nt_polynomial cubic = {.coef = {4, {1.3, 0, -1.2, -.5}}},
                           quartic = {.coef = {5, {.5, 1, .25, -.1, .05}}},
                           constant = {.coef = {1, {2}}}, none = {.coef = {0}};
static const nt_monomial powers[] = {{0}, {1}, {2}, {3}, {4}, {5}};

static const map_case smooth[] = {
    {&nt_layer_polynomial, &cubic, polynomial_phi, polynomial_dphi},
    {&nt_layer_polynomial, &quartic, polynomial_phi, polynomial_dphi},
    {&nt_layer_polynomial, &constant, polynomial_phi, polynomial_dphi},
    {&nt_layer_polynomial, &none, polynomial_phi, polynomial_dphi},
    {&nt_layer_monomial, &powers[0], monomial_phi, monomial_dphi},
    {&nt_layer_monomial, &powers[2], monomial_phi, monomial_dphi},
    {&nt_layer_monomial, &powers[3], monomial_phi, monomial_dphi},
    {&nt_layer_monomial, &powers[5], monomial_phi, monomial_dphi},
    {&nt_layer_gabor, NULL, gabor_phi, gabor_dphi},
};
enum { SMOOTH = sizeof smooth / sizeof smooth[0] };

static const double eps_of[2] = {0x1p-52, 0x1p-23};
static const double rhos[] = {-1, 0, 0.8125, 1};
static const double scales[] = {0, 0.25, 1, 2.25};
enum { RHOS = sizeof rhos / sizeof rhos[0], SCALES = sizeof scales / sizeof scales[0] };

/* All correlations and variances at one q22; K, or D for a layer that takes it. */
static void grid(map_run *run, bool takes_d, double q2)
{
  memset(run, 0, sizeof *run);
  run->n = RHOS * SCALES;
  run->one2 = true;
  run->q2[0] = q2;
  run->post = (nt_post){.kf = 1, .tt = 1};
  for (int i = 0; i < run->n; i++) {
    const double q1 = scales[i / RHOS], size = sqrt(q1) * sqrt(q2), k = rhos[i % RHOS] * size;
    run->q1[i] = q1;
    run->k[i] = takes_d ? size - k : k;
    run->t[i] = 1;
  }
}

static nt_oracle_pair pair_of(const map_run *run, int i, bool takes_d)
{
  const long double q1 = run->q1[i], q2 = run->q2[run->one2 ? 0 : i];
  return (nt_oracle_pair){q1, q2, takes_d ? run->k[i] : sqrtl(q1) * sqrtl(q2) - run->k[i]};
}

static double worse(double worst, double got, long double want, double unit)
{
  const double error = (double)fabsl((long double)got - want) / unit;
  return isfinite(error) ? fmax(worst, error) : INFINITY;
}

/* What the kernel of a pair is at most, found among the duplicates. */
static double size(nt_oracle_fn phi, const void *cfg, nt_oracle_pair p)
{
  static const void *known;
  static nt_oracle_fn of;
  static long double own[SCALES];
  if (known != cfg || of != phi) {
    for (int s = 0; s < SCALES; s++)
      own[s] = nt_oracle_smooth(phi, cfg, (nt_oracle_pair){scales[s], scales[s], 0});
    known = cfg;
    of = phi;
  }
  long double product = 1;
  for (int s = 0; s < SCALES; s++) {
    if (p.q11 >= scales[s] && p.q11 <= scales[s]) product *= own[s];
    if (p.q22 >= scales[s] && p.q22 <= scales[s]) product *= own[s];
  }
  return (double)sqrtl(fabsl(product));
}

static void test_smooth(void)
{
  static map_run run[2];
  for (int m = 0; m < SMOOTH; m++) {
    const map_case *c = &smooth[m];
    nt_layer *layer = map_layer_of(c->ops, c->cfg);
    double error[2] = {0, 0};
    for (int s = 0; s < SCALES; s += 3) {
      for (int d = 0; d < 2; d++) {
        grid(&run[d], false, scales[s]);
        map_run_go(&run[d], c->ops, layer->cfg, (nt_dtype)d, true);
      }
      for (int i = 0; i < run[0].n; i++) {
        const nt_oracle_pair p = pair_of(&run[0], i, false);
        const long double f = nt_oracle_smooth(c->phi, c->cfg, p);
        const long double dot = nt_oracle_smooth(c->dphi, c->cfg, p);
        for (int d = 0; d < 2; d++) {
          const double unit = fmax(1, size(c->phi, c->cfg, p)) * eps_of[d];
          const double dot_unit = fmax(1, size(c->dphi, c->cfg, p)) * eps_of[d];
          error[d] = worse(error[d], run[d].k_out[i], f, unit);
          error[d] = worse(error[d], run[d].t_out[i], dot, dot_unit);
        }
      }
    }
    NT_TEST_MSG(error[0] < 30 && error[1] < 30, "%s (%d): %.1f eps, in float %.1f eps",
                c->ops->name, m, error[0], error[1]);
    nt_layer_release(&layer);
  }
}

/* The kernel of Hermite is a power, whatever the variances. */
static void test_hermite(void)
{
  static map_run run;
  double error = 0;
  for (int64_t degree = 0; degree < 9; degree += 1 + degree / 3) {
    const nt_hermite cfg = {.degree = degree};
    nt_layer *layer = map_layer_of(&nt_layer_hermite, &cfg);
    grid(&run, false, 1);
    map_run_go(&run, &nt_layer_hermite, layer->cfg, NT_FLOAT64, true);
    for (int i = 0; i < run.n; i++) {
      const double k = run.k[i], lower = degree > 0 ? pow(k, (double)degree - 1) : 0;
      error = worse(error, run.k_out[i], pow(k, (double)degree), 1);
      error = worse(error, run.t_out[i], (double)degree * lower, (double)(degree + 1));
    }
    nt_layer_release(&layer);
  }
  NT_TEST_MSG(error < 1e-14, "%g", error);
}

/* E[u^n v^n; u, v > 0] in polar coordinates: the radial integral is (2n)!! and the rest
 * trigonometric, by Simpson's rule. */
static long double rectified(int n, nt_oracle_pair p)
{
  enum { STEPS = 4000 };
  const long double theta = nt_oracle_angle(p), open = PI - theta;
  long double sum = 0, radial = 1;
  for (int i = 0; i <= STEPS; i++) {
    const long double w = theta - PI / 2 + open * i / STEPS;
    const long double value = powl(fmaxl(cosl(w), 0) * fmaxl(cosl(w - theta), 0), n);
    sum += value * (i == 0 || i == STEPS ? 1 : i % 2 ? 4 : 2);
  }
  for (int i = 1; i <= n; i++)
    radial *= 2 * i;
  return powl(p.q11 * p.q22, n / 2.0L) * radial * sum * open / STEPS / 3 / (2 * PI);
}

static void test_rectified(void)
{
  static map_run run, other;
  for (int n = 0; n <= 6; n++) {
    const nt_rectified_monomial cfg = {.degree = n};
    nt_layer *layer = map_layer_of(&nt_layer_rectified_monomial, &cfg);
    double error = 0, difference = 0;
    for (int s = 1; s < SCALES; s++) {
      grid(&run, true, scales[s]);
      other = run;
      other.post = (nt_post){.kd = 1, .tt = 1};
      map_run_go(&run, &nt_layer_rectified_monomial, layer->cfg, NT_FLOAT64, true);
      map_run_go(&other, &nt_layer_rectified_monomial, layer->cfg, NT_FLOAT64, true);
      for (int i = RHOS; i < run.n; i++) {
        const nt_oracle_pair p = pair_of(&run, i, true), a = {p.q11, p.q11, 0},
                             b = {p.q22, p.q22, 0};
        const long double own = sqrtl(rectified(n, a) * rectified(n, b)), f = rectified(n, p);
        const long double dot = n > 0 ? (long double)n * n * rectified(n - 1, p) : 0;
        error = worse(error, run.k_out[i], f, (double)own);
        error = worse(error, run.t_out[i], dot, 1 + n * n * (double)own);
        difference = worse(difference, other.k_out[i], own - f, (double)own);
      }
    }
    NT_TEST_MSG(error < 3e-13 && difference < 3e-13, "degree %d: %g, D' %g", n, error, difference);
    nt_layer_release(&layer);
  }
}

/* Degree 1 is Relu: also at small angles, where the difference form must keep its digits. */
static void test_rectified_is_relu(void)
{
  static map_run run, relu;
  const nt_rectified_monomial cfg = {.degree = 1};
  nt_layer *layer = map_layer_of(&nt_layer_rectified_monomial, &cfg);
  double error = 0;
  memset(&run, 0, sizeof run);
  run.n = 32;
  run.post = (nt_post){.kd = 1, .tt = 1};
  run.k_dense = 1;
  for (int i = 0; i < run.n; i++) {
    run.q1[i] = run.q2[i] = i == 31 ? 0 : 1.7;
    run.k[i] = i == 31 ? 0 : 1.7 * pow(10, i < 16 ? i - 16 : -i);
    run.t[i] = 1;
  }
  relu = run;
  map_run_go(&run, &nt_layer_rectified_monomial, layer->cfg, NT_FLOAT64, true);
  map_run_go(&relu, &nt_layer_relu, nt_layer_relu.defaults, NT_FLOAT64, true);
  for (int i = 0; i < run.n; i++) {
    /* An error of eps sqrt(z) leaves eps in the angle of the next layer. */
    const double unit = 1e-15 * (sqrt(run.k[i]) + relu.k_out[i]) + 1e-300;
    error = worse(error, run.k_out[i], relu.k_out[i], unit);
    error = worse(error, run.t_out[i], relu.t_out[i], 1e-15);
  }
  NT_TEST_MSG(error < 3, "%g", error);
  nt_layer_release(&layer);
}

/* Without variance: phi(0) is 1 for degree 0. */
static void test_rectified_without_variance(void)
{
  static map_run run;
  const double want[2][2] = {{1, 0.5}, {0, 0}};
  for (int64_t n = 0; n < 3; n++) {
    const nt_rectified_monomial cfg = {.degree = n};
    nt_layer *layer = map_layer_of(&nt_layer_rectified_monomial, &cfg);
    double q_out[2], dot[2];
    nt_layer_rectified_monomial.self(layer->cfg, 2, (const double[]){0, 1}, q_out, dot);
    NT_TEST(q_out[0] == want[n > 0][0] && dot[0] == (n == 1 ? 0.25 : 0));
    for (int other = 0; other < 2; other++) {
      grid(&run, true, other);
      map_run_go(&run, &nt_layer_rectified_monomial, layer->cfg, NT_FLOAT64, true);
      NT_TEST_MSG(fabs(run.k_out[0] - want[n > 0][other]) < 1e-15 &&
                      fabs(run.t_out[0] - (n == 1 ? 0.25 : 0)) < 1e-15,
                  "degree %d: %g %g", (int)n, run.k_out[0], run.t_out[0]);
    }
    nt_layer_release(&layer);
  }
}

static void test_exp_normalized(void)
{
  static map_run run;
  const nt_exp_normalized cfg[] = {
      NT_EXP_NORMALIZED_DEFAULTS, {1.5, -1, false}, {-0.5, 0.25, true}, {2, -1, true}};
  double error = 0;
  for (int c = 0; c < 4; c++) {
    for (int s = 0; s < SCALES; s++) {
      grid(&run, false, scales[s]);
      run.k[run.n - 1] *= 1 + 1e-9; /* beyond 1: clipped, or not */
      map_run_go(&run, &nt_layer_exp_normalized, &cfg[c], NT_FLOAT64, true);
      for (int i = 0; i < run.n; i++) {
        const long double p = sqrtl(run.q1[i]) * sqrtl(run.q2[0]), rho = p > 0 ? run.k[i] / p : 0;
        const long double clipped = cfg[c].do_clip ? fminl(fmaxl(rho, -1), 1) : rho;
        const long double e = expl(cfg[c].gamma * (clipped + cfg[c].shift));
        error = worse(error, run.k_out[i], p * e, 1);
        error = worse(error, run.t_out[i], cfg[c].gamma * e, 1);
      }
    }
  }
  NT_TEST_MSG(error < 1e-14, "%g", error);
}

/* Every layer here, for what holds of all. */
static const nt_hermite hermite3 = {.degree = 3};
static const nt_rectified_monomial rectified0 = {0}, rectified1 = {1}, rectified4 = {4};
static const nt_exp_normalized normalized = NT_EXP_NORMALIZED_DEFAULTS;
static const struct {
  const nt_layer_ops *ops;
  const void *cfg;
} all[] = {{&nt_layer_polynomial, &quartic},
           {&nt_layer_monomial, &powers[3]},
           {&nt_layer_hermite, &hermite3},
           {&nt_layer_gabor, NULL},
           {&nt_layer_exp_normalized, &normalized},
           {&nt_layer_rectified_monomial, &rectified0},
           {&nt_layer_rectified_monomial, &rectified1},
           {&nt_layer_rectified_monomial, &rectified4}};
enum { ALL = sizeof all / sizeof all[0] };

static void random_run(map_run *run, bool takes_d)
{
  memset(run, 0, sizeof *run);
  run->n = 256;
  run->post = (nt_post){.kf = 1, .tt = 1};
  for (int i = 0; i < run->n; i++) {
    run->q1[i] = 1 + nt_test_uniform(7, i, 0);
    run->q2[i] = 1 + nt_test_uniform(7, 0, 1);
    const double size = sqrt(run->q1[i] * run->q2[i]), k = nt_test_uniform(7, i, 2) * size;
    run->k[i] = takes_d ? size - k : k;
    run->t[i] = nt_test_uniform(7, i, 3);
  }
}

/* The same bits for one second argument or many, with and without the NTK, and at any place. */
static void test_bits(void)
{
  static map_run run, other;
  const size_t bytes = 256 * sizeof(double);
  for (int m = 0; m < 2 * ALL; m++) {
    const nt_layer_ops *ops = all[m / 2].ops;
    nt_layer *layer = map_layer_of(ops, all[m / 2].cfg);
    random_run(&run, ops->takes_d);
    other = run;
    map_run_go(&run, ops, layer->cfg, (nt_dtype)(m % 2), true);
    other.one2 = true;
    map_run_go(&other, ops, layer->cfg, (nt_dtype)(m % 2), true);
    bool same = memcmp(run.k_out, other.k_out, bytes) == 0;
    same = same && memcmp(run.t_out, other.t_out, bytes) == 0;
    map_run_go(&other, ops, layer->cfg, (nt_dtype)(m % 2), false);
    same = same && memcmp(run.k_out, other.k_out, bytes) == 0;
    for (int i = 0; i < 256; i++) {
      const int j = (i + 101) % 256;
      other.q1[i] = run.q1[j];
      other.k[i] = run.k[j];
      other.t[i] = run.t[j];
    }
    map_run_go(&other, ops, layer->cfg, (nt_dtype)(m % 2), true);
    for (int i = 0; i < 256; i++) {
      const int j = (i + 101) % 256;
      same = same && other.k_out[i] == run.k_out[j] && other.t_out[i] == run.t_out[j];
    }
    NT_TEST_MSG(same, "%s (%d)", ops->name, m);
    nt_layer_release(&layer);
  }
}

/* A sample's variance is its covariance with a duplicate; NaN comes out;
 * huge variances stay finite. */
static void test_self_nan_huge(void)
{
  static map_run run;
  static double q_out[256], dot[256];
  for (int m = 0; m < ALL; m++) {
    const nt_layer_ops *ops = all[m].ops;
    nt_layer *layer = map_layer_of(ops, all[m].cfg);
    double error = 0;
    random_run(&run, false);
    run.q1[0] = 0;
    run.q1[1] = 1e20;
    for (int i = 0; i < run.n; i++) {
      run.q2[i] = run.q1[i];
      run.k[i] = ops->takes_d ? 0 : run.q1[i];
      run.t[i] = 1;
    }
    map_run_go(&run, ops, layer->cfg, NT_FLOAT64, true);
    ops->self(layer->cfg, run.n - 3, run.q1, q_out, dot);
    for (int i = 0; i < run.n - 3; i++) {
      error = worse(error, run.k_out[i], q_out[i], 1e-300 + fabs(q_out[i]));
      error = worse(error, run.t_out[i], dot[i], 1e-300 + fabs(dot[i]));
    }
    NT_TEST_MSG(error <= (ops->takes_d ? 2e-15 : 0), "%s: %g", ops->name, error);
    run.k[5] = NAN;
    map_run_go(&run, ops, layer->cfg, NT_FLOAT64, true);
    NT_TEST_MSG(isnan(run.k_out[5]) && isfinite(run.k_out[6]), "%s", ops->name);
    nt_layer_release(&layer);
  }
}

static const CU_TestInfo tests[] = {
    {"polynomials and Gabor equal quadrature", test_smooth},
    {"Hermite is a power", test_hermite},
    {"rectified powers equal quadrature", test_rectified},
    {"the first rectified power is Relu", test_rectified_is_relu},
    {"rectified powers without variance", test_rectified_without_variance},
    {"ExpNormalized equals its formula", test_exp_normalized},
    {"bits depend on the pair alone", test_bits},
    {"duplicates, NaN, huge variances", test_self_nan_huge},
    CU_TEST_INFO_NULL};

NT_TEST_MAIN("layer.polynomials", tests)
