/** Elementwise layers against quadrature: every map, in all arithmetics, on grids of variances and
 * angles; limits. */
#include "map_cases.h"
#include "nt_test.h"

#include "layer/registry.h"
#include "nt/stax.h"

#include <string.h>

static nt_oracle_pair pair_of(const map_run *run, int i, bool takes_d)
{
  const double q1 = run->q1[i], q2 = run->q2[run->one2 ? 0 : i];
  nt_oracle_pair p = {q1, q2, run->k[i]};
  if (!takes_d) p.d = sqrtl(q1) * sqrtl(q2) - run->k[i];
  return p;
}

/* The errors in each arithmetic that the map is there in, in units of its eps. */
static void smooth_errors(const map_case *c, double q2, double *error)
{
  static map_run run[NT_DTYPES];
  const int n = c->ops->map[NT_WIDE] != NULL ? NT_DTYPES : NT_WIDE;
  for (int d = 0; d < n; d++) {
    map_grid(&run[d], c->ops->takes_d, q2);
    run[d].post = plain;
    map_run_go(&run[d], c->ops, c->cfg, (nt_dtype)d, true);
  }
  for (int i = 0; i < run[0].n; i++) {
    const nt_oracle_pair p = pair_of(&run[0], i, c->ops->takes_d);
    const long double f = nt_oracle_smooth(c->phi, c->cfg, p);
    const long double dot = nt_oracle_smooth(c->dphi, c->cfg, p);
    for (int d = 0; d < n; d++) {
      error[d] = worst(error[d], minus(run[d].k_out[i], f) / eps_of[d]);
      error[d] = worst(error[d], minus(run[d].t_out[i], dot) / eps_of[d]);
    }
  }
}

static void test_smooth(void)
{
  for (int m = 0; m < SMOOTH; m++) {
    double error[NT_DTYPES] = {0};
    for (int s = 0; s < SCALES; s++)
      smooth_errors(&smooth[m], scales[s], error);
    NT_TEST_MSG(error[0] < 20 && error[1] < 20 && error[2] < 20,
                "%s (%d): %.1f eps, in float %.1f eps, in long double %.1f eps of double",
                smooth[m].ops->name, m, error[0], error[1], error[2]);
  }
}

/* The same for a kinked map, all variances times `scale`. */
static double kinked_error(const map_case *c, nt_dtype dtype, double q2, double scale)
{
  static map_run run;
  const double eps = eps_of[dtype];
  double f_error = 0, d_error = 0, dot_error = 0;
  map_grid(&run, true, q2);
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
    double error[NT_DTYPES] = {0};
    for (int s = 0; s < SCALES; s++) {
      for (int d = 0; d < NT_DTYPES; d++) {
        for (int e = -60; e <= 36; e += 24) {
          const double bits = kinked_error(&kinked[m], (nt_dtype)d, scales[s], ldexp(1, e));
          error[d] = worst(error[d], bits);
        }
      }
    }
    NT_TEST_MSG(error[0] < 16 && error[1] < 16 && error[2] < 16,
                "%s (%d): %.1f eps, in float %.1f eps, in long double %.1f eps of double",
                kinked[m].ops->name, m, error[0], error[1], error[2]);
  }
}

/* 1 - |rho| = 1e-16 ... 1e-2, equal variances: theta keeps its digits, and so does the next
 * layer's, which moves with D' / sqrt(D'). */
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

/* D' of a smooth map, whose root the next layer may take: its error over that root, or that of D if
 * it is larger, near and far from D = 0, of variances q (first argument) and 1.7. */
static double difference_error(const map_case *c, nt_dtype dtype, double q)
{
  static map_run run;
  double error = 0;
  memset(&run, 0, sizeof run);
  run.n = 16;
  run.one2 = true;
  run.q2[0] = 1.7;
  run.post = difference;
  for (int i = 0; i < 16; i++) {
    run.q1[i] = q;
    run.k[i] = sqrt(q * 1.7) * (i < 15 ? 2 * pow(1.7, -i) : 0);
    run.t[i] = 1;
  }
  nt_layer_ops ops = *c->ops;
  ops.map[NT_FLOAT64] = ops.difference[NT_FLOAT64];
  ops.map[NT_FLOAT32] = ops.difference[NT_FLOAT32];
  ops.map[NT_WIDE] = ops.difference[NT_WIDE];
  map_run_go(&run, &ops, c->cfg, dtype, true);
  const nt_oracle_pair one = {q, q, 0}, two = {1.7, 1.7, 0};
  const long double own1 = nt_oracle_smooth(c->phi, c->cfg, one),
                    own2 = nt_oracle_smooth(c->phi, c->cfg, two);
  for (int i = 0; i < 16; i++) {
    const nt_oracle_pair p = {q, 1.7, run.k[i]};
    const long double d = sqrtl(own1 * own2) - nt_oracle_smooth(c->phi, c->cfg, p);
    const long double mean = (own1 + own2) / 2 - nt_oracle_smooth(c->phi, c->cfg, p);
    const long double dot = nt_oracle_smooth(c->dphi, c->cfg, p);
    const double gap = sqrt(q) - sqrt(1.7), in = run.k[i] + gap * gap / 2;
    const double root = sqrt(fmax(fmax((double)mean, in), 1e-6));
    error = worst(error, minus(run.k_out[i], d) / root);
    error = worst(error, minus(run.t_out[i], dot));
  }
  return error / eps_of[dtype];
}

static void test_differences(void)
{
  for (int m = 0; m < SMOOTH; m++) {
    if (smooth[m].ops->difference[NT_FLOAT64] == NULL || smooth[m].grows) continue;
    for (int d = 0; d < NT_DTYPES; d++) {
      const double error[3] = {difference_error(&smooth[m], (nt_dtype)d, 1.7),
                               difference_error(&smooth[m], (nt_dtype)d, 1.8),
                               difference_error(&smooth[m], (nt_dtype)d, 0.2)};
      NT_TEST_MSG(error[0] < 20 && error[1] < 20 && error[2] < 20,
                  "%s (%d, %d): %.1f, %.1f, %.1f eps", smooth[m].ops->name, m, d, error[0],
                  error[1], error[2]);
    }
  }
}

static void test_sign(void)
{
  static map_run run;
  double error = 0;
  for (int s = 0; s < SCALES; s++) {
    map_grid(&run, true, scales[s]);
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
    const int times = 1 + i / 16;
    const double x = 1 + nt_test_uniform(1, i, 0) / 2, y = x * times;
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

static const CU_TestInfo tests[] = {{"smooth maps equal quadrature", test_smooth},
                                    {"kinked maps equal quadrature at all scales", test_kinked},
                                    {"small angles keep their digits", test_near},
                                    {"differences of smooth maps", test_differences},
                                    {"Sign equals the angle", test_sign},
                                    {"limits are exact", test_limits},
                                    CU_TEST_INFO_NULL};

NT_TEST_MAIN("layer.maps", tests)
