/* Included by relu_types.h once for each type: `real`, vectors of them with their masks, V(op) an
 * operation on them, COMPARE(x, y, how) a mask, KEEP(mask, x) x or elsewhere 0, PICK(mask, x, y) x or
 * elsewhere y, LEAST and MOST of two (where one is negative, the result is not wanted), POSITIVE(p, x) x
 * where p > 0, TWICE(x), ROUNDED(x) what ends a product; s is had AHEAD of the rest by so many runs of
 * lanes, 0 for one that registers hold. Formulas and names are those of angle.h and abrelu.h. */

enum { NAME(WIDE) = sizeof(vector) / sizeof(real) };

ARC(NT_INLINE, NAME(arc), vector)

/* Of a vector of lanes, what is kept until it ends. */
typedef struct NAME(kept) {
  vector square, z, a;
  vector s; /* with REGISTERS > 16 */
  vector r; /* which only double needs */
} NAME(kept);

typedef struct NAME(angle) {
  vector far, gap; /* as in angle_poly.h */
} NAME(angle);

/* Constants of the map, and its rows. */
typedef struct NAME(lanes) {
  const real *half1, *half2, *inverse1, *inverse2, *bias1, *bias2, *gap1, *gap2, *k, *t;
  real *k_out, *t_out;
  vector kf, kd, k0, tf, quarter, t0, share, shift;
} NAME(lanes);

/* Of the second argument. */
NT_INLINE vector NAME(second)(const real *row, int64_t i, const nt_way way)
{
  return way.many ? V(loadu)(row + i) : V(set1)(*row);
}

/* As NT_ANGLE_Z: z is 0 below the rounding of D, and 2 where it is but for rounding. What is no
 * number is neither. */
NT_INLINE NAME(kept) NAME(begin)(const NAME(lanes) * m, int64_t i, const nt_way way)
{
  const vector k = V(loadu)(m->k + i), inverse1 = V(loadu)(m->inverse1 + i);
  const vector inverse2 = NAME(second)(m->inverse2, i, way);
  vector square = V(setzero)(), u = ABS(k) * inverse1 * inverse2, least = V(set1)(16 * EPSILON);
  if (is_mean(way)) {
    const vector apart = V(loadu)(m->half1 + i) - V(loadu)(m->half2 + i);
    const vector rounding = ABS(apart) * V(set1)(24 * EPSILON) * MOST(inverse1, inverse2);
    square = apart * apart;
    u = (k - TWICE(square)) * inverse1 * inverse2;
    u = KEEP(COMPARE(u, rounding, _CMP_NLT_UQ), u);
    least += rounding;
  }
  const vector rest = 2 - u;
  const mask less = COMPARE(rest, least, _CMP_NLT_UQ);
  const vector a = KEEP(less, LEAST(u, rest)), z = PICK(less, u, V(set1)(2));
  return (NAME(kept)){square, z, a, REGISTERS > 16 ? V(sqrt)(a) : a, ROOT(a, V(max)(z, rest))};
}

/* What a bias adds to D, as NT_BIAS. */
NT_INLINE vector NAME(bias)(const NAME(lanes) * m, int64_t i, const nt_way way)
{
  const vector gap = NAME(second)(m->gap2, i, way) - V(loadu)(m->gap1 + i);
  return gap * (V(loadu)(m->bias1 + i) - NAME(second)(m->bias2, i, way) - gap / 2);
}

NT_INLINE NAME(angle) NAME(angle_of)(const NAME(kept) * kept)
{
  vector P;
  NAME(angle) angle;
  const vector s = REGISTERS > 16 ? kept->s : V(sqrt)(kept->a);
  NAME(arc)(kept->a, s, kept->r, &P, &angle.far, &angle.gap);
  return angle;
}

NT_INLINE void NAME(end)(const NAME(lanes) * m, int64_t i, const NAME(kept) * kept,
                         NAME(angle) angle, const nt_way way)
{
  const vector p = V(loadu)(m->half1 + i) * NAME(second)(m->half2, i, way);
  const vector w = 1 - kept->z, D = kept->a * angle.gap + kept->z;
  vector pD = p * D, out, T = m->share * (p * w) + m->shift;
  ROUNDED(pD);
  const vector F = TWICE(p) - pD;
  if (way.from == FROM_T) T = V(loadu)(m->t + i);
  if (way.form == NT_FORM_K || way.form == NT_FORM_MEAN_K)
    out = m->kf * F + m->k0;
  else if (way.form == NT_FORM_BIAS)
    out = m->kd * pD + NAME(bias)(m, i, way);
  else
    out = m->kd * (pD + kept->square);
  V(storeu)(m->k_out + i, out);
  if (way.from == NO_T) return;
  const vector x = POSITIVE(p, angle.far);
  const vector signed_x = V(or)(x, V(and)(w, V(set1)(-(real)0)));
  const vector Fdot = signed_x * m->quarter + m->quarter;
  V(storeu)(m->t_out + i, m->tf * F + (T * Fdot + m->t0));
}

/* Lanes go in runs of two vectors, for which a constant is loaded once, begun before others end:
 * roots take as long as all other operations. With few registers s is had when a run ends, where it
 * is needed last. */
enum { NAME(VECTORS) = 2, NAME(RUN) = NAME(VECTORS) * NAME(WIDE) };

NT_INLINE void NAME(begin_run)(const NAME(lanes) * m, int64_t i, NAME(kept) * run, const nt_way way)
{
#pragma GCC unroll 2
  for (int v = 0; v < NAME(VECTORS); v++)
    run[v] = NAME(begin)(m, i + v * NAME(WIDE), way);
}

NT_INLINE void NAME(end_run)(const NAME(lanes) * m, int64_t i, const NAME(kept) * run,
                             const nt_way way)
{
#pragma GCC unroll 2
  for (int v = 0; v < NAME(VECTORS); v++)
    NAME(end)(m, i + v * NAME(WIDE), &run[v], NAME(angle_of)(&run[v]), way);
}

#if AHEAD > 0
/* Runs that are ahead go through memory. */
_Static_assert((int)NAME(RUN) <= (int)NT_LANES, "lanes are whole runs");

NT_INLINE void NAME(all)(const NAME(lanes) * m, int64_t n, const nt_way way)
{
  NAME(kept) ring[AHEAD + 1][NAME(VECTORS)];
  int64_t i = 0, next = 0;
  int first = 0, last = 0;
  for (; next < n && last < AHEAD; next += NAME(RUN))
    NAME(begin_run)(m, next, ring[last++], way);
  for (; next < n; i += NAME(RUN), next += NAME(RUN)) {
    NAME(begin_run)(m, next, ring[last], way);
    NAME(end_run)(m, i, ring[first], way);
    first = first < AHEAD ? first + 1 : 0;
    last = last < AHEAD ? last + 1 : 0;
  }
  for (; i < n; i += NAME(RUN)) {
    NAME(end_run)(m, i, ring[first], way);
    first = first < AHEAD ? first + 1 : 0;
  }
}

#else
/* One run, which the registers hold: memory is busy with the constants. Roots are spread over the
 * loop: angles are found between the vectors that begin, and vectors end together. */
NT_INLINE void NAME(all)(const NAME(lanes) * m, int64_t n, const nt_way way)
{
  int64_t i = 0;
  if (n >= NAME(RUN)) {
    NAME(kept) run[NAME(VECTORS)], next[NAME(VECTORS)];
    NAME(begin_run)(m, 0, run, way);
    for (; i + 2 * NAME(RUN) <= n; i += NAME(RUN)) {
      NAME(angle) angle[NAME(VECTORS)];
#pragma GCC unroll 2
      for (int v = 0; v < NAME(VECTORS); v++) {
        next[v] = NAME(begin)(m, i + NAME(RUN) + v * NAME(WIDE), way);
        angle[v] = NAME(angle_of)(&run[v]);
      }
#pragma GCC unroll 2
      for (int v = 0; v < NAME(VECTORS); v++) {
        NAME(end)(m, i + v * NAME(WIDE), &run[v], angle[v], way);
        run[v] = next[v];
      }
    }
    NAME(end_run)(m, i, run, way);
    i += NAME(RUN);
  }
  /* Of floats, NT_LANES are one vector of 64 bytes. */
  for (; i < n; i += NAME(WIDE)) {
    const NAME(kept) last = NAME(begin)(m, i, way);
    NAME(end)(m, i, &last, NAME(angle_of)(&last), way);
  }
}
#endif

NT_INLINE void NAME(form)(const NAME(lanes) * m, int64_t n, const int form, const bool many)
{
  if (m->t_out == NULL)
    NAME(all)(m, n, (nt_way){form, NO_T, many});
  else if (form >= NT_FORM_MEAN_K && m->t == NULL)
    NAME(all)(m, n, (nt_way){form, FROM_K, many});
  else
    NAME(all)(m, n, (nt_way){form, FROM_T, many});
}

/* Of forms that are not the mean one. */
NT_INLINE void NAME(plain)(const NAME(lanes) * m, int64_t n, const nt_post *post, const bool many)
{
  if (m->bias1 != NULL)
    NAME(form)(m, n, NT_FORM_BIAS, many);
  else if (post->kd != 0)
    NAME(form)(m, n, NT_FORM_D, many);
  else
    NAME(form)(m, n, NT_FORM_K, many);
}

TARGET static void NAME(map)(const nt_lanes *lanes, const nt_post *post)
{
  const real *half1 = lanes->table1, *half2 = lanes->table2;
  const real *bias1 = lanes->bias1, *bias2 = lanes->bias2;
  const bool with_bias = bias1 != NULL;
  const NAME(lanes) m = {.half1 = half1,
                         .half2 = half2,
                         .inverse1 = half1 + lanes->ld1,
                         .inverse2 = half2 + lanes->ld2,
                         .bias1 = bias1,
                         .bias2 = bias2,
                         .gap1 = with_bias ? bias1 + lanes->ld1 : NULL,
                         .gap2 = with_bias ? bias2 + lanes->ld2 : NULL,
                         .k = lanes->k,
                         .t = lanes->t,
                         .k_out = lanes->k_out,
                         .t_out = lanes->t_out,
                         .kf = V(set1)((real)post->kf),
                         .kd = V(set1)((real)post->kd),
                         .k0 = V(set1)((real)post->k0),
                         .tf = V(set1)((real)post->tf),
                         .quarter = V(set1)((real)post->tt / 4),
                         .t0 = V(set1)((real)post->t0),
                         .share = V(set1)((real)(4 * lanes->share)),
                         .shift = V(set1)((real)lanes->shift)};
  const int64_t n = lanes->n & ~(int64_t)(NT_LANES - 1);
  if (lanes->mean && post->kd != 0)
    NAME(form)(&m, n, NT_FORM_MEAN_D, true);
  else if (lanes->mean)
    NAME(form)(&m, n, NT_FORM_MEAN_K, true);
  else if (lanes->one2)
    NAME(plain)(&m, n, post, false);
  else
    NAME(plain)(&m, n, post, true);
}

#undef NAME
#undef real
#undef EPSILON
#undef vector
#undef mask
#undef V
#undef COMPARE
#undef LEAST
#undef MOST
#undef POSITIVE
#undef ARC
#undef ROOT
#undef AHEAD
