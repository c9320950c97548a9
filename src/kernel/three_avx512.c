#include "kernel/three_impl.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(NT_NO_CLONES)

#include "layer/math.h"

#include <immintrin.h>

bool nt_three_has_avx512(void)
{
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl");
}

#define NT_TARGET __attribute__((target("avx512f,avx512vl")))
#define NT_INLINE NT_TARGET static inline __attribute__((always_inline))

#define NAME(x) x##_f64
#define RUN nt_three_avx512_f64
#define real double
#define WIDE 8
#define vector __m512d
#define integer long long
#define mask __mmask8
#define V(op) _mm512_##op##_pd
#define FEW(op) _mm256_##op##_pd
#define FOUR _mm512_zextpd256_pd512
#define NEXT(low, high, n)                                                                         \
  _mm512_castsi512_pd(_mm512_alignr_epi64(_mm512_castpd_si512(high), _mm512_castpd_si512(low), n))
#define INDEX(op) _mm512_##op##_epi64
#include "kernel/three_avx512_template.h"
#include "kernel/three_template.h"
#undef integer
#undef mask
#undef FEW
#undef FOUR
#undef NEXT
#undef INDEX

#define NAME(x) x##_f32
#define RUN nt_three_avx512_f32
#define real float
#define WIDE 16
#define vector __m512
#define integer int
#define mask __mmask16
#define V(op) _mm512_##op##_ps
#define FEW(op) _mm_##op##_ps
#define FOUR _mm512_zextps128_ps512
#define NEXT(low, high, n)                                                                         \
  _mm512_castsi512_ps(_mm512_alignr_epi32(_mm512_castps_si512(high), _mm512_castps_si512(low), n))
#define INDEX(op) _mm512_##op##_epi32
#include "kernel/three_avx512_template.h"
#include "kernel/three_template.h"

#endif
