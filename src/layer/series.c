#include "layer/series.h"

#include "layer/map.h"

/* Lanes that are carried through all rows before the next ones, so that their sums stay in the
 * first cache; rows that are added in registers. */
enum { CHUNK = 8 * NT_LANES, TOGETHER = 4 };

#define CLONES NT_CLONES
#define NT_TEMPLATE "layer/series_template.h"
#include "base/both_reals.h"
#undef CLONES

#define CLONES
#define real long double
#define NAME(x) x##_wide
#include "layer/series_template.h"

void nt_series_tables(const nt_series *series, int64_t n, const double *q, double *const *table)
{
  for (int r = 0; r < series->rows; r++) {
    const int l = series->first + series->stride * r;
    for (int64_t i = 0; i < n; i++) {
      double sum = 0;
      for (int e = series->length[l] - 1; e >= 0; e--)
        sum = sum * q[i] + series->coef[l][e];
      table[r][i] = sum;
    }
  }
}

/* The smallest number of rows that has all l < terms with R_l: from the first on, by the greatest
 * common divisor of what is between them. One row of zeros if there are none. */
static void arrange(int terms, nt_series *series)
{
  int last = 0;
  series->first = -1;
  series->stride = 0;
  for (int l = 0; l < terms; l++) {
    if (series->length[l] == 0) continue;
    if (series->first < 0) series->first = l;
    last = l;
    for (int rest = l - series->first; rest > 0;) {
      const int less = series->stride % rest;
      series->stride = rest;
      rest = less;
    }
  }
  series->first = NT_MAX(series->first, 0);
  series->stride = NT_MAX(series->stride, 1);
  series->rows = (last - series->first) / series->stride + 1;
}

void nt_series_polynomial(int n, const double *c, nt_series *series)
{
  double root = 1; /* sqrt(l!) */
  *series = (nt_series){0};
  for (int l = 0; l < n; l++) {
    double factor = root; /* (2i + l)! / (2^i i! sqrt(l!)) */
    for (int i = 0; 2 * i + l < n; i++) {
      const double value = c[2 * i + l] * factor;
      series->coef[l][i] = value;
      if (fabs(value) > 0) series->length[l] = i + 1;
      factor *= (2.0 * i + l + 1) * (2.0 * i + l + 2) / (2.0 * (i + 1));
    }
    root *= sqrt(l + 1.0);
  }
  arrange(n, series);
}

void nt_series_hermite(int degree, nt_series *series)
{
  *series = (nt_series){0};
  series->length[degree] = 1;
  series->coef[degree][0] = 1;
  arrange(degree + 1, series);
}
