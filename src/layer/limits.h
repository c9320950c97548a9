/** Kernels whose formula loses its value, or its digits, at parallel arguments and at zeros. */
#ifndef NT_LAYER_LIMITS_H
#define NT_LAYER_LIMITS_H

#include "layer/pairs.h"

/** Mend f and dot (NULL: not wanted) of n pairs. A formula such as
 *
 *     sqrt(q11 q22 - q12^2) + q12 (pi - arccos(q12 / sqrt(q11 q22)))
 *
 * is 0/0 for a variance of zero, and its slope a difference of infinities for duplicates, of large
 * numbers for near ones. As most kernels it is smooth in t where 1 - |rho| = t^2 or q = t^2: so
 * what is not finite, or has t < 1/64, is compared with a polynomial through 8 pairs further
 * inside, and replaced by it where they differ by more than 1e-10, and more than that polynomial
 * does from one of twice the t. Where these do not agree to 1e-8, as at poles, nothing is replaced.
 * Of zero variances the correlation is 0.
 *
 * Parallel: Local. Cost: 16 pairs for each that is looked at.
 * \param [in] pairs  The formula; called with NT_LANES pairs. */
void nt_limits(nt_pairs_f64_fn pairs, const void *arg, int n, const double *q11, const double *q22,
               const double *q12, double *f, double *dot);

#endif
