#include "layer/angle.h"

void nt_angle_tables(const void *cfg, int64_t n, const double *q, double *const *table)
{
  (void)cfg;
  for (int64_t i = 0; i < n; i++) {
    const double s = sqrt(NT_MAX(q[i], 0.0));
    table[0][i] = s / 2;
    table[1][i] = s > 0 ? 1 / s : 0;
  }
}
