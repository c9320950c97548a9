#include "kernel/three.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(NT_NO_CLONES)

#include "kernel/three_impl.h"

bool nt_three_can_run(void) { return nt_three_has_avx2() || nt_three_has_avx512(); }

nt_extra nt_three_extra(const nt_three *three)
{
  const nt_fills *fills = &three->column_fills;
  if (fills->n == 0) return three->constant != 0 ? NT_CONSTANT : NT_NO_EXTRA;
  for (int f = 0; f < fills->n; f++) {
    for (int g = 0; g < f; g++)
      if (fills->cell[f].out == fills->cell[g].out) return NT_TWO_FILLS;
  }
  return NT_ONE_FILL;
}

void nt_three_f64(const nt_three *three, const void *in, void *out)
{
  if (nt_three_has_avx512())
    nt_three_avx512_f64(three, in, out);
  else
    nt_three_avx2_f64(three, in, out);
}

void nt_three_f32(const nt_three *three, const void *in, void *out)
{
  if (nt_three_has_avx512())
    nt_three_avx512_f32(three, in, out);
  else
    nt_three_avx2_f32(three, in, out);
}

#else

bool nt_three_can_run(void) { return false; }

void nt_three_f64(const nt_three *three, const void *in, void *out)
{
  (void)three, (void)in, (void)out;
}

void nt_three_f32(const nt_three *three, const void *in, void *out)
{
  (void)three, (void)in, (void)out;
}

#endif
