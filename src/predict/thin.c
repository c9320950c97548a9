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

/* add_four_double and dot_four_double in one loop, for what is read of memory. */
NT_CLONES static void both_four(int64_t n, const double *a, int64_t ld, const double *x_rows,
                                const double *x_cols, double *y_rows, double *y_cols)
{
  const double *a0 = a, *a1 = a + ld, *a2 = a1 + ld, *a3 = a2 + ld;
  const double x0 = x_cols[0], x1 = x_cols[1], x2 = x_cols[2], x3 = x_cols[3];
  double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
#pragma omp simd reduction(+ : s0, s1, s2, s3)
  for (int64_t i = 0; i < n; i++) {
    y_rows[i] += a0[i] * x0 + a1[i] * x1 + (a2[i] * x2 + a3[i] * x3);
    s0 += a0[i] * x_rows[i];
    s1 += a1[i] * x_rows[i];
    s2 += a2[i] * x_rows[i];
    s3 += a3[i] * x_rows[i];
  }
  y_cols[0] += s0;
  y_cols[1] += s1;
  y_cols[2] += s2;
  y_cols[3] += s3;
}

void nt_thin_both(nt_thin_size size, const double *a, int64_t ld, const double *x_rows,
                  const double *x_cols, double *y_rows, double *y_cols, int64_t ld_rows,
                  int64_t ld_cols)
{
  for (int64_t i = 0; i < size.rows; i += PIECE) {
    const int64_t n = size.rows - i < PIECE ? size.rows - i : PIECE;
    int64_t j = 0;
    for (; j + 4 <= size.cols; j += 4) {
      for (int64_t k = 0; k < size.c; k++)
        both_four(n, a + i + j * ld, ld, x_rows + i + k * ld_rows, x_cols + j + k * ld_cols,
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
