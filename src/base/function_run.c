/* Running the programs of function.h, block after block of values. */
#include "base/function.h"

#include "base/clones.h"
#include "base/vector_math.h"

#include <stdlib.h>
#include <string.h>
#include <tgmath.h>

/* Values in flight: the registers that a function uses stay in the first cache; and the largest
 * whole exponent for which products are made. */
enum { BLOCK = 128, WHOLE = 16 };

/* exp(-x), 0 where that is nothing beside 1: numbers with few digits left, and products that have
 * none, are slow. */
#define NT_GAUSS(x) ((x) < LARGE(x) ? exp(-((x) < LARGE(x) ? (x) : LARGE(x))) : 0)
#define LARGE(x) (sizeof(x) == sizeof(float) ? 40 : 600)

/* The exponent of a power with a whole constant one that a few products
 * make; 0 of all other steps. */
static int whole_power(const nt_function *f, const nt_function_step *step)
{
  const nt_operand exponent = step->operand[1];
  if (step->op != NT_OPERATION_POW || exponent.kind != NT_OPERAND_CONSTANT) return 0;
  const double y = f->constant[exponent.index];
  return fabs(y) <= WHOLE && y == (int)y ? (int)y : 0;
}

/* Somebody's own functions are of doubles. */
static void call_f64(const nt_function *f, int64_t n, const double *const *arg, double *out)
{
  f->call(f->data, n, arg, out);
}

/* A step of differences: on the scale of 1, of three arguments (a covariance and two variances) not
 * beyond that of the covariance. */
static double difference_step(const nt_function *f, const double *x)
{
  const double size = sqrt(fabs(x[1] * x[2])), one = fmax(1, fabs(x[0]));
  const double scale = f->arguments < 3 ? one : size > 0 ? fmin(size, 1) : 1;
  return ldexp(scale, -6);
}

/* Central differences of order 8 of somebody's own function. */
static double difference(const nt_function *f, const double *x, int argument)
{
  static const double weight[] = {4.0 / 5, -1.0 / 5, 4.0 / 105, -1.0 / 280};
  const double h = difference_step(f, x);
  double sum = 0;
  for (int i = 1; i <= 4; i++) {
    for (int side = -1; side <= 1; side += 2) {
      double at[NT_FUNCTION_ARGUMENTS], value;
      memcpy(at, x, sizeof at);
      at[argument] += side * i * h;
      f->call(f->data, 1, (const double *const[]){at, at + 1, at + 2}, &value);
      sum += side * weight[i - 1] * value;
    }
  }
  return sum / h;
}

static void call_slope_f64(const nt_function *f, int64_t n, const double *const *arg, int argument,
                           double *out, double *slope)
{
  for (int64_t i = 0; i < n; i++) {
    double x[NT_FUNCTION_ARGUMENTS] = {0};
    const double *const at[] = {x, x + 1, x + 2};
    for (int a = 0; a < f->arguments; a++)
      x[a] = arg[a][i];
    if (f->own_slope && argument == 0)
      f->own_slope(f->data, 1, at, &slope[i]);
    else
      slope[i] = difference(f, x, argument);
    f->call(f->data, 1, at, &out[i]);
  }
}

/* A block of floats as doubles, and back. */
static void widen(const nt_function *f, int n, int64_t at, const float *const *arg,
                  double (*x)[BLOCK])
{
  for (int a = 0; a < f->arguments; a++)
    for (int i = 0; i < n; i++)
      x[a][i] = (double)arg[a][at + i];
}

static void narrow(int n, const double *x, float *out)
{
  for (int i = 0; i < n; i++)
    out[i] = (float)x[i];
}

static void call_f32(const nt_function *f, int64_t n, const float *const *arg, float *out)
{
  double x[NT_FUNCTION_ARGUMENTS][BLOCK], y[BLOCK];
  const double *const at[] = {x[0], x[1], x[2]};
  for (int64_t done = 0; done < n; done += BLOCK) {
    const int m = n - done < BLOCK ? (int)(n - done) : BLOCK;
    widen(f, m, done, arg, x);
    call_f64(f, m, at, y);
    narrow(m, y, out + done);
  }
}

static void call_slope_f32(const nt_function *f, int64_t n, const float *const *arg, int argument,
                           float *out, float *slope)
{
  double x[NT_FUNCTION_ARGUMENTS][BLOCK], y[BLOCK], dy[BLOCK];
  const double *const at[] = {x[0], x[1], x[2]};
  for (int64_t done = 0; done < n; done += BLOCK) {
    const int m = n - done < BLOCK ? (int)(n - done) : BLOCK;
    widen(f, m, done, arg, x);
    call_slope_f64(f, m, at, argument, y, dy);
    narrow(m, y, out + done);
    narrow(m, dy, slope + done);
  }
}

#define NT_TEMPLATE "base/function_run_template.h"
#include "base/both_reals.h"

double nt_operation_apply(nt_operation op, const double operand[3])
{
  double out = 0;
  run_f64(op, 1, (const double *const[]){operand, operand + 1, operand + 2}, &out);
  return out;
}
