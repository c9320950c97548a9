/** repeat(layer, n), once the shapes are known. Where n is 0 the nodes of the layer were there for
 * their shapes alone. */
#include "base/check.h"
#include "base/memory.h"
#include "net/net_impl.h"
#include "plan/plan_impl.h"

#include <stdlib.h>

static nt_status check(nt_error *err, const nt_plan *plan)
{
  nt_status status = NT_OK;
  char where[200], before[200], after[200];
  for (int i = 0; i < plan->n_repeats; i++) {
    const nt_facts *a = &plan->node[plan->repeat[i].in].facts;
    const nt_facts *b = &plan->node[plan->repeat[i].out].facts;
    NT_CHECK(nt_shape_equal(&a->shape1, &b->shape1), err, NT_ERR_SHAPE,
             "%s: what is repeated must keep the shape, but makes %s of %s",
             nt_layer_where(plan->repeat[i].layer, where, sizeof where),
             nt_shape_text(&b->shape1, after, sizeof after),
             nt_shape_text(&a->shape1, before, sizeof before));
  }
done:
  return status;
}

/* The nodes that are used move together, and are known by new numbers. */
static nt_status drop(nt_error *err, nt_plan *plan)
{
  nt_status status = NT_OK;
  int *number = NULL;
  int used = 0;
  NT_TRY(nt_alloc(err, plan->n_nodes, sizeof(int), "the layers that are used", &number));
  for (int n = 0; n < plan->n_nodes; n++) {
    nt_node node = plan->node[n];
    number[n] = used;
    if (node.unused) {
      nt_node_release(&node);
      continue;
    }
    for (int i = 0; i < node.n_in; i++)
      node.in[i] = number[node.in[i]];
    plan->node[used++] = node;
  }
  plan->n_nodes = used;
  for (int i = 0; i < plan->n_outputs; i++)
    plan->output[i] = number[plan->output[i]];
done:
  free(number);
  return status;
}

nt_status nt_plan_finish_repeats(nt_error *err, nt_plan *plan)
{
  nt_status status = NT_OK;
  NT_TRY(check(err, plan));
  free(plan->repeat);
  plan->repeat = NULL;
  plan->n_repeats = 0;
  NT_TRY(drop(err, plan));
done:
  return status;
}
