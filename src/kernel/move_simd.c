#include "kernel/move_simd.h"

#include <stddef.h>

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>
#include <math.h>

/* Doubles of a cache line, and how far ahead those of another rank's tile are asked for. */
enum { LINE = 8, AHEAD = 16 * LINE };

#define TARGET __attribute__((target("avx512f")))

/* Transpose 8 x 8 in registers: pairs within 128 bits, then the 128-bit quarters. */
TARGET static inline void transpose_64(__m512d r[8])
{
  __m512d s[8], t[8];
  for (int i = 0; i < 8; i += 2) {
    s[i] = _mm512_unpacklo_pd(r[i], r[i + 1]);
    s[i + 1] = _mm512_unpackhi_pd(r[i], r[i + 1]);
  }
  for (int i = 0; i < 8; i += 4) {
    for (int k = 0; k < 2; k++) {
      t[i + k] = _mm512_shuffle_f64x2(s[i + k], s[i + k + 2], 0x88);
      t[i + k + 2] = _mm512_shuffle_f64x2(s[i + k], s[i + k + 2], 0xdd);
    }
  }
  for (int k = 0; k < 4; k++) {
    const int even = k % 2 + (k / 2) * 2;
    r[even] = _mm512_shuffle_f64x2(t[even], t[even + 4], 0x88);
    r[even + 4] = _mm512_shuffle_f64x2(t[even], t[even + 4], 0xdd);
  }
}

TARGET static inline unsigned bad_64(__m512d v)
{
  return _mm512_cmp_pd_mask(_mm512_abs_pd(v), _mm512_set1_pd(__DBL_MAX__), _CMP_NLE_UQ);
}

#define VECTOR(x) x##_64
#define MM(x) _mm512_##x
typedef __m512d vec_64;
#include "kernel/move_template.h"
#undef TARGET
#undef VECTOR
#undef MM

#define TARGET __attribute__((target("avx2")))

/* Transpose 4 x 4: as above. */
TARGET static inline void transpose_32(__m256d r[4])
{
  const __m256d a = _mm256_unpacklo_pd(r[0], r[1]), b = _mm256_unpackhi_pd(r[0], r[1]),
                c = _mm256_unpacklo_pd(r[2], r[3]), d = _mm256_unpackhi_pd(r[2], r[3]);
  r[0] = _mm256_permute2f128_pd(a, c, 0x20);
  r[1] = _mm256_permute2f128_pd(b, d, 0x20);
  r[2] = _mm256_permute2f128_pd(a, c, 0x31);
  r[3] = _mm256_permute2f128_pd(b, d, 0x31);
}

TARGET static inline unsigned bad_32(__m256d v)
{
  const __m256d size = _mm256_andnot_pd(_mm256_set1_pd(-0.0), v);
  const __m256d bad = _mm256_cmp_pd(size, _mm256_set1_pd(__DBL_MAX__), _CMP_NLE_UQ);
  return (unsigned)_mm256_movemask_pd(bad);
}

#define VECTOR(x) x##_32
#define MM(x) _mm256_##x
typedef __m256d vec_32;
#include "kernel/move_template.h"

static void fence(void) { _mm_sfence(); }

const nt_move_ops *nt_move_simd(void)
{
  static const nt_move_ops wide = {column_64, transposed_64, fence};
  static const nt_move_ops narrow = {column_32, transposed_32, fence};
  if (__builtin_cpu_supports("avx512f")) return &wide;
  return __builtin_cpu_supports("avx2") ? &narrow : NULL;
}

#else

const nt_move_ops *nt_move_simd(void) { return NULL; }

#endif
