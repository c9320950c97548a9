/* FanInSum: the sum of the branches, which are taken to be independent.
 *
 *     K' = sum_b K_b,  T' = sum_b T_b
 *
 * Source: neural_tangents, stax.FanInSum. */
#include "base/check.h"
#include "layer/fan_in.h"

static nt_status shape(const void *cfg, int n_in, const nt_facts *in, nt_facts *out, nt_error *err)
{
  nt_status status = NT_OK;
  (void)cfg;
  NT_TRY(nt_fan_in_check(-1, n_in, in, err));
  if (n_in > 1) NT_TRY(nt_fan_in_gaussian(n_in, in, err));
  nt_fan_in_flags(n_in, in, out);
done:
  return status;
}

static void weights(const void *cfg, int n_in, const nt_facts *in, double *w)
{
  (void)cfg, (void)in;
  for (int i = 0; i < n_in; i++)
    w[i] = 1;
}

const nt_layer_ops nt_layer_fan_in_sum = {
    .name = "FanInSum",
    .formula = "sum of the branches",
    .kernel = "K' = sum of the K of the branches;  T' = sum of the T",
    .source = "neural_tangents, stax.FanInSum",
    .limits =
        "Gaussian branches of equal shapes, taken to be independent: each needs weights of its own",
    .action = NT_WEIGHTED_SUM,
    .gaussian = NT_MAYBE,
    .shape = shape,
    .weights = weights,
};
