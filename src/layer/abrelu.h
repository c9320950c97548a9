/** The map of a min(x, 0) + b max(x, 0) = (b - a)/2 |x| + (a + b)/2 x, for ABRelu and Relu.
 *
 * The two parts are uncorrelated, so that with g = 2/pi (sin t - t cos t), t the angle to the
 * nearer of x and -x, ca = (b - a)^2 and cb = (a + b)^2
 *
 *     D'   = s1 s2 / 4 (ca (a - g) + cb z),  a - g = a gap: nothing cancels
 *     F    = s1 s2 / 4 (ca + cb) - D'
 *     Fdot = (cb + ca (1 - 2 theta / pi)) / 4
 *
 * in the notation of angle.h. */
#ifndef NT_LAYER_ABRELU_H
#define NT_LAYER_ABRELU_H

#include "layer/angle.h"
#include "layer/registry.h"
#include "nt/stax.h"

#define NT_ABRELU_FORMULA(ca, cb)                                                                  \
  const real x = p > 0 ? far : zero;                                                               \
  D = p * ((ca)*a * gap + (cb)*z);                                                                 \
  F = p * ((ca) + (cb)) - D;                                                                       \
  E = ((ca) + (cb)) / 2 * square;                                                                  \
  Fdot = (ca) / 4 * tt * copysign(x, w) + (cb) / 4 * tt;                                           \
  factor = 1;

/** The maps are homogeneous, and nothing in them leaves the range of numbers before the covariances
 * do: so scaling, which is what do_stabilize asks for, has nothing to improve. */
#define NT_STABILIZE(cfg_type)                                                                     \
  {                                                                                                \
    .name = "do_stabilize", .type = NT_OPT_BOOL, .offset = offsetof(cfg_type, do_stabilize),       \
    .help = "results are the same with and without: the map is stable as it is"                    \
  }

/** Define maps and self of a layer that is ABRelu: with what arguments, of its cfg `c`. */
#define NT_ABRELU_MAPS(cfg_type, ...)                                                              \
  static nt_abrelu as_abrelu(const cfg_type *c) { return (nt_abrelu){__VA_ARGS__}; }               \
  NT_MAP_OF_OTHER(map, nt_abrelu, as_abrelu, nt_layer_abrelu)                                      \
  static void self(const void *cfg, int64_t n, const double *q, double *q_out, double *dot)        \
  {                                                                                                \
    const nt_abrelu c = as_abrelu(cfg);                                                            \
    nt_abrelu_self(c.a, c.b, n, q, q_out, dot);                                                    \
  }

/** q_out = (a^2 + b^2)/2 q, and dot = E[phi'^2] (at q = 0 as for theta = pi/2). Parallel: Local. */
void nt_abrelu_self(double a, double b, int64_t n, const double *q, double *q_out, double *dot);

#endif
