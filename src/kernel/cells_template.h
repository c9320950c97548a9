/* Included by cells.c once for each type: `real`, and NAME(x) = x with the suffix of the type. */

#define ROW_A(x, r) ((const real *)(x)->a + (r) * (x)->lda)
#define ROW_B(x, r) ((const real *)(x)->b + (r) * (x)->ldb)

/* Sums over `m` channels from c on, of products or of squares of differences, added to
 * k but for the first ones. */
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

/* K of a D, exactly 0 where an argument has no variance. */
static inline real NAME(covariance)(real half1, real half2, real d)
{
  const real k = half1 + half2 - d;
  return half1 > 0 && half2 > 0 ? k : 0;
}

NT_CLONES static void NAME(affine)(int64_t n, nt_lane_value in, bool d, const nt_sides *h,
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
      const real covariance = d ? NAME(covariance)(a[i], b[i], k[i]) : k[i];
      t_out[i] = FMA(tf, covariance, t != NULL ? FMA(tt, t[i], t0) : t0);
    }
  }
  if (k == k_out && scale == 1 && k0 == 0) return;
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++)
    k_out[i] = FMA(scale, k[i], k0);
}

NT_CLONES static void NAME(convert)(int64_t n, nt_lane_value in, bool to_d, const nt_sides *h,
                                    nt_lane_value out)
{
  const real *a = ROW_A(h, 0), *b = ROW_B(h, 0), *k = in.k;
  real *k_out = out.k;
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++) {
    const real sum = a[i] + b[i], other = to_d ? sum - k[i] : NAME(covariance)(a[i], b[i], k[i]);
    k_out[i] = to_d && other < (real)ROUNDING * sum ? 0 : other;
  }
  if (in.t != NULL && out.t != NULL && in.t != out.t) memcpy(out.t, in.t, (size_t)n * sizeof(real));
}

/* With the weights w of output P, W = sum w and a = sum w q, all that is left of
 * D = (q1 + q2) / 2 - K is
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

NT_CLONES static void NAME(remask)(int64_t n, nt_lane_value in, bool d, const nt_sides *m,
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

NT_CLONES static void NAME(scale)(int64_t n, nt_lane_value in, bool d, const nt_sides *rows,
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
      const real angle =
          difference < (real)ROUNDING * k[i] + OF_ROOTS(s1[i], s2[i]) ? 0 : difference;
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

#include "kernel/cells_ends_template.h"
#include "kernel/cells_sums_template.h"
#include "kernel/cells_track_template.h"

static const nt_cell_ops NAME(cell_ops) = {.input = NAME(input),
                                           .affine = NAME(affine),
                                           .convert = NAME(convert),
                                           .pooled = NAME(pooled),
                                           .remask = NAME(remask),
                                           .uncorrelate = NAME(uncorrelate),
                                           .scale = NAME(scale),
                                           .spread = NAME(spread),
                                           .shifted = NAME(shifted),
                                           .three = THREE,
                                           .close_rings = NAME(close_rings),
                                           .gathered = NAME(gathered),
                                           .run = NAME(run),
                                           .run_more = NAME(run_more),
                                           .lay_out = NAME(lay_out),
                                           .slide = NAME(slide),
                                           .collect = NAME(collect),
                                           .fill = NAME(fill),
                                           .fill_cells = NAME(fill_cells),
                                           .pick = NAME(pick),
                                           .strided = NAME(strided),
                                           .pick_double = NAME(pick_double),
                                           .sum = NAME(sum),
                                           .dot = NAME(dot),
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
#undef NAME
#undef real
#undef SUM
#undef THREE
#undef FMA
#undef ROUNDING
#undef OF_ROOTS
