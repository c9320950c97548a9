/** The map of ReLU by hand, with AVX2 or AVX-512. */
#ifndef NT_LAYER_RELU_SIMD_H
#define NT_LAYER_RELU_SIMD_H

#include "nt/plugin.h"

#include <stdbool.h>

/** Whether it is this map, and a processor that can run it. Parallel: Local. */
bool nt_relu_can_run(const nt_lanes *lanes);
/** As nt_layer_ops.map. Parallel: Local. */
void nt_relu_f64(const nt_lanes *lanes, const nt_post *post);
void nt_relu_f32(const nt_lanes *lanes, const nt_post *post);

#endif
