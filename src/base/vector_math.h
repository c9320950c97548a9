/** The vector versions of mathematical functions that glibc's libmvec has: with these declarations
 * gcc calls them in vector loops. Elsewhere the same loops call the plain functions. */
#ifndef NT_BASE_VECTOR_MATH_H
#define NT_BASE_VECTOR_MATH_H

#include <math.h>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 35)
#define NT_SIMD(name)                                                                              \
  __attribute__((simd("notinbranch"))) double name(double);                                        \
  __attribute__((simd("notinbranch"))) float name##f(float);
#define NT_SIMD_2(name)                                                                            \
  __attribute__((simd("notinbranch"))) double name(double, double);                                \
  __attribute__((simd("notinbranch"))) float name##f(float, float);
NT_SIMD(exp)
NT_SIMD(expm1)
NT_SIMD(log)
NT_SIMD(log1p)
NT_SIMD(sin)
NT_SIMD(cos)
NT_SIMD(tan)
NT_SIMD(asin)
NT_SIMD(acos)
NT_SIMD(atan)
NT_SIMD(sinh)
NT_SIMD(cosh)
NT_SIMD(tanh)
NT_SIMD(erf)
NT_SIMD_2(pow)
NT_SIMD_2(atan2)
#undef NT_SIMD
#undef NT_SIMD_2
#endif
#endif

#endif
