/* The rule SPLIT of quadrature.h: kinks of f are lines in the plane of (a, b), between which all is
 * smooth. */
#include "base/clones.h"
#include "layer/math.h"
#include "layer/quadrature.h"

enum { NODES = 16, LANES = NT_LANES, CUTS = NT_KINKS * NT_KINKS + 2 };
static const double RANGE = 8.5;

typedef double row[LANES];

typedef struct split {
  const nt_quadrature *q;
  const double *s1, *s2;
  row sign, along, across; /* u = s1 (along a + across b), v = sign s2 (along a - across b) */
  row c1[NT_KINKS], c2[NT_KINKS]; /* Kinks of u/s1 and of sign v/s2. */
  row cut[CUTS];                  /* Of b, ascending, with the ends. */
  int pieces;
} split;

NT_CLONES static void prepare(split *s, const double *rho, const double *minor)
{
  NT_EACH_LANE
  {
    s->sign[i] = rho[i] < 0 ? -1 : 1;
    s->along[i] = sqrt((1 + fabs(rho[i])) / 2);
    s->across[i] = sqrt(minor[i] / 2);
  }
  for (int c = 0; c < s->q->kinks; c++) {
    const double kink = s->q->kink[c];
    NT_EACH_LANE
    {
      s->c1[c][i] = s->s1[i] > 0 ? kink / s->s1[i] : 0;
      s->c2[c][i] = s->s2[i] > 0 ? s->sign[i] * kink / s->s2[i] : 0;
    }
  }
}

/* Ascending in every lane. */
NT_CLONES static void sort(int n, row *cut)
{
  for (int end = n - 1; end > 0; end--) {
    for (int c = 0; c < end; c++) {
      NT_EACH_LANE
      {
        const double x = cut[c][i], y = cut[c + 1][i];
        cut[c][i] = NT_MIN(x, y);
        cut[c + 1][i] = NT_MAX(x, y);
      }
    }
  }
}

/* Where lines of u and of v cross: (c1 - c2) / (2 across). */
NT_CLONES static void cut_outer(split *s)
{
  const int m = s->q->kinks;
  int n = 0;
  for (int c = 0; c < m * m; c++, n++) {
    NT_EACH_LANE
    {
      const double gap = s->c1[c / m][i] - s->c2[c % m][i];
      const double at = gap / NT_MAX(2 * s->across[i], 1e-100);
      s->cut[n][i] = NT_MIN(NT_MAX(at, -RANGE), RANGE);
    }
  }
  NT_EACH_LANE s->cut[n][i] = -RANGE;
  NT_EACH_LANE s->cut[n + 1][i] = RANGE;
  s->pieces = n + 1;
  sort(n + 2, s->cut);
}

/* Where the line of constant b meets the lines of u and of v. */
NT_CLONES static int cut_inner(const split *s, const double *b, row *cut)
{
  const int m = s->q->kinks;
  for (int c = 0; c < m; c++) {
    NT_EACH_LANE
    {
      const double u = (s->c1[c][i] - s->across[i] * b[i]) / s->along[i];
      const double v = (s->c2[c][i] + s->across[i] * b[i]) / s->along[i];
      cut[c][i] = NT_MIN(NT_MAX(u, -RANGE), RANGE);
      cut[m + c][i] = NT_MIN(NT_MAX(v, -RANGE), RANGE);
    }
  }
  NT_EACH_LANE cut[2 * m][i] = -RANGE;
  NT_EACH_LANE cut[2 * m + 1][i] = RANGE;
  sort(2 * m + 2, cut);
  return 2 * m + 1;
}

/* Node number `node` of a piece: its distance from `from`, which is an end of it; the weight, with
 * that of the Gaussian. */
static inline const double *place(const nt_quadrature *q, int node, const double *low,
                                  const double *high, double *distance, double *weight)
{
  const double at = q->x[node] / 2, w = q->weight[node] / 2 / sqrt(2 * NT_PI);
  const double *const from = at > 0 ? low : high;
  NT_EACH_LANE
  {
    const double size = high[i] - low[i], d = size * at, x = from[i] + d;
    distance[i] = d;
    weight[i] = w * size * exp(-x * x / 2);
  }
  return from;
}

/* Values at several nodes of u and v. A Gaussian may be far wider than what f does around its first
 * kink: there u and v are counted from the kink, so that they keep their digits. */
typedef struct values {
  row weight[NODES], u[NODES], v[NODES], fu[NODES], fv[NODES], du[NODES], dv[NODES];
} values;

NT_CLONES static void place_pairs(const split *s, int first, int nodes, const double *low,
                                  const double *high, const double *b, values *v)
{
  for (int node = 0; node < nodes; node++) {
    row d;
    const double *const from = place(s->q, first + node, low, high, d, v->weight[node]);
    NT_EACH_LANE
    {
      const double c1 = s->c1[0][i], c2 = s->c2[0][i], across = s->across[i] * b[i];
      const double u = (c1 - across) / s->along[i], w = (c2 + across) / s->along[i];
      v->u[node][i] = s->s1[i] * (c1 + s->along[i] * (from[i] - u + d[i]));
      v->v[node][i] = s->sign[i] * s->s2[i] * (c2 + s->along[i] * (from[i] - w + d[i]));
    }
  }
}

NT_CLONES static void add(int nodes, row *weight, row *fu, row *fv, double *sum)
{
  for (int node = 0; node < nodes; node++) {
    NT_EACH_LANE sum[i] += weight[node][i] * (fu[node][i] * fv[node][i]);
  }
}

/* The integral over a at one b. */
static void inner(const split *s, const double *b, double *f, double *dot)
{
  row cut[2 * NT_KINKS + 2];
  values v;
  const int pieces = cut_inner(s, b, cut);
  for (int piece = 0; piece < pieces; piece++) {
    for (int first = 0; first < s->q->n; first += NODES) {
      const int nodes = NT_MIN(s->q->n - first, NODES);
      place_pairs(s, first, nodes, cut[piece], cut[piece + 1], b, &v);
      nt_quadrature_values_f64(s->q, (int64_t)nodes * LANES, v.u[0], v.fu[0], dot ? v.du[0] : NULL);
      nt_quadrature_values_f64(s->q, (int64_t)nodes * LANES, v.v[0], v.fv[0], dot ? v.dv[0] : NULL);
      add(nodes, v.weight, v.fu, v.fv, f);
      if (dot) add(nodes, v.weight, v.du, v.dv, dot);
    }
  }
}

void nt_quadrature_split(const nt_quadrature *q, const double *s1, const double *s2,
                         const double *rho, const double *minor, double *f, double *dot)
{
  split s = {.q = q, .s1 = s1, .s2 = s2};
  prepare(&s, rho, minor);
  cut_outer(&s);
  for (int piece = 0; piece < s.pieces; piece++) {
    for (int node = 0; node < q->n; node++) {
      row b, weight, sum = {0}, dot_sum = {0};
      const double *const from = place(q, node, s.cut[piece], s.cut[piece + 1], b, weight);
      NT_EACH_LANE b[i] += from[i];
      inner(&s, b, sum, dot ? dot_sum : NULL);
      NT_EACH_LANE f[i] += weight[i] * sum[i];
      if (dot) NT_EACH_LANE dot[i] += weight[i] * dot_sum[i];
    }
  }
}
