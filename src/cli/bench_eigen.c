/* Eigendecomposition of a distributed matrix by all ranks, against LAPACK's
 * on the cores of them all. */
#include "base/blas.h"
#include "base/check.h"
#include "base/memory.h"
#include "cli/bench.h"
#include "cli/heap.h"
#include "nt/eigen.h"
#include "nt/predict.h"
#include "predict/eigen_impl.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

void dsyevd_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w,
             double *work, const int *lwork, int *iwork, const int *liwork, int *info);

static double entry(int64_t i, int64_t j)
{
  const double d = (double)(i - j) / 50;
  return 1 / (1 + d * d) + (i == j ? 0.1 + (double)(i % 7) : 0);
}

static int64_t lapack_work(int64_t n) { return 1 + 6 * n + 2 * n * n; }

/* Seconds of dsyevd on one rank with the threads of all, while the others wait. */
static nt_status lapack(nt_error *err, int n, int threads, double *seconds)
{
  nt_status status = NT_OK;
  void *memory = NULL, *integers = NULL;
  const int64_t square = (int64_t)n * n;
  int info = 0, lwork = (int)lapack_work(n), liwork = 3 + 5 * n;
  NT_TRY(nt_alloc(err, square + n + lwork, sizeof(double), "a matrix", &memory));
  NT_TRY(nt_alloc(err, liwork, sizeof(int), "a workspace", &integers));
  double *const a = memory, *const w = a + square;
  for (int64_t i = 0; i < square; i++)
    a[i] = entry(i / n, i % n);
  const int before = nt_blas_set_threads(threads);
  *seconds = -MPI_Wtime();
  dsyevd_("V", "L", &n, a, &n, w, w + n, &lwork, integers, &liwork, &info);
  *seconds += MPI_Wtime();
  (void)nt_blas_set_threads(before);
  NT_CHECK(info == 0, err, NT_ERR_NUMERIC, "dsyevd: info %d", info);
done:
  free(memory);
  free(integers);
  return status;
}

/* The others sleep, so that its threads have their cores. */
static nt_status time_lapack(nt_bench *b, int n, double *seconds)
{
  nt_status status = NT_OK;
  MPI_Request request;
  int arrived = 0;
  const struct timespec nap = {0, 1000000};
  const int threads = nt_ctx_threads(b->ctx) * nt_ctx_size(b->ctx);
  status = nt_ctx_rank(b->ctx) != 0 ? NT_OK : lapack(nt_ctx_error(b->ctx), n, threads, seconds);
  NT_TRY_MPI(b->ctx, MPI_Ibarrier(nt_ctx_comm(b->ctx), &request));
  while (!arrived) {
    (void)MPI_Test(&request, &arrived, MPI_STATUS_IGNORE);
    if (!arrived) (void)nanosleep(&nap, NULL);
  }
  NT_TRY_ALL(b->ctx, status);
  NT_TRY_MPI(b->ctx, MPI_Bcast(seconds, 1, MPI_DOUBLE, 0, nt_ctx_comm(b->ctx)));
done:
  return status;
}

static int64_t block_of(const nt_grid *grid, int64_t n)
{
  const int64_t nb = nt_solver_block(grid, n);
  return nb < 64 ? nb : 64;
}

static nt_status ours(nt_bench *b, int64_t n, nt_eigensolver solver, double *seconds,
                      nt_eigensolver *used)
{
  nt_status status = NT_OK;
  nt_dmatrix *k = NULL;
  nt_eigen *e = NULL;
  const int64_t nb = block_of(b->grid, n);
  NT_TRY(nt_dmatrix_create(b->grid, n, n, nb, nb, &k));
  for (int64_t lj = 0; lj < k->cols; lj++) {
    for (int64_t li = 0; li < k->rows; li++)
      k->a[li + lj * k->ld] = entry(nt_dmatrix_row(k, li), nt_dmatrix_column(k, lj));
  }
  NT_TRY(nt_eigen_take(&k, NT_FULL, solver, "bench", &e));
  *seconds = e->seconds;
  *used = e->solver;
done:
  nt_dmatrix_destroy(&k);
  nt_eigen_destroy(&e);
  return status;
}

static int64_t size_of(const nt_bench *b) { return b->n ? b->n : 4000; }

nt_status nt_bench_eigen_need(nt_bench *b, nt_bench_need *need)
{
  nt_status status = NT_OK;
  const int64_t n = size_of(b), real = (int64_t)sizeof(double);
  NT_CHECK(lapack_work(n) <= INT_MAX, nt_ctx_error(b->ctx), NT_ERR_ARG,
           "eigen: dsyevd takes no matrix of size %lld: at most 32766", (long long)n);
  const nt_bench_need alone = {.own = (n * n + n + lapack_work(n)) * real};
  const nt_bench_need all = {.share = 2 * nt_bench_part(b->grid, n, n, block_of(b->grid, n)),
                             .own = nt_eigen_work(b->grid, n, NT_EIGENSOLVER_AUTO) * real};
  *need = nt_bench_larger(alone, all);
done:
  return status;
}

nt_status nt_bench_eigen(nt_bench *b)
{
  nt_status status = NT_OK;
  const int64_t n = size_of(b);
  double limit = INFINITY, best = INFINITY, seconds = 0;
  nt_eigensolver used = NT_EIGENSOLVER_AUTO;
  char size[60];
  /* The fastest of each; a run takes many seconds, so few of them. */
  const int64_t repeat = b->repeat < 2 ? b->repeat : 2;
  nt_heap_return();
  for (int64_t r = 0; r < repeat; r++) {
    NT_TRY(time_lapack(b, (int)n, &seconds));
    limit = fmin(limit, seconds);
    NT_TRY(ours(b, n, NT_EIGENSOLVER_AUTO, &seconds, &used));
    best = fmin(best, seconds);
  }
  (void)snprintf(size, sizeof size, "n=%lld %s", (long long)n, nt_eigensolver_name(used));
  nt_bench_row(b, "eigen", size, "values and vectors", best, "s", "dsyevd, all cores", limit);
done:
  return status;
}
