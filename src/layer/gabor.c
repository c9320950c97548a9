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

/* exp(-w) sinh(k / d) / sqrt(d), w = (q11 + q22 + m) / (2 d), factor after factor. */
NT_DIFFERENCES(nt_no_cfg, {
  NT_PAIR(A(0), B(0), 1)
  const real sum = x + y, m = 4 * minor, d2 = 2 * sum + m + 1, inverse = 1 / d2,
             z = 2 * k * inverse;
  const real e1 = exp((sum + m + 2 * k) * inverse / -2) * sqrt(inverse) / 2, lost = expm1(z);
  const real a = (1 + 2 * sum + 4 * (k * k + x * y)) * inverse * inverse;
  const real b = 2 * z * ((m + 3 * sum + 2) * inverse);
  F = e1 * lost;
  Fdot = e1 * ((lost + 2) * a + lost * b);
  NT_EACH_SIDE
  {
    NT_SIDE
    const real s2 = 1 + 4 * u, r = sqrt(d2), s = sqrt(s2), here = u / s2, there = k * inverse;
    const real decay = exp((sum + m) * inverse / -2), ratio = 1 / (d2 * s2);
    const real more = expm1((m * (1 + 2 * u) - e) * ratio / 2);
    const real step = expm1((f + 4 * u * M + u * m) * ratio / 2),
               rise = (step + step / (1 + step)) / 2;
    const real slope = exp((here + there) / 2) + exp((here + there) / -2);
    own[side] = -expm1(-2 * here) / (2 * s);
    less[side] = decay * ((more * sinh(here) + slope * rise) / s +
                          sinh(there) * (m - 2 * e) / (r * s * (r + s)));
  }
})

NT_MAP_SELF(tables, 1)

const nt_layer_ops nt_layer_gabor = {
    .name = "Gabor",
    .formula = "exp(-x^2) sin(x)",
    .kernel =
        "K' = exp(-(S + D + 2 q12) / (2 n)) (exp(2 q12 / n) - 1) / (2 sqrt(n));  T' = T times its "
        "derivative in q12;  with S = q11 + q22, D = 4 (q11 q22 - q12^2), n = 1 + 2 S + D",
    .source = "neural_tangents, stax.Gabor",
    NT_ELEMENTWISE,
    .n_tables = 1,
    .tables = tables,
    .self = self,
    .map = {map_f64, map_f32},
    .difference = {difference_f64, difference_f32},
};
