/** Two decisions before the steps of a program are made. The *form* of every value: D where it flows into a
 * map that takes D and everything between keeps it, K elsewhere. *Folding*: an affine layer that is the
 * only reader of a map or an input becomes part of its loop. */
#include "plan/compile.h"

/* Forms, readers and foldings, from the outputs back and from the inputs on. */
void nt_compile_survey(nt_compiler *c)
{
  const nt_plan *plan = c->plan;
  for (int n = 0; n < plan->n_nodes; n++) {
    c->value[n] = (nt_value){.folded = -1, .tile = -1, .region = -1};
  }
  for (int i = 0; i < plan->n_outputs; i++) {
    if (nt_demanded(&plan->node[plan->output[i]])) c->value[plan->output[i]].readers++;
  }
  for (int n = plan->n_nodes - 1; n >= 0; n--) {
    const nt_node *node = &plan->node[n];
    if (!nt_demanded(node) || node->ops == NULL) continue;
    bool takes = node->ops->action == NT_MAP
                     ? node->ops->takes_d
                     : node->ops->action != NT_PRODUCT && c->value[n].wants_d;
    for (int i = 0; i < node->n_in; i++) {
      nt_value *in = &c->value[node->in[i]];
      in->wants_d |= takes;
      in->readers++;
    }
  }
  for (int n = 0; n < plan->n_nodes; n++) {
    const nt_node *node = &plan->node[n];
    nt_value *value = &c->value[n];
    if (node->ops == NULL || (node->ops->action == NT_MAP && node->ops->takes_d)) {
      value->d = value->wants_d && !node->given;
    } else if (node->ops->action == NT_WEIGHTED_SUM) {
      value->d = value->wants_d;
    } else if (node->ops->action == NT_AFFINE || node->ops->action == NT_FLATTEN) {
      value->d = c->value[node->in[0]].d;
    }
  }
  for (int n = 0; n < plan->n_nodes; n++) {
    const nt_node *node = &plan->node[n];
    if (!nt_demanded(node) || node->ops == NULL || node->ops->action != NT_AFFINE) continue;
    const nt_node *before = &plan->node[node->in[0]];
    nt_value *in = &c->value[node->in[0]];
    bool source = before->ops == NULL ? !before->given : before->ops->action == NT_MAP;
    if (source && in->readers == 1 && !before->remask) {
      in->folded = n;
      c->value[n].folds = true;
    }
  }
}
