#include "predict/thin.h"

#include "base/clones.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Rows or columns that a thread takes at a time: whole steps and fours, so that
 * bits do not depend on it. */
static int64_t share_of(int64_t n, int threads)
{
  enum { SHARE = 192 };
  return threads > 1 || n == 0 ? SHARE : n;
}

#define REAL double
#define NAME(x) x##_double
#include "predict/thin_template.h"
#undef REAL
#undef NAME

void nt_thin_both(nt_thin_size size, const double *a, int64_t ld, const double *x_rows,
                  const double *x_cols, double *y_rows, double *y_cols, int64_t ld_rows,
                  int64_t ld_cols)
{
  sides_double all = {.x_rows = x_rows, .x_cols = x_cols, .ld_rows = ld_rows, .ld_cols = ld_cols};
  all.y_rows = y_rows;
  all.y_cols = y_cols;
  multiply_double(size, a, ld, &all);
}

#define REAL float
#define NAME(x) x##_single
#include "predict/thin_template.h"
