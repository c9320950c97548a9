/** Numbers of 113 bits for reference values: a correlation of 1 - 1e-12 keeps 20 digits of its
 * distance from 1 here, so that formulas may be written as they stand in the papers. They are long
 * doubles where these are as fine, else those of libquadmath. */
#ifndef NT_ORACLE_QUAD_H
#define NT_ORACLE_QUAD_H

#include <float.h>

#if LDBL_MANT_DIG >= 113
#include <math.h>
typedef long double nt_quad;
#define NT_QUAD(function) function##l
#define NT_QUAD_PI M_PIl
#elif !__has_include(<quadmath.h>)
#error "The tests of kernels need the libquadmath of GCC: build them with CC=gcc"
#else
#include <quadmath.h>
__extension__ typedef __float128 nt_quad;
#define NT_QUAD(function) function##q
#define NT_QUAD_PI __extension__ M_PIq
#endif

/** 0 for x <= 0. Local. */
static inline nt_quad nt_quad_sqrt(nt_quad x) { return x > 0 ? NT_QUAD(sqrt)(x) : 0; }

static inline nt_quad nt_quad_exp(nt_quad x) { return NT_QUAD(exp)(x); }

/** The angle of (x, y), y >= 0, from the x axis: 0 ... pi; pi/2 where both are 0. Local. */
static inline nt_quad nt_quad_angle(nt_quad y, nt_quad x)
{
  return x == 0 && y == 0 ? NT_QUAD_PI / 2 : NT_QUAD(atan2)(y, x);
}

/** x^n, n >= 0; 1 for n = 0. Local. */
static inline nt_quad nt_quad_power(nt_quad x, int n)
{
  nt_quad power = 1;
  for (; n > 0; n--)
    power *= x;
  return power;
}

#endif
