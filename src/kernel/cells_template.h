/* Included by cells.c once for each type: `real`, and NAME(x) = x with the suffix of the type. */

#define ROW_A(x, r) ((const real *)(x)->a + (r) * (x)->lda)
#define ROW_B(x, r) ((const real *)(x)->b + (r) * (x)->ldb)

/* Sums over `m` channels from c on, of products or of squares of differences, added to k but for the
 * first ones. */
static inline __attribute__((always_inline)) void NAME(some_channels)(int64_t n, const nt_sides *x,
                                                                      int64_t c, const int m,
                                                                      const bool squares, real *k)
{
  const real *a = ROW_A(x, c), *b = ROW_B(x, c);
  const int64_t lda = x->lda, ldb = x->ldb;
  const bool first = c == 0;
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++) {
    real sum = first ? 0 : k[i];
    for (int j = 0; j < m; j++) {
      const real p = a[j * lda + i], q = b[j * ldb + i], e = p - q;
      sum = squares ? FMA(e, e, sum) : FMA(p, q, sum);
    }
    k[i] = sum;
  }
}

#define NT_CHANNELS_AT_ONCE 4

static inline __attribute__((always_inline)) void
NAME(all_channels)(int64_t n, int64_t channels, const nt_sides *x, const bool squares, real *k)
{
  int64_t c = 0;
  for (; c + NT_CHANNELS_AT_ONCE <= channels; c += NT_CHANNELS_AT_ONCE)
    NAME(some_channels)(n, x, c, NT_CHANNELS_AT_ONCE, squares, k);
  if (channels - c == 3)
    NAME(some_channels)(n, x, c, 3, squares, k);
  else if (channels - c == 2)
    NAME(some_channels)(n, x, c, 2, squares, k);
  else if (channels - c == 1)
    NAME(some_channels)(n, x, c, 1, squares, k);
}

NT_CLONES static void NAME(sum_products)(int64_t n, int64_t channels, const nt_sides *x, real *k)
{
  NAME(all_channels)(n, channels, x, false, k);
}

NT_CLONES static void NAME(sum_squares)(int64_t n, int64_t channels, const nt_sides *x, real *k)
{
  NAME(all_channels)(n, channels, x, true, k);
}

NT_CLONES static void NAME(line)(int64_t n, real scale, real shift, const real *in, real *out)
{
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++)
    out[i] = FMA(scale, in[i], shift);
}

/* Few channels: both sums in one pass, and what follows. */
static inline __attribute__((always_inline)) void
NAME(few_channels)(int64_t n, const int channels, const nt_sides *x, const bool d,
                   const bool with_t, const nt_post *post, nt_lane_value out)
{
  const real *a = ROW_A(x, 0), *b = ROW_B(x, 0);
  const int64_t lda = x->lda, ldb = x->ldb;
  const double share = 1 / (double)channels;
  const real scale = (real)(d ? post->kd * share / 2 : post->kf * share);
  const real shift = (real)(d ? 0 : post->k0);
  const real tf = (real)(post->tf * share), t0 = (real)post->t0;
  real *k = out.k, *t = out.t;
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++) {
    real products = 0, squares = 0;
    for (int j = 0; j < channels; j++) {
      const real p = a[j * lda + i], q = b[j * ldb + i], e = p - q;
      if (with_t || !d) products = FMA(p, q, products);
      if (d) squares = FMA(e, e, squares);
    }
    k[i] = FMA(scale, d ? squares : products, shift);
    if (with_t) t[i] = FMA(tf, products, t0);
  }
}

#define NT_FEW_CHANNELS(m)                                                                         \
  case m:                                                                                          \
    if (d && out.t != NULL)                                                                        \
      NAME(few_channels)(n, m, x, true, true, post, out);                                          \
    else if (d)                                                                                    \
      NAME(few_channels)(n, m, x, true, false, post, out);                                         \
    else if (out.t != NULL)                                                                        \
      NAME(few_channels)(n, m, x, false, true, post, out);                                         \
    else                                                                                           \
      NAME(few_channels)(n, m, x, false, false, post, out);                                        \
    break

NT_CLONES static void NAME(input_of_few)(int64_t n, int64_t channels, const nt_sides *x, bool d,
                                         const nt_post *post, nt_lane_value out)
{
  switch (channels) {
    NT_FEW_CHANNELS(1);
    NT_FEW_CHANNELS(2);
    NT_FEW_CHANNELS(3);
    NT_FEW_CHANNELS(4);
  default:
    break;
  }
}

static void NAME(input)(int64_t n, int64_t channels, const nt_sides *x, bool d, const nt_post *post,
                        nt_lane_value out)
{
  const double share = 1 / (double)channels;
  real *k = out.k, *t = out.t;
  if (channels <= NT_CHANNELS_AT_ONCE) {
    NAME(input_of_few)(n, channels, x, d, post, out);
    return;
  }
  if (t != NULL) {
    NAME(sum_products)(n, channels, x, t);
    NAME(line)(n, (real)(post->tf * share), (real)post->t0, t, t);
  }
  if (d) {
    NAME(sum_squares)(n, channels, x, k);
    NAME(line)(n, (real)(post->kd * share / 2), 0, k, k);
  } else {
    NAME(sum_products)(n, channels, x, k);
    NAME(line)(n, (real)(post->kf * share), (real)post->k0, k, k);
  }
}

NT_CLONES static void NAME(affine_d)(int64_t n, nt_lane_value in, bool d, const nt_sides *h,
                                     const nt_post *post, nt_lane_value out)
{
  const real scale = (real)(d ? post->kd : post->kf), k0 = (real)(d ? 0 : post->k0);
  const real tf = (real)post->tf, tt = (real)post->tt, t0 = (real)post->t0;
  const real *k = in.k, *t = in.t;
  real *k_out = out.k, *t_out = out.t;
  if (t_out != NULL) { /* first: it reads K, which may be overwritten */
    const real *a = d ? ROW_A(h, 0) : k, *b = d ? ROW_B(h, 0) : k;
    NT_VECTOR_LOOP
    for (int64_t i = 0; i < n; i++) {
      const real covariance = d ? a[i] + b[i] - k[i] : k[i];
      t_out[i] = FMA(tf, covariance, t != NULL ? FMA(tt, t[i], t0) : t0);
    }
  }
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++)
    k_out[i] = FMA(scale, k[i], k0);
}

NT_CLONES static void NAME(convert_d)(int64_t n, nt_lane_value in, bool to_d, const nt_sides *h,
                                      nt_lane_value out)
{
  const real *a = ROW_A(h, 0), *b = ROW_B(h, 0), *k = in.k;
  real *k_out = out.k;
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++) {
    const real sum = a[i] + b[i], other = sum - k[i];
    k_out[i] = to_d && other < (real)ROUNDING * sum ? 0 : other;
  }
  if (in.t != NULL && out.t != NULL && in.t != out.t) memcpy(out.t, in.t, (size_t)n * sizeof(real));
}

/* With the weights w of output P, W = sum w and a = sum w q, all that is left of D = (q1 + q2) / 2 - K is
 *
 *     sum w1 w2 D12  -  (sum w1 w1 D11 + sum w2 w2 D22) / 2  +  (W1 - W2) (a1 - a2) / 2
 *
 * where the last term is 0 but at borders: K is W a less the sum of D. */
NT_CLONES static void NAME(pooled)(int64_t n, const nt_sides *rows, void *lanes)
{
  const real *h1 = ROW_A(rows, 0), *w1 = ROW_A(rows, 1), *a1 = ROW_A(rows, 2);
  const real *h2 = ROW_B(rows, 0), *w2 = ROW_B(rows, 1), *a2 = ROW_B(rows, 2);
  real *k = lanes;
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++) {
    const real own = h1[i] + h2[i];
    const real d = FMA(w1[i] - w2[i], a1[i] - a2[i], k[i] - own);
    k[i] = d < (real)ROUNDING * own ? 0 : d;
  }
}

NT_CLONES static void NAME(remask_d)(int64_t n, nt_lane_value in, bool d, const nt_sides *m,
                                     const nt_sides *h)
{
  const real *mask1 = ROW_A(m, 0), *mask2 = ROW_B(m, 0);
  real *k = in.k, *t = in.t;
  const real *a = d ? ROW_A(h, 0) : k, *b = d ? ROW_B(h, 0) : k;
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++) {
    const real zero = d ? a[i] + b[i] : 0;
    k[i] = mask1[i] * mask2[i] != 0 ? k[i] : zero;
  }
  if (t == NULL) return;
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++)
    t[i] = mask1[i] * mask2[i] != 0 ? t[i] : 0;
}

static void NAME(uncorrelate)(int64_t first, int64_t n, bool d, const nt_sides *h, nt_lane_value in)
{
  const real *a = d ? ROW_A(h, 0) : NULL, *b = d ? ROW_B(h, 0) : NULL;
  real *k = in.k, *t = in.t;
  for (int64_t i = first; i < first + n; i++) {
    k[i] = d ? a[i] + b[i] : 0;
    if (t != NULL) t[i] = 0;
  }
}

NT_CLONES static void NAME(scale_d)(int64_t n, nt_lane_value in, bool d, const nt_sides *rows,
                                    nt_lane_value out)
{
  const real *a1 = ROW_A(rows, 0), *a2 = ROW_B(rows, 0), *k = in.k, *t = in.t;
  real *k_out = out.k, *t_out = out.t;
  if (d) {
    const real *s1 = ROW_A(rows, 1), *s2 = ROW_B(rows, 1);
    const real *r1 = ROW_A(rows, 2), *r2 = ROW_B(rows, 2);
    NT_VECTOR_LOOP
    for (int64_t i = 0; i < n; i++) {
      const real e = s1[i] - s2[i], f = r1[i] - r2[i], difference = k[i] - e * e / 2;
      const real angle = difference < (real)ROUNDING * k[i] ? 0 : difference;
      k_out[i] = FMA(a1[i] * a2[i], angle, f * f / 2);
    }
  } else {
    NT_VECTOR_LOOP
    for (int64_t i = 0; i < n; i++)
      k_out[i] = a1[i] * a2[i] * k[i];
  }
  if (t_out == NULL || t == NULL) return;
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++)
    t_out[i] = a1[i] * a2[i] * t[i];
}

/* Three taps of which the first is whole, the usual case, in one pass over K and T. */
static inline __attribute__((always_inline)) void
NAME(three_lanes)(int64_t n, const real *m1, const real *m2, const int32_t *shift, nt_lane_value in,
                  real k0, real t0, nt_lane_value out, const int with_t)
{
  const real *k = in.k, *t = in.t;
  const int64_t a = shift[0], b = shift[1], c = shift[2];
  real *k_out = out.k, *t_out = out.t;
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++) {
    k_out[i] = FMA(m1[i], k[i + b], FMA(m2[i], k[i + c], k[i + a] + k0));
    if (with_t) t_out[i] = FMA(m1[i], t[i + b], FMA(m2[i], t[i + c], t[i + a] + t0));
  }
}

NT_CLONES static void NAME(three)(int64_t n, const real *m1, const real *m2, const int32_t *shift,
                                  nt_lane_value in, real k0, real t0, nt_lane_value out)
{
  if (out.t != NULL)
    NAME(three_lanes)(n, m1, m2, shift, in, k0, t0, out, 1);
  else
    NAME(three_lanes)(n, m1, m2, shift, in, k0, t0, out, 0);
}

NT_CLONES static void NAME(one_more)(int64_t n, const real *mask, const real *in, real c,
                                     bool first, real *out)
{
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++)
    out[i] = FMA(mask[i], in[i], first ? c : out[i]);
}

static void NAME(constant)(int64_t n, real c, real *out)
{
  for (int64_t i = 0; i < n; i++)
    out[i] = c;
}

static void NAME(some)(int64_t n, const nt_shifts *s, const real *in, real c, real *out)
{
  if (s->n == 0) NAME(constant)(n, c, out);
  for (int t = 0; t < s->n; t++) {
    NAME(one_more)
    (n, (const real *)s->mask + t * s->ld, in + s->shift[t], c, t == 0, out);
  }
}

static void NAME(shifted)(int64_t n, const nt_shifts *s, nt_lane_value in, double k0, double t0,
                          nt_lane_value out)
{
  if (s->n == 3 && s->whole >= 0) {
    const int w = s->whole, a = (w + 1) % 3, b = (w + 2) % 3;
    const int32_t shift[3] = {s->shift[w], s->shift[a], s->shift[b]};
    const real *mask = s->mask;
    NAME(three)(n, mask + a * s->ld, mask + b * s->ld, shift, in, (real)k0, (real)t0, out);
    return;
  }
  NAME(some)(n, s, in.k, (real)k0, out.k);
  if (out.t != NULL) NAME(some)(n, s, in.t, (real)t0, out.t);
}

NT_CLONES static void NAME(one_gather)(int64_t n, const int32_t *index, const real *weight,
                                       const real *in, real c, bool first, real *out)
{
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++)
    out[i] = FMA(weight[i], in[index[i]], first ? c : out[i]);
}

static void NAME(gathered)(int64_t n, const nt_gathers *g, const void *in, double c, void *out)
{
  if (g->n == 0) NAME(constant)(n, (real)c, out);
  for (int t = 0; t < g->n; t++) {
    NAME(one_gather)
    (n, g->index + t * g->ld, (const real *)g->weight + t * g->ld, in, (real)c, t == 0, out);
  }
}

NT_CLONES static void NAME(run3)(int64_t n, const real *a, const real *b, const real *d, real c,
                                 real *out)
{
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++)
    out[i] = a[i] + (b[i] + (d[i] + c));
}

NT_CLONES static void NAME(run2)(int64_t n, const real *a, const real *b, real c, real *out)
{
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++)
    out[i] = a[i] + (b[i] + c);
}

NT_CLONES static void NAME(run_one)(int64_t n, const real *in, real weight, real c, bool first,
                                    real *out)
{
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++)
    out[i] = FMA(weight, in[i], first ? c : out[i]);
}

static void NAME(run)(int64_t n, int taps, const int64_t *from, const double *weight,
                      const void *in, double c, void *out)
{
  const real *x = in;
  if (taps == 3 && weight[0] == 1 && weight[1] == 1 && weight[2] == 1) {
    NAME(run3)(n, x + from[0], x + from[1], x + from[2], (real)c, out);
    return;
  }
  if (taps == 2 && weight[0] == 1 && weight[1] == 1) {
    NAME(run2)(n, x + from[0], x + from[1], (real)c, out);
    return;
  }
  if (taps == 0) NAME(constant)(n, (real)c, out);
  for (int t = taps - 1; t >= 0; t--)
    NAME(run_one)(n, x + from[t], (real)weight[t], (real)c, t == taps - 1, out);
}

static void NAME(run_more)(int64_t n, int taps, const int64_t *from, const double *weight,
                           const void *in, void *out)
{
  for (int t = taps - 1; t >= 0; t--)
    NAME(run_one)(n, (const real *)in + from[t], (real)weight[t], 0, false, out);
}

NT_CLONES static void NAME(fill)(int64_t outer, int64_t n, const void *table, const int32_t *at,
                                 int64_t stride, void *out, int64_t stride_out)
{
  for (int64_t o = 0; n == 1 && o < outer; o++)
    ((real *)out)[o * stride_out] += ((const real *)table)[at[o] * stride];
  for (int64_t o = 0; n > 1 && o < outer; o++) {
    const real *from = (const real *)table + at[o] * stride;
    real *to = (real *)out + o * stride_out;
    for (int64_t i = 0; i < n; i++)
      to[i] += from[i];
  }
}

NT_CLONES static void NAME(fill_cells)(int64_t outer, int n, const void *table, int64_t stride,
                                       const int32_t *cell, void *out, int64_t stride_out)
{
  const real *from = table;
  real *to = out;
  if (n == 2 && stride == 2) { /* a window of three */
    const int32_t a = cell[0], b = cell[1];
    for (int64_t o = 0; o < outer; o++) {
      to[o * stride_out + a] += from[2 * o];
      to[o * stride_out + b] += from[2 * o + 1];
    }
    return;
  }
  for (int64_t o = 0; o < outer; o++) {
    for (int i = 0; i < n; i++)
      to[o * stride_out + cell[i]] += from[o * stride + i];
  }
}

NT_CLONES static void NAME(pick)(int64_t n, const void *in, const int32_t *index, void *out)
{
  const real *from = in;
  real *to = out;
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++)
    to[i] = from[index[i]];
}

static void NAME(strided)(int64_t n, const void *in, int64_t stride, void *out)
{
  const real *from = in;
  real *to = out;
  for (int64_t i = 0; i < n; i++)
    to[i] = from[i * stride];
}

NT_CLONES static double NAME(sum)(int64_t n, const void *in)
{
  enum { WAYS = 32 };
  const real *v = in;
  real part[WAYS] = {0};
  double sum = 0;
  int64_t i = 0;
  for (; i + WAYS <= n; i += WAYS) {
    for (int w = 0; w < WAYS; w++)
      part[w] += v[i + w];
  }
  for (int w = 0; w < WAYS; w++)
    sum += (double)part[w];
  for (; i < n; i++)
    sum += (double)v[i];
  return sum;
}

/* All places, the last axis inner; `BODY` sees lane `i` and place `x`. */
#define FOR_PLACES(p, BODY)                                                                        \
  do {                                                                                             \
    const int last = (p)->rank - 1;                                                                \
    int32_t c[NT_MAX_RANK] = {0};                                                                  \
    int64_t i = 0;                                                                                 \
    bool more = true;                                                                              \
    while (more) {                                                                                 \
      int64_t base = 0;                                                                            \
      for (int a = 0; a < last; a++)                                                               \
        base += (p)->at[a][c[a]];                                                                  \
      const int64_t *const inner = (p)->at[last];                                                  \
      for (int32_t k = 0; k < (p)->n[last]; k++, i++) {                                            \
        const int64_t x = base + inner[k];                                                         \
        BODY;                                                                                      \
      }                                                                                            \
      more = false;                                                                                \
      for (int a = last - 1; a >= 0 && !more; a--) {                                               \
        more = ++c[a] < (p)->n[a];                                                                 \
        if (!more) c[a] = 0;                                                                       \
      }                                                                                            \
    }                                                                                              \
  } while (0)

static void NAME(put)(const nt_places *p, const void *in, void *tensor)
{
  const real *v = in;
  real *to = tensor;
  FOR_PLACES(p, to[x] = v[i]);
}

/* The places of an axis are mostly neighbours: run after run of them. */
NT_CLONES static void NAME(add_run)(int64_t n, const real *in, real *to)
{
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++)
    to[i] += in[i];
}

static void NAME(add_row)(int32_t n, const int64_t *at, const real *in, real *to)
{
  for (int32_t k = 0, end = 0; k < n; k = end) {
    for (end = k + 1; end < n && at[end] == at[end - 1] + 1;)
      end++;
    NAME(add_run)(end - k, in + k, to + at[k]);
  }
}

static void NAME(add)(const nt_places *p, const void *in, void *tensor)
{
  const int last = p->rank - 1;
  const real *v = in;
  nt_places outer = *p;
  outer.n[last] = 1; /* one lane of each row: its first place */
  const int64_t origin[1] = {0}, *row = p->at[last];
  outer.at[last] = origin;
  FOR_PLACES(&outer, NAME(add_row)(p->n[last], row, v + i * p->n[last], (real *)tensor + x));
}

static void NAME(get_row)(int32_t n, const int64_t *at, const real *from, real *to)
{
  for (int32_t k = 0, end = 0; k < n; k = end) {
    for (end = k + 1; end < n && at[end] == at[end - 1] + 1;)
      end++;
    memcpy(to + k, from + at[k], (size_t)(end - k) * sizeof(real));
  }
}

static void NAME(get)(const nt_places *p, const void *tensor, void *out)
{
  const int last = p->rank - 1;
  real *v = out;
  nt_places outer = *p;
  outer.n[last] = 1;
  const int64_t origin[1] = {0}, *row = p->at[last];
  outer.at[last] = origin;
  FOR_PLACES(&outer, NAME(get_row)(p->n[last], row, (const real *)tensor + x, v + i * p->n[last]));
}

/* Two rows of a plane, or one (x == y): even and odd columns to `even` and `odd`, or (one ring) their sums. */
static inline __attribute__((always_inline)) void
NAME(add_row_of_twos)(int64_t n, real weight, const real *x, const real *y, const bool two_rows,
                      const bool two_rings, real *restrict even, real *restrict odd)
{
  NT_VECTOR_LOOP
  for (int64_t c = 0; c < n; c++) {
    const real e = two_rows ? x[2 * c] + y[2 * c] : x[2 * c];
    const real o = two_rows ? x[2 * c + 1] + y[2 * c + 1] : x[2 * c + 1];
    even[c] = two_rings ? FMA(weight, e, even[c]) : FMA(weight, e + o, even[c]);
    if (two_rings) odd[c] = FMA(weight, o, odd[c]);
  }
}

/* Cells 2 o of ring r, both arguments of a pair shifted by r, belong to ring r / 2 of the twos, cells 2 o + 1
 * to ring (r + 1) / 2, place o; rounded down. */
NT_CLONES static void NAME(add_twos)(const nt_twos *p, const void *in, void *tensor)
{
  const int64_t m = p->rows / 2, n = p->columns / 2, stride = n * n;
  const int64_t up = p->row_ring / 2, down = (p->row_ring + 1) / 2 % m;
  const int64_t left = p->column_ring / 2 * n, right = (p->column_ring + 1) / 2 % n * n;
  const real weight = (real)p->weight, *x = in;
  for (int64_t o = 0; o < m; o++, x += 2 * p->columns) {
    const real *const y = x + p->columns;
    real *first = (real *)tensor + (up * m + o) * stride;
    real *second = (real *)tensor + (down * m + o) * stride;
    if (up == down && left == right) {
      NAME(add_row_of_twos)(n, weight, x, y, true, false, first + left, NULL);
    } else if (up == down) {
      NAME(add_row_of_twos)(n, weight, x, y, true, true, first + left, first + right);
    } else if (left == right) {
      NAME(add_row_of_twos)(n, weight, x, x, false, false, first + left, NULL);
      NAME(add_row_of_twos)(n, weight, y, y, false, false, second + left, NULL);
    } else {
      NAME(add_row_of_twos)(n, weight, x, x, false, true, first + left, first + right);
      NAME(add_row_of_twos)(n, weight, y, y, false, true, second + left, second + right);
    }
  }
}

static bool NAME(put_double)(const nt_places *p, const void *in, double *tensor)
{
  const real *v = in;
  double bad = 0;
  FOR_PLACES(p, tensor[x] = (double)v[i]; bad += tensor[x] - tensor[x]);
  return bad == 0;
}

static void NAME(get_double)(const nt_places *p, const double *tensor, void *out)
{
  real *v = out;
  FOR_PLACES(p, v[i] = (real)tensor[x]);
}

static const nt_cell_ops NAME(cell_ops) = {.input = NAME(input),
                                           .affine = NAME(affine_d),
                                           .convert = NAME(convert_d),
                                           .pooled = NAME(pooled),
                                           .remask = NAME(remask_d),
                                           .uncorrelate = NAME(uncorrelate),
                                           .scale = NAME(scale_d),
                                           .shifted = NAME(shifted),
                                           .three = NAME(nt_three),
                                           .gathered = NAME(gathered),
                                           .run = NAME(run),
                                           .run_more = NAME(run_more),
                                           .fill = NAME(fill),
                                           .fill_cells = NAME(fill_cells),
                                           .pick = NAME(pick),
                                           .strided = NAME(strided),
                                           .sum = NAME(sum),
                                           .put = NAME(put),
                                           .add = NAME(add),
                                           .get = NAME(get),
                                           .add_twos = NAME(add_twos),
                                           .put_double = NAME(put_double),
                                           .get_double = NAME(get_double)};

#undef NT_CHANNELS_AT_ONCE
#undef NT_FEW_CHANNELS
#undef ROW_A
#undef ROW_B
#undef FOR_PLACES
