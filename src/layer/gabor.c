/* Gabor: exp(-x^2) sin(x).
 *
 *     m  = 4 (q11 q22 - q12^2),   d = 2 (q11 + q22) + m + 1,   x = 2 q12 / d,
 *     e1 = exp(-(q11 + q22 + m + 2 q12) / (2 d)),   e2 = exp(x)
 *     F    = e1 (e2 - 1) / (2 sqrt(d))
 *     Fdot = e1 [(e2 + 1) a + (e2 - 1) b] / (2 sqrt(d)),
 *     a = (1 + 2 (q11 + q22) + 4 (q12^2 + q11 q22)) / d^2,   b = 2 x (m + 3 (q11 + q22) + 2) / d
 *
 * Source: the Gaussian integral of exp(-u^2 - v^2) sin u sin v; neural_tangents, stax.Gabor. */
#include "layer/difference.h"

/* exp(-w) sinh(k / d) / sqrt(d), w = (q11 + q22 + m) / (2 d), factor after factor. */
NT_DIFFERENCES(nt_no_cfg, {
  NT_SCALED_PAIR
  const real unit = g * g, sum = g * (x + y), m = 4 * minor, d2 = 2 * sum + m + unit;
  const real inverse = 1 / d2, over = inverse * g, z = 2 * k * over, lost = expm1(z);
  const real e1 = exp((sum + m + 2 * (k * g)) * inverse / -2) * sqrt(over * g) / 2;
  const real a = (unit + 2 * sum + 4 * (k * k + x * y)) * over * over;
  const real b = 2 * z * ((m + 3 * sum + 2 * unit) * inverse);
  F = e1 * lost;
  Fdot = e1 * ((lost + 2) * a + lost * b);
  NT_EACH_SIDE
  {
    NT_SIDE
    const real q = side == 0 ? A(0) : B(0), s = sqrt(1 + 4 * q), here = q / (1 + 4 * q);
    const real r = sqrt(d2), there = k * over, ratio = inverse / (g + 4 * u);
    const real decay = exp((sum + m) * inverse / -2);
    const real more = expm1((m * (g + 2 * u) - unit * e) * ratio / 2);
    const real step = expm1((unit * f + 4 * g * u * M + u * m) * ratio / 2),
               rise = (step + step / (1 + step)) / 2;
    const real slope = exp((here + there) / 2) + exp((here + there) / -2);
    own[side] = -expm1(-2 * here) / (2 * s);
    less[side] = decay * ((more * sinh(here) + slope * rise) / s +
                          sinh(there) * (m - 2 * g * e) / (r * s * (r + g * s)));
  }
})

NT_MAP_SELF(nt_layer_gabor)

const nt_layer_ops nt_layer_gabor = {
    .name = "Gabor",
    .formula = "exp(-x^2) sin(x)",
    .kernel =
        "K' = exp(-(S + D + 2 q12) / (2 n)) (exp(2 q12 / n) - 1) / (2 sqrt(n));  T' = T times its "
        "derivative in q12;  with S = q11 + q22, D = 4 (q11 q22 - q12^2), n = 1 + 2 S + D",
    .source = "neural_tangents, stax.Gabor",
    NT_DIFFERENCE_MAP,
    .n_tables = NT_SCALED_TABLES,
    .tables = nt_scaled_tables,
};
