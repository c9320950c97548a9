/** The pair pass of a network on random samples, with data in memory and results allocated. */
#ifndef NT_CLI_BENCH_KERNEL_H
#define NT_CLI_BENCH_KERNEL_H

#include "cli/bench.h"
#include "kernel/job.h"

/** A network of `depth` hidden ReLU layers, a text. */
#define NT_BENCH_RELU_NETWORK(depth)                                                               \
  "serial(*([Dense(512, 2**.5, .1), Relu()] * " depth "), Dense(1, 2**.5, .1))"

/** NNGP and NTK of n1 x n2 samples (n2 = 0: of n1 with themselves) of `shape` ("32,32,3"). */
typedef struct nt_bench_problem {
  const char *network, *shape; /**< Borrowed. */
  int64_t n1, n2;
  nt_dtype dtype;
} nt_bench_problem;

typedef struct nt_bench_kernel {
  nt_layer *net;
  nt_dataset *data1, *data2; /**< data2, samples2 NULL: a Gram matrix. */
  nt_samples *samples1, *samples2;
  nt_tree *leaves;
  nt_kernel_job *job;
  nt_dmatrix *k, *t;
} nt_bench_kernel;

/** Samples `first` and on, `n` of them, of random ones that all cases share. Nothing is made yet.
 * \param [out] data  nt_dataset_close. Parallel: Collective. */
nt_status nt_bench_data(nt_bench *b, const char *shape, int64_t first, int64_t n,
                        nt_dataset **data) NT_WARN_UNUSED;
/** What a problem takes, by its plan. Parallel: Collective. */
nt_status nt_bench_kernel_need(nt_bench *b, const nt_bench_problem *problem,
                               nt_bench_need *need) NT_WARN_UNUSED;
/** Make samples and results.
 * \param [out] w  To be closed also after an error. Parallel: Collective. */
nt_status nt_bench_kernel_open(nt_bench *b, const nt_bench_problem *problem,
                               nt_bench_kernel *w) NT_WARN_UNUSED;
/** Seconds, as nt_bench_time. Parallel: Collective. */
nt_status nt_bench_kernel_time(nt_bench *b, nt_bench_kernel *w, double *seconds) NT_WARN_UNUSED;
void nt_bench_kernel_close(nt_bench_kernel *w);

#endif
