/* Gaussian: a exp(b x^2).
 *
 *     F = a^2 / d,   Fdot = a^2 4 b^2 q12 / d^3,
 *     d^2 = (1 - 2b q11)(1 - 2b q22) - (2b q12)^2
 *
 * For b > 0 the expectation exists while 4 b q < 1; beyond, the result is infinite.
 * Source: Williams 1997, Computing with infinite networks. */
#include "layer/difference.h"
#include "nt/stax.h"

static const nt_gaussian defaults = NT_GAUSSIAN_DEFAULTS;

static const nt_opt opts[] = {
    {.name = "a", .type = NT_OPT_REAL, .offset = offsetof(nt_gaussian, a), .help = "factor"},
    {.name = "b", .type = NT_OPT_REAL, .offset = offsetof(nt_gaussian, b), .help = "factor of x^2"},
};

static void tables(const void *cfg, int64_t n, const double *q, double *const *table)
{
  (void)cfg;
  for (int64_t i = 0; i < n; i++)
    table[0][i] = q[i];
}

NT_MAP_FUNCTIONS(nt_gaussian, {
  const real a2 = (real)(c->a * c->a), b2 = (real)(2 * c->b), x = A(0), y = B(0);
  const real d2 = 1 - b2 * (x + y) + b2 * b2 * NT_MINOR(x, y, k);
  const real inverse = 1 / sqrt(NT_MAX(d2, zero));
  F = a2 * inverse;
  Fdot = F * (inverse * inverse) * (b2 * b2 * k);
})

NT_DIFFERENCES(nt_gaussian, {
  NT_PAIR(A(0), B(0), 1)
  const real a2 = (real)(c->a * c->a), b2 = (real)(2 * c->b);
  const real r = sqrt(NT_MAX(1 - b2 * (x + y) + b2 * b2 * minor, zero)), inverse = 1 / r;
  F = a2 * inverse;
  Fdot = F * (inverse * inverse) * (b2 * b2 * k);
  NT_EACH_SIDE
  {
    NT_SIDE
    const real s = sqrt(NT_MAX(1 - 2 * b2 * u, zero));
    own[side] = a2 / s;
    less[side] = a2 * (b2 * e + b2 * b2 * minor) / (s * r * (r + s));
  }
})

NT_MAP_SELF(tables, 1)

const nt_layer_ops nt_layer_gaussian = {
    .name = "Gaussian",
    .formula = "a exp(b x^2)",
    .kernel =
        "K' = a^2 / d;  T' = 4 a^2 b^2 q12 T / d^3;  with d^2 = (1 - 2 b q11) (1 - 2 b q22) - 4 "
        "b^2 q12^2",
    .source = "Williams 1997, Computing with infinite networks",
    .limits = "with b > 0 the kernel is infinite where 4 b q11 or 4 b q22 reaches 1",
    NT_ARGUMENTS(nt_gaussian, defaults, opts),
    NT_ELEMENTWISE,
    .n_tables = 1,
    .tables = tables,
    .self = self,
    .map = {map_f64, map_f32},
    .difference = {difference_f64, difference_f32},
};
