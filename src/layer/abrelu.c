/* ABRelu: a min(x, 0) + b max(x, 0). LeakyRelu and Abs call its map with their a and b.
 *
 * abrelu.h has the formulas. Source: Cho and Saul 2009; the difference form is ours. */
#include "layer/abrelu.h"

static const nt_abrelu defaults = NT_ABRELU_DEFAULTS;

static const nt_opt opts[] = {
    {.name = "a",
     .type = NT_OPT_REAL,
     .offset = offsetof(nt_abrelu, a),
     .required = true,
     .help = "slope for x < 0"},
    {.name = "b",
     .type = NT_OPT_REAL,
     .offset = offsetof(nt_abrelu, b),
     .required = true,
     .help = "slope for x > 0"},
    NT_STABILIZE(nt_abrelu),
};

NT_ANGLE_FUNCTIONS(nt_abrelu, {
  const real ca = (real)((c->b - c->a) * (c->b - c->a));
  const real cb = (real)((c->a + c->b) * (c->a + c->b));
  NT_ABRELU_FORMULA(ca, cb)
})

NT_CLONES void nt_abrelu_self(double a, double b, int64_t n, const double *q, double *q_out,
                              double *dot)
{
  const double half = (a * a + b * b) / 2, zero_variance = (a + b) * (a + b) / 4;
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++) {
    q_out[i] = half * q[i];
    dot[i] = q[i] > 0 ? half : zero_variance;
  }
}

static void self(const void *cfg, int64_t n, const double *q, double *q_out, double *dot)
{
  const nt_abrelu *c = cfg;
  nt_abrelu_self(c->a, c->b, n, q, q_out, dot);
}

const nt_layer_ops nt_layer_abrelu = {
    .name = "ABRelu",
    .formula = "a min(x, 0) + b max(x, 0)",
    .kernel =
        "K' = (a - b)^2 r / (2 pi) + D q12;  T' = D T;  with r = sqrt(q11 q22 - q12^2), D = (a^2 + "
        "b^2) / 2 - (a - b)^2 atan2(r, q12) / (2 pi)",
    .source = "Cho and Saul 2009, arXiv:1112.3712",
    NT_ARGUMENTS(nt_abrelu, defaults, opts),
    NT_ANGLE_MAP(map_f64, map_f32),
};
