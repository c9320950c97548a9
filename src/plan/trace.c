/** Layer tree -> graph: walk the network once, in the order of work, one node for each layer that
 * does something. Branches share their input; `repeat` is unrolled (what is repeated no times is
 * walked once all the same, for its shapes); FanOut only copies references. */
#include "base/check.h"
#include "base/memory.h"
#include "net/net_impl.h"
#include "plan/plan_impl.h"

enum { MAX_NODES = 1000000 };

/* Leaves of value trees hold node numbers. */
static void *node_leaf(int node) { return (void *)(intptr_t)(node + 1); }

static int leaf_node(const nt_tree *tree) { return (int)(intptr_t)tree->leaf - 1; }

static nt_status walk(nt_error *err, nt_plan *plan, const nt_layer *layer, const nt_tree *in,
                      nt_tree **out);

nt_status nt_plan_add_node(nt_error *err, nt_plan *plan, const nt_layer *layer, int n_in,
                           int *number)
{
  nt_status status = NT_OK;
  void *in = NULL;
  NT_CHECK(plan->n_nodes < MAX_NODES, err, NT_ERR_NETWORK,
           "the network has more than %d layers when written out", MAX_NODES);
  NT_TRY(nt_grow(err, plan->n_nodes, sizeof *plan->node, "the plan", &plan->node));
  NT_TRY(nt_calloc(err, n_in, sizeof(int), "a node", &in));
  *number = plan->n_nodes++;
  plan->node[*number] = (nt_node){.layer = layer, .n_in = n_in, .in = in, .leaf = -1};
  if (layer != NULL) {
    plan->node[*number].ops = layer->ops;
    plan->node[*number].cfg = layer->cfg;
  }
done:
  return status;
}

/* The error of a list where a layer takes one input. */
static nt_status several_inputs(nt_error *err, const nt_layer *layer, const nt_tree *in)
{
  char where[200];
  return nt_fail(
      err, NT_ERR_SHAPE, __FILE__, __LINE__, __func__,
      "%s takes one input, but gets a list of %d: FanInSum, FanInProd or FanInConcat make "
      "one of several, parallel treats each",
      nt_layer_where(layer, where, sizeof where), in->n);
}

static nt_status fan_out(nt_error *err, const nt_layer *layer, const nt_tree *in, nt_tree **out)
{
  nt_status status = NT_OK;
  int n = (int)((const nt_fan_out *)layer->cfg)->num;
  NT_TRY(nt_tree_sequence(err, n, false, out));
  for (int i = 0; i < n; i++)
    NT_TRY(nt_tree_like(err, in, NULL, &(*out)->child[i]));
done:
  return status;
}

/* One node that reads the leaves of `in`: a leaf, or a flat sequence for
 * layers of several inputs. */
static nt_status apply(nt_error *err, nt_plan *plan, const nt_layer *layer, const nt_tree *in,
                       nt_tree **out)
{
  nt_status status = NT_OK;
  int node;
  char where[200];
  bool joins = layer->ops->action == NT_WEIGHTED_SUM || layer->ops->action == NT_PRODUCT;
  if (!joins) {
    if (!in->is_leaf) return several_inputs(err, layer, in);
    if (layer->ops->action == NT_KEEP) return nt_tree_like(err, in, NULL, out);
    NT_TRY(nt_plan_add_node(err, plan, layer, 1, &node));
    plan->node[node].in[0] = leaf_node(in);
    return nt_tree_leaf(err, node_leaf(node), out);
  }
  NT_CHECK(!in->is_leaf && in->n > 0, err, NT_ERR_SHAPE,
           "%s takes a list of inputs, as FanOut or parallel give it, but gets %s",
           nt_layer_where(layer, where, sizeof where), in->is_leaf ? "one" : "an empty list");
  NT_TRY(nt_plan_add_node(err, plan, layer, in->n, &node));
  for (int i = 0; i < in->n; i++) {
    if (!in->child[i]->is_leaf) return several_inputs(err, layer, in->child[i]);
    plan->node[node].in[i] = leaf_node(in->child[i]);
  }
  NT_TRY(nt_tree_leaf(err, node_leaf(node), out));
done:
  return status;
}

static nt_status parallel(nt_error *err, nt_plan *plan, const nt_layer *layer, const nt_tree *in,
                          nt_tree **out)
{
  nt_status status = NT_OK;
  char where[200];
  const char *const branches = layer->n == 1 ? "branch" : "branches";
  NT_CHECK(!in->is_leaf, err, NT_ERR_SHAPE,
           "%s has %d %s, but gets one input: a FanOut before it makes copies",
           nt_layer_where(layer, where, sizeof where), layer->n, branches);
  NT_CHECK(in->n == layer->n, err, NT_ERR_SHAPE, "%s has %d %s, but gets a list of %d input%s",
           nt_layer_where(layer, where, sizeof where), layer->n, branches, in->n,
           in->n == 1 ? "" : "s");
  NT_TRY(nt_tree_sequence(err, in->n, in->is_tuple, out));
  for (int i = 0; i < in->n; i++) {
    NT_TRY(walk(err, plan, layer->child[i], in->child[i], &(*out)->child[i]));
  }
done:
  return status;
}

/* `count` applications of the children in turn: serial (once) and repeat. */
static nt_status chain(nt_error *err, nt_plan *plan, const nt_layer *layer, int64_t count,
                       const nt_tree *in, nt_tree **out)
{
  nt_status status = NT_OK;
  nt_tree *now = NULL;
  NT_TRY(nt_tree_like(err, in, NULL, &now));
  for (int64_t r = 0; r < count; r++) {
    for (int i = 0; i < layer->n; i++) {
      nt_tree *next = NULL;
      status = walk(err, plan, layer->child[i], now, &next);
      nt_tree_destroy(&now);
      now = next;
      if (status != NT_OK) goto done;
    }
  }
  *out = now;
  now = NULL;
done:
  nt_tree_destroy(&now);
  return status;
}

static nt_status repeat(nt_error *err, nt_plan *plan, const nt_layer *layer, const nt_tree *in,
                        nt_tree **out)
{
  nt_status status = NT_OK;
  char where[200];
  const int first = plan->n_nodes, leaves = nt_tree_count(in);
  NT_TRY(chain(err, plan, layer, layer->repeat == 0 ? 1 : layer->repeat, in, out));
  NT_CHECK(nt_tree_same(in, *out), err, NT_ERR_SHAPE,
           "%s: what is repeated must give as many outputs as it takes inputs",
           nt_layer_where(layer, where, sizeof where));
  for (int i = 0; i < leaves; i++) {
    NT_TRY(nt_grow(err, plan->n_repeats, sizeof *plan->repeat, "the plan", &plan->repeat));
    plan->repeat[plan->n_repeats++] = (struct nt_repeat_check){layer, leaf_node(nt_tree_nth(in, i)),
                                                               leaf_node(nt_tree_nth(*out, i))};
  }
  if (layer->repeat > 0) return NT_OK;
  for (int n = first; n < plan->n_nodes; n++)
    plan->node[n].unused = true;
  nt_tree_destroy(out);
  NT_TRY(nt_tree_like(err, in, NULL, out));
done:
  return status;
}

static nt_status walk(nt_error *err, nt_plan *plan, const nt_layer *layer, const nt_tree *in,
                      nt_tree **out)
{
  nt_status status = NT_OK;
  *out = NULL;
  switch (layer->kind) {
  case NT_LAYER_SERIAL:
    status = chain(err, plan, layer, 1, in, out);
    break;
  case NT_LAYER_REPEAT:
    status = repeat(err, plan, layer, in, out);
    break;
  case NT_LAYER_PARALLEL:
    status = parallel(err, plan, layer, in, out);
    break;
  case NT_LAYER_LEAF:
    status = layer->ops->action == NT_FAN_OUT ? fan_out(err, layer, in, out)
                                              : apply(err, plan, layer, in, out);
    break;
  }
  if (status != NT_OK) nt_tree_destroy(out);
  return status;
}

/* The tree of inputs with a node for every leaf, in depth-first order. */
static nt_status inputs(nt_error *err, nt_plan *plan, const nt_tree *leaves, nt_tree **out)
{
  nt_status status = NT_OK;
  if (leaves->is_leaf) {
    int node;
    NT_TRY(nt_plan_add_node(err, plan, NULL, 0, &node));
    plan->node[node].leaf = plan->n_leaves++;
    return nt_tree_leaf(err, node_leaf(node), out);
  }
  NT_TRY(nt_tree_sequence(err, leaves->n, leaves->is_tuple, out));
  for (int i = 0; i < leaves->n; i++) {
    NT_TRY(inputs(err, plan, leaves->child[i], &(*out)->child[i]));
  }
done:
  return status;
}

static nt_status list_outputs(nt_error *err, nt_plan *plan)
{
  nt_status status = NT_OK;
  void *output = NULL;
  plan->n_outputs = nt_tree_count(plan->outputs);
  NT_CHECK(plan->n_outputs > 0, err, NT_ERR_SHAPE, "the network has no output");
  NT_TRY(nt_alloc(err, plan->n_outputs, sizeof(int), "the outputs", &output));
  plan->output = output;
  for (int i = 0; i < plan->n_outputs; i++) {
    plan->output[i] = leaf_node(nt_tree_nth(plan->outputs, i));
  }
done:
  return status;
}

nt_status nt_plan_trace(nt_error *err, const nt_layer *net, const nt_tree *leaves, nt_plan **out)
{
  nt_status status = NT_OK;
  nt_tree *in = NULL;
  *out = NULL;
  NT_TRY(nt_calloc(err, 1, sizeof(nt_plan), "a plan", out));
  NT_TRY(inputs(err, *out, leaves, &in));
  NT_TRY(walk(err, *out, net, in, &(*out)->outputs));
  (*out)->leaves = in;
  in = NULL;
  NT_TRY(list_outputs(err, *out));
done:
  nt_tree_destroy(&in);
  if (status != NT_OK) nt_plan_destroy(out);
  return status;
}
