#include "layer/rectified.h"

/* Lanes that are carried through all steps before the next ones: their rows
 * stay in the first cache. */
enum { CHUNK = 4 * NT_LANES };

#define CLONES NT_CLONES
#define NT_TEMPLATE "layer/rectified_template.h"
#include "base/both_reals.h"
#undef CLONES

#define CLONES
#define real long double
#define NAME(x) x##_wide
#include "layer/rectified_template.h"

void nt_rectified_tables(const void *cfg, int64_t n, const double *q, double *const *table)
{
  const nt_rectified *c = cfg;
  nt_angle_tables(cfg, n, q, table);
  for (int64_t i = 0; i < n; i++) {
    const double s = sqrt(NT_MAX(q[i], 0.0));
    table[2][i] = c->n > 0 ? sqrt(c->top / 2) * nt_rectified_power(s, c->n) : s > 0 ? sqrt(0.5) : 1;
    table[3][i] = c->n > 0 ? nt_rectified_power(s, c->n - 1) : 0;
  }
}
