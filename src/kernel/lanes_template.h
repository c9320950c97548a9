/* Included by lanes.c once for each type: `real`, and NAME(x) = x with the suffix of the type. */

#define ROW1(row) ((const real *)(const void *)tables->table1 + (row)*tables->ld1)
#define ROW2(row) ((const real *)(const void *)tables->table2 + (row)*tables->ld2)

/* Below this share of s1 s2, D is computed from differences of the inputs; above, the difference of
 * rounded numbers has its digits. */
static inline real NAME(nearness)(real s1, real s2, real g)
{
  return (s1 * s2 - g) - (real)NEAR * (s1 * s2);
}

/* NT_BIAS of layer/map.h. */
static inline real NAME(bias_of)(real r1, real r2, real e1, real e2)
{
  return (e2 - e1) * ((r1 - r2) + (e1 - e2) / 2);
}

static inline __attribute__((always_inline)) bool
NAME(input_d)(int64_t n, const real *g, int root, int bias, const nt_tables *tables,
              const nt_post *post, nt_lane_value out, const int with_t, const int with_bias)
{
  const real *s1 = ROW1(root), *s2 = ROW2(root);
  const int row = with_bias ? bias : root;
  const real *r1 = ROW1(row), *r2 = ROW2(row), *e1 = r1 + tables->ld1, *e2 = r2 + tables->ld2;
  const real kd = (real)post->kd, tf = (real)post->tf, t0 = (real)post->t0;
  const real s = *s2, r = *r2, e = with_bias ? *e2 : 0;
  real *k = out.k, *t = out.t;
  FLAG near = 0;
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++) {
    near |= NAME(nearness)(s1[i], s, g[i]) < 0;
    if (with_t) t[i] = tf * g[i] + t0;
    /* Fused by hand: of two products the compiler may fuse either one, and bits would depend on
     * what else a loop computes. */
    const real d = FMA(s1[i], s, -g[i]);
    k[i] = with_bias ? FMA(kd, d, NAME(bias_of)(r1[i], r, e1[i], e)) : kd * d;
  }
  return near != 0;
}

NT_CLONES static bool NAME(input)(int64_t n, const void *gram, bool d, int root, int bias,
                                  const nt_tables *tables, const nt_post *post, nt_lane_value out)
{
  const real *g = gram;
  if (d && tables->one2) {
    if (out.t != NULL && bias >= 0) return NAME(input_d)(n, g, root, bias, tables, post, out, 1, 1);
    if (out.t != NULL) return NAME(input_d)(n, g, root, bias, tables, post, out, 1, 0);
    if (bias >= 0) return NAME(input_d)(n, g, root, bias, tables, post, out, 0, 1);
    return NAME(input_d)(n, g, root, bias, tables, post, out, 0, 0);
  }
  const real kf = (real)post->kf, k0 = (real)post->k0, tf = (real)post->tf, t0 = (real)post->t0;
  real *k = out.k, *t = out.t;
  if (t != NULL) {
    NT_VECTOR_LOOP
    for (int64_t i = 0; i < n; i++)
      t[i] = tf * g[i] + t0;
  }
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++)
    k[i] = kf * g[i] + k0;
  return false;
}

enum { NAME(WAYS) = 16 };

static inline double NAME(square)(int64_t d, const real *x)
{
  enum { WAYS = NAME(WAYS) };
  double part[WAYS] = {0}, sum = 0;
  for (int64_t i = 0; i < d; i += WAYS) {
    const int64_t m = d - i < WAYS ? d - i : WAYS;
    for (int64_t w = 0; w < m; w++)
      part[w] += (double)x[i + w] * (double)x[i + w];
  }
  for (int w = 0; w < WAYS; w++)
    sum += part[w];
  return sum / (double)d;
}

NT_CLONES static void NAME(squares)(int64_t n, int64_t d, const void *vectors, double *out)
{
  const real *x = vectors;
  if (d > NAME(WAYS)) {
    for (int64_t i = 0; i < n; i++)
      out[i] = NAME(square)(d, x + i * d);
    return;
  }
  for (int64_t i = 0; i < n; i++)
    out[i] = 0;
  for (int64_t c = 0; c < d; c++) {
    for (int64_t i = 0; i < n; i++)
      out[i] += (double)x[i * d + c] * (double)x[i * d + c];
  }
  for (int64_t i = 0; i < n; i++)
    out[i] /= (double)d;
}

NT_CLONES static double NAME(apart)(int64_t d, const void *vector1, const void *vector2)
{
  enum { WAYS = NAME(WAYS) };
  const real *x1 = vector1, *x2 = vector2;
  double part[3][WAYS] = {{0}}, sum[3] = {0};
  for (int64_t c = 0; c < d; c += WAYS) {
    const int64_t m = d - c < WAYS ? d - c : WAYS;
    for (int64_t w = 0; w < m; w++) {
      const double a = (double)x1[c + w], b = (double)x2[c + w];
      part[0][w] += a * a;
      part[1][w] += b * b;
      part[2][w] += a * b;
    }
  }
  for (int64_t w = 0; w < WAYS; w++) {
    for (int s = 0; s < 3; s++)
      sum[s] += part[s][w];
  }
  const double most = sqrt(sum[0]) * sqrt(sum[1]);
  return most > 0 ? 1 - fabs(sum[2]) / most : 1;
}

static inline __attribute__((always_inline)) void
NAME(add_squares)(const real *x1, const double *a, double x2, const double *b, double *sum)
{
  for (int l = 0; l < 64 / (int)sizeof(real); l++) {
    const double e = a[l] * (double)x1[l] - b[l] * x2;
    sum[l] += e * e;
  }
}

/* |a_l x1_l - b_l x2|^2 of the samples l of a strip, in WAYS sums, so that none
 * waits for the one before. */
NT_CLONES static void NAME(distances)(int64_t d, const real *x1, const double *a, const real *x2,
                                      const double *b, double *out)
{
  enum { W = 64 / sizeof(real), WAYS = 4 };
  double part[WAYS][W] = {{0}};
  for (int64_t c = 0; c + WAYS <= d; c += WAYS) {
    for (int w = 0; w < WAYS; w++)
      NAME(add_squares)(x1 + (c + w) * W, a, (double)x2[(c + w) * W], b, part[w]);
  }
  for (int64_t c = d / WAYS * WAYS; c < d; c++)
    NAME(add_squares)(x1 + c * W, a, (double)x2[c * W], b, part[c % WAYS]);
  for (int l = 0; l < W; l++)
    out[l] = (part[0][l] + part[1][l]) + (part[2][l] + part[3][l]);
}

/* The same of samples i ... of x1 and sample j of x2, whichever form they have. */
static void NAME(sample_distances)(nt_near_data *x, int64_t i, const double *a, const double *b,
                                   double *out)
{
  enum { W = 64 / sizeof(real) };
  const real *const x1 = (const real *)x->x1 + i * x->d, *const x2 = x->x2;
  if (x->digits == NULL) {
    NAME(distances)(x->d, x1, a, x2 + x->j / W * W * x->d + x->j % W, b, out);
    return;
  }
  if (!x->known) x->digits->numbers(x->d, x->x2, x->j, x->y);
  x->known = true;
  for (int64_t l = 0; l < W; l += 8)
    x->digits->distances(x->d, x->x1, x->first + i + l, a + l, b + l, x->y, out + l);
}

/* s1 s2 - q12 = 1/2 |sqrt(s2/s1) x1 - sqrt(s1/s2) x2|^2 / d: exact zero for x2 = x1, and for x2 = c
 * x1 wherever c and its root are exact. Without variance D = 0. */
static void NAME(near_lanes)(nt_near_data *x, int64_t i, const real *s1, double s2,
                             const FLAG *is_near, double *difference)
{
  enum { W = 64 / sizeof(real) };
  double a[W] = {0}, b[W] = {0};
  for (int64_t l = 0; l < W; l++) {
    const double s = is_near[l] ? (double)s1[l] : 0;
    if (!(s > 0 && s2 > 0)) continue;
    a[l] = s == s2 ? 1 : sqrt(s2 / s);
    b[l] = 1 / a[l];
  }
  NAME(sample_distances)(x, i, a, b, difference);
  for (int64_t l = 0; l < W; l++)
    difference[l] /= 2 * (double)x->d;
}

NT_CLONES static void NAME(near)(int64_t first, int64_t end, nt_near_data *x, const void *gram,
                                 int root, int bias, const nt_tables *tables, const nt_post *post,
                                 void *out)
{
  enum { W = 64 / sizeof(real) };
  const real *g = gram, *s1 = ROW1(root);
  const real s2 = *ROW2(root);
  real *k = out;
  for (int64_t i = first / W * W; i < end; i += W) {
    const int64_t skip = first > i ? first - i : 0, left = end - i, n = left < W ? left : W;
    double exact[W] = {0};
    FLAG some = 0, is_near[W];
    for (int l = 0; l < W; l++) {
      is_near[l] = (l >= skip) & (l < n) & (NAME(nearness)(s1[i + l], s2, g[i + l]) < 0);
      some |= is_near[l];
    }
    if (!some) continue;
    NAME(near_lanes)(x, i, s1 + i, (double)s2, is_near, exact);
    for (int64_t l = skip; l < n; l++) {
      if (!is_near[l]) continue;
      k[i + l] = (real)(post->kd * exact[l]);
      if (bias >= 0)
        k[i + l] +=
            NAME(bias_of)(ROW1(bias)[i + l], *ROW2(bias), ROW1(bias + 1)[i + l], *ROW2(bias + 1));
    }
  }
}

/* g becomes h1 + h2 - g; returns whether some lane is near. */
NT_CLONES static bool NAME(subtract)(int64_t n, const real *h1, real h2, real *g, FLAG *is_near)
{
  FLAG some = 0;
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++) {
    const real half = h1[i] + h2, d = half - g[i];
    is_near[i] = d - (real)NEAR * half < 0;
    some |= is_near[i];
    g[i] = d;
  }
  return some != 0;
}

/* Lanes of a strip that are near. */
static void NAME(mend)(int64_t n, int64_t d, const real *x1, const real *x2, const FLAG *is_near,
                       real *g)
{
  enum { W = 64 / sizeof(real) };
  double one[W], square[W];
  bool some = false;
  for (int64_t l = 0; l < n; l++)
    some |= is_near[l] != 0;
  if (!some) return;
  for (int l = 0; l < W; l++)
    one[l] = 1;
  NAME(distances)(d, x1, one, x2, one, square);
  for (int64_t l = 0; l < n; l++)
    if (is_near[l]) g[l] = (real)(square[l] / (2 * (double)d));
}

static void NAME(mean_d)(int64_t n, int64_t d, const void *v1, const void *v2, int64_t j,
                         const void *h1, const void *h2, void *v)
{
  enum { W = 64 / sizeof(real), SOME = 256 };
  const real *const x1 = v1, *const x2 = (const real *)v2 + j / W * W * d + j % W;
  FLAG is_near[SOME];
  real *const g = v;
  for (int64_t i = 0; i < n; i += SOME) {
    const int64_t end = NT_MIN(n, i + SOME);
    if (!NAME(subtract)(end - i, (const real *)h1 + i, ((const real *)h2)[j], g + i, is_near))
      continue;
    for (int64_t s = i; s < end; s += W)
      NAME(mend)(NT_MIN(W, end - s), d, x1 + s * d, x2, is_near + (s - i), g + s);
  }
}

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
