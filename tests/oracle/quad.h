/** Numbers of 113 bits for reference values: a correlation of 1 - 1e-12 keeps 20 digits of its
 * distance from 1 here, so that formulas may be written as they stand in the papers. */
#ifndef NT_ORACLE_QUAD_H
#define NT_ORACLE_QUAD_H

#include <float.h>

#if LDBL_MANT_DIG >= 113
typedef long double nt_quad;
#else
__extension__ typedef __float128 nt_quad;
#endif

nt_quad nt_quad_pi(void);
/** 0 for x <= 0. Local. */
nt_quad nt_quad_sqrt(nt_quad x);
nt_quad nt_quad_exp(nt_quad x);
/** The angle of (x, y), y >= 0, from the x axis: 0 ... pi; pi/2 where both are 0. Local. */
nt_quad nt_quad_angle(nt_quad y, nt_quad x);
/** x^n, n >= 0; 1 for n = 0. Local. */
nt_quad nt_quad_power(nt_quad x, int n);

#endif
