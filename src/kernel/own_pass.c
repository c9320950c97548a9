/** Covariances of each sample with itself (cov1, cov2 with diagonal_batch), and masks: panel after
 * panel, one for each thread at a time. */
#include "base/blas.h"
#include "base/check.h"
#include "base/memory.h"
#include "kernel/job.h"
#include "kernel/masks.h"
#include "kernel/tile.h"
#include "layer/math.h"

#include <stdlib.h>

typedef struct nt_own_pass {
  nt_kernel_job *job;
  const nt_plan *plan; /* with pairs of positions if they are needed */
  const nt_side *side;
  nt_dmatrix *const *cov;
  unsigned char *const *mask;
  int threads;
  struct nt_own_thread {
    nt_error error;
    nt_workspace *ws;
    nt_tile_output *output; /* [n_outputs] buffers of the pairs of positions of a panel */
    nt_panel *panel;
  } * thread; /* [threads] */
} nt_own_pass;

static int64_t columns(const nt_plan *plan, int output)
{
  const nt_facts *facts = &plan->node[plan->output[output]].facts;
  const int64_t positions = nt_facts_positions(facts);
  return facts->diagonal_spatial ? positions : positions * positions;
}

/* This rank's columns of one sample's row. */
static void put_row(const nt_dmatrix *cov, int64_t sample, const double *row)
{
  const nt_grid *grid = cov->grid;
  double *to = cov->a + nt_global_to_local(sample, cov->mb, nt_grid_P(grid));
  for (int64_t lj = 0; lj < cov->cols; lj++) {
    to[lj * cov->ld] = row[nt_local_to_global(lj, cov->nb, nt_grid_q(grid), nt_grid_Q(grid))];
  }
}

/* What the panel of a thread gives to the results: rows of its own samples. */
static void put(const nt_own_pass *own, const struct nt_own_thread *me)
{
  const nt_plan *plan = own->plan;
  const nt_panel *panel = me->panel;
  for (int o = 0; o < plan->n_outputs; o++) {
    const int64_t cols = columns(plan, o);
    const double *rows = me->output != NULL ? me->output[o].k.a : panel->q[o];
    for (int64_t i = 0; own->cov[o] != NULL && i < panel->count; i++) {
      put_row(own->cov[o], panel->first + i, rows + i * cols);
    }
    if (own->mask[o] == NULL || panel->out_mask[o] == NULL) continue;
    const nt_node *node = &plan->node[plan->output[o]];
    const nt_mask_order order = nt_mask_order_of(&node->facts, node->mask_channels, own->side->n);
    nt_mask_put(&order, panel->first, panel->count, panel->out_mask[o], own->mask[o]);
  }
}

static nt_status work_on(const nt_own_pass *own, struct nt_own_thread *me)
{
  nt_status status = NT_OK;
  const nt_plan *plan = own->plan;
  NT_TRY(nt_sample_pass(&me->error, plan, me->panel, me->ws));
  if (me->output != NULL) {
    const nt_tile tile = {.plan = plan,
                          .rows = me->panel,
                          .cols = me->panel,
                          .same = true,
                          .self_only = true,
                          .output = me->output,
                          .given = me->panel->own_tile};
    NT_TRY(nt_tile_compute(&me->error, &tile, me->ws));
  }
  put(own, me);
done:
  return status;
}

/* The panels that the threads have. */
static nt_status work(const nt_own_pass *own)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(nt_grid_ctx(own->job->grid));
#pragma omp parallel for schedule(static, 1) num_threads(own->threads)
  for (int t = 0; t < own->threads; t++) {
    struct nt_own_thread *me = &own->thread[t];
    me->error.status = NT_OK;
    if (me->panel != NULL) me->error.status = work_on(own, me);
  }
  for (int t = 0; t < own->threads && status == NT_OK; t++) {
    status = own->thread[t].error.status;
    if (status != NT_OK) *err = own->thread[t].error;
  }
  return status;
}

static int64_t rows_of_panel(const nt_plan *plan, int64_t n)
{
  return n < plan->tile ? n : plan->tile;
}

/* So many as have panels in a round. */
static int threads_of(const nt_plan *plan, int64_t n, int P, int threads)
{
  const int64_t tiles = (n + plan->tile - 1) / plan->tile, each = (tiles + P - 1) / P;
  return each < threads ? (int)NT_MAX(each, 1) : threads;
}

nt_memory nt_own_pass_bytes(const nt_demand *demand, nt_machine g, int64_t n)
{
  const bool pairs = demand->cov_plan != NULL;
  const nt_plan *plan = pairs ? demand->cov_plan : demand->plan;
  const int64_t rows = rows_of_panel(plan, n);
  nt_memory memory = {.panels = nt_panel_bytes(plan, rows, false),
                      .threads = nt_workspace_bytes(plan, rows, rows)};
  for (int o = 0; pairs && o < plan->n_outputs; o++)
    memory.panels += rows * columns(plan, o) * (int64_t)sizeof(double);
  const int threads = threads_of(plan, n, g.P, g.threads);
  memory.panels *= threads;
  memory.threads *= threads;
  return memory;
}

static nt_status prepare_thread(const nt_own_pass *own, struct nt_own_thread *me)
{
  nt_status status = NT_OK;
  const nt_plan *plan = own->plan;
  nt_error *err = nt_ctx_error(nt_grid_ctx(own->job->grid));
  void *memory;
  const int64_t rows = rows_of_panel(plan, own->side->n);
  NT_TRY(nt_workspace_create(err, plan, rows, rows, &me->ws));
  if (own->job->cov_plan == NULL) return NT_OK;
  NT_TRY(nt_calloc(err, plan->n_outputs, sizeof(nt_tile_output), "covariances", &memory));
  me->output = memory;
  for (int o = 0; o < plan->n_outputs; o++) {
    const int64_t cols = columns(plan, o);
    NT_TRY(nt_alloc(err, rows * cols, sizeof(double), "covariances of a panel", &memory));
    me->output[o].k = (nt_target){memory, cols};
  }
done:
  return status;
}

/* As many on each rank, since all fetch panels together. */
static nt_status agree(nt_own_pass *own)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(own->job->grid);
  int64_t fewest = -nt_ctx_threads(ctx);
  NT_TRY(nt_ctx_largest(ctx, &fewest));
  own->threads = threads_of(own->plan, own->side->n, nt_grid_P(own->job->grid), (int)-fewest);
done:
  return status;
}

static nt_status prepare(nt_own_pass *own)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(nt_grid_ctx(own->job->grid));
  void *memory;
  NT_TRY(nt_calloc(err, own->threads, sizeof *own->thread, "threads", &memory));
  own->thread = memory;
  for (int t = 0; t < own->threads; t++)
    NT_TRY(prepare_thread(own, &own->thread[t]));
done:
  return status;
}

static void release(nt_own_pass *own)
{
  for (int t = 0; own->thread != NULL && t < own->threads; t++) {
    struct nt_own_thread *me = &own->thread[t];
    for (int o = 0; me->output != NULL && o < own->plan->n_outputs; o++)
      free(me->output[o].k.a);
    free(me->output);
    nt_workspace_destroy(&me->ws);
    nt_panel_destroy(&me->panel);
  }
  free(own->thread);
}

/* The panel number `k` of the process row of rank `r`, if it has that many. */
static nt_sample_range range_of(const nt_own_pass *own, int r, int64_t k)
{
  const nt_grid *grid = own->job->grid;
  const int64_t tile = own->plan->tile;
  const int64_t first = (r / nt_grid_Q(grid) + k * nt_grid_P(grid)) * tile,
                left = own->side->n - first;
  return (nt_sample_range){first, left < 0 ? 0 : left < tile ? left : tile};
}

/* Panel number `k` of each process row, for thread `thread` of its ranks. */
static nt_status fetch(nt_own_pass *own, int64_t k, int thread)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(own->job->grid);
  const int ranks = nt_ctx_size(ctx);
  nt_panel **panel = &own->thread[thread].panel;
  nt_sample_range *range = calloc((size_t)ranks, sizeof *range);
  NT_CHECK_ALL(ctx, range != NULL, NT_ERR_NOMEM, "no memory for a panel");
  for (int r = 0; r < ranks; r++)
    range[r] = range_of(own, r, k);
  nt_panel_destroy(panel);
  NT_TRY(nt_panel_each(ctx, own->plan, own->side, range, panel));
done:
  free(range);
  return status;
}

/* The panels from number `first` on, one for each thread. */
static nt_status round_of(nt_own_pass *own, int64_t first)
{
  nt_status status = NT_OK;
  for (int t = 0; t < own->threads; t++)
    NT_TRY(fetch(own, first + t, t));
  NT_TRY_ALL(nt_grid_ctx(own->job->grid), work(own));
done:
  return status;
}

/* Rank 0 gets the masks of all: each process row knows those of its own samples. */
static nt_status gather_masks(nt_own_pass *own)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(own->job->grid);
  enum { PIECE = 1 << 30 };
  for (int o = 0; o < own->plan->n_outputs; o++) {
    if (own->mask[o] == NULL) continue;
    const nt_node *node = &own->plan->node[own->plan->output[o]];
    const int64_t bytes = own->side->n * nt_facts_positions(&node->facts) * node->mask_channels;
    for (int64_t at = 0; at < bytes; at += PIECE) {
      const int count = (int)(bytes - at < PIECE ? bytes - at : PIECE);
      NT_TRY_MPI(ctx, MPI_Allreduce(MPI_IN_PLACE, own->mask[o] + at, count, MPI_UNSIGNED_CHAR,
                                    MPI_BOR, nt_ctx_comm(ctx)));
    }
  }
done:
  return status;
}

/* As long for each panel. */
static void report(const nt_own_pass *own, double began, int64_t done, int64_t panels)
{
  const nt_progress *progress = &own->job->course.callback;
  const double spent = 1e6 * (MPI_Wtime() - began);
  if (own->job->progress == NULL || nt_ctx_rank(nt_grid_ctx(own->job->grid)) > 0) return;
  progress->update(progress->arg, (int64_t)spent, (int64_t)(spent / (double)done * (double)panels));
}

nt_status nt_own_pass_run(nt_kernel_job *job, const nt_side *side, nt_dmatrix *const *cov,
                          unsigned char *const *mask)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(job->grid);
  const nt_plan *plan = job->cov_plan != NULL ? job->cov_plan : job->plan;
  nt_own_pass own = {.job = job, .plan = plan, .side = side, .cov = cov, .mask = mask};
  const int blas_threads = nt_blas_set_threads(1);
  NT_TRY(agree(&own));
  NT_TRY_ALL(ctx, prepare(&own));
  const int64_t tiles = (side->n + plan->tile - 1) / plan->tile, P = nt_grid_P(job->grid);
  const double began = MPI_Wtime();
  for (int64_t k = 0; k * P < tiles; k += own.threads) {
    NT_TRY(round_of(&own, k));
    report(&own, began, NT_MIN((k + own.threads) * P, tiles), tiles);
  }
  NT_TRY(gather_masks(&own));
done:
  (void)nt_blas_set_threads(blas_threads);
  release(&own);
  return status;
}
