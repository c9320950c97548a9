#include "kernel/three_impl.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(NT_NO_CLONES)

#include "layer/math.h"

#include <immintrin.h>

bool nt_three_has_avx2(void)
{
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

#define NT_TARGET __attribute__((target("avx2,fma")))
#define NT_INLINE NT_TARGET static inline __attribute__((always_inline))

#define mask __m256i

/* The first n words of x, fewer than it has. */
NT_INLINE void store_words(float *to, int64_t n, __m256 x)
{
  __m128 rest = _mm256_castps256_ps128(x);
  if (n & 4) {
    _mm_storeu_ps(to, rest);
    to += 4;
    rest = _mm256_extractf128_ps(x, 1);
  }
  if (n & 2) {
    _mm_storel_pi((__m64 *)to, rest);
    to += 2;
    rest = _mm_movehl_ps(rest, rest);
  }
  if (n & 1) _mm_store_ss(to, rest);
}

#define NAME(x) x##_f64
#define RUN nt_three_avx2_f64
#define real double
#define WIDE 4
#define vector __m256d
#define integer long long
#define V(op) _mm256_##op##_pd
#define EACH _mm256_set1_epi64x
#define COMPARE(how, a, b) _mm256_cmp##how##_epi64(a, b)
#define LANES(f) _mm256_setr_epi64x(f(0), f(1), f(2), f(3))
#define WORDS_OF(n) (2 * (n) | (2 * (n) + 1) << 32)
#define BITS_TO_VECTOR _mm256_castsi256_pd
#define TO_WORDS _mm256_castpd_ps
#define FROM_WORDS _mm256_castps_pd
/* Last and first numbers of both halves. */
#define BEFORE(between, high) _mm256_shuffle_pd(between, high, 5)
#define BEHIND(low, between) _mm256_shuffle_pd(low, between, 5)
#include "kernel/three_avx2_template.h"
#include "kernel/three_template.h"
#undef integer
#undef EACH
#undef COMPARE
#undef LANES
#undef WORDS_OF
#undef BITS_TO_VECTOR
#undef TO_WORDS
#undef FROM_WORDS
#undef BEFORE
#undef BEHIND

#define SHIFT(high, low, bytes)                                                                    \
  _mm256_castsi256_ps(                                                                             \
      _mm256_alignr_epi8(_mm256_castps_si256(high), _mm256_castps_si256(low), bytes))

#define NAME(x) x##_f32
#define RUN nt_three_avx2_f32
#define real float
#define WIDE 8
#define vector __m256
#define integer int
#define V(op) _mm256_##op##_ps
#define EACH _mm256_set1_epi32
#define COMPARE(how, a, b) _mm256_cmp##how##_epi32(a, b)
#define LANES(f) _mm256_setr_epi32(f(0), f(1), f(2), f(3), f(4), f(5), f(6), f(7))
#define WORDS_OF(n) (n)
#define BITS_TO_VECTOR _mm256_castsi256_ps
#define TO_WORDS(x) (x)
#define FROM_WORDS(x) (x)
#define BEFORE(between, high) SHIFT(high, between, 12)
#define BEHIND(low, between) SHIFT(between, low, 4)
#include "kernel/three_avx2_template.h"
#include "kernel/three_template.h"

#endif
