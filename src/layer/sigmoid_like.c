/* Sigmoid_like: 1/2 erf(x / 2.4020563531719796) + 1/2, close to the logistic function.
 *
 * Erf with these arguments, whose map it calls. Source: neural_tangents, stax.Sigmoid_like. */
#include "layer/difference.h"
#include "layer/registry.h"
#include "nt/stax.h"

static const nt_erf erf_cfg = {.a = 0.5, .b = 1 / 2.4020563531719796, .c = 0.5};

static void map_f64(const void *cfg, const nt_lanes *lanes, const nt_post *post)
{
  (void)cfg;
  nt_layer_erf.map[NT_FLOAT64](&erf_cfg, lanes, post);
}

static void map_f32(const void *cfg, const nt_lanes *lanes, const nt_post *post)
{
  (void)cfg;
  nt_layer_erf.map[NT_FLOAT32](&erf_cfg, lanes, post);
}

static void difference_f64(const void *cfg, const nt_lanes *lanes, const nt_post *post)
{
  (void)cfg;
  nt_layer_erf.difference[NT_FLOAT64](&erf_cfg, lanes, post);
}

static void difference_f32(const void *cfg, const nt_lanes *lanes, const nt_post *post)
{
  (void)cfg;
  nt_layer_erf.difference[NT_FLOAT32](&erf_cfg, lanes, post);
}

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
