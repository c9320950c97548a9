/** Covariances of each sample with itself (cov1, cov2 with diagonal_batch), and masks. */
#include "base/check.h"
#include "base/memory.h"
#include "kernel/job.h"
#include "kernel/masks.h"
#include "kernel/tile.h"

#include <stdlib.h>

typedef struct nt_own_pass {
  nt_kernel_job *job;
  const nt_plan *plan; /* with pairs of positions if they are needed */
  const nt_side *side;
  nt_dmatrix *const *cov;
  unsigned char *const *mask;
  nt_workspace *ws;
  nt_tile_output *output; /* [n_outputs] buffers of the pairs of positions of a panel */
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

static nt_status work_on(nt_own_pass *own, nt_panel *panel)
{
  nt_status status = NT_OK;
  const nt_plan *plan = own->plan;
  nt_error *err = nt_ctx_error(nt_grid_ctx(own->job->grid));
  NT_TRY(nt_sample_pass(err, plan, panel, own->ws));
  if (own->output != NULL) {
    const nt_tile tile = {.plan = plan,
                          .rows = panel,
                          .cols = panel,
                          .same = true,
                          .self_only = true,
                          .output = own->output,
                          .given = panel->own_tile};
    NT_TRY(nt_tile_compute(err, &tile, own->ws));
  }
  for (int o = 0; o < plan->n_outputs; o++) {
    const int64_t cols = columns(plan, o);
    const double *rows = own->output != NULL ? own->output[o].k.a : panel->q[o];
    for (int64_t i = 0; own->cov[o] != NULL && i < panel->count; i++) {
      put_row(own->cov[o], panel->first + i, rows + i * cols);
    }
    if (own->mask[o] == NULL || panel->out_mask[o] == NULL) continue;
    const nt_node *node = &plan->node[plan->output[o]];
    const nt_mask_order order = nt_mask_order_of(&node->facts, node->mask_channels, own->side->n);
    nt_mask_put(&order, panel->first, panel->count, panel->out_mask[o], own->mask[o]);
  }
done:
  return status;
}

static int64_t rows_of_panel(const nt_plan *plan, int64_t n)
{
  return n < plan->tile ? n : plan->tile;
}

nt_memory nt_own_pass_bytes(const nt_demand *demand, int64_t n)
{
  const bool pairs = demand->cov_plan != NULL;
  const nt_plan *plan = pairs ? demand->cov_plan : demand->plan;
  const int64_t rows = rows_of_panel(plan, n);
  nt_memory memory = {.panels = nt_panel_bytes(plan, rows, false),
                      .threads = nt_workspace_bytes(plan, rows, rows)};
  for (int o = 0; pairs && o < plan->n_outputs; o++)
    memory.panels += rows * columns(plan, o) * (int64_t)sizeof(double);
  return memory;
}

static nt_status prepare(nt_own_pass *own)
{
  nt_status status = NT_OK;
  const nt_plan *plan = own->plan;
  nt_error *err = nt_ctx_error(nt_grid_ctx(own->job->grid));
  void *memory;
  const int64_t rows = rows_of_panel(plan, own->side->n);
  NT_TRY(nt_workspace_create(err, plan, rows, rows, &own->ws));
  if (own->job->cov_plan == NULL) return NT_OK;
  NT_TRY(nt_calloc(err, plan->n_outputs, sizeof(nt_tile_output), "covariances", &memory));
  own->output = memory;
  for (int o = 0; o < plan->n_outputs; o++) {
    const int64_t cols = columns(plan, o);
    NT_TRY(nt_alloc(err, rows * cols, sizeof(double), "covariances of a panel", &memory));
    own->output[o].k = (nt_target){memory, cols};
  }
done:
  return status;
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

static nt_status round_of(nt_own_pass *own, int64_t k)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(own->job->grid);
  const int ranks = nt_ctx_size(ctx);
  nt_panel *panel = NULL;
  nt_sample_range *range = calloc((size_t)ranks, sizeof *range);
  NT_CHECK_ALL(ctx, range != NULL, NT_ERR_NOMEM, "no memory for a panel");
  for (int r = 0; r < ranks; r++)
    range[r] = range_of(own, r, k);
  NT_TRY(nt_panel_each(ctx, own->plan, own->side, range, &panel));
  NT_TRY_ALL(ctx, panel == NULL ? NT_OK : work_on(own, panel));
done:
  nt_panel_destroy(&panel);
  free(range);
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
  NT_TRY_ALL(ctx, prepare(&own));
  const int64_t tiles = (side->n + plan->tile - 1) / plan->tile;
  const double began = MPI_Wtime();
  for (int64_t k = 0; k * nt_grid_P(job->grid) < tiles; k++) {
    NT_TRY(round_of(&own, k));
    report(&own, began, (k + 1) * nt_grid_P(job->grid), tiles);
  }
  NT_TRY(gather_masks(&own));
done:
  for (int o = 0; own.output != NULL && o < plan->n_outputs; o++)
    free(own.output[o].k.a);
  free(own.output);
  nt_workspace_destroy(&own.ws);
  return status;
}
