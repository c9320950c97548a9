/* Sin: a sin(b x + c). Cos calls its map with c + pi/2.
 *
 * With k = b^2 q12, S = b^2 (q11 + q22), e1 = exp(k - S/2), e2 = exp(-k - S/2)
 *
 *     F    = a^2/2 (e1 - cos(2c) e2)     = a^2/2 ((e1 - e2) + 2 sin(c)^2 e2)
 *     Fdot = a^2 b^2/2 (e1 + cos(2c) e2) = a^2 b^2/2 ((e1 - e2) + 2 cos(c)^2 e2)
 *
 * where e1 - e2 comes from expm1: small variances keep their digits.
 * Source: Pearce et al. 2019, Expressive priors in Bayesian neural networks, arXiv:1905.06076. */
#include "layer/difference.h"
#include "nt/stax.h"

static const nt_sin defaults = NT_SIN_DEFAULTS;

static const nt_opt opts[] = {
    {.name = "a", .type = NT_OPT_REAL, .offset = offsetof(nt_sin, a), .help = "factor"},
    {.name = "b", .type = NT_OPT_REAL, .offset = offsetof(nt_sin, b), .help = "factor of x"},
    {.name = "c", .type = NT_OPT_REAL, .offset = offsetof(nt_sin, c), .help = "phase"},
};

static void tables(const void *cfg, int64_t n, const double *q, double *const *table)
{
  (void)cfg;
  for (int64_t i = 0; i < n; i++)
    table[0][i] = q[i];
  for (int64_t i = 0; i < n; i++)
    table[1][i] = sqrt(q[i]);
}

/* big is e1 for k > 0, else e2. cos(2c) = 1 - 2 sin(c)^2; e^(-2u) - e2 by the smaller exponent of
 * the two. */
NT_DIFFERENCES(nt_sin, {
  const real a2 = (real)(c->a * c->a / 2);
  const real sin2 = (real)(2 * sin(c->c) * sin(c->c)), cos2 = (real)(2 * cos(c->c) * cos(c->c));
  const real b = (real)c->b, b2 = b * b;
  NT_PAIR(b2 * A(0), b2 * B(0), b * A(1), b * B(1), b2)
  const real big = exp(-NT_MIN(M, N)), lost = -expm1(-2 * fabs(k)) * big;
  const real odd = copysign(lost, k), e2 = k > 0 ? big - lost : big;
  F = a2 * (odd + sin2 * e2);
  Fdot = a2 * b2 * (odd + cos2 * e2);
  NT_EACH_SIDE
  {
    NT_SIDE
    const real drop = expm1(-2 * u), over = e + M, fall = expm1(-fabs(over));
    own[side] = a2 * (sin2 + (sin2 - 1) * drop);
    less[side] = a2 * ((sin2 - 1) * (fall * (over > 0 ? e2 : -1 - drop)) - expm1(-M));
  }
})

NT_MAP_SELF(nt_layer_sin)

const nt_layer_ops nt_layer_sin = {
    .name = "Sin",
    .formula = "a sin(b x + c)",
    .kernel =
        "K' = a^2 / 2 (s1 - s2);  T' = a^2 b^2 / 2 (s1 + s2) T;  with s1 = exp(b^2 (q12 - S)), s2 "
        "= cos(2 c) exp(-b^2 (q12 + S)), S = (q11 + q22) / 2",
    .source = "Pearce et al. 2019, arXiv:1905.06076",
    NT_ARGUMENTS(nt_sin, defaults, opts),
    NT_DIFFERENCE_MAP,
    .n_tables = 2,
    .tables = tables,
};
