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

/** Bytes that a case takes on a rank at most: its shares of the matrices and samples that all ranks
 * hold together, what it has for itself however many they are, and what it reads of others. */
typedef struct nt_bench_need {
  int64_t share, own, samples, seen;
} nt_bench_need;

/** Of two things that are done one after the other. Local. */
nt_bench_need nt_bench_larger(nt_bench_need a, nt_bench_need b);
/** Bytes of the largest local part of an M x N matrix in blocks of nb. Local. */
int64_t nt_bench_part(const nt_grid *grid, int64_t M, int64_t N, int64_t nb);

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

/** What they take. Parallel: Collective. */
nt_status nt_bench_gemm_need(nt_bench *b, nt_bench_need *need) NT_WARN_UNUSED;
nt_status nt_bench_syrk_need(nt_bench *b, nt_bench_need *need) NT_WARN_UNUSED;
nt_status nt_bench_cholesky_need(nt_bench *b, nt_bench_need *need) NT_WARN_UNUSED;
nt_status nt_bench_fc_need(nt_bench *b, nt_bench_need *need) NT_WARN_UNUSED;
nt_status nt_bench_images_need(nt_bench *b, nt_bench_need *need) NT_WARN_UNUSED;
nt_status nt_bench_solve_need(nt_bench *b, nt_bench_need *need) NT_WARN_UNUSED;
nt_status nt_bench_eigen_need(nt_bench *b, nt_bench_need *need) NT_WARN_UNUSED;
nt_status nt_bench_pcg_need(nt_bench *b, nt_bench_need *need) NT_WARN_UNUSED;
nt_status nt_bench_write_need(nt_bench *b, nt_bench_need *need) NT_WARN_UNUSED;

/** Nanoseconds a lane of an elementwise layer, NNGP and NTK. Parallel: Collective. */
nt_status nt_bench_map(nt_bench *b, const nt_layer_ops *layer, const void *cfg, nt_dtype dtype,
                       double *nanoseconds) NT_WARN_UNUSED;
/** Rows of Cholesky factorisations on every grid of these ranks in blocks of 32 to 256, and of the
 * solver's layout beside the best of them. Parallel: Collective. */
nt_status nt_bench_search_layouts(nt_bench *b, int64_t n) NT_WARN_UNUSED;
nt_status nt_bench_search_need(nt_bench *b, int64_t n, nt_bench_need *need) NT_WARN_UNUSED;
/** What a factorisation of n x n in blocks of nb takes, with its matrix. Local. */
nt_bench_need nt_bench_factor_need(const nt_bench *b, const nt_grid *grid, int64_t n, int64_t nb);
/** Seconds of dsyrk of n x n with k on every rank at once. Parallel: Collective. */
nt_status nt_bench_syrk_seconds(nt_bench *b, int64_t n, int64_t k, double *seconds) NT_WARN_UNUSED;
/** Bytes of a rank with n x k and n x n, and what the BLAS packs of them. Local. */
int64_t nt_bench_product_bytes(int64_t n, int64_t k);
/** What the dgemm takes that others are compared with. Local. */
nt_bench_need nt_bench_gemm_rate_need(void);
/** GF/s of a rank in it, with all ranks at work. Parallel: Collective. */
nt_status nt_bench_gemm_rate(nt_bench *b, double *rate) NT_WARN_UNUSED;

#endif
