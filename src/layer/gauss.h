/** Nodes and weights of one-dimensional rules. */
#ifndef NT_LAYER_GAUSS_H
#define NT_LAYER_GAUSS_H

/** The n-point rule of Gauss and Hermite for the weight exp(-x^2), ascending, n <= 256.
 * Parallel: Local. Cost: n^2 log n. */
void nt_gauss_hermite(int n, double *x, double *weight);
/** The n-point rule of Gauss and Legendre on (-1, 1), n >= 2, ascending. Parallel: Local. */
void nt_gauss_legendre(int n, double *x, double *weight);

#endif
