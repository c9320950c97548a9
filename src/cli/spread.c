#include "cli/spread.h"

#include "base/check.h"
#include "base/memory.h"
#include "predict/predict_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

nt_spread nt_spread_wanted(const nt_cli_options *o)
{
  if (o->covariance) return NT_SPREAD_COVARIANCE;
  return o->variance ? NT_SPREAD_VARIANCE : NT_SPREAD_NONE;
}

nt_status nt_spread_begin(nt_session *s, int64_t L, int64_t rows, nt_spread_result *out)
{
  nt_status status = NT_OK;
  const nt_spread spread = nt_spread_wanted(&s->options);
  const int64_t nb = nt_solver_block(s->grid, rows);
  *out = (nt_spread_result){.rows = rows};
  if (spread == NT_SPREAD_VARIANCE) {
    NT_TRY_ALL(s->ctx, nt_alloc(nt_ctx_error(s->ctx), L * rows, sizeof(double), "variances",
                                &out->variance));
  }
  if (spread == NT_SPREAD_COVARIANCE)
    NT_TRY(nt_dmatrix_create(s->grid, L * rows, rows, nb, nb, &out->covariance));
done:
  return status;
}

void nt_spread_free(nt_spread_result *result)
{
  free(result->variance);
  nt_dmatrix_destroy(&result->covariance);
  *result = (nt_spread_result){0};
}

void nt_spread_put_variance(nt_spread_result *result, int64_t l, int64_t first, int64_t count,
                            const double *variance)
{
  memcpy(result->variance + l * result->rows + first, variance, (size_t)count * sizeof(double));
}

nt_status nt_spread_put_covariance(nt_spread_result *result, int64_t l, nt_dmatrix **covariance)
{
  const nt_status status = nt_dmatrix_place(*covariance, l * result->rows, result->covariance);
  nt_dmatrix_destroy(covariance);
  return status;
}

/* This rank's entries of the diagonals of square matrices one below the other, 0 elsewhere. */
static void add_diagonals(const nt_dmatrix *m, double *out)
{
  for (int64_t lj = 0; lj < m->cols; lj++) {
    const int64_t j = nt_dmatrix_column(m, lj);
    for (int64_t i = j; i < m->M; i += m->N) {
      const double *entry = nt_predict_entry(m, i, j);
      if (entry != NULL) out[i] = *entry;
    }
  }
}

nt_status nt_spread_variances(nt_ctx *ctx, const nt_spread_result *result, int64_t L,
                              double **variance)
{
  nt_status status = NT_OK;
  const int64_t count = L * result->rows;
  *variance = NULL;
  if (result->variance == NULL && result->covariance == NULL) return NT_OK;
  NT_TRY_ALL(ctx, nt_calloc(nt_ctx_error(ctx), count, sizeof(double), "variances", variance));
  if (result->variance != NULL) {
    memcpy(*variance, result->variance, (size_t)count * sizeof(double));
    return NT_OK;
  }
  add_diagonals(result->covariance, *variance);
  NT_TRY(nt_ctx_sum(ctx, count, *variance));
done:
  return status;
}

/* (lead, a, a, b, b): rows of the matrix count (lead, a, b), columns (a, b). */
static nt_result_layout covariance_layout(const nt_shape *lead, const nt_shape *rows)
{
  nt_result_layout layout = {.rows = nt_shape_join(lead, rows), .cols = *rows};
  for (int a = 0; a < lead->rank; a++)
    layout.order[a] = a;
  for (int a = 0; a < rows->rank; a++) {
    layout.order[lead->rank + 2 * a] = lead->rank + a;
    layout.order[lead->rank + 2 * a + 1] = layout.rows.rank + a;
  }
  return layout;
}

nt_status nt_spread_write(nt_output *out, const nt_spread_result *result, const nt_shape *lead,
                          const nt_shape *rows, nt_dtype store, const char *name)
{
  nt_status status = NT_OK;
  char path[80];
  const nt_shape variance = nt_shape_join(lead, rows);
  if (result->variance != NULL) {
    snprintf(path, sizeof path, "%svariance", name);
    NT_TRY(nt_output_write_array(out, path, &variance, result->variance));
  }
  if (result->covariance != NULL) {
    const nt_result_layout layout = covariance_layout(lead, rows);
    snprintf(path, sizeof path, "%scovariance", name);
    NT_TRY(nt_output_write_matrix(out, path, result->covariance, &layout, store));
  }
done:
  return status;
}

void nt_held_kernels_free(nt_held_kernels *kept)
{
  for (int f = 0; f < NT_FIELDS; f++) {
    nt_dmatrix_destroy(&kept->test_train[f]);
    nt_dmatrix_destroy(&kept->test_test[f]);
    free(kept->prior[f]);
  }
  *kept = (nt_held_kernels){0};
}
