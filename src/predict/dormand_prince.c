/* Source: J. R. Dormand, P. J. Prince, J. Comp. Appl. Math. 6 (1980) 19; step control and the
 * first step after E. Hairer, S. P. Norsett, G. Wanner, Solving Ordinary Differential Equations I,
 * II.4; dense output by the quartic through the value at the middle of a step (L. F. Shampine,
 * Math. Comp. 46 (1986) 135). */
#include "predict/dormand_prince.h"

#include "base/check.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STAGES = 7 };

/* Row i: weights of stages 0 ... i-1 in the point of stage i; the last
 * row is the solution itself. */
static const double weights[STAGES][STAGES] = {
    {0},
    {1.0 / 5},
    {3.0 / 40, 9.0 / 40},
    {44.0 / 45, -56.0 / 15, 32.0 / 9},
    {19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729},
    {9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656},
    {35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84}};

static const double error_weights[STAGES] = {35.0 / 384 - 1951.0 / 21600,
                                             0,
                                             500.0 / 1113 - 22642.0 / 50085,
                                             125.0 / 192 - 451.0 / 720,
                                             -2187.0 / 6784 + 12231.0 / 42400,
                                             11.0 / 84 - 649.0 / 6300,
                                             -1.0 / 60};

/* Of the value in the middle of a step. */
static const double middle_weights[STAGES] = {
    6025192743.0 / 30085553152.0 / 2,     0,
    51252292925.0 / 65400821598.0 / 2,    -2691868925.0 / 45128329728.0 / 2,
    187940372067.0 / 1594534317056.0 / 2, -1776094331.0 / 19743644256.0 / 2,
    11237099.0 / 235043384.0 / 2};

typedef struct nt_dopri {
  nt_ctx *ctx;
  const nt_ode *ode;
  double tolerance;
  double s, last, h;  /* now, start of the last step, next step */
  double *y, *before; /* [n] now, at the start of the last step */
  double *point;      /* [n] work */
  double *k[STAGES];  /* [n] slopes of the last step; k[0] of the next one is `slope` */
  double *slope;      /* [n] at y */
  double *first;      /* [n] k[0] of the last accepted step */
  double *middle;     /* [n] value in the middle of the last accepted step */
  double step;        /* length of the last accepted step */
} nt_dopri;

/* out = y + h sum_i w_i k_i over the first `count` stages. */
static void combine(const nt_dopri *d, const double *y, double h, const double *w, int count,
                    double *out)
{
  const int64_t n = d->ode->n;
  for (int64_t i = 0; i < n; i++)
    out[i] = y != NULL ? y[i] : 0;
  for (int stage = 0; stage < count; stage++) {
    const double factor = h * w[stage];
    for (int64_t i = 0; factor != 0 && i < n; i++)
      out[i] += factor * d->k[stage][i];
  }
}

/* Ranks may hold vectors that differ in a last bit, and must decide alike:
 * rank 0's number for all. */
static nt_status share(nt_ctx *ctx, double *v)
{
  nt_status status = NT_OK;
  NT_TRY_MPI(ctx, MPI_Bcast(v, 1, MPI_DOUBLE, 0, nt_ctx_comm(ctx)));
done:
  return status;
}

/* |(a - b) / (tol + tol |y|)|, plain 2-norm; b may be NULL. */
static double scaled_norm(const nt_dopri *d, const double *a, const double *b)
{
  double sum = 0;
  for (int64_t i = 0; i < d->ode->n; i++) {
    const double v = (a[i] - (b != NULL ? b[i] : 0)) / (d->tolerance * (1 + fabs(d->y[i])));
    sum += v * v;
  }
  return sqrt(sum);
}

/* The first step, from the sizes of solution, slope and second derivative. */
static nt_status first_step(nt_dopri *d)
{
  nt_status status = NT_OK;
  const int64_t n = d->ode->n;
  const double d0 = scaled_norm(d, d->y, NULL), d1 = scaled_norm(d, d->slope, NULL);
  double h0 = d0 < 1e-5 || d1 < 1e-5 ? 1e-6 : 0.01 * d0 / d1;
  NT_TRY(share(d->ctx, &h0));
  for (int64_t i = 0; i < n; i++)
    d->point[i] = d->y[i] + h0 * d->slope[i];
  NT_TRY(d->ode->slope(d->ode->self, d->point, d->k[1]));
  const double d2 = scaled_norm(d, d->k[1], d->slope) / h0;
  const double h1 =
      d1 <= 1e-15 && d2 <= 1e-15 ? fmax(1e-6, 1e-3 * h0) : pow(0.01 / fmax(d1, d2), 1.0 / 5);
  d->h = fmin(100 * h0, h1);
  NT_TRY(share(d->ctx, &d->h));
done:
  return status;
}

/* All stages of a step of length h; point = the solution at its end. */
static nt_status stages(nt_dopri *d)
{
  nt_status status = NT_OK;
  memcpy(d->k[0], d->slope, (size_t)d->ode->n * sizeof(double));
  for (int stage = 1; stage < STAGES; stage++) {
    combine(d, d->y, d->h, weights[stage], stage, d->point);
    NT_TRY(d->ode->slope(d->ode->self, d->point, d->k[stage]));
  }
done:
  return status;
}

/* RMS of the error estimate against the tolerance. */
static double error_ratio(const nt_dopri *d)
{
  const int64_t n = d->ode->n;
  double sum = 0;
  for (int64_t i = 0; i < n; i++) {
    double error = 0;
    for (int stage = 0; stage < STAGES; stage++)
      error += d->h * error_weights[stage] * d->k[stage][i];
    error /= d->tolerance * (1 + fmax(fabs(d->y[i]), fabs(d->point[i])));
    sum += error * error;
  }
  return sqrt(sum / (double)n);
}

static double next_step(double h, double ratio)
{
  if (!isfinite(ratio)) return 0.2 * h;
  if (ratio == 0) return 10 * h;
  return h * fmin(10, fmax(0.9 * pow(ratio, -1.0 / 5), ratio < 1 ? 1 : 0.2));
}

static void accept(nt_dopri *d)
{
  const size_t bytes = (size_t)d->ode->n * sizeof(double);
  combine(d, d->y, d->h, middle_weights, STAGES, d->middle);
  memcpy(d->before, d->y, bytes);
  memcpy(d->y, d->point, bytes);
  memcpy(d->first, d->k[0], bytes);
  memcpy(d->slope, d->k[STAGES - 1], bytes);
  d->step = d->h;
  d->last = d->s;
  d->s += d->h;
}

static nt_status advance(nt_dopri *d, nt_ode_info *info)
{
  nt_status status = NT_OK;
  NT_CHECK(
      d->s + d->h > d->s, nt_ctx_error(d->ctx), NT_ERR_NUMERIC,
      "the step of the integrator vanished at time %g (learning rate times steps): the outputs "
      "overflow, or the tolerance %g is below what rounding allows",
      d->s, d->tolerance);
  NT_TRY(stages(d));
  double ratio = error_ratio(d), next = next_step(d->h, ratio);
  NT_TRY(share(d->ctx, &ratio));
  NT_TRY(share(d->ctx, &next));
  if (ratio <= 1) {
    accept(d);
    info->steps++;
  } else {
    info->rejected++;
  }
  d->h = next;
done:
  return status;
}

/* The quartic of the last step at fraction u of it, into `point`. */
static void interpolate(const nt_dopri *d, double u)
{
  const double h = d->step;
  for (int64_t i = 0; i < d->ode->n; i++) {
    const double k0 = d->first[i], k1 = d->slope[i];
    const double y0 = d->before[i], y1 = d->y[i], ym = d->middle[i];
    const double a = -2 * h * k0 + 2 * h * k1 - 8 * y0 - 8 * y1 + 16 * ym;
    const double b = 5 * h * k0 - 3 * h * k1 + 18 * y0 + 14 * y1 - 32 * ym;
    const double c = -4 * h * k0 + h * k1 - 11 * y0 - 5 * y1 + 16 * ym;
    d->point[i] = (((a * u + b) * u + c) * u + h * k0) * u + y0;
  }
}

static nt_status allocate(nt_dopri *d, const double *y0)
{
  nt_status status = NT_OK;
  const int64_t n = d->ode->n;
  double *at = NULL;
  NT_TRY_ALL(d->ctx, nt_alloc(nt_ctx_error(d->ctx), (6 + STAGES) * n, sizeof(double),
                              "the state of an integration", &at));
  double **const arrays[] = {&d->y, &d->before, &d->point, &d->slope, &d->first, &d->middle};
  for (int a = 0; a < 6; a++, at += n)
    *arrays[a] = at;
  for (int a = 0; a < STAGES; a++, at += n)
    d->k[a] = at;
  memcpy(d->y, y0, (size_t)n * sizeof(double));
done:
  return status;
}

nt_status nt_dormand_prince(nt_ctx *ctx, const nt_ode *ode, const double *y0, int n_times,
                            const double *s, double tolerance,
                            nt_status (*out)(void *self, int i, const double *y), nt_ode_info *info)
{
  nt_status status = NT_OK;
  nt_dopri d = {.ctx = ctx, .ode = ode, .tolerance = tolerance};
  *info = (nt_ode_info){0};
  NT_TRY(allocate(&d, y0));
  NT_TRY(ode->slope(ode->self, d.y, d.slope));
  NT_TRY(first_step(&d));
  for (int i = 0; i < n_times; i++) {
    while (d.s < s[i])
      NT_TRY(advance(&d, info));
    if (d.step > 0) interpolate(&d, (s[i] - d.last) / d.step);
    NT_TRY(out(ode->self, i, d.step > 0 ? d.point : d.y));
  }
done:
  free(d.y);
  return status;
}
