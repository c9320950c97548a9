/* Exp: a exp(b x).
 *
 *     F = a^2 exp(b^2 ((q11 + q22)/2 + q12)),  Fdot = b^2 F
 *
 * Source: the moments of the lognormal distribution; Mairal et al. 2014, arXiv:1406.3332. */
#include "layer/map.h"
#include "nt/stax.h"

static const nt_exp defaults = NT_EXP_DEFAULTS;

static const nt_opt opts[] = {
    {.name = "a", .type = NT_OPT_REAL, .offset = offsetof(nt_exp, a), .help = "factor"},
    {.name = "b", .type = NT_OPT_REAL, .offset = offsetof(nt_exp, b), .help = "factor of x"},
};

static void tables(const void *cfg, int64_t n, const double *q, double *const *table)
{
  const nt_exp *c = cfg;
  for (int64_t i = 0; i < n; i++)
    table[0][i] = c->b * c->b * q[i] / 2;
}

NT_MAP_FUNCTIONS(nt_exp, {
  const real a2 = (real)(c->a * c->a), b2 = (real)(c->b * c->b);
  F = a2 * exp(A(0) + B(0) + b2 * k);
  Fdot = b2 * F;
})

NT_MAP_SELF(nt_layer_exp)

const nt_layer_ops nt_layer_exp = {
    .name = "Exp",
    .formula = "a exp(b x)",
    .kernel = "K' = a^2 exp(b^2 ((q11 + q22) / 2 + q12));  T' = b^2 K' T",
    .source = "Mairal et al. 2014, arXiv:1406.3332",
    .limits =
        "the kernel overflows where b^2 times a variance exceeds 350: scale the inputs, or use Erf",
    NT_ARGUMENTS(nt_exp, defaults, opts),
    NT_ELEMENTWISE,
    .n_tables = 1,
    .tables = tables,
    .map = NT_MAPS,
};
