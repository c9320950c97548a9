#include "kernel/move_simd.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>
#include <math.h>

#define NT_AVX512 __attribute__((target("avx512f")))

/* Doubles of a cache line, and how far ahead those of another rank's tile are asked for. */
enum { LINE = 8, AHEAD = 16 * LINE };

bool nt_move_has_simd(void) { return __builtin_cpu_supports("avx512f") != 0; }

NT_AVX512 bool nt_move_column_simd(int64_t n, const double *from, double *to)
{
  const __m512d most = _mm512_set1_pd(__DBL_MAX__);
  unsigned bad = 0;
  int64_t i = 0;
  for (; i < n && ((uintptr_t)(to + i) & 63) != 0; i++) {
    bad |= (unsigned)!(fabs(from[i]) <= __DBL_MAX__);
    to[i] = from[i];
  }
  for (; i + LINE <= n; i += LINE) {
    const __m512d v = _mm512_loadu_pd(from + i);
    _mm_prefetch(from + i + AHEAD, _MM_HINT_T0);
    bad |= _mm512_cmp_pd_mask(_mm512_abs_pd(v), most, _CMP_NLE_UQ);
    _mm512_stream_pd(to + i, v);
  }
  for (; i < n; i++) {
    bad |= (unsigned)!(fabs(from[i]) <= __DBL_MAX__);
    to[i] = from[i];
  }
  return bad == 0;
}

/* Transpose 8 x 8 in registers: pairs within 128 bits, then the 128-bit quarters. */
NT_AVX512 static inline void transpose(__m512d r[LINE])
{
  __m512d s[LINE], t[LINE];
  for (int i = 0; i < LINE; i += 2) {
    s[i] = _mm512_unpacklo_pd(r[i], r[i + 1]);
    s[i + 1] = _mm512_unpackhi_pd(r[i], r[i + 1]);
  }
  for (int i = 0; i < LINE; i += 4) {
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

NT_AVX512 static inline void put(double *to, __m512d line)
{
  if (((uintptr_t)to & 63) == 0)
    _mm512_stream_pd(to, line);
  else
    _mm512_storeu_pd(to, line);
}

NT_AVX512 void nt_move_transposed_simd(int64_t m, int64_t n, const double *from, int64_t ld_from,
                                       double *to, int64_t ld_to)
{
  const int64_t m8 = m / LINE * LINE, n8 = n / LINE * LINE;
  for (int64_t i = 0; i < m8; i += LINE) {
    for (int64_t j = 0; j < n8; j += LINE) {
      __m512d r[LINE];
      for (int k = 0; k < LINE; k++)
        r[k] = _mm512_loadu_pd(from + i + (j + k) * ld_from);
      transpose(r);
      for (int k = 0; k < LINE; k++)
        put(to + j + (i + k) * ld_to, r[k]);
    }
  }
  for (int64_t i = 0; i < m; i++) {
    for (int64_t j = i < m8 ? n8 : 0; j < n; j++)
      to[j + i * ld_to] = from[i + j * ld_from];
  }
}

NT_AVX512 void nt_move_fence_simd(void) { _mm_sfence(); }

#else

bool nt_move_has_simd(void) { return false; }

bool nt_move_column_simd(int64_t n, const double *from, double *to)
{
  (void)n, (void)from, (void)to;
  return true;
}

void nt_move_transposed_simd(int64_t m, int64_t n, const double *from, int64_t ld_from, double *to,
                             int64_t ld_to)
{
  (void)m, (void)n, (void)from, (void)ld_from, (void)to, (void)ld_to;
}

void nt_move_fence_simd(void) {}

#endif
