/** Of the arc-cosine kernels, a = s^2 = 1 - |cos theta| in [0, 1], r = sqrt(2 - a) and the angle
 * t = acos(1 - a):
 *
 *     P = 2/pi t / s = 2/pi r + a Q(r - 1.25),   far = 1 - s P = 1 - 2/pi t
 *     H = 2/pi (sin t - t cos t) / s^3 = P - Q,   gap = 1 - s H
 *
 * as functions `name` of numbers or vectors of them, `real`. Written by scripts/relu_coefficients.py. */
#ifndef NT_LAYER_ANGLE_POLY_H
#define NT_LAYER_ANGLE_POLY_H

/* Q of degree 11, relative error of P 2.6e-17; in long double too, where errors that are the same for
 * samples that are nearly alike cancel. */
#define NT_ANGLE_ARC(INLINE, name, real)                                                           \
  INLINE void name(real a, real s, real r, real *P, real *far, real *gap)                          \
  {                                                                                                \
    const real x = r - 1.25, square = x * x;                                                       \
    real even = 0.000042186483679290127252 * square + 0.00027412437708263672931;                   \
    even = even * square + 0.0017438812314866372062;                                               \
    even = even * square + 0.010758393520387079187;                                                \
    even = even * square + 0.062808962801946372372;                                                \
    even = even * square + 0.32249661457242022082;                                                 \
    real odd = -0.000020597653468937189748 * square - 0.00010752678698152828396;                   \
    odd = odd * square - 0.00069344751662404365156;                                                \
    odd = odd * square - 0.0043526807780223020602;                                                 \
    odd = odd * square - 0.026241566699650893683;                                                  \
    odd = odd * square - 0.14600512020248356249;                                                   \
    const real Q = odd * x + even;                                                                 \
    *P = a * Q + 0.63661977236758134308 * r;                                                       \
    *far = 1 - s * *P;                                                                             \
    *gap = s * Q + *far;                                                                           \
  }

/* P and H of degrees 6 and 5, relative errors 1.2e-7 and 1.4e-7. */
#define NT_ANGLE_ARC_F32(INLINE, name, real)                                                       \
  INLINE void name(real a, real s, real r, real *P, real *far, real *gap)                          \
  {                                                                                                \
    (void)r;                                                                                       \
    real p = 0.001405437457f * a - 0.001506411615f;                                                \
    p = p * a + 0.003383179256f;                                                                   \
    p = p * a + 0.004390594203f;                                                                   \
    p = p * a + 0.01699138662f;                                                                    \
    p = p * a + 0.07501929763f;                                                                    \
    p = p * a + 0.9003163885f;                                                                     \
    real h = 0.0003311710046f * a - 2.022498398e-5f;                                               \
    h = h * a + 0.001307428163f;                                                                   \
    h = h * a + 0.004775769645f;                                                                   \
    h = h * a + 0.03001471507f;                                                                    \
    h = h * a + 0.6002108192f;                                                                     \
    *P = p;                                                                                        \
    *far = 1 - s * p;                                                                              \
    *gap = 1 - s * h;                                                                              \
  }

/* sqrt(x), x = 2 - a: degree 5 and a correction, relative error 1.4e-19. */
#define NT_ANGLE_REST_ROOT(INLINE, name, real)                                                     \
  INLINE real name(real a, real x)                                                                 \
  {                                                                                                \
    real y = 0.030677185381305158642 * a - 0.025793978918455298307;                                \
    y = y * a + 0.050088357748914805767;                                                           \
    y = y * a + 0.060636998919138498285;                                                           \
    y = y * a + 0.17727832909850479745;                                                            \
    y = y * a + 0.70709976807790762376;                                                            \
    const real g = x * y, e = 1 - g * y, rest = x - g * g;                                         \
    return g + rest * y * ((0.3125 * e + 0.375) * e + 0.5);                                        \
  }

#endif
