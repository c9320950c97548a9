/** ntmpi bench: named workloads, each beside the limit of the machine measured in the same run.
 *
 * All ranks work at once, as in a real run; a time is that of the slowest rank, of the fastest of
 * `repeat` runs. */
#ifndef NT_CLI_BENCH_H
#define NT_CLI_BENCH_H

#include "cli/session.h"
#include "nt/plugin.h"

typedef struct nt_bench {
  nt_session s;        /**< Its summary is an array of rows. */
  nt_ctx *ctx;         /**< Of the session, */
  nt_grid *grid;       /**< and this too. */
  const char *name;    /**< Of the case in work. */
  int64_t n, d, depth; /**< Samples, features, hidden layers; 0: the case's own. */
  int64_t repeat;
  bool search; /**< Whether cases look for better settings than the default. */
} nt_bench;

/** One row: what was run, a figure, and what it is compared with
 * (limit 0: nothing). Rank 0 prints. */
void nt_bench_row(nt_bench *b, const char *name, const char *size, const char *what, double value,
                  const char *unit, const char *limit_what, double limit);

/** Work that is timed: may fail on some ranks only, it is agreed upon afterwards. */
typedef nt_status (*nt_bench_work)(void *arg);
/** Seconds of the slowest rank, of the fastest of b->repeat runs after one to warm up.
 * Parallel: Collective. */
nt_status nt_bench_time(nt_bench *b, nt_bench_work work, void *arg, double *seconds) NT_WARN_UNUSED;

nt_status nt_bench_gemm(nt_bench *b);
nt_status nt_bench_syrk(nt_bench *b);
nt_status nt_bench_cholesky(nt_bench *b);
nt_status nt_bench_maps(nt_bench *b);
nt_status nt_bench_relu_map(nt_bench *b);
nt_status nt_bench_fc(nt_bench *b);
nt_status nt_bench_images(nt_bench *b);
nt_status nt_bench_solve(nt_bench *b);
nt_status nt_bench_eigen(nt_bench *b);
nt_status nt_bench_pcg(nt_bench *b);
nt_status nt_bench_write(nt_bench *b);

/** Nanoseconds a lane of an elementwise layer, NNGP and NTK. Parallel: Collective. */
nt_status nt_bench_map(nt_bench *b, const nt_layer_ops *layer, const void *cfg, nt_dtype dtype,
                       double *nanoseconds) NT_WARN_UNUSED;
/** Rows of Cholesky factorisations on every grid of these ranks in blocks of 32 to 256, and of the
 * solver's layout beside the best of them. Parallel: Collective. */
nt_status nt_bench_search_layouts(nt_bench *b, int64_t n) NT_WARN_UNUSED;
/** Seconds of dsyrk of n x n with k on every rank at once. Parallel: Collective. */
nt_status nt_bench_syrk_seconds(nt_bench *b, int64_t n, int64_t k, double *seconds) NT_WARN_UNUSED;
/** GF/s of a rank in dgemm (m = n = k = 1500) with all ranks at work. Parallel: Collective. */
nt_status nt_bench_gemm_rate(nt_bench *b, double *rate) NT_WARN_UNUSED;

#endif
