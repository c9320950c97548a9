#include "quad.h"

#include <math.h>

/* x - x^3/3 + x^5/5 ..., for small x. */
static nt_quad atan_series(nt_quad x)
{
  nt_quad sum = 0, power = x;
  for (int k = 1; power > 1e-36 || power < -1e-36; k += 2) {
    sum += power / k;
    power *= -x * x;
  }
  return sum;
}

/* Machin 1706. */
nt_quad nt_quad_pi(void)
{
  static nt_quad pi = 0;
  if (pi == 0) pi = 16 * atan_series((nt_quad)1 / 5) - 4 * atan_series((nt_quad)1 / 239);
  return pi;
}

/* A step of Newton's method doubles the bits of the first guess: 64, or 53
 * where long double is double. */
nt_quad nt_quad_sqrt(nt_quad x)
{
  nt_quad scale = 1;
  if (!(x > 0)) return 0;
  for (; x < 1e-200; x *= 1e200, scale *= 1e-100)
    continue;
  nt_quad root = (nt_quad)sqrtl((long double)x);
  for (int step = LDBL_MANT_DIG < 60 ? 0 : 1; step < 2; step++)
    root = (root + x / root) / 2;
  return root * scale;
}

/* exp(x) = exp(x / 2^m)^(2^m) loses m bits; few enough of 113. */
nt_quad nt_quad_exp(nt_quad x)
{
  nt_quad sum = 1, term = 1;
  int m = 0;
  for (; x > 0.01 || x < -0.01; m++)
    x /= 2;
  for (int k = 1; k < 15; k++) {
    term *= x / k;
    sum += term;
  }
  for (; m > 0; m--)
    sum *= sum;
  return sum;
}

/* Halve the angle of (x, y) until its tangent is small. */
nt_quad nt_quad_angle(nt_quad y, nt_quad x)
{
  if (x == 0 && y == 0) return nt_quad_pi() / 2;
  if (x < 0) return nt_quad_pi() - nt_quad_angle(y, -x);
  nt_quad factor = 1;
  while (y > x / 12) {
    x += nt_quad_sqrt(x * x + y * y);
    factor *= 2;
  }
  return factor * atan_series(y / x);
}

nt_quad nt_quad_power(nt_quad x, int n)
{
  nt_quad power = 1;
  for (; n > 0; n--)
    power *= x;
  return power;
}
