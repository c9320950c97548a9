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

NT_DIFFERENCES(nt_gaussian, {
  NT_SCALED_PAIR
  const real a2 = (real)(c->a * c->a), b2 = (real)(2 * c->b);
  const real d2 = g * g - g * b2 * (x + y) + b2 * b2 * minor;
  const real r = sqrt(NT_MAX(d2, zero)), inverse = 1 / r;
  F = a2 * inverse * g;
  Fdot = F * (inverse * inverse) * (b2 * b2 * k * g);
  NT_EACH_SIDE
  {
    NT_SIDE
    const real q = side == 0 ? A(0) : B(0), root = sqrt(NT_MAX(1 - 2 * b2 * q, zero)), s = g * root;
    own[side] = a2 / root;
    less[side] = a2 * (g * b2 * e + b2 * b2 * minor) / (s * r) * (g / (r + s));
  }
})

NT_MAP_SELF(nt_layer_gaussian)

const nt_layer_ops nt_layer_gaussian = {
    .name = "Gaussian",
    .formula = "a exp(b x^2)",
    .kernel =
        "K' = a^2 / d;  T' = 4 a^2 b^2 q12 T / d^3;  with d^2 = (1 - 2 b q11) (1 - 2 b q22) - 4 "
        "b^2 q12^2",
    .source = "Williams 1997, Computing with infinite networks",
    .limits = "with b > 0 the kernel is infinite where 4 b q11 or 4 b q22 reaches 1",
    NT_ARGUMENTS(nt_gaussian, defaults, opts),
    NT_DIFFERENCE_MAP,
    .n_tables = NT_SCALED_TABLES,
    .tables = nt_scaled_tables,
};
