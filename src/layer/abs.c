/* Abs: |x|; ABRelu(-1, 1), whose map it calls. */
#include "layer/abrelu.h"

static const nt_abs defaults = NT_ABS_DEFAULTS;

static const nt_opt opts[] = {
    NT_STABILIZE(nt_abs),
};

NT_ABRELU_MAPS(nt_abs, .a = -1, .b = 1, .do_stabilize = c->do_stabilize)

const nt_layer_ops nt_layer_abs = {
    .name = "Abs",
    .formula = "|x|",
    .kernel = "that of ABRelu(-1, 1)",
    .source = "Cho and Saul 2009, arXiv:1112.3712",
    NT_ARGUMENTS(nt_abs, defaults, opts),
    NT_ANGLE_MAP(map_f64, map_f32),
};
