#include "plan/plan_impl.h"

/* What node `n` needs of its inputs to give what it is asked for. */
static void pull(nt_plan *plan, int n)
{
  const nt_node *node = &plan->node[n];
  bool k = node->want_k, t = node->want_t;
  for (int i = 0; i < node->n_in; i++) {
    nt_node *in = &plan->node[node->in[i]];
    in->want_v |= node->want_v;
    switch (node->action) {
    case NT_AFFINE:
    case NT_WINDOW:
      in->want_k |= k || (t && node->affine.tk != 0);
      in->want_t |= t;
      break;
    case NT_MAP:
    case NT_MIX:
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
    node->want_v |= (get & (NT_GET_COV1 | NT_GET_COV2)) != 0;
  }
  /* Nodes stand in order of work, so one backward sweep reaches all. Variances that are made of
   * planes of K, or by a mix, want that K, also where no pair of samples does. */
  for (int n = plan->n_nodes - 1; n >= 0; n--) {
    nt_node *node = &plan->node[n];
    node->want_t = node->want_t && !node->facts.ntk_zero;
    node->want_k |= node->want_v && (node->action == NT_MIX || nt_node_takes_planes(plan, n));
    if (node->ops != NULL) pull(plan, n);
  }
}

bool nt_node_takes_planes(const nt_plan *plan, int n)
{
  const nt_node *node = &plan->node[n];
  if (node->ops == NULL || node->n_in == 0) return false;
  const nt_node *in = &plan->node[node->in[0]];
  return nt_node_rank(in) > 0 && (node->action == NT_POOL || node->action == NT_MIX ||
                                  (node->action == NT_GLOBAL && !in->facts.diagonal_spatial));
}

void nt_plan_variances(nt_plan *plan)
{
  const nt_program *program = plan->program;
  const unsigned get = plan->request.get;
  for (int n = 0; n < plan->n_nodes; n++)
    plan->node[n].want_v = false;
  for (int r = 0; r < program->n_rows; r++) {
    const nt_row *row = &program->row[r];
    plan->node[row->node].want_v |= row->kind != NT_ROW_CHANNELS && row->kind != NT_ROW_STRIPS;
    if (row->kind == NT_ROW_NORM) plan->node[row->reader].want_v = true;
  }
  for (int m = 0; m < program->n_mixes; m++) {
    const nt_node *node = &plan->node[program->mix[m]];
    if (node->ops->mixes_by_own) plan->node[node->in[0]].want_v = true;
  }
  for (int i = 0; i < plan->n_outputs; i++) {
    nt_node *node = &plan->node[plan->output[i]];
    const bool pairs = (get & (NT_GET_NNGP | NT_GET_NTK)) != 0;
    node->want_v |= (get & (NT_GET_COV1 | NT_GET_COV2)) != 0 || (pairs && !node->mixed);
  }
  for (int n = plan->n_nodes - 1; n >= 0; n--) {
    const nt_node *node = &plan->node[n];
    for (int i = 0; node->want_v && i < node->n_in; i++)
      plan->node[node->in[i]].want_v = true;
  }
}
