#include "layer/relu_simd.h"

#include "layer/angle.h"
#include "layer/map.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(NT_NO_CLONES)

#include <float.h>
#include <immintrin.h>

/* Where T comes from: there is none, from K (of a layer that starts), from before. */
typedef enum nt_t_from { NO_T, FROM_K, FROM_T } nt_t_from;

/* What is known of a loop when it is compiled: form of the results, T, many second arguments or one. */
typedef struct nt_way {
  int form;
  nt_t_from from;
  bool many;
} nt_way;

static inline bool is_mean(const nt_way way) { return way.form >= NT_FORM_MEAN_K; }

/* AVX-512: 32 registers, and masks that are not vectors. */
#define TARGET __attribute__((target("avx512f,avx512dq")))
#define NAME_OF(x, type) x##_##type##_avx512
#define REGISTERS 32
#define VECTOR_F64 __m512d
#define VECTOR_F32 __m512
#define MASK_F64 __mmask8
#define MASK_F32 __mmask16
#define OP_F64(op) _mm512_##op##_pd
#define OP_F32(op) _mm512_##op##_ps
#define COMPARE_F64 _mm512_cmp_pd_mask
#define COMPARE_F32 _mm512_cmp_ps_mask
#define ABS(x) V(abs)(x)
#define KEEP(mask, x) V(maskz_mov)(mask, x)
#define PICK(mask, x, y) V(mask_blend)(mask, y, x)
#define LEAST_F64(x, y) _mm512_min_pd(x, y)
#define LEAST_F32(x, y) _mm512_min_ps(x, y)
#define MOST_F64(x, y) _mm512_max_pd(x, y)
#define MOST_F32(x, y) _mm512_max_ps(x, y)
#define POSITIVE_F64(p, x) V(maskz_mov)(COMPARE(p, V(setzero)(), _CMP_GT_OQ), x)
#define POSITIVE_F32 POSITIVE_F64
#define TWICE(x) (2 * (x))
#define ROUNDED(x) (void)(x)
#define AHEAD_F64 3
#define AHEAD_F32 0
#define ROOT_F64(a, rest) _mm512_sqrt_pd(rest)
#include "layer/relu_types.h"

/* The same where roots take long: less by products, in double, which alone needs the second. */
NT_ANGLE_REST_ROOT(TARGET static inline __attribute__((always_inline)), root_f64, __m512d)
#undef NAME_OF
#undef ROOT_F64
#define NAME_OF(x, type) x##_##type##_avx512_products
#define ROOT_F64(a, rest) root_f64(a, rest)
#define ONLY_F64
#include "layer/relu_types.h"
#undef ONLY_F64
#undef TARGET
#undef NAME_OF
#undef REGISTERS
#undef VECTOR_F64
#undef VECTOR_F32
#undef MASK_F64
#undef MASK_F32
#undef OP_F64
#undef OP_F32
#undef COMPARE_F64
#undef COMPARE_F32
#undef ABS
#undef KEEP
#undef PICK
#undef LEAST_F64
#undef LEAST_F32
#undef MOST_F64
#undef MOST_F32
#undef POSITIVE_F64
#undef POSITIVE_F32
#undef TWICE
#undef ROUNDED
#undef AHEAD_F64
#undef AHEAD_F32
#undef ROOT_F64

/* AVX2: 16 registers, and masks that are vectors. Roots are as fast as products. Two units of the four
 * for vectors can multiply, and they alone compare numbers: so sums stand for products, and integers
 * for numbers that are not negative, where the result is the same. */
#define TARGET __attribute__((target("avx2,fma")))
#define NAME_OF(x, type) x##_##type##_avx2
#define REGISTERS 16
#define VECTOR_F64 __m256d
#define VECTOR_F32 __m256
#define MASK_F64 __m256d
#define MASK_F32 __m256
#define OP_F64(op) _mm256_##op##_pd
#define OP_F32(op) _mm256_##op##_ps
#define COMPARE_F64 _mm256_cmp_pd
#define COMPARE_F32 _mm256_cmp_ps
#define ABS(x) V(andnot)(V(set1)(-(real)0), x)
#define KEEP(mask, x) V (and)(mask, x)
#define PICK(mask, x, y) V(blendv)(y, x, mask)
#define INTEGERS(op, x, y)                                                                         \
  _mm256_castsi256_ps(_mm256_##op##_epi32(_mm256_castps_si256(x), _mm256_castps_si256(y)))
#define LEAST_F64(x, y) _mm256_min_pd(x, y)
#define LEAST_F32(x, y) INTEGERS(min, x, y)
#define MOST_F64(x, y) _mm256_max_pd(x, y)
#define MOST_F32(x, y) INTEGERS(max, x, y)
#define POSITIVE_F64(p, x) V (and)(COMPARE(p, V(setzero)(), _CMP_GT_OQ), x)
#define POSITIVE_F32(p, x) V (and)(INTEGERS(cmpgt, p, V(setzero)()), x)
#define TWICE(x) ((x) + (x))
#define ROUNDED(x) __asm__("" : "+x"(x))
#define AHEAD_F64 0
#define AHEAD_F32 0
#define ROOT_F64(a, rest) _mm256_sqrt_pd(rest)
#include "layer/relu_types.h"

static bool has_avx512(void)
{
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq");
}

bool nt_relu_can_run(const nt_lanes *lanes)
{
  return !(lanes->one2 && lanes->mean) &&
         (has_avx512() || (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")));
}

void nt_relu_f64(const nt_lanes *lanes, const nt_post *post)
{
  if (!has_avx512())
    map_f64_avx2(lanes, post);
  else
    (nt_angle_roots_are_slow() ? map_f64_avx512_products : map_f64_avx512)(lanes, post);
}

void nt_relu_f32(const nt_lanes *lanes, const nt_post *post)
{
  (has_avx512() ? map_f32_avx512 : map_f32_avx2)(lanes, post);
}

#else

bool nt_relu_can_run(const nt_lanes *lanes)
{
  (void)lanes;
  return false;
}

void nt_relu_f64(const nt_lanes *lanes, const nt_post *post) { (void)lanes, (void)post; }
void nt_relu_f32(const nt_lanes *lanes, const nt_post *post) { (void)lanes, (void)post; }

#endif
