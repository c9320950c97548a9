/** The integrator of the reference: Dormand and Prince's pair of orders 5
 * and 4 with dense output. */
#ifndef NT_DORMAND_PRINCE_H
#define NT_DORMAND_PRINCE_H

#include "nt/descent.h"

/** dy = f(y): an autonomous equation. Collective; every rank holds the whole vector. */
typedef struct nt_ode {
  nt_status (*slope)(void *self, const double *y, double *dy);
  void *self;
  int64_t n;
} nt_ode;

/** Integrate from s = 0.
 *
 * \param [in] y0  [n]  \param [in] s  [n_times] not decreasing, from 0.
 * \param [out] out     Calls out(self, i, y [n]) in the order of times.
 * \return NT_ERR_NUMERIC when the vector overflows or the step vanishes.
 * Parallel: Collective on ctx. */
nt_status nt_dormand_prince(nt_ctx *ctx, const nt_ode *ode, const double *y0, int n_times,
                            const double *s, double tolerance,
                            nt_status (*out)(void *self, int i, const double *y),
                            nt_ode_info *info) NT_WARN_UNUSED;

#endif
