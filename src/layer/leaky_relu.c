/* LeakyRelu: x for x > 0, alpha x for x < 0; ABRelu(alpha, 1), whose map it calls. */
#include "layer/abrelu.h"

static const nt_leaky_relu defaults = NT_LEAKY_RELU_DEFAULTS;

static const nt_opt opts[] = {
    {.name = "alpha",
     .type = NT_OPT_REAL,
     .offset = offsetof(nt_leaky_relu, alpha),
     .required = true,
     .help = "slope for x < 0"},
    NT_STABILIZE(nt_leaky_relu),
};

NT_ABRELU_MAPS(nt_leaky_relu, .a = c->alpha, .b = 1, .do_stabilize = c->do_stabilize)

const nt_layer_ops nt_layer_leaky_relu = {
    .name = "LeakyRelu",
    .formula = "alpha min(x, 0) + max(x, 0)",
    .kernel = "that of ABRelu(alpha, 1)",
    .source = "Cho and Saul 2009, arXiv:1112.3712",
    NT_ARGUMENTS(nt_leaky_relu, defaults, opts),
    NT_ANGLE_MAP(map_f64, map_f32),
};
