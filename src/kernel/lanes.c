#include "kernel/lanes.h"

#include "base/clones.h"
#include "layer/math.h"

#include <math.h>
#include <string.h>

#define real double
#define NAME(x) x##_f64
#define FLAG int64_t
#define FMA fma
#define NEAR 1e-3
#define ROUNDING 4e-15
#define OF_ROOTS(s1, s2) 0
#include "kernel/lanes_template.h"

#define real float
#define NAME(x) x##_f32
#define FLAG int32_t
#define FMA fmaf
#define NEAR 5e-2
#define ROUNDING 2e-6
#define OF_ROOTS(s1, s2) 0
#include "kernel/lanes_template.h"

#define real long double
#define NAME(x) x##_wide
#define FLAG int64_t
#define FMA(x, y, z) ((x) * (y) + (z))
#define NEAR 1e-3
#define ROUNDING 2e-18
#define OF_ROOTS(s1, s2) (fabsl((s1) - (s2)) * fmaxl(s1, s2) * 1e-15L)
#include "kernel/lanes_template.h"

const nt_lane_ops *nt_lanes_of(nt_dtype dtype)
{
  static const nt_lane_ops *const all[] = {
      [NT_FLOAT64] = &lane_ops_f64, [NT_FLOAT32] = &lane_ops_f32, [NT_WIDE] = &lane_ops_wide};
  return all[dtype];
}
