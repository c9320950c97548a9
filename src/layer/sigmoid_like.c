/* Sigmoid_like: 1/2 erf(x / 2.4020563531719796) + 1/2, close to the logistic function.
 *
 * Erf with these arguments, whose map it calls. Source: neural_tangents, stax.Sigmoid_like. */
#include "layer/difference.h"
#include "layer/registry.h"
#include "nt/stax.h"

static nt_erf as_erf(const void *cfg)
{
  (void)cfg;
  return (nt_erf){.a = 0.5, .b = 1 / 2.4020563531719796, .c = 0.5};
}

NT_MAP_OF_OTHER(map, nt_erf, as_erf, nt_layer_erf)
NT_MAP_OF_OTHER(difference, nt_erf, as_erf, nt_layer_erf)
NT_MAP_SELF(nt_layer_sigmoid_like)

const nt_layer_ops nt_layer_sigmoid_like = {
    .name = "Sigmoid_like",
    .formula = "erf(x / 2.402) / 2 + 1/2",
    .kernel = "that of Erf(1/2, 1 / 2.4020563531719796, 1/2)",
    .source = "neural_tangents, stax.Sigmoid_like",
    NT_DIFFERENCE_MAP,
    .n_tables = NT_SCALED_TABLES,
    .tables = nt_scaled_tables,
};
