/** Networks with layers that act on the samples: stage after stage, and
 * between them these layers. */
#include "base/check.h"
#include "base/memory.h"
#include "kernel/barrier.h"
#include "kernel/given.h"
#include "kernel/job.h"

#include <stdlib.h>

/* What later stages need of an earlier one. cov1 of all pairs of the samples of x1 = x2 is nngp. */
static unsigned needed(const nt_kernel_job *job)
{
  unsigned get = job->get | NT_GET_MASK1;
  const bool pairs = (get & (NT_GET_NNGP | NT_GET_NTK)) != 0;
  if (pairs) get |= NT_GET_NNGP;
  if (!pairs || !job->symmetric || job->plan->layout.diagonal_batch) get |= NT_GET_COV1;
  if (!job->symmetric) get |= NT_GET_COV2 | NT_GET_MASK2;
  return get;
}

static nt_status plan_stage(nt_kernel_job *job, int s, const nt_kernel_options *options)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(nt_grid_ctx(job->grid));
  const bool last = s == job->stages.n - 1;
  NT_TRY(nt_calloc(err, 1, sizeof(nt_kernel_job), "a job", &job->stage[s]));
  nt_kernel_job *stage = job->stage[s];
  *stage = (nt_kernel_job){.grid = job->grid,
                           .get = last ? job->get : needed(job),
                           .symmetric = job->symmetric,
                           .digits = job->digits};
  nt_request request = nt_request_of(stage, options);
  NT_TRY(nt_cut_stage(err, job->stages.cut, s, &request, &stage->plan));
  if (!nt_cov_needs_pairs(stage->plan, stage->get)) return NT_OK;
  request.get = NT_GET_NNGP | NT_GET_COV1;
  request.tile = stage->plan->tile;
  NT_TRY(nt_cut_stage(err, job->stages.cut, s, &request, &stage->cov_plan));
done:
  return status;
}

/* Each kernel has one place in the results. */
static nt_status check_outputs(nt_error *err, const nt_plan *whole)
{
  nt_status status = NT_OK;
  for (int o = 0; o < whole->n_outputs; o++) {
    for (int p = 0; p < o; p++)
      NT_CHECK(
          whole->output[o] != whole->output[p], err, NT_ERR_UNSUPPORTED,
          "outputs %d and %d of the network are the same, which is not available behind layers "
          "that act on the samples: leave out one of them",
          p, o);
  }
done:
  return status;
}

/* Kernels between stages are in tiles of one size, the smallest that a
 * stage which reads them wants. */
static void agree_on_tiles(nt_kernel_job *job)
{
  int64_t tile = job->stage[job->stages.n - 1]->plan->tile;
  for (int s = 1; s < job->stages.n; s++)
    if (job->stage[s]->plan->tile < tile) tile = job->stage[s]->plan->tile;
  for (int s = 1; s < job->stages.n; s++) {
    job->stage[s]->plan->tile = tile;
    if (job->stage[s]->cov_plan != NULL) job->stage[s]->cov_plan->tile = tile;
  }
  job->plan->tile = tile;
}

nt_status nt_kernel_job_cut(nt_kernel_job *job, const nt_kernel_options *options)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(nt_grid_ctx(job->grid));
  nt_cut *cut = NULL;
  void *demands = NULL;
  NT_TRY(check_outputs(err, job->plan));
  NT_TRY(nt_cut_create(err, job->plan, &cut));
  job->stages.cut = cut;
  NT_TRY(nt_calloc(err, cut->n_stages, sizeof(nt_demand), "stages", &demands));
  job->stages.demand = demands;
  NT_TRY(nt_calloc(err, cut->n_stages, sizeof(nt_kernel_job *), "stages", &job->stage));
  job->stages.n = cut->n_stages;
  for (int s = 0; s < cut->n_stages; s++)
    NT_TRY(plan_stage(job, s, options));
  agree_on_tiles(job);
  for (int s = 0; s < cut->n_stages; s++)
    job->stages.demand[s] = nt_kernel_job_demand(job->stage[s]);
done:
  return status;
}

typedef struct nt_stages_run {
  nt_kernel_job *job;
  nt_ctx *ctx;
  const nt_cut *cut;
  const nt_side *side[2]; /* inputs of the network; side[1] NULL: x2 = x1 */
  nt_kernel **value;      /* [nodes of the whole] Owned; NULL: not known, or not needed any more */
} nt_stages_run;

/* The inputs of a stage behind the first. */
typedef struct nt_stage_inputs {
  const nt_samples **none; /* [leaves] */
  nt_given *given[2];      /* [leaves] */
  int n;
} nt_stage_inputs;

static nt_status gather(nt_stages_run *r, int s, nt_stage_inputs *in, nt_side *side)
{
  nt_status status = NT_OK;
  const nt_kernel_job *stage = r->job->stage[s];
  const nt_plan *plan = stage->plan;
  nt_error *err = nt_ctx_error(r->ctx);
  in->n = plan->n_leaves;
  status = nt_calloc(err, in->n, sizeof(nt_samples *), "inputs", &in->none);
  NT_TRY_ALL(r->ctx, status);
  status = nt_calloc(err, 2 * (int64_t)in->n, sizeof(nt_given), "inputs", &in->given[0]);
  NT_TRY_ALL(r->ctx, status);
  in->given[1] = in->given[0] + in->n;
  const bool own = nt_given_needs_own(plan, stage->cov_plan);
  for (int which = 0; which < (r->side[1] == NULL ? 1 : 2); which++) {
    for (int l = 0; l < in->n; l++) {
      const nt_facts *facts = &plan->node[l].facts;
      const bool masked = which == 0 ? facts->masked1 : facts->masked2;
      const nt_given_needs needs = {own, masked ? plan->node[l].mask_channels : 0};
      NT_TRY(nt_given_create(r->value[plan->origin[l]], which, &needs, &in->given[which][l]));
    }
    side[which] = (nt_side){.n = nt_plan_samples(plan, which),
                            .n_leaves = in->n,
                            .leaf = in->none,
                            .given = in->given[which],
                            .pattern = r->side[which]->pattern};
  }
done:
  return status;
}

static void let_go(nt_stage_inputs *in)
{
  for (int l = 0; in->given[0] != NULL && l < 2 * in->n; l++)
    nt_given_free(&in->given[0][l]);
  free(in->given[0]);
  free((void *)in->none);
}

/* Outputs of a stage into their places. */
static nt_status keep(nt_stages_run *r, int s, nt_tree *kernels)
{
  nt_status status = NT_OK;
  const nt_plan *plan = r->job->stage[s]->plan;
  for (int o = 0; o < plan->n_outputs; o++) {
    nt_kernel **value = &r->value[plan->origin[plan->output[o]]];
    nt_tree *leaf = kernels->child[o];
    nt_kernel_destroy(value);
    *value = leaf->leaf;
    leaf->leaf = NULL;
    if (s < r->job->stages.n - 1) NT_TRY(nt_kernel_retile(*value, r->job->plan->tile));
  }
done:
  return status;
}

/* Layers on samples behind stage `s`. */
static nt_status cross(nt_stages_run *r, int s)
{
  nt_status status = NT_OK;
  const nt_plan *whole = r->cut->whole;
  void *memory = NULL;
  for (int n = 0; n < whole->n_nodes; n++) {
    const nt_node *node = &whole->node[n];
    if (!node->barrier || r->cut->stage[n] != s) continue;
    nt_kernel *new = NULL;
    NT_TRY_ALL(r->ctx,
               nt_alloc(nt_ctx_error(r->ctx), node->n_in, sizeof(nt_kernel *), "kernels", &memory));
    const nt_kernel **source = memory;
    for (int i = 0; i < node->n_in; i++)
      source[i] = r->value[nt_cut_joins(whole, n) ? node->in[i] : n];
    status = nt_barrier_run(whole, n, source, r->job->plan->tile, &new);
    free(memory);
    memory = NULL;
    NT_TRY(status);
    nt_kernel_destroy(&r->value[n]);
    r->value[n] = new;
  }
  for (int n = 0; n < whole->n_nodes; n++)
    if (r->cut->last[n] <= s) nt_kernel_destroy(&r->value[n]);
done:
  free(memory);
  return status;
}

static nt_status run_stage(nt_stages_run *r, int s)
{
  nt_status status = NT_OK;
  nt_kernel_job *stage = r->job->stage[s];
  nt_stage_inputs in = {0};
  nt_side side[2];
  nt_tree *kernels = NULL;
  const bool two = r->side[1] != NULL;
  stage->progress = r->job->progress;
  r->job->course.behind -= stage->course.all;
  nt_course_begin(stage, r->job->course.began, r->job->course.behind);
  if (s == 0) {
    NT_TRY(nt_kernel_job_run_passes(stage, r->side[0], r->side[1], &kernels));
  } else {
    NT_TRY(gather(r, s, &in, side));
    NT_TRY(nt_kernel_job_run_passes(stage, &side[0], two ? &side[1] : NULL, &kernels));
  }
  NT_TRY(keep(r, s, kernels));
  NT_TRY(cross(r, s));
done:
  let_go(&in);
  nt_kernels_destroy(&kernels);
  return status;
}

/* Fields that were needed on the way alone. */
static void drop(nt_kernel *k, unsigned get)
{
  if (!(get & NT_GET_NNGP)) nt_dmatrix_destroy(&k->nngp);
  if (!(get & NT_GET_NTK)) nt_dmatrix_destroy(&k->ntk);
  if (!(get & NT_GET_COV1)) nt_dmatrix_destroy(&k->cov1);
  if (!(get & NT_GET_COV2)) nt_dmatrix_destroy(&k->cov2);
  if (!(get & NT_GET_MASK1)) {
    free(k->mask1);
    k->mask1 = NULL;
    k->mask_shape1 = (nt_shape){0};
  }
  if (!(get & NT_GET_MASK2)) {
    free(k->mask2);
    k->mask2 = NULL;
    k->mask_shape2 = (nt_shape){0};
  }
}

/* The outputs of the network, each node once. */
static nt_status take_outputs(nt_stages_run *r, nt_tree **kernels)
{
  nt_status status = NT_OK;
  const nt_plan *plan = r->job->plan;
  const int *node = r->cut->whole->output;
  nt_error *err = nt_ctx_error(r->ctx);
  nt_kernel **output = NULL;
  NT_TRY_ALL(r->ctx, nt_calloc(err, plan->n_outputs, sizeof(nt_kernel *), "kernels", &output));
  for (int o = 0; o < plan->n_outputs; o++)
    output[o] = r->value[node[o]];
  NT_TRY_ALL(r->ctx, nt_tree_like(err, plan->outputs, output, kernels));
  for (int o = 0; o < plan->n_outputs; o++) {
    drop(output[o], r->job->get);
    r->value[node[o]] = NULL;
  }
done:
  free(output);
  return status;
}

nt_status nt_kernel_job_run_stages(nt_kernel_job *job, const nt_side *side1, const nt_side *side2,
                                   nt_tree **kernels)
{
  nt_status status = NT_OK;
  nt_stages_run r = {
      .job = job, .ctx = nt_grid_ctx(job->grid), .cut = job->stages.cut, .side = {side1, side2}};
  *kernels = NULL;
  status =
      nt_calloc(nt_ctx_error(r.ctx), job->plan->n_nodes, sizeof(nt_kernel *), "kernels", &r.value);
  NT_TRY_ALL(r.ctx, status);
  for (int s = 0; s < job->stages.n; s++)
    NT_TRY(run_stage(&r, s));
  NT_TRY(take_outputs(&r, kernels));
done:
  for (int n = 0; r.value != NULL && n < job->plan->n_nodes; n++)
    nt_kernel_destroy(&r.value[n]);
  free(r.value);
  if (status != NT_OK) nt_tree_destroy(kernels);
  return status;
}
