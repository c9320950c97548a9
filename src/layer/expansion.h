/** Kernels of a function by its expansion in orthonormal Hermite polynomials h_k:
 *
 *     a_k(q) = E[f(sqrt(q) z) h_k(z)],   b_k(q) = E[f'(sqrt(q) z) h_k(z)],   z standard normal
 *     F = sum_k a_k(q11) a_k(q22) rho^k,   Fdot = sum_k b_k(q11) b_k(q22) rho^k
 *
 * The coefficients are tables of either argument, so that a pair costs two polynomials in rho.
 * Where f does not jump, a_(k+1) = sqrt(q) c_k with c_k = b_k / sqrt(k + 1), and one row of
 * coefficients does for both of them:
 *
 *     F = a_0(q11) a_0(q22) + q12 sum_k c_k(q11) c_k(q22) rho^k
 *     Fdot = sum_k (k + 1) c_k(q11) c_k(q22) rho^k
 *
 * Of an odd f and a constant all odd b_k are 0; of an even f and a linear one all even ones but
 * b_0, as of max(x, 0) and x / (1 + exp(-x)): half of the rows are left out, and the polynomials
 * are of rho^2. Whether f is such a one is seen from its coefficients.
 *
 * Of the terms from k = n on, those of F sum up to at most |rho|^n sqrt(rest_n(q11) rest_n(q22)),
 * rest_n(q) = sum_(k >= n) a_k^2, and those of Fdot likewise. So few terms do for most pairs: how
 * many, of those in `nt_expansion_ladder`, depends on a pair alone. Pairs for which all of them
 * leave more than 1e-11 of what Cauchy and Schwarz allow, 1e-8 in float (wide Gaussians, kinks at
 * high correlations), get the rule in two dimensions of quadrature.h.
 * Source: Mehler's formula; Daniely, Frostig and Singer 2016, Toward deeper
 * understanding of neural networks. */
#ifndef NT_LAYER_EXPANSION_H
#define NT_LAYER_EXPANSION_H

#include "layer/quadrature.h"

/** The highest terms are below 256 if only every second one is there, else below 128: 128 rows at
 * most, of which two kinds there may be. */
enum { NT_EXPANSION_TERMS = 256, NT_EXPANSION_STEPS = 9 };

/** How many terms there may be: 16, 24, 32, 48, 64, 96, 128, of every second one also 192, 256. */
static inline int nt_expansion_ladder(int step) { return (step % 2 ? 24 : 16) << step / 2; }

/** Rows of the tables. */
enum {
  NT_EXPANSION_Q,
  NT_EXPANSION_ROOT,     /**< 1 / sqrt(q); 0 for q = 0. */
  NT_EXPANSION_FACTOR,   /**< sqrt(q); 1 if there are two rows a term. */
  NT_EXPANSION_MEAN,     /**< a_0 */
  NT_EXPANSION_HEAD,     /**< c_0, or a_1; 0 if a row below is of it. */
  NT_EXPANSION_HEAD_DOT, /**< b_0; 0 if a row below is of it. */
  /** Behind n terms, of each step of the ladder: the n-th root of sqrt(rest / E[f^2]),
   * or that of f' if larger. */
  NT_EXPANSION_REST,
  NT_EXPANSION_C = NT_EXPANSION_REST + NT_EXPANSION_STEPS, /**< c_k, or a_(k+1) and then b_k. */
  NT_EXPANSION_ROWS = NT_EXPANSION_C + NT_EXPANSION_TERMS
};

/** The rule of f, TRAPEZOID or SPLIT, and which terms there are: k = first, first + stride, ... in
 * `rows` rows, below that of the last of `steps` of the ladder, and k = 0. If rule.jumps, rows of
 * a_(k+1) and then, unless f is `flat`, of b_k. */
typedef struct nt_expansion {
  nt_quadrature rule;
  int first, stride, rows, steps;
  bool flat; /**< f' is 0 wherever there is one. */
  /** Of float64, float32: what |rho| times two REST is at most at a step whose terms do; the last:
   * at the last step, for all terms to do. */
  double few[2][NT_EXPANSION_STEPS + 1];
} nt_expansion;

/** Find the terms, from the rule. Parallel: Local. */
void nt_expansion_find_terms(nt_expansion *e);
/** The number of rows. Parallel: Local. */
int nt_expansion_count(const nt_expansion *e);
/** Tables of n variances. Parallel: Local. Cost: some 1e6 operations a variance. */
void nt_expansion_tables(const nt_expansion *e, int64_t n, const double *q, double *const *table);
/** The map, in both arithmetics: as nt_map_fn.
 * Parallel: Local. Cost: 5 operations a pair and term. */
void nt_expansion_f64(const nt_expansion *e, const nt_lanes *lanes, const nt_post *post);
void nt_expansion_f32(const nt_expansion *e, const nt_lanes *lanes, const nt_post *post);

#endif
