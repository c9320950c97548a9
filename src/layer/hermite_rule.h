/** Nodes and weights of one-dimensional rules. */
#ifndef NT_LAYER_HERMITE_RULE_H
#define NT_LAYER_HERMITE_RULE_H

/** The n-point rule of Gauss and Hermite for the weight exp(-x^2), ascending, n <= 256.
 * Parallel: Local. Cost: n^2 log n. */
void nt_gauss_hermite(int n, double *x, double *weight);
/** The double exponential rule on (-1, 1). Parallel: Local. */
void nt_double_exponential(int n, double *x, double *weight);

#endif
