#include "layer/limits.h"

#include "base/clones.h"
#include "layer/math.h"

/* Places t = STEP, 2 STEP, ... of a polynomial, and half of them. */
enum { POINTS = NT_LANES / 2 };
static const double STEP = 1.0 / 32, SAME = 1e-8, RIGHT = 1e-10;
static const double NEAR = 0.9995; /* (1 - t^2)^2 at half a step */

/* Which pairs are to be looked at; returns whether any is. */
NT_CLONES static bool mark(int n, const double *q11, const double *q22, const double *q12,
                           const double *f, const double *dot, double *marked)
{
  int any = 0;
  NT_VECTOR_LOOP
  for (int i = 0; i < n; i++) {
    const double bad = f[i] - f[i] + (dot[i] - dot[i]);
    const bool near = q12[i] * q12[i] > NEAR * (q11[i] * q22[i]);
    const bool look = (bad != 0) | near;
    marked[i] = look ? 1 : 0;
    any |= look;
  }
  return any != 0;
}

/* The pairs around one, for both polynomials; returns its own t. */
static double approach(double x, double y, double k, double *q11, double *q22, double *q12)
{
  const double size = sqrt(x) * sqrt(y), ratio = size > 0 ? k / size : 0;
  const double rho = ratio < 0 ? -1 : ratio > 0 ? 1 : 0, minor = 1 - fabs(ratio);
  for (int j = 0; j < 2 * POINTS; j++) {
    const double t = j < POINTS ? (j + 1) * STEP : (j + 1 - POINTS) * STEP / 2;
    q11[j] = x > 0 ? x : t * t;
    q22[j] = y > 0 ? y : t * t;
    q12[j] = rho * (1 - t * t) * sqrt(q11[j]) * sqrt(q22[j]);
  }
  return size > 0 ? sqrt(NT_MAX(minor, 0)) : 0;
}

/* At `at` steps the polynomial through y at 1, 2, ... `points` steps. */
static double interpolate(const double *y, int points, double at)
{
  double sum = 0;
  for (int j = 1; j <= points; j++) {
    double weight = 1;
    for (int m = 1; m <= points; m++)
      if (m != j) weight *= (at - m) / (j - m);
    sum += weight * y[j - 1];
  }
  return sum;
}

static void mend(const double *y, double t, double *value)
{
  const double wide = interpolate(y, POINTS, t / STEP);
  const double narrow = interpolate(y + POINTS, POINTS, 2 * t / STEP);
  const double shorter = interpolate(y + POINTS, POINTS - 1, 2 * t / STEP);
  double size = fabs(narrow);
  for (int j = 0; j < 2 * POINTS; j++)
    size = NT_MAX(size, fabs(y[j]));
  /* One of a thousand smooth functions has wide = narrow by chance, where both are wrong. */
  const double apart = NT_MAX(fabs(wide - narrow), fabs(shorter - narrow));
  const double error = fabs(*value - narrow);
  /* Zeros all around say nothing: exp(-D) of wide Gaussians is 1 for duplicates alone. */
  const bool wrong = size > 0 ? !(error <= apart + RIGHT * size) : !(error < (double)INFINITY);
  if (apart <= SAME * size && wrong) *value = narrow;
}

void nt_limits(nt_pairs_f64_fn pairs, const void *arg, int n, const double *q11, const double *q22,
               const double *q12, double *f, double *dot)
{
  double marked[NT_PAIRS];
  if (!mark(n, q11, q22, q12, f, dot ? dot : f, marked)) return;
  for (int i = 0; i < n; i++) {
    double x[NT_LANES], y[NT_LANES], k[NT_LANES], value[NT_LANES], slope[NT_LANES];
    if (marked[i] == 0) continue;
    const double t = approach(q11[i], q22[i], q12[i], x, y, k);
    pairs(arg, NT_LANES, x, y, k, value, dot ? slope : NULL);
    mend(value, t, &f[i]);
    if (dot) mend(slope, t, &dot[i]);
  }
}
