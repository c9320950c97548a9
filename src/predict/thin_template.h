/* The loops of thin.h for one precision: REAL, and NAME(x) for the names.
 *
 * Five outputs at a time in registers, over a tile of TALL x WIDE elements of a that stays in the
 * first cache while it meets up to GROUP outputs, and while the next one is read ahead; what five,
 * 4 columns and 2 vectors of rows leave over goes one output after the other. */

/* y [n] += a0 x[0] + ... + a3 x[3] */
NT_CLONES static void NAME(add_four)(int64_t n, const REAL *a, int64_t ld, const REAL *x, REAL *y)
{
  const REAL *a0 = a, *a1 = a + ld, *a2 = a1 + ld, *a3 = a2 + ld;
  const REAL x0 = x[0], x1 = x[1], x2 = x[2], x3 = x[3];
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++)
    y[i] = a0[i] * x0 + (a1[i] * x1 + (a2[i] * x2 + (a3[i] * x3 + y[i])));
}

/* y[j] += (a_j, x) for four columns */
NT_CLONES static void NAME(dot_four)(int64_t n, const REAL *a, int64_t ld, const REAL *x, REAL *y)
{
  const REAL *a0 = a, *a1 = a + ld, *a2 = a1 + ld, *a3 = a2 + ld;
  REAL s0 = 0, s1 = 0, s2 = 0, s3 = 0;
#pragma omp simd reduction(+ : s0, s1, s2, s3)
  for (int64_t i = 0; i < n; i++) {
    s0 += a0[i] * x[i];
    s1 += a1[i] * x[i];
    s2 += a2[i] * x[i];
    s3 += a3[i] * x[i];
  }
  y[0] += s0;
  y[1] += s1;
  y[2] += s2;
  y[3] += s3;
}

/* Both of eight columns in one loop, for what is read of memory, x and y. */
NT_CLONES static void NAME(both_eight)(int64_t n, const REAL *a, int64_t ld, const REAL *x_rows,
                                       const REAL *x, REAL *y_rows, REAL *y)
{
  const REAL *a0 = a, *a1 = a0 + ld, *a2 = a1 + ld, *a3 = a2 + ld;
  const REAL *a4 = a3 + ld, *a5 = a4 + ld, *a6 = a5 + ld, *a7 = a6 + ld;
  const REAL x0 = x[0], x1 = x[1], x2 = x[2], x3 = x[3], x4 = x[4], x5 = x[5], x6 = x[6], x7 = x[7];
  REAL s0 = 0, s1 = 0, s2 = 0, s3 = 0, s4 = 0, s5 = 0, s6 = 0, s7 = 0;
#pragma omp simd reduction(+ : s0, s1, s2, s3, s4, s5, s6, s7)
  for (int64_t i = 0; i < n; i++) {
    const REAL v = x_rows[i];
    y_rows[i] = a0[i] * x0 + (a1[i] * x1 + (a2[i] * x2 + (a3[i] * x3 + y_rows[i]))) +
                (a4[i] * x4 + (a5[i] * x5 + (a6[i] * x6 + a7[i] * x7)));
    s0 += a0[i] * v;
    s1 += a1[i] * v;
    s2 += a2[i] * v;
    s3 += a3[i] * v;
    s4 += a4[i] * v;
    s5 += a5[i] * v;
    s6 += a6[i] * v;
    s7 += a7[i] * v;
  }
  const REAL s[] = {s0, s1, s2, s3, s4, s5, s6, s7};
  for (int k = 0; k < 8; k++)
    y[k] += s[k];
}

NT_CLONES static void NAME(add_one)(int64_t n, const REAL *a, REAL x, REAL *y)
{
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++)
    y[i] += a[i] * x;
}

NT_CLONES static REAL NAME(dot_one)(int64_t n, const REAL *a, const REAL *x)
{
  REAL s = 0;
#pragma omp simd reduction(+ : s)
  for (int64_t i = 0; i < n; i++)
    s += a[i] * x[i];
  return s;
}

/* What rows and columns of a meet: outputs that are not wanted are NULL. */
typedef struct NAME(sides) {
  const REAL *x_rows, *x_cols;
  REAL *y_rows, *y_cols;
  int64_t ld_rows, ld_cols;
} NAME(sides);

static NAME(sides) NAME(sides_at)(const NAME(sides) * s, int64_t i, int64_t j, int64_t k)
{
  const int64_t row = i + k * s->ld_rows, col = j + k * s->ld_cols;
  return (NAME(sides)){s->y_cols == NULL ? NULL : s->x_rows + row,
                       s->y_rows == NULL ? NULL : s->x_cols + col,
                       s->y_rows == NULL ? NULL : s->y_rows + row,
                       s->y_cols == NULL ? NULL : s->y_cols + col,
                       s->ld_rows,
                       s->ld_cols};
}

static void NAME(one_output)(int64_t n, int64_t cols, const REAL *a, int64_t ld,
                             const NAME(sides) * s)
{
  const bool both = s->y_rows != NULL && s->y_cols != NULL;
  int64_t j = 0;
  for (; both && j + 8 <= cols; j += 8)
    NAME(both_eight)(n, a + j * ld, ld, s->x_rows, s->x_cols + j, s->y_rows, s->y_cols + j);
  for (; j + 4 <= cols; j += 4) {
    if (s->y_rows != NULL) NAME(add_four)(n, a + j * ld, ld, s->x_cols + j, s->y_rows);
    if (s->y_cols != NULL) NAME(dot_four)(n, a + j * ld, ld, s->x_rows, s->y_cols + j);
  }
  for (; j < cols; j++) {
    if (s->y_rows != NULL) NAME(add_one)(n, a + j * ld, s->x_cols[j], s->y_rows);
    if (s->y_cols != NULL) s->y_cols[j] += NAME(dot_one)(n, a + j * ld, s->x_rows);
  }
}

/* A single output reads columns in long pieces; several ones meet 256 x 8
 * elements in the first cache. */
static void NAME(one_by_one)(nt_thin_size size, const REAL *a, int64_t ld, const NAME(sides) * s)
{
  const int64_t tall = size.c == 1 ? 2048 : 256, wide = size.c == 1 ? size.cols : 8;
  for (int64_t i = 0; i < size.rows; i += tall) {
    const int64_t h = size.rows - i < tall ? size.rows - i : tall;
    for (int64_t j = 0; j < size.cols; j += wide) {
      const int64_t w = size.cols - j < wide ? size.cols - j : wide;
      for (int64_t k = 0; k < size.c; k++) {
        const NAME(sides) at = NAME(sides_at)(s, i, j, k);
        NAME(one_output)(h, w, a + i + j * ld, ld, &at);
      }
    }
  }
}

enum {
  NAME(STEP) = 2 * 64 / sizeof(REAL),
  NAME(TALL) = 2048 / sizeof(REAL),
  NAME(WIDE) = 16,
  NAME(GROUP) = 20
};

/* Of each four columns of the next tile, those that one of all passes over a tile reads ahead: all
 * at once would wait for memory, and then leave it idle. */
typedef struct NAME(ahead) {
  const REAL *next;
  int columns;
} NAME(ahead);

static NAME(ahead) NAME(share_ahead)(const REAL *next, int64_t ld, int pass, int passes)
{
  const int first = 4 * pass / passes, end = 4 * (pass + 1) / passes;
  return (NAME(ahead)){next + first * ld, end - first};
}

#define BYTES 64
#define COLUMNS 4
#define FIVE(x) NAME(x##_64)
#include "predict/thin_five.h"
#undef BYTES
#undef COLUMNS
#undef FIVE
#define BYTES 32
#define COLUMNS 2
#define FIVE(x) NAME(x##_32)
#include "predict/thin_five.h"
#undef BYTES
#undef COLUMNS
#undef FIVE
#define BYTES 16
#define COLUMNS 2
#define FIVE(x) NAME(x##_16)
#include "predict/thin_five.h"
#undef BYTES
#undef COLUMNS
#undef FIVE

/* Whole steps, fours and fives, at most GROUP outputs. */
static void NAME(group)(nt_thin_size size, const REAL *a, int64_t ld, const NAME(sides) * s)
{
  switch (nt_vector_bytes()) {
  case 64:
    NAME(tiles_64)(size, a, ld, s);
    break;
  case 32:
    NAME(tiles_32)(size, a, ld, s);
    break;
  default:
    NAME(tiles_16)(size, a, ld, s);
  }
}

static void NAME(multiply)(nt_thin_size size, const REAL *a, int64_t ld, const NAME(sides) * s)
{
  const int64_t c = size.c - size.c % 5, cols = size.cols - size.cols % 4;
  const int64_t rows = size.rows - size.rows % (int64_t)NAME(STEP);
  for (int64_t k = 0; k < c; k += NAME(GROUP)) {
    const NAME(sides) at = NAME(sides_at)(s, 0, 0, k);
    const nt_thin_size group = {rows, cols, c - k < NAME(GROUP) ? c - k : NAME(GROUP), 1};
    NAME(group)(group, a, ld, &at);
  }
  const struct {
    int64_t i, j, k, rows, cols, c;
  } rest[] = {{rows, 0, 0, size.rows - rows, size.cols, c},
              {0, cols, 0, rows, size.cols - cols, c},
              {0, 0, c, size.rows, size.cols, size.c - c}};
  for (int r = 0; r < 3; r++) {
    const NAME(sides) at = NAME(sides_at)(s, rest[r].i, rest[r].j, rest[r].k);
    const nt_thin_size left = {rest[r].rows, rest[r].cols, rest[r].c, 1};
    NAME(one_by_one)(left, a + rest[r].i + rest[r].j * ld, ld, &at);
  }
}

void NAME(nt_thin)(nt_thin_size size, const REAL *a, int64_t ld, const REAL *x, int64_t ldx,
                   REAL *y, int64_t ldy)
{
  NAME(sides) all = {.x_cols = x, .ld_rows = ldy, .ld_cols = ldx};
  const int64_t share = share_of(size.rows, size.threads);
  all.y_rows = y;
#pragma omp parallel for num_threads(size.threads) if (size.threads > 1)
  for (int64_t i = 0; i < size.rows; i += share) {
    const int64_t n = size.rows - i < share ? size.rows - i : share;
    const NAME(sides) at = NAME(sides_at)(&all, i, 0, 0);
    NAME(multiply)((nt_thin_size){n, size.cols, size.c, 1}, a + i, ld, &at);
  }
}

void NAME(nt_thin_transposed)(nt_thin_size size, const REAL *a, int64_t ld, const REAL *x,
                              int64_t ldx, REAL *y, int64_t ldy)
{
  NAME(sides) all = {.x_rows = x, .ld_rows = ldx, .ld_cols = ldy};
  const int64_t share = share_of(size.cols, size.threads);
  all.y_cols = y;
#pragma omp parallel for num_threads(size.threads) if (size.threads > 1)
  for (int64_t j = 0; j < size.cols; j += share) {
    const int64_t n = size.cols - j < share ? size.cols - j : share;
    const NAME(sides) at = NAME(sides_at)(&all, 0, j, 0);
    NAME(multiply)((nt_thin_size){size.rows, n, size.c, 1}, a + j * ld, ld, &at);
  }
}
