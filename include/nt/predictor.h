/** The predictors of neural_tangents.predict on distributed kernels.
 *
 *     nt_predictor_create          training kernels (or a kernel function), targets, options
 *     nt_gp_inference              posterior of nngp, ntk, ntkgp
 *     nt_gradient_descent_mse      training curves from given initial outputs, squared loss
 *     nt_gradient_descent_mse_ensemble   mean and covariance over random initial functions
 *     nt_gradient_descent          any loss, with momentum (descent.h)
 *
 * A predictor keeps what it factorises (one Cholesky factor, one eigendecomposition a kernel),
 * so that many calls, times and results cost one factorisation; a change of the regularisation
 * keeps the eigendecomposition.
 *
 * Outputs and matrices. Outputs have a shape, batch axis first: (n, c), or (n, H, W, c). trace_axes
 * T are those along which the kernel is block diagonal and equal; R are the others, in order. A
 * train-train kernel is the matrix whose rows and columns count the entries of R, row-major; with
 * the default T = (-1) and a network without positions that is n x n. Targets and means come in the
 * shape of the outputs, covariances over R. Replicated arrays are the same on all ranks.
 *
 * Source: neural_tangents.predict 0.6.6; Lee et al. 2019 (arXiv:1902.06720). */
#ifndef NT_PREDICTOR_H
#define NT_PREDICTOR_H

#include "nt/eigen.h"
#include "nt/kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Outputs of a shape, seen as a matrix: rows over the axes R, columns over the traced. */
typedef struct nt_trace {
  nt_shape shape;
  bool traced[NT_MAX_RANK];
  int64_t rows, cols;
} nt_trace;

/** Resolve trace axes (negative ones count from the end, repeated ones count once).
 * \return NT_ERR_ARG for an axis out of range. Parallel: Local. */
nt_status nt_trace_create(nt_error *err, const nt_shape *outputs, const nt_ints *axes,
                          nt_trace *trace) NT_WARN_UNUSED;
/** Outputs for other samples, whose kernels have `rows` rows: the same axes, another batch size.
 * \return NT_ERR_SHAPE when the rows are no whole number of samples. Parallel: Local. */
nt_status nt_trace_like(nt_error *err, const nt_trace *trace, int64_t rows,
                        nt_trace *other) NT_WARN_UNUSED;
/** Outputs in their shape to [rows][cols], and back. Parallel: Local. */
void nt_trace_to_matrix(const nt_trace *trace, const double *outputs, double *matrix);
void nt_trace_from_matrix(const nt_trace *trace, const double *matrix, double *outputs);

/** What is predicted with which kernel, `get` of the reference. */
typedef enum nt_prediction_kind {
  NT_PREDICT_NNGP, /**< The Bayesian network; at a time, last layers trained alone. */
  NT_PREDICT_NTK,  /**< The ensemble trained by gradient descent. */
  NT_PREDICT_NTKGP /**< A Gaussian process with the NTK as covariance; infinite time only. */
} nt_prediction_kind;

/** Kinds in the order in which results are wanted. */
typedef struct nt_prediction_get {
  int n;
  nt_prediction_kind kind[3];
} nt_prediction_get;

/** Read "nngp,ntk": upper or lower case, in the order given; NULL: nngp, ntk.
 * \return NT_ERR_ARG for an empty list, a name given twice, or an unknown name. Parallel: Local. */
nt_status nt_prediction_get_parse(nt_error *err, const char *text,
                                  nt_prediction_get *get) NT_WARN_UNUSED;
/** "nngp", "ntk" or "ntkgp". Parallel: Local. */
const char *nt_prediction_kind_name(nt_prediction_kind kind);

/** What is wanted beside the mean. */
typedef enum nt_spread {
  NT_SPREAD_NONE,
  NT_SPREAD_VARIANCE,  /**< The diagonal of the covariance, at the cost of a triangular solve. */
  NT_SPREAD_COVARIANCE /**< The whole matrix. */
} nt_spread;

/** Kernels of one pair of data sets; absent ones NULL. A bare matrix stands in both fields. */
typedef struct nt_kernel_pair {
  const nt_dmatrix *nngp, *ntk;
} nt_kernel_pair;

/** Kernels of the test set, borrowed. */
typedef struct nt_test_kernels {
  nt_kernel_pair test_train; /**< Rows test, columns train. */
  nt_kernel_pair test_test;  /**< For covariances (and variances, if without the next). */
  const double *nngp_diagonal, *ntk_diagonal; /**< [rows] of test_test, enough for variances. */
} nt_test_kernels;

/** Training times in steps, which may be fractional; n = 0 is None: infinite time. */
typedef struct nt_times {
  int n;
  const double *t; /**< [n] In any order, repeated, 0, infinite; borrowed. */
} nt_times;

/** A prediction: one result a time (one without times). Freed by nt_prediction_free. */
typedef struct nt_prediction {
  int n_times;
  nt_shape shape;          /**< Of the outputs at one time. */
  double *mean;            /**< [n_times] outputs, on every rank. */
  int64_t rows;            /**< Entries of R. */
  double *variance;        /**< [n_times][rows], never negative; NULL unless asked for. */
  nt_dmatrix **covariance; /**< [n_times] rows x rows, symmetric to the last bit; or NULL. */
} nt_prediction;

/** Free what a prediction holds. Parallel: Local. */
void nt_prediction_free(nt_prediction *prediction);

/** Options, named as in the reference. */
typedef struct nt_predict_options {
  double learning_rate; /**< Absolute time is learning_rate t. */
  double diag_reg;      /**< Added to the diagonal of train-train kernels that are inverted: */
  bool diag_reg_absolute_scale; /**< itself, or (default) times their mean diagonal. */
  nt_ints trace_axes;
  nt_eigensolver eigensolver;
} nt_predict_options;

#define NT_PREDICT_DEFAULTS                                                                        \
  {                                                                                                \
    .learning_rate = 1, .trace_axes = { 1, {-1} }                                                  \
  }

/** Training kernels, targets, and what was factorised so far. Opaque. */
typedef struct nt_predictor nt_predictor;

/** A predictor from matrices.
 *
 * \param [in] train  Train-train kernels, both triangles filled, any blocks; borrowed until
 *                    the predictor is destroyed.
 * \param [in] y, shape  Targets, replicated; copied.
 * \param [in] options   NULL for the defaults.
 * \param [out] out   Owned by the caller; destroyed before the grid; NULL on failure.
 * \return NT_ERR_SHAPE for sizes that do not fit; NT_ERR_ARG for options, and (without a message,
 *         which would have no context) without any kernel; NT_ERR_DATA for a target that is not
 *         finite.
 * Parallel: Collective on the matrices' context. */
nt_status nt_predictor_create(const nt_kernel_pair *train, const double *y, const nt_shape *shape,
                              const nt_predict_options *options, nt_predictor **out) NT_WARN_UNUSED;
/** A predictor from a kernel function, which is called when a kernel is first needed, once for both
 * kernels where both are needed.
 *
 * \param [in] fn, x_train  As nt_kernel_fn has them; the network has one output. Borrowed.
 * \param [in] kernel_options  For all calls of `fn`; NULL for the defaults. Copied.
 * \return As nt_predictor_create. A kernel that does not fit is found when it is first needed:
 *         NT_ERR_SHAPE for several outputs, other sizes, or a diagonal of positions; NT_ERR_ARG
 *         where the NTK that is wanted is zero; and what `fn` returned.
 * Parallel: Collective on ctx, that of the kernels. */
nt_status nt_predictor_create_fn(nt_ctx *ctx, const nt_analytic_kernel_fn *fn,
                                 const nt_tree *x_train, const nt_kernel_options *kernel_options,
                                 const double *y, const nt_shape *shape,
                                 const nt_predict_options *options,
                                 nt_predictor **out) NT_WARN_UNUSED;
/** Free a predictor and set it to NULL (NULL is accepted). Parallel: Local. */
void nt_predictor_destroy(nt_predictor **predictor);

/** Another regularisation; eigendecompositions stay. \return NT_ERR_ARG unless >= 0 and finite.
 * Parallel: Collective. */
nt_status nt_predictor_set_reg(nt_predictor *p, double diag_reg, bool absolute) NT_WARN_UNUSED;

/** The regularisation of a kernel, absolute: what is added to its diagonal. \return NT_ERR_ARG for
 * a kernel that is absent. Parallel: Collective. */
nt_status nt_predictor_lambda(nt_predictor *p, nt_prediction_kind kind,
                              double *lambda) NT_WARN_UNUSED;

/** What is known of the decomposition of a kernel after a finite time was asked for. */
typedef struct nt_spectrum_info {
  const nt_eigen *eigen; /**< Borrowed; NULL: none was needed so far. */
  double lambda;         /**< The regularisation, absolute, that is added to the eigenvalues. */
  int64_t vanishing; /**< Eigenvalues after it that are 0 but for rounding: they have its limit. */
  int64_t negative;  /**< Eigenvalues below 0 by more than rounding, which count as 0. */
  double lowest;     /**< The smallest eigenvalue after it. */
} nt_spectrum_info;

/** Of the NNGP or the NTK. Parallel: Local. */
nt_spectrum_info nt_predictor_spectrum(const nt_predictor *p, nt_prediction_kind kind);

/** Posterior of a Gaussian process (gp_inference).
 *
 * With d train, t test, ' regularised:
 *
 *     nngp   mean K_td K'_dd^-1 y   covariance K_tt - K_td K'_dd^-1 K_td^T
 *     ntkgp  the same with T
 *     ntk    mean T_td T'_dd^-1 y   covariance K_tt + B^T K_dd B - (C + C^T),
 *            B = T'_dd^-1 T_td^T, C = T_td T'_dd^-1 K_td^T; needs both kernels
 *
 * \param [in] test      NULL: the training set (mean y, covariance 0).
 * \param [out] results  [get->n] in that order; each freed by nt_prediction_free, also on failure.
 * \return NT_ERR_ARG for a kernel that is needed and absent; NT_ERR_SHAPE; NT_ERR_NUMERIC when not
 *         positive definite, or a variance is negative by more than rounding.
 * Parallel: Collective. Cost: n^3 / 3 flops a kernel at the first call, then n m
 * (n + m) for covariances. */
nt_status nt_gp_inference(nt_predictor *p, const nt_prediction_get *get,
                          const nt_test_kernels *test, nt_spread spread,
                          nt_prediction *results) NT_WARN_UNUSED;

/** Mean and covariance over the random initial functions of an ensemble of networks, trained for
 * some time with squared loss (gradient_descent_mse_ensemble; formulas in the source file).
 *
 * Without times it is nt_gp_inference. NT_PREDICT_NTKGP is NT_ERR_UNSUPPORTED.
 * Parallel: Collective. Cost: one eigendecomposition a kernel at the first call; then a time costs
 * 2 n^2 c flops for the mean, n m (n + m) for a covariance of m rows. */
nt_status nt_gradient_descent_mse_ensemble(nt_predictor *p, const nt_times *times,
                                           const nt_prediction_get *get,
                                           const nt_test_kernels *test, nt_spread spread,
                                           nt_prediction *results) NT_WARN_UNUSED;
/** The same for samples, with a predictor from a kernel function (NT_ERR_ARG for another): the
 * kernels of `x_test` are computed here. x_test NULL: the training set. Parallel: Collective. */
nt_status nt_gradient_descent_mse_ensemble_fn(nt_predictor *p, const nt_times *times,
                                              const nt_tree *x_test, const nt_prediction_get *get,
                                              nt_spread spread,
                                              nt_prediction *results) NT_WARN_UNUSED;

/** Outputs at time 0. */
typedef struct nt_initial {
  bool wanted;          /**< Whether these outputs are predicted; false is the reference's None. */
  double constant;      /**< All entries, if without: */
  const double *values; /**< [outputs] replicated; NULL: the constant. */
} nt_initial;

/** What one data set has for gradient descent. Test samples may be given in blocks. */
typedef struct nt_descent {
  nt_initial train, test;
  const nt_dmatrix *k_test_train; /**< Needed for test outputs. */
} nt_descent;

/** Continuous-time gradient descent on 0.5 mean((f - y)^2) in function space
 * (gradient_descent_mse), with the predictor's NTK (or its only kernel).
 *
 *     train   y + exp(-T' tau / N) (f0 - y)
 *     test    g0 - T_td T'^-1 (I - exp(-T' tau / N)) (f0 - y)
 *
 * with tau = learning_rate t and N the number of targets, f0 and g0 the outputs at time 0.
 *
 * \param [out] train, test  [times] outputs, owned by the caller (free); NULL unless wanted.
 * \return NT_ERR_ARG when neither is wanted, for test outputs without k_test_train, negative times;
 *         NT_ERR_SHAPE; NT_ERR_DATA for an initial output that is not finite; NT_ERR_NUMERIC.
 * Parallel: Collective. */
nt_status nt_gradient_descent_mse(nt_predictor *p, const nt_times *times, const nt_descent *descent,
                                  double **train, double **test) NT_WARN_UNUSED;

/** Largest learning rate at which gradient descent on 0.5 mean((f - y)^2) does not diverge,
 * 2 (1 + momentum) y_train_size / (lambda_max + eps), by Lanczos iteration.
 *
 * \param [in] ntk  Train-train kernel, both triangles filled. \param [in] y_train_size  Number of
 *             entries of the targets; 0: rows of the kernel (right only without trace axes).
 * \return NT_ERR_SHAPE when not square; NT_ERR_ARG for a momentum outside of 0 ... 1 (1 excluded)
 *         or a negative size; NT_ERR_NUMERIC for an entry that is not finite, or no convergence.
 * Parallel: Collective. Cost: some dozens of products. */
nt_status nt_max_learning_rate(const nt_dmatrix *ntk, int64_t y_train_size, double momentum,
                               double eps, double *rate) NT_WARN_UNUSED;

#ifdef __cplusplus
}
#endif
#endif
