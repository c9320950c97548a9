/* Included by lanes.c once for each type: `real`, and NAME(x) = x with the suffix of the type. */

#define ROW1(row) ((const real *)(const void *)tables->table1 + (row)*tables->ld1)
#define ROW2(row) ((const real *)(const void *)tables->table2 + (row)*tables->ld2)

static void NAME(gram)(int64_t m, int64_t n, int64_t d, const void *x1, const void *x2, bool same,
                       void *g, int64_t ld)
{
  const int im = (int)m, in = (int)n, id = (int)d, ild = (int)ld;
  const real scale = 1 / (real)d;
  if (same) {
    SYRK(CblasColMajor, CblasLower, CblasTrans, in, id, scale, x1, id, 0, g, ild);
  } else {
    GEMM(CblasColMajor, CblasTrans, CblasNoTrans, im, in, id, scale, x1, id, x2, id, 0, g, ild);
  }
}

/* D above this share of sqrt(q11 q22) has its digits from the difference of rounded numbers; below,
 * it is computed from differences of the inputs. */
static inline real NAME(nearness)(real half1, real half2, real root1, real root2, real g)
{
  const real delta = (real)0.5 * (root1 - root2) * (root1 - root2);
  return (half1 + half2) - g - delta - (real)NEAR * root1 * root2;
}

static inline __attribute__((always_inline)) bool NAME(input_d)(int64_t n, const real *g, int half,
                                                                const nt_tables *tables,
                                                                const nt_post *post,
                                                                nt_lane_value out, const int step)
{
  const real *half1 = ROW1(half), *half2 = ROW2(half), *root1 = ROW1(half + 1),
             *root2 = ROW2(half + 1);
  const real kd = (real)post->kd, k0 = (real)post->k0, tf = (real)post->tf, t0 = (real)post->t0;
  real *k = out.k, *t = out.t, nearest = 1;
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++) {
    const real distance =
        NAME(nearness)(half1[i], half2[step * i], root1[i], root2[step * i], g[i]);
    nearest = distance < nearest ? distance : nearest;
    k[i] = kd * ((half1[i] + half2[step * i]) - g[i]) + k0;
  }
  if (t != NULL) {
    NT_VECTOR_LOOP
    for (int64_t i = 0; i < n; i++)
      t[i] = tf * g[i] + t0;
  }
  return nearest < 0;
}

NT_CLONES static bool NAME(input)(int64_t n, const void *gram, bool d, int half,
                                  const nt_tables *tables, const nt_post *post, nt_lane_value out)
{
  const real *g = gram;
  if (d && tables->one2) return NAME(input_d)(n, g, half, tables, post, out, 0);
  if (d) return NAME(input_d)(n, g, half, tables, post, out, 1);
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

NT_CLONES static void NAME(pair)(int64_t d, const void *v1, const void *v2, double *k, double *diff)
{
  enum { WAYS = 16 };
  const real *x1 = v1, *x2 = v2;
  double product[WAYS] = {0}, square[WAYS] = {0};
  for (int64_t i = 0; i < d; i += WAYS) {
    const int64_t m = d - i < WAYS ? d - i : WAYS;
    for (int64_t w = 0; w < m; w++) {
      const double a = (double)x1[i + w], b = (double)x2[i + w];
      product[w] += a * b;
      square[w] += (a - b) * (a - b);
    }
  }
  *k = *diff = 0;
  for (int w = 0; w < WAYS; w++) {
    *k += product[w];
    *diff += square[w];
  }
  *k /= (double)d;
  *diff /= 2 * (double)d;
}

/* sqrt(q11 q22) - q12 = 1/2 |sqrt(s2/s1) x1 - sqrt(s1/s2) x2|^2 / d with s = sqrt(q): exact zero for
 * x2 = x1, and for x2 = c x1 wherever c and its roots are exact. */
NT_CLONES static double NAME(scaled)(int64_t d, const real *x1, const real *x2, double s1,
                                     double s2)
{
  enum { WAYS = 16 };
  const double a = s1 == s2 ? 1 : sqrt(s2 / s1), b = 1 / a;
  double square[WAYS] = {0}, sum = 0;
  for (int64_t i = 0; i < d; i += WAYS) {
    const int64_t m = d - i < WAYS ? d - i : WAYS;
    for (int64_t w = 0; w < m; w++) {
      const double e = a * (double)x1[i + w] - b * (double)x2[i + w];
      square[w] += e * e;
    }
  }
  for (int w = 0; w < WAYS; w++)
    sum += square[w];
  return sum / (2 * (double)d);
}

static void NAME(near)(int64_t from, int64_t count, int64_t d, const void *x1, const void *x2,
                       const void *gram, int half, const nt_tables *tables, const nt_post *post,
                       void *out)
{
  const real *g = gram, *half1 = ROW1(half), *root1 = ROW1(half + 1), *samples = x1;
  const real half2 = *ROW2(half), root2 = *ROW2(half + 1);
  real *k = out;
  for (int64_t i = from; i < count; i++) {
    if (!(NAME(nearness)(half1[i], half2, root1[i], root2, g[i]) < 0)) continue;
    if (root1[i] == 0 || root2 == 0) continue;
    const double s1 = (double)root1[i], s2 = (double)root2;
    const double exact = NAME(scaled)(d, samples + i * d, x2, s1, s2) + (s1 - s2) * (s1 - s2) / 2;
    k[i] = (real)(post->kd * exact + post->k0);
  }
}

static inline __attribute__((always_inline)) void NAME(affine_d)(int64_t n, nt_lane_value in,
                                                                 int half, const nt_tables *tables,
                                                                 const nt_post *post,
                                                                 nt_lane_value out, const int step)
{
  const real *half1 = ROW1(half), *half2 = ROW2(half), *k = in.k;
  const real tf = (real)post->tf, t0 = (real)post->t0;
  real *t = out.t;
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++)
    t[i] = tf * ((half1[i] + half2[step * i]) - k[i]) + t0;
}

NT_CLONES static void NAME(affine)(int64_t n, nt_lane_value in, bool d, int half,
                                   const nt_tables *tables, const nt_post *post, nt_lane_value out)
{
  const real scale = (real)(d ? post->kd : post->kf), k0 = (real)post->k0;
  const real tf = (real)post->tf, tt = (real)post->tt, t0 = (real)post->t0;
  const real *k = in.k, *t = in.t;
  real *k_out = out.k, *t_out = out.t;
  real scratch[NT_LANES];
  for (int64_t first = 0; t_out != NULL && first < n; first += NT_LANES) {
    /* The NTK first: it reads K, which may be overwritten. */
    const real *kk = k + first;
    if (d && half >= 0) {
      nt_tables here = *tables;
      here.table1 += (size_t)first * sizeof(real);
      if (!here.one2) here.table2 += (size_t)first * sizeof(real);
      nt_lane_value value = {(void *)(uintptr_t)kk, NULL}, to = {NULL, scratch};
      if (here.one2)
        NAME(affine_d)(NT_LANES, value, half, &here, post, to, 0);
      else
        NAME(affine_d)(NT_LANES, value, half, &here, post, to, 1);
    } else {
      for (int i = 0; i < NT_LANES; i++)
        scratch[i] = tf * kk[i] + t0;
    }
    if (t != NULL) {
      for (int i = 0; i < NT_LANES; i++)
        scratch[i] += tt * t[first + i];
    }
    for (int i = 0; i < NT_LANES; i++)
      t_out[first + i] = scratch[i];
  }
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++)
    k_out[i] = scale * k[i] + k0;
}

NT_CLONES static void NAME(add)(int64_t n, nt_lane_value in, double weight, bool first,
                                nt_lane_value out)
{
  const real w = (real)weight, keep = first ? 0 : 1;
  const real *k = in.k, *t = in.t;
  real *k_out = out.k, *t_out = out.t;
  if (first) memset(k_out, 0, (size_t)n * sizeof(real));
  if (first && t_out != NULL) memset(t_out, 0, (size_t)n * sizeof(real));
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++)
    k_out[i] = keep * k_out[i] + w * k[i];
  if (t == NULL || t_out == NULL) return;
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++)
    t_out[i] = keep * t_out[i] + w * t[i];
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

/* A D below the rounding of the K it comes from is that of equal arguments: left as it is, a square
 * root in a later layer would make 1e-8 of 1e-16. */
static inline __attribute__((always_inline)) void NAME(convert_k)(int64_t n, nt_lane_value in,
                                                                  bool to_d, int half,
                                                                  const nt_tables *tables,
                                                                  nt_lane_value out, const int step)
{
  const real *half1 = ROW1(half), *half2 = ROW2(half), *k = in.k;
  real *k_out = out.k;
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++) {
    const real sum = half1[i] + half2[step * i], other = sum - k[i];
    k_out[i] = to_d && other < (real)ROUNDING * sum ? 0 : other;
  }
}

NT_CLONES static void NAME(convert)(int64_t n, nt_lane_value in, bool to_d, int half,
                                    const nt_tables *tables, nt_lane_value out)
{
  if (tables->one2)
    NAME(convert_k)(n, in, to_d, half, tables, out, 0);
  else
    NAME(convert_k)(n, in, to_d, half, tables, out, 1);
  if (in.t != NULL && out.t != NULL) memcpy(out.t, in.t, (size_t)n * sizeof(real));
}

static void NAME(remask)(int64_t n, nt_lane_value in, int mask, int half, const nt_tables *tables)
{
  const real *mask1 = ROW1(mask), *mask2 = ROW2(mask);
  real *k = in.k, *t = in.t;
  const int step = tables->one2 ? 0 : 1;
  for (int64_t i = 0; i < n; i++) {
    const bool keep = mask1[i] != 0 && mask2[step * i] != 0;
    const real zero = half < 0 ? 0 : ROW1(half)[i] + ROW2(half)[step * i];
    k[i] = keep ? k[i] : zero;
    if (t != NULL) t[i] = keep ? t[i] : 0;
  }
}

static double NAME(mean)(int64_t count, const void *lanes)
{
  const real *v = lanes;
  double sum = 0;
  for (int64_t i = 0; i < count; i++)
    sum += (double)v[i];
  return sum / (double)count;
}

static void NAME(to_double)(int64_t n, const void *in, double *out)
{
  const real *v = in;
  for (int64_t i = 0; i < n; i++)
    out[i] = (double)v[i];
}

static void NAME(from_double)(int64_t n, const double *in, void *out)
{
  real *v = out;
  for (int64_t i = 0; i < n; i++)
    v[i] = (real)in[i];
}

static void NAME(gather)(int64_t n, const void *table, const int32_t *index, void *out)
{
  const real *v = table;
  real *to = out;
  for (int64_t i = 0; i < n; i++)
    to[i] = v[index[i]];
}

static const nt_lane_ops NAME(lane_ops) = {.size = sizeof(real),
                                           .gram = NAME(gram),
                                           .input = NAME(input),
                                           .near = NAME(near),
                                           .pair = NAME(pair),
                                           .affine = NAME(affine),
                                           .add = NAME(add),
                                           .multiply = NAME(multiply),
                                           .convert = NAME(convert),
                                           .remask = NAME(remask),
                                           .mean = NAME(mean),
                                           .to_double = NAME(to_double),
                                           .from_double = NAME(from_double),
                                           .gather = NAME(gather)};

#undef ROW1
#undef ROW2
