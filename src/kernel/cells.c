#include "kernel/cells.h"

#include "base/clones.h"

#include <math.h>
#include <string.h>

/* A D (or difference of variances) below this share of what it is the difference of is rounding:
 * left as it is, a square root in a later layer would make 1e-8 of 1e-16. */
#define NAME(x) x##_f64
#define real double
#define FMA fma
#define ROUNDING 8e-15
#include "kernel/cells_template.h"
#undef NAME
#undef real
#undef FMA
#undef ROUNDING

#define NAME(x) x##_f32
#define real float
#define FMA fmaf
#define ROUNDING 2e-6
#include "kernel/cells_template.h"

const nt_cell_ops *nt_cells_of(nt_dtype dtype)
{
  return dtype == NT_FLOAT64 ? &cell_ops_f64 : &cell_ops_f32;
}
