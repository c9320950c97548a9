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
    table[2][i] = 1 / (1 + q[i]);
}

NT_MAP_FUNCTIONS_SCALED(nt_gelu, {
  NT_SCALED_K
  const real u = A(2), v = B(2), d = sqrt(unit + sum + NT_MINOR(x, y, z)), inverse = 1 / d;
  const real half = (real)(0.5 / NT_PI), d1 = inverse * g, kd1 = z * inverse, t = atan(kd1);
  F = k / 4 + half * (k * u * (v * kd1) + A(0) * u * (B(0) * v) * (d / g) + k * t);
  Fdot = (real)0.25 + half * (t + kd1 * (d1 * d1 + u + v));
})

NT_DIFFERENCES(nt_gelu, {
  NT_SCALED_PAIR
  const real half = (real)(0.5 / NT_PI), r = sqrt(g * g + g * (x + y) + minor), t = atan(k / r);
  const real up = 1 / g, both = (A(2) * up) * (B(2) * up), gr = g / r;
  const real inner = g * g * (k * k) + x * y * (r * r);
  F = up * (k / 4 + half * (both * inner / r + k * t));
  Fdot = (real)0.25 + half * (t + k / r * (gr * gr + A(2) + B(2)));
  NT_EACH_SIDE
  {
    NT_SIDE
    const real q = side == 0 ? A(0) : B(0), one1 = side == 0 ? A(2) : B(2), part = q * one1;
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

NT_MAP_SELF(tables, 3)

const nt_layer_ops nt_layer_gelu = {
    .name = "Gelu",
    .formula = "x Phi(x)",
    .kernel =
        "K' = q12 / 4 + (q12 atan2(q12, d) + (q12^2 + q11 q22 d^2) / ((1 + q11) (1 + q22) d)) / (2 "
        "pi);  T' = T times its derivative in q12;  with d^2 = (1 + q11) (1 + q22) - q12^2",
    .source = "Tsuchida et al. 2020, arXiv:2002.08517",
    .limits = "approximate=True changes finite networks only: the kernel is that of x Phi(x)",
    NT_ARGUMENTS(nt_gelu, defaults, opts),
    NT_ELEMENTWISE,
    .n_tables = 3,
    .tables = tables,
    .difference = {difference_f64, difference_f32},
    .map = {map_f64, map_f32},
};
