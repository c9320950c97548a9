/** Functions for the formulas of layers, for double and float alike (tgmath.h): exp(x),
 * sqrt(x), ... Vector loops call the vector versions of base/vector_math.h. */
#ifndef NT_LAYER_MATH_H
#define NT_LAYER_MATH_H

#include "base/vector_math.h"

#include <tgmath.h>

#define NT_PI 3.14159265358979323846

/* Without branches; x when it is not a number. */
#define NT_MAX(x, y) ((x) < (y) ? (y) : (x))
#define NT_MIN(x, y) ((x) > (y) ? (y) : (x))

/* The product of long doubles is rounded far beyond what is asked of it, and their fma is a slow
 * function of the library. */
#define NT_FMA(x, y, z)                                                                            \
  _Generic((x) + (y) + (z), long double : (x) * (y) + (z), default : fma(x, y, z))

/* In a formula of map.h: x y - k^2 >= 0, the difference of two products by fused operations (Kahan;
 * Jeannerod, Louvet and Muller 2013), right to its last digits also where x and y differ by orders
 * of magnitude, and 0 exactly for x = y = k. */
#define NT_MINOR(x, y, k) NT_MAX(fma((x), (y), -((k) * (k))) + fma(-(k), (k), (k) * (k)), zero)

#endif
