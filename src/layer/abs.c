/* Abs: |x|; ABRelu(-1, 1), whose map it calls. */
#include "layer/abrelu.h"

static const nt_abs defaults = NT_ABS_DEFAULTS;

static const nt_opt opts[] = {
    {.name = "do_stabilize",
     .type = NT_OPT_BOOL,
     .offset = offsetof(nt_abs, do_stabilize),
     .help = NT_STABILIZE_HELP},
};

NT_ABRELU_MAPS(nt_abs, .a = -1, .b = 1, .do_stabilize = c->do_stabilize)

const nt_layer_ops nt_layer_abs = {
    .name = "Abs",
    .formula = "|x|",
    .kernel = "that of ABRelu(-1, 1)",
    .source = "Cho and Saul 2009, arXiv:1112.3712",
    NT_ARGUMENTS(nt_abs, defaults, opts),
    NT_ELEMENTWISE,
    .n_tables = NT_ANGLE_TABLES,
    .tables = nt_angle_tables,
    .self = self,
    .map = {map_f64, map_f32},
    .takes_d = true,
    .starts = true,
};
