/** NT_MAP_FUNCTIONS: the loops of an elementwise layer, from its formula for one pair.
 *
 *     NT_MAP_FUNCTIONS(nt_rbf, {
 *       const real e = EXP(...k...A(0)...B(0));
 *       F = e;
 *       Fdot = (real)(2 * c->gamma) * e;
 *     })
 *
 * defines map_f64 and map_f32 for `nt_layer_ops.map`. In the formula: `real` is double or float,
 * `c` the cfg, `k` the covariance (D for a layer that takes_d), A(r) and B(r) table r of the first
 * and of the second argument. It sets F, Fdot, and D (the difference form of F) if it takes_d.
 * No branches and no calls but the functions below: the compiler makes vector code of it, in clones
 * for several instruction sets, chosen at run time. */
#ifndef NT_LAYER_MAP_H
#define NT_LAYER_MAP_H

#include "base/clones.h"
#include "nt/plugin.h"

#define NT_MAP_BODY(name, type, cfg_type, ...)                                                     \
  static inline __attribute__((always_inline)) void name(const void *cfg, const nt_lanes *lanes,   \
                                                         const nt_post *post, const int step2,     \
                                                         const int with_t)                         \
  {                                                                                                \
    typedef type real;                                                                             \
    const cfg_type *const c = cfg;                                                                 \
    (void)c;                                                                                       \
    const int64_t n = lanes->n & ~(int64_t)(NT_LANES - 1), ld1 = lanes->ld1, ld2 = lanes->ld2;     \
    (void)ld1, (void)ld2;                                                                          \
    const real *const table1 = lanes->table1, *const table2 = lanes->table2;                       \
    const real *const k_in = lanes->k, *const t_in = lanes->t;                                     \
    real *const k_out = lanes->k_out, *const t_out = lanes->t_out;                                 \
    const real kf = (real)post->kf, kd = (real)post->kd, k0 = (real)post->k0;                      \
    const real tf = (real)post->tf, tt = (real)post->tt, t0 = (real)post->t0;                      \
    NT_VECTOR_LOOP                                                                                 \
    for (int64_t i = 0; i < n; i++) {                                                              \
      const real k = k_in[i];                                                                      \
      real F, Fdot, D = 0;                                                                         \
      __VA_ARGS__                                                                                  \
      if (with_t) t_out[i] = tf * F + (tt * (t_in[i] * Fdot) + t0);                                \
      k_out[i] = kf * F + (kd * D + k0);                                                           \
    }                                                                                              \
  }

#define A(r) table1[(r)*ld1 + i]
#define B(r) table2[(r)*ld2 + step2 * i]

#define NT_MAP_CLONE(name, body)                                                                   \
  NT_CLONES static void name(const void *cfg, const nt_lanes *lanes, const nt_post *post)          \
  {                                                                                                \
    if (lanes->one2 && lanes->t_out)                                                               \
      body(cfg, lanes, post, 0, 1);                                                                \
    else if (lanes->one2)                                                                          \
      body(cfg, lanes, post, 0, 0);                                                                \
    else if (lanes->t_out)                                                                         \
      body(cfg, lanes, post, 1, 1);                                                                \
    else                                                                                           \
      body(cfg, lanes, post, 1, 0);                                                                \
  }

#define NT_MAP_FUNCTIONS(cfg_type, ...)                                                            \
  NT_MAP_BODY(body_f64, double, cfg_type, __VA_ARGS__)                                             \
  NT_MAP_BODY(body_f32, float, cfg_type, __VA_ARGS__)                                              \
  NT_MAP_CLONE(map_f64, body_f64)                                                                  \
  NT_MAP_CLONE(map_f32, body_f32)

#endif
