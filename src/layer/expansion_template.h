/* Included by expansion_map.c once for each arithmetic: `real` and NAME(x). */

/* CHUNK pairs: the rows of both arguments, and what becomes of them. `step` of the ladder is the first one whose terms
 * suffice for a pair; STEPS: none. */
typedef struct NAME(chunk) {
  const real *table1, *table2;
  int64_t ld1, ld2;
  int n;
  _Alignas(64) real rho[CHUNK];
  real y[CHUNK], step[CHUNK], left[CHUNK], f[CHUNK], dot[CHUNK];
} NAME(chunk);

#define ROW1(r) (c->table1[(r)*c->ld1 + i])
#define ROW2(r) (c->table2[(r)*c->ld2 + (one2 ? 0 : i)])
#define INLINE static inline __attribute__((always_inline))

/* Left out relative to what Cauchy and Schwarz allow: by the terms that are not taken, and at most by all of them. */
static const real NAME(small) = _Generic((real)0, float : 1e-8f, default : 1e-13);
static const real NAME(wanted) = _Generic((real)0, float : 1e-8f, default : 1e-11);
/* Its square is as good as 0, and products with that would be slow. */
static const real NAME(nothing) = _Generic((real)0, float : 1e-9f, default : 1e-100);

INLINE void NAME(climb)(NAME(chunk) * c, const real *k, const bool half, const bool one2)
{
  _Alignas(64) real power[CHUNK], next[CHUNK];
  NT_VECTOR_LOOP
  for (int i = 0; i < c->n; i++) {
    const real ratio = k[i] * ROW1(NT_EXPANSION_ROOT) * ROW2(NT_EXPANSION_ROOT);
    const real rho = NT_MIN(NT_MAX(ratio, -1), 1), two = rho * rho, four = two * two;
    const real eight = four < NAME(nothing) ? 0 : four * four;
    power[i] = eight < NAME(nothing) ? 0 : eight * eight;
    next[i] = power[i] < NAME(nothing) ? 0 : power[i] * eight;
    c->rho[i] = rho;
    c->y[i] = half ? two : rho;
    c->step[i] = c->f[i] = c->dot[i] = 0;
  }
  int more = 1;
  for (int step = 0; step < STEPS && more; step++) {
    more = 0;
    NT_VECTOR_LOOP
    for (int i = 0; i < c->n; i++) {
      const real left = power[i] * ROW1(NT_EXPANSION_REST + step) * ROW2(NT_EXPANSION_REST + step);
      const real square = power[i] < NAME(nothing) ? 0 : power[i] * power[i];
      const bool late = !(left <= NAME(small));
      c->left[i] = left;
      c->step[i] += late ? (real)1 : (real)0;
      power[i] = next[i];
      next[i] = square;
      more |= late;
    }
  }
}

/* The rows r + TOGETHER - 1 ... r for a group of lanes, by Horner's rule; a lane begins with those of its own step. With
 * one row a term the second sum is the derivative of the first one in y. */
INLINE void NAME(add)(NAME(chunk) * c, int group, int step, bool enters, int row, int rows,
                      const bool one2, const bool two)
{
  const real last = enters ? (real)step : -1;
  const int a = NT_EXPANSION_C + row, b = a + rows;
  NT_VECTOR_LOOP
  for (int i = group; i < group + NT_LANES; i++) {
    const bool begun = c->step[i] > last;
    real f = begun ? c->f[i] : 0, dot = begun ? c->dot[i] : 0;
    const real y = c->y[i];
#pragma GCC unroll 8
    for (int r = TOGETHER - 1; r >= 0; r--) {
      dot = dot * y + (two ? ROW1(b + r) * ROW2(b + r) : f);
      f = f * y + ROW1(a + r) * ROW2(a + r);
    }
    c->f[i] = f;
    c->dot[i] = dot;
  }
}

/* Returns whether all terms do not suffice for some pairs. */
INLINE bool NAME(sum)(NAME(chunk) * c, const nt_expansion *e, const bool one2, const bool two)
{
  int top[CHUNK / NT_LANES], most = 0;
  for (int group = 0; group < c->n; group += NT_LANES) {
    int here = 0;
    for (int i = group; i < group + NT_LANES; i++) {
      const int step = (int)c->step[i];
      here = NT_MAX(here, step);
    }
    top[group / NT_LANES] = here;
    most = NT_MAX(most, here);
  }
  for (int step = NT_MIN(most, STEPS - 1); step >= 0; step--) {
    const int end = nt_expansion_ladder(step) / e->stride;
    const int begin = step > 0 ? nt_expansion_ladder(step - 1) / e->stride : 0;
    for (int row = end - TOGETHER; row >= begin; row -= TOGETHER)
      for (int group = 0; group < c->n; group += NT_LANES)
        if (top[group / NT_LANES] >= step)
          NAME(add)(c, group, step, row == end - TOGETHER, row, e->rows, one2, two);
  }
  const real first = (real)e->first, stride = (real)e->stride;
  NT_VECTOR_LOOP
  for (int i = 0; i < c->n; i++) {
    const real times = first > 0 ? c->rho[i] : (real)1, f = times * c->f[i];
    const real dot = times * c->dot[i];
    const real mean = ROW1(NT_EXPANSION_MEAN) * ROW2(NT_EXPANSION_MEAN);
    const real size = ROW1(NT_EXPANSION_FACTOR) * ROW2(NT_EXPANSION_FACTOR);
    const real head = ROW1(NT_EXPANSION_HEAD) * ROW2(NT_EXPANSION_HEAD);
    const real head_dot = ROW1(NT_EXPANSION_HEAD_DOT) * ROW2(NT_EXPANSION_HEAD_DOT);
    c->dot[i] = head_dot + (two ? dot : (first + 1) * f + stride * (c->y[i] * dot));
    c->f[i] = mean + size * (c->rho[i] * (head + f));
  }
  return most == STEPS;
}

/* What the terms leave out of those pairs that need more comes from the rule in two dimensions. */
static void NAME(complete)(const nt_quadrature *rule, const real *k, bool one2, bool with_dot,
                           NAME(chunk) * c)
{
  double q11[NT_LANES], q22[NT_LANES], q12[NT_LANES], f[NT_LANES], dot[NT_LANES];
  for (int at = 0; at < c->n; at += NT_LANES) {
    int more = 0;
    for (int i = at; i < at + NT_LANES; i++)
      more |= !(c->left[i] <= NAME(wanted));
    if (!more) continue;
    for (int i = at; i < at + NT_LANES; i++) {
      q11[i - at] = (double)ROW1(NT_EXPANSION_Q);
      q22[i - at] = (double)ROW2(NT_EXPANSION_Q);
      q12[i - at] = (double)k[i];
    }
    nt_quadrature_pairs(rule, NT_LANES, q11, q22, q12, f, with_dot ? dot : NULL);
    for (int i = at; i < at + NT_LANES; i++) {
      if (c->left[i] <= NAME(wanted)) continue;
      c->f[i] = (real)f[i - at];
      if (with_dot) c->dot[i] = (real)dot[i - at];
    }
  }
}

INLINE void NAME(body)(const nt_expansion *e, const nt_lanes *lanes, const nt_post *post,
                       const bool one2)
{
  const real *const k = lanes->k, *const t = lanes->t;
  real *const k_out = lanes->k_out, *const t_out = lanes->t_out;
  const real kf = (real)post->kf, k0 = (real)post->k0;
  const real tf = (real)post->tf, tt = (real)post->tt, t0 = (real)post->t0;
  NAME(chunk) c;
  c.ld1 = lanes->ld1;
  c.ld2 = lanes->ld2;
  for (int64_t at = 0; at < lanes->n; at += CHUNK) {
    c.n = (int)NT_MIN(lanes->n - at, (int64_t)CHUNK);
    c.table1 = (const real *)lanes->table1 + at;
    c.table2 = (const real *)lanes->table2 + (one2 ? 0 : at);
    NAME(climb)(&c, k + at, e->stride == 2, one2);
    if (e->rule.jumps ? NAME(sum)(&c, e, one2, true) : NAME(sum)(&c, e, one2, false))
      NAME(complete)(&e->rule, k + at, one2, t_out != NULL, &c);
    if (t_out) {
      NT_VECTOR_LOOP
      for (int i = 0; i < c.n; i++)
        t_out[at + i] = tf * c.f[i] + (tt * (t[at + i] * c.dot[i]) + t0);
    }
    NT_VECTOR_LOOP
    for (int i = 0; i < c.n; i++)
      k_out[at + i] = kf * c.f[i] + k0;
  }
}

NT_CLONES void NAME(nt_expansion)(const nt_expansion *e, const nt_lanes *lanes, const nt_post *post)
{
  if (lanes->one2)
    NAME(body)(e, lanes, post, true);
  else
    NAME(body)(e, lanes, post, false);
}

#undef ROW1
#undef ROW2
#undef INLINE
