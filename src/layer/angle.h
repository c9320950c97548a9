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

/* P, and H. In double a second root, r = sqrt(2 - a), is cheaper than the degrees it saves: P is smooth
 * in it, and sin theta = sqrt(a) r leaves no polynomial for H. The price is the difference, H ~ a with
 * the rounding of 1: D' is right to eps sqrt(D'), which is a rounding of the next layer's theta. */
static inline double nt_angle_f64(double a, double *h)
{
  const double r = sqrt(2 - a), p = nt_angle_poly_r_f64(r - NT_ANGLE_CENTER);
  *h = fma(a - 1, p, 2 / NT_PI * r);
  return p;
}

/* In float the polynomials are short. */
static inline float nt_angle_f32(float a, float *h)
{
  *h = a * nt_angle_poly_h_f32(a);
  return nt_angle_poly_p_f32(a);
}

#define nt_angle(a, h) _Generic((a), float : nt_angle_f32, default : nt_angle_f64)(a, h)

#define NT_ANGLE_EPS(x) _Generic((x), float : 0x1p-23f, default : 0x1p-52)

/* In a formula of a layer that takes D: defines p = s1 s2 / 4, z, w = cos theta, a and s = sqrt(a).
 * - D is not negative but for rounding, and its absolute value as good as 0 then (and cheaper).
 * - No variance: theta = pi/2, as atan2(0, 0) is in the reference.
 * - Opposite samples have z = 2 up to rounding, and sqrt(a) would make 1e-8 of 1e-16. */
#define NT_ANGLE                                                                                   \
  NT_ANGLE_Z                                                                                       \
  NT_ANGLE_OF_Z

/* The two halves, for a loop that puts z into memory between them. */
#define NT_ANGLE_Z                                                                                 \
  const real eps = NT_ANGLE_EPS(k), p = A(0) * B(0), ur = fabs(k) * A(1) * B(1);                   \
  const real u = p > 0 ? ur : one, z = u > 2 - 16 * eps ? two : u;
#define NT_ANGLE_OF_Z const real w = 1 - z, a = NT_MIN(z, 2 - z), s = sqrt(a);

#endif
