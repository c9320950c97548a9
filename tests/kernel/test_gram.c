/* Covariances of samples without positions, against plain sums. */
#include "kernel/lanes.h"
#include "nt_test.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 96 };

static double value(int64_t sample, int64_t number)
{
  return sin(1.7 * (double)sample + 0.3 * (double)(number * number % 1009));
}

static long double plainly(int64_t i, int64_t j, int64_t d, nt_dtype dtype)
{
  long double sum = 0;
  for (int64_t c = 0; c < d; c++) {
    const double x = value(i, c), y = value(j, c);
    sum += dtype == NT_FLOAT64 ? (long double)x * y : (long double)(float)x * (float)y;
  }
  return sum / d;
}

/* Samples first ... as strips; freed by the caller. */
static void *strips(const nt_lane_ops *ops, int64_t first, int64_t count, int64_t d)
{
  const size_t bytes = (size_t)(nt_padded(count) * d) * ops->size;
  char *const samples = aligned_alloc(64, bytes), *const buffer = malloc(bytes);
  memset(samples, 0xff, bytes);
  for (int64_t i = 0; i < count; i++) {
    for (int64_t c = 0; c < d; c++) {
      const double v = value(first + i, c);
      ops->from_double(1, &v, samples + (size_t)(i * d + c) * ops->size);
    }
  }
  ops->interleave(count, d, samples, buffer);
  free(buffer);
  return samples;
}

/* The largest error of m x n covariances, in units of what rounding d numbers makes. */
static double error_of(nt_dtype dtype, int64_t m, int64_t n, int64_t d, int64_t below)
{
  const nt_lane_ops *ops = nt_lanes_of(dtype);
  const double unit = (dtype == NT_FLOAT64 ? DBL_EPSILON : FLT_EPSILON) * sqrt((double)d);
  void *x1 = strips(ops, 0, m, d), *x2 = strips(ops, 40, n, d);
  char *g = aligned_alloc(64, MOST * MOST * sizeof(double));
  double worst = 0;
  ops->gram((nt_gram_size){m, n, d, below}, x1, x2, g, MOST);
  for (int64_t j = 0; j < n; j++) {
    for (int64_t i = 0; i < m; i++) {
      double got;
      if (i + below < j) continue;
      ops->to_double(1, g + (size_t)(i + j * MOST) * ops->size, &got);
      worst = fmax(worst, fabs(got - (double)plainly(i, 40 + j, d, dtype)) / unit);
    }
  }
  free(x1);
  free(x2);
  free(g);
  return worst;
}

static void test_sizes(void)
{
  static const int64_t size[][4] = {
      {1, 1, 1, 96},      {8, 8, 3, 96},     {24, 16, 784, 96}, {41, 23, 7, 96}, {96, 64, 65, 96},
      {50, 33, 1024, 96}, {9, 17, 1025, 96}, {33, 9, 5000, 96}, {96, 64, 20, 0}, {90, 60, 20, -31}};
  for (size_t s = 0; s < sizeof size / sizeof *size; s++) {
    for (int dtype = 0; dtype < 2; dtype++)
      NT_TEST(error_of((nt_dtype)dtype, size[s][0], size[s][1], size[s][2], size[s][3]) < 4);
  }
}

/* A covariance has the same bits wherever it is computed. */
static void test_bits(void)
{
  enum { D = 1500 };
  bool same = true;
  for (int dtype = 0; dtype < 2; dtype++) {
    const nt_lane_ops *ops = nt_lanes_of((nt_dtype)dtype);
    void *all = strips(ops, 0, MOST, D);
    char *g = aligned_alloc(64, MOST * MOST * sizeof(double)), *one = aligned_alloc(64, 1 << 12);
    ops->gram((nt_gram_size){MOST, MOST, D, MOST}, all, all, g, MOST);
    for (int64_t i = 0; i < MOST; i += 7) {
      for (int64_t j = 0; j < MOST; j += 5) {
        void *x1 = strips(ops, i, 1, D), *x2 = strips(ops, j, 1, D);
        ops->gram((nt_gram_size){1, 1, D, 1}, x1, x2, one, NT_LANES);
        same &= memcmp(one, g + (size_t)(i + j * MOST) * ops->size, ops->size) == 0;
        same &= memcmp(one, g + (size_t)(j + i * MOST) * ops->size, ops->size) == 0;
        free(x1);
        free(x2);
      }
    }
    free(all);
    free(g);
    free(one);
  }
  NT_TEST(same);
}

static const CU_TestInfo tests[] = {{"against plain sums, all sizes", test_sizes},
                                    {"bits do not depend on the place", test_bits},
                                    CU_TEST_INFO_NULL};

NT_TEST_MAIN("kernel.gram", tests)
