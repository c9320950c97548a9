/* Square, a layer that ntmpi does not have: phi(x) = x^2.
 *
 *     K' = q11 q22 + 2 K^2        T' = T * 4 K
 *
 * where K and T are the NNGP and NTK covariances of a pair of samples, and q11 and q22 their
 * variances (for Gaussians E[x^2 y^2] = q11 q22 + 2 K^2, and E[2x 2y] = 4 K). nt/plugin.h says what
 * may be relied on; nt_stax_layer makes a layer of it. */
#include "square.h"

/* Its loop over pairs, once for each arithmetic. Without `tables` table 0 is the variance q itself;
 * one2: all pairs share the second sample. post: the Dense that follows, done in the same loop. */
#define SQUARE_MAP(name, real)                                                                     \
  static void name(const void *cfg, const nt_lanes *l, const nt_post *post)                        \
  {                                                                                                \
    const real *k = l->k, *t = l->t, *q11 = l->table1, *q22 = l->table2;                           \
    real *k_out = l->k_out, *t_out = l->t_out;                                                     \
    const real kf = (real)post->kf, k0 = (real)post->k0;                                           \
    const real tf = (real)post->tf, tt = (real)post->tt, t0 = (real)post->t0;                      \
    (void)cfg;                                                                                     \
    for (int64_t i = 0; i < l->n; i++) {                                                           \
      const real F = q11[i] * q22[l->one2 ? 0 : i] + 2 * k[i] * k[i], Fdot = 4 * k[i];             \
      if (t_out != NULL) t_out[i] = tf * F + tt * (t != NULL ? t[i] * Fdot : 0) + t0;              \
      k_out[i] = kf * F + k0;                                                                      \
    }                                                                                              \
  }
SQUARE_MAP(square_f64, double)
SQUARE_MAP(square_f32, float)

/* A sample with itself. */
static void square_self(const void *cfg, int64_t n, const double *q, double *q_out, double *dot)
{
  (void)cfg;
  for (int64_t i = 0; i < n; i++) {
    q_out[i] = 3 * q[i] * q[i];
    dot[i] = 4 * q[i];
  }
}

static nt_requirement square_require(const void *cfg)
{
  (void)cfg;
  return (nt_requirement){
      .has_diagonal = true, .input = NT_YES, .output = NT_NO, .diagonal_batch = NT_MAYBE};
}

const nt_layer_ops square = {
    .name = "Square",
    .formula = "x^2",
    .action = NT_MAP,
    .needs_gaussian = true, /* the formulas hold behind a Dense, not behind another activation */
    .remasks = true,
    .gaussian = NT_NO,
    .require = square_require,
    .self = square_self,
    .map = {square_f64, square_f32},
};
