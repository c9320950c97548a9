/** LayerNorm over the samples: the one thing of a sample pass that needs all samples. */
#include "base/check.h"
#include "base/memory.h"
#include "kernel/job.h"
#include "kernel/tile.h"

#include <stdlib.h>
#include <string.h>

typedef struct nt_norm_pass {
  const nt_plan *plan;
  nt_ctx *ctx;
  nt_side side; /* with the norms that are known */
  nt_workspace *ws;
  int64_t positions; /* of the largest norm */
  double *sums;      /* [ranks][2][positions] sums and numbers of one round of tiles */
  double *total;     /* [2][positions] */
  int node;          /* the norm in hand, -1 */
} nt_norm_pass;

static int64_t count_norms(const nt_plan *plan, int64_t *positions)
{
  int64_t n = 0;
  *positions = 0;
  for (int i = 0; i < plan->n_nodes; i++) {
    const nt_node *node = &plan->node[i];
    if (node->action != NT_NORM || !node->norm.batch || !node->want_v) continue;
    const int64_t here = nt_facts_positions(&node->facts);
    if (here > *positions) *positions = here;
    n++;
  }
  return n;
}

/* One tile of samples for each rank. Sums are added in the order of tiles, so that
 * bits do not depend on ranks. */
static nt_status round_of(nt_norm_pass *p, int64_t round)
{
  nt_status status = NT_OK;
  const int ranks = nt_ctx_size(p->ctx), me = nt_ctx_rank(p->ctx);
  const int64_t tile = p->plan->tile, size = 2 * p->positions;
  nt_panel *panel = NULL;
  nt_sample_range *range = calloc((size_t)ranks, sizeof *range);
  NT_CHECK_ALL(p->ctx, range != NULL, NT_ERR_NOMEM, "no memory for a panel");
  for (int r = 0; r < ranks; r++) {
    const int64_t first = (round * ranks + r) * tile, left = p->side.n - first;
    range[r] = (nt_sample_range){first, left < 0 ? 0 : left < tile ? left : tile};
  }
  NT_TRY(nt_panel_each(p->ctx, p->plan, &p->side, range, &panel));
  memset(p->sums, 0, (size_t)(ranks * size) * sizeof(double));
  if (panel != NULL) {
    panel->norm_sum = p->sums + me * size;
    status = nt_sample_pass(nt_ctx_error(p->ctx), p->plan, panel, p->ws);
    p->node = panel->norm_node;
  }
  NT_TRY_ALL(p->ctx, status);
  NT_TRY(nt_ctx_sum(p->ctx, ranks * size, p->sums));
  NT_TRY_MPI(p->ctx,
             MPI_Allreduce(MPI_IN_PLACE, &p->node, 1, MPI_INT, MPI_MAX, nt_ctx_comm(p->ctx)));
  for (int r = 0; r < ranks; r++) {
    for (int64_t k = 0; k < size; k++)
      p->total[k] += p->sums[r * size + k];
  }
done:
  nt_panel_destroy(&panel);
  free(range);
  return status;
}

/* The next norm that is not known. */
static nt_status find_next(nt_norm_pass *p, double **norm)
{
  nt_status status = NT_OK;
  const int64_t tile = p->plan->tile, ranks = nt_ctx_size(p->ctx);
  const int64_t tiles = (p->side.n + tile - 1) / tile;
  p->node = -1;
  memset(p->total, 0, 2 * (size_t)p->positions * sizeof(double));
  for (int64_t k = 0; k * ranks < tiles; k++)
    NT_TRY(round_of(p, k));
  const int64_t n = nt_facts_positions(&p->plan->node[p->node].facts);
  status = nt_alloc(nt_ctx_error(p->ctx), n, sizeof(double), "variances", &norm[p->node]);
  NT_TRY_ALL(p->ctx, status);
  for (int64_t k = 0; k < n; k++) {
    const double number = p->total[n + k];
    norm[p->node][k] = p->total[k] / (number > 1 ? number : 1);
  }
done:
  return status;
}

static nt_status prepare(nt_norm_pass *p)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(p->ctx);
  const int64_t rows = p->side.n < p->plan->tile ? p->side.n : p->plan->tile;
  NT_TRY(nt_workspace_create(err, p->plan, rows, rows, &p->ws));
  NT_TRY(nt_alloc(err, 2 * p->positions * nt_ctx_size(p->ctx), sizeof(double), "sums", &p->sums));
  NT_TRY(nt_alloc(err, 2 * p->positions, sizeof(double), "sums", &p->total));
done:
  return status;
}

nt_status nt_batch_norms_create(nt_kernel_job *job, const nt_side *side, double ***norm)
{
  nt_status status = NT_OK;
  nt_norm_pass p = {.plan = job->plan, .ctx = nt_grid_ctx(job->grid), .side = *side};
  const int64_t norms = count_norms(job->plan, &p.positions);
  *norm = NULL;
  if (norms == 0) return NT_OK;
  status = nt_calloc(nt_ctx_error(p.ctx), job->plan->n_nodes, sizeof(double *), "variances", norm);
  if (status == NT_OK) status = prepare(&p);
  NT_TRY_ALL(p.ctx, status);
  p.side.norm = *norm;
  for (int64_t i = 0; i < norms; i++)
    NT_TRY(find_next(&p, *norm));
done:
  nt_workspace_destroy(&p.ws);
  free(p.sums);
  free(p.total);
  if (status != NT_OK) nt_batch_norms_destroy(job, norm);
  return status;
}

void nt_batch_norms_destroy(const nt_kernel_job *job, double ***norm)
{
  for (int n = 0; *norm != NULL && n < job->plan->n_nodes; n++)
    free((*norm)[n]);
  free(*norm);
  *norm = NULL;
}
