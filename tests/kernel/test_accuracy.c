/* Deep ReLU networks of near duplicates and other awkward samples, through the whole engine,
 * against a naive recursion in long double that carries D = sqrt(q11 q22) - q12. */
#include "data.h"
#include "nt_test.h"
#include "run.h"

#include <math.h>
#include <stdlib.h>

static const long double PI = 3.141592653589793238462643383279502884L;

enum { LAYERS = 21, BASES = 2, NEAR = 7, SPECIAL = 8, N = BASES * (NEAR + SPECIAL) };

typedef struct pair {
  long double q1, q2, d, t; /* variances, D, NTK */
} pair;

/* sin a - a cos a, by its series where the difference would lose digits. */
static long double sin_less(long double a)
{
  if (a > 0.5L) return sinl(a) - a * cosl(a);
  long double term = a * a * a, sum = 0;
  for (int k = 1; k < 20; k++) {
    /* a^(2k+1) (-1)^(k+1) 2k / (2k+1)! */
    if (k == 1) term /= 6;
    sum += term * 2 * k;
    term *= -a * a / ((2 * k + 2) * (2 * k + 3));
  }
  return sum;
}

static pair dense(pair p, long double w2, long double b2)
{
  const long double r1 = w2 * p.q1, r2 = w2 * p.q2, k = sqrtl(p.q1 * p.q2) - p.d;
  const long double before = sqrtl(r1 * r2), after = sqrtl((r1 + b2) * (r2 + b2));
  const long double gap = sqrtl(r1) - sqrtl(r2);
  const long double bias = b2 > 0 ? b2 * gap * gap / (after + before + b2) : 0;
  return (pair){r1 + b2, r2 + b2, w2 * p.d + bias, w2 * (k + p.t) + b2};
}

static pair relu(pair p)
{
  const long double s = sqrtl(p.q1 * p.q2);
  pair out = {p.q1 / 2, p.q2 / 2, 0, 0};
  if (!(s > 0)) return out;
  /* Near pi the angle comes from what is left to 2. */
  const long double half = fminl(p.d / s / 2, 1);
  const long double a = half < 0.5L ? 2 * asinl(sqrtl(half)) : PI - 2 * asinl(sqrtl(1 - half));
  const long double sine = sinl(a / 2);
  out.d = s / (2 * PI) * (PI * 2 * sine * sine - sin_less(a));
  out.t = p.t * (PI - a) / (2 * PI);
  return out;
}

static pair input(int64_t d, const double *x, const double *y, bool single)
{
  pair p = {0};
  for (int64_t i = 0; i < d; i++) {
    const long double u = single ? (float)x[i] : x[i], v = single ? (float)y[i] : y[i];
    p.q1 += u * u / (long double)d;
    p.q2 += v * v / (long double)d;
  }
  if (!(p.q1 > 0 && p.q2 > 0)) return p;
  const long double a = sqrtl(sqrtl(p.q2 / p.q1));
  for (int64_t i = 0; i < d; i++) {
    const long double u = single ? (float)x[i] : x[i], v = single ? (float)y[i] : y[i];
    p.d += (a * u - v / a) * (a * u - v / a) / (long double)(2 * d);
  }
  return p;
}

static pair oracle(int64_t d, const double *x, const double *y, double b_std, bool single)
{
  const long double w = sqrt(2), w2 = w * w, b2 = (long double)b_std * b_std;
  pair p = input(d, x, y, single);
  for (int l = 0; l < LAYERS; l++)
    p = relu(dense(p, w2, b2));
  return dense(p, w2, b2);
}

static const double scale[SPECIAL] = {1, 1, -1, 3, 0, 1e-9, 1e5, -0.7};

/* Of each base x: x cos a + y sin a with 1 - cos a = 1e-14 ... 1e-2, then special ones. */
static double *make_samples(int64_t d)
{
  double *x = malloc((size_t)(N * d) * sizeof *x);
  for (int b = 0; b < BASES; b++) {
    for (int s = 0; s < NEAR + SPECIAL; s++) {
      const double gap = s < NEAR ? pow(10, -14 + 2 * s) : 0;
      const double cosine = s < NEAR ? 1 - gap : scale[s - NEAR];
      const double sine = s < NEAR ? sqrt(gap * (2 - gap)) : 0;
      for (int64_t i = 0; i < d; i++) {
        x[(b * (NEAR + SPECIAL) + s) * d + i] =
            cosine * nt_test_uniform(11, b, i) + sine * nt_test_uniform(12, b, i);
      }
    }
  }
  return x;
}

typedef struct comparison {
  double ntk, nngp; /* worst relative error */
  int ntk_i, ntk_j; /* where */
  double opposite;  /* worst relative error of the NTK of opposite samples */
  bool finite, symmetric, self;
} comparison;

/* Whether samples i and j are multiples of one another by numbers of different sign.
 * There D = 2, and the angle to pi is the square root of its rounding: the NTK loses
 * digits that no form of D has. */
static bool are_opposite(int i, int j)
{
  const int a = i % (NEAR + SPECIAL) - NEAR, b = j % (NEAR + SPECIAL) - NEAR;
  return i / (NEAR + SPECIAL) == j / (NEAR + SPECIAL) &&
         ((a >= 0 && scale[a] < 0) != (b >= 0 && scale[b] < 0));
}

static void compare_pair(comparison *c, int i, int j, pair want, double k, double t)
{
  const bool opposite = are_opposite(i, j);
  const long double s = sqrtl(want.q1 * want.q2), nngp = s - want.d;
  if (!isfinite(k) || !isfinite(t)) c->finite = false;
  const double nngp_error = s > 0 ? (double)(fabsl(k - nngp) / s) : fabs(k);
  const double ntk_error = want.t != 0 ? (double)(fabsl(t - want.t) / want.t) : fabs(t);
  if (!(nngp_error <= c->nngp)) c->nngp = nngp_error;
  if (opposite) {
    c->opposite = fmax(c->opposite, ntk_error);
  } else if (!(ntk_error <= c->ntk)) {
    c->ntk = ntk_error;
    c->ntk_i = i;
    c->ntk_j = j;
  }
}

static comparison compare(const nt_kernel *kernel, int64_t d, const double *x, double b_std,
                          bool single)
{
  comparison c = {.finite = true, .symmetric = true, .self = true};
  double *k = nt_gather(kernel->nngp), *t = nt_gather(kernel->ntk), *v = nt_gather(kernel->cov1);
  for (int j = 0; j < N; j++) {
    for (int i = 0; i < N; i++) {
      compare_pair(&c, i, j, oracle(d, x + i * d, x + j * d, b_std, single), k[i + j * N],
                   t[i + j * N]);
      c.symmetric = c.symmetric && k[i + j * N] == k[j + i * N] && t[i + j * N] == t[j + i * N];
    }
    c.self = c.self && k[j + j * N] == v[j];
  }
  free(k);
  free(t);
  free(v);
  return c;
}

static void check(const char *network, int64_t d, double b_std, nt_dtype dtype, int64_t tile,
                  double tolerance)
{
  const nt_shape shape = {2, {N, d}};
  double *x = make_samples(d);
  nt_tree *files = nt_data_file("samples.npy", &shape, x), *kernels = NULL;
  nt_grid *grid = NULL;
  nt_run run = {.network = network,
                .x1 = files,
                .get = NT_GET_NNGP | NT_GET_NTK | NT_GET_COV1,
                .options = NT_KERNEL_DEFAULTS};
  run.options.dtype = dtype;
  run.options.tile = tile;
  if (NT_TEST_OK(nt_run_kernel(nt_test_world(), &run, 0, 0, &grid, &kernels))) {
    const comparison c = compare(kernels->leaf, d, x, b_std, dtype == NT_FLOAT32);
    NT_TEST(c.finite);
    NT_TEST(c.symmetric);
    NT_TEST(c.self);
    NT_TEST_MSG(c.ntk <= tolerance, "d = %d, b_std = %g: NTK of %d and %d off by %.3g", (int)d,
                b_std, c.ntk_i, c.ntk_j, c.ntk);
    NT_TEST_MSG(c.opposite <= fmax(tolerance, 1e-10), "d = %d: opposite samples off by %.3g",
                (int)d, c.opposite);
    NT_TEST_MSG(c.nngp <= tolerance, "d = %d, b_std = %g: NNGP off by %.3g", (int)d, b_std, c.nngp);
  }
  nt_kernels_destroy(&kernels);
  nt_grid_destroy(&grid);
  nt_data_destroy(&files);
  free(x);
}

static const char no_bias[] =
    "serial(*([Dense(1, W_std=2**0.5), Relu()] * 21), Dense(1, W_std=2**0.5))";
static const char bias[] = "serial(*([Dense(1, W_std=2**0.5, b_std=0.3), Relu()] * 21), Dense(1, "
                           "W_std=2**0.5, b_std=0.3))";

static void check_sizes(nt_dtype dtype, double tolerance)
{
  static const int64_t sizes[] = {3, 17, 784};
  for (int i = 0; i < 3; i++) {
    check(no_bias, sizes[i], 0, dtype, 0, tolerance);
    check(bias, sizes[i], 0.3, dtype, 4, tolerance);
  }
}

static void test_float64(void) { check_sizes(NT_FLOAT64, 1e-13); }

static void test_float32(void) { check_sizes(NT_FLOAT32, 1e-6); }

/* The oracle against itself: exact limits of one layer. */
static void test_oracle(void)
{
  const double x[2] = {3, 4}, minus[2] = {-3, -4}, y[2] = {4, -3};
  const pair same = oracle(2, x, x, 0, false);
  NT_TEST(same.d == 0);
  NT_TEST(fabsl(same.t / (same.q1 * (LAYERS + 1)) - 1) < 1e-17L);
  const pair opposite = relu(input(2, x, minus, false));
  NT_TEST(fabsl(opposite.d / 6.25L - 1) < 1e-18L); /* K = 0 */
  const pair right = relu(input(2, x, y, false));
  NT_TEST(fabsl((6.25L - right.d) * 2 * PI / 12.5L - 1) < 1e-18L);
  NT_TEST(fabsl(sin_less(0.4999999L) / (sinl(0.4999999L) - 0.4999999L * cosl(0.4999999L)) - 1) <
          1e-17L);
}

static const CU_TestInfo tests[] = {{"exact limits of the oracle", test_oracle},
                                    {"21 layers in float64", test_float64},
                                    {"21 layers in float32", test_float32},
                                    CU_TEST_INFO_NULL};

NT_TEST_MAIN("kernel.accuracy", tests)
