/** Elementwise layers against quadrature: every map, in both arithmetics, on grids of variances and
 * angles; limits; independence of the place in a buffer. */
#include "map_run.h"
#include "nt_test.h"
#include "oracle.h"

#include "layer/registry.h"
#include "nt/stax.h"

#include <math.h>
#include <string.h>

#define PI 3.14159265358979323846264338327950288L

/* phi and phi' of one layer with its arguments; or, for the kinked ones, their slopes. */
typedef struct map_case {
  const nt_layer_ops *ops;
  const void *cfg;
  nt_oracle_fn phi, dphi;
  long double a, b;
} map_case;

static long double erf_phi(const void *cfg, long double x)
{
  const nt_erf *c = cfg;
  return c->a * erfl(c->b * x) + c->c;
}

static long double erf_dphi(const void *cfg, long double x)
{
  const nt_erf *c = cfg;
  return c->a * c->b * 2 / sqrtl(PI) * expl(-(long double)c->b * c->b * x * x);
}

static long double gelu_phi(const void *cfg, long double x)
{
  (void)cfg;
  return x * erfcl(-x / sqrtl(2)) / 2;
}

static long double gelu_dphi(const void *cfg, long double x)
{
  (void)cfg;
  return erfcl(-x / sqrtl(2)) / 2 + x * expl(-x * x / 2) / sqrtl(2 * PI);
}

static long double sin_phi(const void *cfg, long double x)
{
  const nt_sin *c = cfg;
  return c->a * sinl(c->b * x + c->c);
}

static long double sin_dphi(const void *cfg, long double x)
{
  const nt_sin *c = cfg;
  return c->a * c->b * cosl(c->b * x + c->c);
}

static long double cos_phi(const void *cfg, long double x)
{
  const nt_cos *c = cfg;
  return c->a * cosl(c->b * x + c->c);
}

static long double cos_dphi(const void *cfg, long double x)
{
  const nt_cos *c = cfg;
  return -c->a * c->b * sinl(c->b * x + c->c);
}

static long double rbf_phi(const void *cfg, long double x)
{
  const nt_rbf *c = cfg;
  return sqrtl(2) * sinl(sqrtl(2 * c->gamma) * x + PI / 4);
}

static long double rbf_dphi(const void *cfg, long double x)
{
  const nt_rbf *c = cfg;
  return 2 * sqrtl(c->gamma) * cosl(sqrtl(2 * c->gamma) * x + PI / 4);
}

static long double exp_phi(const void *cfg, long double x)
{
  const nt_exp *c = cfg;
  return c->a * expl(c->b * x);
}

static long double exp_dphi(const void *cfg, long double x)
{
  const nt_exp *c = cfg;
  return c->b * exp_phi(cfg, x);
}

static long double gaussian_phi(const void *cfg, long double x)
{
  const nt_gaussian *c = cfg;
  return c->a * expl(c->b * x * x);
}

static long double gaussian_dphi(const void *cfg, long double x)
{
  const nt_gaussian *c = cfg;
  return 2 * c->b * x * gaussian_phi(cfg, x);
}

static const nt_erf erf1 = NT_ERF_DEFAULTS, erf2 = {.a = 0.6, .b = 0.8, .c = 0.3};
static const nt_erf sigmoid = {.a = 0.5, .b = 1 / 2.4020563531719796, .c = 0.5};
static const nt_gelu gelu = NT_GELU_DEFAULTS;
static const nt_sin sin1 = NT_SIN_DEFAULTS, sin2 = {.a = 0.6, .b = 0.8, .c = 0.3};
static const nt_cos cos1 = NT_COS_DEFAULTS, cos2 = {.a = 0.6, .b = 0.8, .c = 0.3};
static const nt_rbf rbf1 = NT_RBF_DEFAULTS, rbf2 = {.gamma = 0.3};
static const nt_exp exp1 = {.a = 0.6, .b = 0.4};
static const nt_gaussian gaussian1 = NT_GAUSSIAN_DEFAULTS, gaussian2 = {.a = 0.6, .b = 0.04};
static const nt_relu relu = NT_RELU_DEFAULTS;
static const nt_abs abs1 = NT_ABS_DEFAULTS;
static const nt_leaky_relu leaky = {.alpha = 0.1};
static const nt_abrelu abrelu1 = {.a = 0.2, .b = 0.9}, abrelu2 = {.a = -1.5, .b = 0.5};
static const nt_abrelu linear = {.a = 1.5, .b = 1.5};

static const map_case smooth[] = {
    {.ops = &nt_layer_erf, .cfg = &erf1, .phi = erf_phi, .dphi = erf_dphi},
    {.ops = &nt_layer_erf, .cfg = &erf2, .phi = erf_phi, .dphi = erf_dphi},
    {.ops = &nt_layer_sigmoid_like, .cfg = &sigmoid, .phi = erf_phi, .dphi = erf_dphi},
    {.ops = &nt_layer_gelu, .cfg = &gelu, .phi = gelu_phi, .dphi = gelu_dphi},
    {.ops = &nt_layer_sin, .cfg = &sin1, .phi = sin_phi, .dphi = sin_dphi},
    {.ops = &nt_layer_sin, .cfg = &sin2, .phi = sin_phi, .dphi = sin_dphi},
    {.ops = &nt_layer_cos, .cfg = &cos1, .phi = cos_phi, .dphi = cos_dphi},
    {.ops = &nt_layer_cos, .cfg = &cos2, .phi = cos_phi, .dphi = cos_dphi},
    {.ops = &nt_layer_rbf, .cfg = &rbf1, .phi = rbf_phi, .dphi = rbf_dphi},
    {.ops = &nt_layer_rbf, .cfg = &rbf2, .phi = rbf_phi, .dphi = rbf_dphi},
    {.ops = &nt_layer_exp, .cfg = &exp1, .phi = exp_phi, .dphi = exp_dphi},
    {.ops = &nt_layer_gaussian, .cfg = &gaussian1, .phi = gaussian_phi, .dphi = gaussian_dphi},
    {.ops = &nt_layer_gaussian, .cfg = &gaussian2, .phi = gaussian_phi, .dphi = gaussian_dphi},
};

static const map_case kinked[] = {
    {.ops = &nt_layer_relu, .cfg = &relu, .a = 0, .b = 1},
    {.ops = &nt_layer_abs, .cfg = &abs1, .a = -1, .b = 1},
    {.ops = &nt_layer_leaky_relu, .cfg = &leaky, .a = 0.1L, .b = 1},
    {.ops = &nt_layer_abrelu, .cfg = &abrelu1, .a = 0.2L, .b = 0.9L},
    {.ops = &nt_layer_abrelu, .cfg = &abrelu2, .a = -1.5L, .b = 0.5L},
    {.ops = &nt_layer_abrelu, .cfg = &linear, .a = 1.5L, .b = 1.5L},
};

enum { SMOOTH = sizeof smooth / sizeof smooth[0], KINKED = sizeof kinked / sizeof kinked[0] };

static const nt_post plain = {.kf = 1, .tt = 1}, difference = {.kd = 1, .tt = 1};
static const double eps_of[2] = {0x1p-52, 0x1p-23};

static double worst(double a, double b) { return isfinite(b) ? fmax(a, b) : INFINITY; }

static double minus(double got, long double want) { return (double)fabsl((long double)got - want); }

/* Pairs with variances and covariances that floats hold exactly. */
static const double rhos[] = {-1, -0.984375, -0.5, 0, 0.25, 0.8125, 0.99993896484375, 1};
static const double scales[] = {0, 0.25, 1, 2.25};
enum { RHOS = sizeof rhos / sizeof rhos[0], SCALES = sizeof scales / sizeof scales[0] };

static nt_oracle_pair pair_of(const map_run *run, int i, bool takes_d)
{
  const double q1 = run->q1[i], q2 = run->q2[run->one2 ? 0 : i];
  nt_oracle_pair p = {q1, q2, run->k[i]};
  if (!takes_d) p.d = sqrtl(q1) * sqrtl(q2) - run->k[i];
  return p;
}

static void grid(map_run *run, bool takes_d, double q2)
{
  memset(run, 0, sizeof *run);
  run->n = RHOS * SCALES;
  run->one2 = true;
  run->q2[0] = q2;
  for (int i = 0; i < run->n; i++) {
    const double q1 = scales[i / RHOS], k = rhos[i % RHOS] * sqrt(q1) * sqrt(q2);
    run->q1[i] = q1;
    run->k[i] = takes_d ? sqrt(q1) * sqrt(q2) - k : k;
    run->t[i] = 1;
  }
}

/* The errors in double and in float, in units of their eps. */
static void smooth_errors(const map_case *c, double q2, double *error)
{
  static map_run run[2];
  for (int d = 0; d < 2; d++) {
    grid(&run[d], c->ops->takes_d, q2);
    run[d].post = plain;
    map_run_go(&run[d], c->ops, c->cfg, (nt_dtype)d, true);
  }
  for (int i = 0; i < run[0].n; i++) {
    const nt_oracle_pair p = pair_of(&run[0], i, c->ops->takes_d);
    const long double f = nt_oracle_smooth(c->phi, c->cfg, p);
    const long double dot = nt_oracle_smooth(c->dphi, c->cfg, p);
    for (int d = 0; d < 2; d++) {
      error[d] = worst(error[d], minus(run[d].k_out[i], f) / eps_of[d]);
      error[d] = worst(error[d], minus(run[d].t_out[i], dot) / eps_of[d]);
    }
  }
}

static void test_smooth(void)
{
  for (int m = 0; m < SMOOTH; m++) {
    double error[2] = {0, 0};
    for (int s = 0; s < SCALES; s++)
      smooth_errors(&smooth[m], scales[s], error);
    NT_TEST_MSG(error[0] < 20 && error[1] < 20, "%s (%d): %.1f eps, in float %.1f eps",
                smooth[m].ops->name, m, error[0], error[1]);
  }
}

/* The same for a kinked map, all variances times `scale`. */
static double kinked_error(const map_case *c, nt_dtype dtype, double q2, double scale)
{
  static map_run run;
  const double eps = eps_of[dtype];
  double f_error = 0, d_error = 0, dot_error = 0;
  grid(&run, true, q2);
  for (int i = 0; i < run.n; i++) {
    run.q1[i] *= scale;
    run.k[i] *= scale;
  }
  run.q2[0] *= scale;
  static map_run again;
  again = run;
  run.post = plain;
  again.post = difference;
  map_run_go(&run, c->ops, c->cfg, dtype, true);
  map_run_go(&again, c->ops, c->cfg, dtype, true);
  for (int i = 0; i < run.n; i++) {
    const nt_oracle_pair p = pair_of(&run, i, true);
    long double f, d, dot;
    nt_oracle_abrelu(c->a, c->b, p, &f, &d, &dot);
    const double unit = fmax(1e-300, sqrt(run.q1[i] * run.q2[0]));
    const double flat = sinl(nt_oracle_angle(p)) < 0.1L ? 100 : 1;
    f_error = worst(f_error, minus(run.k_out[i], f) / unit / eps);
    d_error = worst(d_error, minus(again.k_out[i], d) / unit / eps);
    dot_error = worst(dot_error, minus(run.t_out[i], dot) / eps / flat);
  }
  return fmax(f_error, fmax(d_error, dot_error));
}

static void test_kinked(void)
{
  for (int m = 0; m < KINKED; m++) {
    double error[2] = {0, 0};
    for (int s = 0; s < SCALES; s++) {
      for (int d = 0; d < 2; d++) {
        for (int e = -60; e <= 36; e += 24) {
          const double bits = kinked_error(&kinked[m], (nt_dtype)d, scales[s], ldexp(1, e));
          error[d] = worst(error[d], bits);
        }
      }
    }
    NT_TEST_MSG(error[0] < 16 && error[1] < 16, "%s (%d): %.1f eps, in float %.1f eps",
                kinked[m].ops->name, m, error[0], error[1]);
  }
}

/* 1 - |rho| = 1e-16 ... 1e-2, equal variances: theta keeps its digits, and so does the next layer's, which
 * moves with D' / sqrt(D'). */
static void test_near(void)
{
  static map_run run;
  for (int m = 0; m < KINKED; m++) {
    const map_case *c = &kinked[m];
    double d_error = 0, dot_error = 0;
    memset(&run, 0, sizeof run);
    run.n = 16;
    run.one2 = true;
    run.q2[0] = 1.7;
    run.post = difference;
    for (int i = 0; i < 16; i++) {
      run.q1[i] = 1.7;
      run.k[i] = 1.7 * pow(10, i < 15 ? i - 16 : -20);
      run.t[i] = 1;
    }
    map_run_go(&run, c->ops, c->cfg, NT_FLOAT64, true);
    for (int i = 0; i < 16; i++) {
      long double f, d, dot;
      nt_oracle_abrelu(c->a, c->b, (nt_oracle_pair){1.7, 1.7, run.k[i]}, &f, &d, &dot);
      d_error = worst(d_error, minus(run.k_out[i], d) / sqrt((double)d));
      dot_error = worst(dot_error, minus(run.t_out[i], dot));
    }
    NT_TEST_MSG(d_error < 4e-15 && dot_error < 1e-15, "%s (%d): next theta to %g, Fdot to %g",
                c->ops->name, m, d_error, dot_error);
  }
}

static void test_sign(void)
{
  static map_run run;
  double error = 0;
  for (int s = 0; s < SCALES; s++) {
    grid(&run, true, scales[s]);
    run.post = (nt_post){.kf = 1, .tt = 1};
    map_run_go(&run, &nt_layer_sign, NULL, NT_FLOAT64, true);
    for (int i = 0; i < run.n; i++) {
      const nt_oracle_pair p = pair_of(&run, i, true);
      const double want = p.q11 * p.q22 > 0 ? (double)(1 - 2 * nt_oracle_angle(p) / PI) : 0;
      error = worst(error, fabs(run.k_out[i] - want));
      error = worst(error, fabs(run.t_out[i]));
    }
    run.post = difference;
    static map_run again;
    again = run;
    map_run_go(&again, &nt_layer_sign, NULL, NT_FLOAT64, false);
    for (int i = 0; i < run.n; i++) {
      const double ones = run.q1[i] > 0 && run.q2[0] > 0;
      error = worst(error, fabs(again.k_out[i] - (ones - run.k_out[i])));
    }
  }
  NT_TEST_MSG(error < 1e-13, "Sign: %g", error);
}

/* Duplicates, scaled copies, opposites, no variance: the limits are exact. */
static void test_limits(void)
{
  static map_run run;
  const nt_relu cfg = NT_RELU_DEFAULTS;
  bool scaled = true, opposite = true;
  memset(&run, 0, sizeof run);
  run.n = 512;
  run.post = (nt_post){.kd = 1, .tt = 1};
  for (int i = 0; i < run.n; i++) {
    const double x = 1 + nt_test_uniform(1, i, 0) / 2, y = x * (1 + i / 16);
    const double sign = i < 256 ? 1 : -1;
    run.q1[i] = i == 511 ? 0 : x * x;
    run.q2[i] = y * y;
    run.k[i] = i == 511 || sign > 0 ? 0 : 2 * x * y;
    run.t[i] = 1;
  }
  map_run_go(&run, &nt_layer_relu, &cfg, NT_FLOAT64, true);
  for (int i = 0; i < 256; i++)
    scaled = scaled && run.t_out[i] == 0.5;
  for (int i = 0; i < 256; i++)
    scaled = scaled && run.k_out[i] == 0;
  for (int i = 256; i < 511; i++)
    opposite = opposite && run.t_out[i] == 0;
  const bool none = fabs(run.t_out[511] - 0.25) < 1e-15 && run.k_out[511] == 0;
  run.post = plain;
  map_run_go(&run, &nt_layer_relu, &cfg, NT_FLOAT64, true);
  for (int i = 256; i < 512; i++)
    opposite = opposite && run.k_out[i] == 0;
  NT_TEST(scaled);
  NT_TEST(opposite);
  NT_TEST(none);
}

/* A NaN must come out again: it is what tells the user that something overflowed. */
static void test_nan(void)
{
  static map_run run;
  for (int m = 0; m < SMOOTH + KINKED; m++) {
    const map_case *c = m < SMOOTH ? &smooth[m] : &kinked[m - SMOOTH];
    grid(&run, c->ops->takes_d, 1);
    run.post = plain;
    run.k[19] = NAN;
    map_run_go(&run, c->ops, c->cfg, NT_FLOAT64, true);
    NT_TEST_MSG(isnan(run.k_out[19]) && isnan(run.t_out[19]) && isfinite(run.k_out[20]), "%s",
                c->ops->name);
  }
}

static void random_run(map_run *run, bool takes_d, uint64_t seed)
{
  memset(run, 0, sizeof *run);
  run->n = 256;
  run->post = plain;
  for (int i = 0; i < run->n; i++) {
    run->q1[i] = 1 + nt_test_uniform(seed, i, 0);
    run->q2[i] = 1 + nt_test_uniform(seed, 0, 1);
    const double k = nt_test_uniform(seed, i, 2) * sqrt(run->q1[i] * run->q2[i]);
    run->k[i] = takes_d ? sqrt(run->q1[i] * run->q2[i]) - k : k;
    run->t[i] = nt_test_uniform(seed, i, 3);
  }
}

/* The same bits for one second argument or many, with and without the NTK, and at any place. */
static void test_bits(void)
{
  static map_run run, other;
  const size_t bytes = 256 * sizeof(double);
  for (int m = 0; m < SMOOTH + KINKED; m++) {
    const map_case *c = m < SMOOTH ? &smooth[m] : &kinked[m - SMOOTH];
    for (int d = 0; d < 2; d++) {
      random_run(&run, c->ops->takes_d, 7);
      other = run;
      map_run_go(&run, c->ops, c->cfg, (nt_dtype)d, true);
      other.one2 = true;
      map_run_go(&other, c->ops, c->cfg, (nt_dtype)d, true);
      NT_TEST_MSG(memcmp(run.k_out, other.k_out, bytes) == 0 &&
                      memcmp(run.t_out, other.t_out, bytes) == 0,
                  "%s: one2", c->ops->name);
      map_run_go(&other, c->ops, c->cfg, (nt_dtype)d, false);
      NT_TEST_MSG(memcmp(run.k_out, other.k_out, bytes) == 0, "%s: without NTK", c->ops->name);
      for (int i = 0; i < 256; i++) {
        const int j = (i + 101) % 256;
        other.q1[i] = run.q1[j];
        other.k[i] = run.k[j];
        other.t[i] = run.t[j];
      }
      map_run_go(&other, c->ops, c->cfg, (nt_dtype)d, true);
      bool same = true;
      for (int i = 0; i < 256; i++) {
        const int j = (i + 101) % 256;
        same = same && other.k_out[i] == run.k_out[j] && other.t_out[i] == run.t_out[j];
      }
      NT_TEST_MSG(same, "%s: place", c->ops->name);
    }
  }
}

/* Of a map that takes D, either of its forms. */
static double post_error(const map_case *c, bool form_d)
{
  static map_run run, plain_run, form;
  double error = 0;
  random_run(&run, c->ops->takes_d, 3);
  plain_run = form = run;
  run.post = form_d ? (nt_post){.kd = 1.3, .tf = 1.1, .tt = 0.6, .t0 = -0.4}
                    : (nt_post){.kf = 1.3, .k0 = 0.2, .tf = 1.1, .tt = 0.6, .t0 = -0.4};
  if (form_d) form.post = difference;
  map_run_go(&run, c->ops, c->cfg, NT_FLOAT64, true);
  map_run_go(&plain_run, c->ops, c->cfg, NT_FLOAT64, true);
  map_run_go(&form, c->ops, c->cfg, NT_FLOAT64, true);
  for (int i = 0; i < run.n; i++) {
    const double k = 1.3 * form.k_out[i] + (form_d ? 0 : 0.2);
    error = worst(error, fabs(run.k_out[i] - k) / (1 + fabs(k)));
    const double t = 1.1 * plain_run.k_out[i] + 0.6 * plain_run.t_out[i] - 0.4;
    error = worst(error, fabs(run.t_out[i] - t) / (1 + fabs(t)));
  }
  return error;
}

static void test_post(void)
{
  for (int m = 0; m < SMOOTH + KINKED; m++) {
    const map_case *c = m < SMOOTH ? &smooth[m] : &kinked[m - SMOOTH];
    const double error = fmax(post_error(c, false), c->ops->takes_d ? post_error(c, true) : 0);
    NT_TEST_MSG(error < 1e-15, "%s: %g", c->ops->name, error);
  }
}

/* Relu, then Dense(W_std=2**0.5, b_std=0.3): D' = sqrt(q11' q22') - K' of variances that are alike,
 * and of some that are orders of magnitude apart. */
static double bias_error(nt_dtype dtype, bool one2)
{
  static map_run run;
  const nt_relu cfg = NT_RELU_DEFAULTS;
  double error = 0;
  random_run(&run, true, 11);
  run.one2 = one2;
  run.k_dense = 2;
  run.b = 0.3;
  run.post = (nt_post){.kd = 2, .tt = 1};
  for (int i = 0; i < run.n; i++) {
    run.q1[i] = i < 128 ? run.q1[i] : ldexp(run.q1[i], (i - 192) / 4);
    run.k[i] = sqrt(run.q1[i] * run.q2[i]) * (i % 8) / 16;
  }
  map_run_go(&run, &nt_layer_relu, &cfg, dtype, true);
  for (int i = 0; i < run.n; i++) {
    const long double q1 = run.q1[i], q2 = run.q2[i], b2 = 0.3L * 0.3L;
    long double f, difference, dot;
    nt_oracle_abrelu(0, 1, (nt_oracle_pair){q1, q2, run.k[i]}, &f, &difference, &dot);
    const long double gap = sqrtl(q1) - sqrtl(q2), whole = sqrtl((q1 + b2) * (q2 + b2));
    const long double want = 2 * difference + b2 * gap * gap / (whole + sqrtl(q1 * q2) + b2);
    error = worst(error, minus(run.k_out[i], want) / (double)whole);
  }
  return error / eps_of[dtype];
}

static void test_bias(void)
{
  for (int one2 = 0; one2 < 2; one2++) {
    const double error[2] = {bias_error(NT_FLOAT64, one2), bias_error(NT_FLOAT32, one2)};
    NT_TEST_MSG(error[0] < 8 && error[1] < 8, "%.1f eps, in float %.1f eps", error[0], error[1]);
  }
}

/* Variances are the kernel of a sample with itself: to the bit for layers that take K. */
static void test_self(void)
{
  static map_run run;
  static double q_out[256], dot[256];
  for (int m = 0; m < SMOOTH + KINKED; m++) {
    const map_case *c = m < SMOOTH ? &smooth[m] : &kinked[m - SMOOTH];
    double error = 0;
    random_run(&run, false, 5);
    run.q1[0] = 0;
    for (int i = 0; i < run.n; i++) {
      run.q2[i] = run.q1[i];
      run.k[i] = c->ops->takes_d ? 0 : run.q1[i];
      run.t[i] = 1;
    }
    map_run_go(&run, c->ops, c->cfg, NT_FLOAT64, true);
    c->ops->self(c->cfg, run.n - 3, run.q1, q_out, dot);
    for (int i = 0; i < run.n - 3; i++) {
      error = worst(error, fabs(run.k_out[i] - q_out[i]) / (1e-300 + q_out[i]));
      error = worst(error, fabs(run.t_out[i] - dot[i]) / (1 + dot[i]));
    }
    NT_TEST_MSG(error <= (c->ops->takes_d ? 1e-15 : 0), "%s: %g", c->ops->name, error);
  }
}

/* Where products of variances would lose all digits, or overflow. */
static void test_extremes(void)
{
  static map_run run;
  for (int m = 0; m < SMOOTH; m++) {
    const map_case *c = &smooth[m];
    if (c->ops == &nt_layer_exp || c->cfg == &gaussian2) continue;
    for (int d = 0; d < 2; d++) {
      double q = 1e-18;
      bool finite = true;
      for (int e = 0; e < 3; e++, q = e == 1 ? 1e5 : 1e10) {
        grid(&run, c->ops->takes_d, q);
        for (int i = 0; i < run.n; i++) {
          run.q1[i] = q;
          run.k[i] = c->ops->takes_d ? q * (1 - rhos[i % RHOS]) : q * rhos[i % RHOS];
        }
        run.post = plain;
        map_run_go(&run, c->ops, c->cfg, (nt_dtype)d, true);
        for (int i = 0; i < run.n; i++) {
          finite = finite && isfinite(run.k_out[i]) && isfinite(run.t_out[i]);
        }
      }
      NT_TEST_MSG(finite, "%s (%d)", c->ops->name, d);
    }
  }
  grid(&run, false, 1);
  for (int i = 0; i < run.n; i++)
    run.q1[i] = run.q2[0] = 1e-18;
  for (int i = 0; i < run.n; i++)
    run.k[i] = 1e-18 * rhos[i % RHOS];
  run.post = plain;
  map_run_go(&run, &nt_layer_sin, &sin1, NT_FLOAT64, true);
  for (int i = 0; i < RHOS; i++)
    NT_TEST(fabs(run.k_out[i] - run.k[i]) <= 1e-15 * fabs(run.k[i]));
}

static const CU_TestInfo tests[] = {{"smooth maps equal quadrature", test_smooth},
                                    {"kinked maps equal quadrature at all scales", test_kinked},
                                    {"small angles keep their digits", test_near},
                                    {"Sign equals the angle", test_sign},
                                    {"limits are exact", test_limits},
                                    {"NaN is not swallowed", test_nan},
                                    {"bits depend on the pair alone", test_bits},
                                    {"post is applied", test_post},
                                    {"a bias enters the difference", test_bias},
                                    {"self is the map of a duplicate", test_self},
                                    {"extreme variances stay finite", test_extremes},
                                    CU_TEST_INFO_NULL};

NT_TEST_MAIN("layer.maps", tests)
