#include "layer/pairs.h"

#include "base/clones.h"
#include "layer/math.h"

#include <string.h>

typedef double row[NT_PAIRS];

#define PAIRS(name, real)                                                                          \
  NT_CLONES void name(nt_pairs_fn pairs, const void *arg, const nt_lanes *lanes,                   \
                      const nt_post *post)                                                         \
  {                                                                                                \
    const real *const k = lanes->k, *const t = lanes->t;                                           \
    const real *const table1 = lanes->table1, *const table2 = lanes->table2;                       \
    real *const k_out = lanes->k_out, *const t_out = lanes->t_out;                                 \
    const double kf = post->kf, k0 = post->k0, tf = post->tf, tt = post->tt, t0 = post->t0;        \
    for (int64_t at = 0; at < lanes->n; at += NT_PAIRS) {                                          \
      const int m = (int)NT_MIN(lanes->n - at, (int64_t)NT_PAIRS);                                 \
      row q11, q22, q12, f, dot;                                                                   \
      NT_VECTOR_LOOP                                                                               \
      for (int i = 0; i < m; i++) {                                                                \
        q11[i] = (double)table1[at + i];                                                           \
        q12[i] = (double)k[at + i];                                                                \
      }                                                                                            \
      for (int i = 0; i < m; i++)                                                                  \
        q22[i] = (double)table2[lanes->one2 ? 0 : at + i];                                         \
      pairs(arg, m, q11, q22, q12, f, t_out ? dot : NULL);                                         \
      if (t_out) {                                                                                 \
        NT_VECTOR_LOOP                                                                             \
        for (int i = 0; i < m; i++)                                                                \
          t_out[at + i] = (real)(tf * f[i] + (tt * ((double)t[at + i] * dot[i]) + t0));            \
      }                                                                                            \
      NT_VECTOR_LOOP                                                                               \
      for (int i = 0; i < m; i++)                                                                  \
        k_out[at + i] = (real)(kf * f[i] + k0);                                                    \
    }                                                                                              \
  }
PAIRS(nt_pairs_f64, double)
PAIRS(nt_pairs_f32, float)

void nt_pairs_tables(const void *cfg, int64_t n, const double *q, double *const *table)
{
  (void)cfg;
  memcpy(table[0], q, (size_t)n * sizeof *q);
}
