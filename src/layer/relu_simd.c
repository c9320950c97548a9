#include "layer/relu_simd.h"

#include "layer/angle_poly.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(NT_NO_CLONES)

#include <float.h>
#include <immintrin.h>

bool nt_relu_can_run(const nt_lanes *lanes, const nt_post *post)
{
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && lanes->mean &&
         post->kd != 0 && lanes->bias1 == NULL && !lanes->one2;
}

#define NT_AVX512 __attribute__((target("avx512f,avx512dq")))
#define NT_INLINE NT_AVX512 static inline __attribute__((always_inline))

NT_ANGLE_ARC(NT_INLINE, arc_f64, __m512d)
NT_ANGLE_ARC_F32(NT_INLINE, arc_f32, __m512)
NT_ANGLE_REST_ROOT(NT_INLINE, root_f64, __m512d)

NT_INLINE __m512 root_f32(__m512 a, __m512 rest)
{
  (void)a;
  return rest;
}

/* Where T comes from: there is none, from K (of a layer that starts), from before. */
typedef enum nt_t_from { NO_T, FROM_K, FROM_T } nt_t_from;

/* How many runs of NT_LANES lanes the roots are ahead of all else, as in angle.h. */
enum { AHEAD = 3 };

#define NAME(x) x##_f64
#define real double
#define EPSILON DBL_EPSILON
#define WIDE 8
#define vector __m512d
#define mask __mmask8
#define V(op) _mm512_##op##_pd
#define COMPARE _mm512_cmp_pd_mask
#include "layer/relu_template.h"
#undef NAME
#undef real
#undef EPSILON
#undef WIDE
#undef vector
#undef mask
#undef V
#undef COMPARE

#define NAME(x) x##_f32
#define real float
#define EPSILON FLT_EPSILON
#define WIDE 16
#define vector __m512
#define mask __mmask16
#define V(op) _mm512_##op##_ps
#define COMPARE _mm512_cmp_ps_mask
#include "layer/relu_template.h"

#else

bool nt_relu_can_run(const nt_lanes *lanes, const nt_post *post)
{
  (void)lanes, (void)post;
  return false;
}

void nt_relu_f64(const nt_lanes *lanes, const nt_post *post) { (void)lanes, (void)post; }
void nt_relu_f32(const nt_lanes *lanes, const nt_post *post) { (void)lanes, (void)post; }

#endif
