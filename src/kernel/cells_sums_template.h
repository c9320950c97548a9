/* Sums of cells along an axis, and the padding of a D.
 * Included by cells_template.h. */

static void NAME(spread)(const nt_move *move, int64_t ld, void *weights, int32_t *index)
{
  for (int r = 0; r < move->n_runs; r++) {
    const nt_cell_run *run = &move->run[r];
    for (int32_t t = 0; t < run->taps; t++) {
      const int32_t in = move->in[run->first + t];
      int row = t;
      if (move->n_shifts > 0) {
        for (row = 0; move->shift[row] != in - run->out;)
          row++;
      }
      real *const weight = (real *)weights + row * ld + run->out;
      for (int32_t c = 0; c < run->n; c++)
        weight[c] = (real)move->weight[run->first + t];
      for (int32_t c = 0; c < run->n && move->n_shifts == 0; c++)
        index[row * ld + run->out + c] = in + c;
    }
  }
}

/* Three taps of which the first is whole, the usual case, in one pass over K and T. */
static inline __attribute__((always_inline)) void
NAME(shift_three_lanes)(int64_t n, const real *m1, const real *m2, const int32_t *shift,
                        nt_lane_value in, real k0, real t0, nt_lane_value out, const int with_t)
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

NT_CLONES static void NAME(shift_three)(int64_t n, const real *m1, const real *m2,
                                        const int32_t *shift, nt_lane_value in, real k0, real t0,
                                        nt_lane_value out)
{
  if (out.t != NULL)
    NAME(shift_three_lanes)(n, m1, m2, shift, in, k0, t0, out, 1);
  else
    NAME(shift_three_lanes)(n, m1, m2, shift, in, k0, t0, out, 0);
}

/* Taps t ... t + m - 1 at once, added to out but for the first ones. */
static inline __attribute__((always_inline)) void NAME(some_shifts)(int64_t n, const nt_shifts *s,
                                                                    int t, const int m,
                                                                    const real *in, real c,
                                                                    real *out)
{
  const real *mask = (const real *)s->mask + t * s->ld;
  const int64_t ld = s->ld, last = m - 1;
  const int32_t *shift = s->shift + t;
  const int64_t a = shift[0], b = shift[NT_MIN(1, last)], d = shift[NT_MIN(2, last)],
                e = shift[last];
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++) {
    real sum = FMA(mask[i], in[i + a], t == 0 ? c : out[i]);
    if (m > 1) sum = FMA(mask[ld + i], in[i + b], sum);
    if (m > 2) sum = FMA(mask[2 * ld + i], in[i + d], sum);
    if (m > 3) sum = FMA(mask[3 * ld + i], in[i + e], sum);
    out[i] = sum;
  }
}

static void NAME(constant)(int64_t n, real c, real *out)
{
  for (int64_t i = 0; i < n; i++)
    out[i] = c;
}

NT_CLONES static void NAME(all_shifts)(int64_t n, const nt_shifts *s, const real *in, real c,
                                       real *out)
{
  int t = 0;
  if (s->n == 0) NAME(constant)(n, c, out);
  for (; t + 4 <= s->n; t += 4)
    NAME(some_shifts)(n, s, t, 4, in, c, out);
  if (s->n - t == 3)
    NAME(some_shifts)(n, s, t, 3, in, c, out);
  else if (s->n - t == 2)
    NAME(some_shifts)(n, s, t, 2, in, c, out);
  else if (s->n - t == 1)
    NAME(some_shifts)(n, s, t, 1, in, c, out);
}

static void NAME(shifted)(int64_t n, const nt_shifts *s, nt_lane_value in, double k0, double t0,
                          nt_lane_value out)
{
  if (s->n == 3 && s->whole >= 0) {
    const int w = s->whole, a = (w + 1) % 3, b = (w + 2) % 3;
    const int32_t shift[3] = {s->shift[w], s->shift[a], s->shift[b]};
    const real *mask = s->mask;
    NAME(shift_three)(n, mask + a * s->ld, mask + b * s->ld, shift, in, (real)k0, (real)t0, out);
    return;
  }
  NAME(all_shifts)(n, s, in.k, (real)k0, out.k);
  if (out.t != NULL) NAME(all_shifts)(n, s, in.t, (real)t0, out.t);
}

static void NAME(close_rings)(int64_t rows, int64_t columns, const void *in, void *out)
{
  const real *x = in;
  real *y = out;
  for (int64_t r = 0; r < rows; r++, x += columns, y += columns) {
    y[0] += x[columns - 1];
    y[columns - 1] += x[0];
  }
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

/* Taps t, t - 1 ... t - m + 1 at once, added to c or (`more`) to out. */
static inline __attribute__((always_inline)) void
NAME(some_runs)(int64_t n, int t, const int m, const int64_t *from, const double *weight,
                const real *in, bool more, real c, real *out)
{
  const int last = t - m + 1, second = NT_MAX(t - 1, last), third = NT_MAX(t - 2, last);
  const real *x0 = in + from[t], *x1 = in + from[second], *x2 = in + from[third],
             *x3 = in + from[last];
  const real w0 = (real)weight[t], w1 = (real)weight[second], w2 = (real)weight[third],
             w3 = (real)weight[last];
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++) {
    real sum = FMA(w0, x0[i], more ? out[i] : c);
    if (m > 1) sum = FMA(w1, x1[i], sum);
    if (m > 2) sum = FMA(w2, x2[i], sum);
    if (m > 3) sum = FMA(w3, x3[i], sum);
    out[i] = sum;
  }
}

NT_CLONES static void NAME(all_runs)(int64_t n, int taps, const int64_t *from, const double *weight,
                                     const real *in, bool more, real c, real *out)
{
  int t = taps - 1;
  for (; t >= 3; t -= 4, more = true)
    NAME(some_runs)(n, t, 4, from, weight, in, more, c, out);
  if (t == 2)
    NAME(some_runs)(n, t, 3, from, weight, in, more, c, out);
  else if (t == 1)
    NAME(some_runs)(n, t, 2, from, weight, in, more, c, out);
  else if (t == 0)
    NAME(some_runs)(n, t, 1, from, weight, in, more, c, out);
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
  NAME(all_runs)(n, taps, from, weight, x, false, (real)c, out);
}

static void NAME(run_more)(int64_t n, int taps, const int64_t *from, const double *weight,
                           const void *in, void *out)
{
  NAME(all_runs)(n, taps, from, weight, in, true, 0, out);
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
