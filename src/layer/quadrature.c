#include "layer/quadrature.h"

#include "base/clones.h"
#include "layer/map.h"
#include "layer/math.h"

#include <string.h>

/* Nodes that are evaluated together, and how far a standard Gaussian reaches. */
enum { NODES = 32, LANES = NT_LANES };
static const double RANGE = 8.5, COARSEST = 0.6;

/* A row of lanes, and values of f and f' at several of them. */
typedef double row[LANES];
typedef struct values {
  row x[NODES], f[NODES], dot[NODES];
} values;

/* What the rules need of a group of pairs. */
typedef struct pairs {
  row s1, s2;        /* Standard deviations. */
  row along, across; /* v = s2 (along z + across w), u = s1 z. */
  row minor;         /* 1 - |rho| */
} pairs;

NT_CLONES static void prepare(const double *q11, const double *q22, const double *q12, pairs *p)
{
  const double zero = 0;
  NT_EACH_LANE
  {
    const double x = NT_MAX(q11[i], zero), y = NT_MAX(q22[i], zero);
    const double s1 = sqrt(x), s2 = sqrt(y), size = s1 * s2;
    const double ratio = size > 0 ? q12[i] / size : 0, minor = NT_MINOR(x, y, q12[i]);
    const double rho = NT_MIN(NT_MAX(ratio, -1), 1), root = sqrt(NT_ABOVE(minor, x * y));
    const double sine = size > 0 ? root / size : 1;
    p->s1[i] = s1;
    p->s2[i] = s2;
    p->along[i] = rho;
    p->across[i] = NT_MIN(sine, 1);
    p->minor[i] = p->across[i] * p->across[i] / (1 + fabs(rho));
  }
}

#define NT_TEMPLATE "layer/quadrature_hermite_template.h"
#include "base/both_reals.h"

/* sum += w f(x), of `nodes` rows. */
NT_CLONES static void add(int nodes, row *w, row *f, double *sum)
{
  for (int node = 0; node < nodes; node++) {
    NT_EACH_LANE sum[i] += w[node][i] * f[node][i];
  }
}

/* A rule in z and w: n nodes and weights, one a lane. */
typedef struct product {
  int n;
  row x[NT_QUADRATURE_NODES], weight[NT_QUADRATURE_NODES];
} product;

/* x = s1 z, of nodes z. */
NT_CLONES static void scale(int nodes, const double *s, row *z, row *x)
{
  for (int node = 0; node < nodes; node++) {
    NT_EACH_LANE x[node][i] = s[i] * z[node][i];
  }
}

/* x = at + part */
NT_CLONES static void shift(int nodes, const double *at, row *part, row *x)
{
  for (int node = 0; node < nodes; node++) {
    NT_EACH_LANE x[node][i] = at[i] + part[node][i];
  }
}

/* v = s2 along z + s2 across w. Of an odd or even f the nodes (-z, -w) have the values of
 * (z, w): half of the z do. */
static void sum_product(const nt_quadrature *q, product *r, const pairs *p, double *f, double *dot)
{
  values outer, inner;
  row across[NT_QUADRATURE_NODES], by_w, by_z;
  NT_EACH_LANE by_w[i] = p->s2[i] * p->across[i];
  NT_EACH_LANE by_z[i] = p->s2[i] * p->along[i];
  scale(r->n, by_w, r->x, across);
  for (int a = q->parity != NT_PARITY_NONE ? r->n / 2 : 0; a < r->n; a++) {
    const double twice = q->parity != NT_PARITY_NONE && 2 * a + 1 != r->n ? 2 : 1;
    row sum = {0}, dot_sum = {0}, along;
    scale(1, p->s1, &r->x[a], outer.x);
    scale(1, by_z, &r->x[a], &along);
    nt_quadrature_values_f64(q, LANES, outer.x[0], outer.f[0], dot ? outer.dot[0] : NULL);
    for (int b = 0; b < r->n; b += NODES) {
      const int nodes = NT_MIN(r->n - b, NODES);
      shift(nodes, along, &across[b], inner.x);
      nt_quadrature_values_f64(q, (int64_t)nodes * LANES, inner.x[0], inner.f[0],
                               dot ? inner.dot[0] : NULL);
      add(nodes, &r->weight[b], inner.f, sum);
      if (dot) add(nodes, &r->weight[b], inner.dot, dot_sum);
    }
    NT_EACH_LANE f[i] += twice * r->weight[a][i] * outer.f[0][i] * sum[i];
    if (dot) NT_EACH_LANE dot[i] += twice * r->weight[a][i] * outer.dot[0][i] * dot_sum[i];
  }
}

/* Of each lane the nodes j step, |j| <= reach; those of other lanes have weight 0. Returns whether
 * lanes would need too many; they get none. */
NT_CLONES static void trapezoid_product(const nt_quadrature *q, const pairs *p, product *r)
{
  row step, reach;
  double most = 0;
  NT_EACH_LANE
  {
    const double widest = NT_MAX(p->s1[i], p->s2[i]), fine = widest / q->step;
    const double h = 1 / sqrt(1 / (COARSEST * COARSEST) + fine * fine);
    const double nodes = floor(RANGE / h), half = (NT_QUADRATURE_NODES - 1) / 2.0;
    step[i] = h;
    reach[i] = nodes <= half ? nodes : -1;
  }
  for (int i = 0; i < LANES; i++)
    most = NT_MAX(most, reach[i]);
  const int half = (int)most;
  r->n = 2 * half + 1;
  for (int node = 0; node < r->n; node++) {
    const double j = node - half;
    NT_EACH_LANE
    {
      const double z = NT_MIN(NT_MAX(j * step[i], -RANGE), RANGE);
      const double weight = step[i] / sqrt(2 * NT_PI) * exp(-z * z / 2);
      r->x[node][i] = z;
      r->weight[node][i] = fabs(j) <= reach[i] ? weight : 0;
    }
  }
}

double nt_quadrature_widest(const nt_quadrature *q)
{
  const double most = (NT_QUADRATURE_NODES - 1) / 2.0 / RANGE;
  if (q->rule != NT_RULE_TRAPEZOID) return (double)INFINITY;
  return q->step * sqrt(most * most - 1 / (COARSEST * COARSEST)) * (1 - 1e-12);
}

static bool is_wide(const nt_quadrature *q, const pairs *p)
{
  double most = 0;
  for (int i = 0; i < LANES; i++)
    most = NT_MAX(most, NT_MAX(p->s1[i], p->s2[i]));
  return most > nt_quadrature_widest(q);
}

static void group(const nt_quadrature *q, const double *q11, const double *q22, const double *q12,
                  double *f, double *dot)
{
  pairs p;
  product r;
  prepare(q11, q22, q12, &p);
  if (q->rule == NT_RULE_HERMITE) {
    hermite_f64(q, &p, f, dot);
    return;
  }
  memset(f, 0, sizeof(row));
  if (dot) memset(dot, 0, sizeof(row));
  if (q->rule == NT_RULE_SPLIT) {
    nt_quadrature_split(q, p.s1, p.s2, p.along, p.minor, f, dot);
    return;
  }
  trapezoid_product(q, &p, &r);
  sum_product(q, &r, &p, f, dot);
  if (is_wide(q, &p)) nt_quadrature_wide(q, p.s1, p.s2, p.along, p.minor, f, dot);
}

void nt_quadrature_pairs(const nt_quadrature *q, int n, const double *q11, const double *q22,
                         const double *q12, double *f, double *dot)
{
  for (int i = 0; i < n; i += LANES)
    group(q, q11 + i, q22 + i, q12 + i, f + i, dot ? dot + i : NULL);
}

void nt_quadrature_pairs_f32(const nt_quadrature *q, int n, const float *q11, const float *q22,
                             const float *q12, float *f, float *dot)
{
  for (int at = 0; at < n; at += LANES) {
    pairs p;
    row x, y, k;
    for (int i = 0; i < LANES; i++) {
      x[i] = (double)q11[at + i];
      y[i] = (double)q22[at + i];
      k[i] = (double)q12[at + i];
    }
    prepare(x, y, k, &p);
    hermite_f32(q, &p, f + at, dot ? dot + at : NULL);
  }
}
