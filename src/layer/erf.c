/* Erf: a erf(b x) + c.
 *
 *     F    = a^2 2/pi atan(2 b^2 q12 / r) + c^2,   Fdot = a^2 b^2 4/pi / r,
 *     r^2  = (1 + 2 b^2 q11)(1 + 2 b^2 q22) - (2 b^2 q12)^2
 *
 * Source: Williams 1997, Computing with infinite networks. */
#include "layer/difference.h"
#include "nt/stax.h"

static const nt_erf defaults = NT_ERF_DEFAULTS;

static const nt_opt opts[] = {
    {.name = "a", .type = NT_OPT_REAL, .offset = offsetof(nt_erf, a), .help = "factor"},
    {.name = "b", .type = NT_OPT_REAL, .offset = offsetof(nt_erf, b), .help = "factor of x"},
    {.name = "c", .type = NT_OPT_REAL, .offset = offsetof(nt_erf, c), .help = "constant"},
};

/* atan a - atan b = atan((a - b) / (1 + a b)) for a = b2 u / s, b = b2 k / r. */
NT_DIFFERENCES(nt_erf, {
  NT_SCALED_PAIR
  const real a2 = (real)(c->a * c->a * 2 / NT_PI), b2 = (real)(2 * c->b * c->b);
  const real c2 = (real)(c->c * c->c);
  const real r = sqrt(g * g + g * b2 * (x + y) + b2 * b2 * minor);
  const real over_r = b2 / r;
  F = a2 * atan(k * over_r) + c2;
  Fdot = a2 * over_r * g;
  NT_EACH_SIDE
  {
    NT_SIDE
    const real q = side == 0 ? A(0) : B(0), root = sqrt(1 + 2 * b2 * q), s = g * root;
    const real over = (b2 * b2 * minor - g * b2 * e) / (r + s); /* r - s */
    own[side] = a2 * atan(b2 * q / root) + c2;
    less[side] = a2 * atan(b2 * (u * over + s * f) / (s * r + b2 * b2 * u * k));
  }
})

NT_MAP_SELF(nt_layer_erf)

const nt_layer_ops nt_layer_erf = {
    .name = "Erf",
    .formula = "a erf(b x) + c",
    .kernel =
        "K' = a^2 (2 / pi) atan2(2 b^2 q12, r) + c^2;  T' = (4 / pi) a^2 b^2 T / r;  with r = "
        "sqrt((1 + 2 b^2 q11) (1 + 2 b^2 q22) - 4 b^4 q12^2)",
    .source = "Williams 1997, Computing with infinite networks",
    NT_ARGUMENTS(nt_erf, defaults, opts),
    NT_DIFFERENCE_MAP,
    .n_tables = NT_SCALED_TABLES,
    .tables = nt_scaled_tables,
};
