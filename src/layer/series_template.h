/* Included by series.c once for each arithmetic: `real` and NAME(x). */

#define ROW1(r) (table1[(r)*lanes->ld1 + i])
#define ROW2(r) (table2[(r)*lanes->ld2 + (one2 ? 0 : i)])
#define INLINE static inline __attribute__((always_inline))

/* G and G' of CHUNK lanes so far, and powers of q12. */
typedef struct NAME(sums) {
  _Alignas(64) real g[CHUNK];
  real slope[CHUNK], y[CHUNK], low[CHUNK], high[CHUNK];
} NAME(sums);

/* to = k^(n - 1), 1 for n = 0. */
INLINE void NAME(power)(int n, int m, const real *k, real *to)
{
  for (int i = 0; i < m; i++)
    to[i] = 1;
  for (; n > 1; n--) {
    NT_VECTOR_LOOP
    for (int i = 0; i < m; i++)
      to[i] *= k[i];
  }
}

/* Horner's rule for the rows row + together - 1 ... row. */
INLINE void NAME(add)(const nt_lanes *lanes, int64_t at, int m, int row, NAME(sums) * s,
                      const int together, const bool one2)
{
  const real *const table1 = (const real *)lanes->table1 + at;
  const real *const table2 = (const real *)lanes->table2 + (one2 ? 0 : at);
  NT_VECTOR_LOOP
  for (int i = 0; i < m; i++) {
    const real y = s->y[i];
    real g = s->g[i], slope = s->slope[i];
#pragma GCC unroll 4
    for (int r = row + together - 1; r >= row; r--) {
      slope = slope * y + g;
      g = g * y + ROW1(r) * ROW2(r);
    }
    s->g[i] = g;
    s->slope[i] = slope;
  }
}

INLINE void NAME(body)(const nt_series *series, const nt_lanes *lanes, const nt_post *post,
                       const bool one2)
{
  const real kf = (real)post->kf, k0 = (real)post->k0;
  const real tf = (real)post->tf, tt = (real)post->tt, t0 = (real)post->t0;
  const real first = (real)series->first, stride = (real)series->stride;
  NAME(sums) s;
  for (int64_t at = 0; at < lanes->n; at += CHUNK) {
    const int m = (int)NT_MIN(lanes->n - at, (int64_t)CHUNK);
    const real *const k = (const real *)lanes->k + at, *const t = lanes->t;
    real *const k_out = (real *)lanes->k_out + at, *const t_out = lanes->t_out;
    NAME(power)(series->first, m, k, s.low);
    NAME(power)(series->stride, m, k, s.high);
    NT_VECTOR_LOOP
    for (int i = 0; i < m; i++) {
      s.y[i] = s.high[i] * k[i];
      s.g[i] = s.slope[i] = 0;
    }
    int row = series->rows;
    for (; row >= TOGETHER; row -= TOGETHER)
      NAME(add)(lanes, at, m, row - TOGETHER, &s, TOGETHER, one2);
    for (; row > 0; row--)
      NAME(add)(lanes, at, m, row - 1, &s, 1, one2);
    NT_VECTOR_LOOP
    for (int i = 0; i < m; i++) {
      const real base = first > 0 ? s.low[i] * k[i] : (real)1, f = base * s.g[i];
      const real dot = first * s.low[i] * s.g[i] + stride * s.high[i] * (base * s.slope[i]);
      if (t_out) t_out[at + i] = tf * f + (tt * (t[at + i] * dot) + t0);
      k_out[i] = kf * f + k0;
    }
  }
}

CLONES void NAME(nt_series)(const nt_series *series, const nt_lanes *lanes, const nt_post *post)
{
  if (lanes->one2)
    NAME(body)(series, lanes, post, true);
  else
    NAME(body)(series, lanes, post, false);
}

#undef ROW1
#undef ROW2
#undef INLINE
