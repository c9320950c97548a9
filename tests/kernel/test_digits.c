/* Covariances by products of digits, against long double and against those
 * of floating-point numbers. */
#include "kernel/digits.h"

#include "kernel/job.h"
#include "kernel/lanes.h"
#include "nt_test.h"
#include "run.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLS = NT_GRAM_COLS, MOST = NT_GRAM_ROWS };

static bool can_run(void)
{
  const bool can = nt_digits_can_run();
  if (!can) printf("skipped: no matrix unit here ... ");
  return can;
}

/* Number c of a sample of a kind. */
typedef double (*kind)(int64_t sample, int64_t c);

static double even(int64_t sample, int64_t c) { return nt_test_uniform(1, sample, c); }

/* Some numbers are far larger than all others together. */
static double heavy(int64_t sample, int64_t c)
{
  return nt_test_uniform(2, sample, c) / (1e-9 + pow(nt_test_uniform(3, sample, c), 4));
}

/* One number is all there is, but for what is a millionth of it, or less. */
static double spiked(int64_t sample, int64_t c)
{
  return c == sample % 3 ? 1 + even(sample, c) / 4 : 1e-6 * even(sample, c);
}

/* Rows of very different size; every seventh is zero. */
static double scaled(int64_t sample, int64_t c)
{
  static const double size[] = {1, 1e-9, 1e5, 1e-300, 0, 1e150, 3e-19};
  return size[sample % 7] * even(sample, c);
}

/* What a byte or a float holds, most of it zero. */
static double pixels(int64_t sample, int64_t c)
{
  const double v = nt_test_uniform(4, sample, c);
  return v < 0.5 ? 0 : (double)(float)(floor(512 * (v - 0.5)) / 255);
}

/* Just below and just above powers of two, where the top digit is largest. */
static double extreme(int64_t sample, int64_t c)
{
  static const double most[] = {2 - 0x1p-52, 2 - 0x1p-6, 2 - 0x1p-6 - 0x1p-50,
                                1,           0x1.fep0,   0x1.fdfp0};
  return (nt_test_uniform(5, sample, c) < 0 ? -1 : 1) * most[sample % 6];
}

static const kind kinds[] = {even, heavy, spiked, scaled, pixels, extreme};
enum { KINDS = sizeof kinds / sizeof *kinds };

static void *take(size_t bytes)
{
  const size_t whole = (bytes + 63) / 64 * 64;
  char *const memory = aligned_alloc(64, whole > 0 ? whole : 64);
  return memset(memory, 0xff, whole);
}

static void *samples_of(const nt_lane_ops *ops, kind of, int64_t first, int64_t count, int64_t d)
{
  char *const samples = take((size_t)(nt_padded(count) * d) * ops->size);
  for (int64_t i = 0; i < count * d; i++) {
    const double v = of(first + i / d, i % d);
    ops->from_double(1, &v, samples + (size_t)i * ops->size);
  }
  return samples;
}

static double number(const nt_lane_ops *ops, const void *from, int64_t i)
{
  double v;
  ops->to_double(1, (const char *)from + (size_t)i * ops->size, &v);
  return v;
}

/* Samples as strips of rows, freed by the caller. */
static char *rows_of(nt_dtype dtype, const void *x, int64_t n, int64_t d)
{
  const nt_digits *digits = nt_digits_of(dtype);
  const size_t sample = (size_t)nt_digits_sample(digits, d), room = (size_t)nt_padded(n);
  double *squares = take((size_t)n * sizeof *squares);
  char *rows = take(room * sample), *each = take(room * sample);
  nt_lanes_of(dtype)->squares(n, d, x, squares);
  digits->split(n, d, x, squares, each);
  memset(each + (size_t)n * sample, 0, (room - (size_t)n) * sample);
  for (size_t first = 0; first < room; first += NT_DIGITS_STRIP) {
    const void *of[NT_DIGITS_STRIP];
    for (size_t l = 0; l < NT_DIGITS_STRIP; l++)
      of[l] = each + (first + l) * sample;
    digits->arrange(d, of, rows + first * sample);
  }
  free(squares);
  free(each);
  return rows;
}

/* g[i + j MOST] of m rows and n columns by digits, freed by the caller; what is
 * not asked for stays NaN. */
static void *by_digits(nt_dtype dtype, const void *x1, const void *x2, nt_gram_size size)
{
  const nt_digits *digits = nt_digits_of(dtype);
  char *const rows = rows_of(dtype, x1, size.m, size.d),
              *const other = rows_of(dtype, x2, size.n, size.d),
              *const columns = take((size_t)(nt_padded(size.n) * nt_digits_sample(digits, size.d)));
  void *g = take(MOST * COLS * sizeof(double));
  digits->turn(size.n, size.d, other, columns);
  digits->gram(size, rows, columns, g, MOST);
  free(rows);
  free(other);
  free(columns);
  return g;
}

/* The same by floating-point numbers; the samples become strips. */
static void *by_numbers(nt_dtype dtype, void *x1, void *x2, nt_gram_size size)
{
  const nt_lane_ops *ops = nt_lanes_of(dtype);
  void *buffer = take((size_t)(NT_LANES * size.d) * ops->size),
       *g = take(MOST * COLS * sizeof(double));
  ops->interleave(size.m, size.d, x1, buffer);
  ops->interleave(size.n, size.d, x2, buffer);
  ops->gram(size, x1, x2, g, MOST);
  free(buffer);
  return g;
}

/* Of one pair: the exact covariance, and the norms' product, over d. */
static void exactly(const nt_lane_ops *ops, const char *x, const char *y, int64_t d,
                    long double *covariance, long double *norms)
{
  long double xy = 0, xx = 0, yy = 0;
  for (int64_t c = 0; c < d; c++) {
    const long double a = number(ops, x, c), b = number(ops, y, c);
    xy += a * b;
    xx += a * a;
    yy += b * b;
  }
  *covariance = xy / d;
  *norms = sqrtl(xx) * sqrtl(yy) / d;
}

/* The largest errors of both ways, in roundings of the norms' product. */
static void compare(nt_dtype dtype, kind of, int64_t m, int64_t n, int64_t d, double worst[2])
{
  const nt_lane_ops *ops = nt_lanes_of(dtype);
  const double unit = dtype == NT_FLOAT64 ? DBL_EPSILON / 2 : FLT_EPSILON / 2;
  const nt_gram_size size = {m, n, d, COLS};
  void *x1 = samples_of(ops, of, 0, m, d), *x2 = samples_of(ops, of, 5, n, d);
  void *const y1 = samples_of(ops, of, 0, m, d), *const y2 = samples_of(ops, of, 5, n, d);
  void *g[2] = {by_digits(dtype, x1, x2, size), by_numbers(dtype, y1, y2, size)};
  worst[0] = worst[1] = 0;
  for (int64_t j = 0; j < n; j++) {
    for (int64_t i = 0; i < m; i++) {
      long double exact, norms;
      exactly(ops, (char *)x1 + (size_t)(i * d) * ops->size,
              (char *)x2 + (size_t)(j * d) * ops->size, d, &exact, &norms);
      const long double floor = norms * unit + (dtype == NT_FLOAT64 ? DBL_MIN : FLT_MIN);
      for (int way = 0; way < 2; way++) {
        const double error =
            (double)(fabsl((long double)number(ops, g[way], i + j * MOST) - exact) / floor);
        if (!(error <= worst[way])) worst[way] = error;
      }
    }
  }
  for (int way = 0; way < 2; way++)
    free(g[way]);
  free(x1);
  free(x2);
  free(y1);
  free(y2);
}

/* Roundings of the result, and what is left out of the product: nothing beside them where all
 * numbers are alike, but where the largest is all there is a random sum of deviation
 * sqrt(d) / 5, of which thousands are looked at. Where digits are used, they are no worse
 * than floating-point numbers. */
static void test_errors(void)
{
  static const int64_t size[][3] = {{1, 1, 1},      {16, 16, 3},    {33, 7, 63},    {17, 64, 64},
                                    {48, 23, 127},  {9, 41, 128},   {48, 64, 784},  {20, 20, 1009},
                                    {16, 17, 1024}, {17, 16, 1025}, {16, 16, 3072}, {8, 8, 16384},
                                    {5, 3, 50000},  {20, 33, 20},   {33, 18, 150},  {17, 19, 1056}};
  if (!can_run()) return;
  for (size_t s = 0; s < sizeof size / sizeof *size; s++) {
    const int64_t d = size[s][2];
    const bool used = d >= NT_DIGITS_LEAST && d <= NT_DIGITS_MOST;
    for (int k = 0; k < KINDS; k++) {
      for (int dtype = 0; dtype < 2; dtype++) {
        double worst[2];
        if (dtype == NT_FLOAT32 && kinds[k] == scaled) continue;
        compare((nt_dtype)dtype, kinds[k], size[s][0], size[s][1], d, worst);
        const double most = used ? fmax(worst[1], 7) : 4 + sqrt((double)d);
        NT_TEST_MSG(worst[0] <= most, "kind %d, d = %lld, type %d: %g, by numbers %g", k,
                    (long long)d, dtype, worst[0], worst[1]);
      }
    }
  }
}

/* A covariance has the same bits wherever it is computed, also where part of
 * a tile is not asked for. */
static void test_bits(void)
{
  enum { D = 1500 };
  bool same = true;
  if (!can_run()) return;
  for (int dtype = 0; dtype < 2; dtype++) {
    const nt_lane_ops *ops = nt_lanes_of((nt_dtype)dtype);
    const nt_gram_size whole = {COLS, COLS, D, COLS}, half = {COLS, COLS, D, 0};
    void *all = samples_of(ops, heavy, 0, COLS, D);
    char *g = by_digits((nt_dtype)dtype, all, all, whole);
    char *low = by_digits((nt_dtype)dtype, all, all, half);
    for (int64_t i = 0; i < COLS; i++) {
      for (int64_t j = 0; j <= i; j++) {
        const char *one = g + (size_t)(i + j * MOST) * ops->size;
        same &= memcmp(one, g + (size_t)(j + i * MOST) * ops->size, ops->size) == 0;
        same &= memcmp(one, low + (size_t)(i + j * MOST) * ops->size, ops->size) == 0;
      }
    }
    for (int64_t i = 0; i < COLS; i += 7) {
      for (int64_t j = 0; j < COLS; j += 5) {
        void *x1 = samples_of(ops, heavy, i, 1, D), *x2 = samples_of(ops, heavy, j, 1, D);
        void *one = by_digits((nt_dtype)dtype, x1, x2, (nt_gram_size){1, 1, D, 1});
        same &= memcmp(one, g + (size_t)(i + j * MOST) * ops->size, ops->size) == 0;
        free(x1);
        free(x2);
        free(one);
      }
    }
    free(all);
    free(g);
    free(low);
  }
  NT_TEST(same);
}

static double whole_numbers(int64_t sample, int64_t c)
{
  return floor(1000 * nt_test_uniform(6, sample, c));
}

/* Of whole numbers no digit is left out; of what is not finite, no covariance is. */
static void test_special(void)
{
  enum { D = 130, N = 20 };
  bool exact = true, none = true, others = true;
  if (!can_run()) return;
  for (int dtype = 0; dtype < 2; dtype++) {
    const nt_lane_ops *ops = nt_lanes_of((nt_dtype)dtype);
    const nt_gram_size size = {N, N, D, COLS};
    char *x = samples_of(ops, whole_numbers, 0, N, D);
    void *g = by_digits((nt_dtype)dtype, x, x, size);
    for (int64_t i = 0; i < N * N; i++) {
      long double want, norms;
      exactly(ops, x + (size_t)(i % N * D) * ops->size, x + (size_t)(i / N * D) * ops->size, D,
              &want, &norms);
      const double got = number(ops, g, i % N + i / N * MOST), tolerance = dtype ? 2e-7 : 5e-16;
      exact &= fabs(got - (double)want) <= tolerance * fabs((double)want);
    }
    free(g);
    const double bad[] = {NAN, INFINITY, -INFINITY};
    for (int k = 0; k < 3; k++)
      ops->from_double(1, &bad[k], x + (size_t)((5 + k) * D + 100) * ops->size);
    g = by_digits((nt_dtype)dtype, x, x, size);
    for (int64_t i = 0; i < N * N; i++) {
      const bool finite = (bool)isfinite(number(ops, g, i % N + i / N * MOST));
      const bool hit = (i % N >= 5 && i % N < 8) || (i / N >= 5 && i / N < 8);
      none &= !hit || !finite;
      others &= hit || finite;
    }
    free(g);
    free(x);
  }
  NT_TEST(exact);
  NT_TEST(none);
  NT_TEST(others);
}

/* The number of sample i that is largest, and how far it is from what its digits say, as shares of
 * that; behind the last number stand zeros. */
static double lost(const nt_lane_ops *ops, const char *x, int64_t d, const double *y)
{
  double largest = 0, worst = 0;
  for (int64_t c = 0; c < nt_digits_padded(d); c++) {
    const double v = c < d ? number(ops, x, c) : 0;
    largest = fmax(largest, fabs(v));
    worst = fmax(worst, fabs(v - y[c]));
  }
  return largest > 0 ? worst / largest : worst;
}

/* |a x - b y|^2 of eight samples x, against long double: the error as a share of that length by the
 * length of |a x| + |b y|, which rounding goes with. */
static double distance_error(const nt_digits *digits, const void *rows, int64_t first, int64_t d,
                             const double *y)
{
  double a[8], b[8], out[8], worst = 0;
  double *x = take((size_t)nt_digits_padded(d) * sizeof *x);
  for (int l = 0; l < 8; l++) {
    a[l] = 1 + 0.25 * l;
    b[l] = 1 / a[l];
  }
  digits->distances(d, rows, first, a, b, y, out);
  for (int l = 0; l < 8; l++) {
    long double sum = 0, whole = 0;
    digits->numbers(d, rows, first + l, x);
    for (int64_t c = 0; c < d; c++) {
      const long double u = (long double)a[l] * x[c], v = (long double)b[l] * y[c];
      sum += (u - v) * (u - v);
      whole += (fabsl(u) + fabsl(v)) * (fabsl(u) + fabsl(v));
    }
    const double unit = (double)sqrtl(sum * whole), error = fabs(out[l] - (double)sum);
    worst = fmax(worst, unit > 0 ? error / unit : error);
  }
  free(x);
  return worst;
}

/* Samples come back from their digits, to half a unit of the last one; distances are those of what
 * comes back, and nothing is left of a sample and itself. */
static void test_numbers(void)
{
  enum { N = 24 };
  static const int64_t size[] = {128, 150, 170, 784, 1056};
  if (!can_run()) return;
  for (size_t s = 0; s < sizeof size / sizeof *size; s++) {
    for (int which = 0; which < 2 * KINDS; which++) {
      const nt_dtype dtype = (nt_dtype)(which % 2);
      const nt_lane_ops *ops = nt_lanes_of(dtype);
      const nt_digits *digits = nt_digits_of(dtype);
      const int64_t d = size[s];
      if (kinds[which / 2] == scaled) continue;
      char *x = samples_of(ops, kinds[which / 2], 0, N, d), *rows = rows_of(dtype, x, N, d);
      double *y = take((size_t)nt_digits_padded(d) * sizeof *y), worst = 0, error = 0;
      for (int64_t i = 0; i < N; i++) {
        digits->numbers(d, rows, i, y);
        worst = fmax(worst, lost(ops, x + (size_t)(i * d) * ops->size, d, y));
        error = fmax(error, distance_error(digits, rows, 8 * (i % 3), d, y));
      }
      NT_TEST_MSG(worst <= ldexp(1, dtype == NT_FLOAT64 ? -53 : -29) && error < 2e-14,
                  "kind %d, d = %lld, type %d: numbers %g, distances %g", which / 2, (long long)d,
                  (int)dtype, worst, error);
      free(x);
      free(rows);
      free(y);
    }
  }
}

enum { SAMPLES = 61, CHANNELS = 300 };

/* Duplicates, near duplicates at 1 - rho = 1e-14 to 1e-2, multiples and
 * zero samples among others. */
static nt_status fill(void *arg, int64_t i, double *x)
{
  static const double away[] = {0, 1e-7, 1e-5, 1e-3, 1e-1};
  (void)arg;
  for (int64_t c = 0; c < CHANNELS; c++) {
    x[c] = heavy(i / 10, c);
    if (i % 10 < 5) x[c] += away[i % 10] * fabs(x[c]) * even(i, c);
    if (i % 10 == 5) x[c] /= 3;
    if (i % 10 == 6) x[c] *= 1e5;
    if (i % 10 == 7) x[c] = 0;
    if (i % 10 > 7) x[c] = even(i, c);
  }
  return NT_OK;
}

/* Both kernels on P x Q, with digits or without, one after the other; freed by the caller. */
static double *kernels_of(nt_ctx *ctx, int P, int Q, nt_dtype dtype, bool digits)
{
  nt_layer *net = NULL;
  nt_grid *grid = NULL;
  nt_tree *leaves = NULL, *kernels = NULL;
  nt_samples *samples = NULL;
  nt_kernel_job *job = NULL;
  nt_kernel_options options = NT_KERNEL_DEFAULTS;
  const nt_shape shape = {2, {SAMPLES, CHANNELS}};
  const char *text = "serial(*([Dense(1, 2**.5, .1), Relu()] * 3), Dense(1, 2**.5))";
  double *both = malloc(2 * SAMPLES * SAMPLES * sizeof *both);
  options.dtype = dtype;
  options.tile = 19;
  NT_TEST_OK(nt_network_parse(nt_ctx_error(ctx), text, "net", &net));
  NT_TEST_OK(nt_grid_create(ctx, P, Q, &grid));
  NT_TEST_OK(nt_samples_create(ctx, &shape, 0, -1, dtype, fill, NULL, &samples));
  NT_TEST_OK(nt_tree_leaf(nt_ctx_error(ctx), NULL, &leaves));
  const nt_input input = {.shape1 = shape, .shape2 = shape, .x1_is_x2 = true};
  NT_TEST_OK(
      nt_kernel_job_create(grid, net, leaves, &input, NT_GET_NNGP | NT_GET_NTK, &options, &job));
  NT_TEST(job->plan->request.digits == nt_digits_can_run());
  if (!digits) job->plan->request.digits = false;
  const nt_samples *const leaf[] = {samples};
  const nt_side side = {.n = SAMPLES, .n_leaves = 1, .leaf = leaf};
  NT_TEST_OK(nt_kernel_job_run(job, &side, NULL, &kernels));
  const nt_kernel *kernel = nt_tree_nth(kernels, 0)->leaf;
  const nt_dmatrix *const matrix[] = {kernel->nngp, kernel->ntk};
  for (int m = 0; m < 2; m++) {
    double *all = nt_gather(matrix[m]);
    memcpy(both + m * SAMPLES * SAMPLES, all, SAMPLES * SAMPLES * sizeof *all);
    free(all);
  }
  nt_kernels_destroy(&kernels);
  nt_kernel_job_destroy(&job);
  nt_samples_destroy(&samples);
  nt_tree_destroy(&leaves);
  nt_grid_destroy(&grid);
  nt_layer_release(&net);
  return both;
}

/* Relative to the kernels of the two samples with themselves; and on all ranks the bits of one. */
static void test_kernels(void)
{
  if (!can_run()) return;
  const int ranks = nt_ctx_size(nt_test_world());
  for (int dtype = 0; dtype < 2; dtype++) {
    double *digits = kernels_of(nt_test_self(), 1, 1, (nt_dtype)dtype, true);
    double *numbers = kernels_of(nt_test_self(), 1, 1, (nt_dtype)dtype, false);
    double *spread = kernels_of(nt_test_world(), 1, ranks, (nt_dtype)dtype, true);
    double worst = 0;
    for (int64_t m = 0; m < 2; m++) {
      const double *a = digits + m * SAMPLES * SAMPLES, *b = numbers + m * SAMPLES * SAMPLES;
      for (int64_t j = 0; j < SAMPLES; j++) {
        for (int64_t i = 0; i < SAMPLES; i++) {
          const double size = sqrt(b[i + i * SAMPLES] * b[j + j * SAMPLES]);
          worst = fmax(worst, fabs(a[i + j * SAMPLES] - b[i + j * SAMPLES]) / size);
        }
      }
    }
    NT_TEST_MSG(worst < (dtype == 0 ? 5e-14 : 2e-6), "type %d: %g", dtype, worst);
    NT_TEST(memcmp(digits, spread, 2 * SAMPLES * SAMPLES * sizeof *digits) == 0);
    free(digits);
    free(numbers);
    free(spread);
  }
}

static const CU_TestInfo tests[] = {
    {"errors against long double", test_errors},
    {"bits do not depend on the place", test_bits},
    {"whole numbers are exact, no number is no number", test_special},
    {"numbers and distances", test_numbers},
    {"kernels with digits and without", test_kernels},
    CU_TEST_INFO_NULL};

NT_TEST_MAIN("kernel.digits", tests)
