/* Gelu: x Phi(x).
 *
 *     d^2  = (1 + q11)(1 + q22) - q12^2,   t = atan(q12 / d)
 *     F    = q12/4 + 1/(2 pi) [ (q12^2 + q11 q22 d^2) / ((1 + q11)(1 + q22) d) + q12 t ]
 *     Fdot = 1/4 + 1/(2 pi) [ t + q12/d (1/d^2 + 1/(1 + q11) + 1/(1 + q22)) ]
 *
 * Source: Tsuchida, Pearce et al. 2020, Avoiding kernel fixed points, arXiv:2002.08517. */
#include "layer/difference.h"
#include "nt/stax.h"

static const nt_gelu defaults = NT_GELU_DEFAULTS;

static const nt_opt opts[] = {
    {.name = "approximate",
     .type = NT_OPT_BOOL,
     .offset = offsetof(nt_gelu, approximate),
     .help = "the tanh form in finite networks; kernels are those of x Phi(x)"},
};

/* Those of scaled arguments, and 1 / (1 + q). */
static void tables(const void *cfg, int64_t n, const double *q, double *const *table)
{
  nt_scaled_tables(cfg, n, q, table);
  for (int64_t i = 0; i < n; i++)
    table[NT_SCALED_TABLES][i] = 1 / (1 + q[i]);
}

NT_DIFFERENCES(nt_gelu, {
  NT_SCALED_PAIR
  const real half = (real)(0.5 / NT_PI);
  const real r = sqrt(g * g + g * (x + y) + minor), inverse = 1 / r;
  const real up = 1 / g, both = (A(3) * up) * (B(3) * up), gr = g * inverse, t = atan(k * inverse);
  const real inner = g * g * (k * k) + x * y * (r * r);
  F = up * (k / 4 + half * (both * inner * inverse + k * t));
  Fdot = (real)0.25 + half * (t + k * inverse * (gr * gr + A(3) + B(3)));
  NT_EACH_SIDE
  {
    NT_SIDE
    const real q = side == 0 ? A(0) : B(0), one1 = side == 0 ? A(3) : B(3), part = q * one1;
    const real root = sqrt(1 + 2 * q), arc = atan(q / root);
    const real s = g * root, s2 = g + 2 * u, squares = g * e - minor; /* s^2 - r^2 */
    const real over = squares / (r + s), whole = u * u * (g + s2);
    const real gain = g * g * f * (u + k) + u * (g * e * s2 + v * squares); /* whole - inner */
    const real ratio = gain / s - inner * over / (s * r);
    own[side] = q / 4 + half * (part * part * (2 + 2 * q) / root + q * arc);
    less[side] = up * (f / 4 + half * (both * (ratio - one1 * e * whole / s) + f * arc +
                                       k * atan((s * f - u * over) / (s * r + u * k))));
  }
})

NT_MAP_SELF(nt_layer_gelu)

const nt_layer_ops nt_layer_gelu = {
    .name = "Gelu",
    .formula = "x Phi(x)",
    .kernel =
        "K' = q12 / 4 + (q12 atan2(q12, d) + (q12^2 + q11 q22 d^2) / ((1 + q11) (1 + q22) d)) / (2 "
        "pi);  T' = T times its derivative in q12;  with d^2 = (1 + q11) (1 + q22) - q12^2",
    .source = "Tsuchida et al. 2020, arXiv:2002.08517",
    .limits = "approximate=True changes finite networks only: the kernel is that of x Phi(x)",
    NT_ARGUMENTS(nt_gelu, defaults, opts),
    NT_DIFFERENCE_MAP,
    .n_tables = NT_SCALED_TABLES + 1,
    .tables = tables,
};
