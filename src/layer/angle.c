#include "layer/angle.h"

NT_CLONES void nt_angle_tables(const void *cfg, int64_t n, const double *q, double *const *table)
{
  double *half = table[0], *inverse = table[1], zero = 0;
  NT_OPAQUE(zero);
  (void)cfg;
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++) {
    const double s = sqrt(NT_MAX(q[i], zero));
    half[i] = s / 2;
    inverse[i] = s > 0 ? 1 / s : zero;
  }
}
