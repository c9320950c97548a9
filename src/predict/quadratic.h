/** Covariances of predictions as quadratic forms, whole or on the diagonal alone. */
#ifndef NT_QUADRATIC_H
#define NT_QUADRATIC_H

#include "nt/eigen.h"
#include "nt/solver.h"

/** prior + sign S S^T, or, with W, prior + (S W^T + W S^T) / 2: rows x rows.
 * S and W have equal layouts, rows in blocks of mb. */
typedef struct nt_quadratic {
  nt_dmatrix *s, *w; /**< rows x k; W may be NULL. */
  double sign;       /**< +1 or -1; not read with W. */
} nt_quadratic;

/** Free S and W of a form that owns them. Parallel: Local. */
void nt_quadratic_free(nt_quadratic *form);
/** Copy the form of some samples to rows `first` ... of that of `rows` samples, which begins as
 * {0}: what it holds then is owned by the caller. Parallel: Collective. */
nt_status nt_quadratic_put(const nt_quadratic *part, int64_t first, int64_t rows,
                           nt_quadratic *whole) NT_WARN_UNUSED;

/** S = K_td L^-T of the covariance of a Gaussian process. \param [out] form  Freed by
 * nt_quadratic_free; as wide blocks as the factor. Errors as nt_posterior_covariance.
 * Parallel: Collective. Cost: n^2 m flops. */
nt_status nt_posterior_form(const nt_posterior *p, const nt_dmatrix *k_test_train,
                            nt_quadratic *form) NT_WARN_UNUSED;
/** S = B^T = T_td (T + lambda I)^-1 and W = B^T K_dd - 2 K_td of that of an ensemble. Likewise.
 * Parallel: Collective. Cost: 4 n^2 m flops. */
nt_status nt_posterior_ensemble_form(const nt_posterior *p, const nt_dmatrix *nngp_train_train,
                                     const nt_dmatrix *ntk_test_train,
                                     const nt_dmatrix *nngp_test_train,
                                     nt_quadratic *form) NT_WARN_UNUSED;
/** Right-hand sides of nt_pcg_form at a time: their products with the kernel read it once. */
enum { NT_PCG_COLUMNS = 32 };

/** Both by conjugate gradients: S = X^T and W = -(K_td + R^T) with X for (K + lambda I)^-1 K_td^T
 * and its residual R, which leave errors of second order in R; of an ensemble S = X^T, W = X^T K_dd
 * - 2 K_td. Likewise; errors as nt_pcg_solve. Parallel: Collective. */
nt_status nt_pcg_form(nt_pcg *pcg, double lambda, const nt_pcg_test *test, const nt_iteration *how,
                      nt_quadratic *form, nt_solution *solution) NT_WARN_UNUSED;

/** The matrix, in square blocks of S's mb, symmetric to the last bit; its diagonal is checked and
 * clamped as that of nt_quadratic_variance. \param [in] prior  rows x rows on any grid; NULL: zero.
 * \param [out] out  Owned by the caller.
 *                   Parallel: Collective. Cost: rows^2 k (or 2 rows^2 k) flops. */
nt_status nt_quadratic_covariance(const nt_quadratic *form, const nt_dmatrix *prior,
                                  nt_dmatrix **out) NT_WARN_UNUSED;
/** The diagonal [rows], on every rank: values that rounding made negative become 0.
 * \param [in] prior  [rows]; NULL: zero.
 * \return NT_ERR_NUMERIC when a value is negative by more than 1e-8 of its prior, or not finite.
 * Parallel: Collective. Cost: 2 rows k flops. */
nt_status nt_quadratic_variance(const nt_quadratic *form, const double *prior,
                                double *variance) NT_WARN_UNUSED;

#endif
