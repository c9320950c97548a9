#include "layer/pairs.h"

#include "base/clones.h"
#include "layer/map.h"

#include <string.h>

#define PAIRS(name, real, function)                                                                \
  NT_CLONES void name(function pairs, const void *arg, const nt_lanes *lanes, const nt_post *post) \
  {                                                                                                \
    const real *const k = lanes->k, *const t = lanes->t;                                           \
    const real *const table1 = lanes->table1, *const table2 = lanes->table2;                       \
    real *const k_out = lanes->k_out, *const t_out = lanes->t_out;                                 \
    const real kf = (real)post->kf, k0 = (real)post->k0;                                           \
    const real tf = (real)post->tf, tt = (real)post->tt, t0 = (real)post->t0;                      \
    real shared[NT_PAIRS], near[NT_PAIRS], f[NT_PAIRS], dot[NT_PAIRS];                             \
    for (int i = 0; lanes->one2 && i < NT_PAIRS; i++)                                              \
      shared[i] = table2[0];                                                                       \
    for (int64_t at = 0; at < lanes->n; at += NT_PAIRS) {                                          \
      const int m = (int)NT_MIN(lanes->n - at, (int64_t)NT_PAIRS);                                 \
      const real *const q11 = table1 + at, *const q22 = lanes->one2 ? shared : table2 + at;        \
      NT_VECTOR_LOOP                                                                               \
      for (int i = 0; i < m; i++) {                                                                \
        const real same = NT_PARALLEL(q11[i], q11[i], k[at + i], q11[i]);                          \
        near[i] = q11[i] == q22[i] ? same : k[at + i];                                             \
      }                                                                                            \
      pairs(arg, m, q11, q22, near, f, t_out ? dot : NULL);                                        \
      if (t_out) {                                                                                 \
        NT_VECTOR_LOOP                                                                             \
        for (int i = 0; i < m; i++)                                                                \
          t_out[at + i] = tf * f[i] + (tt * (t[at + i] * dot[i]) + t0);                            \
      }                                                                                            \
      NT_VECTOR_LOOP                                                                               \
      for (int i = 0; i < m; i++)                                                                  \
        k_out[at + i] = kf * f[i] + k0;                                                            \
    }                                                                                              \
  }
PAIRS(nt_pairs_f64, double, nt_pairs_f64_fn)
PAIRS(nt_pairs_f32, float, nt_pairs_f32_fn)

void nt_pairs_tables(const void *cfg, int64_t n, const double *q, double *const *table)
{
  (void)cfg;
  memcpy(table[0], q, (size_t)n * sizeof *q);
}
