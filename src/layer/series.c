#include "layer/series.h"

#include "layer/map.h"

#include <string.h>

/* Lanes that are carried through all terms before the next ones: their rows stay in the first cache. */
enum { CHUNK = 8 * NT_LANES };

#define real double
#define NAME(x) x##_f64
#include "layer/series_template.h"
#undef real
#undef NAME
#define real float
#define NAME(x) x##_f32
#include "layer/series_template.h"
#undef real
#undef NAME

void nt_series_tables(const void *cfg, int64_t n, const double *q, double *const *table)
{
  (void)cfg;
  memcpy(table[0], q, (size_t)n * sizeof *q);
}

void nt_series_polynomial(int n, const double *c, nt_series *series)
{
  double root = 1; /* sqrt(l!) */
  *series = (nt_series){.terms = n};
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
}

void nt_series_hermite(int degree, nt_series *series)
{
  *series = (nt_series){.terms = degree + 1};
  series->length[degree] = 1;
  series->coef[degree][0] = 1;
}
