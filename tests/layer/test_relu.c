/* ReLU on planes, which has loops of its own for some processors, against ABRelu(0, 1). */
#include "layer/registry.h"
#include "nt/stax.h"
#include "nt_test.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Runs of all lengths around those that are begun ahead. */
enum { LONGEST = 12 * NT_LANES, ROWS = 8 };

/* Rows of a run: K, T, what they become, and the tables of both arguments. */
typedef struct run {
  _Alignas(64) double d[ROWS][LONGEST];
  _Alignas(64) float f[ROWS][LONGEST];
} run;

static double value(const run *r, nt_dtype dtype, int row, int i)
{
  return dtype == NT_FLOAT64 ? r->d[row][i] : (double)r->f[row][i];
}

/* Pairs of all angles; every seventh parallel, opposite, or without variance. */
static void prepare(run *r)
{
  double q[2][LONGEST];
  memset(r, 0, sizeof *r);
  for (int i = 0; i < LONGEST; i++) {
    q[0][i] = 0.5 + nt_test_uniform(1, i, 0) * nt_test_uniform(1, i, 0);
    q[1][i] = 0.5 + nt_test_uniform(1, i, 1) * nt_test_uniform(1, i, 1);
    double c = cos(3.2 * nt_test_uniform(1, i, 2));
    if (i % 7 == 1) c = 1;
    if (i % 7 == 2) c = -1;
    if (i % 14 == 3) q[0][i] = 0;
    if (i % 14 == 10) q[1][i] = 0;
    if (i % 14 == 1) q[1][i] = q[0][i];
    r->d[0][i] = (q[0][i] + q[1][i]) / 2 - c * sqrt(q[0][i]) * sqrt(q[1][i]);
    r->d[1][i] = nt_test_uniform(1, i, 3);
  }
  for (int side = 0; side < 2; side++) {
    double *tables[] = {r->d[4 + 2 * side], r->d[5 + 2 * side]};
    nt_layer_relu.tables(NULL, LONGEST, q[side], tables);
  }
  for (int i = 0; i < ROWS * LONGEST; i++)
    r->f[i / LONGEST][i % LONGEST] = (float)r->d[i / LONGEST][i % LONGEST];
}

enum { WITHOUT_T, FROM_K, FROM_T, WAYS };

/* Of the first n pairs, in place if `over`. */
static void go(const nt_layer_ops *ops, const void *cfg, nt_dtype dtype, int n, int way, bool over,
               run *r)
{
  static const nt_post post = {.kd = 1.7, .tf = 0.9, .tt = 1.3, .t0 = 0.2};
  void *row[ROWS];
  for (int i = 0; i < ROWS; i++)
    row[i] = dtype == NT_FLOAT64 ? (void *)r->d[i] : (void *)r->f[i];
  const nt_lanes lanes = {.n = n,
                          .k = row[0],
                          .t = way == FROM_T ? row[1] : NULL,
                          .k_out = row[over ? 0 : 2],
                          .t_out = way == WITHOUT_T ? NULL : row[over ? 1 : 3],
                          .table1 = row[4],
                          .table2 = row[6],
                          .ld1 = LONGEST,
                          .ld2 = LONGEST,
                          .mean = true,
                          .share = 1.1,
                          .shift = 0.3};
  ops->map[dtype](cfg, &lanes, &post);
}

static void test_same(void)
{
  static const nt_abrelu plain = {.a = 0, .b = 1};
  static run relu, abrelu;
  for (int which = 0; which < 2 * WAYS * 2; which++) {
    const nt_dtype dtype = which % 2 ? NT_FLOAT64 : NT_FLOAT32;
    const int way = which / 2 % WAYS;
    const bool over = which / 2 / WAYS;
    const double bound = 32 * (dtype == NT_FLOAT64 ? DBL_EPSILON : (double)FLT_EPSILON);
    double worst = 0;
    for (int n = NT_LANES; n <= LONGEST; n += NT_LANES) {
      prepare(&relu);
      prepare(&abrelu);
      go(&nt_layer_relu, nt_layer_relu.defaults, dtype, n, way, over, &relu);
      go(&nt_layer_abrelu, &plain, dtype, n, way, over, &abrelu);
      for (int i = 0; i < 4 * LONGEST; i++) {
        const int row = i / LONGEST, lane = i % LONGEST;
        worst =
            fmax(worst, fabs(value(&relu, dtype, row, lane) - value(&abrelu, dtype, row, lane)));
      }
    }
    NT_TEST_MSG(worst < bound, "type %d, T %d, in place %d: %g", dtype, way, over, worst);
  }
}

/* With and without T. */
static void test_bits(void)
{
  static run with, without;
  for (int d = 0; d < 2; d++) {
    const nt_dtype dtype = d ? NT_FLOAT64 : NT_FLOAT32;
    int same = 0;
    prepare(&with);
    prepare(&without);
    go(&nt_layer_relu, nt_layer_relu.defaults, dtype, LONGEST, FROM_T, false, &with);
    go(&nt_layer_relu, nt_layer_relu.defaults, dtype, LONGEST, WITHOUT_T, false, &without);
    for (int i = 0; i < LONGEST; i++)
      same += value(&with, dtype, 2, i) == value(&without, dtype, 2, i);
    NT_TEST(same == LONGEST);
  }
}

static void test_nan(void)
{
  static run r;
  for (int row = 0; row < 2; row++) {
    for (int d = 0; d < 2; d++) {
      const nt_dtype dtype = d ? NT_FLOAT64 : NT_FLOAT32;
      prepare(&r);
      r.d[row][19] = r.f[row][19] = NAN;
      go(&nt_layer_relu, nt_layer_relu.defaults, dtype, LONGEST, FROM_T, false, &r);
      NT_TEST(isnan(value(&r, dtype, 2, 19)) == (row == 0));
      NT_TEST(isnan(value(&r, dtype, 3, 19)) && isfinite(value(&r, dtype, 3, 20)));
    }
  }
}

static const CU_TestInfo tests[] = {{"is ABRelu(0, 1)", test_same},
                                    {"bits of K without T", test_bits},
                                    {"NaN is not swallowed", test_nan},
                                    CU_TEST_INFO_NULL};

NT_TEST_MAIN("layer.relu", tests)
