/** NT_DIFFERENCES: the loops of a smooth elementwise layer on K, for `nt_layer_ops.map`, and on D,
 * for `nt_layer_ops.difference`, by one formula.
 *
 * Near D = 0 the difference form of F is the mean of two numbers that are of the order of sqrt(D),
 *
 *     M' = (F11 + F22) / 2 - F12 = ((F11 - F12) + (F22 - F12)) / 2,   F11 = F(q11, q11, q11)
 *
 * and what follows takes the root of it, so it is enough that either of them is right to its own
 * last digits: a formula that has the small differences of its arguments as factors.
 *
 * F itself may change within the rounding of K, where variances are wide: of samples that are
 * parallel to it (duplicates, opposites) these factors are 0.
 *
 *     NT_DIFFERENCES(nt_exp, {
 *       NT_PAIR(A(0), B(0), A(1), B(1), 1)
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
 * NT_PAIR(q1, q2, s1, s2, scale) takes the variances, times `scale`, and their roots. It defines
 * with that factor x = q11, y = q22, p = sqrt(x y), k = q12, M = (x + y) / 2 - k,
 * N = (x + y) / 2 + k, G = p - k and minor = x y - k^2. NT_SIDE defines u = x, v = y and then
 * u = y, v = x, with e = u - v and f = u - k; own = F(u, u, u), less = own - F. Far from D = 0
 * `less` is not read, and neither is anything of the sides where K' is made. */
#ifndef NT_LAYER_DIFFERENCE_H
#define NT_LAYER_DIFFERENCE_H

#include "layer/map.h"

/** Tables of a layer whose formula multiplies variances: beyond the root of what the arithmetic
 * can hold these are scaled, by powers of two, so that nothing is rounded. Of an argument: q, the
 * factor of its root, and sqrt(q). */
enum { NT_SCALED_TABLES = 3 };
/** nt_layer_ops.tables of such a layer. Parallel: Local. */
void nt_scaled_tables(const void *cfg, int64_t n, const double *q, double *const *table);

#define NT_PAIR(q1, q2, s1, s2, scale)                                                             \
  const real x = (q1), y = (q2), p = (s1) * (s2), gap = (s1) - (s2), apart = gap * gap / 2;        \
  const real in = (scale)*k_in[i], mid = (x + y) / 2;                                              \
  const real G = of_k ? NT_ABOVE(p - in, p) : mean ? NT_ABOVE(in - apart, in) : in;                \
  const real plus = NT_ABOVE(of_k ? p + in : 2 * p - G, p), minor = G * plus;                      \
  const real M = of_k ? NT_ABOVE(mid - in, mid) : mean ? NT_MAX(in, zero) : in + apart;            \
  const real k = of_k ? in : p - G, N = of_k ? NT_ABOVE(mid + in, mid) : apart + plus;             \
  near = 8 * M < x + y;                                                                            \
  (void)minor, (void)k, (void)N;

/* Cells without a sample have tables of zeros. */
#define NT_FACTOR(x) ((x) > 0 ? (x) : one)

/* The pair of arguments of nt_scaled_tables: g is the scale, the square of the smaller factor. */
#define NT_SCALED_PAIR                                                                             \
  const real root_g = NT_MIN(NT_FACTOR(A(1)), NT_FACTOR(B(1))), g = root_g * root_g;               \
  NT_PAIR(g *A(0), g *B(0), root_g *A(2), root_g *B(2), g)

#define NT_EACH_SIDE for (int side = 0; side < 2; side++)
#define NT_SIDE                                                                                    \
  const real u = side == 0 ? x : y, v = side == 0 ? y : x, e = u - v, f = M + e / 2;               \
  (void)e, (void)f;

/* As NT_MAP_BODY. */
#define NT_DIFFERENCE_BODY(name, type, cfg_type, ...)                                              \
  static inline __attribute__((always_inline)) void name(NT_MAP_ARGUMENTS)                         \
  {                                                                                                \
    NT_MAP_LOCALS(type, cfg_type)                                                                  \
    const bool of_k = form == NT_FORM_K, mean = form == NT_FORM_MEAN_D;                            \
    const real tiny = (real)1e-30;                                                                 \
    NT_VECTOR_LOOP                                                                                 \
    for (int64_t i = 0; i < n; i++) {                                                              \
      const real T = with_t ? t_in[i] : 0;                                                         \
      real own[2], less[2];                                                                        \
      bool near;                                                                                   \
      NT_MAP_RESULTS(__VA_ARGS__ NT_DIFFERENCE_FORM)                                               \
    }                                                                                              \
  }

/* Of both sides. */
#define NT_DIFFERENCE_FORM                                                                         \
  const real L = near ? less[0] : own[0] - F, R = near ? less[1] : own[1] - F;                     \
  const real all = (L + R) / 2, root = (L - R) / (sqrt(own[0]) + sqrt(own[1]) + tiny);             \
  D = mean ? all : NT_ABOVE(all - root * root / 2, all);

#define NT_DIFFERENCE_FORMS(CLONE, map, name, form_d, form_bias, mean_d, body)                     \
  CLONE(map, body, NT_FORM_K)                                                                      \
  CLONE(form_d, body, NT_FORM_D)                                                                   \
  CLONE(form_bias, body, NT_FORM_BIAS)                                                             \
  CLONE(mean_d, body, NT_FORM_MEAN_D)                                                              \
  static void name(const void *cfg, const nt_lanes *lanes, const nt_post *post)                    \
  {                                                                                                \
    (lanes->mean ? mean_d : lanes->bias1 != NULL ? form_bias : form_d)(cfg, lanes, post);          \
  }

#define NT_DIFFERENCES(cfg_type, ...)                                                              \
  NT_DIFFERENCE_BODY(body_f64, double, cfg_type, __VA_ARGS__)                                      \
  NT_DIFFERENCE_BODY(body_f32, float, cfg_type, __VA_ARGS__)                                       \
  NT_DIFFERENCE_BODY(body_wide, long double, cfg_type, __VA_ARGS__)                                \
  NT_DIFFERENCE_FORMS(NT_MAP_CLONE, map_f64, difference_f64, form_d_f64, form_bias_f64,            \
                      mean_d_f64, body_f64)                                                        \
  NT_DIFFERENCE_FORMS(NT_MAP_CLONE, map_f32, difference_f32, form_d_f32, form_bias_f32,            \
                      mean_d_f32, body_f32)                                                        \
  NT_DIFFERENCE_FORMS(NT_MAP_WIDE, map_wide, difference_wide, form_d_wide, form_bias_wide,         \
                      mean_d_wide, body_wide)

/** What such layers say of themselves in their table. */
#define NT_DIFFERENCE_MAP                                                                          \
  NT_ELEMENTWISE, .map = NT_MAPS, .difference = {difference_f64, difference_f32, difference_wide}

#endif
