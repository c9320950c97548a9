/** Variances and covariances of an ensemble, of test samples that come in blocks. */
#ifndef NT_PREDICT_ENSEMBLE_SPREAD_H
#define NT_PREDICT_ENSEMBLE_SPREAD_H

#include "predict/predictor_impl.h"

/** What the forms of all times are made of, for some test samples (rows): S = K_td V in the
 * eigenbasis of the kernel that trains, and W the NNGP's K_td V for ntk. It is the same for all
 * regularisations. Without times it is the form itself, with the predictor's regularisation.
 * \param [in] test  test_train as nt_gradient_descent_mse_ensemble needs it.
 * \param [out] shared  Freed by nt_quadratic_free; blocks of samples are joined by
 * nt_quadratic_put.
 * Parallel: Collective. Cost: 2 n^2 m flops a kernel, beside the decomposition. */
nt_status nt_ensemble_share(nt_predictor *p, const nt_times *times, nt_prediction_kind kind,
                            const nt_test_kernels *test, nt_quadratic *shared) NT_WARN_UNUSED;

/** Where spreads go: covariances, or variances alone. Those of the prior: NULL on the training set.
 * Borrowed. */
typedef struct nt_spread_place {
  const nt_dmatrix *prior;
  nt_dmatrix **covariance; /**< [times] or, without, [1]; each owned by the caller. NULL: */
  const double *prior_variance;
  double *variance; /**< [times][rows] */
} nt_spread_place;

/** \param [in] shared  Of all samples; NULL: the training set, which needs times.
 * \return As nt_quadratic_covariance and nt_quadratic_variance. Parallel: Collective. */
nt_status nt_ensemble_spread(nt_predictor *p, const nt_times *times, nt_prediction_kind kind,
                             const nt_quadratic *shared, const nt_spread_place *to) NT_WARN_UNUSED;

#endif
