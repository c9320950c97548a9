/** Shapes, axes and flags at every node, from the inputs on. */
#include "plan/facts.h"

#include "base/check.h"
#include "base/memory.h"
#include "layer/math.h"
#include "net/net_impl.h"

#include <stdlib.h>

/* What a stage knows of a layer on samples: the samples stay as they are, and so
 * does all without positions. */
static void keep_samples(nt_node *node, const nt_facts *in)
{
  nt_facts *const out = &node->facts;
  if (nt_facts_space(in).rank == 0) {
    const nt_facts changed = *out;
    *out = *in;
    out->is_gaussian = changed.is_gaussian;
    out->mixes_samples = true;
    return;
  }
  out->summed = false;
  out->shape1.dim[out->batch_axis] = in->shape1.dim[in->batch_axis];
  out->shape2.dim[out->batch_axis] = in->shape2.dim[in->batch_axis];
}

/* What comes from the inputs, if the layer may read them. */
static nt_status join_inputs(nt_error *err, const nt_plan *plan, nt_node *node, nt_facts *in)
{
  nt_status status = NT_OK;
  node->mask_channels = 0;
  node->facts.ntk_zero = true;
  node->is_input = node->ops->gaussian != NT_YES;
  for (int i = 0; i < node->n_in; i++) {
    const nt_node *source = &plan->node[node->in[i]];
    in[i] = source->facts;
    in[i].is_gaussian |= node->unused; /* it makes no kernel, so it needs none */
    NT_TRY(nt_facts_check(err, plan, node, node->in[i]));
    if (source->mask_channels > node->mask_channels) node->mask_channels = source->mask_channels;
    node->mixed |= source->mixed;
    node->is_input &= source->is_input;
  }
  node->facts = in[0];
  for (int i = 1; i < node->n_in; i++) {
    node->facts.ntk_zero &= in[i].ntk_zero;
    node->facts.masked1 |= in[i].masked1;
    node->facts.masked2 |= in[i].masked2;
    node->facts.mixes_samples |= in[i].mixes_samples;
  }
done:
  return status;
}

static nt_status find_shape(nt_error *err, const nt_plan *plan, nt_node *node, const nt_facts *in)
{
  nt_status status = NT_OK;
  const nt_layer_ops *ops = node->ops;
  if (ops->gaussian != NT_MAYBE) node->facts.is_gaussian = ops->gaussian == NT_YES;
  if (ops->shape != NULL) {
    status = ops->shape(node->cfg, node->n_in, in, &node->facts, err);
    NT_TRY(nt_layer_blame(node->layer, err, status));
  }
  node->barrier = ops->mixes_samples != NULL && ops->mixes_samples(node->cfg, in);
  node->facts.mixes_samples |= node->barrier || !node->facts.diagonal_batch;
  if (node->barrier && plan->origin != NULL) keep_samples(node, in);
done:
  return status;
}

static int64_t times(int64_t numbers, int64_t n)
{
  return n > 0 && numbers > NT_MANY / n ? NT_MANY : numbers * n;
}

/* A window has those of all its taps, a mean over positions those of all positions; weighted sums
 * of values, as pools make them, have no more than these. What joins inputs is opposite where all
 * of them are. */
static int64_t numbers_of(const nt_plan *plan, const nt_node *node, const nt_facts *in)
{
  int64_t numbers = 0;
  for (int i = 0; i < node->n_in; i++)
    numbers = NT_MAX(numbers, plan->node[node->in[i]].numbers);
  if (numbers == NT_MANY || node->action == NT_MAP) return NT_MANY;
  if (node->ops->action == NT_FLATTEN) return times(numbers, nt_facts_positions(in));
  for (int a = 0; node->ops->action == NT_WINDOW && a < node->n_taps / 2; a++)
    numbers = times(numbers, NT_MIN(node->taps[a].n, node->taps[a].n_in));
  return numbers;
}

static nt_status from_layer(nt_error *err, const nt_plan *plan, nt_node *node)
{
  nt_status status = NT_OK;
  nt_facts *in = NULL;
  const nt_layer_ops *ops = node->ops;
  NT_TRY(nt_alloc(err, node->n_in, sizeof(nt_facts), "the facts of inputs", &in));
  NT_TRY(join_inputs(err, plan, node, in));
  NT_TRY(find_shape(err, plan, node, in));
  if (node->unused) goto done;
  node->affine = (nt_affine){.k = 1, .tt = 1};
  node->concat = -1;
  if (ops->affine != NULL) {
    node->affine = ops->affine(node->cfg, in);
    node->facts.ntk_zero &= node->affine.tk == 0 && node->affine.t0 == 0;
  }
  NT_TRY(nt_facts_find_action(err, node, in));
  node->numbers = numbers_of(plan, node, in);
  if (ops->action == NT_WEIGHTED_SUM && !node->barrier)
    NT_TRY(nt_facts_find_weights(err, node, in));
  NT_TRY(nt_facts_find_mask(err, node, in));
done:
  free(in);
  return status;
}

nt_status nt_plan_layer_facts(nt_error *err, nt_plan *plan)
{
  nt_status status = NT_OK;
  for (int n = plan->n_leaves; n < plan->n_nodes; n++) {
    NT_TRY(from_layer(err, plan, &plan->node[n]));
    plan->n_barriers += plan->origin == NULL && plan->node[n].barrier && !plan->node[n].unused;
  }
done:
  return status;
}

int64_t nt_plan_fewest_numbers(const nt_plan *plan)
{
  int64_t fewest = NT_MANY;
  for (int n = plan->n_leaves; n < plan->n_nodes; n++) {
    const nt_node *node = &plan->node[n];
    if (node->action == NT_MAP) fewest = NT_MIN(fewest, plan->node[node->in[0]].numbers);
  }
  return fewest;
}

nt_status nt_plan_facts(nt_error *err, nt_plan *plan, const nt_input *inputs,
                        const nt_leaf_axes *axes)
{
  nt_status status = NT_OK;
  for (int l = 0; l < plan->n_leaves; l++)
    NT_TRY(nt_facts_of_input(err, plan, &plan->node[l], &inputs[l], &axes[l]));
  NT_TRY(nt_plan_layer_facts(err, plan));
  NT_TRY(nt_plan_finish_repeats(err, plan));
done:
  return status;
}
