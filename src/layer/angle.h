/** The angle between two Gaussians, in the formulas of ABRelu's family and Sign.
 *
 * With s = sqrt(q), D = s1 s2 - q12 and cos theta = q12 / (s1 s2),
 *
 *     z = 1 - cos theta = D / (s1 s2)
 *
 * keeps the digits that 1 - q12 / (s1 s2) loses near theta = 0. With a = 1 - |cos theta|, and theta
 * the angle to the nearer of both ends, at most pi/2, the arc-cosine kernels (Cho and Saul 2009,
 * arXiv:1112.3712) need
 *
 *     2/pi theta = sqrt(a) P,   2/pi (sin theta - theta cos theta) = sqrt(a) a H.
 */
#ifndef NT_LAYER_ANGLE_H
#define NT_LAYER_ANGLE_H

#include "layer/angle_poly.h"
#include "layer/map.h"

NT_ANGLE_ARC(static inline, nt_angle_arc_f64, double)
NT_ANGLE_ARC(static inline, nt_angle_arc_wide, long double)
NT_ANGLE_ARC_F32(static inline, nt_angle_arc_f32, float)
NT_ANGLE_REST_ROOT(static inline, nt_angle_root_f64, double)

/** Tables of an argument: s/2, and 1/s (0 for no variance). */
enum { NT_ANGLE_TABLES = 2 };

/** nt_layer_ops.tables of the family. Parallel: Local. */
void nt_angle_tables(const void *cfg, int64_t n, const double *q, double *const *table);

/** What layers of the family say of themselves in their table. */
#define NT_ANGLE_MAP(f64, f32)                                                                     \
  NT_ELEMENTWISE, .n_tables = NT_ANGLE_TABLES, .tables = nt_angle_tables,                          \
                  .map = {f64, f32, map_wide}, .takes_d = true, .starts = true

/* Whether sqrt(2 - a) is better had by multiplications: of the processors with vectors of 64 bytes,
 * those of Intel take as long for a root in double as for twenty of them; others about as long as
 * for ten. */
static inline bool nt_angle_roots_are_slow(void)
{
#if defined(__x86_64__) && defined(__GNUC__)
  return nt_vector_bytes() == 64 && __builtin_cpu_is("intel");
#else
  return false;
#endif
}
/* Of tables, which hold no more than doubles. */
#define NT_ANGLE_EPS(x) _Generic((x), float : 0x1p-23f, default : 0x1p-52)

/* Of |D|, or of D and the rounding of its z in the mean form (else 0): z.
 * - D is not negative but for rounding, and its absolute value as good as 0 then (and cheaper).
 * - Opposite samples have z = 2 up to rounding, and sqrt(a) would make 1e-8 of 1e-16.
 * - Without variance it is 0, though theta is pi/2, as atan2(0, 0) is in the reference: formulas
 *   look at p. */
#define NT_ANGLE_Z(distance, rounding)                                                             \
  const real below = (rounding), u = (distance)*A(1) * B(1);                                       \
  const real opposite = 2 - (below + 16 * NT_ANGLE_EPS(u));                                        \
  const real most = u > opposite ? two : u, z = u < below ? zero : most;

/* In the mean form D is what (s1 - s2)^2 / 2 leaves of k. Samples that differ in size alone leave
 * rounding, below 12 |s1 - s2| max(s1, s2) eps: that of the square goes with |s1 - s2|, since s1
 * and s2 are rounded. Opposite ones leave as much beside 2 s1 s2. That over s1 s2 is the rounding of
 * z; tables hold halves of s1 and s2. */
#define NT_ANGLE_ROUNDING (fabs(A(0) - B(0)) * (24 * NT_ANGLE_EPS(A(0))) * NT_MAX(A(1), B(1)))

#define NT_ANGLE_A NT_MIN(z, 2 - z)

/* 2 - a: z itself where a = 2 - z, which is exact for z >= 1. */
#define NT_ANGLE_REST NT_MAX(z, 2 - z)

/* Of z, a, s = sqrt(a) and r = sqrt(2 - a), which float does not need: w = cos theta, P, and
 * far = 1 - s P, gap = 1 - s H. */
#define NT_ANGLE_P                                                                                 \
  const real w = 1 - z;                                                                            \
  real P, far, gap;                                                                                \
  _Generic(z, float                                                                                \
           : nt_angle_arc_f32, default                                                             \
           : nt_angle_arc_f64, long double                                                         \
           : nt_angle_arc_wide)(a, s, r, &P, &far, &gap);

/* How many vectors of lanes the roots are ahead of all else, and what is kept of them. */
enum { NT_ANGLE_AHEAD = 3 };
enum {
  NT_ANGLE_KEPT_Z,
  NT_ANGLE_KEPT_A,
  NT_ANGLE_KEPT_S,
  NT_ANGLE_KEPT_R,
  NT_ANGLE_KEPT_SQUARE,
  NT_ANGLE_KEPT
};

/** NT_MAP_FUNCTIONS_D of a layer whose formula is one of p = s1 s2 / 4, z, a, s = sqrt(a), w, P,
 * far and gap. Roots take as long as all other operations, in a unit of their own, and nothing can
 * begin without them: those of later lanes are computed beside the rest of earlier ones. */
#define NT_ANGLE_FUNCTIONS(cfg_type, ...)                                                          \
  NT_ANGLE_BODY(body_f64, double, cfg_type, __VA_ARGS__)                                           \
  NT_ANGLE_BODY(body_f32, float, cfg_type, __VA_ARGS__)                                            \
  NT_ANGLE_BODY(body_wide, long double, cfg_type, __VA_ARGS__)                                     \
  NT_MAP_ALL_FORMS

/* z, a, s and r = ROOT(a, 2 - a) of lanes from `ahead` on. */
#define NT_ANGLE_AHEAD_LOOP(ROOT)                                                                  \
  NT_VECTOR_LOOP                                                                                   \
  for (int j = 0; j < NT_LANES; j++) {                                                             \
    const int64_t i = ahead + j;                                                                   \
    const real square = NT_MAP_SQUARE, raw = NT_MAP_RAW;                                           \
    NT_ANGLE_Z(form >= NT_FORM_MEAN_K ? raw : fabs(raw),                                           \
               form >= NT_FORM_MEAN_K ? NT_ANGLE_ROUNDING : 0)                                     \
    const real a = NT_ANGLE_A, rest = NT_ANGLE_REST;                                               \
    (void)rest;                                                                                    \
    keep[NT_ANGLE_KEPT_Z][j] = z;                                                                  \
    keep[NT_ANGLE_KEPT_A][j] = a;                                                                  \
    keep[NT_ANGLE_KEPT_S][j] = sqrt(a);                                                            \
    if (with_r) keep[NT_ANGLE_KEPT_R][j] = (real)ROOT(a, rest);                                    \
    if (form == NT_FORM_MEAN_D) keep[NT_ANGLE_KEPT_SQUARE][j] = square;                            \
  }
#define NT_ANGLE_ROOT(a, rest) sqrt(rest)
#define NT_ANGLE_PRODUCTS(a, rest) nt_angle_root_f64((double)(a), (double)(rest))

/* T of a layer that starts, K = 4 p w. */
#define NT_ANGLE_FIRST_T NT_FMA(4 * share, p * w, shift)

/* The rest of the lanes from `first` on, with T before the layer. */
#define NT_ANGLE_REST_LOOP(T_IN, ...)                                                              \
  NT_VECTOR_LOOP                                                                                   \
  for (int j = 0; j < NT_LANES; j++) {                                                             \
    const int64_t i = first + j;                                                                   \
    const real p = A(0) * B(0), z = kept[NT_ANGLE_KEPT_Z][j], a = kept[NT_ANGLE_KEPT_A][j];        \
    const real s = kept[NT_ANGLE_KEPT_S][j], r = with_r ? kept[NT_ANGLE_KEPT_R][j] : 0;            \
    const real square = form == NT_FORM_MEAN_D ? kept[NT_ANGLE_KEPT_SQUARE][j] : 0;                \
    (void)square;                                                                                  \
    NT_ANGLE_P                                                                                     \
    const real T = with_t ? (T_IN) : 0;                                                            \
    (void)T;                                                                                       \
    NT_MAP_RESULTS(__VA_ARGS__)                                                                    \
  }

#define NT_ANGLE_BODY(name, type, cfg_type, ...)                                                   \
  static inline __attribute__((always_inline)) void name(NT_MAP_ARGUMENTS)                         \
  {                                                                                                \
    NT_MAP_LOCALS(type, cfg_type)                                                                  \
    const bool with_r = sizeof(real) > sizeof(float);                                              \
    const bool slow = sizeof(real) == sizeof(double) && nt_angle_roots_are_slow();                 \
    const bool starts = form >= NT_FORM_MEAN_K && with_t && t_in == NULL;                          \
    const real share = (real)lanes->share, shift = (real)lanes->shift;                             \
    _Alignas(64) real ring[NT_ANGLE_AHEAD + 1][NT_ANGLE_KEPT][NT_LANES];                           \
    for (int64_t first = -NT_ANGLE_AHEAD * NT_LANES; first < n; first += NT_LANES) {               \
      const int64_t ahead = first + NT_ANGLE_AHEAD * NT_LANES;                                     \
      real(*const keep)[NT_LANES] = ring[ahead / NT_LANES % (NT_ANGLE_AHEAD + 1)];                 \
      if (ahead < n && slow)                                                                       \
        NT_ANGLE_AHEAD_LOOP(NT_ANGLE_PRODUCTS)                                                     \
      else if (ahead < n)                                                                          \
        NT_ANGLE_AHEAD_LOOP(NT_ANGLE_ROOT)                                                         \
      if (first < 0) continue;                                                                     \
      real(*const kept)[NT_LANES] = ring[first / NT_LANES % (NT_ANGLE_AHEAD + 1)];                 \
      if (starts)                                                                                  \
        NT_ANGLE_REST_LOOP(NT_ANGLE_FIRST_T, __VA_ARGS__)                                          \
      else                                                                                         \
        NT_ANGLE_REST_LOOP(t_in[i], __VA_ARGS__)                                                   \
    }                                                                                              \
  }

#endif
