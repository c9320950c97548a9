/* Identity: the input. */
#include "nt/plugin.h"

const nt_layer_ops nt_layer_identity = {
    .name = "Identity",
    .formula = "x",
    .kernel = "K' = K;  T' = T",
    .source = "neural_tangents, stax.Identity",
    .action = NT_KEEP,
    .gaussian = NT_MAYBE,
};
