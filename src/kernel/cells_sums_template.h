/* Sums of cells along an axis, and the padding of a D.
 * Included by cells_template.h. */

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
    NAME(shift_three)(n, mask + a * s->ld, mask + b * s->ld, shift, in, (real)k0, (real)t0, out);
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
