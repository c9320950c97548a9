/* Cos: a cos(b x + c); Sin(a, b, c + pi/2), whose map it calls. */
#include "layer/difference.h"
#include "layer/registry.h"
#include "nt/stax.h"

static const nt_cos defaults = NT_COS_DEFAULTS;

static const nt_opt opts[] = {
    {.name = "a", .type = NT_OPT_REAL, .offset = offsetof(nt_cos, a), .help = "factor"},
    {.name = "b", .type = NT_OPT_REAL, .offset = offsetof(nt_cos, b), .help = "factor of x"},
    {.name = "c", .type = NT_OPT_REAL, .offset = offsetof(nt_cos, c), .help = "phase"},
};

static nt_sin sine(const void *cfg)
{
  const nt_cos *c = cfg;
  return (nt_sin){.a = c->a, .b = c->b, .c = c->c + NT_PI / 2};
}

static void tables(const void *cfg, int64_t n, const double *q, double *const *table)
{
  const nt_sin c = sine(cfg);
  nt_layer_sin.tables(&c, n, q, table);
}

NT_MAP_OF_OTHER(map, nt_sin, sine, nt_layer_sin)
NT_MAP_OF_OTHER(difference, nt_sin, sine, nt_layer_sin)
NT_MAP_SELF(nt_layer_cos)

const nt_layer_ops nt_layer_cos = {
    .name = "Cos",
    .formula = "a cos(b x + c)",
    .kernel = "that of Sin(a, b, c + pi / 2)",
    .source = "Pearce et al. 2019, arXiv:1905.06076",
    NT_ARGUMENTS(nt_cos, defaults, opts),
    NT_DIFFERENCE_MAP,
    .n_tables = 2,
    .tables = tables,
};
