/** The window of three neighbours with AVX-512: each vector is loaded once, and its neighbours are made
 * of it and of the ones before and behind it. Same operations as the plain loop, so the same bits. */
#ifndef NT_KERNEL_CELLS_SIMD_H
#define NT_KERNEL_CELLS_SIMD_H

#include "kernel/lanes.h"

/** Whether this processor can run them. Parallel: Local. */
bool nt_cells_have_simd(void);
/** out = m1 in[i + s] + (m2 in[i - s] + (in[i] + constant)) for s = 1 or -1, of K and, if it is there, of
 * T. n and all addresses are multiples of whole vectors; in and out do not overlap. Parallel: Local. */
void nt_three_f64_simd(int64_t n, const double *m1, const double *m2, int s, nt_lane_value in,
                       double k0, double t0, nt_lane_value out);
void nt_three_f32_simd(int64_t n, const float *m1, const float *m2, int s, nt_lane_value in,
                       float k0, float t0, nt_lane_value out);

#endif
