#include "kernel/move.h"

#include "kernel/move_simd.h"

#include <math.h>
#include <stddef.h>

bool nt_move_column(int64_t n, const double *from, double *to)
{
  const nt_move_ops *const simd = nt_move_simd();
  if (simd != NULL) return simd->column(n, from, to);
  int bad = 0;
  for (int64_t i = 0; i < n; i++) {
    bad |= !(fabs(from[i]) <= __DBL_MAX__);
    to[i] = from[i];
  }
  return bad == 0;
}

void nt_move_transposed(int64_t m, int64_t n, const double *from, int64_t ld_from, double *to,
                        int64_t ld_to)
{
  const nt_move_ops *const simd = nt_move_simd();
  if (simd != NULL) {
    simd->transposed(m, n, from, ld_from, to, ld_to);
    return;
  }
  for (int64_t i = 0; i < m; i++) {
    for (int64_t j = 0; j < n; j++)
      to[j + i * ld_to] = from[i + j * ld_from];
  }
}

void nt_move_fence(void)
{
  const nt_move_ops *const simd = nt_move_simd();
  if (simd != NULL) simd->fence();
}
