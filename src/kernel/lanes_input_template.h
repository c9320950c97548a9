/* Inputs: D of a pair of samples, or of their positions, from covariances, and from differences of
 * numbers where it is small. Included by lanes_template.h. */

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
