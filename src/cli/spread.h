/** Covariances and variances of predictions: the kernels that they need, and their results. */
#ifndef NT_CLI_SPREAD_H
#define NT_CLI_SPREAD_H

#include "cli/learning.h"
#include "nt/predictor.h"

/** Results of one predictor: L = regularisations times training times. Owned. */
typedef struct nt_spread_result {
  double *variance; /**< [L][rows] on every rank; NULL unless --variance. */
  /** [L rows][rows], one matrix below the other; NULL unless --covariance. */
  nt_dmatrix *covariance;
  int64_t rows;
} nt_spread_result;

/** What --covariance and --variance ask for. Parallel: Local. */
nt_spread nt_spread_wanted(const nt_cli_options *options);
/** Room for L results. \param [out] out  Freed by nt_spread_free, also on failure.
 * Parallel: Collective. */
nt_status nt_spread_begin(nt_session *s, int64_t L, int64_t rows,
                          nt_spread_result *out) NT_WARN_UNUSED;
void nt_spread_free(nt_spread_result *result);
/** Put `count` variances from row `first` on into result number l. Parallel: Local. */
void nt_spread_put_variance(nt_spread_result *result, int64_t l, int64_t first, int64_t count,
                            const double *variance);
/** Put a covariance, which is taken over, in its place as result number l.
 * Parallel: Collective on the grid. */
nt_status nt_spread_put_covariance(nt_spread_result *result, int64_t l,
                                   nt_dmatrix **covariance) NT_WARN_UNUSED;
/** All variances, or the diagonals of all covariances: [L][rows] on every rank, freed by `free`;
 * NULL when neither is there. Parallel: Collective on the context. */
nt_status nt_spread_variances(nt_ctx *ctx, const nt_spread_result *result, int64_t L,
                              double **variance) NT_WARN_UNUSED;
/** Write it as `name`variance or `name`covariance ("ntk/", "ntk/train_"),
 * with `lead` axes in front.
 * \param [in] rows  Axes of the rows: (a, b) for variances, (a, a, b, b) for covariances.
 * \param [in] store Type of covariances in the file.
 * Parallel: Collective on the context. */
nt_status nt_spread_write(nt_output *out, const nt_spread_result *result, const nt_shape *lead,
                          const nt_shape *rows, nt_dtype store, const char *name) NT_WARN_UNUSED;

/** Kernels of test samples that are held at a time, their rows. Owned. */
typedef struct nt_held_kernels {
  int64_t first, count;              /**< Rows of the next; 0: none is held yet. */
  nt_dmatrix *test_train[NT_FIELDS]; /**< [count][n] NULL where not needed. */
  nt_dmatrix *test_test[NT_FIELDS];  /**< [m][m] With --covariance. */
  double *prior[NT_FIELDS]; /**< [m] With --variance: the diagonals of test-test kernels. */
} nt_held_kernels;

void nt_held_kernels_free(nt_held_kernels *kept);

#endif
