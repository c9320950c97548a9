#include "kernel/three.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(NT_NO_CLONES)

#include "layer/math.h"

#include <immintrin.h>

bool nt_three_can_run(void)
{
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl");
}

#define NT_AVX512 __attribute__((target("avx512f,avx512vl")))
#define NT_INLINE NT_AVX512 static inline __attribute__((always_inline))

/* Vectors of a row that are worked on together: their sums of three rows stay in registers. */
enum { MOST_VECTORS = 4 };

/* What is added beside neighbours: nothing, the constant, padding of columns by one argument each,
 * or by both arguments somewhere. */
typedef enum nt_extra { NO_EXTRA, CONSTANT, ONE_FILL, TWO_FILLS } nt_extra;

static nt_extra extra_of(const nt_three *three)
{
  const nt_fills *fills = &three->column_fills;
  if (fills->n == 0) return three->constant != 0 ? CONSTANT : NO_EXTRA;
  for (int f = 0; f < fills->n; f++) {
    for (int g = 0; g < f; g++)
      if (fills->cell[f].out == fills->cell[g].out) return TWO_FILLS;
  }
  return ONE_FILL;
}

#define NAME(x) x##_f64
#define real double
#define WIDE 8
#define vector __m512d
#define mask __mmask8
#define V(op) _mm512_##op##_pd
#define FEW(op) _mm256_##op##_pd
#define FOUR _mm512_zextpd256_pd512
#define NEXT(low, high, n)                                                                         \
  _mm512_castsi512_pd(_mm512_alignr_epi64(_mm512_castpd_si512(high), _mm512_castpd_si512(low), n))
#define INDEX(op) _mm512_##op##_epi64
#include "kernel/three_template.h"
#undef NAME
#undef real
#undef WIDE
#undef vector
#undef mask
#undef V
#undef FEW
#undef FOUR
#undef NEXT
#undef INDEX

#define NAME(x) x##_f32
#define real float
#define WIDE 16
#define vector __m512
#define mask __mmask16
#define V(op) _mm512_##op##_ps
#define FEW(op) _mm_##op##_ps
#define FOUR _mm512_zextps128_ps512
#define NEXT(low, high, n)                                                                         \
  _mm512_castsi512_ps(_mm512_alignr_epi32(_mm512_castps_si512(high), _mm512_castps_si512(low), n))
#define INDEX(op) _mm512_##op##_epi32
#include "kernel/three_template.h"

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
