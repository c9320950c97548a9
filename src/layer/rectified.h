/** The map of RectifiedMonomial, in the notation of its file. */
#ifndef NT_LAYER_RECTIFIED_H
#define NT_LAYER_RECTIFIED_H

#include "layer/angle.h"

/** Highest degree. */
enum { NT_RECTIFIED = 32 };

/** The argument, and what is made of it. */
typedef struct nt_rectified {
  int64_t degree;
  int n;
  double top;                    /**< (2n - 1)!! */
  double q[2][NT_RECTIFIED + 1]; /**< Q_n and Q_(n-1); zeros for n = 0. */
  double r[2][NT_RECTIFIED + 1]; /**< R_n and R_(n-1). */
  double s[NT_RECTIFIED + 1];    /**< S_n, in z. */
} nt_rectified;

/** x^n by multiplications: the same bits in a vector loop and outside. Parallel: Local. */
static inline double nt_rectified_power(double x, int n)
{
  double product = 1;
  for (; n > 0; n--)
    product *= x;
  return product;
}

/** Tables: those of the angle, sqrt(q'), and s^(n-1). Parallel: Local. */
void nt_rectified_tables(const void *cfg, int64_t n, const double *q, double *const *table);
/** nt_layer_ops.map. Parallel: Local. Cost: about 6 n + 50 operations a lane. */
void nt_rectified_f64(const void *cfg, const nt_lanes *lanes, const nt_post *post);
void nt_rectified_f32(const void *cfg, const nt_lanes *lanes, const nt_post *post);
void nt_rectified_wide(const void *cfg, const nt_lanes *lanes, const nt_post *post);

#endif
