#include "predict/thin.h"

#include "base/clones.h"

/* Rows of four columns of a, and of one column of x and y: 12 KiB in float64. */
enum { PIECE = 256 };

#define REAL double
#define NAME(x) x##_double
#include "predict/thin_template.h"
#undef REAL
#undef NAME

#define REAL float
#define NAME(x) x##_single
#include "predict/thin_template.h"

/* add_four_double and dot_four_double of eight columns in one loop, for what is read of memory, x and y. */
NT_CLONES static void both_eight(int64_t n, const double *a, int64_t ld, const double *x_rows,
                                 const double *x, double *y_rows, double *y)
{
  const double *a0 = a, *a1 = a0 + ld, *a2 = a1 + ld, *a3 = a2 + ld;
  const double *a4 = a3 + ld, *a5 = a4 + ld, *a6 = a5 + ld, *a7 = a6 + ld;
  const double x0 = x[0], x1 = x[1], x2 = x[2], x3 = x[3], x4 = x[4], x5 = x[5], x6 = x[6],
               x7 = x[7];
  double s0 = 0, s1 = 0, s2 = 0, s3 = 0, s4 = 0, s5 = 0, s6 = 0, s7 = 0;
#pragma omp simd reduction(+ : s0, s1, s2, s3, s4, s5, s6, s7)
  for (int64_t i = 0; i < n; i++) {
    const double v = x_rows[i];
    y_rows[i] += (a0[i] * x0 + a1[i] * x1 + (a2[i] * x2 + a3[i] * x3)) +
                 (a4[i] * x4 + a5[i] * x5 + (a6[i] * x6 + a7[i] * x7));
    s0 += a0[i] * v;
    s1 += a1[i] * v;
    s2 += a2[i] * v;
    s3 += a3[i] * v;
    s4 += a4[i] * v;
    s5 += a5[i] * v;
    s6 += a6[i] * v;
    s7 += a7[i] * v;
  }
  const double s[] = {s0, s1, s2, s3, s4, s5, s6, s7};
  for (int k = 0; k < 8; k++)
    y[k] += s[k];
}

void nt_thin_both(nt_thin_size size, const double *a, int64_t ld, const double *x_rows,
                  const double *x_cols, double *y_rows, double *y_cols, int64_t ld_rows,
                  int64_t ld_cols)
{
  for (int64_t i = 0; i < size.rows; i += PIECE) {
    const int64_t n = size.rows - i < PIECE ? size.rows - i : PIECE;
    int64_t j = 0;
    for (; j + 8 <= size.cols; j += 8) {
      for (int64_t k = 0; k < size.c; k++)
        both_eight(n, a + i + j * ld, ld, x_rows + i + k * ld_rows, x_cols + j + k * ld_cols,
                   y_rows + i + k * ld_rows, y_cols + j + k * ld_cols);
    }
    for (; j < size.cols; j++) {
      for (int64_t k = 0; k < size.c; k++) {
        add_one_double(n, a + i + j * ld, x_cols[j + k * ld_cols], y_rows + i + k * ld_rows);
        y_cols[j + k * ld_cols] += dot_one_double(n, a + i + j * ld, x_rows + i + k * ld_rows);
      }
    }
  }
}
