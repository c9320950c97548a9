/** Kernels of any activation by quadrature:
 *
 *     F = E[f(u) f(v)],   Fdot = E[f'(u) f'(v)]
 *
 * for (u, v) Gaussian with variances q11, q22 and covariance q12, in two dimensions, for NT_LANES
 * pairs at a time: every operation is a vector loop over them. Rules:
 *
 * - HERMITE: the product rule of Gauss and Hermite of fixed degree, first u, then v given u, as the
 *   reference has it. Not symmetric in u and v but for the error of the rule.
 * - TRAPEZOID: of a smooth f. On Gaussians it converges faster than any power, and poles of f at
 *   the distance d from the real axis leave exp(-2 pi d / step): the step is fixed in x, so that
 *   wide Gaussians get more nodes. Source: Trefethen and Weideman 2014, The exponentially
 *   convergent trapezoidal rule.
 *   Beyond the most that there may be: quadrature_wide.c.
 * - SPLIT: of an f with kinks c_i. With u = s1 (A a + B b), v = +-s2 (A a - B b),
 *   A^2 = (1 + |rho|)/2, B^2 = (1 - |rho|)/2, +- the sign of rho and a, b independent, the
 *   kinks are lines that are never steep in a: the inner integral over a is split where it
 *   meets them, the outer one where they cross. All pieces are smooth, for all rho, and get the
 *   rule of Gauss and Legendre. */
#ifndef NT_LAYER_QUADRATURE_H
#define NT_LAYER_QUADRATURE_H

#include "base/clones.h"
#include "base/function.h"
#include "nt/plugin.h"

/* A loop over the pairs, or variances, that go together. */
#define NT_EACH_LANE                                                                               \
  NT_VECTOR_LOOP                                                                                   \
  for (int i = 0; i < NT_LANES; i++)

enum { NT_QUADRATURE_NODES = 2049, NT_HERMITE_DEGREE = 256, NT_KINKS = 4 };

typedef enum nt_rule { NT_RULE_HERMITE, NT_RULE_TRAPEZOID, NT_RULE_SPLIT } nt_rule;

/** Nodes of a piece that close in on both ends. */
typedef struct nt_graded {
  int n;              /**< 0: there is no such rule. */
  double *x, *weight; /**< [n] As those of SPLIT. x owned, with weight behind it. */
} nt_graded;

typedef struct nt_quadrature {
  nt_rule rule;
  const nt_function *f, *df; /**< Borrowed; df NULL: the derivative of f. */
  int n;                     /**< HERMITE, SPLIT: nodes (of a piece). */
  double *x, *weight;        /**< [n] Owned. SPLIT: x are distances from the nearer end of a piece
                                  in halves of it, negative from the upper one. */
  double step;               /**< TRAPEZOID: in x. */
  int kinks;                 /**< SPLIT: at most NT_KINKS. */
  double kink[NT_KINKS];
  nt_parity parity; /**< Of f; NONE also where f' is given and has not the other one. */
  bool jumps; /**< TRAPEZOID, SPLIT: f is not the integral of its slope, as far as is known. */
  nt_graded wide[2]; /**< TRAPEZOID: for wider Gaussians (quadrature_wide.c), and a finer one. */
  double reached;    /**< TRAPEZOID, SPLIT: the error that was left at trial. */
} nt_quadrature;

/** The rule of `degree` nodes in each dimension, 1 ... NT_HERMITE_DEGREE. Parallel: Local.
 * \param [in,out] q  f and df are set. Free with nt_quadrature_free, also after errors. */
nt_status nt_quadrature_hermite(nt_error *err, int degree, nt_quadrature *q) NT_WARN_UNUSED;

/** The coarsest rule that is right to 1e-10 of the largest values, at trial
 * variances from 1/16 to 16.
 * Parallel: Local. \return NT_ERR_ARG when none is, with what was reached. */
nt_status nt_quadrature_adapt(nt_error *err, const nt_coefs *kinks,
                              nt_quadrature *q) NT_WARN_UNUSED;
void nt_quadrature_free(nt_quadrature *q);

/** n pairs, n a multiple of NT_LANES; dot NULL: not wanted. NaN where a variance is so large that
 * TRAPEZOID would need more than NT_QUADRATURE_NODES nodes, and graded ones do not do either.
 * Parallel: Local. */
void nt_quadrature_pairs(const nt_quadrature *q, int n, const double *q11, const double *q22,
                         const double *q12, double *f, double *dot);
/** The same in float, of HERMITE alone: correlations and scales are still of doubles. */
void nt_quadrature_pairs_f32(const nt_quadrature *q, int n, const float *q11, const float *q22,
                             const float *q12, float *f, float *dot);

/** The largest standard deviation for which the rule has nodes enough. Parallel: Local. */
double nt_quadrature_widest(const nt_quadrature *q);
/** Find the graded rules of a TRAPEZOID, if there are any. Parallel: Local. */
nt_status nt_quadrature_widen(nt_error *err, nt_quadrature *q) NT_WARN_UNUSED;
/** Free them. Parallel: Local. */
void nt_quadrature_narrow(nt_quadrature *q);
/** Set f and dot of pairs that are wider than TRAPEZOID allows; arguments as below. Parallel:
 * Local. Cost: some 1e5 values of the function a pair. */
void nt_quadrature_wide(const nt_quadrature *q, const double *s1, const double *s2,
                        const double *rho, const double *minor, double *f, double *dot);
/** SPLIT, of standard deviations, correlations rho and 1 - |rho|; adds to f and dot.
 * Parallel: Local. */
void nt_quadrature_split(const nt_quadrature *q, const double *s1, const double *s2,
                         const double *rho, const double *minor, double *f, double *dot);

/** f of n numbers x, and its derivative, or df, if dot is not NULL. Parallel: Local. */
void nt_quadrature_values_f64(const nt_quadrature *q, int64_t n, const double *x, double *f,
                              double *dot);
void nt_quadrature_values_f32(const nt_quadrature *q, int64_t n, const float *x, float *f,
                              float *dot);

#endif
