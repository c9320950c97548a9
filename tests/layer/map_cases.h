/** The elementwise layers that have closed forms, with what they are of: for
 * the tests of their maps. */
#ifndef NT_TEST_LAYER_MAP_CASES_H
#define NT_TEST_LAYER_MAP_CASES_H

#include "map_run.h"
#include "oracle.h"

#include <math.h>

#define PI 3.14159265358979323846264338327950288L

/** phi and phi' of one layer with its arguments; or, for the kinked ones, their slopes. */
typedef struct map_case {
  const nt_layer_ops *ops;
  const void *cfg;
  nt_oracle_fn phi, dphi;
  long double a, b;
  bool grows; /**< Infinite at large variances. */
} map_case;

enum { SMOOTH = 13, KINKED = 6, RHOS = 8, SCALES = 4 };
extern const map_case smooth[SMOOTH], kinked[KINKED];

/** Correlations and variances of pairs that floats hold exactly. */
extern const double rhos[RHOS], scales[SCALES];

static const nt_post plain = {.kf = 1, .tt = 1}, difference = {.kd = 1, .tt = 1};
/* By arithmetic: in long double tables hold doubles. */
static const double eps_of[NT_DTYPES] = {0x1p-52, 0x1p-23, 0x1p-52};

static inline double worst(double a, double b) { return isfinite(b) ? fmax(a, b) : INFINITY; }

static inline double minus(double got, long double want)
{
  return (double)fabsl((long double)got - want);
}

/** All rhos and scales with a second argument of variance q2, T = 1. Local. */
void map_grid(map_run *run, bool takes_d, double q2);

#endif
