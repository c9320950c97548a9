/* Sign: -1, 0 or 1.
 *
 *     F = 1 - 2 theta / pi (0 without variance),  D' = 2 theta / pi,  Fdot = 0,  F1(q) = 1
 *
 * in the notation of angle.h. Source: Cho and Saul 2009. */
#include "layer/angle.h"

/* The third table is F1(q) / 2. */
static void tables(const void *cfg, int64_t n, const double *q, double *const *table)
{
  nt_angle_tables(cfg, n, q, table);
  for (int64_t i = 0; i < n; i++)
    table[NT_ANGLE_TABLES][i] = q[i] > 0 ? 0.5 : 0;
}

NT_MAP_FUNCTIONS(nt_no_cfg, {
  NT_ANGLE
  const real near = s * nt_angle_p(a), angle = w < 0 ? 2 - near : near;
  const real f = 1 - angle, d = A(2) + B(2);
  F = p > 0 ? f : zero;
  D = p > 0 ? angle : d;
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
    .source = "Cho and Saul 2009, arXiv:1112.3712",
    .action = NT_MAP,
    .needs_gaussian = true,
    .remasks = true,
    .gaussian = NT_NO,
    .require = nt_map_require,
    .n_tables = NT_ANGLE_TABLES + 1,
    .tables = tables,
    .self = self,
    .map = {map_f64, map_f32},
    .takes_d = true,
};
