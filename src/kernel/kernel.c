#include "nt/kernel.h"

#include "base/check.h"
#include "base/memory.h"
#include "kernel/job.h"

#include <stdlib.h>

void nt_kernel_destroy(nt_kernel **kernel)
{
  if (*kernel == NULL) return;
  nt_dmatrix_destroy(&(*kernel)->nngp);
  nt_dmatrix_destroy(&(*kernel)->ntk);
  nt_dmatrix_destroy(&(*kernel)->cov1);
  nt_dmatrix_destroy(&(*kernel)->cov2);
  free((*kernel)->mask1);
  free((*kernel)->mask2);
  free(*kernel);
  *kernel = NULL;
}

void nt_kernels_destroy(nt_tree **kernels)
{
  if (*kernels == NULL) return;
  for (int i = 0; i < nt_tree_count(*kernels); i++) {
    nt_kernel *kernel = nt_tree_nth(*kernels, i)->leaf;
    nt_kernel_destroy(&kernel);
  }
  nt_tree_destroy(kernels);
}

/* Leaves of a tree as an array. */
static nt_status collect(nt_error *err, const nt_tree *tree, nt_side *side)
{
  nt_status status = NT_OK;
  void *memory;
  side->n_leaves = nt_tree_count(tree);
  NT_CHECK(side->n_leaves > 0, err, NT_ERR_ARG, "a kernel needs samples");
  NT_TRY(nt_calloc(err, side->n_leaves, sizeof(nt_samples *), "samples", &memory));
  const nt_samples **leaf = memory;
  side->leaf = leaf;
  for (int l = 0; l < side->n_leaves; l++) {
    leaf[l] = nt_tree_nth(tree, l)->leaf;
    NT_CHECK(leaf[l] != NULL, err, NT_ERR_ARG, "input %d is missing", l);
    NT_CHECK(leaf[l]->channels > 0, err, NT_ERR_SHAPE, "the samples of input %d hold no numbers",
             l);
    NT_CHECK(leaf[l]->n == leaf[0]->n, err, NT_ERR_SHAPE,
             "input %d has %lld samples, input 0 has %lld: all inputs need the same number", l,
             (long long)leaf[l]->n, (long long)leaf[0]->n);
  }
  side->n = leaf[0]->n;
done:
  return status;
}

static void describe(const nt_side *one, const nt_side *two, nt_input *inputs)
{
  for (int l = 0; l < one->n_leaves; l++) {
    const nt_samples *a = one->leaf[l], *b = two == NULL ? a : two->leaf[l];
    inputs[l] = (nt_input){.shape1 = a->shape,
                           .shape2 = b->shape,
                           .has_x2 = two != NULL,
                           .masked1 = a->mask != NULL,
                           .masked2 = b->mask != NULL,
                           .x1_is_x2 = two == NULL};
  }
}

/* The samples must have been read with the axes and in the arithmetic of the plan. */
static nt_status check_samples(nt_error *err, const nt_plan *plan, const nt_side *side)
{
  nt_status status = NT_OK;
  for (int l = 0; l < side->n_leaves; l++) {
    const nt_facts *facts = &plan->node[l].facts;
    const int64_t patch = nt_shape_size(&plan->node[l].patch);
    const int64_t positions = nt_facts_positions(facts) * patch;
    const int64_t channels = nt_facts_channels(facts) / patch;
    const nt_samples *samples = side->leaf[l];
    NT_CHECK(
        samples->channels == channels && samples->positions == positions, err, NT_ERR_SHAPE,
        "input %d was read as %lld positions of %lld channels, but the network takes %lld of %lld",
        l, (long long)samples->positions, (long long)samples->channels, (long long)positions,
        (long long)channels);
    NT_CHECK(samples->dtype == plan->request.dtype, err, NT_ERR_ARG,
             "input %d was read in another arithmetic than options.dtype", l);
  }
done:
  return status;
}

static const nt_shape *shape_of(const nt_samples *pattern)
{
  return pattern == NULL ? NULL : &pattern->shape;
}

/* Patterns as samples that every panel can take. */
static nt_status check_pattern(nt_error *err, const nt_samples *pattern, int which)
{
  nt_status status = NT_OK;
  if (pattern == NULL) return NT_OK;
  NT_CHECK(
      pattern->dtype == NT_FLOAT64 && pattern->channel_axis < 0 && pattern->batch_axis == 0 &&
          pattern->mask == NULL,
      err, NT_ERR_ARG,
      "options.pattern%d must be float64 samples along axis 0, without a channel axis or masks",
      which);
done:
  return status;
}

nt_status nt_kernel_fn(nt_grid *grid, const nt_layer *net, const nt_tree *x1, const nt_tree *x2,
                       unsigned get, const nt_kernel_options *options, nt_tree **kernels)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(grid);
  nt_error *err = nt_ctx_error(ctx);
  nt_side one = {0}, two = {0};
  nt_kernel_job *job = NULL;
  void *inputs = NULL;
  *kernels = NULL;
  NT_CHECK_ALL(ctx, x2 == NULL || nt_tree_same(x1, x2), NT_ERR_SHAPE,
               "x1 and x2 are nested differently");
  NT_TRY_ALL(ctx, collect(err, x1, &one));
  if (x2 != NULL) NT_TRY_ALL(ctx, collect(err, x2, &two));
  NT_TRY_ALL(ctx, nt_alloc(err, one.n_leaves, sizeof(nt_input), "inputs", &inputs));
  describe(&one, x2 == NULL ? NULL : &two, inputs);
  NT_TRY(nt_kernel_job_create(grid, net, x1, inputs, get, options, &job));
  NT_TRY_ALL(ctx, check_samples(err, job->plan, &one));
  if (x2 != NULL) {
    NT_TRY_ALL(ctx, check_samples(err, job->plan, &two));
    NT_TRY(nt_kernel_job_compare(job, &one, &two));
  }
  if (options != NULL) {
    one.pattern = options->pattern1;
    two.pattern = options->pattern2 != NULL ? options->pattern2 : options->pattern1;
    NT_TRY_ALL(ctx, check_pattern(err, options->pattern1, 1));
    NT_TRY_ALL(ctx, check_pattern(err, options->pattern2, 2));
  }
  const nt_patterns patterns = {shape_of(one.pattern), shape_of(two.pattern),
                                options != NULL && options->no_pattern};
  NT_TRY_ALL(ctx, nt_kernel_job_patterns(job, &patterns));
  NT_TRY_ALL(ctx, nt_kernel_job_check_memory(job));
  NT_TRY(nt_kernel_job_run(job, &one, x2 == NULL ? NULL : &two, kernels));
done:
  nt_kernel_job_destroy(&job);
  free(inputs);
  free((void *)one.leaf);
  free((void *)two.leaf);
  return status;
}
