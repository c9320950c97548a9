#include "layer/difference.h"

/* Products of four of these are within float, and far from its ends. */
enum { USUAL = 24 };
static const double FAR = 0x1p24;

void nt_scaled_tables(const void *cfg, int64_t n, const double *q, double *const *table)
{
  (void)cfg;
  for (int64_t i = 0; i < n; i++) {
    table[0][i] = q[i];
    table[1][i] = q[i] < FAR ? 1 : scalbn(1, (USUAL - ilogb(q[i])) / 2);
    table[2][i] = sqrt(q[i]);
  }
}
