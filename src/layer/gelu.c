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

/* q, and 1 / (1 + q). */
static void tables(const void *cfg, int64_t n, const double *q, double *const *table)
{
  (void)cfg;
  for (int64_t i = 0; i < n; i++) {
    table[0][i] = q[i];
    table[1][i] = 1 / (1 + q[i]);
  }
}

NT_MAP_FUNCTIONS(nt_gelu, {
  const real x = A(0), y = B(0), u = A(1), v = B(1);
  const real d = sqrt(1 + x + y + NT_MINOR(x, y, k)), d1 = 1 / d, t = atan(k * d1);
  const real half = (real)(0.5 / NT_PI), kd1 = k * d1;
  F = k / 4 + half * (k * u * (v * kd1) + x * u * (y * v) * d + k * t);
  Fdot = (real)0.25 + half * (t + kd1 * (d1 * d1 + u + v));
})

NT_DIFFERENCES(nt_gelu, {
  NT_PAIR(A(0), B(0), 1)
  const real half = (real)(0.5 / NT_PI), r = sqrt(1 + x + y + minor), t = atan(k / r);
  const real both = A(1) * B(1), inner = k * k + x * y * (r * r);
  F = k / 4 + half * (both * inner / r + k * t);
  Fdot = (real)0.25 + half * (t + k / r * (1 / (r * r) + A(1) + B(1)));
  NT_EACH_SIDE
  {
    NT_SIDE
    const real s2 = 1 + 2 * u, s = sqrt(s2), squares = e - minor; /* s^2 - r^2 */
    const real over = squares / (r + s), one1 = 1 / (1 + u);
    const real whole = u * u * (1 + s2), arc = atan(u / s);
    const real gain = f * (u + k) + u * (e * s2 + v * squares); /* whole - inner */
    const real ratio = gain / s - inner * over / (s * r);
    own[side] = u / 4 + half * (one1 * one1 * whole / s + u * arc);
    less[side] = f / 4 + half * (both * (ratio - one1 * e * whole / s) + f * arc +
                                 k * atan((s * f - u * over) / (s * r + u * k)));
  }
})

NT_MAP_SELF(tables, 2)

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
    .n_tables = 2,
    .tables = tables,
    .self = self,
    .map = {map_f64, map_f32},
    .difference = {difference_f64, difference_f32},
};
