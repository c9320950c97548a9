/** Products with a few columns against sums in plain order, for sizes that
 * leave rests of all kinds. */
#include "nt_test.h"
#include "predict/thin.h"

#include <math.h>

enum { ROWS = 427, COLS = 137, LD = 431, MOST = 11, LD_ROWS = 433, LD_COLS = 139 };

static const nt_thin_size sizes[] = {{ROWS, COLS, 1, 1}, {ROWS, COLS, 10, 3}, {ROWS, COLS, MOST, 1},
                                     {32, 8, 5, 1},      {16, 4, 6, 2},       {33, 9, 7, 1},
                                     {15, 64, 5, 1},     {192, 3, 10, 1},     {1, 1, 3, 1},
                                     {0, 7, 5, 1},       {7, 0, 5, 1},        {400, 130, 2, 2}};

/* Small numbers of eighths: sums of products are exact in both precisions, whatever their order. */
static double number(uint64_t stream, int64_t i)
{
  return (double)((int64_t)(nt_test_uniform(stream, i, 0) * 16) - 8) / 8;
}

static double a_of(int64_t i, int64_t j) { return number(1, i + j * LD); }
static double row_of(int64_t i, int64_t k) { return number(2, i + k * LD_ROWS); }
static double col_of(int64_t j, int64_t k) { return number(3, j + k * LD_COLS); }

/* Entry (i, k) of a x, and (j, k) of a^T x. */
static double along_row(const nt_thin_size *s, int64_t i, int64_t k)
{
  double sum = row_of(i, k);
  for (int64_t j = 0; j < s->cols; j++)
    sum += a_of(i, j) * col_of(j, k);
  return sum;
}

static double along_column(const nt_thin_size *s, int64_t j, int64_t k)
{
  double sum = col_of(j, k);
  for (int64_t i = 0; i < s->rows; i++)
    sum += a_of(i, j) * row_of(i, k);
  return sum;
}

/* All arrays of a case: y begins as x, and everything outside of the sizes too. */
#define ARRAYS(real)                                                                               \
  static real a[LD * COLS], x_rows[LD_ROWS * MOST], x_cols[LD_COLS * MOST];                        \
  static real y_rows[LD_ROWS * MOST], y_cols[LD_COLS * MOST];                                      \
  for (int64_t i = 0; i < LD * COLS; i++)                                                          \
    a[i] = (real)number(1, i);                                                                     \
  for (int64_t i = 0; i < LD_ROWS * MOST; i++)                                                     \
    x_rows[i] = y_rows[i] = (real)number(2, i);                                                    \
  for (int64_t i = 0; i < LD_COLS * MOST; i++)                                                     \
  x_cols[i] = y_cols[i] = (real)number(3, i)

/* Whether y is the product within the size and untouched outside of it. */
#define COMPARE(s)                                                                                 \
  bool right = true;                                                                               \
  for (int64_t k = 0; k < MOST; k++) {                                                             \
    for (int64_t i = 0; i < LD_ROWS; i++) {                                                        \
      const bool in = i < (s)->rows && k < (s)->c;                                                 \
      const double want = in ? along_row((s), i, k) : row_of(i, k);                                \
      right &= (double)y_rows[i + k * LD_ROWS] == want;                                            \
    }                                                                                              \
    for (int64_t j = 0; j < LD_COLS; j++) {                                                        \
      const bool in = j < (s)->cols && k < (s)->c;                                                 \
      const double want = in ? along_column((s), j, k) : col_of(j, k);                             \
      right &= (double)y_cols[j + k * LD_COLS] == want;                                            \
    }                                                                                              \
  }                                                                                                \
  NT_TEST(right)

static void in_double(const nt_thin_size *s, bool both)
{
  ARRAYS(double);
  if (both) {
    nt_thin_both(*s, a, LD, x_rows, x_cols, y_rows, y_cols, LD_ROWS, LD_COLS);
  } else {
    nt_thin_double(*s, a, LD, x_cols, LD_COLS, y_rows, LD_ROWS);
    nt_thin_transposed_double(*s, a, LD, x_rows, LD_ROWS, y_cols, LD_COLS);
  }
  COMPARE(s);
}

static void in_single(const nt_thin_size *s)
{
  ARRAYS(float);
  nt_thin_single(*s, a, LD, x_cols, LD_COLS, y_rows, LD_ROWS);
  nt_thin_transposed_single(*s, a, LD, x_rows, LD_ROWS, y_cols, LD_COLS);
  COMPARE(s);
}

enum { CASES = sizeof sizes / sizeof *sizes };

static void test_double(void)
{
  for (int i = 0; i < CASES; i++)
    in_double(&sizes[i], false);
}

static void test_single(void)
{
  for (int i = 0; i < CASES; i++)
    in_single(&sizes[i]);
}

static void test_both(void)
{
  for (int i = 0; i < CASES; i++)
    in_double(&sizes[i], true);
}

static const CU_TestInfo tests[] = {{"a x and a^T x in double precision", test_double},
                                    {"in single precision", test_single},
                                    {"both at once", test_both},
                                    CU_TEST_INFO_NULL};

NT_TEST_MAIN("predict.thin", tests)
