/** NT_DIFFERENCES: the loops of a smooth elementwise layer on D, for `nt_layer_ops.difference`.
 *
 * Near D = 0 the difference form of F is the mean of two numbers that are of the order of sqrt(D),
 *
 *     M' = (F11 + F22) / 2 - F12 = ((F11 - F12) + (F22 - F12)) / 2,   F11 = F(q11, q11, q11)
 *
 * and what follows takes the root of it, so it is enough that either of them is right to its own
 * last digits: a formula that has the small differences of its arguments as factors.
 *
 *     NT_DIFFERENCES(nt_exp, {
 *       NT_PAIR(A(0), B(0), 1)
 *       ...
 *       F = ...;
 *       Fdot = ...;
 *       NT_EACH_SIDE
 *       {
 *         NT_SIDE
 *         own[side] = ...;
 *         less[side] = ...;
 *       }
 *     })
 *
 * NT_PAIR(q1, q2, scale) takes the variances, times `scale`, and defines with that factor x = q11,
 * y = q22, p = sqrt(x y), k = q12, M = (x + y) / 2 - k, G = p - k and minor = x y - k^2. NT_SIDE
 * defines u = x, v = y and then u = y, v = x, with e = u - v and f = u - k; own = F(u, u, u),
 * less = own - F. Far from D = 0 `less` is not read. */
#ifndef NT_LAYER_DIFFERENCE_H
#define NT_LAYER_DIFFERENCE_H

#include "layer/map.h"

/* (sqrt(q1) - sqrt(q2))^2 / 2 times `scale` turns one form of D into the other. */
#define NT_PAIR(q1, q2, scale)                                                                     \
  const real x = (q1);                                                                             \
  const real y = (q2), p = sqrt(x * y), gap = (x - y) / (sqrt(x) + sqrt(y) + tiny);                \
  const real apart = gap * gap / 2, d = (scale)*k_in[i];                                           \
  const real M = NT_MAX(mean ? d : d + apart, zero), G = mean ? NT_ABOVE(d - apart, d) : d;        \
  const real k = (x + y) / 2 - M, minor = G * (p + k);                                             \
  near = 8 * M < x + y;                                                                            \
  (void)minor, (void)k;

/* The same of both arguments of NT_SCALED_K, by the square g of one power of two for both. */
#define NT_SCALED_PAIR                                                                             \
  const real g1 = NT_FACTOR(A(1)), root_g = NT_MIN(g1, NT_FACTOR(B(1))), g = root_g * root_g;      \
  NT_PAIR(g *A(0), g *B(0), g)

#define NT_EACH_SIDE for (int side = 0; side < 2; side++)
#define NT_SIDE                                                                                    \
  const real u = side == 0 ? x : y, v = side == 0 ? y : x, e = u - v, f = M + e / 2;               \
  (void)e, (void)f;

/* As NT_MAP_BODY; `form` is that of a D. */
#define NT_DIFFERENCE_BODY(name, type, cfg_type, ...)                                              \
  static inline __attribute__((always_inline)) void name(NT_MAP_ARGUMENTS)                         \
  {                                                                                                \
    NT_MAP_LOCALS(type, cfg_type)                                                                  \
    const bool mean = form == NT_FORM_MEAN_D;                                                      \
    const real tiny = (real)1e-30;                                                                 \
    (void)kf, (void)k0, (void)one, (void)two;                                                      \
    NT_VECTOR_LOOP                                                                                 \
    for (int64_t i = 0; i < n; i++) {                                                              \
      real F, Fdot, own[2], less[2];                                                               \
      bool near;                                                                                   \
      __VA_ARGS__                                                                                  \
      const real L = near ? less[0] : own[0] - F, R = near ? less[1] : own[1] - F;                 \
      const real all = (L + R) / 2, s = (L - R) / (sqrt(own[0]) + sqrt(own[1]) + tiny);            \
      const real D = mean ? all : NT_ABOVE(all - s * s / 2, all);                                  \
      if (with_t) t_out[i] = tf * F + (t_in[i] * (tt * Fdot) + t0);                                \
      k_out[i] = form == NT_FORM_BIAS ? fma(kd, D, NT_BIAS) : kd * D;                              \
    }                                                                                              \
  }

#define NT_DIFFERENCE_FORMS(name, plain, bias, between, body)                                      \
  NT_MAP_CLONE(plain, body, NT_FORM_D)                                                             \
  NT_MAP_CLONE(bias, body, NT_FORM_BIAS)                                                           \
  NT_MAP_CLONE(between, body, NT_FORM_MEAN_D)                                                      \
  static void name(const void *cfg, const nt_lanes *lanes, const nt_post *post)                    \
  {                                                                                                \
    if (lanes->mean)                                                                               \
      between(cfg, lanes, post);                                                                   \
    else if (lanes->bias1 != NULL)                                                                 \
      bias(cfg, lanes, post);                                                                      \
    else                                                                                           \
      plain(cfg, lanes, post);                                                                     \
  }

#define NT_DIFFERENCES(cfg_type, ...)                                                              \
  NT_DIFFERENCE_BODY(difference_body_f64, double, cfg_type, __VA_ARGS__)                           \
  NT_DIFFERENCE_BODY(difference_body_f32, float, cfg_type, __VA_ARGS__)                            \
  NT_DIFFERENCE_FORMS(difference_f64, plain_f64, bias_f64, between_f64, difference_body_f64)       \
  NT_DIFFERENCE_FORMS(difference_f32, plain_f32, bias_f32, between_f32, difference_body_f32)

#endif
