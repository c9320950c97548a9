/** The angle between two Gaussians, in the formulas of ABRelu's family and Sign.
 *
 * With s = sqrt(q), D = s1 s2 - q12 and cos theta = q12 / (s1 s2),
 *
 *     z = 1 - cos theta = D / (s1 s2)
 *
 * keeps the digits that 1 - q12 / (s1 s2) loses near theta = 0. With a = 1 - |cos theta|, and theta
 * the angle to the nearer of both ends, the arc-cosine kernels (Cho and Saul 2009, arXiv:1112.3712) need
 *
 *     2/pi theta = sqrt(a) P,   2/pi (sin theta - theta cos theta) = sqrt(a) H,   0 <= theta <= pi/2.
 */
#ifndef NT_LAYER_ANGLE_H
#define NT_LAYER_ANGLE_H

#include "layer/angle_poly.h"
#include "layer/map.h"

/** Tables of an argument: s/2, and 1/s (0 for no variance). */
enum { NT_ANGLE_TABLES = 2 };

/** nt_layer_ops.tables of the family. Parallel: Local. */
void nt_angle_tables(const void *cfg, int64_t n, const double *q, double *const *table);

#define nt_angle_poly(v) _Generic((v), float : nt_angle_poly_f32, default : nt_angle_poly_f64)(v)
#define NT_ANGLE_EPS(x) _Generic((x), float : 0x1p-23f, default : 0x1p-52)

/* In a formula of a layer that takes D: z.
 * - D is not negative but for rounding, and its absolute value as good as 0 then (and cheaper).
 * - No variance: theta = pi/2, as atan2(0, 0) is in the reference.
 * - Opposite samples have z = 2 up to rounding, and sqrt(a) would make 1e-8 of 1e-16. */
#define NT_ANGLE_Z                                                                                 \
  const real eps = NT_ANGLE_EPS(k), ur = fabs(k) * A(1) * B(1);                                    \
  const real u = A(0) * B(0) > 0 ? ur : one, z = u > 2 - 16 * eps ? two : u;

/* Of z: s = sqrt(a) and r = sqrt(2 - a). */
#define NT_ANGLE_S sqrt(NT_MIN(z, 2 - z))
#define NT_ANGLE_R sqrt(NT_MAX(z, 2 - z))

/* Of z and r: w = cos theta, a, Q, and P. With the second root few degrees do, and sin theta = s r leaves
 * no polynomial for H = (2/pi r - P) + a P = a (P - Q), where nothing cancels. */
#define NT_ANGLE_P                                                                                 \
  const real w = 1 - z, a = NT_MIN(z, 2 - z), Q = nt_angle_poly(r - (real)NT_ANGLE_CENTER);        \
  const real P = fma(a, Q, (real)(2 / NT_PI) * r);

/* How many vectors of lanes the roots are ahead of all else, and what is kept of them. */
enum { NT_ANGLE_AHEAD = 3, NT_ANGLE_KEPT = 3 };

/** NT_MAP_FUNCTIONS_D of a layer whose formula is one of p = s1 s2 / 4, z, s, r, w, a, Q and P. Roots take as
 * long as all other operations, in a unit of their own, and nothing can begin without them: those of
 * later lanes are computed beside the rest of earlier ones. */
#define NT_ANGLE_FUNCTIONS(cfg_type, ...)                                                          \
  NT_ANGLE_BODY(body_f64, double, cfg_type, __VA_ARGS__)                                           \
  NT_ANGLE_BODY(body_f32, float, cfg_type, __VA_ARGS__)                                            \
  NT_MAP_ALL_FORMS

#define NT_ANGLE_BODY(name, type, cfg_type, ...)                                                   \
  static inline __attribute__((always_inline)) void name(NT_MAP_ARGUMENTS)                         \
  {                                                                                                \
    NT_MAP_LOCALS(type, cfg_type)                                                                  \
    _Alignas(64) real ring[NT_ANGLE_AHEAD + 1][NT_ANGLE_KEPT][NT_LANES];                           \
    for (int64_t first = -NT_ANGLE_AHEAD * NT_LANES; first < n; first += NT_LANES) {               \
      const int64_t ahead = first + NT_ANGLE_AHEAD * NT_LANES;                                     \
      if (ahead < n) {                                                                             \
        real(*const keep)[NT_LANES] = ring[ahead / NT_LANES % (NT_ANGLE_AHEAD + 1)];               \
        NT_VECTOR_LOOP                                                                             \
        for (int j = 0; j < NT_LANES; j++) {                                                       \
          const int64_t i = ahead + j;                                                             \
          NT_MAP_K                                                                                 \
          NT_ANGLE_Z                                                                               \
          keep[0][j] = z;                                                                          \
          keep[1][j] = NT_ANGLE_S;                                                                 \
          keep[2][j] = NT_ANGLE_R;                                                                 \
        }                                                                                          \
      }                                                                                            \
      if (first < 0) continue;                                                                     \
      real(*const kept)[NT_LANES] = ring[first / NT_LANES % (NT_ANGLE_AHEAD + 1)];                 \
      NT_VECTOR_LOOP                                                                               \
      for (int j = 0; j < NT_LANES; j++) {                                                         \
        const int64_t i = first + j;                                                               \
        const real p = A(0) * B(0), z = kept[0][j], s = kept[1][j], r = kept[2][j];                \
        NT_ANGLE_P                                                                                 \
        NT_MAP_RESULTS(__VA_ARGS__)                                                                \
      }                                                                                            \
    }                                                                                              \
  }

#endif
