/* Included by series.c once for each arithmetic: `real` and NAME(x). */

/* r = R_l(q) */
static inline __attribute__((always_inline)) void
NAME(polynomial)(int length, const double *coef, int m, const real *restrict q, real *restrict r)
{
  const real top = (real)coef[length - 1];
  for (int i = 0; i < m; i++)
    r[i] = top;
  for (int e = length - 2; e >= 0; e--) {
    const real next = (real)coef[e];
    NT_VECTOR_LOOP
    for (int i = 0; i < m; i++)
      r[i] = r[i] * q[i] + next;
  }
}

/* Horner's rule for F and its derivative over the terms, from the last one down. */
static inline __attribute__((always_inline)) void
NAME(sum)(const nt_series *s, int m, const real *restrict k, const real *restrict q1,
          const real *restrict q2, real *restrict f, real *restrict dot)
{
  real r1[CHUNK], r2[CHUNK];
  for (int i = 0; i < m; i++)
    f[i] = dot[i] = 0;
  for (int l = s->terms - 1; l >= 0; l--) {
    const int length = s->length[l];
    if (length == 0) {
      NT_VECTOR_LOOP
      for (int i = 0; i < m; i++) {
        dot[i] = dot[i] * k[i] + f[i];
        f[i] = f[i] * k[i];
      }
      continue;
    }
    NAME(polynomial)(length, s->coef[l], m, q1, r1);
    NAME(polynomial)(length, s->coef[l], m, q2, r2);
    NT_VECTOR_LOOP
    for (int i = 0; i < m; i++) {
      dot[i] = dot[i] * k[i] + f[i];
      f[i] = f[i] * k[i] + r1[i] * r2[i];
    }
  }
}

NT_CLONES void NAME(nt_series)(const nt_series *s, const nt_lanes *lanes, const nt_post *post)
{
  const real *const k = lanes->k, *const t = lanes->t;
  const real *const table1 = lanes->table1, *const table2 = lanes->table2;
  real *const k_out = lanes->k_out, *const t_out = lanes->t_out;
  const real kf = (real)post->kf, k0 = (real)post->k0;
  const real tf = (real)post->tf, tt = (real)post->tt, t0 = (real)post->t0;
  for (int64_t at = 0; at < lanes->n; at += CHUNK) {
    const int m = (int)NT_MIN(lanes->n - at, (int64_t)CHUNK);
    real f[CHUNK], dot[CHUNK], q2[CHUNK];
    for (int i = 0; i < m; i++)
      q2[i] = lanes->one2 ? table2[0] : table2[at + i];
    NAME(sum)(s, m, k + at, table1 + at, q2, f, dot);
    if (t_out) {
      NT_VECTOR_LOOP
      for (int i = 0; i < m; i++)
        t_out[at + i] = tf * f[i] + (tt * (t[at + i] * dot[i]) + t0);
    }
    NT_VECTOR_LOOP
    for (int i = 0; i < m; i++)
      k_out[at + i] = kf * f[i] + k0;
  }
}
