/* Included by rectified.c once for each arithmetic: `real` and NAME(x). */

/* What the lanes of a chunk need of the angle, and the two values of J. */
typedef struct NAME(rows) {
  real z[CHUNK], w[CHUNK], sine[CHUNK], theta[CHUNK], rest[CHUNK]; /* rest = pi - theta */
  real q[CHUNK], r[CHUNK], q1[CHUNK], r1[CHUNK], s[CHUNK];
} NAME(rows);

/* to = p(x). A function of its own: within each form of the map it would be compiled 40 times. */
CLONES static void NAME(horner)(int degree, const double *p, int m, const real *restrict x,
                                real *restrict to)
{
  const real top = degree > 0 ? (real)p[degree] : 0, second = (real)p[degree > 0 ? degree - 1 : 0];
  NT_VECTOR_LOOP
  for (int i = 0; i < m; i++)
    to[i] = NT_FMA(top, x[i], second);
  for (int e = degree - 2; e >= 0; e--) {
    const real next = (real)p[e];
    NT_VECTOR_LOOP
    for (int i = 0; i < m; i++)
      to[i] = NT_FMA(to[i], x[i], next);
  }
}

/* The formulas of the layer: all lanes by the same instructions. Sums of two products are written
 * as fma, and z goes through memory, so that no compiler has a choice of what to contract. */
static inline __attribute__((always_inline)) void NAME(body)(const nt_rectified *c,
                                                             const nt_lanes *lanes,
                                                             const nt_post *post, const int step2,
                                                             const int with_t, const int with_bias)
{
  const int64_t ld1 = lanes->ld1, ld2 = lanes->ld2;
  const real *restrict const table1 = lanes->table1, *restrict const table2 = lanes->table2;
  const real *restrict const bias1 = lanes->bias1, *restrict const bias2 = lanes->bias2;
  const real *const k_in = lanes->k, *const t_in = lanes->t;
  real *const k_out = lanes->k_out, *const t_out = lanes->t_out;
  const real kf = (real)post->kf, kd = (real)post->kd, k0 = (real)post->k0;
  const real tf = (real)post->tf, tt = (real)post->tt, t0 = (real)post->t0;
  const real pi = (real)NT_PI, whole = (real)(1 / (NT_PI * c->top)), top = (real)c->top;
  const real dot = (real)(c->n * (double)c->n / (2 * NT_PI));
  const bool with_d = kd > 0 || kd < 0;
  /* The mean form in and out, as in map.h; 0: not asked for. */
  const real from_mean = lanes->mean ? 2 : 0, to_mean = lanes->mean ? (real)0.5 : 0;
  const bool mean = lanes->mean;
  const int lower = c->n > 0 ? c->n - 1 : 0;
  real zero = 0, one = 1, two = 2;
  NT_OPAQUE(zero);
  NT_OPAQUE(one);
  NT_OPAQUE(two);
  (void)bias1, (void)bias2;
  for (int64_t at = 0; at < lanes->n; at += CHUNK) {
    const int m = (int)NT_MIN(lanes->n - at, (int64_t)CHUNK);
    NAME(rows) x;
    NT_VECTOR_LOOP
    for (int j = 0; j < m; j++) {
      const int64_t i = at + j;
      const real gap = A(0) - B(0), d = NT_FMA(-from_mean, gap * gap, k_in[i]);
      NT_ANGLE_Z(mean ? d : fabs(d), mean ? NT_ANGLE_ROUNDING : 0)
      x.z[j] = A(0) * B(0) > 0 ? z : one;
    }
    NT_VECTOR_LOOP
    for (int j = 0; j < m; j++) {
      const real z = x.z[j];
      const real a = NT_ANGLE_A, s = sqrt(a), r = sqrt(2 - a);
      NT_ANGLE_P
      const real arc = s * P, half = (real)(NT_PI / 2);
      const real near = arc * half, far_side = NT_FMA(-arc, half, pi);
      x.w[j] = w;
      x.sine[j] = s * r;
      x.theta[j] = w < 0 ? far_side : near;
      x.rest[j] = w < 0 ? near : far_side;
    }
    NAME(horner)(c->n, c->q[0], m, x.w, x.q);
    NAME(horner)(c->n, c->r[0], m, x.w, x.r);
    NAME(horner)(with_d ? c->n : 0, c->s, m, x.z, x.s);
    if (with_t) NAME(horner)(lower, c->q[1], m, x.w, x.q1);
    if (with_t) NAME(horner)(lower, c->r[1], m, x.w, x.r1);
    NT_VECTOR_LOOP
    for (int j = 0; j < m; j++) {
      const int64_t i = at + j;
      const real p = A(0) * B(0), size = A(2) * B(2);
      const real jn = NT_FMA(x.sine[j], x.r[j], x.rest[j] * x.q[j]);
      const real gap = NT_FMA(pi, x.s[j], NT_FMA(x.theta[j], x.q[j], -(x.sine[j] * x.r[j])));
      const real full = pi * top - jn, none = size * size;
      const real f = size * (jn * whole), d = size * ((x.w[j] < 0 ? full : gap) * whole);
      const real F = p > 0 ? f : none, apart = A(2) - B(2);
      const real D = NT_FMA(to_mean * apart, apart, p > 0 ? d : NT_FMA(-size, size, size));
      if (with_t) {
        const real lane = NT_FMA(x.sine[j], x.r1[j], x.rest[j] * x.q1[j]);
        const real Fdot = dot * (A(3) * B(3)) * lane;
        t_out[i] = tf * F + (tt * (t_in[i] * Fdot) + t0);
      }
      k_out[i] = kf * F + NT_FMA(kd, D, with_bias ? NT_BIAS : k0);
    }
  }
}

CLONES void NAME(nt_rectified)(const void *cfg, const nt_lanes *lanes, const nt_post *post)
{
  const bool one2 = lanes->one2, with_t = lanes->t_out != NULL;
  if (lanes->bias1 && one2 && with_t)
    NAME(body)(cfg, lanes, post, 0, 1, 1);
  else if (lanes->bias1 && one2)
    NAME(body)(cfg, lanes, post, 0, 0, 1);
  else if (lanes->bias1 && with_t)
    NAME(body)(cfg, lanes, post, 1, 1, 1);
  else if (lanes->bias1)
    NAME(body)(cfg, lanes, post, 1, 0, 1);
  else if (one2 && with_t)
    NAME(body)(cfg, lanes, post, 0, 1, 0);
  else if (one2)
    NAME(body)(cfg, lanes, post, 0, 0, 0);
  else if (with_t)
    NAME(body)(cfg, lanes, post, 1, 1, 0);
  else
    NAME(body)(cfg, lanes, post, 1, 0, 0);
}
