/* Included by relu_simd.c once for each type: `real`, vectors of WIDE of them with their masks,
 * V(op) an operation on them, COMPARE(x, y, how) a mask. Formulas and names are those of angle.h
 * and abrelu.h, with operations that select and compute at once. */

enum { NAME(VECTORS) = NT_LANES / WIDE };

/* Of a run of lanes, what is kept until its roots are there. */
typedef struct NAME(run) {
  vector square[NAME(VECTORS)], z[NAME(VECTORS)], a[NAME(VECTORS)], s[NAME(VECTORS)];
  vector r[NAME(VECTORS)]; /* which only double needs */
} NAME(run);

/* Constants of the map, and its rows. */
typedef struct NAME(map) {
  const real *half1, *half2, *inverse1, *inverse2, *k, *t;
  real *k_out, *t_out;
  vector kd, tf, quarter, t0, share, shift;
} NAME(map);

/* z is 0 below the rounding of D, and a where z is 2 but for rounding. What is no number is
 * neither. */
NT_INLINE void NAME(begin)(const NAME(map) * m, int64_t i, NAME(run) * run)
{
#pragma GCC unroll 2
  for (int v = 0; v < NAME(VECTORS); v++, i += WIDE) {
    const vector half1 = V(loadu)(m->half1 + i), half2 = V(loadu)(m->half2 + i);
    const vector apart = half1 - half2, square = apart * apart;
    const vector rounding = V(abs)(apart) * (V(max)(half1, half2) * (48 * EPSILON));
    const vector d = V(loadu)(m->k + i) - 2 * square, u = d * V(loadu)(m->inverse1 + i);
    const mask is_there = COMPARE(d, rounding, _CMP_NLT_UQ);
    const vector z = V(maskz_mul)(is_there, u, V(loadu)(m->inverse2 + i)), rest = 2 - z;
    const mask is_acute = COMPARE(rest, V(set1)(16 * EPSILON), _CMP_NLT_UQ);
    const vector a = V(maskz_min)(is_acute, z, rest);
    run->square[v] = square;
    run->z[v] = z;
    run->a[v] = a;
    run->s[v] = V(sqrt)(a);
    run->r[v] = NAME(root)(a, V(max)(z, rest));
  }
}

NT_INLINE void NAME(end)(const NAME(map) * m, int64_t i, const NAME(run) * run,
                         const nt_t_from from)
{
#pragma GCC unroll 2
  for (int v = 0; v < NAME(VECTORS); v++, i += WIDE) {
    vector P, far, gap;
    NAME(arc)(run->a[v], run->s[v], run->r[v], &P, &far, &gap);
    const vector p = V(loadu)(m->half1 + i) * V(loadu)(m->half2 + i);
    const vector w = 1 - run->z[v], D = run->a[v] * gap + run->z[v];
    V(storeu)(m->k_out + i, m->kd * (p * D + run->square[v]));
    if (from == NO_T) continue;
    const vector x = V(maskz_mov)(COMPARE(p, V(setzero)(), _CMP_GT_OQ), far);
    const vector signed_x = V(or)(x, V(and)(w, V(set1)(-(real)0)));
    vector T = m->share * (p * w) + m->shift;
    if (from == FROM_T) T = V(loadu)(m->t + i);
    const vector Fdot = signed_x * m->quarter + m->quarter;
    V(storeu)(m->t_out + i, m->tf * (2 * p - p * D) + (T * Fdot + m->t0));
  }
}

/* Roots take as long as all other operations: they are begun before they are needed. */
NT_INLINE void NAME(all)(const NAME(map) * m, int64_t n, const nt_t_from from)
{
  NAME(run) ring[AHEAD + 1];
  int64_t i = 0, next = 0;
  int first = 0, last = 0;
  for (; next < n && last < AHEAD; next += NT_LANES)
    NAME(begin)(m, next, &ring[last++]);
  for (; next < n; i += NT_LANES, next += NT_LANES) {
    NAME(begin)(m, next, &ring[last]);
    NAME(end)(m, i, &ring[first], from);
    first = first < AHEAD ? first + 1 : 0;
    last = last < AHEAD ? last + 1 : 0;
  }
  for (; i < n; i += NT_LANES) {
    NAME(end)(m, i, &ring[first], from);
    first = first < AHEAD ? first + 1 : 0;
  }
}

NT_AVX512 void NAME(nt_relu)(const nt_lanes *lanes, const nt_post *post)
{
  const real *half1 = lanes->table1, *half2 = lanes->table2;
  const NAME(map) m = {.half1 = half1,
                       .half2 = half2,
                       .inverse1 = half1 + lanes->ld1,
                       .inverse2 = half2 + lanes->ld2,
                       .k = lanes->k,
                       .t = lanes->t,
                       .k_out = lanes->k_out,
                       .t_out = lanes->t_out,
                       .kd = V(set1)((real)post->kd),
                       .tf = V(set1)((real)post->tf),
                       .quarter = V(set1)((real)post->tt / 4),
                       .t0 = V(set1)((real)post->t0),
                       .share = V(set1)((real)(4 * lanes->share)),
                       .shift = V(set1)((real)lanes->shift)};
  const int64_t n = lanes->n & ~(int64_t)(NT_LANES - 1);
  if (m.t_out == NULL)
    NAME(all)(&m, n, NO_T);
  else if (m.t == NULL)
    NAME(all)(&m, n, FROM_K);
  else
    NAME(all)(&m, n, FROM_T);
}
