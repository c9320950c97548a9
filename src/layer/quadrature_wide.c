/* Gaussians that are wide beside all that f does around 0, as tanh(x) at variances of 1e10: the
 * rule SPLIT with a piece on either side of 0, and nodes that close in on the ends of pieces,
 *
 *     x = tanh(t / 2),  t = 0, +-step, +-2 step, ...   on (-1, 1)
 *
 * so that each scale gets as many of them. It holds where f is alike on all scales, as what tends
 * to straight lines is, but what oscillates is not: a finer rule must agree, here in one
 * dimension, for every variance that is met.
 * Source: Stenger 1993, Numerical methods based on sinc and analytic functions. */
#include "base/check.h"
#include "base/clones.h"
#include "base/memory.h"
#include "layer/math.h"
#include "layer/quadrature.h"

#include <stdlib.h>
#include <string.h>

/* Nodes reach to exp(-REACH) of a piece from its ends; pieces to RANGE standard deviations. */
enum { LANES = NT_LANES, NODES = 16, LEVELS = 6 };
static const double REACH = 40, RANGE = 8.5, TRIED = 1e-11, MET = 1e-8;

typedef double row[LANES];

static nt_status grade(nt_error *err, int level, nt_graded *g)
{
  nt_status status = NT_OK;
  double *x = NULL;
  const double step = 0.6 * pow(0.75, level);
  const int half = (int)floor(REACH / step), n = 2 * half + 1;
  NT_TRY(nt_alloc(err, 2 * n, sizeof(double), "nodes", &x));
  double *const weight = x + n;
  for (int node = 0; node < n; node++) {
    const double t = (node - half) * step, c = cosh(t / 2);
    x[node] = t <= 0 ? 2 / (1 + exp(-t)) : -2 / (1 + exp(t));
    weight[node] = step / (2 * c * c);
  }
  free(g->x);
  *g = (nt_graded){n, x, weight};
done:
  return status;
}

NT_CLONES static void place(const nt_graded *g, int first, const double *s, double side, row *x,
                            row *weight)
{
  for (int node = 0; node < NODES; node++) {
    const int at = NT_MIN(first + node, g->n - 1);
    const double z = side * ((g->x[at] > 0 ? 0 : RANGE) + RANGE / 2 * g->x[at]);
    const double w = first + node < g->n ? g->weight[at] * RANGE / 2 / sqrt(2 * NT_PI) : 0;
    NT_EACH_LANE
    {
      x[node][i] = s[i] * z;
      weight[node][i] = w * exp(-z * z / 2);
    }
  }
}

NT_CLONES static void add_squares(row *weight, row *f, double *sum)
{
  for (int node = 0; node < NODES; node++) {
    NT_EACH_LANE sum[i] += weight[node][i] * (f[node][i] * f[node][i]);
  }
}

/* E[f^2] and E[f'^2] at standard deviations s. */
static void squares(const nt_quadrature *q, const nt_graded *g, const double *s, double *f,
                    double *dot)
{
  row x[NODES], weight[NODES], value[NODES], slope[NODES];
  memset(f, 0, sizeof(row));
  memset(dot, 0, sizeof(row));
  for (int side = -1; side <= 1; side += 2) {
    for (int first = 0; first < g->n; first += NODES) {
      place(g, first, s, side, x, weight);
      nt_quadrature_values_f64(q, (int64_t)NODES * LANES, x[0], value[0], slope[0]);
      add_squares(weight, value, f);
      add_squares(weight, slope, dot);
    }
  }
}

static bool agree(double a, double b, double tolerance)
{
  return fabs(a - b) <= tolerance * fabs(b) && fabs(b) < (double)INFINITY;
}

/* Whether both rules have the same variances, in every lane. */
static void compare(const nt_quadrature *q, const double *s, double tolerance, bool *same)
{
  row f[2], dot[2];
  for (int r = 0; r < 2; r++)
    squares(q, &q->wide[r], s, f[r], dot[r]);
  for (int i = 0; i < LANES; i++)
    same[i] = agree(f[0][i], f[1][i], tolerance) && agree(dot[0][i], dot[1][i], tolerance);
}

nt_status nt_quadrature_widen(nt_error *err, nt_quadrature *q)
{
  nt_status status = NT_OK;
  bool good = false;
  row s;
  for (int i = 0; i < LANES; i++)
    s[i] = nt_quadrature_widest(q) * pow(2, i / 2.0);
  for (int level = 0; level < LEVELS && !good; level++) {
    bool same[LANES];
    NT_TRY(grade(err, level, &q->wide[0]));
    NT_TRY(grade(err, level + 1, &q->wide[1]));
    compare(q, s, TRIED, same);
    good = true;
    for (int i = 0; i < LANES; i++)
      good = good && same[i];
  }
  if (!good) nt_quadrature_narrow(q);
done:
  return status;
}

void nt_quadrature_narrow(nt_quadrature *q)
{
  for (int r = 0; r < 2; r++) {
    free(q->wide[r].x);
    q->wide[r] = (nt_graded){.n = 0};
  }
}

void nt_quadrature_wide(const nt_quadrature *q, const double *s1, const double *s2,
                        const double *rho, const double *minor, double *f, double *dot)
{
  row value = {0}, slope = {0};
  bool same1[LANES], same2[LANES];
  const double widest = nt_quadrature_widest(q);
  const nt_quadrature split = {.rule = NT_RULE_SPLIT,
                               .f = q->f,
                               .df = q->df,
                               .n = q->wide[0].n,
                               .x = q->wide[0].x,
                               .weight = q->wide[0].weight,
                               .kinks = 1};
  if (split.n > 0) {
    compare(q, s1, MET, same1);
    compare(q, s2, MET, same2);
    nt_quadrature_split(&split, s1, s2, rho, minor, value, dot ? slope : NULL);
  }
  for (int i = 0; i < LANES; i++) {
    if (NT_MAX(s1[i], s2[i]) <= widest) continue;
    const bool known = split.n > 0 && same1[i] && same2[i];
    f[i] = known ? value[i] : (double)NAN;
    if (dot) dot[i] = known ? slope[i] : (double)NAN;
  }
}
