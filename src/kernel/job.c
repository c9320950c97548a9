#include "kernel/job.h"

#include "base/check.h"
#include "base/memory.h"
#include "kernel/digits.h"
#include "kernel/pair_pass.h"

#include <stdlib.h>
#include <string.h>

/* Pairs of a sample's own positions (full layout), or of samples (full batch). */
bool nt_cov_needs_pairs(const nt_plan *plan, unsigned get)
{
  if (!(get & (NT_GET_COV1 | NT_GET_COV2))) return false;
  for (int o = 0; o < plan->n_outputs; o++) {
    const nt_facts *facts = &plan->node[plan->output[o]].facts;
    if (!facts->diagonal_batch) return true;
    if (!facts->diagonal_spatial && nt_facts_space(facts).rank > 0) return true;
  }
  return false;
}

nt_demand nt_kernel_job_demand(const nt_kernel_job *job)
{
  return (nt_demand){.plan = job->plan,
                     .cov_plan = job->cov_plan,
                     .get = job->get,
                     .symmetric = job->symmetric,
                     .stages = job->stage == NULL ? NULL : &job->stages};
}

static nt_sized_demand sized_demand(const nt_kernel_job *job)
{
  return (nt_sized_demand){.demand = nt_kernel_job_demand(job),
                           .threads = nt_ctx_threads(nt_grid_ctx(job->grid))};
}

nt_status nt_kernel_job_count_memory(nt_kernel_job *job)
{
  const nt_sized_demand sized = sized_demand(job);
  const nt_machine places = {nt_grid_P(job->grid), nt_grid_Q(job->grid), sized.threads};
  job->memory = nt_memory_of(&sized.demand, places);
  nt_ctx *ctx = nt_grid_ctx(job->grid);
  return nt_memory_check_largest(nt_ctx_error(ctx), &sized, nt_ctx_size(ctx), job->memory.largest,
                                 job->limit);
}

nt_status nt_kernel_job_check_memory(const nt_kernel_job *job)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(job->grid);
  const nt_sized_demand sized = sized_demand(job);
  const int64_t need = job->memory.results + job->memory.samples + job->memory.work;
  char needed[32], have[32], text[300];
  if (job->limit == 0 || need <= job->limit) return NT_OK;
  const nt_advice advice = nt_memory_advise(&sized, nt_ctx_size(ctx), job->limit);
  NT_FAIL(nt_ctx_error(ctx), NT_ERR_NOMEM, "a rank would need %s, but may use %s: %s",
          nt_bytes_text(need, needed, sizeof needed), nt_bytes_text(job->limit, have, sizeof have),
          nt_advice_text(&advice, nt_ctx_size(ctx), " with as much each", text, sizeof text));
done:
  return status;
}

nt_request nt_request_of(const nt_kernel_job *job, const nt_kernel_options *options)
{
  return (nt_request){.get = job->get,
                      .diagonal_batch = options->diagonal_batch,
                      .diagonal_spatial = options->diagonal_spatial,
                      .has_batch_axis = options->has_batch_axis,
                      .has_channel_axis = options->has_channel_axis,
                      .batch_axis = options->batch_axis,
                      .channel_axis = options->channel_axis,
                      .dtype = options->dtype,
                      .tile = options->tile,
                      .digits = job->digits};
}

static nt_status make_plans(nt_kernel_job *job, const nt_layer *net, const nt_tree *leaves,
                            const nt_input *inputs, const nt_kernel_options *options)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(nt_grid_ctx(job->grid));
  nt_request request = nt_request_of(job, options);
  NT_TRY(nt_plan_create(err, net, leaves, inputs, &request, &job->plan));
  if (job->plan->n_barriers > 0) return nt_kernel_job_cut(job, options);
  if (!nt_cov_needs_pairs(job->plan, job->get)) return NT_OK;
  /* One tile for both: that of the pairs, which cov1 and cov2 alone have none of. */
  const bool own = (job->get & (NT_GET_NNGP | NT_GET_NTK)) == 0;
  request.get = NT_GET_NNGP | NT_GET_COV1;
  if (!own) request.tile = job->plan->tile;
  NT_TRY(nt_plan_create(err, net, leaves, inputs, &request, &job->cov_plan));
  if (own) job->plan->tile = job->cov_plan->tile;
done:
  return status;
}

nt_status nt_kernel_job_create(nt_grid *grid, const nt_layer *net, const nt_tree *leaves,
                               const nt_input *inputs, unsigned get,
                               const nt_kernel_options *options, nt_kernel_job **out)
{
  static const nt_kernel_options defaults = NT_KERNEL_DEFAULTS;
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(grid);
  bool digits;
  if (options == NULL) options = &defaults;
  status = nt_calloc(nt_ctx_error(ctx), 1, sizeof(nt_kernel_job), "a job", out);
  nt_kernel_job *job = *out;
  NT_TRY_ALL(ctx, status);
  NT_TRY(nt_digits_agree(ctx, &digits));
  *job = (nt_kernel_job){.grid = grid,
                         .net = net,
                         .get = get,
                         .symmetric = !inputs[0].has_x2,
                         .digits = digits,
                         .limit = options->memory,
                         .progress = options->progress};
  NT_TRY_ALL(ctx, make_plans(job, net, leaves, inputs, options));
  NT_TRY_ALL(ctx, nt_kernel_job_count_memory(job));
done:
  if (status != NT_OK) nt_kernel_job_destroy(out);
  return status;
}

void nt_kernel_job_destroy(nt_kernel_job **job)
{
  if (*job == NULL) return;
  nt_plan_destroy(&(*job)->plan);
  nt_plan_destroy(&(*job)->cov_plan);
  for (int s = 0; (*job)->stage != NULL && s < (*job)->stages.n; s++)
    nt_kernel_job_destroy(&(*job)->stage[s]);
  free((*job)->stage);
  free((*job)->stages.demand);
  nt_cut_destroy(&(*job)->stages.cut);
  free(*job);
  *job = NULL;
}

static nt_status create(nt_grid *grid, nt_form f, nt_dmatrix **m)
{
  const nt_status status = nt_dmatrix_create(grid, f.M, f.N, f.mb, f.nb, m);
  if (status == NT_OK)
    nt_touch((*m)->a, (size_t)((*m)->ld * (*m)->cols) * sizeof(double),
             nt_ctx_threads(nt_grid_ctx(grid)));
  return status;
}

/* Records of all outputs with their matrices. */
static nt_status create_records(const nt_kernel_job *job, nt_kernel **records)
{
  nt_status status = NT_OK;
  const nt_plan *plan = job->plan;
  nt_ctx *ctx = nt_grid_ctx(job->grid);
  const int64_t n1 = nt_plan_samples(plan, 0), n2 = job->symmetric ? n1 : nt_plan_samples(plan, 1);
  for (int o = 0; o < plan->n_outputs; o++) {
    status = nt_calloc(nt_ctx_error(ctx), 1, sizeof(nt_kernel), "a kernel", &records[o]);
    nt_kernel *k = records[o];
    NT_TRY_ALL(ctx, status);
    k->facts = plan->node[plan->output[o]].facts;
    k->has_ntk = (job->get & NT_GET_NTK) != 0;
    const nt_form pairs = nt_form_of_kernel(&k->facts, plan->tile, n1, n2);
    const int Q = nt_grid_Q(job->grid);
    if (job->get & NT_GET_NNGP) NT_TRY(create(job->grid, pairs, &k->nngp));
    if (k->has_ntk && !k->facts.ntk_zero) NT_TRY(create(job->grid, pairs, &k->ntk));
    if (job->get & NT_GET_COV1)
      NT_TRY(create(job->grid, nt_form_of_own(&k->facts, plan->tile, Q, n1), &k->cov1));
    if ((job->get & NT_GET_COV2) && !job->symmetric)
      NT_TRY(create(job->grid, nt_form_of_own(&k->facts, plan->tile, Q, n2), &k->cov2));
  }
done:
  return status;
}

static nt_status create_masks(const nt_kernel_job *job, int which, nt_kernel **records,
                              unsigned char **mask)
{
  nt_status status = NT_OK;
  const nt_plan *plan = job->plan;
  nt_ctx *ctx = nt_grid_ctx(job->grid);
  for (int o = 0; o < plan->n_outputs; o++) {
    const nt_node *node = &plan->node[plan->output[o]];
    const bool masked = which == 0 ? node->facts.masked1 : node->facts.masked2;
    if (!masked || !(job->get & (which == 0 ? NT_GET_MASK1 : NT_GET_MASK2))) continue;
    nt_shape shape = which == 0 ? node->facts.shape1 : node->facts.shape2;
    shape.dim[node->facts.channel_axis] = node->mask_channels;
    unsigned char **const place = which == 0 ? &records[o]->mask1 : &records[o]->mask2;
    *(which == 0 ? &records[o]->mask_shape1 : &records[o]->mask_shape2) = shape;
    status = nt_calloc(nt_ctx_error(ctx), nt_shape_size(&shape), 1, "a mask", place);
    mask[o] = *place;
    NT_TRY_ALL(ctx, status);
  }
done:
  return status;
}

/* Pass number `number`: the pairs of `plan`, into nngp and ntk of the records, or into cov of one
 * side. */
static nt_status pairs(nt_kernel_job *job, int number, const nt_plan *plan, const nt_side *side1,
                       const nt_side *side2, nt_dmatrix *const *k, nt_dmatrix *const *t)
{
  nt_pair_pass pass = {.grid = job->grid,
                       .plan = plan,
                       .side1 = side1,
                       .side2 = side2,
                       .k = k,
                       .t = t,
                       .progress = job->progress == NULL ? NULL : &job->course.callback};
  nt_course_pass(job, number);
  const nt_status status = nt_pair_pass_run(&pass);
  job->tile_seconds += pass.seconds;
  return status;
}

/* The covariances of one side with itself, of all pairs of samples: of given kernels those, too. */
static nt_status self_pairs(nt_kernel_job *job, int number, const nt_side *side,
                            nt_dmatrix *const *cov, nt_dmatrix *const *none)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(job->grid);
  nt_given *given = NULL;
  nt_side self = *side;
  if (side->given != NULL) {
    NT_TRY_ALL(ctx,
               nt_alloc(nt_ctx_error(ctx), side->n_leaves, sizeof(nt_given), "inputs", &given));
    for (int l = 0; l < side->n_leaves; l++) {
      given[l] = side->given[l];
      given[l].nngp = given[l].cov;
      given[l].ntk = NULL;
    }
    self.given = given;
  }
  NT_TRY(pairs(job, number, job->cov_plan, &self, NULL, cov, none));
done:
  free(given);
  return status;
}

static nt_status own(nt_kernel_job *job, const nt_side *side, int which, nt_kernel **records)
{
  nt_status status = NT_OK;
  const int n = job->plan->n_outputs;
  nt_ctx *ctx = nt_grid_ctx(job->grid);
  void *memory = NULL;
  NT_TRY_ALL(ctx, nt_calloc(nt_ctx_error(ctx), 3 * n, sizeof(void *), "results", &memory));
  nt_dmatrix **cov = memory, **none = cov + n;
  unsigned char **mask = (unsigned char **)(cov + 2 * n);
  bool any_cov = false, any_mask = false, full_batch = false;
  NT_TRY(create_masks(job, which, records, mask));
  for (int o = 0; o < n; o++) {
    cov[o] = which == 0 ? records[o]->cov1 : records[o]->cov2;
    any_cov |= cov[o] != NULL;
    any_mask |= mask[o] != NULL;
    full_batch |= !records[o]->facts.diagonal_batch;
  }
  if (any_cov && full_batch) NT_TRY(self_pairs(job, 1 + which, side, cov, none));
  if ((any_cov && !full_batch) || any_mask) {
    if (!full_batch) nt_course_pass(job, 1 + which);
    NT_TRY(nt_own_pass_run(job, side, full_batch ? none : cov, mask));
  }
done:
  free(memory);
  return status;
}

nt_status nt_kernel_job_run_passes(nt_kernel_job *job, const nt_side *side1, const nt_side *side2,
                                   nt_tree **out)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(job->grid);
  const int n = job->plan->n_outputs;
  void *memory = NULL;
  double **norm1 = NULL, **norm2 = NULL;
  *out = NULL;
  NT_TRY_ALL(ctx, nt_calloc(nt_ctx_error(ctx), 3 * n, sizeof(void *), "results", &memory));
  nt_kernel **records = memory;
  nt_dmatrix **k = (nt_dmatrix **)(records + n), **t = k + n;
  NT_TRY(create_records(job, records));
  bool any = false;
  for (int o = 0; o < n; o++) {
    k[o] = records[o]->nngp;
    t[o] = records[o]->ntk;
    any |= k[o] != NULL || t[o] != NULL;
  }
  nt_side one = *side1, two = side2 != NULL ? *side2 : (nt_side){0};
  NT_TRY(nt_batch_norms_create(job, &one, &norm1));
  if (side2 != NULL) NT_TRY(nt_batch_norms_create(job, &two, &norm2));
  one.norm = norm1;
  two.norm = norm2;
  if (any) NT_TRY(pairs(job, 0, job->plan, &one, side2 != NULL ? &two : NULL, k, t));
  NT_TRY(own(job, &one, 0, records));
  if (side2 != NULL) NT_TRY(own(job, &two, 1, records));
  NT_TRY_ALL(ctx, nt_tree_like(nt_ctx_error(ctx), job->plan->outputs, records, out));
  memset(memory, 0, (size_t)n * sizeof *records); /* the tree has them */
done:
  for (int o = 0; memory != NULL && o < n; o++)
    nt_kernel_destroy(&((nt_kernel **)memory)[o]);
  free(memory);
  nt_batch_norms_destroy(job, &norm1);
  nt_batch_norms_destroy(job, &norm2);
  if (status != NT_OK) nt_tree_destroy(out);
  return status;
}

nt_status nt_kernel_job_run(nt_kernel_job *job, const nt_side *side1, const nt_side *side2,
                            nt_tree **out)
{
  nt_status status = NT_OK;
  const bool several = job->stage != NULL || job->cov_plan != NULL;
  *out = NULL;
  if (job->progress != NULL && several) NT_TRY(nt_course_plan(job));
  nt_course_begin(job, MPI_Wtime(), 0);
  NT_TRY((job->stage != NULL ? nt_kernel_job_run_stages : nt_kernel_job_run_passes)(job, side1,
                                                                                    side2, out));
done:
  return status;
}
