/* Included by quadrature.c once for each arithmetic: `real` and NAME(x). */

typedef real NAME(row)[LANES];

/* v = along + x across, of `nodes` nodes x. */
NT_CLONES static void NAME(place)(int nodes, const double *x, const real *along, const real *across,
                                  NAME(row) * v)
{
  for (int node = 0; node < nodes; node++) {
    const real at = (real)x[node];
    NT_EACH_LANE v[node][i] = along[i] + at * across[i];
  }
}

/* sum += weight f, in four sums that do not wait for each other. A weight that the compiler does
 * not know keeps it from making vectors of nodes instead of lanes. */
NT_CLONES static void NAME(weigh)(int nodes, const double *weight, NAME(row) * f, real *sum)
{
  NAME(row) part[4] = {{0}};
  for (int node = 0; node < nodes; node++) {
    real w = (real)weight[node];
    NT_OPAQUE(w);
    NT_EACH_LANE part[node % 4][i] += w * f[node][i];
  }
  NT_EACH_LANE sum[i] += part[0][i] + part[1][i] + (part[2][i] + part[3][i]);
}

void NAME(nt_quadrature_values)(const nt_quadrature *q, int64_t n, const real *x, real *f,
                                real *dot)
{
  if (dot && !q->df) {
    NAME(nt_function_slope)(q->f, n, &x, 0, f, dot);
    return;
  }
  NAME(nt_function_eval)(q->f, n, &x, f);
  if (dot) NAME(nt_function_eval)(q->df, n, &x, dot);
}

/* Of an odd or even f the nodes (-z, -w) have the values of (z, w): half of the z do. */
static void NAME(hermite)(const nt_quadrature *q, const pairs *p, real *f, real *dot)
{
  NAME(row) u[NT_HERMITE_DEGREE], fu[NT_HERMITE_DEGREE], du[NT_HERMITE_DEGREE];
  NAME(row) v[NODES], fv[NODES], dv[NODES], s1, by_z, by_w;
  const NAME(row) none = {0};
  const int begin = q->parity != NT_PARITY_NONE ? q->n / 2 : 0;
  for (int i = 0; i < LANES; i++) {
    s1[i] = (real)p->s1[i];
    by_z[i] = (real)(p->s2[i] * p->along[i]);
    by_w[i] = (real)(p->s2[i] * p->across[i]);
    f[i] = 0;
    if (dot) dot[i] = 0;
  }
  NAME(place)(q->n - begin, q->x + begin, none, s1, u);
  NAME(nt_quadrature_values)(q, (int64_t)(q->n - begin) * LANES, u[0], fu[0], dot ? du[0] : NULL);
  for (int a = begin; a < q->n; a++) {
    const bool twice = q->parity != NT_PARITY_NONE && 2 * a + 1 != q->n;
    const real weight = (real)(q->weight[a] * (twice ? 2 : 1));
    NAME(row) along, sum = {0}, dot_sum = {0};
    NAME(place)(1, q->x + a, none, by_z, &along);
    for (int b = 0; b < q->n; b += NODES) {
      const int nodes = NT_MIN(q->n - b, NODES);
      NAME(place)(nodes, q->x + b, along, by_w, v);
      NAME(nt_quadrature_values)(q, (int64_t)nodes * LANES, v[0], fv[0], dot ? dv[0] : NULL);
      NAME(weigh)(nodes, q->weight + b, fv, sum);
      if (dot) NAME(weigh)(nodes, q->weight + b, dv, dot_sum);
    }
    NT_EACH_LANE f[i] += weight * fu[a - begin][i] * sum[i];
    if (dot) NT_EACH_LANE dot[i] += weight * du[a - begin][i] * dot_sum[i];
  }
}
