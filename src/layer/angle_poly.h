/** The polynomial Q of the arc-cosine kernels, a = 1 - |cos theta| in [0, 1]:
 *
 *     2/pi acos(1 - a) / sqrt(a) = 2/pi r + a Q(r - NT_ANGLE_CENTER),   r = sqrt(2 - a)
 *
 * Written by scripts/relu_coefficients.py. */
#ifndef NT_LAYER_ANGLE_POLY_H
#define NT_LAYER_ANGLE_POLY_H

#define NT_ANGLE_CENTER 1.25

/* Degree 11, relative error of P 2.7e-17. */
static inline double nt_angle_poly_f64(double x)
{
  const double square = x * x;
  double even = 0.000042186483679290127252;
  even = even * square + 0.00027412437708263672931;
  even = even * square + 0.0017438812314866372062;
  even = even * square + 0.010758393520387079187;
  even = even * square + 0.062808962801946372372;
  even = even * square + 0.32249661457242022082;
  double odd = -0.000020597653468937189748;
  odd = odd * square - 0.00010752678698152828396;
  odd = odd * square - 0.00069344751662404365156;
  odd = odd * square - 0.0043526807780223020602;
  odd = odd * square - 0.026241566699650893683;
  odd = odd * square - 0.14600512020248356249;
  return odd * x + even;
}

/* Degree 4, relative error of P 1.2e-7. */
static inline float nt_angle_poly_f32(float x)
{
  float sum = 0.01184820562f;
  sum = sum * x - 0.02639828648f;
  sum = sum * x + 0.06277915062f;
  sum = sum * x - 0.1460037425f;
  sum = sum * x + 0.3224967131f;
  return sum;
}

/* sqrt(x), x = 2 - a: degree 5 and a correction, relative error 1.4e-19. */
static inline double nt_angle_root_f64(double a, double x)
{
  double y = 0.030677185381305158642;
  y = y * a - 0.025793978918455298307;
  y = y * a + 0.050088357748914805767;
  y = y * a + 0.060636998919138498285;
  y = y * a + 0.17727832909850479745;
  y = y * a + 0.70709976807790762376;
  const double g = x * y, e = 1 - g * y, rest = x - g * g;
  return g + rest * y * ((0.3125 * e + 0.375) * e + 0.5);
}

#endif
