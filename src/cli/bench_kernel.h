/** The pair pass of a network on random samples, with data in memory and results allocated. */
#ifndef NT_CLI_BENCH_KERNEL_H
#define NT_CLI_BENCH_KERNEL_H

#include "cli/bench.h"
#include "kernel/job.h"

typedef struct nt_bench_kernel {
  nt_layer *net;
  nt_samples *samples1, *samples2; /**< samples2 NULL: a Gram matrix. */
  nt_tree *leaves;
  nt_kernel_job *job;
  nt_dmatrix *k, *t;
} nt_bench_kernel;

/** NNGP and NTK of n1 x n2 samples (n2 = 0: of n1 with themselves) of `shape` ("32,32,3").
 * \param [out] w  To be closed also after an error. Parallel: Collective. */
nt_status nt_bench_kernel_open(nt_bench *b, const char *network, const char *shape, int64_t n1,
                               int64_t n2, nt_dtype dtype, nt_bench_kernel *w) NT_WARN_UNUSED;
/** Seconds, as nt_bench_time. Parallel: Collective. */
nt_status nt_bench_kernel_time(nt_bench *b, nt_bench_kernel *w, double *seconds) NT_WARN_UNUSED;
void nt_bench_kernel_close(nt_bench_kernel *w);

#endif
