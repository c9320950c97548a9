/* Which terms an expansion has, and its tables: expansion.h. */
#include "layer/expansion.h"

#include "base/clones.h"
#include "layer/expansion_sums.h"
#include "layer/math.h"

enum { LANES = NT_LANES, TERMS = NT_EXPANSION_TERMS, STEPS = NT_EXPANSION_STEPS };
/* Terms with smaller squares are left out, relative to E[f'^2]; and all of them
 * that a pattern leaves out. */
static const double NOTHING = 1e-30, NONE = 1e-28;
/* Left out relative to what Cauchy and Schwarz allow, in float64 and float32: by the terms that are
 * not taken, and at most by all of them. */
static const double SMALL[] = {1e-13, 1e-8}, WANTED[] = {1e-11, 1e-8};

typedef nt_expansion_sums sums;

/* The part of E[] in the terms k = first, first + 2, ... but k = 0. */
static double share(const sums *sum, int first, int i)
{
  double part = 0;
  for (int k = first > 0 ? first : 2; k < TERMS; k += 2)
    part += sum->term[k][i] * sum->term[k][i];
  return sum->square[i] > 0 ? part / sum->square[i] : 0;
}

/* Whether those terms are nothing at variances of 1/16 to 16. */
static bool is_nothing(const sums *f, const sums *dot, int first)
{
  double most = 0;
  for (int i = 0; i < LANES; i++)
    most = NT_MAX(most, NT_MAX(share(f, first, i), share(dot, first, i)));
  return most <= NONE;
}

void nt_expansion_find_terms(nt_expansion *e)
{
  sums f, dot;
  nt_expansion_row s;
  for (int i = 0; i < LANES; i++)
    s[i] = 0.25 + i * 3.75 / (LANES - 1);
  nt_expansion_sum(e, TERMS, s, &f, &dot);
  e->flat = e->rule.jumps;
  for (int i = 0; i < LANES; i++)
    e->flat = e->flat && dot.square[i] == 0;
  const bool odd = is_nothing(&f, &dot, 0), even = !odd && is_nothing(&f, &dot, 1);
  e->first = odd;
  e->stride = odd || even ? 2 : 1;
  e->rows = TERMS / 2;
  e->steps = e->stride == 2 ? STEPS : STEPS - 2;
  for (int type = 0; type < 2; type++) {
    for (int step = 0; step < e->steps; step++)
      e->few[type][step] = pow(SMALL[type], 1.0 / nt_expansion_ladder(step));
    e->few[type][e->steps] = pow(WANTED[type], 1.0 / (e->rows * e->stride));
  }
}

/* Row r is of this k. */
static int term_of(const nt_expansion *e, int r) { return e->first + r * e->stride; }

int nt_expansion_count(const nt_expansion *e)
{
  return NT_EXPANSION_C + (e->rule.jumps && !e->flat ? 2 : 1) * e->rows;
}

/* Whether some lanes got no nodes, or wrong ones. */
static bool is_wide(const nt_quadrature *rule, double s, const sums *f, const sums *dot, int i)
{
  return s > nt_quadrature_widest(rule) ||
         (rule->rule == NT_RULE_TRAPEZOID && f->square[i] + dot->square[i] <= 0);
}

/* The root of sqrt(rest / E[]) behind each step of the ladder, where that is more than there is so
 * far: what all rows leave out, and those of them that are behind. */
static void leave(const nt_expansion *e, const sums *sum, int i, double mean, double *const *table,
                  int64_t at)
{
  const double square = sum->square[i], head = e->first > 0 ? sum->term[0][i] : 0;
  double inside = mean * mean + head * head, behind = 0;
  if (square <= 0) return;
  for (int r = 0; r < e->rows; r++)
    inside += sum->term[term_of(e, r)][i] * sum->term[term_of(e, r)][i];
  behind = NT_MAX(fabs(1 - inside / square), 1e-15);
  for (int step = e->steps - 1, r = e->rows; step >= 0; step--) {
    for (; r > nt_expansion_ladder(step) / e->stride; r--)
      behind += sum->term[term_of(e, r - 1)][i] * sum->term[term_of(e, r - 1)][i] / square;
    double *const rest = &table[NT_EXPANSION_REST + step][at + i];
    *rest = NT_MAX(*rest, pow(behind, 0.5 / nt_expansion_ladder(step)));
  }
}

/* The terms that there are; tiny ones are 0, lest their products be slow. */
static void keep(const nt_expansion *e, double s, int i, const sums *f, const sums *dot,
                 double *const *table, int64_t at)
{
  const bool two = e->rule.jumps;
  double *const *const to = table + NT_EXPANSION_C;
  table[NT_EXPANSION_FACTOR][at + i] = two ? 1 : s;
  table[NT_EXPANSION_MEAN][at + i] = f->mean[i];
  table[NT_EXPANSION_HEAD][at + i] = e->first == 0 ? 0 : two ? f->term[0][i] : dot->term[0][i];
  table[NT_EXPANSION_HEAD_DOT][at + i] = e->first == 0 ? 0 : dot->term[0][i];
  for (int r = 0; r < e->rows; r++) {
    const int k = term_of(e, r);
    const double a = f->term[k][i], b = dot->term[k][i];
    const bool some = b * b > NOTHING * dot->square[i];
    if (two) {
      to[r][at + i] = a * a > NOTHING * f->square[i] ? a : 0;
      if (!e->flat) to[e->rows + r][at + i] = some ? b : 0;
    } else {
      to[r][at + i] = some ? b / sqrt(k + 1.0) : 0;
    }
  }
}

static void expand(const nt_expansion *e, int m, const double *q, double *const *table, int64_t at)
{
  sums f, dot;
  nt_expansion_row s;
  for (int i = 0; i < LANES; i++)
    s[i] = i < m ? sqrt(NT_MAX(q[i], 0)) : 0;
  nt_expansion_sum(e, e->rows * e->stride, s, &f, &dot);
  for (int i = 0; i < m; i++) {
    const double none = is_wide(&e->rule, s[i], &f, &dot, i) ? (double)INFINITY : 0;
    table[NT_EXPANSION_Q][at + i] = q[i];
    table[NT_EXPANSION_ROOT][at + i] = s[i] > 0 ? 1 / s[i] : 0;
    for (int step = 0; step < STEPS; step++)
      table[NT_EXPANSION_REST + step][at + i] = none;
    leave(e, &f, i, f.mean[i], table, at);
    leave(e, &dot, i, 0, table, at);
    keep(e, s[i], i, &f, &dot, table, at);
  }
}

void nt_expansion_tables(const nt_expansion *e, int64_t n, const double *q, double *const *table)
{
  for (int64_t at = 0; at < n; at += LANES)
    expand(e, (int)NT_MIN(n - at, (int64_t)LANES), q + at, table, at);
}
