/* Kernels of the test samples with themselves, whole for covariances, or their diagonals for
 * variances: read or computed. */
#include "cli/predict.h"

#include "base/check.h"
#include "base/memory.h"

enum { ROWS = 1024 }; /* of a stored kernel, read at a time for its diagonal */

/* A job of some test samples with themselves, which is run. */
static nt_status compute_part(nt_predict_run *r, int64_t first, int64_t count, unsigned get,
                              nt_tree **kernels)
{
  nt_status status = NT_OK;
  nt_session *s = &r->s;
  nt_inputs part = {0};
  nt_kernel_job *job = NULL;
  const nt_kernel_options options = nt_cli_kernel_options(s);
  NT_TRY_ALL(s->ctx, nt_inputs_part(nt_ctx_error(s->ctx), &r->test, first, count, &part));
  NT_TRY(nt_work_plan(s, &r->net, &part, NULL, get, &options, &job));
  NT_TRY(nt_work_run(s, job, &part, NULL, "test-test", kernels));
done:
  nt_kernel_job_destroy(&job);
  nt_inputs_end_part(&part);
  return status;
}

static nt_status read_whole(nt_predict_run *r, nt_field f, nt_dmatrix **out)
{
  nt_status status = NT_OK;
  const int64_t m = r->problem.m, nb = nt_solver_block(r->s.grid, m);
  NT_TRY(nt_stored_kernels_read(&r->s, &r->stored, NT_TEST_TEST, f, 0, m, nb, nb, out));
  NT_CHECK(
      (*out)->N == m, nt_ctx_error(r->s.ctx), NT_ERR_DATA,
      "%s: --covariance needs the whole %s kernel of the test samples, and here is its diagonal: "
      "--variance",
      r->stored.file[NT_TEST_TEST][f], nt_field_name(f));
done:
  return status;
}

static nt_status compute_whole(nt_predict_run *r, nt_dmatrix *out[NT_FIELDS])
{
  nt_status status = NT_OK;
  nt_tree *kernels = NULL;
  if (r->compute[NT_TEST_TEST] == 0) return NT_OK;
  NT_TRY(compute_part(r, 0, r->test.n, r->compute[NT_TEST_TEST], &kernels));
  nt_predict_take_over(kernels, out);
done:
  nt_kernels_destroy(&kernels);
  return status;
}

/* Entries (i, i - shift) of the rows of a matrix, into d [M], and of a single column (i, 0). */
static nt_status diagonal_of(nt_ctx *ctx, const nt_dmatrix *k, int64_t shift, double *d)
{
  nt_status status = NT_OK;
  for (int64_t i = 0; i < k->M; i++)
    d[i] = 0;
  for (int64_t lj = 0; lj < k->cols; lj++) {
    const int64_t column = nt_dmatrix_column(k, lj);
    for (int64_t li = 0; li < k->rows; li++) {
      const int64_t row = nt_dmatrix_row(k, li);
      if (k->N == 1 || column == row + shift) d[row] = k->a[li + lj * k->ld];
    }
  }
  NT_TRY_MPI(ctx, MPI_Allreduce(MPI_IN_PLACE, d, (int)k->M, MPI_DOUBLE, MPI_SUM, nt_ctx_comm(ctx)));
done:
  return status;
}

static nt_status read_diagonal(nt_predict_run *r, nt_field f, double *d)
{
  nt_status status = NT_OK;
  nt_dmatrix *k = NULL;
  const int64_t m = r->problem.m, unit = r->problem.unit;
  const int64_t block = unit * ((ROWS + unit - 1) / unit);
  for (int64_t i = 0; i < m; i += block) {
    const int64_t count = m - i < block ? m - i : block;
    NT_TRY(nt_stored_kernels_read(&r->s, &r->stored, NT_TEST_TEST, f, i, count, NT_READ_BLOCK,
                                  NT_READ_BLOCK, &k));
    NT_TRY(diagonal_of(r->s.ctx, k, i, d + i));
    nt_dmatrix_destroy(&k);
  }
done:
  nt_dmatrix_destroy(&k);
  return status;
}

/* The NNGP of a sample with itself is its variance, which no pair is needed for. */
static nt_status compute_nngp_diagonal(nt_predict_run *r, double *d)
{
  nt_status status = NT_OK;
  nt_tree *kernels = NULL;
  NT_TRY(compute_part(r, 0, r->test.n, NT_GET_COV1, &kernels));
  const nt_kernel *kernel = nt_tree_nth(kernels, 0)->leaf;
  NT_TRY(diagonal_of(r->s.ctx, kernel->cov1, 0, d));
done:
  nt_kernels_destroy(&kernels);
  return status;
}

/* The NTK's, or of outputs with positions the NNGP's, in blocks of the test samples. */
static nt_status compute_diagonal(nt_predict_run *r, nt_field f, double *d)
{
  nt_status status = NT_OK;
  nt_tree *kernels = NULL;
  const int64_t m = r->test.n, unit = r->problem.unit, step = nt_samples_step(r->s.ctx);
  const bool mixes = r->mixes_samples;
  const int64_t block = mixes ? m : (ROWS / step + 1) * step;
  for (int64_t i = 0; i < m; i += block) {
    const int64_t count = m - i < block ? m - i : block;
    NT_TRY(compute_part(r, i, count, nt_field_get(f), &kernels));
    const nt_kernel *kernel = nt_tree_nth(kernels, 0)->leaf;
    NT_TRY(diagonal_of(r->s.ctx, f == NT_NNGP ? kernel->nngp : kernel->ntk, 0, d + i * unit));
    nt_kernels_destroy(&kernels);
  }
done:
  nt_kernels_destroy(&kernels);
  return status;
}

static nt_status diagonal(nt_predict_run *r, nt_field f, double **out)
{
  nt_status status = NT_OK;
  NT_TRY_ALL(r->s.ctx, nt_alloc(nt_ctx_error(r->s.ctx), r->problem.m, sizeof(double),
                                "prior variances", out));
  if (!(r->compute[NT_TEST_TEST] & nt_field_get(f)))
    NT_TRY(read_diagonal(r, f, *out));
  else
    NT_TRY(f == NT_NNGP && r->problem.unit == 1 ? compute_nngp_diagonal(r, *out)
                                                : compute_diagonal(r, f, *out));
done:
  return status;
}

nt_status nt_predict_keep(nt_predict_run *r, nt_held_kernels *kept)
{
  nt_status status = NT_OK;
  const nt_spread spread = nt_spread_wanted(&r->s.options);
  if (r->problem.m == 0 || spread == NT_SPREAD_NONE) return NT_OK;
  if (spread == NT_SPREAD_COVARIANCE) NT_TRY(compute_whole(r, kept->test_test));
  for (nt_field f = 0; f < NT_FIELDS; f++) {
    if (!(r->test_test & nt_field_get(f))) continue;
    if (spread == NT_SPREAD_VARIANCE) NT_TRY(diagonal(r, f, &kept->prior[f]));
    if (spread == NT_SPREAD_COVARIANCE && kept->test_test[f] == NULL)
      NT_TRY(read_whole(r, f, &kept->test_test[f]));
  }
  NT_TRY(nt_predict_save_test(r, NT_TEST_TEST, kept->test_test, kept->prior));
  NT_TRY(nt_session_phase(&r->s, "test kernels"));
done:
  return status;
}
