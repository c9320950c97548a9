/* The Cholesky factorisation against dgemm, and a search for better
 * layouts than the solver's own. */
#include "base/check.h"
#include "cli/bench.h"
#include "cli/solving.h"
#include "nt/predict.h"
#include "predict/cholesky.h"

#include <stdio.h>

/* A positive definite matrix, a function of the indices. */
static void fill(nt_dmatrix *m)
{
  for (int64_t lj = 0; lj < m->cols; lj++) {
    const int64_t j = nt_dmatrix_column(m, lj);
    for (int64_t li = 0; li < m->rows; li++) {
      const int64_t i = nt_dmatrix_row(m, li);
      m->a[li + lj * m->ld] = i == j ? (double)m->M : 1 / (double)(1 + i + j);
    }
  }
}

/* GF/s of all ranks together, of one factorisation in blocks of nb. */
static nt_status factor(nt_bench *b, nt_grid *grid, int64_t n, int64_t nb, double *rate)
{
  nt_status status = NT_OK;
  nt_dmatrix *k = NULL;
  int64_t info;
  NT_TRY(nt_dmatrix_create(grid, n, n, nb, nb, &k));
  fill(k);
  const nt_factor_view view = {k, k->a, k->ld};
  NT_TRY_MPI(b->ctx, MPI_Barrier(nt_ctx_comm(b->ctx)));
  double seconds = -MPI_Wtime();
  NT_TRY(nt_cholesky(&nt_factor_double, &view, &info));
  seconds += MPI_Wtime();
  NT_CHECK(info == 0, nt_ctx_error(b->ctx), NT_ERR_INTERNAL, "a factorisation failed at minor %lld",
           (long long)info);
  NT_TRY_MPI(b->ctx,
             MPI_Allreduce(MPI_IN_PLACE, &seconds, 1, MPI_DOUBLE, MPI_MAX, nt_ctx_comm(b->ctx)));
  *rate = (double)n * (double)n * (double)n / 3 / seconds * 1e-9;
done:
  nt_dmatrix_destroy(&k);
  return status;
}

static void report(nt_bench *b, const nt_grid *grid, int64_t n, int64_t nb, const char *what,
                   double rate, const char *limit_what, double limit)
{
  char size[60];
  (void)snprintf(size, sizeof size, "n=%lld nb=%lld %dx%d", (long long)n, (long long)nb,
                 nt_grid_P(grid), nt_grid_Q(grid));
  nt_bench_row(b, b->name, size, what, rate, "GF/s", limit_what, limit);
}

typedef struct bench_layout {
  double rate; /* 0: not tried */
  int64_t nb;
  int P, Q;
} bench_layout;

typedef struct layout_search {
  bench_layout own, best; /* the solver's, and the fastest so far */
} layout_search;

/* The fastest of some runs of one layout. */
static nt_status try_layout(nt_bench *b, nt_grid *grid, int64_t n, int64_t nb, layout_search *s)
{
  nt_status status = NT_OK;
  double rate;
  bench_layout layout = {.nb = nb, .P = nt_grid_P(grid), .Q = nt_grid_Q(grid)};
  for (int64_t r = 0; r < b->repeat; r++) {
    NT_TRY(factor(b, grid, n, nb, &rate));
    if (rate > layout.rate) layout.rate = rate;
  }
  report(b, grid, n, nb, "factor, all ranks", layout.rate, "", 0);
  if (layout.rate > s->best.rate) s->best = layout;
  if (nb == s->own.nb && layout.P == s->own.P) s->own = layout;
done:
  return status;
}

static const int64_t blocks[] = {32, 64, 96, 128, 160, 192, 224, 256};
enum { N_BLOCKS = sizeof blocks / sizeof *blocks };

static nt_status try_grid(nt_bench *b, nt_grid *grid, int64_t n, layout_search *s)
{
  nt_status status = NT_OK;
  for (size_t i = 0; i < N_BLOCKS; i++)
    NT_TRY(try_layout(b, grid, n, blocks[i], s));
done:
  return status;
}

nt_bench_need nt_bench_factor_need(const nt_bench *b, const nt_grid *grid, int64_t n, int64_t nb)
{
  return (nt_bench_need){.share = nt_bench_part(grid, n, n, nb),
                         .own = nt_cholesky_bytes(grid, n, nb, sizeof(double)),
                         .seen = nt_solving_seen(&b->s, grid, n, nb, sizeof(double))};
}

nt_status nt_bench_search_need(nt_bench *b, int64_t n, nt_bench_need *need)
{
  nt_status status = NT_OK;
  nt_grid *grid = NULL;
  const int ranks = nt_ctx_size(b->ctx);
  *need = nt_bench_factor_need(b, b->grid, n, nt_solver_block(b->grid, n));
  for (int P = 1; P <= ranks; P++) {
    if (ranks % P != 0) continue;
    NT_TRY(nt_grid_create(b->ctx, P, ranks / P, &grid));
    for (size_t i = 0; i < N_BLOCKS; i++)
      *need = nt_bench_larger(*need, nt_bench_factor_need(b, grid, n, blocks[i]));
    nt_grid_destroy(&grid);
  }
done:
  return status;
}

nt_status nt_bench_search_layouts(nt_bench *b, int64_t n)
{
  nt_status status = NT_OK;
  nt_grid *grid = NULL;
  char what[60];
  const int ranks = nt_ctx_size(b->ctx);
  layout_search s = {.own = {.nb = nt_solver_block(b->grid, n), .P = nt_grid_P(b->grid)}};
  for (int P = 1; P <= ranks; P++) {
    if (ranks % P != 0) continue;
    NT_TRY(nt_grid_create(b->ctx, P, ranks / P, &grid));
    NT_TRY(try_grid(b, grid, n, &s));
    nt_grid_destroy(&grid);
  }
  if (s.own.rate == 0) NT_TRY(try_layout(b, b->grid, n, s.own.nb, &s));
  (void)snprintf(what, sizeof what, "the best found, nb=%lld %dx%d", (long long)s.best.nb, s.best.P,
                 s.best.Q);
  report(b, b->grid, n, s.own.nb, "the solver's layout", s.own.rate, what, s.best.rate);
done:
  nt_grid_destroy(&grid);
  return status;
}

static int64_t size_of(const nt_bench *b) { return b->n ? b->n : 6000; }

nt_status nt_bench_cholesky_need(nt_bench *b, nt_bench_need *need)
{
  nt_status status = NT_OK;
  const int64_t n = size_of(b);
  *need = nt_bench_factor_need(b, b->grid, n, nt_solver_block(b->grid, n));
  if (b->search) NT_TRY(nt_bench_search_need(b, n, need));
  *need = nt_bench_larger(*need, nt_bench_gemm_rate_need());
done:
  return status;
}

/* Both rates are the best of runs that take turns, so that both meet the same machine. */
nt_status nt_bench_cholesky(nt_bench *b)
{
  nt_status status = NT_OK;
  double rate, product, best = 0, best_product = 0;
  const int64_t n = size_of(b), nb = nt_solver_block(b->grid, n);
  for (int64_t r = 0; r < b->repeat; r++) {
    NT_TRY(nt_bench_gemm_rate(b, &product));
    NT_TRY(factor(b, b->grid, n, nb, &rate));
    if (product > best_product) best_product = product;
    if (rate > best) best = rate;
  }
  report(b, b->grid, n, nb, "factor, all ranks", best, "dgemm of all ranks",
         best_product * nt_ctx_size(b->ctx));
  if (b->search) NT_TRY(nt_bench_search_layouts(b, n));
done:
  return status;
}
