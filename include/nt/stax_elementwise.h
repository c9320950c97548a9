/** Elementwise layers of `neural_tangents.stax`: phi(x) of each entry. How to make layers:
 * nt/stax.h.
 *
 * K' = E[phi(u) phi(v)] and T' = T E[phi'(u) phi'(v)], T' = 0 for Sign, with (u, v)
 * normal of covariance K = q12 and variances q11, q22. `ntmpi layers NAME` prints the
 * closed forms and their papers.
 *
 * do_stabilize changes nothing, as the maps of ReLUs are stable without it. */
#ifndef NT_STAX_ELEMENTWISE_H
#define NT_STAX_ELEMENTWISE_H

#include "nt/option.h"
#include "nt/typing.h"

#ifdef __cplusplus
extern "C" {
#endif

/** ABRelu(a, b, do_stabilize=False): a min(x, 0) + b max(x, 0) */
typedef struct nt_abrelu {
  double a, b; /**< Required. */
  bool do_stabilize;
} nt_abrelu;
#define NT_ABRELU_DEFAULTS                                                                         \
  {                                                                                                \
    .a = 0, .b = 1, .do_stabilize = false                                                          \
  }

/** Relu(do_stabilize=False): max(x, 0) */
typedef struct nt_relu {
  bool do_stabilize;
} nt_relu;
#define NT_RELU_DEFAULTS                                                                           \
  {                                                                                                \
    .do_stabilize = false                                                                          \
  }

/** LeakyRelu(alpha, do_stabilize=False): alpha min(x, 0) + max(x, 0) */
typedef struct nt_leaky_relu {
  double alpha; /**< Required. */
  bool do_stabilize;
} nt_leaky_relu;
#define NT_LEAKY_RELU_DEFAULTS                                                                     \
  {                                                                                                \
    .alpha = 0, .do_stabilize = false                                                              \
  }

/** Abs(do_stabilize=False): |x| */
typedef struct nt_abs {
  bool do_stabilize;
} nt_abs;
#define NT_ABS_DEFAULTS                                                                            \
  {                                                                                                \
    .do_stabilize = false                                                                          \
  }

/** Erf(a=1., b=1., c=0.): a erf(b x) + c */
typedef struct nt_erf {
  double a, b, c;
} nt_erf;
#define NT_ERF_DEFAULTS                                                                            \
  {                                                                                                \
    .a = 1, .b = 1, .c = 0                                                                         \
  }

/** Gelu(approximate=False): x Phi(x); approximate: a tanh in its place in finite networks, whose
 * kernels stay those of x Phi(x) */
typedef struct nt_gelu {
  bool approximate;
} nt_gelu;
#define NT_GELU_DEFAULTS                                                                           \
  {                                                                                                \
    .approximate = false                                                                           \
  }

/** Sin(a=1., b=1., c=0.): a sin(b x + c) */
typedef struct nt_sin {
  double a, b, c;
} nt_sin;
#define NT_SIN_DEFAULTS                                                                            \
  {                                                                                                \
    .a = 1, .b = 1, .c = 0                                                                         \
  }

/** Cos(a=1., b=1., c=0.): a cos(b x + c) */
typedef struct nt_cos {
  double a, b, c;
} nt_cos;
#define NT_COS_DEFAULTS                                                                            \
  {                                                                                                \
    .a = 1, .b = 1, .c = 0                                                                         \
  }

/** Rbf(gamma=1.): sqrt(2) sin(sqrt(2 gamma) x + pi/4) */
typedef struct nt_rbf {
  double gamma;
} nt_rbf;
#define NT_RBF_DEFAULTS                                                                            \
  {                                                                                                \
    .gamma = 1                                                                                     \
  }

/** Exp(a=1., b=1.): a exp(b x) */
typedef struct nt_exp {
  double a, b;
} nt_exp;
#define NT_EXP_DEFAULTS                                                                            \
  {                                                                                                \
    .a = 1, .b = 1                                                                                 \
  }

/** Gaussian(a=1., b=-1.): a exp(b x^2) */
typedef struct nt_gaussian {
  double a, b;
} nt_gaussian;
#define NT_GAUSSIAN_DEFAULTS                                                                       \
  {                                                                                                \
    .a = 1, .b = -1                                                                                \
  }

/** ExpNormalized(gamma=1., shift=-1., do_clip=False): no phi; with rho = q12 / sqrt(q11 q22) the
 * kernel sqrt(q11 q22) exp(gamma (rho + shift)); do_clip keeps rho within -1 and 1 */
typedef struct nt_exp_normalized {
  double gamma, shift;
  bool do_clip;
} nt_exp_normalized;
#define NT_EXP_NORMALIZED_DEFAULTS                                                                 \
  {                                                                                                \
    .gamma = 1, .shift = -1, .do_clip = false                                                      \
  }

/** Hermite(degree): He_degree(x) / sqrt(degree!), of inputs of variance 1 */
typedef struct nt_hermite {
  int64_t degree; /**< Required. */
} nt_hermite;
#define NT_HERMITE_DEFAULTS                                                                        \
  {                                                                                                \
    .degree = 0                                                                                    \
  }

/** Monomial(degree): x^degree, degree 0 to 5 */
typedef struct nt_monomial {
  int64_t degree; /**< Required. */
} nt_monomial;
#define NT_MONOMIAL_DEFAULTS                                                                       \
  {                                                                                                \
    .degree = 0                                                                                    \
  }

/** RectifiedMonomial(degree): x^degree for x >= 0, else 0; degree 0 to 32 */
typedef struct nt_rectified_monomial {
  int64_t degree; /**< Required. */
} nt_rectified_monomial;
#define NT_RECTIFIED_MONOMIAL_DEFAULTS                                                             \
  {                                                                                                \
    .degree = 0                                                                                    \
  }

/** Polynomial(coef): coef[0] + coef[1] x + coef[2] x^2 + ..., at most 64 of them */
typedef struct nt_polynomial {
  nt_coefs coef; /**< Required. */
} nt_polynomial;
#define NT_POLYNOMIAL_DEFAULTS                                                                     \
  {                                                                                                \
    .coef = {.n = 0 }                                                                              \
  }

/** Elementwise(fn=None, nngp_fn=None, d_nngp_fn=None, kinks=[]): any function.
 *
 * With nngp_fn(q12, q11, q22) = E[fn fn] the kernel is that, and d_nngp_fn its derivative in q12
 * (None: taken of nngp_fn). Without, the kernel is a quadrature of fn, whose rule is made finer
 * until it is right to 1e-10; `kinks` are the places where fn or its derivatives jump, at most 4,
 * at which the rule is split. The layer retains the functions. */
typedef struct nt_elementwise {
  nt_function *fn, *nngp_fn, *d_nngp_fn;
  nt_coefs kinks;
} nt_elementwise;
#define NT_ELEMENTWISE_DEFAULTS                                                                    \
  {                                                                                                \
    .fn = NULL, .nngp_fn = NULL, .d_nngp_fn = NULL, .kinks = {.n = 0 }                             \
  }

/** ElementwiseNumerical(fn, deg, df=None): a Gauss-Hermite quadrature of fn with deg^2 nodes, and
 * of its derivative df (None: taken of fn). Smooth functions only; the accuracy is not checked. The
 * layer retains the functions. */
typedef struct nt_elementwise_numerical {
  nt_function *fn; /**< Required. */
  int64_t deg;     /**< Required. */
  nt_function *df;
} nt_elementwise_numerical;
#define NT_ELEMENTWISE_NUMERICAL_DEFAULTS                                                          \
  {                                                                                                \
    .fn = NULL, .deg = 0, .df = NULL                                                               \
  }

/* Constructors: arguments are copied and checked (NULL: defaults); the layer is the caller's
 * (nt_layer_release).
 * Parallel: Local. Errors: NT_ERR_ARG, NT_ERR_NOMEM. */
nt_status nt_stax_abrelu(nt_error *err, const nt_abrelu *cfg, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_relu(nt_error *err, const nt_relu *cfg, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_leaky_relu(nt_error *err, const nt_leaky_relu *cfg,
                             nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_abs(nt_error *err, const nt_abs *cfg, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_erf(nt_error *err, const nt_erf *cfg, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_gelu(nt_error *err, const nt_gelu *cfg, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_sin(nt_error *err, const nt_sin *cfg, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_cos(nt_error *err, const nt_cos *cfg, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_rbf(nt_error *err, const nt_rbf *cfg, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_exp(nt_error *err, const nt_exp *cfg, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_gaussian(nt_error *err, const nt_gaussian *cfg, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_exp_normalized(nt_error *err, const nt_exp_normalized *cfg,
                                 nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_hermite(nt_error *err, const nt_hermite *cfg, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_monomial(nt_error *err, const nt_monomial *cfg, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_rectified_monomial(nt_error *err, const nt_rectified_monomial *cfg,
                                     nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_polynomial(nt_error *err, const nt_polynomial *cfg,
                             nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_elementwise(nt_error *err, const nt_elementwise *cfg,
                              nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_elementwise_numerical(nt_error *err, const nt_elementwise_numerical *cfg,
                                        nt_layer **out) NT_WARN_UNUSED;

/* Without arguments: erf(x / 2.402) / 2 + 1/2, sign(x), exp(-x^2) sin(x). Parallel: Local. */
nt_status nt_stax_sigmoid_like(nt_error *err, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_sign(nt_error *err, nt_layer **out) NT_WARN_UNUSED;
nt_status nt_stax_gabor(nt_error *err, nt_layer **out) NT_WARN_UNUSED;

#ifdef __cplusplus
}
#endif
#endif
