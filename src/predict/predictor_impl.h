/** The predictor from inside. */
#ifndef NT_PREDICTOR_IMPL_H
#define NT_PREDICTOR_IMPL_H

#include "nt/predict.h"
#include "nt/predictor.h"
#include "predict/quadratic.h"

enum { NT_SLOTS = 2 }; /* NNGP, NTK */

/** What was made of one kernel. All owned; NULL until needed. */
typedef struct nt_slot {
  nt_posterior *posterior;
  bool factored; /**< With the present regularisation. */
  double *alpha; /**< [rows][cols] (K + lambda I)^-1 y; valid while factored. */
  bool has_alpha;
  nt_eigen *eigen;      /**< Of K without regularisation: that shifts the values. */
  double mean_diagonal; /**< Of K; valid with eigen. */
  double *y_hat;        /**< [rows][cols] V^T y */
  nt_dmatrix *inner;    /**< V^T K_nngp V, of the NTK's slot. */
} nt_slot;

struct nt_predictor {
  nt_ctx *ctx;
  nt_predict_options options;
  nt_trace trace;
  double *y; /**< [rows][cols] Owned. */
  nt_kernel_pair train;
  nt_slot slot[NT_SLOTS];
  /* from a kernel function */
  const nt_analytic_kernel_fn *fn;
  const nt_tree *x_train;
  nt_kernel_options kernel_options;
  nt_tree *owned[NT_SLOTS]; /**< What `fn` returned: one call for both kernels, or one for each. */
};

/** Make sure that the train-train kernels of NT_GET_NNGP and NT_GET_NTK bits are there: call the
 * kernel function, or fail with NT_ERR_ARG. Parallel: Collective. */
nt_status nt_predictor_need(nt_predictor *p, unsigned get) NT_WARN_UNUSED;
/** Call the kernel function and find its matrices. \param [out] kernels  nt_kernels_destroy, also
 * on failure; they own the matrices of `pair`. Parallel: Collective. */
nt_status nt_predictor_call(const nt_predictor *p, const nt_tree *x1, const nt_tree *x2,
                            unsigned get, nt_tree **kernels, nt_kernel_pair *pair) NT_WARN_UNUSED;
/** The slot of a kernel, with its Cholesky factor. Parallel: Collective. */
nt_status nt_predictor_factor(nt_predictor *p, nt_prediction_kind kind,
                              nt_slot **slot) NT_WARN_UNUSED;
/** The slot of a kernel, with its eigendecomposition. Parallel: Collective. */
nt_status nt_predictor_decompose(nt_predictor *p, nt_prediction_kind kind,
                                 nt_slot **slot) NT_WARN_UNUSED;
/** NT_GET_NNGP or NT_GET_NTK: the kernel that a kind reads. Parallel: Local. */
static inline unsigned nt_kind_get(nt_prediction_kind kind)
{
  return kind == NT_PREDICT_NNGP ? NT_GET_NNGP : NT_GET_NTK;
}
/** That kernel of a pair. Parallel: Local. */
const nt_dmatrix *nt_pair_kernel(const nt_kernel_pair *pair, nt_prediction_kind kind);
/** The regularisation to add to the eigenvalues. Parallel: Local. */
double nt_slot_lambda(const nt_predictor *p, const nt_slot *slot);
/** Check a list of results: not empty, each once. Parallel: Local. */
nt_status nt_predictor_get_check(nt_error *err, const nt_prediction_get *get) NT_WARN_UNUSED;

/** Empty results of the right shape. Parallel: Local, to be agreed upon. */
nt_status nt_prediction_create(nt_error *err, const nt_trace *trace, int n_times, nt_spread spread,
                               nt_prediction *out) NT_WARN_UNUSED;
/** Check times: none negative, none NaN. Parallel: Local. */
nt_status nt_times_check(nt_error *err, const nt_times *times) NT_WARN_UNUSED;

/** Check that the kernels of a test set suffice for a result, and find the shape of its outputs.
 * Parallel: Collective (a missing NNGP of the training set is computed). */
nt_status nt_test_kernels_check(nt_predictor *p, nt_prediction_kind kind,
                                const nt_test_kernels *test, nt_spread spread,
                                nt_trace *outputs) NT_WARN_UNUSED;
/** Prior variances [rows] of a test set. \param [out] prior  Owned by the caller
 * (free), also on failure.
 * Parallel: Collective. */
nt_status nt_test_kernels_prior(nt_predictor *p, nt_prediction_kind kind,
                                const nt_test_kernels *test, int64_t rows,
                                double **prior) NT_WARN_UNUSED;
/** The form of infinite time, by the factor of the predictor's regularisation; freed by
 * nt_quadratic_free. Parallel: Collective. Cost: as nt_posterior_form, or its ensemble's. */
nt_status nt_gp_form(nt_predictor *p, nt_prediction_kind kind, const nt_test_kernels *test,
                     nt_quadratic *form) NT_WARN_UNUSED;
/** learning_rate t / N for each time. \param [out] s  Owned by the caller (free).
 * Parallel: Collective. */
nt_status nt_scaled_times(const nt_predictor *p, const nt_times *times, double **s) NT_WARN_UNUSED;
/** Check what gradient descent is asked for, and find the outputs of the test set.
 * Parallel: Local. */
nt_status nt_descent_check(nt_error *err, const nt_trace *train, const nt_descent *descent,
                           nt_trace *test) NT_WARN_UNUSED;
/** Initial outputs [size] as an array. \param [out] out  Owned by the caller (free).
 * Parallel: Local. */
nt_status nt_initial_fill(nt_error *err, const nt_initial *initial, int64_t size,
                          double **out) NT_WARN_UNUSED;

/** Eigenvalues of no more than this size are 0 but for rounding. At infinite time the reference
 * divides by them; here they have the limit of 0. Parallel: Local. */
double nt_spectrum_rounding(const nt_eigen *eigen);
/** exp(-l+ s) for l+ = max(l, 0), l = values + lambda, into e [n]. s = tau / N, may be infinite.
 * Parallel: Local. */
void nt_spectrum_remaining(const nt_eigen *eigen, double lambda, double s, double *e);
/** (1 - exp(-l+ s)) / |l| into p [n]: s where l is 0 but for rounding, and 0 for negative l, which
 * count as 0. At times that reach even what is rounding it is 0 as well, as at infinite s: what a
 * kernel has not, its test-train kernel has not either. Parallel: Local. */
void nt_spectrum_learned(const nt_eigen *eigen, double lambda, double s, double *p);

/** Columns of a batch of times at most; c when that is more. */
enum { NT_CURVE_COLUMNS = 64 };

/** Means over time: base + K_td V diag(p) hat on test samples, base + V diag(1 - exp) hat on
 * training samples, hat = V^T (y - f0). Batches of times share one product. */
typedef struct nt_curve {
  const nt_eigen *eigen;
  double lambda;
  const double *hat; /**< [n][c] */
  int64_t c;
  bool on_test;               /**< K_td V diag(p) hat, else -V diag(exp - 1) hat. */
  const nt_dmatrix *k_test;   /**< With on_test: K_td, or */
  const nt_dmatrix *k_test_v; /**< K_td V, where that is known. */
  const nt_trace *trace;      /**< Of the outputs. */
  const double *base;         /**< Outputs added to each result; NULL: none. */
} nt_curve;

/** \param [in] s  [n_times] tau / N. \param [out] out  [n_times] outputs in their shape. */
nt_status nt_curve_run(const nt_curve *curve, int n_times, const double *s,
                       double *out) NT_WARN_UNUSED;

#endif
