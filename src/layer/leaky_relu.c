/* LeakyRelu: x for x > 0, alpha x for x < 0; ABRelu(alpha, 1), whose map it calls. */
#include "layer/abrelu.h"
#include "layer/registry.h"
#include "nt/stax.h"

static const nt_leaky_relu defaults = NT_LEAKY_RELU_DEFAULTS;

static const nt_opt opts[] = {
    {.name = "alpha",
     .type = NT_OPT_REAL,
     .offset = offsetof(nt_leaky_relu, alpha),
     .required = true,
     .help = "slope for x < 0"},
    {.name = "do_stabilize",
     .type = NT_OPT_BOOL,
     .offset = offsetof(nt_leaky_relu, do_stabilize),
     .help = NT_STABILIZE_HELP},
};

static nt_abrelu abrelu(const void *cfg)
{
  const nt_leaky_relu *c = cfg;
  return (nt_abrelu){.a = c->alpha, .b = 1, .do_stabilize = c->do_stabilize};
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

const nt_layer_ops nt_layer_leaky_relu = {
    .name = "LeakyRelu",
    .formula = "alpha min(x, 0) + max(x, 0)",
    .kernel = "that of ABRelu(alpha, 1)",
    .source = "Cho and Saul 2009, arXiv:1112.3712",
    .cfg_size = sizeof(nt_leaky_relu),
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
