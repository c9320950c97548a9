/* FanOut: a list of copies of the input, one for each branch of a `parallel`. */
#include "nt/stax.h"

static const nt_fan_out defaults = NT_FAN_OUT_DEFAULTS;

static const nt_opt opts[] = {
    {.name = "num",
     .type = NT_OPT_INT,
     .offset = offsetof(nt_fan_out, num),
     .required = true,
     .min = 0,
     .max = 1e6,
     .help = "number of copies"},
};

const nt_layer_ops nt_layer_fan_out = {
    .name = "FanOut",
    .formula = "[x, x, ...]",
    .kernel = "the same for each copy",
    .source = "neural_tangents, stax.FanOut",
    NT_ARGUMENTS(nt_fan_out, defaults, opts),
    .action = NT_FAN_OUT,
    .gaussian = NT_MAYBE,
};
