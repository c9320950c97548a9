/* Included by lanes.c once for each type: `real`, and NAME(x) = x with the suffix of the type. */

#define ROW1(row) ((const real *)(const void *)tables->table1 + (row)*tables->ld1)
#define ROW2(row) ((const real *)(const void *)tables->table2 + (row)*tables->ld2)

#include "kernel/lanes_input_template.h"

static inline __attribute__((always_inline)) void
NAME(affine_lanes)(int64_t n, nt_lane_value in, bool d, int root, int bias, const nt_tables *tables,
                   const nt_post *post, nt_lane_value out, const int step)
{
  const real scale = (real)(d ? post->kd : post->kf), k0 = (real)(d ? 0 : post->k0);
  const real tf = (real)post->tf, tt = (real)post->tt, t0 = (real)post->t0;
  const real *k = in.k, *t = in.t;
  real *k_out = out.k, *t_out = out.t;
  if (t_out != NULL) { /* first: it reads K, which may be overwritten */
    for (int64_t i = 0; i < n; i++) {
      const real most = root >= 0 ? ROW1(root)[i] * ROW2(root)[step * i] : 0;
      const real covariance = root < 0 ? k[i] : most > 0 ? most - k[i] : 0; /* no variance: 0 */
      t_out[i] = tf * covariance + (t != NULL ? tt * t[i] : 0) + t0;
    }
  }
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++)
    k_out[i] = scale * k[i] + k0;
  if (bias < 0) return;
  const real *r1 = ROW1(bias), *r2 = ROW2(bias), *e1 = ROW1(bias + 1), *e2 = ROW2(bias + 1);
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++) {
    k_out[i] += NAME(bias_of)(r1[i], r2[step * i], e1[i], e2[step * i]);
  }
}

NT_CLONES static void NAME(affine)(int64_t n, nt_lane_value in, bool d, int root, int bias,
                                   const nt_tables *tables, const nt_post *post, nt_lane_value out)
{
  if (tables->one2)
    NAME(affine_lanes)(n, in, d, root, bias, tables, post, out, 0);
  else
    NAME(affine_lanes)(n, in, d, root, bias, tables, post, out, 1);
}

/* (s1 - s2)^2 / 2 of a lane; 0 without a row. */
static inline real NAME(spread)(int root, const nt_tables *tables, int64_t i)
{
  if (root < 0) return 0;
  const real e = ROW1(root)[i] - ROW2(root)[tables->one2 ? 0 : i];
  return e * e / 2;
}

NT_CLONES static void NAME(add)(int64_t n, nt_lane_value in, double weight, bool first, int root,
                                const nt_tables *tables, nt_lane_value out)
{
  const real w = (real)weight;
  const real *k = in.k, *t = in.t;
  real *k_out = out.k, *t_out = out.t;
  if (first) memset(k_out, 0, (size_t)n * sizeof(real));
  if (first && t_out != NULL) memset(t_out, 0, (size_t)n * sizeof(real));
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++)
    k_out[i] += w * (k[i] + NAME(spread)(root, tables, i));
  if (t == NULL || t_out == NULL) return;
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++)
    t_out[i] += w * t[i];
}

static void NAME(settle)(int64_t n, int root, int own, const nt_tables *tables, void *lanes)
{
  real *k = lanes;
  for (int64_t i = 0; i < n; i++) {
    const int64_t j = tables->one2 ? 0 : i;
    const real both = own >= 0 ? ROW1(own)[i] + ROW2(own)[j] : 0;
    const real d = k[i] - both - NAME(spread)(root, tables, i);
    const real of_roots = root >= 0 ? OF_ROOTS(ROW1(root)[i], ROW2(root)[j]) : 0;
    k[i] = d < (real)ROUNDING * k[i] + of_roots ? 0 : d;
  }
}

NT_CLONES static void NAME(multiply)(int64_t n, nt_lane_value in, bool first, nt_lane_value out)
{
  const real *k = in.k, *t = in.t;
  real *k_out = out.k, *t_out = out.t;
  if (t_out != NULL) {
    NT_VECTOR_LOOP
    for (int64_t i = 0; i < n; i++) {
      const real before = first ? 0 : t_out[i] * k[i];
      t_out[i] = t == NULL ? before : before + (first ? 1 : k_out[i]) * t[i];
    }
  }
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++)
    k_out[i] = first ? k[i] : k_out[i] * k[i];
}

/* Products so far of some lanes: K, D, T, Q = (q11 + q22) / 2 and G = (q11 - q22) / 2, without
 * positions Q = sqrt(q11 q22) and G = 0. */
typedef struct NAME(products) {
  real k[4 * NT_LANES], d[4 * NT_LANES], t[4 * NT_LANES], q[4 * NT_LANES], g[4 * NT_LANES];
} NAME(products);

/* Times a factor k, d, t, q, g: nothing cancels in D' = Q q + G g - K k = G g + K d + q D. */
static inline __attribute__((always_inline)) void NAME(multiply_by)(int64_t n,
                                                                    const nt_factor *factor,
                                                                    int64_t at, bool mean,
                                                                    bool one2, NAME(products) * p)
{
  const real *row1 = (const real *)factor->row1 + at;
  const real *row2 = (const real *)factor->row2 + (one2 ? 0 : at);
  const real *d_in = (const real *)factor->in.k + at, *t_in = factor->in.t;
  for (int64_t i = 0; i < n; i++) {
    const real a = row1[i], b = row2[one2 ? 0 : i], d = d_in[i],
               t = t_in != NULL ? t_in[at + i] : 0;
    const real q = mean ? a + b : a * b, g = mean ? a - b : 0, k = q - d;
    const real Q = p->q[i], G = p->g[i], K = p->k[i];
    p->t[i] = FMA(p->t[i], k, K * t);
    p->d[i] = FMA(G, g, FMA(K, d, q * p->d[i]));
    p->q[i] = FMA(Q, q, G * g);
    p->g[i] = FMA(Q, g, G * q);
    p->k[i] = K * k;
  }
}

NT_CLONES static void NAME(multiply_d)(int64_t n, int n_in, const nt_factor *factor, bool mean,
                                       bool one2, nt_lane_value out)
{
  const int64_t most = 4 * NT_LANES;
  for (int64_t at = 0; at < n; at += most) {
    const int64_t m = n - at < most ? n - at : most;
    NAME(products) p = {.t = {0}};
    for (int64_t i = 0; i < m; i++)
      p.k[i] = p.q[i] = 1;
    for (int b = 0; b < n_in; b++)
      NAME(multiply_by)(m, &factor[b], at, mean, one2, &p);
    memcpy((real *)out.k + at, p.d, (size_t)m * sizeof(real));
    if (out.t != NULL) memcpy((real *)out.t + at, p.t, (size_t)m * sizeof(real));
  }
}

/* A D below the rounding of the K it comes from is that of equal arguments: left as it is, a square
 * root in a later layer would make 1e-8 of 1e-16. */
static inline __attribute__((always_inline)) void NAME(convert_k)(int64_t n, nt_lane_value in,
                                                                  bool to_d, int root,
                                                                  const nt_tables *tables,
                                                                  nt_lane_value out, const int step)
{
  const real *s1 = ROW1(root), *s2 = ROW2(root), *k = in.k;
  real *k_out = out.k;
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++) {
    const real sum = s1[i] * s2[step * i], other = sum - k[i];
    k_out[i] = (to_d ? other < (real)ROUNDING * sum : !(sum > 0)) ? 0 : other;
  }
}

NT_CLONES static void NAME(convert)(int64_t n, nt_lane_value in, bool to_d, int root,
                                    const nt_tables *tables, nt_lane_value out)
{
  if (tables->one2)
    NAME(convert_k)(n, in, to_d, root, tables, out, 0);
  else
    NAME(convert_k)(n, in, to_d, root, tables, out, 1);
  if (in.t != NULL && out.t != NULL) memcpy(out.t, in.t, (size_t)n * sizeof(real));
}

static void NAME(remask)(int64_t n, nt_lane_value in, int mask, const nt_tables *tables)
{
  const real *mask1 = ROW1(mask), *mask2 = ROW2(mask);
  real *k = in.k, *t = in.t;
  const int step = tables->one2 ? 0 : 1;
  for (int64_t i = 0; i < n; i++) {
    const bool keep = mask1[i] != 0 && mask2[step * i] != 0;
    k[i] = keep ? k[i] : 0;
    if (t != NULL) t[i] = keep ? t[i] : 0;
  }
}

NT_CLONES static void NAME(scale)(int64_t n, nt_lane_value in, int row, const nt_tables *tables,
                                  nt_lane_value out)
{
  const real *a1 = ROW1(row), *a2 = ROW2(row), *k = in.k, *t = in.t;
  real *k_out = out.k, *t_out = out.t;
  const int step = tables->one2 ? 0 : 1;
  for (int64_t i = 0; i < n; i++)
    k_out[i] = a1[i] * a2[step * i] * k[i];
  if (t_out == NULL || t == NULL) return;
  for (int64_t i = 0; i < n; i++)
    t_out[i] = a1[i] * a2[step * i] * t[i];
}

NT_CLONES static void NAME(to_double)(int64_t n, const void *in, double *out)
{
  const real *v = in;
  for (int64_t i = 0; i < n; i++)
    out[i] = (double)v[i];
}

NT_CLONES static void NAME(from_double)(int64_t n, const double *in, void *out)
{
  real *v = out;
  for (int64_t i = 0; i < n; i++)
    v[i] = (real)in[i];
}

static long double NAME(to_wide)(const void *in) { return *(const real *)in; }

static void NAME(from_wide)(long double value, void *out) { *(real *)out = (real)value; }

static void NAME(add_double)(int64_t n, const double *in, void *out)
{
  real *v = out;
  for (int64_t i = 0; i < n; i++)
    v[i] += (real)in[i];
}

static const nt_lane_ops NAME(lane_ops) = {.size = sizeof(real),
                                           .interleave = NAME(nt_interleave),
                                           .gram = NAME(nt_gram),
                                           .input = NAME(input),
                                           .near = NAME(near),
                                           .mean_d = NAME(mean_d),
                                           .squares = NAME(squares),
                                           .apart = NAME(apart),
                                           .affine = NAME(affine),
                                           .add = NAME(add),
                                           .settle = NAME(settle),
                                           .multiply = NAME(multiply),
                                           .multiply_d = NAME(multiply_d),
                                           .convert = NAME(convert),
                                           .remask = NAME(remask),
                                           .scale = NAME(scale),
                                           .to_double = NAME(to_double),
                                           .from_double = NAME(from_double),
                                           .to_wide = NAME(to_wide),
                                           .from_wide = NAME(from_wide),
                                           .add_double = NAME(add_double)};

#undef ROW1
#undef ROW2
#undef real
#undef NAME
#undef FLAG
#undef FMA
#undef NEAR
#undef ROUNDING
#undef OF_ROOTS
