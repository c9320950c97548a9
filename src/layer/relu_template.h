/* Included by relu_types.h once for each type: `real`, vectors of them with their masks, V(op) an
 * operation on them, COMPARE(x, y, how) a mask, WHERE(mask, op, x, y) an operation that gives 0
 * elsewhere. Formulas and names are those of angle.h and abrelu.h, with operations that select and
 * compute at once. */

enum { NAME(WIDE) = sizeof(vector) / sizeof(real) };

ARC(NT_INLINE, NAME(arc), vector)

/* Of a vector of lanes, what is kept until its roots are there. */
typedef struct NAME(kept) {
  vector square, z, a, s;
  vector r; /* which only double needs */
} NAME(kept);

/* Constants of the map, and its rows. */
typedef struct NAME(lanes) {
  const real *half1, *half2, *inverse1, *inverse2, *k, *t;
  real *k_out, *t_out;
  vector kd, tf, quarter, t0, share, shift;
} NAME(lanes);

/* z is 0 below the rounding of D, and a where z is 2 but for rounding. What is no number is
 * neither. */
NT_INLINE NAME(kept) NAME(begin)(const NAME(lanes) * m, int64_t i)
{
  const vector half1 = V(loadu)(m->half1 + i), half2 = V(loadu)(m->half2 + i);
  const vector apart = half1 - half2, square = apart * apart;
  const vector rounding = ABS(apart) * (V(max)(half1, half2) * (48 * EPSILON));
  const vector d = V(loadu)(m->k + i) - 2 * square, u = d * V(loadu)(m->inverse1 + i);
  const mask is_there = COMPARE(d, rounding, _CMP_NLT_UQ);
  const vector z = WHERE(is_there, mul, u, V(loadu)(m->inverse2 + i)), rest = 2 - z;
  const mask is_acute = COMPARE(rest, V(set1)(16 * EPSILON), _CMP_NLT_UQ);
  const vector a = WHERE(is_acute, min, z, rest);
  return (NAME(kept)){square, z, a, V(sqrt)(a), ROOT(a, V(max)(z, rest))};
}

NT_INLINE void NAME(end)(const NAME(lanes) * m, int64_t i, const NAME(kept) * kept,
                         const nt_t_from from)
{
  vector P, far, gap;
  NAME(arc)(kept->a, kept->s, kept->r, &P, &far, &gap);
  const vector p = V(loadu)(m->half1 + i) * V(loadu)(m->half2 + i);
  const vector w = 1 - kept->z, D = kept->a * gap + kept->z;
  V(storeu)(m->k_out + i, m->kd * (p * D + kept->square));
  if (from == NO_T) return;
  const vector x = KEEP(COMPARE(p, V(setzero)(), _CMP_GT_OQ), far);
  const vector signed_x = V(or)(x, V(and)(w, V(set1)(-(real)0)));
  vector T = m->share * (p * w) + m->shift;
  if (from == FROM_T) T = V(loadu)(m->t + i);
  const vector Fdot = signed_x * m->quarter + m->quarter;
  V(storeu)(m->t_out + i, m->tf * (2 * p - p * D) + (T * Fdot + m->t0));
}

/* Roots take as long as all other operations: they are begun before they are needed. */
#if REGISTERS > 16
/* How many runs of NT_LANES lanes they are ahead, as in angle.h. */
enum { NAME(AHEAD) = 3, NAME(VECTORS) = NT_LANES / NAME(WIDE) };

NT_INLINE void NAME(begin_run)(const NAME(lanes) * m, int64_t i, NAME(kept) * run)
{
#pragma GCC unroll 2
  for (int v = 0; v < NAME(VECTORS); v++)
    run[v] = NAME(begin)(m, i + v * NAME(WIDE));
}

NT_INLINE void NAME(end_run)(const NAME(lanes) * m, int64_t i, const NAME(kept) * run,
                             const nt_t_from from)
{
#pragma GCC unroll 2
  for (int v = 0; v < NAME(VECTORS); v++)
    NAME(end)(m, i + v * NAME(WIDE), &run[v], from);
}

NT_INLINE void NAME(all)(const NAME(lanes) * m, int64_t n, const nt_t_from from)
{
  NAME(kept) ring[NAME(AHEAD) + 1][NAME(VECTORS)];
  int64_t i = 0, next = 0;
  int first = 0, last = 0;
  for (; next < n && last < NAME(AHEAD); next += NT_LANES)
    NAME(begin_run)(m, next, ring[last++]);
  for (; next < n; i += NT_LANES, next += NT_LANES) {
    NAME(begin_run)(m, next, ring[last]);
    NAME(end_run)(m, i, ring[first], from);
    first = first < NAME(AHEAD) ? first + 1 : 0;
    last = last < NAME(AHEAD) ? last + 1 : 0;
  }
  for (; i < n; i += NT_LANES) {
    NAME(end_run)(m, i, ring[first], from);
    first = first < NAME(AHEAD) ? first + 1 : 0;
  }
}

#else
/* One vector, which the registers hold: memory is busy with the constants. */
NT_INLINE void NAME(all)(const NAME(lanes) * m, int64_t n, const nt_t_from from)
{
  if (n == 0) return;
  NAME(kept) kept = NAME(begin)(m, 0);
  int64_t i = 0;
  for (; i + NAME(WIDE) < n; i += NAME(WIDE)) {
    const NAME(kept) next = NAME(begin)(m, i + NAME(WIDE));
    NAME(end)(m, i, &kept, from);
    kept = next;
  }
  NAME(end)(m, i, &kept, from);
}
#endif

TARGET static void NAME(map)(const nt_lanes *lanes, const nt_post *post)
{
  const real *half1 = lanes->table1, *half2 = lanes->table2;
  const NAME(lanes) m = {.half1 = half1,
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
