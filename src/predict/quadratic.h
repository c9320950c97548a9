/** Covariances of predictions as quadratic forms, whole or on the diagonal alone. */
#ifndef NT_QUADRATIC_H
#define NT_QUADRATIC_H

#include "nt/eigen.h"

/** prior + sign S S^T, or, with W, prior + (S W^T + W S^T) / 2: rows x rows.
 * S and W have equal layouts, rows in blocks of mb. */
typedef struct nt_quadratic {
  const nt_dmatrix *s, *w; /**< rows x k; W may be NULL. */
  double sign;             /**< +1 or -1; not read with W. */
} nt_quadratic;

/** The matrix, in square blocks of S's mb, symmetric to the last bit; its diagonal is checked and clamped
 * as that of nt_quadratic_variance. \param [in] prior  rows x rows on any grid; NULL: zero.
 * \param [out] out  Owned by the caller. Parallel: Collective. Cost: rows^2 k (or 2 rows^2 k) flops. */
nt_status nt_quadratic_covariance(const nt_quadratic *form, const nt_dmatrix *prior,
                                  nt_dmatrix **out) NT_WARN_UNUSED;
/** The diagonal [rows], on every rank: values that rounding made negative become 0.
 * \param [in] prior  [rows]; NULL: zero.
 * \return NT_ERR_NUMERIC when a value is negative by more than 1e-8 of its prior, or not finite.
 * Parallel: Collective. Cost: 2 rows k flops. */
nt_status nt_quadratic_variance(const nt_quadratic *form, const double *prior,
                                double *variance) NT_WARN_UNUSED;

#endif
