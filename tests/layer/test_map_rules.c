/** What every map keeps to, whatever it computes: the rules of nt_map_fn in nt/plugin.h. */
#include "map_cases.h"
#include "nt_test.h"

#include "layer/registry.h"
#include "net/net_impl.h"

#include <string.h>

/* A NaN must come out again: it is what tells the user that something overflowed. */
static void test_nan(void)
{
  static map_run run;
  for (int m = 0; m < SMOOTH + KINKED; m++) {
    const map_case *c = m < SMOOTH ? &smooth[m] : &kinked[m - SMOOTH];
    map_grid(&run, c->ops->takes_d, 1);
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

/* A pair beyond the range of products changes no bits of the others. */
static void check_neighbour(const map_case *c, nt_dtype dtype, const map_run *run)
{
  static map_run other;
  int same = 0;
  other = *run;
  other.q1[9] = dtype == NT_FLOAT64 ? 1e300 : 1e36;
  map_run_go(&other, c->ops, c->cfg, dtype, true);
  for (int i = 0; i < run->n; i++)
    same += other.k_out[i] == run->k_out[i] && other.t_out[i] == run->t_out[i];
  NT_TEST_MSG(same >= run->n - 1, "%s: neighbour (%d)", c->ops->name, dtype);
}

/* The same bits for one second argument or many, with and without the NTK, at any place, and beside
 * any pair. */
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
      check_neighbour(c, (nt_dtype)d, &run);
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
  const nt_sin sine = NT_SIN_DEFAULTS;
  static map_run run;
  for (int m = 0; m < SMOOTH; m++) {
    const map_case *c = &smooth[m];
    if (c->grows) continue;
    for (int d = 0; d < 2; d++) {
      static const double sizes[] = {1e-18, 1e5, 1e10, 1e36, 1e300};
      bool finite = true;
      for (int e = 0; e < (d == NT_FLOAT64 ? 5 : 4); e++) {
        const double q = sizes[e];
        map_grid(&run, c->ops->takes_d, q);
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
  map_grid(&run, false, 1);
  for (int i = 0; i < run.n; i++)
    run.q1[i] = run.q2[0] = 1e-18;
  for (int i = 0; i < run.n; i++)
    run.k[i] = 1e-18 * rhos[i % RHOS];
  run.post = plain;
  map_run_go(&run, &nt_layer_sin, &sine, NT_FLOAT64, true);
  for (int i = 0; i < RHOS; i++)
    NT_TEST(fabs(run.k_out[i] - run.k[i]) <= 1e-15 * fabs(run.k[i]));
}

/* On planes, opposites are so to the last digit whatever their sizes: a root would make 1e-8 of what
 * is left of a D of the size of the larger. */
static void check_opposites(const nt_layer_ops *ops, const void *cfg, nt_dtype dtype, double want)
{
  enum { N = 4 * NT_LANES, TABLES = 4 };
  static _Alignas(64) double q[2][N], k[N], t[N], table[2][TABLES][N];
  static _Alignas(64) float kf[N], tf[N], tablef[2][TABLES][N];
  double worst = 0;
  nt_layer *layer = map_layer_of(ops, cfg);
  for (int i = 0; i < N; i++) {
    const double s1 = 1 + nt_test_uniform(5, i, 0);
    const double s2 = s1 / exp(7 * nt_test_uniform(5, i, 1));
    q[0][i] = s1 * s1;
    q[1][i] = s2 * s2;
    k[i] = (q[0][i] + q[1][i]) / 2 + s1 * s2;
    kf[i] = (float)k[i];
    t[i] = tf[i] = 1;
  }
  for (int side = 0; side < 2; side++) {
    double *tables[] = {table[side][0], table[side][1], table[side][2], table[side][3]};
    ops->tables(layer->cfg, N, q[side], tables);
    for (int i = 0; i < TABLES * N; i++)
      tablef[side][i / N][i % N] = (float)table[side][i / N][i % N];
  }
  const bool wide = dtype == NT_FLOAT64;
  const nt_lanes lanes = {.n = N,
                          .k = wide ? (void *)k : (void *)kf,
                          .t = wide ? (void *)t : (void *)tf,
                          .k_out = wide ? (void *)k : (void *)kf,
                          .t_out = wide ? (void *)t : (void *)tf,
                          .table1 = wide ? (void *)table[0] : (void *)tablef[0],
                          .table2 = wide ? (void *)table[1] : (void *)tablef[1],
                          .ld1 = N,
                          .ld2 = N,
                          .mean = true};
  ops->map[dtype](layer->cfg, &lanes, &(nt_post){.kf = 1, .tt = 1});
  for (int i = 0; i < N; i++) {
    worst = fmax(worst, fabs((wide ? k[i] : (double)kf[i]) - want));
    worst = fmax(worst, fabs(wide ? t[i] : (double)tf[i]));
  }
  NT_TEST_MSG(worst < (wide ? 4e-15 : 2e-6), "%s (%d): %g", ops->name, dtype, worst);
  nt_layer_release(&layer);
}

static void test_opposites(void)
{
  static const nt_abrelu rectifier = {.a = 0, .b = 1};
  static const nt_relu relu = NT_RELU_DEFAULTS;
  for (int d = 0; d < 2; d++) {
    check_opposites(&nt_layer_sign, NULL, (nt_dtype)d, -1);
    check_opposites(&nt_layer_abrelu, &rectifier, (nt_dtype)d, 0);
    check_opposites(&nt_layer_relu, &relu, (nt_dtype)d, 0);
    check_opposites(&nt_layer_rectified_monomial, &(nt_rectified_monomial){.degree = 0},
                    (nt_dtype)d, 0);
  }
}

static const CU_TestInfo tests[] = {{"NaN is not swallowed", test_nan},
                                    {"bits depend on the pair alone", test_bits},
                                    {"post is applied", test_post},
                                    {"a bias enters the difference", test_bias},
                                    {"self is the map of a duplicate", test_self},
                                    {"extreme variances stay finite", test_extremes},
                                    {"opposites have any sizes", test_opposites},
                                    CU_TEST_INFO_NULL};

NT_TEST_MAIN("layer.map_rules", tests)
