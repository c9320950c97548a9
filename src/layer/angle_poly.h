/** Polynomials of the arc-cosine kernels, a = 1 - |cos theta| in [0, 1]:
 *
 *     nt_angle_poly_r_f64, nt_angle_poly_p_f32   2/pi acos(1 - a) / sqrt(a)
 *     nt_angle_poly_h_f32                        2/pi (sqrt(1 - c^2) - c acos c) / a^1.5, c = 1 - a
 *
 * the first of v = sqrt(2 - a) - NT_ANGLE_CENTER, the others of a.
 *
 * Written by scripts/relu_coefficients.py. */
#ifndef NT_LAYER_ANGLE_POLY_H
#define NT_LAYER_ANGLE_POLY_H

#define NT_ANGLE_CENTER 1.25

/* Degree 11, relative error 7.4e-18. */
static inline double nt_angle_poly_r_f64(double x)
{
  const double square = x * x;
  double even = 0.000013919068737887223525;
  even = even * square + 0.00010964223471736208436;
  even = even * square + 0.00088625684725658284903;
  even = even * square + 0.0075017511095340332931;
  even = even * square + 0.069995107159647905018;
  even = even * square + 0.93686698433491052229;
  double odd = -6.1353182095034392599e-6;
  odd = odd * square - 0.000038898335999815085009;
  odd = odd * square - 0.00031040623834486508252;
  odd = odd * square - 0.0025587149350563100296;
  odd = odd * square - 0.022497972233480370014;
  odd = odd * square - 0.23349900415205585613;
  return odd * x + even;
}

/* Degree 7, relative error 1.8e-8. */
static inline float nt_angle_poly_p_f32(float x)
{
  float sum = 0.0007714162232f;
  sum = sum * x - 0.001267282668f;
  sum = sum * x + 0.002125302278f;
  sum = sum * x + 0.0009414714040f;
  sum = sum * x + 0.005230933395f;
  sum = sum * x + 0.01685417902f;
  sum = sum * x + 0.07502765616f;
  sum = sum * x + 0.9003163060f;
  return sum;
}

/* Degree 6, relative error 1.7e-8. */
static inline float nt_angle_poly_h_f32(float x)
{
  float sum = 0.0001492691080f;
  sum = sum * x - 0.0001121726299f;
  sum = sum * x + 0.0004725386497f;
  sum = sum * x + 0.001055696832f;
  sum = sum * x + 0.004833673934f;
  sum = sum * x + 0.03000987073f;
  sum = sum * x + 0.6002108843f;
  return sum;
}

#endif
