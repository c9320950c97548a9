/** NT_MAP_FUNCTIONS: the loops of an elementwise layer, from its formula for one pair.
 *
 *     NT_MAP_FUNCTIONS(nt_exp, {
 *       const real b2 = (real)(c->b * c->b);
 *       F = (real)(c->a * c->a) * exp(A(0) + B(0) + b2 * k);
 *       Fdot = b2 * F;
 *     })
 *     NT_MAP_SELF(nt_layer_exp)
 *
 * defines map_f64, map_f32 and map_wide for `nt_layer_ops.map`, and self. In the formula: `real` is
 * double, float or long double, `c` the cfg, `k` the covariance (D for a layer that takes_d, which
 * uses NT_MAP_FUNCTIONS_D), A(r) and B(r) table r of the first and of the second argument. It sets
 * F, Fdot, and D (the difference form of F) if it takes_d, with E = (s1' - s2')^2 / 2, what the
 * mean form of D' has more; its table 0 is then s/2, and `square` (s1 - s2)^2 / 4. T is multiplied
 * with factor Fdot, factor = tt; a formula with a product at its end may take it over: Fdot with
 * tt in it, factor = 1. No branches, and no calls but those of math.h: the compiler makes vector
 * code of it, in clones for several instruction sets, chosen at run time. The number of lanes is
 * a multiple of NT_LANES, so that no lane is computed by a scalar remainder: bits do not depend
 * on the place in a buffer. */
#ifndef NT_LAYER_MAP_H
#define NT_LAYER_MAP_H

#include "base/clones.h"
#include "layer/math.h"
#include "nt/plugin.h"

/* Where there are no vector versions of exp and the like, the loops stay plain. */
#if defined(__clang__)
#pragma clang diagnostic ignored "-Wpass-failed"
#endif

/** The cfg_type of a layer without arguments. */
typedef struct nt_no_cfg {
  char nothing;
} nt_no_cfg;

/** The requirement of every elementwise layer: its input may be spatially diagonal. Local. */
nt_requirement nt_map_require(const void *cfg);

/** q_out = F(q, q, q) and dot = Fdot(q, q, q) by the map itself, so that the variance of a sample
 * and its covariance with a duplicate are the same. Parallel: Local. */
void nt_map_self(const nt_layer_ops *ops, const void *cfg, int64_t n, const double *q,
                 double *q_out, double *dot);

/** What the half (of a node with positions) or the root of F(q, q, q) in long double has beyond
 * that of q_out, for a map of K in a plan of that arithmetic: K is then q, or the square of the
 * rounded root, with what q_rest (NULL: nothing) says of the half or root of q. Parallel: Local. */
void nt_map_self_rest(const nt_layer_ops *ops, const void *cfg, bool positions, int64_t n,
                      const double *q, const double *q_rest, const double *q_out, double *rest);

/** What all elementwise layers say of themselves in their table. */
#define NT_ELEMENTWISE                                                                             \
  .action = NT_MAP, .needs_gaussian = true, .remasks = true, .gaussian = NT_NO,                    \
  .require = nt_map_require, .self = self

/** The number of tables of a layer with these arguments. Parallel: Local. */
int nt_map_tables(const nt_layer_ops *ops, const void *cfg);

/** Define `self` of a layer, by nt_map_self. */
#define NT_MAP_SELF(ops)                                                                           \
  extern const nt_layer_ops ops;                                                                   \
  static void self(const void *cfg, int64_t n, const double *q, double *q_out, double *dot)        \
  {                                                                                                \
    nt_map_self(&(ops), cfg, n, q, q_out, dot);                                                    \
  }

/* A constant that the compiler does not know: it would make two paths of `x > 0 ? y : 1`, and
 * compute all that follows on both of them. */
#if defined(__GNUC__)
#define NT_OPAQUE(x) __asm__("" : "+m"(x))
#else
#define NT_OPAQUE(x) (void)(x)
#endif

/* A bias b adds b^2 to both variances and to K: with r = sqrt(k q), e = sqrt(k q + b^2) - r,
 *
 *     D' = k D + sqrt(q11' q22') - sqrt(k q11 k q22) - b^2
 *        = k D - (e1 - e2) ((r1 - r2) + (e1 - e2) / 2)
 *
 * which loses nothing where the arguments are alike (both differences are small and exact) nor
 * where their variances are orders of magnitude apart. Rows 0 and 1 of the bias are r and e. */
#define NT_BIAS_GAP (bias2[ld2 + step2 * i] - bias1[ld1 + i])
#define NT_BIAS (NT_BIAS_GAP * ((bias1[i] - bias2[step2 * i]) - NT_BIAS_GAP / 2))

/* What a map leaves: K, D, or D with a bias; the last two of a D in the mean form, in and out. */
enum { NT_FORM_K, NT_FORM_D, NT_FORM_BIAS, NT_FORM_MEAN_K, NT_FORM_MEAN_D };

/* A difference x of two terms of the size of `of`; below its rounding, 0: a square root
 * would make 1e-8 of 1e-16. */
#define NT_BELOW(x, of)                                                                            \
  ((x) < _Generic((of), float : 2e-6f, default : 8e-15, long double : 4e-18L) * (of))
#define NT_ABOVE(x, of) (NT_BELOW(x, of) ? zero : (x))

/* Of a covariance k of variances x and y: what it is but for rounding where the arguments are
 * parallel, their root p (of duplicates their variance), else itself. */
#define NT_PARALLEL(x, y, k, p)                                                                    \
  (NT_BELOW(fabs((p)-fabs(k)), p) ? copysign((x) == (y) ? (x) : (p), (k)) : (k))

#define A(r) table1[(r)*ld1 + i]
#define B(r) table2[(r)*ld2 + step2 * i]

/* The cfg and all that is the same for all lanes is copied first: the compiler cannot know that the
 * results do not overwrite it. */
#define NT_MAP_ARGUMENTS                                                                           \
  const void *cfg, const nt_lanes *lanes, const nt_post *post, const int step2, const int with_t,  \
      const int form
#define NT_MAP_LOCALS(type, cfg_type)                                                              \
  typedef type real;                                                                               \
  cfg_type copy = {0};                                                                             \
  if (cfg) copy = *(const cfg_type *)cfg;                                                          \
  const cfg_type *const c = &copy;                                                                 \
  (void)c;                                                                                         \
  const int64_t n = lanes->n & ~(int64_t)(NT_LANES - 1), ld1 = lanes->ld1, ld2 = lanes->ld2;       \
  (void)ld1, (void)ld2, (void)step2;                                                               \
  const real *restrict const table1 = lanes->table1, *restrict const table2 = lanes->table2;       \
  (void)table1, (void)table2;                                                                      \
  const real *const k_in = lanes->k, *const t_in = lanes->t;                                       \
  real *const k_out = lanes->k_out, *const t_out = lanes->t_out;                                   \
  const real kf = (real)post->kf, kd = (real)post->kd, k0 = (real)post->k0;                        \
  const real tf = (real)post->tf, tt = (real)post->tt, t0 = (real)post->t0;                        \
  const real *restrict const bias1 = lanes->bias1, *restrict const bias2 = lanes->bias2;           \
  (void)bias1, (void)bias2;                                                                        \
  real zero = 0, one = 1, two = 2;                                                                 \
  NT_OPAQUE(zero);                                                                                 \
  NT_OPAQUE(one);                                                                                  \
  NT_OPAQUE(two);

/* Of lane i: (s1 - s2)^2 / 4 in the mean form, D or K before rounding is looked at, k, and the
 * results of the formula, which stands between them. */
#define NT_MAP_SQUARE (form >= NT_FORM_MEAN_K ? (A(0) - B(0)) * (A(0) - B(0)) : 0)
#define NT_MAP_RAW (form >= NT_FORM_MEAN_K ? NT_FMA(-two, square, k_in[i]) : k_in[i])
#define NT_MAP_K                                                                                   \
  const real square = NT_MAP_SQUARE, raw = NT_MAP_RAW;                                             \
  const real k = form >= NT_FORM_MEAN_K ? NT_ABOVE(raw, k_in[i]) : raw;                            \
  (void)square;
#define NT_MAP_RESULTS(...)                                                                        \
  real F, Fdot, D = 0, E = 0, factor = tt;                                                         \
  __VA_ARGS__                                                                                      \
  if (with_t) t_out[i] = tf * F + (T * (factor * Fdot) + t0);                                      \
  (void)E;                                                                                         \
  k_out[i] = form == NT_FORM_K || form == NT_FORM_MEAN_K ? kf * F + k0                             \
             : form == NT_FORM_D                         ? kd * D                                  \
             : form == NT_FORM_MEAN_D                    ? kd * (D + E)                            \
                                                         : NT_FMA(kd, D, NT_BIAS);

#define NT_MAP_BODY(name, type, cfg_type, ...)                                                     \
  static inline __attribute__((always_inline)) void name(NT_MAP_ARGUMENTS)                         \
  {                                                                                                \
    NT_MAP_LOCALS(type, cfg_type)                                                                  \
    NT_VECTOR_LOOP                                                                                 \
    for (int64_t i = 0; i < n; i++) {                                                              \
      NT_MAP_K                                                                                     \
      const real T = with_t ? t_in[i] : 0;                                                         \
      (void)T;                                                                                     \
      NT_MAP_RESULTS(__VA_ARGS__)                                                                  \
    }                                                                                              \
  }

/* In clones, or (wide) not: there are no vectors of long doubles. */
#define NT_MAP_CLONE(name, body, form) NT_CLONES NT_MAP_WIDE(name, body, form)
#define NT_MAP_WIDE(name, body, form)                                                              \
  static void name(const void *cfg, const nt_lanes *lanes, const nt_post *post)                    \
  {                                                                                                \
    if (lanes->one2 && lanes->t_out)                                                               \
      body(cfg, lanes, post, 0, 1, form);                                                          \
    else if (lanes->one2)                                                                          \
      body(cfg, lanes, post, 0, 0, form);                                                          \
    else if (lanes->t_out)                                                                         \
      body(cfg, lanes, post, 1, 1, form);                                                          \
    else                                                                                           \
      body(cfg, lanes, post, 1, 0, form);                                                          \
  }

/* A layer that takes K. */
#define NT_MAP_FUNCTIONS(cfg_type, ...)                                                            \
  NT_MAP_BODY(body_f64, double, cfg_type, __VA_ARGS__)                                             \
  NT_MAP_BODY(body_f32, float, cfg_type, __VA_ARGS__)                                              \
  NT_MAP_BODY(body_wide, long double, cfg_type, __VA_ARGS__)                                       \
  NT_MAP_CLONE(map_f64, body_f64, NT_FORM_K)                                                       \
  NT_MAP_CLONE(map_f32, body_f32, NT_FORM_K)                                                       \
  NT_MAP_WIDE(map_wide, body_wide, NT_FORM_K)

/* A layer that takes D, in one type; CLONE as above. */
#define NT_MAP_FORMS(CLONE, map, form_k, form_d, form_bias, mean_k, mean_d, body)                  \
  CLONE(form_k, body, NT_FORM_K)                                                                   \
  CLONE(form_d, body, NT_FORM_D)                                                                   \
  CLONE(form_bias, body, NT_FORM_BIAS)                                                             \
  CLONE(mean_k, body, NT_FORM_MEAN_K)                                                              \
  CLONE(mean_d, body, NT_FORM_MEAN_D)                                                              \
  static void map(const void *cfg, const nt_lanes *lanes, const nt_post *post)                     \
  {                                                                                                \
    if (lanes->bias1 != NULL)                                                                      \
      form_bias(cfg, lanes, post);                                                                 \
    else if (lanes->mean)                                                                          \
      (post->kd != 0 ? mean_d : mean_k)(cfg, lanes, post);                                         \
    else                                                                                           \
      (post->kd != 0 ? form_d : form_k)(cfg, lanes, post);                                         \
  }

/* A layer that takes D. */
#define NT_MAP_FUNCTIONS_D(cfg_type, ...)                                                          \
  NT_MAP_BODY(body_f64, double, cfg_type, __VA_ARGS__)                                             \
  NT_MAP_BODY(body_f32, float, cfg_type, __VA_ARGS__)                                              \
  NT_MAP_BODY(body_wide, long double, cfg_type, __VA_ARGS__)                                       \
  NT_MAP_ALL_FORMS

#define NT_MAP_ALL_FORMS                                                                           \
  NT_MAP_FORMS(NT_MAP_CLONE, map_f64, form_k_f64, form_d_f64, form_bias_f64, mean_k_f64,           \
               mean_d_f64, body_f64)                                                               \
  NT_MAP_FORMS(NT_MAP_CLONE, map_f32, form_k_f32, form_d_f32, form_bias_f32, mean_k_f32,           \
               mean_d_f32, body_f32)                                                               \
  NT_MAP_FORMS(NT_MAP_WIDE, map_wide, form_k_wide, form_d_wide, form_bias_wide, mean_k_wide,       \
               mean_d_wide, body_wide)

/** The three of them. */
#define NT_MAPS                                                                                    \
  {                                                                                                \
    map_f64, map_f32, map_wide                                                                     \
  }

/** Define those of a layer whose `which`, map or difference, is that of another layer with the cfg
 * that `as` makes of its own. */
#define NT_MAP_OF_OTHER(which, other_cfg, as, other)                                               \
  NT_MAP_OF_ONE(which, which##_f64, NT_FLOAT64, other_cfg, as, other)                              \
  NT_MAP_OF_ONE(which, which##_f32, NT_FLOAT32, other_cfg, as, other)                              \
  NT_MAP_OF_ONE(which, which##_wide, NT_WIDE, other_cfg, as, other)
#define NT_MAP_OF_ONE(which, name, dtype, other_cfg, as, other)                                    \
  static void name(const void *cfg, const nt_lanes *lanes, const nt_post *post)                    \
  {                                                                                                \
    const other_cfg c = as(cfg);                                                                   \
    other.which[dtype](&c, lanes, post);                                                           \
  }

#endif
