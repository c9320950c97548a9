/* A network applied to kernels: nt_kernel_apply. */
#include "base/check.h"
#include "base/memory.h"
#include "kernel/given.h"
#include "kernel/job.h"

#include <stdlib.h>

/* Whether two kernels are of as many samples, in the same tiles of one
 * grid; positions may differ. */
static bool same_samples(const nt_kernel *k, const nt_kernel *l)
{
  return k->nngp->grid == l->nngp->grid && nt_given_tile(k) == nt_given_tile(l) &&
         k->facts.has_x2 == l->facts.has_x2 &&
         nt_facts_samples(&k->facts, 0) == nt_facts_samples(&l->facts, 0) &&
         nt_facts_samples(&k->facts, 1) == nt_facts_samples(&l->facts, 1);
}

/* Whether a kernel is complete, and fits the first one. */
static nt_status check_one(nt_error *err, const nt_kernel *k, const nt_kernel *first, int leaf)
{
  nt_status status = NT_OK;
  NT_CHECK(k != NULL && k->nngp != NULL && k->cov1 != NULL, err, NT_ERR_ARG,
           "kernel %d is not complete: the next layers need its nngp and its cov1", leaf);
  NT_CHECK(!k->facts.has_x2 || k->cov2 != NULL, err, NT_ERR_ARG,
           "kernel %d has no cov2: the next layers need it where x2 was given", leaf);
  NT_CHECK(nt_given_tile(k) > 0, err, NT_ERR_DIST,
           "kernel %d is distributed in blocks that are not whole samples", leaf);
  NT_CHECK(same_samples(k, first), err, NT_ERR_DIST,
           "kernel %d has another grid, tile or number of samples than kernel 0", leaf);
  NT_CHECK((!k->facts.masked1 || k->mask_shape1.rank > 0) &&
               (!k->facts.masked2 || !k->facts.has_x2 || k->mask_shape2.rank > 0),
           err, NT_ERR_ARG,
           "kernel %d has no masks, but its samples have: the next layers need them", leaf);
done:
  return status;
}

static int64_t mask_channels(const nt_kernel *k, int which)
{
  const nt_shape *shape = which == 0 ? &k->mask_shape1 : &k->mask_shape2;
  return shape->rank == 0 ? 0 : shape->dim[k->facts.channel_axis];
}

static void describe(const nt_tree *kernels, nt_input *inputs)
{
  for (int l = 0; l < nt_tree_count(kernels); l++) {
    const nt_kernel *k = nt_tree_nth(kernels, l)->leaf;
    const nt_facts *f = &k->facts;
    inputs[l] = (nt_input){.shape1 = f->shape1,
                           .shape2 = f->shape2,
                           .has_x2 = f->has_x2,
                           .x1_is_x2 = f->x1_is_x2,
                           .kernel = f,
                           .mask_channels = mask_channels(k, 0)};
  }
}

static nt_status gather(const nt_kernel_job *job, const nt_tree *kernels, nt_given *one,
                        nt_given *two)
{
  nt_status status = NT_OK;
  const nt_kernel_job *first = job->stage == NULL ? job : job->stage[0];
  const bool own = nt_given_needs_own(first->plan, first->cov_plan);
  for (int l = 0; l < nt_tree_count(kernels); l++) {
    const nt_kernel *k = nt_tree_nth(kernels, l)->leaf;
    const nt_given_needs needs[] = {{own, mask_channels(k, 0)}, {own, mask_channels(k, 1)}};
    NT_TRY(nt_given_create(k, 0, &needs[0], &one[l]));
    if (k->facts.has_x2) NT_TRY(nt_given_create(k, 1, &needs[1], &two[l]));
  }
done:
  return status;
}

/* Patterns come with samples. */
static nt_status check_patterns(nt_error *err, const nt_plan *plan)
{
  nt_status status = NT_OK;
  for (int n = 0; n < plan->n_nodes; n++) {
    const nt_layer_ops *ops = plan->node[n].ops;
    NT_CHECK(ops == NULL || !ops->takes_pattern, err, NT_ERR_UNSUPPORTED,
             "%s needs a pattern of each sample, which a given kernel has not: give the samples",
             ops->name);
  }
done:
  return status;
}

/* The NTK is known to the output if it is known to every input. */
static unsigned known(const nt_tree *kernels, unsigned get)
{
  for (int l = 0; l < nt_tree_count(kernels); l++) {
    if (!((const nt_kernel *)nt_tree_nth(kernels, l)->leaf)->has_ntk) get &= ~(unsigned)NT_GET_NTK;
  }
  return get;
}

static nt_status check_all(nt_error *err, const nt_tree *kernels)
{
  nt_status status = NT_OK;
  const int n = kernels == NULL ? 0 : nt_tree_count(kernels);
  NT_CHECK(n > 0, err, NT_ERR_ARG, "there is no kernel to apply the network to");
  const nt_kernel *first = nt_tree_nth(kernels, 0)->leaf;
  for (int l = 0; l < n; l++)
    NT_TRY(check_one(err, nt_tree_nth(kernels, l)->leaf, first, l));
done:
  return status;
}

nt_status nt_kernel_apply(nt_ctx *ctx, const nt_layer *net, const nt_tree *kernels, unsigned get,
                          const nt_kernel_options *options, nt_tree **out)
{
  nt_status status = NT_OK;
  nt_kernel_options own = NT_KERNEL_DEFAULTS;
  nt_kernel_job *job = NULL;
  void *inputs = NULL, *given = NULL, *none = NULL;
  int n = 0;
  *out = NULL;
  NT_TRY_ALL(ctx, check_all(nt_ctx_error(ctx), kernels));
  n = nt_tree_count(kernels);
  const nt_kernel *first = nt_tree_nth(kernels, 0)->leaf;
  NT_TRY_ALL(ctx, nt_calloc(nt_ctx_error(ctx), n, sizeof(nt_input), "inputs", &inputs));
  NT_TRY_ALL(ctx, nt_calloc(nt_ctx_error(ctx), 2 * (int64_t)n, sizeof(nt_given), "inputs", &given));
  NT_TRY_ALL(ctx, nt_calloc(nt_ctx_error(ctx), n, sizeof(nt_samples *), "inputs", &none));
  describe(kernels, inputs);
  if (options != NULL) own = *options;
  own.tile = nt_given_tile(first);
  NT_TRY(nt_kernel_job_create(first->nngp->grid, net, kernels, inputs, known(kernels, get), &own,
                              &job));
  NT_TRY_ALL(ctx, nt_kernel_job_check_memory(job));
  NT_TRY(check_patterns(nt_ctx_error(ctx), job->plan));
  nt_given *const given1 = given, *const given2 = given1 + n;
  NT_TRY(gather(job, kernels, given1, given2));
  const nt_facts *f = &first->facts;
  const nt_side one = {.n = nt_facts_samples(f, 0), .n_leaves = n, .leaf = none, .given = given1};
  const nt_side two = {.n = nt_facts_samples(f, 1), .n_leaves = n, .leaf = none, .given = given2};
  NT_TRY(nt_kernel_job_run(job, &one, f->has_x2 ? &two : NULL, out));
done:
  for (int l = 0; given != NULL && l < 2 * n; l++)
    nt_given_free((nt_given *)given + l);
  free(given);
  free(none);
  free(inputs);
  nt_kernel_job_destroy(&job);
  return status;
}

static nt_status call(void *self, const nt_tree *x1, const nt_tree *x2, unsigned get,
                      const nt_kernel_options *options, nt_tree **kernels)
{
  const nt_network_kernel *network = self;
  return nt_kernel_fn(network->grid, network->net, x1, x2, get, options, kernels);
}

nt_analytic_kernel_fn nt_network_kernel_fn(nt_network_kernel *network)
{
  return (nt_analytic_kernel_fn){call, network};
}
