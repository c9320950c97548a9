/* The sums of expansion_sums.h, by a rule in one dimension. */
#include "layer/expansion_sums.h"

#include "base/clones.h"
#include "layer/math.h"

#include <string.h>

/* Nodes that are evaluated together; how far, and how finely, the last polynomials reach. */
enum { NODES = 16, LANES = NT_LANES, PIECES = 24 };
static const double REACH = 12, FINEST = 0.15;
typedef nt_expansion_row row;
typedef nt_expansion_sums sums;

/* Nodes in hand: places z, weights with that of the Gaussian, values at s z. */
typedef struct nodes {
  row z[NODES], weight[NODES], x[NODES], f[NODES], dot[NODES];
} nodes;

NT_CLONES static void weigh(nodes *p, row *value, sums *sum)
{
  for (int node = 0; node < NODES; node++) {
    NT_EACH_LANE
    {
      const double weighted = p->weight[node][i] * value[node][i];
      sum->square[i] += weighted * value[node][i];
      sum->mean[i] += weighted;
      value[node][i] = weighted;
    }
  }
}

/* The next polynomial at all nodes: h_(k+1) = (z h_k - sqrt(k) h_(k-1)) / sqrt(k + 1). */
NT_CLONES static void add_terms(const nodes *p, row *weighted, int first, int terms, sums *sum)
{
  row last[NODES], before[NODES];
  memset(before, 0, sizeof before);
  for (int node = 0; node < NODES; node++)
    NT_EACH_LANE last[node][i] = 1;
  for (int k = 0; k < terms + first; k++) {
    const double scale = 1 / sqrt(k + 1.0), back = sqrt(k / (k + 1.0));
    row all = {0};
    for (int node = 0; node < NODES; node++) {
      NT_EACH_LANE
      {
        const double h = last[node][i];
        all[i] += h * weighted[node][i];
        last[node][i] = p->z[node][i] * scale * h - back * before[node][i];
        before[node][i] = h;
      }
    }
    if (k < first) continue;
    NT_EACH_LANE sum->term[k - first][i] += all[i];
  }
}

/* f: a_(k + 1), if there are two rows a term; dot: b_k. */
static void add(const nt_expansion *e, int terms, const double *s, nodes *p, sums *f, sums *dot)
{
  const double *const x = p->x[0];
  for (int node = 0; node < NODES; node++)
    NT_EACH_LANE p->x[node][i] = s[i] * p->z[node][i];
  nt_function_slope_f64(e->rule.f, (int64_t)NODES * LANES, &x, 0, p->f[0], p->dot[0]);
  weigh(p, p->f, f);
  weigh(p, p->dot, dot);
  if (e->rule.jumps) add_terms(p, p->f, 1, terms, f);
  add_terms(p, p->dot, 0, terms, dot);
}

/* Equal steps; a lane that would need too many nodes gets none, and with that no terms. */
static void sum_trapezoid(const nt_expansion *e, int terms, const double *s, sums *f, sums *dot)
{
  nodes p;
  row step, reach;
  int most = 0;
  for (int i = 0; i < LANES; i++) {
    const double fine = s[i] / e->rule.step;
    step[i] = 1 / sqrt(1 / (FINEST * FINEST) + fine * fine);
    reach[i] = floor(REACH / step[i]);
    if (reach[i] > NT_QUADRATURE_NODES / 2.0) reach[i] = -1;
    most = NT_MAX(most, (int)reach[i]);
  }
  for (int first = -most; first <= most; first += NODES) {
    for (int node = 0; node < NODES; node++) {
      const double j = first + node;
      NT_EACH_LANE
      {
        const double z = NT_MIN(NT_MAX(j * step[i], -REACH), REACH);
        const double weight = step[i] / sqrt(2 * NT_PI) * exp(-z * z / 2);
        p.z[node][i] = z;
        p.weight[node][i] = fabs(j) <= reach[i] ? weight : 0;
      }
    }
    add(e, terms, s, &p, f, dot);
  }
}

/* Ends of pieces in ascending order: equal ones, and the kinks put in between. */
static int cut(const nt_quadrature *rule, const double *s, row *end)
{
  const int n = PIECES + 1;
  for (int c = 0; c < n; c++)
    NT_EACH_LANE end[c][i] = -REACH + 2 * REACH / PIECES * c;
  for (int m = 0; m < rule->kinks; m++) {
    for (int i = 0; i < LANES; i++) {
      const double kink = s[i] > 0 ? rule->kink[m] / s[i] : 0;
      int c = n + m;
      for (const double at = NT_MIN(NT_MAX(kink, -REACH), REACH); c >= 0; c--) {
        const bool here = c == 0 || end[c - 1][i] <= at;
        end[c][i] = here ? at : end[c - 1][i];
        if (here) break;
      }
    }
  }
  return n + rule->kinks - 1;
}

static void sum_split(const nt_expansion *e, int terms, const double *s, sums *f, sums *dot)
{
  const nt_quadrature *const rule = &e->rule;
  nodes p;
  row end[PIECES + 1 + NT_KINKS];
  const int pieces = cut(rule, s, end);
  for (int first = 0; first < pieces * rule->n; first += NODES) {
    for (int node = 0; node < NODES; node++) {
      const int all = first + node, piece = NT_MIN(all / rule->n, pieces - 1), at = all % rule->n;
      const double share = all < pieces * rule->n ? rule->weight[at] / sqrt(2 * NT_PI) : 0;
      const double *const from = end[rule->x[at] > 0 ? piece : piece + 1];
      NT_EACH_LANE
      {
        const double half = (end[piece + 1][i] - end[piece][i]) / 2;
        const double z = from[i] + half * rule->x[at];
        p.z[node][i] = z;
        p.weight[node][i] = share * half * exp(-z * z / 2);
      }
    }
    add(e, terms, s, &p, f, dot);
  }
}

/* a_(k + 1) from b_k. */
static void integrate(int terms, const double *s, const sums *dot, sums *f)
{
  for (int k = 0; k < terms; k++)
    NT_EACH_LANE f->term[k][i] = s[i] * dot->term[k][i] / sqrt(k + 1.0);
}

void nt_expansion_sum(const nt_expansion *e, int terms, const double *s, sums *f, sums *dot)
{
  memset(f, 0, sizeof *f);
  memset(dot, 0, sizeof *dot);
  if (e->rule.rule == NT_RULE_TRAPEZOID)
    sum_trapezoid(e, terms, s, f, dot);
  else
    sum_split(e, terms, s, f, dot);
  if (!e->rule.jumps) integrate(terms, s, dot, f);
}
