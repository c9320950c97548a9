#include "kernel/cells_simd.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(NT_NO_CLONES)

#include <immintrin.h>

#define NT_AVX512 __attribute__((target("avx512f")))

bool nt_cells_have_simd(void) { return __builtin_cpu_supports("avx512f") != 0; }

/* One value. The masks belong to the neighbour behind and the one before, in the order of s. */
NT_AVX512 static inline __attribute__((always_inline)) void one_f64(int64_t n, const double *m1,
                                                                    const double *m2, int s,
                                                                    const double *in, double c,
                                                                    double *out)
{
  enum { WIDE = 8 };
  const __m512d constant = _mm512_set1_pd(c);
  __m512i before = _mm512_castpd_si512(_mm512_load_pd(in - WIDE));
  __m512i here = _mm512_castpd_si512(_mm512_load_pd(in));
  for (int64_t i = 0; i < n; i += WIDE) {
    const __m512i behind = _mm512_castpd_si512(_mm512_load_pd(in + i + WIDE));
    const __m512d left = _mm512_castsi512_pd(_mm512_alignr_epi64(here, before, WIDE - 1));
    const __m512d right = _mm512_castsi512_pd(_mm512_alignr_epi64(behind, here, 1));
    const __m512d a = s > 0 ? right : left, b = s > 0 ? left : right;
    const __m512d sum = _mm512_add_pd(_mm512_castsi512_pd(here), constant);
    const __m512d inner = _mm512_fmadd_pd(_mm512_loadu_pd(m2 + i), b, sum);
    _mm512_store_pd(out + i, _mm512_fmadd_pd(_mm512_loadu_pd(m1 + i), a, inner));
    before = here;
    here = behind;
  }
}

NT_AVX512 static inline __attribute__((always_inline)) void
one_f32(int64_t n, const float *m1, const float *m2, int s, const float *in, float c, float *out)
{
  enum { WIDE = 16 };
  const __m512 constant = _mm512_set1_ps(c);
  __m512i before = _mm512_castps_si512(_mm512_load_ps(in - WIDE));
  __m512i here = _mm512_castps_si512(_mm512_load_ps(in));
  for (int64_t i = 0; i < n; i += WIDE) {
    const __m512i behind = _mm512_castps_si512(_mm512_load_ps(in + i + WIDE));
    const __m512 left = _mm512_castsi512_ps(_mm512_alignr_epi32(here, before, WIDE - 1));
    const __m512 right = _mm512_castsi512_ps(_mm512_alignr_epi32(behind, here, 1));
    const __m512 a = s > 0 ? right : left, b = s > 0 ? left : right;
    const __m512 sum = _mm512_add_ps(_mm512_castsi512_ps(here), constant);
    const __m512 inner = _mm512_fmadd_ps(_mm512_loadu_ps(m2 + i), b, sum);
    _mm512_store_ps(out + i, _mm512_fmadd_ps(_mm512_loadu_ps(m1 + i), a, inner));
    before = here;
    here = behind;
  }
}

NT_AVX512 void nt_three_f64_simd(int64_t n, const double *m1, const double *m2, int s,
                                 nt_lane_value in, double k0, double t0, nt_lane_value out)
{
  one_f64(n, m1, m2, s, in.k, k0, out.k);
  if (out.t != NULL) one_f64(n, m1, m2, s, in.t, t0, out.t);
}

NT_AVX512 void nt_three_f32_simd(int64_t n, const float *m1, const float *m2, int s,
                                 nt_lane_value in, float k0, float t0, nt_lane_value out)
{
  one_f32(n, m1, m2, s, in.k, k0, out.k);
  if (out.t != NULL) one_f32(n, m1, m2, s, in.t, t0, out.t);
}

#else

bool nt_cells_have_simd(void) { return false; }

void nt_three_f64_simd(int64_t n, const double *m1, const double *m2, int s, nt_lane_value in,
                       double k0, double t0, nt_lane_value out)
{
  (void)n, (void)m1, (void)m2, (void)s, (void)in, (void)k0, (void)t0, (void)out;
}

void nt_three_f32_simd(int64_t n, const float *m1, const float *m2, int s, nt_lane_value in,
                       float k0, float t0, nt_lane_value out)
{
  (void)n, (void)m1, (void)m2, (void)s, (void)in, (void)k0, (void)t0, (void)out;
}

#endif
