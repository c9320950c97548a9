/* FanInProd: the elementwise product of the branches, which are taken to be independent.
 *
 *     K' = prod_b K_b,  T' = sum_b T_b prod_{a != b} K_a
 *
 * Source: neural_tangents, stax.FanInProd. */
#include "base/check.h"
#include "layer/fan_in.h"

static nt_status shape(const void *cfg, int n_in, const nt_facts *in, nt_facts *out, nt_error *err)
{
  nt_status status = NT_OK;
  (void)cfg;
  NT_TRY(nt_fan_in_check(-1, n_in, in, err));
  nt_fan_in_flags(n_in, in, out);
  out->is_gaussian = n_in == 1 && in[0].is_gaussian;
done:
  return status;
}

const nt_layer_ops nt_layer_fan_in_prod = {
    .name = "FanInProd",
    .formula = "product of the branches",
    .kernel = "K' = product of the K of the branches;  T' = sum over branches of T times the "
              "product of the other K",
    .source = "neural_tangents, stax.FanInProd",
    .limits = "branches are taken to be independent: each needs weights of its own",
    .action = NT_PRODUCT,
    .gaussian = NT_NO,
    .shape = shape,
};
