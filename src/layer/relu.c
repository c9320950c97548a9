/* Relu: max(x, 0).
 *
 * ABRelu(0, 1) with its constants known to the compiler: abrelu.h has the formulas. By hand in
 * relu_simd.c where the processor has AVX2 or AVX-512.
 * Source: Cho and Saul 2009; the difference form is ours. */
#include "layer/abrelu.h"
#include "layer/relu_simd.h"

static const nt_relu defaults = NT_RELU_DEFAULTS;

static const nt_opt opts[] = {
    NT_STABILIZE(nt_relu),
};

NT_ANGLE_FUNCTIONS(nt_relu, {NT_ABRELU_FORMULA((real)1, (real)1)})

static void relu_f64(const void *cfg, const nt_lanes *lanes, const nt_post *post)
{
  if (nt_relu_can_run(lanes))
    nt_relu_f64(lanes, post);
  else
    map_f64(cfg, lanes, post);
}

static void relu_f32(const void *cfg, const nt_lanes *lanes, const nt_post *post)
{
  if (nt_relu_can_run(lanes))
    nt_relu_f32(lanes, post);
  else
    map_f32(cfg, lanes, post);
}

static void self(const void *cfg, int64_t n, const double *q, double *q_out, double *dot)
{
  (void)cfg;
  nt_abrelu_self(0, 1, n, q, q_out, dot);
}

const nt_layer_ops nt_layer_relu = {
    .name = "Relu",
    .formula = "max(x, 0)",
    .kernel =
        "K' = r / (2 pi) + D q12;  T' = D T;  with r = sqrt(q11 q22 - q12^2), D = 1/2 - atan2(r, "
        "q12) / (2 pi)",
    .source = "Cho and Saul 2009, arXiv:1112.3712",
    NT_ARGUMENTS(nt_relu, defaults, opts),
    NT_ANGLE_MAP(relu_f64, relu_f32),
};
