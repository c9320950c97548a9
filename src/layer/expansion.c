/* The tables of expansion.h: coefficients of NT_LANES variances at a time, by a rule in one dimension. */
#include "layer/expansion.h"

#include "base/clones.h"
#include "layer/math.h"

#include <string.h>

/* Nodes that are evaluated together; how far, and how finely, the last polynomials reach. */
enum { NODES = 16, LANES = NT_LANES, TERMS = NT_EXPANSION_TERMS, PIECES = 16 };
static const double REACH = 12, FINEST = 0.15;
/* Terms whose squares sum up to less are left out, relative to E[f^2]. */
static const double NOTHING = 1e-24;

#define EACH_LANE                                                                                  \
  NT_VECTOR_LOOP                                                                                   \
  for (int i = 0; i < LANES; i++)

typedef double row[LANES];

/* Sums over all nodes so far: of f or f' times h_k, and of its square. */
typedef struct sums {
  row term[TERMS], square;
} sums;

/* Nodes in hand: places z, weights with that of the Gaussian, values at s z. */
typedef struct nodes {
  row z[NODES], weight[NODES], x[NODES], f[NODES], dot[NODES];
} nodes;

NT_CLONES static void weigh(nodes *p, row *value, sums *sum)
{
  for (int node = 0; node < NODES; node++) {
    EACH_LANE
    {
      const double weighted = p->weight[node][i] * value[node][i];
      sum->square[i] += weighted * value[node][i];
      value[node][i] = weighted;
    }
  }
}

/* The next polynomial at all nodes: h_(k+1) = (z h_k - sqrt(k) h_(k-1)) / sqrt(k + 1). */
NT_CLONES static void add_terms(nodes *p, sums *f, sums *dot)
{
  row last[NODES], before[NODES];
  memset(before, 0, sizeof before);
  for (int node = 0; node < NODES; node++)
    EACH_LANE last[node][i] = 1;
  for (int k = 0; k < TERMS; k++) {
    const double scale = 1 / sqrt(k + 1.0), back = sqrt(k / (k + 1.0));
    row sum = {0}, sum_dot = {0};
    for (int node = 0; node < NODES; node++) {
      EACH_LANE
      {
        const double h = last[node][i];
        sum[i] += h * p->f[node][i];
        sum_dot[i] += h * p->dot[node][i];
        last[node][i] = p->z[node][i] * scale * h - back * before[node][i];
        before[node][i] = h;
      }
    }
    EACH_LANE f->term[k][i] += sum[i];
    EACH_LANE dot->term[k][i] += sum_dot[i];
  }
}

static void add(const nt_quadrature *rule, const double *s, nodes *p, sums *f, sums *dot)
{
  const double *const x = p->x[0];
  for (int node = 0; node < NODES; node++)
    EACH_LANE p->x[node][i] = s[i] * p->z[node][i];
  nt_function_slope(rule->f, (int64_t)NODES * LANES, &x, 0, p->f[0], p->dot[0]);
  weigh(p, p->f, f);
  weigh(p, p->dot, dot);
  add_terms(p, f, dot);
}

/* Equal steps; a lane that would need too many nodes gets none, and with that no terms. */
static void sum_trapezoid(const nt_quadrature *rule, const double *s, sums *f, sums *dot)
{
  nodes p;
  row step, reach;
  int most = 0;
  for (int i = 0; i < LANES; i++) {
    const double fine = s[i] / rule->step;
    step[i] = 1 / sqrt(1 / (FINEST * FINEST) + fine * fine);
    reach[i] = floor(REACH / step[i]);
    if (reach[i] > NT_QUADRATURE_NODES / 2.0) reach[i] = -1;
    most = NT_MAX(most, (int)reach[i]);
  }
  for (int first = -most; first <= most; first += NODES) {
    for (int node = 0; node < NODES; node++) {
      const double j = first + node;
      EACH_LANE
      {
        const double z = NT_MIN(NT_MAX(j * step[i], -REACH), REACH);
        const double weight = step[i] / sqrt(2 * NT_PI) * exp(-z * z / 2);
        p.z[node][i] = z;
        p.weight[node][i] = fabs(j) <= reach[i] ? weight : 0;
      }
    }
    add(rule, s, &p, f, dot);
  }
}

/* Ends of pieces in ascending order: equal ones, and the kinks put in between. */
static int cut(const nt_quadrature *rule, const double *s, row *end)
{
  const int n = PIECES + 1;
  for (int c = 0; c < n; c++)
    EACH_LANE end[c][i] = -REACH + 2 * REACH / PIECES * c;
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

static void sum_split(const nt_quadrature *rule, const double *s, sums *f, sums *dot)
{
  nodes p;
  row end[PIECES + 1 + NT_KINKS];
  const int pieces = cut(rule, s, end);
  for (int first = 0; first < pieces * rule->n; first += NODES) {
    for (int node = 0; node < NODES; node++) {
      const int all = first + node, piece = NT_MIN(all / rule->n, pieces - 1), at = all % rule->n;
      const double share = all < pieces * rule->n ? rule->weight[at] / sqrt(2 * NT_PI) : 0;
      EACH_LANE
      {
        const double half = (end[piece + 1][i] - end[piece][i]) / 2;
        const double z = end[piece][i] + half * (1 + rule->x[at]);
        p.z[node][i] = z;
        p.weight[node][i] = share * half * exp(-z * z / 2);
      }
    }
    add(rule, s, &p, f, dot);
  }
}

/* What the terms leave out, and the term from which on there is nothing. */
static double rest_of(const sums *sum, int i, double *count)
{
  double squares = 0, behind = 0;
  int n = TERMS;
  for (int k = 0; k < TERMS; k++)
    squares += sum->term[k][i] * sum->term[k][i];
  for (; n > 0; n--) {
    behind += sum->term[n - 1][i] * sum->term[n - 1][i];
    if (!(behind <= NOTHING * sum->square[i])) break;
  }
  *count = NT_MAX(*count, n);
  return sum->square[i] > 0 ? sqrt(NT_MAX(1 - squares / sum->square[i], 1e-15)) : 0;
}

static void expand(const nt_quadrature *rule, int m, const double *q, double *const *table,
                   int64_t at)
{
  sums f, dot;
  row s;
  memset(&f, 0, sizeof f);
  memset(&dot, 0, sizeof dot);
  for (int i = 0; i < LANES; i++)
    s[i] = i < m ? sqrt(NT_MAX(q[i], 0)) : 0;
  if (rule->rule == NT_RULE_TRAPEZOID)
    sum_trapezoid(rule, s, &f, &dot);
  else
    sum_split(rule, s, &f, &dot);
  for (int i = 0; i < m; i++) {
    const bool wide = s[i] > nt_quadrature_widest(rule) ||
                      (rule->rule == NT_RULE_TRAPEZOID && f.square[i] + dot.square[i] <= 0);
    double count = 0;
    table[NT_EXPANSION_Q][at + i] = q[i];
    table[NT_EXPANSION_ROOT][at + i] = s[i] > 0 ? 1 / s[i] : 0;
    table[NT_EXPANSION_REST][at + i] = wide ? (double)INFINITY : rest_of(&f, i, &count);
    table[NT_EXPANSION_REST_DOT][at + i] = wide ? (double)INFINITY : rest_of(&dot, i, &count);
    table[NT_EXPANSION_COUNT][at + i] = count;
    for (int k = 0; k < TERMS; k++) {
      table[NT_EXPANSION_A + k][at + i] = k < count ? f.term[k][i] : 0;
      table[NT_EXPANSION_B + k][at + i] = k < count ? dot.term[k][i] : 0;
    }
  }
}

void nt_expansion_tables(const nt_quadrature *rule, int64_t n, const double *q,
                         double *const *table)
{
  for (int64_t at = 0; at < n; at += LANES)
    expand(rule, (int)NT_MIN(n - at, (int64_t)LANES), q + at, table, at);
}
