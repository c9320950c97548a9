/** The angle between two Gaussians, in the formulas of ABRelu's family and Sign.
 *
 * With s = sqrt(q), D = s1 s2 - q12 and cos theta = q12 / (s1 s2),
 *
 *     z = 1 - cos theta = D / (s1 s2)
 *
 * keeps the digits that 1 - q12 / (s1 s2) loses near theta = 0, and with a = 1 - |cos theta| the
 * arc-cosine kernels (Cho and Saul 2009, arXiv:1112.3712) need one square root and two polynomials:
 *
 *     theta = sqrt(a) P(a),   sin theta - theta cos theta = a sqrt(a) H(a),   0 <= theta <= pi/2.
 */
#ifndef NT_LAYER_ANGLE_H
#define NT_LAYER_ANGLE_H

#include "layer/angle_poly.h"
#include "layer/map.h"

/** Tables of an argument: s/2, and 1/s (0 for no variance). */
enum { NT_ANGLE_TABLES = 2 };

/** nt_layer_ops.tables of the family. Parallel: Local. */
void nt_angle_tables(const void *cfg, int64_t n, const double *q, double *const *table);

#define NT_ANGLE_EPS(x) _Generic((x), float : 0x1p-23f, default : 0x1p-52)

/* In a formula of a layer that takes D: defines p = s1 s2 / 4, z, w = cos theta, a and s = sqrt(a).
 * - No variance: theta = pi/2, as atan2(0, 0) is in the reference.
 * - Opposite samples have z = 2 up to rounding, and sqrt(a) would make 1e-8 of 1e-16. */
#define NT_ANGLE                                                                                   \
  const real eps = NT_ANGLE_EPS(k), p = A(0) * B(0), ur = NT_MAX(k, zero) * A(1) * B(1);           \
  const real z = p > 0 ? ur : one, w = 1 - z, z_far = 2 - z;                                       \
  const real far = z_far < 16 * eps ? zero : z_far, a = NT_MIN(z, far), s = sqrt(a);

#endif
