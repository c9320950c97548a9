/* The tables of expansion.h: coefficients of NT_LANES variances at a time, by a rule in one dimension. */
#include "layer/expansion.h"

#include "base/clones.h"
#include "layer/math.h"

#include <string.h>

/* Nodes that are evaluated together; how far, and how finely, the last polynomials reach. */
enum {
  NODES = 16,
  LANES = NT_LANES,
  TERMS = NT_EXPANSION_TERMS,
  STEPS = NT_EXPANSION_STEPS,
  PIECES = 16
};
static const double REACH = 12, FINEST = 0.15;
/* Terms with smaller squares are left out, relative to E[f'^2]. */
static const double NOTHING = 1e-30;

#define EACH_LANE                                                                                  \
  NT_VECTOR_LOOP                                                                                   \
  for (int i = 0; i < LANES; i++)

typedef double row[LANES];

/* Sums over all nodes so far: of a function times h_k, of the function, and of its square. */
typedef struct sums {
  row term[TERMS], mean, square;
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
      sum->mean[i] += weighted;
      value[node][i] = weighted;
    }
  }
}

/* The next polynomial at all nodes: h_(k+1) = (z h_k - sqrt(k) h_(k-1)) / sqrt(k + 1). */
NT_CLONES static void add_terms(const nodes *p, row *weighted, int first, sums *sum)
{
  row last[NODES], before[NODES];
  memset(before, 0, sizeof before);
  for (int node = 0; node < NODES; node++)
    EACH_LANE last[node][i] = 1;
  for (int k = 0; k < TERMS + first; k++) {
    const double scale = 1 / sqrt(k + 1.0), back = sqrt(k / (k + 1.0));
    row all = {0};
    for (int node = 0; node < NODES; node++) {
      EACH_LANE
      {
        const double h = last[node][i];
        all[i] += h * weighted[node][i];
        last[node][i] = p->z[node][i] * scale * h - back * before[node][i];
        before[node][i] = h;
      }
    }
    if (k < first) continue;
    EACH_LANE sum->term[k - first][i] += all[i];
  }
}

/* f: a_(k + 1), if there are two rows a term; dot: b_k. */
static void add(const nt_quadrature *rule, const double *s, nodes *p, sums *f, sums *dot)
{
  const double *const x = p->x[0];
  for (int node = 0; node < NODES; node++)
    EACH_LANE p->x[node][i] = s[i] * p->z[node][i];
  nt_function_slope(rule->f, (int64_t)NODES * LANES, &x, 0, p->f[0], p->dot[0]);
  weigh(p, p->f, f);
  weigh(p, p->dot, dot);
  if (nt_expansion_of(rule).two) add_terms(p, p->f, 1, f);
  add_terms(p, p->dot, 0, dot);
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

/* Whether some lanes got no nodes, or wrong ones. */
static bool is_wide(const nt_quadrature *rule, double s, const sums *f, const sums *dot, int i)
{
  return s > nt_quadrature_widest(rule) ||
         (rule->rule == NT_RULE_TRAPEZOID && f->square[i] + dot->square[i] <= 0);
}

/* sqrt(rest / E[]) behind each step of the ladder, where that is more than there is so far: what all terms leave out,
 * and those of them that are behind. */
static void leave(const sums *sum, int i, bool with_mean, double *const *table, int64_t at)
{
  const double square = sum->square[i], mean = with_mean ? sum->mean[i] : 0;
  double inside = mean * mean, behind = 0;
  if (square <= 0) return;
  for (int k = 0; k < TERMS; k++)
    inside += sum->term[k][i] * sum->term[k][i];
  behind = NT_MAX(fabs(1 - inside / square), 1e-15);
  for (int step = STEPS - 1, k = TERMS; step >= 0; step--) {
    for (; k > nt_expansion_ladder(step); k--)
      behind += sum->term[k - 1][i] * sum->term[k - 1][i] / square;
    double *const rest = &table[NT_EXPANSION_REST + step][at + i];
    *rest = NT_MAX(*rest, sqrt(behind));
  }
}

/* a_(k + 1) from b_k. */
static void integrate(const double *s, const sums *dot, sums *f)
{
  for (int k = 0; k < TERMS; k++)
    EACH_LANE f->term[k][i] = s[i] * dot->term[k][i] / sqrt(k + 1.0);
}

/* The terms that there are; tiny ones are 0, lest their products be slow. */
static void keep(const nt_expansion *e, const double *s, int i, const sums *f, const sums *dot,
                 double *const *table, int64_t at)
{
  double *const *const to = table + NT_EXPANSION_C;
  table[NT_EXPANSION_FACTOR][at + i] = e->two ? 1 : s[i];
  table[NT_EXPANSION_MEAN][at + i] = f->mean[i];
  for (int r = 0; r < e->rows; r++) {
    const int k = e->first + r * e->stride;
    const double a = f->term[k][i], b = dot->term[k][i];
    const bool some = b * b > NOTHING * dot->square[i];
    if (e->two) {
      to[r][at + i] = a * a > NOTHING * f->square[i] ? a : 0;
      to[e->rows + r][at + i] = some ? b : 0;
    } else {
      to[r][at + i] = some ? b / sqrt(k + 1.0) : 0;
    }
  }
}

static void expand(const nt_quadrature *rule, int m, const double *q, double *const *table,
                   int64_t at)
{
  const nt_expansion e = nt_expansion_of(rule);
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
  if (!e.two) integrate(s, &dot, &f);
  for (int i = 0; i < m; i++) {
    const double none = is_wide(rule, s[i], &f, &dot, i) ? (double)INFINITY : 0;
    table[NT_EXPANSION_Q][at + i] = q[i];
    table[NT_EXPANSION_ROOT][at + i] = s[i] > 0 ? 1 / s[i] : 0;
    for (int step = 0; step < STEPS; step++)
      table[NT_EXPANSION_REST + step][at + i] = none;
    leave(&f, i, true, table, at);
    leave(&dot, i, false, table, at);
    keep(&e, s, i, &f, &dot, table, at);
  }
}

nt_expansion nt_expansion_of(const nt_quadrature *rule)
{
  const bool half = rule->parity != NT_PARITY_NONE;
  return (nt_expansion){.first = rule->parity == NT_PARITY_EVEN,
                        .stride = half ? 2 : 1,
                        .rows = half ? TERMS / 2 : TERMS,
                        .two = rule->jumps};
}

int nt_expansion_count(const nt_quadrature *rule)
{
  const nt_expansion e = nt_expansion_of(rule);
  return NT_EXPANSION_C + (e.two ? 2 : 1) * e.rows;
}

void nt_expansion_tables(const nt_quadrature *rule, int64_t n, const double *q,
                         double *const *table)
{
  for (int64_t at = 0; at < n; at += LANES)
    expand(rule, (int)NT_MIN(n - at, (int64_t)LANES), q + at, table, at);
}
