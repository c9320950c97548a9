/* Sign: -1, 0 or 1.
 *
 *     F = 1 - 2 theta / pi (0 without variance),  D' = 2 theta / pi (0),  Fdot = 0,  F1(q) = 1
 *
 * in the notation of angle.h. Source: Cho and Saul 2009. */
#include "layer/angle.h"

NT_ANGLE_FUNCTIONS(nt_no_cfg, {
  const real near = s * P, angle = w < 0 ? 2 - near : near;
  const real f = 1 - angle;
  F = p > 0 ? f : zero;
  D = p > 0 ? angle : zero;
  E = (A(0) > 0) == (B(0) > 0) ? zero : one / 2;
  Fdot = 0;
})

static void self(const void *cfg, int64_t n, const double *q, double *q_out, double *dot)
{
  (void)cfg;
  for (int64_t i = 0; i < n; i++) {
    q_out[i] = q[i] > 0 ? 1 : 0;
    dot[i] = 0;
  }
}

const nt_layer_ops nt_layer_sign = {
    .name = "Sign",
    .formula = "sign(x)",
    .kernel = "K' = 1 - (2 / pi) atan2(sqrt(q11 q22 - q12^2), q12);  T' = 0",
    .source = "Cho and Saul 2009, arXiv:1112.3712",
    .limits =
        "its derivative is 0 almost everywhere: only the layers after it contribute to the NTK",
    NT_ANGLE_MAP(map_f64, map_f32),
};
