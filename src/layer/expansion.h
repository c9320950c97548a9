/** Kernels of a function by its expansion in orthonormal Hermite polynomials h_k:
 *
 *     a_k(q) = E[f(sqrt(q) z) h_k(z)],   b_k(q) = E[f'(sqrt(q) z) h_k(z)],   z standard normal
 *     F = sum_k a_k(q11) a_k(q22) rho^k,   Fdot = sum_k b_k(q11) b_k(q22) rho^k
 *
 * The coefficients are tables of either argument, so that a pair costs two polynomials in rho. Of F the
 * terms from n on are at most |rho|^n sqrt(rest(q11) rest(q22)), rest = E[f^2] - sum_(k < n) a_k^2; of
 * Fdot likewise. Pairs for which that is not below 1e-11 of what Cauchy and Schwarz allow (wide
 * Gaussians, kinks at high correlations) get the rule in two dimensions of quadrature.h.
 * Source: Mehler's formula; Daniely, Frostig and Singer 2016, Toward deeper understanding of neural networks. */
#ifndef NT_LAYER_EXPANSION_H
#define NT_LAYER_EXPANSION_H

#include "layer/quadrature.h"

enum { NT_EXPANSION_TERMS = 128 };

/** Rows of the tables. */
enum {
  NT_EXPANSION_Q,
  NT_EXPANSION_ROOT,     /**< 1 / sqrt(q); 0 for q = 0. */
  NT_EXPANSION_REST,     /**< sqrt(rest / E[f^2]) */
  NT_EXPANSION_REST_DOT, /**< The same of f'. */
  NT_EXPANSION_COUNT,    /**< From this term on all are 0, or as good as 0. */
  NT_EXPANSION_A,        /**< a_0, a_1, ... */
  NT_EXPANSION_B = NT_EXPANSION_A + NT_EXPANSION_TERMS,
  NT_EXPANSION_ROWS = NT_EXPANSION_B + NT_EXPANSION_TERMS
};

/** Tables of n variances, of a rule that is TRAPEZOID or SPLIT. Parallel: Local.
 * Cost: some 1e5 operations a variance. */
void nt_expansion_tables(const nt_quadrature *rule, int64_t n, const double *q,
                         double *const *table);
/** The map, in both arithmetics: as nt_map_fn. Parallel: Local. Cost: 4 operations a pair and term. */
void nt_expansion_f64(const nt_quadrature *rule, const nt_lanes *lanes, const nt_post *post);
void nt_expansion_f32(const nt_quadrature *rule, const nt_lanes *lanes, const nt_post *post);

#endif
