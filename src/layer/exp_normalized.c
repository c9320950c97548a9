/* ExpNormalized: a kernel without an activation.
 *
 *     F = p exp(gamma (rho + shift)),   Fdot = gamma exp(gamma (rho + shift)),
 *     p = sqrt(q11 q22),  rho = q12 / p (0 without variance), clipped to [-1, 1] with do_clip
 *
 * Source: Shankar et al. 2020, Neural kernels without tangents, arXiv:2003.02237. */
#include "layer/difference.h"
#include "nt/stax.h"

static const nt_exp_normalized defaults = NT_EXP_NORMALIZED_DEFAULTS;

static const nt_opt opts[] = {
    {.name = "gamma",
     .type = NT_OPT_REAL,
     .offset = offsetof(nt_exp_normalized, gamma),
     .help = "factor in the exponent"},
    {.name = "shift",
     .type = NT_OPT_REAL,
     .offset = offsetof(nt_exp_normalized, shift),
     .help = "added to the correlation"},
    {.name = "do_clip",
     .type = NT_OPT_BOOL,
     .offset = offsetof(nt_exp_normalized, do_clip),
     .help = "keep rounding from carrying correlations beyond 1"},
};

/* s, and 1/s (0 for no variance). */
static void tables(const void *cfg, int64_t n, const double *q, double *const *table)
{
  (void)cfg;
  for (int64_t i = 0; i < n; i++) {
    const double s = sqrt(NT_MAX(q[i], 0.0));
    table[0][i] = s;
    table[1][i] = s > 0 ? 1 / s : 0;
  }
}

NT_DIFFERENCES(nt_exp_normalized, {
  NT_PAIR(A(0) * A(0), B(0) * B(0), A(0), B(0), 1)
  const real gamma = (real)c->gamma, shift = (real)c->shift;
  const real least = c->do_clip ? 0 : -(real)INFINITY, most = c->do_clip ? 2 : (real)INFINITY;
  const real off = (of_k ? p - in : G) * A(1) * B(1), lost = NT_MAX(NT_MIN(off, most), least);
  const real top = exp(gamma * (1 + shift)), drop = expm1(-gamma * lost);
  F = p * top * (1 + drop);
  Fdot = gamma * top * (p > 0 ? 1 + drop : exp(-gamma));
  NT_EACH_SIDE
  {
    NT_SIDE
    own[side] = u * top;
    less[side] = top * (sqrt(u) * e / (sqrt(u) + sqrt(v) + tiny) - p * drop);
  }
})

NT_MAP_SELF(nt_layer_exp_normalized)

const nt_layer_ops nt_layer_exp_normalized = {
    .name = "ExpNormalized",
    .formula = "no function of x: a kernel alone, exponential in the correlation",
    .kernel = "K' = sqrt(q11 q22) exp(gamma (q12 / sqrt(q11 q22) + shift));  T' = gamma exp(gamma "
              "(q12 / sqrt(q11 q22) + shift)) T",
    .source = "Shankar et al. 2020, arXiv:2003.02237",
    .limits = "it has a kernel and no activation, so finite networks cannot have it",
    NT_ARGUMENTS(nt_exp_normalized, defaults, opts),
    NT_DIFFERENCE_MAP,
    .n_tables = 2,
    .tables = tables,
};
