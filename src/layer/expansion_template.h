/* Included by expansion_map.c once for each arithmetic: `real` and NAME(x). */

/* CHUNK pairs: the rows of both arguments, and what becomes of them. `step` of the ladder is the
 * first one whose terms suffice for a pair; past the last one: none. */
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

/* The step of every pair; returns the highest one. */
INLINE int NAME(climb)(NAME(chunk) * c, const nt_expansion *e, const real *k, const bool half,
                       const bool one2)
{
  const double *const few = e->few[sizeof(real) == sizeof(float)];
  NT_VECTOR_LOOP
  for (int i = 0; i < c->n; i++) {
    const real ratio = k[i] * ROW1(NT_EXPANSION_ROOT) * ROW2(NT_EXPANSION_ROOT);
    const real rho = NT_MIN(NT_MAX(ratio, -1), 1);
    c->rho[i] = rho;
    c->y[i] = half ? rho * rho : rho;
    c->step[i] = c->f[i] = c->dot[i] = 0;
  }
  for (int step = 0; step < e->steps; step++) {
    const real most = (real)few[step];
    int more = 0;
    NT_VECTOR_LOOP
    for (int i = 0; i < c->n; i++) {
      const real left =
          (real)fabs(c->rho[i]) * ROW1(NT_EXPANSION_REST + step) * ROW2(NT_EXPANSION_REST + step);
      const bool late = !(left <= most);
      c->left[i] = left;
      c->step[i] += late ? (real)1 : (real)0;
      more |= late;
    }
    if (!more) return step;
  }
  return e->steps;
}

/* The rows row + many - 1 ... row for a group of lanes, by Horner's rule; a lane begins with those
 * of its own step. With one row a term the second sum is the derivative of the first one in y; of a
 * flat f there is no second one. */
INLINE void NAME(add)(NAME(chunk) * c, int group, int step, bool enters, int row, const int many,
                      int rows, const bool one2, const nt_sums sums)
{
  const real last = enters ? (real)step : -1;
  const int a = NT_EXPANSION_C + row, b = a + rows;
  NT_VECTOR_LOOP
  for (int i = group; i < group + NT_LANES; i++) {
    const bool begun = c->step[i] > last;
    real f = begun ? c->f[i] : 0, dot = begun ? c->dot[i] : 0;
    const real y = c->y[i];
#pragma GCC unroll 8
    for (int r = many - 1; r >= 0; r--) {
      if (sums == NT_SUM_TWO) dot = dot * y + ROW1(b + r) * ROW2(b + r);
      if (sums == NT_SUM_SLOPE) dot = dot * y + f;
      f = f * y + ROW1(a + r) * ROW2(a + r);
    }
    c->f[i] = f;
    c->dot[i] = dot;
  }
}

/* Returns whether all terms do not suffice for some pairs. */
INLINE bool NAME(sum)(NAME(chunk) * c, const nt_expansion *e, const real *k, const bool one2,
                      const nt_sums sums)
{
  const int most = NAME(climb)(c, e, k, e->stride == 2, one2);
  for (int step = NT_MIN(most, e->steps - 1); step >= 0; step--) {
    const int end = nt_expansion_ladder(step) / e->stride;
    const int begin = step > 0 ? nt_expansion_ladder(step - 1) / e->stride : 0;
    for (int row = end; row > begin; row -= NT_MIN(row - begin, MANY))
      for (int group = 0; group < c->n; group += NT_LANES)
        if (row - begin >= MANY)
          NAME(add)(c, group, step, row == end, row - MANY, MANY, e->rows, one2, sums);
        else
          NAME(add)(c, group, step, row == end, row - FEW, FEW, e->rows, one2, sums);
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
    c->dot[i] =
        head_dot + (sums != NT_SUM_SLOPE ? dot : (first + 1) * f + stride * (c->y[i] * dot));
    c->f[i] = mean + size * (c->rho[i] * (head + f));
  }
  return most == e->steps;
}

/* The rule in two dimensions for n pairs of the chunk, the last ones again where
 * they do not fill a group. */
static void NAME(compute)(const nt_expansion *e, const real *k, bool one2, bool with_dot, int n,
                          const int *at, NAME(chunk) * c)
{
  double q11[NT_LANES], q22[NT_LANES], q12[NT_LANES], f[NT_LANES], dot[NT_LANES];
  for (int lane = 0; lane < NT_LANES; lane++) {
    const int i = at[NT_MIN(lane, n - 1)];
    const real x = ROW1(NT_EXPANSION_Q), y = ROW2(NT_EXPANSION_Q), p = sqrt(x) * sqrt(y);
    q11[lane] = (double)x;
    q22[lane] = (double)y;
    q12[lane] = (double)NT_PARALLEL(x, y, k[i], p);
  }
  nt_quadrature_pairs(&e->rule, NT_LANES, q11, q22, q12, f, with_dot ? dot : NULL);
  for (int lane = 0; lane < n; lane++) {
    c->f[at[lane]] = (real)f[lane];
    if (with_dot) c->dot[at[lane]] = (real)dot[lane];
  }
}

/* ... for those pairs for which all terms leave too much. */
static void NAME(complete)(const nt_expansion *e, const real *k, bool one2, bool with_dot,
                           NAME(chunk) * c)
{
  const real most = (real)e->few[sizeof(real) == sizeof(float)][e->steps];
  int at[CHUNK], n = 0;
  for (int i = 0; i < c->n; i++)
    if (!(c->left[i] <= most)) at[n++] = i;
  for (int first = 0; first < n; first += NT_LANES)
    NAME(compute)(e, k, one2, with_dot, NT_MIN(n - first, NT_LANES), at + first, c);
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
    if (e->flat         ? NAME(sum)(&c, e, k + at, one2, NT_SUM_ONE)
        : e->rule.jumps ? NAME(sum)(&c, e, k + at, one2, NT_SUM_TWO)
                        : NAME(sum)(&c, e, k + at, one2, NT_SUM_SLOPE))
      NAME(complete)(e, k + at, one2, t_out != NULL, &c);
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
