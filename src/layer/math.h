/** Functions for the formulas of layers, for double and float alike (tgmath.h): exp(x), sqrt(x), ...
 *
 * glibc's libmvec has vector versions of the functions declared here; with these declarations gcc
 * calls them in the loops of map.h. Elsewhere the same formulas call the plain ones. */
#ifndef NT_LAYER_MATH_H
#define NT_LAYER_MATH_H

#include <math.h>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 35)
#define NT_SIMD(name)                                                                              \
  __attribute__((simd("notinbranch"))) double name(double);                                        \
  __attribute__((simd("notinbranch"))) float name##f(float);
NT_SIMD(exp)
NT_SIMD(expm1)
NT_SIMD(atan)
#undef NT_SIMD
#endif
#endif

#include <tgmath.h>

#define NT_PI 3.14159265358979323846

/* Without branches; x when it is not a number. */
#define NT_MAX(x, y) ((x) < (y) ? (y) : (x))
#define NT_MIN(x, y) ((x) > (y) ? (y) : (x))

/* In a formula of map.h: x y - k^2 >= 0, the difference of two products by fused operations (Kahan;
 * Jeannerod, Louvet and Muller 2013), right to its last digits also where x and y differ by orders of
 * magnitude, and 0 exactly for x = y = k. */
#define NT_MINOR(x, y, k) NT_MAX(fma((x), (y), -((k) * (k))) + fma(-(k), (k), (k) * (k)), zero)

#endif
