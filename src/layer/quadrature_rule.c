/* Making the rules of quadrature.h. */
#include "base/check.h"
#include "base/memory.h"
#include "layer/gauss.h"
#include "layer/math.h"
#include "layer/quadrature.h"

#include <stdlib.h>

static const double WANTED = 1e-11; /* At trial, so that 1e-10 holds between and around. */

static nt_status allocate(nt_error *err, int n, nt_quadrature *q)
{
  nt_status status = NT_OK;
  void *x = NULL, *weight = NULL;
  nt_quadrature_free(q);
  NT_TRY(nt_alloc(err, n, sizeof(double), "nodes", &x));
  q->x = x;
  NT_TRY(nt_alloc(err, n, sizeof(double), "weights", &weight));
  q->weight = weight;
  q->n = n;
done:
  return status;
}

void nt_quadrature_free(nt_quadrature *q)
{
  free(q->x);
  free(q->weight);
  q->x = q->weight = NULL;
  nt_quadrature_narrow(q);
}

static nt_parity parity_of(const nt_quadrature *q)
{
  const nt_parity f = nt_function_parity(q->f);
  const nt_parity other = f == NT_PARITY_ODD ? NT_PARITY_EVEN : NT_PARITY_ODD;
  return f == NT_PARITY_NONE || !q->df || nt_function_parity(q->df) == other ? f : NT_PARITY_NONE;
}

nt_status nt_quadrature_hermite(nt_error *err, int degree, nt_quadrature *q)
{
  nt_status status = NT_OK;
  q->rule = NT_RULE_HERMITE;
  NT_TRY(allocate(err, degree, q));
  nt_gauss_hermite(degree, q->x, q->weight);
  for (int a = 0; a < degree; a++) { /* of a standard normal */
    q->x[a] *= sqrt(2);
    q->weight[a] /= sqrt(NT_PI);
  }
  q->parity = parity_of(q);
done:
  return status;
}

/* Trial pairs: variances of 1/16 to 16, correlations of all signs, duplicates among them. */
enum { TRIALS = 2 * NT_LANES };
typedef struct trial {
  double q11[TRIALS], q22[TRIALS], q12[TRIALS];
  double f[TRIALS], dot[TRIALS];
} trial;

static void make_trial(trial *t)
{
  static const double variances[] = {1, 16, 0.0625, 4},
                      rhos[] = {1, -0.5, 0.9375, 0, -1, 0.25, 0.999};
  for (int i = 0; i < TRIALS; i++) {
    t->q11[i] = variances[i % 4];
    t->q22[i] = i < 4 ? t->q11[i] : variances[(i / 4) % 4];
    t->q12[i] = rhos[i < 4 ? 0 : i % 7] * sqrt(t->q11[i] * t->q22[i]);
  }
}

static void run_trial(const nt_quadrature *q, trial *t)
{
  nt_quadrature_pairs(q, TRIALS, t->q11, t->q22, t->q12, t->f, t->dot);
}

/* The largest difference over what Cauchy and Schwarz allow a pair: trials 0
 * to 3 are the duplicates. */
static double relative(const double *a, const double *b)
{
  double worst = 0;
  for (int i = 0; i < TRIALS; i++) {
    const double own = b[i % 4], other = b[i < 4 ? i : (i / 4) % 4];
    if (!isfinite(b[i])) return NAN;
    worst = NT_MAX(worst, fabs(a[i] - b[i]) / NT_MAX(sqrt(fabs(own * other)), 1e-300));
  }
  return worst;
}

static double difference(const trial *a, const trial *b)
{
  const double f = relative(a->f, b->f), dot = relative(a->dot, b->dot);
  return isnan(f) || isnan(dot) ? NAN : NT_MAX(f, dot);
}

/* Rule number `level` of a family, each finer than the one before; false: there is none. */
typedef bool (*family)(nt_error *err, int level, nt_quadrature *q, nt_status *status);

static bool trapezoid(nt_error *err, int level, nt_quadrature *q, nt_status *status)
{
  (void)err;
  *status = NT_OK;
  q->rule = NT_RULE_TRAPEZOID;
  q->step = 1.2 * pow(0.75, level);
  return nt_quadrature_widest(q) >= 8;
}

static bool split(nt_error *err, int level, nt_quadrature *q, nt_status *status)
{
  static const int nodes[] = {16, 24, 32, 40, 48, 64, 80, 96};
  if (level >= (int)(sizeof nodes / sizeof *nodes)) return false;
  q->rule = NT_RULE_SPLIT;
  *status = allocate(err, nodes[level], q);
  if (*status != NT_OK) return false;
  nt_gauss_legendre(q->n, q->x, q->weight);
  for (int i = 0; i < q->n; i++)
    q->x[i] += q->x[i] <= 0 ? 1 : -1;
  return true;
}

/* A rule is right when the next one agrees with it. What two finer ones find to be no number will
 * not become one. */
static nt_status refine(nt_error *err, family next, nt_quadrature *q)
{
  nt_status status = NT_OK;
  trial now, before;
  double best = INFINITY;
  int no_number = 0;
  make_trial(&now);
  before = now;
  for (int level = 0; no_number < 2 && next(err, level, q, &status); level++) {
    run_trial(q, &now);
    q->reached = level == 0 ? (double)INFINITY : difference(&before, &now);
    if (q->reached <= WANTED) {
      (void)next(err, level - 1, q, &status);
      return status;
    }
    best = q->reached < best ? q->reached : best;
    no_number = isnan(q->reached) ? no_number + 1 : 0;
    before = now;
  }
  if (status != NT_OK) return status;
  NT_CHECK(
      isfinite(best), err, NT_ERR_ARG,
      "fn has no finite kernel at variances from 1/16 to 16: its values or slopes overflow or are "
      "not numbers");
  NT_FAIL(err, NT_ERR_ARG,
          "the quadrature of fn reaches an accuracy of %.1g at variances up to 16, not 1e-10: are "
          "there %skinks? declare where fn or its derivatives jump, as in kinks=[0]; or take "
          "ElementwiseNumerical, which does not check",
          best, q->kinks > 0 ? "more " : "");
done:
  return status;
}

/* Values on either side that differ by more than a slope makes of it. */
static bool jumps_at_kinks(const nt_quadrature *q)
{
  static const double near = 1e-9, jump = 1e-6;
  bool jumps = false;
  for (int i = 0; i < q->kinks; i++) {
    const double at = q->kink[i], x[] = {at - near, at + near}, *const arg[] = {x};
    double y[2];
    nt_function_eval_f64(q->f, 2, arg, y);
    jumps |= !(fabs(y[1] - y[0]) <= jump * NT_MAX(1, fabs(y[0]) + fabs(y[1])));
  }
  return jumps;
}

nt_status nt_quadrature_adapt(nt_error *err, const nt_coefs *kinks, nt_quadrature *q)
{
  nt_status status = NT_OK;
  NT_CHECK(kinks->n <= NT_KINKS, err, NT_ERR_ARG, "%d kinks; at most %d are possible", kinks->n,
           NT_KINKS);
  q->kinks = kinks->n;
  for (int i = 0; i < kinks->n; i++)
    q->kink[i] = kinks->v[i];
  q->parity = parity_of(q);
  NT_TRY(refine(err, kinks->n > 0 ? split : trapezoid, q));
  if (q->rule == NT_RULE_TRAPEZOID) NT_TRY(nt_quadrature_widen(err, q));
  q->jumps = q->f->call != NULL || jumps_at_kinks(q);
done:
  return status;
}
