/* Inference with a kernel that is there: what the solvers take, and beside it
 * the factorisation alone. */
#include "base/check.h"
#include "base/memory.h"
#include "cli/bench_kernel.h"
#include "cli/heap.h"
#include "nt/solver.h"
#include "predict/cholesky.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OUTPUTS = 10 };
static const double REG = 1e-4;

/* A problem: NTKs of a network of three ReLU layers on normal data, and targets. */
typedef struct nt_solve_bench {
  nt_dmatrix *k;    /* n x n, in blocks of the solver */
  nt_dmatrix *test; /* n / 12 x n */
  double *y, *alpha, *mean;
} nt_solve_bench;

static const char network[] = NT_BENCH_RELU_NETWORK("3");

/* n training samples, and some to test. */
typedef struct solve_size {
  int64_t n, m;
  char shape[32];
} solve_size;

static solve_size size_of(const nt_bench *b)
{
  solve_size size = {.n = b->n ? b->n : 6000};
  size.m = size.n / 12 + 1;
  (void)snprintf(size.shape, sizeof size.shape, "%lld", (long long)(b->d ? b->d : 784));
  return size;
}

/* The kernel in work stands twice, whole and as a factor, where the two of its computation, and the
 * matrices of dgemm, are gone. */
nt_status nt_bench_solve_need(nt_bench *b, nt_bench_need *need)
{
  nt_status status = NT_OK;
  nt_bench_need kernel, search = {0};
  const solve_size size = size_of(b);
  const int64_t n = size.n, nb = nt_solver_block(b->grid, n);
  const nt_bench_problem problem = {.network = network, .shape = size.shape, .n1 = n};
  NT_TRY(nt_bench_kernel_need(b, &problem, &kernel));
  const int64_t vectors = (6 * n + size.m) * OUTPUTS * (int64_t)sizeof(double);
  const int64_t whole = nt_bench_part(b->grid, n, n, nb);
  const int64_t test = nt_bench_part(b->grid, size.m, n, nb);
  nt_bench_need multiplying = nt_bench_gemm_rate_need();
  nt_bench_need solving = nt_bench_factor_need(b, b->grid, n, nb);
  multiplying.own += vectors;
  multiplying.share += whole + test;
  solving.own += vectors;
  solving.share += whole + test;
  if (b->search) NT_TRY(nt_bench_search_need(b, n, &search));
  *need = nt_bench_larger(nt_bench_larger(kernel, multiplying), nt_bench_larger(solving, search));
done:
  return status;
}

static nt_status samples_of(nt_bench *b, const solve_size *size, bool test, nt_samples **samples)
{
  nt_status status = NT_OK;
  nt_dataset *data = NULL;
  const nt_samples_options options = {.dtype = NT_FLOAT64};
  NT_TRY(nt_bench_data(b, size->shape, test ? size->n : 0, test ? size->m : size->n, &data));
  NT_TRY(nt_samples_read(b->ctx, data, &options, samples));
done:
  nt_dataset_close(&data);
  return status;
}

static nt_status ntk_of(nt_bench *b, const nt_layer *net, nt_samples *x1, nt_samples *x2,
                        int64_t tile, nt_dmatrix **k)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(b->ctx);
  nt_tree *one = NULL, *two = NULL, *kernels = NULL;
  nt_kernel_options options = NT_KERNEL_DEFAULTS;
  options.tile = tile;
  NT_TRY_ALL(b->ctx, nt_tree_leaf(err, x1, &one));
  if (x2 != NULL) NT_TRY_ALL(b->ctx, nt_tree_leaf(err, x2, &two));
  NT_TRY(nt_kernel_fn(b->grid, net, one, two, NT_GET_NTK, &options, &kernels));
  nt_kernel *kernel = kernels->leaf;
  *k = kernel->ntk;
  kernel->ntk = NULL;
done:
  nt_kernels_destroy(&kernels);
  nt_tree_destroy(&one);
  nt_tree_destroy(&two);
  return status;
}

static nt_status prepare(nt_bench *b, const solve_size *size, nt_solve_bench *w)
{
  nt_status status = NT_OK;
  nt_layer *net = NULL;
  nt_samples *train = NULL, *test = NULL;
  const int64_t n = size->n, m = size->m;
  NT_TRY_ALL(b->ctx, nt_network_parse(nt_ctx_error(b->ctx), network, "bench", &net));
  NT_TRY(samples_of(b, size, false, &train));
  NT_TRY(samples_of(b, size, true, &test));
  NT_TRY(ntk_of(b, net, train, NULL, nt_solver_block(b->grid, n), &w->k));
  NT_TRY(ntk_of(b, net, test, train, 0, &w->test));
  NT_TRY_ALL(b->ctx, nt_alloc(nt_ctx_error(b->ctx), (2 * n + m) * OUTPUTS, sizeof(double),
                              "targets", &w->y));
  w->alpha = w->y + n * OUTPUTS;
  w->mean = w->alpha + n * OUTPUTS;
  for (int64_t i = 0; i < n * OUTPUTS; i++)
    w->y[i] = sin((double)i * 0.7);
done:
  nt_samples_destroy(&train);
  nt_samples_destroy(&test);
  nt_layer_release(&net);
  return status;
}

static void release(nt_solve_bench *w)
{
  nt_dmatrix_destroy(&w->k);
  nt_dmatrix_destroy(&w->test);
  free(w->y);
  w->y = NULL;
}

static nt_status copy_of(const nt_dmatrix *k, nt_dmatrix **copy)
{
  nt_status status = NT_OK;
  NT_TRY(nt_dmatrix_create(k->grid, k->M, k->N, k->mb, k->nb, copy));
  memcpy((*copy)->a, k->a, (size_t)(k->ld * k->cols) * sizeof(double));
done:
  return status;
}

/* Seconds of one run: from the kernel to the mean of the test samples by a float64 factor
 * (`factor`: the factorisation alone), and to the weights by float32 and refinement. */
typedef struct nt_solve_times {
  double infer, factor, weights, refine, residual;
  long long iterations;
} nt_solve_times;

static nt_status infer(nt_bench *b, nt_solve_bench *w, nt_solve_times *t)
{
  nt_status status = NT_OK;
  nt_dmatrix *k = NULL;
  nt_posterior *p = NULL;
  NT_TRY(copy_of(w->k, &k));
  NT_TRY_MPI(b->ctx, MPI_Barrier(nt_ctx_comm(b->ctx)));
  t->infer = -MPI_Wtime();
  NT_TRY(nt_posterior_take(&k, NT_FULL, "bench", &p));
  t->weights = -MPI_Wtime();
  NT_TRY(nt_posterior_factor(p, REG, false));
  NT_TRY(nt_posterior_solve(p, w->y, OUTPUTS, w->alpha));
  t->weights += MPI_Wtime();
  NT_TRY(nt_posterior_mean(w->test, w->alpha, OUTPUTS, w->mean));
  t->infer += MPI_Wtime();
  t->factor = nt_posterior_info(p)->seconds;
done:
  nt_dmatrix_destroy(&k);
  nt_posterior_destroy(&p);
  return status;
}

static nt_status refine(nt_bench *b, nt_solve_bench *w, nt_solve_times *t)
{
  nt_status status = NT_OK;
  nt_dmatrix *k = NULL;
  nt_posterior *p = NULL;
  nt_solution solution;
  nt_iteration how = NT_ITERATION_DEFAULTS;
  how.tolerance = 1e-12;
  NT_TRY(copy_of(w->k, &k));
  NT_TRY(nt_posterior_take(&k, NT_FULL, "bench", &p));
  NT_TRY_MPI(b->ctx, MPI_Barrier(nt_ctx_comm(b->ctx)));
  NT_TRY(nt_posterior_refine(p, REG, false, w->y, OUTPUTS, &how, w->alpha, &solution));
  NT_CHECK(!solution.fell_back, nt_ctx_error(b->ctx), NT_ERR_INTERNAL, "refinement: %s",
           solution.why);
  t->refine = solution.seconds;
  t->residual = solution.residual;
  t->iterations = solution.iterations;
done:
  nt_dmatrix_destroy(&k);
  nt_posterior_destroy(&p);
  return status;
}

static void report(nt_bench *b, int64_t n, double product, const nt_solve_times *infer_best,
                   const nt_solve_times *refine_best)
{
  char size[60];
  const double flops = (double)n * (double)n * (double)n / 3;
  (void)snprintf(size, sizeof size, "n=%lld outputs=%d", (long long)n, OUTPUTS);
  nt_bench_row(b, "solve", size, "kernel to test mean", infer_best->infer, "s", "factorisation",
               infer_best->factor);
  nt_bench_row(b, "solve", size, "factorisation", flops / infer_best->factor * 1e-9, "GF/s",
               "dgemm of all ranks", product * nt_ctx_size(b->ctx));
  (void)snprintf(size, sizeof size, "n=%lld residual=%.1e steps=%lld", (long long)n,
                 refine_best->residual, refine_best->iterations);
  nt_bench_row(b, "solve", size, "float32 and refinement", refine_best->refine, "s", "float64",
               refine_best->weights);
}

/* Of each comparison the fastest run, whose other part met the same machine. */
nt_status nt_bench_solve(nt_bench *b)
{
  nt_status status = NT_OK;
  nt_solve_bench w = {0};
  nt_solve_times t, best_infer = {0}, best_refine = {0};
  double product, best_product = 0;
  const solve_size size = size_of(b);
  NT_TRY(prepare(b, &size, &w));
  nt_heap_return();
  for (int64_t r = 0; r <= b->repeat; r++) {
    NT_TRY(nt_bench_gemm_rate(b, &product));
    if (product > best_product) best_product = product;
    NT_TRY(infer(b, &w, &t));
    NT_TRY(refine(b, &w, &t));
    NT_TRY_MPI(b->ctx, MPI_Bcast(&t, (int)sizeof t, MPI_BYTE, 0, nt_ctx_comm(b->ctx)));
    if (r == 1 || (r > 1 && t.infer < best_infer.infer)) best_infer = t;
    if (r == 1 || (r > 1 && t.refine < best_refine.refine)) best_refine = t;
  }
  report(b, size.n, best_product, &best_infer, &best_refine);
  release(&w);
  if (b->search) NT_TRY(nt_bench_search_layouts(b, size.n));
done:
  release(&w);
  return status;
}
