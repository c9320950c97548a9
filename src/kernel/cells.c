#include "kernel/cells.h"

#include "base/clones.h"
#include "layer/math.h"

#include <math.h>
#include <string.h>

/* SUM: of what lanes are added in. THREE: see three.h. OF_ROOTS: the rounding of (s1 - s2)^2 where
 * tables hold less than lanes do.
 *
 * A D (or difference of variances) below this share of what it is the difference of is rounding:
 * left as it is, a square root in a later layer would make 1e-8 of 1e-16. */
#define NAME(x) x##_f64
#define real double
#define SUM double
#define THREE nt_three_f64
#define FMA fma
#define ROUNDING 8e-15
#define OF_ROOTS(s1, s2) 0
#include "kernel/cells_template.h"

#define NAME(x) x##_f32
#define real float
#define SUM double
#define THREE nt_three_f32
#define FMA fmaf
#define ROUNDING 2e-6
#define OF_ROOTS(s1, s2) 0
#include "kernel/cells_template.h"

#define NAME(x) x##_wide
#define real long double
#define SUM long double
#define THREE NULL
#define FMA(x, y, z) ((x) * (y) + (z))
#define ROUNDING 4e-18
#define OF_ROOTS(s1, s2) (fabsl((s1) - (s2)) * fmaxl(s1, s2) * 1e-15L)
#include "kernel/cells_template.h"

const nt_cell_ops *nt_cells_of(nt_dtype dtype)
{
  static const nt_cell_ops *const all[] = {
      [NT_FLOAT64] = &cell_ops_f64, [NT_FLOAT32] = &cell_ops_f32, [NT_WIDE] = &cell_ops_wide};
  return all[dtype];
}
