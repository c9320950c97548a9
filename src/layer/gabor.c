/* Gabor: exp(-x^2) sin(x).
 *
 *     m  = 4 (q11 q22 - q12^2),   d = 2 (q11 + q22) + m + 1,   x = 2 q12 / d,
 *     e1 = exp(-(q11 + q22 + m + 2 q12) / (2 d)),   e2 = exp(x)
 *     F    = e1 (e2 - 1) / (2 sqrt(d))
 *     Fdot = e1 [(e2 + 1) a + (e2 - 1) b] / (2 sqrt(d)),
 *     a = (1 + 2 (q11 + q22) + 4 (q12^2 + q11 q22)) / d^2,   b = 2 x (m + 3 (q11 + q22) + 2) / d
 *
 * Source: the Gaussian integral of exp(-u^2 - v^2) sin u sin v; neural_tangents, stax.Gabor. */
#include "layer/map.h"

static void tables(const void *cfg, int64_t n, const double *q, double *const *table)
{
  (void)cfg;
  for (int64_t i = 0; i < n; i++)
    table[0][i] = q[i];
}

/* a and b divide before they multiply: large variances stay in range. */
NT_MAP_FUNCTIONS(nt_no_cfg, {
  const real sum = A(0) + B(0), m = 4 * NT_MINOR(A(0), B(0), k), d = 2 * sum + m + 1;
  const real inverse = 1 / d, x = 2 * k * inverse, less = expm1(x);
  const real e1 = exp((sum + m + 2 * k) * inverse / -2) * sqrt(inverse) / 2;
  const real a = (1 + 2 * sum + 4 * (k * k + A(0) * B(0))) * inverse * inverse;
  const real b = 2 * x * ((m + 3 * sum + 2) * inverse);
  F = e1 * less;
  Fdot = e1 * ((less + 2) * a + less * b);
})

NT_MAP_SELF(tables, 1)

const nt_layer_ops nt_layer_gabor = {
    .name = "Gabor",
    .formula = "exp(-x^2) sin(x)",
    .source = "neural_tangents, stax.Gabor",
    .action = NT_MAP,
    .needs_gaussian = true,
    .remasks = true,
    .gaussian = NT_NO,
    .require = nt_map_require,
    .n_tables = 1,
    .tables = tables,
    .self = self,
    .map = {map_f64, map_f32},
};
