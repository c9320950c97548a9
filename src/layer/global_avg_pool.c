/* GlobalAvgPool: the mean over all positions (layer/global_pool.h); w = 1 / their number P, with
 * masks 1 / the number of those that are not masked (1 if all are).
 *
 * Source: neural_tangents, stax.GlobalAvgPool. */
#include "layer/global_pool.h"

static nt_affine affine(const void *cfg, const nt_facts *in)
{
  const double p = (double)nt_facts_positions(in), k = 1 / (p * p);
  (void)cfg;
  return (nt_affine){.k = k, .tt = k};
}

const nt_layer_ops nt_layer_global_avg_pool = {
    .name = "GlobalAvgPool",
    .formula = "mean over all positions",
    .kernel = "K' = mean of K(p, p') over all p and p' that are not masked;  T' likewise",
    .source = "neural_tangents, stax.GlobalAvgPool",
    NT_ARGUMENTS(nt_global_pool, nt_global_pool_defaults, nt_global_pool_opts),
    .action = NT_GLOBAL,
    .gaussian = NT_MAYBE,
    .require = nt_global_pool_require,
    .shape = nt_global_pool_shape,
    .affine = affine,
    .mask = nt_global_pool_mask,
    .mean_unmasked = true,
};
