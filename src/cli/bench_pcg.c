/* An iteration of conjugate gradients over a stored kernel, against reading what is stored. */
#include "base/check.h"
#include "base/clones.h"
#include "base/memory.h"
#include "cli/bench.h"
#include "cli/heap.h"
#include "nt/solver.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct nt_read_work {
  const double *a;
  int64_t n;
  double sum; /* so that the reading is not left out */
} nt_read_work;

NT_CLONES static double sum_of(const double *a, int64_t n)
{
  double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
#pragma omp simd reduction(+ : s0, s1, s2, s3)
  for (int64_t i = 0; i < n / 4; i++) {
    s0 += a[i];
    s1 += a[i + n / 4];
    s2 += a[i + n / 4 * 2];
    s3 += a[i + n / 4 * 3];
  }
  return s0 + s1 + (s2 + s3);
}

static nt_status read_all(void *arg)
{
  nt_read_work *w = arg;
  w->sum = sum_of(w->a, w->n);
  return NT_OK;
}

/* Bytes a second of all ranks, each reading 256 MiB of its own. */
enum { COUNT = 1 << 25 };

static nt_status read_bandwidth(nt_bench *b, double *bandwidth)
{
  nt_status status = NT_OK;
  void *memory = NULL;
  double seconds = 0;
  NT_TRY_ALL(b->ctx, nt_calloc(nt_ctx_error(b->ctx), COUNT, sizeof(double), "numbers", &memory));
  nt_read_work w = {memory, COUNT, 0};
  NT_TRY(nt_bench_time(b, read_all, &w, &seconds));
  *bandwidth = (double)COUNT * sizeof(double) * nt_ctx_size(b->ctx) / seconds;
done:
  free(memory);
  return status;
}

enum { RANK = 50, MOST_OUTPUTS = 10 };

/* A kernel that is a function of the indices. */
static nt_status kernel(nt_bench *b, int64_t n, nt_posterior **p)
{
  nt_status status = NT_OK;
  nt_dmatrix *k = NULL;
  const int64_t nb = nt_solver_block(b->grid, n);
  NT_TRY(nt_dmatrix_create(b->grid, n, n, nb, nb, &k));
  for (int64_t lj = 0; lj < k->cols; lj++) {
    const double j = (double)nt_dmatrix_column(k, lj);
    for (int64_t li = 0; li < k->rows; li++) {
      const double d = ((double)nt_dmatrix_row(k, li) - j) / 50;
      k->a[li + lj * k->ld] = 1 / (1 + d * d);
    }
  }
  NT_TRY(nt_posterior_take(&k, NT_FULL, "bench", p));
done:
  nt_dmatrix_destroy(&k);
  return status;
}

/* The fastest iteration so far. */
typedef struct nt_stopwatch {
  double last, best; /* last: when the one before ended */
} nt_stopwatch;

static void stop(void *arg, int64_t iteration, double residual)
{
  nt_stopwatch *w = arg;
  const double now = MPI_Wtime();
  (void)residual;
  if (iteration > 1 && now - w->last < w->best) w->best = now - w->last;
  w->last = now;
}

/* Seconds of an iteration with c right-hand sides, from one residual to the next, or of the whole
 * solution where there are not two of them: the fastest of some runs, as the bandwidth is that of
 * the fastest reading. */
static nt_status time_iteration(nt_bench *b, nt_pcg *pcg, int64_t n, int64_t c, double *seconds)
{
  enum { ITERATIONS = 8 };
  nt_status status = NT_OK;
  double *y = NULL;
  nt_stopwatch watch = {0, INFINITY};
  const nt_iteration how = {.tolerance = 1e-300, .most = ITERATIONS, .report = stop, .arg = &watch};
  NT_TRY_ALL(b->ctx, nt_alloc(nt_ctx_error(b->ctx), 2 * n * c, sizeof(double), "vectors", &y));
  double *const x = y + n * c;
  for (int64_t i = 0; i < n * c; i++)
    y[i] = sin((double)i * 0.7);
  for (int64_t r = 0; r <= b->repeat; r++) {
    const double begun = MPI_Wtime();
    const nt_status solved = nt_pcg_solve(pcg, 1e-6, y, c, &how, x, NULL);
    if (solved != NT_ERR_NUMERIC) NT_TRY(solved);
    if (isinf(watch.best)) watch.best = MPI_Wtime() - begun;
    nt_ctx_clear_error(b->ctx); /* not to converge is what is wanted */
  }
  *seconds = watch.best;
  NT_TRY_MPI(b->ctx,
             MPI_Allreduce(MPI_IN_PLACE, seconds, 1, MPI_DOUBLE, MPI_MAX, nt_ctx_comm(b->ctx)));
done:
  free(y);
  return status;
}

static int64_t size_of(const nt_bench *b) { return b->n ? b->n : 6000; }

nt_status nt_bench_pcg_need(nt_bench *b, nt_bench_need *need)
{
  const int64_t n = size_of(b), nb = nt_solver_block(b->grid, n), real = (int64_t)sizeof(double);
  const nt_bench_need reading = {.own = COUNT * real};
  const nt_bench_need solving = {.share = nt_bench_part(b->grid, n, n, nb) +
                                          n * RANK / nt_ctx_size(b->ctx) * real,
                                 .own = (5 * n * MOST_OUTPUTS + 2 * RANK * RANK) * real};
  *need = nt_bench_larger(reading, solving);
  return NT_OK;
}

nt_status nt_bench_pcg(nt_bench *b)
{
  nt_status status = NT_OK;
  nt_posterior *p = NULL;
  nt_pcg *pcg = NULL;
  double bandwidth = 0, seconds = 0;
  char size[60];
  const int64_t n = size_of(b);
  nt_heap_return();
  NT_TRY(read_bandwidth(b, &bandwidth));
  nt_bench_row(b, "pcg", "256 MiB, each rank", "reading, all ranks", bandwidth * 1e-9, "GB/s", "",
               0);
  NT_TRY(kernel(b, n, &p));
  const nt_operator op = nt_posterior_operator(p);
  NT_TRY(nt_pcg_create(&op, RANK, &pcg));
  for (int64_t c = 1; c <= MOST_OUTPUTS; c += MOST_OUTPUTS - 1) {
    NT_TRY(time_iteration(b, pcg, n, c, &seconds));
    (void)snprintf(size, sizeof size, "n=%lld outputs=%lld rank=%d", (long long)n, (long long)c,
                   RANK);
    nt_bench_row(b, "pcg", size, "iteration", seconds * 1e3, "ms", "reading n x n",
                 (double)n * (double)n * sizeof(double) / bandwidth * 1e3);
  }
done:
  nt_pcg_destroy(&pcg);
  nt_posterior_destroy(&p);
  return status;
}
