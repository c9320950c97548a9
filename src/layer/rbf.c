/* Rbf: sqrt(2) sin(sqrt(2 gamma) x + pi/4), whose kernel is that of a Gaussian.
 *
 *     F = exp(-2 gamma (D + (s1 - s2)^2 / 2)),  D' = 1 - F,  Fdot = 2 gamma F,  F1(q) = 1
 *
 * Source: Rahimi and Recht 2007, Random features for large-scale kernel machines. */
#include "layer/map.h"
#include "nt/stax.h"

static const nt_rbf defaults = NT_RBF_DEFAULTS;

static const nt_opt opts[] = {
    {.name = "gamma",
     .type = NT_OPT_REAL,
     .offset = offsetof(nt_rbf, gamma),
     .min = 0,
     .max = INFINITY,
     .help = "exp(-gamma |x - x'|^2)"},
};

static void tables(const void *cfg, int64_t n, const double *q, double *const *table)
{
  (void)cfg;
  for (int64_t i = 0; i < n; i++)
    table[0][i] = sqrt(q[i]) / 2;
}

NT_MAP_FUNCTIONS_D(nt_rbf, {
  const real gamma2 = (real)(2 * c->gamma), e = A(0) - B(0), x = -gamma2 * (k + 2 * e * e);
  F = exp(x);
  D = -expm1(x);
  Fdot = gamma2 * F;
})

static void self(const void *cfg, int64_t n, const double *q, double *q_out, double *dot)
{
  const nt_rbf *c = cfg;
  (void)q;
  for (int64_t i = 0; i < n; i++) {
    q_out[i] = 1;
    dot[i] = 2 * c->gamma;
  }
}

const nt_layer_ops nt_layer_rbf = {
    .name = "Rbf",
    .formula = "sqrt(2) sin(sqrt(2 gamma) x + pi/4)",
    .kernel = "K' = exp(gamma (2 q12 - q11 - q22));  T' = 2 gamma K' T",
    .source = "Rahimi and Recht 2007, Random features for large-scale kernel machines",
    NT_ARGUMENTS(nt_rbf, defaults, opts),
    NT_ELEMENTWISE,
    .n_tables = 1,
    .tables = tables,
    .takes_d = true,
    .map = NT_MAPS,
};
