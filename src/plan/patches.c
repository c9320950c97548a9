/** Patches: a first convolution whose windows lie side by side, without a gap, reads each position
 * once. Of inputs whose positions are its windows, with all their numbers as channels, it is an
 * affine layer: the mean of K over the taps is the covariance of these channels. */
#include "layer/axes.h"
#include "plan/plan_impl.h"

/* The only node that reads node `n`, which is no output; or NULL. */
static nt_node *only_reader(const nt_plan *plan, int n)
{
  nt_node *reader = NULL;
  int readers = 0;
  for (int o = 0; o < plan->n_outputs; o++)
    readers += plan->output[o] == n;
  for (int m = plan->n_leaves; m < plan->n_nodes; m++) {
    for (int i = 0; i < plan->node[m].n_in; i++) {
      readers += plan->node[m].in[i] == n;
      if (plan->node[m].in[i] == n) reader = &plan->node[m];
    }
  }
  return readers == 1 ? reader : NULL;
}

static bool is_side_by_side(const nt_taps *taps)
{
  bool all = taps->weight == NULL && taps->n_in == taps->n_out * taps->n;
  for (int64_t i = 0; all && i < taps->n_in; i++)
    all = taps->in[i] == i;
  return all;
}

static bool has_patches(const nt_node *node)
{
  bool all = node->action == NT_WINDOW && node->ops->gaussian == NT_YES && !node->ops->separate &&
             !node->transposes && node->mask_channels == 0;
  for (int a = 0; all && a < nt_node_rank(node); a++)
    all = is_side_by_side(&node->taps[a]);
  return all;
}

static void gather(nt_facts *facts, int axis, int64_t n)
{
  nt_shape *const shapes[] = {&facts->shape1, &facts->shape2};
  for (int s = 0; s < 2; s++) {
    shapes[s]->dim[axis] /= n;
    shapes[s]->dim[facts->channel_axis] *= n;
  }
}

void nt_plan_patches(nt_plan *plan)
{
  for (int l = 0; l < plan->n_leaves; l++) {
    nt_node *const input = &plan->node[l], *const node = only_reader(plan, l);
    if (input->given || node == NULL || !has_patches(node)) continue;
    node->action = NT_AFFINE;
    input->patch.rank = nt_node_rank(node);
    for (int a = 0; a < input->patch.rank; a++) {
      const int n = node->taps[a].n;
      input->patch.dim[a] = n;
      gather(&input->facts, nt_axes_of_space(&input->facts, a), n);
      node->affine.k *= n;
      node->affine.tk *= n;
    }
  }
}
