#include "plan/plan_impl.h"

/* What node `n` needs of its inputs to give what it is asked for. */
static void pull(nt_plan *plan, int n)
{
  const nt_node *node = &plan->node[n];
  bool k = node->want_k, t = node->want_t;
  for (int i = 0; i < node->n_in; i++) {
    nt_node *in = &plan->node[node->in[i]];
    in->want_v |= node->want_v || k || t;
    switch (node->ops->action) {
    case NT_AFFINE:
      in->want_k |= k || (t && node->affine.tk != 0);
      in->want_t |= t;
      break;
    case NT_MAP:
    case NT_PRODUCT:
      in->want_k |= k || t;
      in->want_t |= t;
      break;
    default:
      in->want_k |= k;
      in->want_t |= t;
    }
  }
}

void nt_plan_demand(nt_plan *plan, unsigned get)
{
  for (int n = 0; n < plan->n_nodes; n++) {
    plan->node[n].want_k = plan->node[n].want_t = plan->node[n].want_v = false;
  }
  for (int i = 0; i < plan->n_outputs; i++) {
    nt_node *node = &plan->node[plan->output[i]];
    node->want_k |= (get & NT_GET_NNGP) != 0;
    node->want_t |= (get & NT_GET_NTK) != 0 && !node->facts.ntk_zero;
    node->want_v |= (get & ~(unsigned)(NT_GET_MASK1 | NT_GET_MASK2)) != 0;
  }
  /* Nodes stand in order of work, so one backward sweep reaches all. */
  for (int n = plan->n_nodes - 1; n >= 0; n--) {
    nt_node *node = &plan->node[n];
    node->want_t = node->want_t && !node->facts.ntk_zero;
    if (node->ops != NULL) pull(plan, n);
  }
}
