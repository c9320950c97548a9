#include "base/check.h"
#include "base/memory.h"
#include "cli/bench.h"
#include "cli/heap.h"
#include "layer/math.h"

#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct nt_blas_work {
  int n, k;
  double *a, *c;
} nt_blas_work;

static nt_status gemm(void *arg)
{
  const nt_blas_work *w = arg;
  cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, w->n, w->n, w->k, 1, w->a, w->k, w->a, w->k,
              0, w->c, w->n);
  return NT_OK;
}

static nt_status syrk(void *arg)
{
  const nt_blas_work *w = arg;
  cblas_dsyrk(CblasColMajor, CblasLower, CblasTrans, w->n, w->k, 1, w->a, w->k, 0, w->c, w->n);
  return NT_OK;
}

int64_t nt_bench_product_bytes(int64_t n, int64_t k)
{
  enum { PACKED = 256 }; /* of k at a time, as OpenBLAS does */
  return (n * k + n * n + n * NT_MIN(k, PACKED)) * (int64_t)sizeof(double);
}

/* Seconds of one product of n x k by k x n on every rank at once. */
static nt_status time_product(nt_bench *b, nt_bench_work work, int n, int k, double *seconds)
{
  nt_status status = NT_OK;
  void *a = NULL, *c = NULL;
  nt_error *err = nt_ctx_error(b->ctx);
  nt_heap_return();
  NT_TRY_ALL(b->ctx, nt_alloc(err, (int64_t)n * k, sizeof(double), "a factor", &a));
  NT_TRY_ALL(b->ctx, nt_calloc(err, (int64_t)n * n, sizeof(double), "a product", &c));
  nt_blas_work w = {n, k, a, c};
  for (int64_t i = 0; i < (int64_t)n * k; i++)
    w.a[i] = sin((double)i);
  NT_TRY(nt_bench_time(b, work, &w, seconds));
done:
  free(a);
  free(c);
  return status;
}

static nt_status gemm_rate(nt_bench *b, int side, double *rate)
{
  double seconds = 0;
  const nt_status status = time_product(b, gemm, side, side, &seconds);
  if (status == NT_OK) *rate = 2.0 * side * side * side / seconds * 1e-9;
  return status;
}

enum { SIDE = 1500 };

nt_bench_need nt_bench_gemm_rate_need(void)
{
  return (nt_bench_need){.own = nt_bench_product_bytes(SIDE, SIDE)};
}

nt_status nt_bench_gemm_rate(nt_bench *b, double *rate) { return gemm_rate(b, SIDE, rate); }

static int64_t side_of(const nt_bench *b) { return b->n ? b->n : SIDE; }

nt_status nt_bench_gemm_need(nt_bench *b, nt_bench_need *need)
{
  *need = (nt_bench_need){.own = nt_bench_product_bytes(side_of(b), side_of(b))};
  return NT_OK;
}

nt_status nt_bench_gemm(nt_bench *b)
{
  nt_status status = NT_OK;
  char size[60];
  double rate;
  NT_TRY(gemm_rate(b, (int)side_of(b), &rate));
  (void)snprintf(size, sizeof size, "m=n=k=%lld, each rank", (long long)side_of(b));
  nt_bench_row(b, "gemm", size, "rate of a rank", rate, "GF/s", "", 0);
done:
  return status;
}

nt_status nt_bench_syrk_seconds(nt_bench *b, int64_t n, int64_t k, double *seconds)
{
  return time_product(b, syrk, (int)n, (int)k, seconds);
}

static int64_t samples_of(const nt_bench *b) { return b->n ? b->n : 4000; }
static int64_t features_of(const nt_bench *b) { return b->d ? b->d : 784; }

nt_status nt_bench_syrk_need(nt_bench *b, nt_bench_need *need)
{
  const nt_bench_need syrk = {.own = nt_bench_product_bytes(samples_of(b), features_of(b))};
  *need = nt_bench_larger(nt_bench_gemm_rate_need(), syrk);
  return NT_OK;
}

nt_status nt_bench_syrk(nt_bench *b)
{
  nt_status status = NT_OK;
  char size[60];
  double seconds, rate;
  const int64_t n = samples_of(b), k = features_of(b);
  NT_TRY(nt_bench_gemm_rate(b, &rate));
  NT_TRY(nt_bench_syrk_seconds(b, n, k, &seconds));
  (void)snprintf(size, sizeof size, "n=%lld k=%lld, each rank", (long long)n, (long long)k);
  nt_bench_row(b, "syrk", size, "rate of a rank",
               (double)n * (double)n * (double)k / seconds * 1e-9, "GF/s", "dgemm", rate);
done:
  return status;
}
