/** Coefficients of expansion.h, of NT_LANES variances at a time, all of them. */
#ifndef NT_LAYER_EXPANSION_SUMS_H
#define NT_LAYER_EXPANSION_SUMS_H

#include "layer/expansion.h"

typedef double nt_expansion_row[NT_LANES];

/** Of f: terms a_(k + 1), mean a_0, E[f^2]; of f': b_k, b_0, E[f'^2]. */
typedef struct nt_expansion_sums {
  nt_expansion_row term[NT_EXPANSION_TERMS], mean, square;
} nt_expansion_sums;

/** The first `terms`, at standard deviations s; 0 where the rule would need too many nodes.
 * Parallel: Local. */
void nt_expansion_sum(const nt_expansion *e, int terms, const double *s, nt_expansion_sums *f,
                      nt_expansion_sums *dot);

#endif
