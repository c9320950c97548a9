/* Abs: |x|; ABRelu(-1, 1), whose map it calls. */
#include "layer/abrelu.h"
#include "layer/registry.h"
#include "nt/stax.h"

static const nt_abs defaults = NT_ABS_DEFAULTS;

static const nt_opt opts[] = {
    {.name = "do_stabilize",
     .type = NT_OPT_BOOL,
     .offset = offsetof(nt_abs, do_stabilize),
     .help = NT_STABILIZE_HELP},
};

static nt_abrelu abrelu(const void *cfg)
{
  const nt_abs *c = cfg;
  return (nt_abrelu){.a = -1, .b = 1, .do_stabilize = c->do_stabilize};
}

static void map_f64(const void *cfg, const nt_lanes *lanes, const nt_post *post)
{
  const nt_abrelu c = abrelu(cfg);
  nt_layer_abrelu.map[NT_FLOAT64](&c, lanes, post);
}

static void map_f32(const void *cfg, const nt_lanes *lanes, const nt_post *post)
{
  const nt_abrelu c = abrelu(cfg);
  nt_layer_abrelu.map[NT_FLOAT32](&c, lanes, post);
}

static void self(const void *cfg, int64_t n, const double *q, double *q_out, double *dot)
{
  const nt_abrelu c = abrelu(cfg);
  nt_abrelu_self(c.a, c.b, n, q, q_out, dot);
}

const nt_layer_ops nt_layer_abs = {
    .name = "Abs",
    .formula = "|x|",
    .kernel = "that of ABRelu(-1, 1)",
    .source = "Cho and Saul 2009, arXiv:1112.3712",
    .cfg_size = sizeof(nt_abs),
    .defaults = &defaults,
    .opts = opts,
    .n_opts = sizeof opts / sizeof opts[0],
    .action = NT_MAP,
    .needs_gaussian = true,
    .remasks = true,
    .gaussian = NT_NO,
    .require = nt_map_require,
    .n_tables = NT_ANGLE_TABLES,
    .tables = nt_angle_tables,
    .self = self,
    .map = {map_f64, map_f32},
    .takes_d = true,
};
