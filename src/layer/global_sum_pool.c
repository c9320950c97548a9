/* GlobalSumPool: the sum over all positions (layer/global_pool.h); w = 1.
 *
 * Source: neural_tangents, stax.GlobalSumPool. */
#include "layer/global_pool.h"

static nt_affine affine(const void *cfg, const nt_facts *in)
{
  (void)cfg, (void)in;
  return (nt_affine){.k = 1, .tt = 1};
}

const nt_layer_ops nt_layer_global_sum_pool = {
    .name = "GlobalSumPool",
    .formula = "sum over all positions",
    .kernel = "K' = sum of K(p, p') over all p and p';  T' likewise",
    .source = "neural_tangents, stax.GlobalSumPool",
    NT_ARGUMENTS(nt_global_pool, nt_global_pool_defaults, nt_global_pool_opts),
    .action = NT_GLOBAL,
    .gaussian = NT_MAYBE,
    .require = nt_global_pool_require,
    .shape = nt_global_pool_shape,
    .affine = affine,
    .mask = nt_global_pool_mask,
};
