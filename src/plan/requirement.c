/** What the layers require of the layout, folded over the network: the diagonal algebra and the
 * axes of the inputs. */
#include "base/check.h"
#include "net/net_impl.h"
#include "plan/plan_impl.h"

#include <stdlib.h>

static nt_bool least(nt_bool a, nt_bool b) { return a < b ? a : b; }

nt_requirement nt_requirement_then(nt_requirement a, nt_requirement b)
{
  nt_requirement r = a;
  if (!a.has_diagonal) {
    r = b;
  } else if (b.has_diagonal && a.output != NT_YES) {
    bool both = a.output > NT_NO && b.input > NT_NO;
    if (!both) r.input = a.output == NT_NO && b.input < NT_YES ? NT_NO : least(a.input, b.input);
    r.output = b.output;
  }
  r.diagonal_batch = a.diagonal_batch == NT_NO ? NT_NO : b.diagonal_batch;
  return r;
}

nt_requirement nt_requirement_beside(nt_requirement a, nt_requirement b)
{
  nt_requirement r = a.has_diagonal ? a : b;
  if (a.has_diagonal && b.has_diagonal) {
    r.input = least(a.input, b.input);
    r.output = least(a.output, b.output);
  }
  r.diagonal_batch = a.diagonal_batch == NT_NO ? NT_NO : b.diagonal_batch;
  return r;
}

static nt_requirement fold(const nt_layer *layer)
{
  nt_requirement r = {.diagonal_batch = NT_MAYBE};
  if (layer->kind == NT_LAYER_LEAF)
    return layer->ops->require ? layer->ops->require(layer->cfg) : r;
  for (int i = 0; i < layer->n; i++) {
    nt_requirement child = fold(layer->child[i]);
    r = layer->kind == NT_LAYER_PARALLEL ? nt_requirement_beside(r, child)
                                         : nt_requirement_then(r, child);
  }
  return r;
}

/* Whether a layout with the diagonal alone is not enough, of positions or of samples. */
static bool needs_pairs(nt_requirement r, bool of_samples)
{
  return of_samples ? r.diagonal_batch == NT_NO : r.has_diagonal && r.input == NT_NO;
}

/* The first layer at which that becomes so, behind layers that together require `before`. */
static const nt_layer *first_in_need(const nt_layer *layer, nt_requirement before, bool of_samples)
{
  for (int i = 0; i < layer->n; i++) {
    const nt_layer *child = layer->child[i];
    const nt_requirement after = nt_requirement_then(before, fold(child));
    if (needs_pairs(after, of_samples)) return first_in_need(child, before, of_samples);
    if (layer->kind != NT_LAYER_PARALLEL) before = after;
  }
  return layer;
}

static const char *where_in_need(const nt_layer *net, bool of_samples, char *out, size_t size)
{
  const nt_requirement none = {.diagonal_batch = NT_MAYBE};
  return nt_layer_where(first_in_need(net, none, of_samples), out, size);
}

nt_status nt_plan_layout(nt_error *err, const nt_layer *net, const nt_request *request,
                         nt_layout *layout)
{
  nt_status status = NT_OK;
  char where[200];
  nt_requirement r = fold(net);
  bool spatial = r.has_diagonal && r.input == NT_YES && r.output > NT_NO;
  layout->diagonal_spatial =
      request->diagonal_spatial == NT_AUTO ? spatial : request->diagonal_spatial;
  layout->diagonal_batch =
      request->diagonal_batch == NT_AUTO ? r.diagonal_batch != NT_NO : request->diagonal_batch;
  NT_CHECK(request->diagonal_spatial != 1 || !needs_pairs(r, false), err, NT_ERR_ARG,
           "diagonal_spatial=True, but %s needs the covariances of all pairs of positions: leave "
           "diagonal_spatial out, or set it to False",
           where_in_need(net, false, where, sizeof where));
  NT_CHECK(request->diagonal_batch != 1 || !needs_pairs(r, true), err, NT_ERR_ARG,
           "diagonal_batch=True, but %s needs the covariances of all pairs of samples: leave "
           "diagonal_batch out, or set it to False",
           where_in_need(net, true, where, sizeof where));
done:
  return status;
}

/* Give `declared` to all leaves behind node `n` that have nothing yet; returns how many. */
static int declare(const nt_plan *plan, int n, const nt_leaf_axes *declared, bool *behind,
                   nt_leaf_axes *axes)
{
  int count = 0;
  for (int m = 0; m <= n; m++)
    behind[m] = m == n;
  for (int m = n; m >= 0; m--) {
    const nt_node *node = &plan->node[m];
    for (int i = 0; behind[m] && i < node->n_in; i++)
      behind[node->in[i]] = true;
    if (!behind[m] || node->ops != NULL || axes[node->leaf].declared) continue;
    axes[node->leaf] = *declared;
    count++;
  }
  return count;
}

/* The first layer that declares axes decides for every leaf it depends on. */
nt_status nt_plan_axes(nt_error *err, const nt_plan *plan, const nt_request *request,
                       nt_leaf_axes *axes)
{
  nt_status status = NT_OK;
  int left = plan->n_leaves;
  bool *behind = calloc((size_t)plan->n_nodes + 1, sizeof *behind);
  NT_CHECK(behind != NULL, err, NT_ERR_NOMEM, "no memory for the axes");
  for (int i = 0; i < plan->n_leaves; i++) {
    axes[i] = (nt_leaf_axes){.batch_axis = 0, .channel_axis = -1};
  }
  for (int n = 0; left > 0 && n < plan->n_nodes; n++) {
    const nt_node *node = &plan->node[n];
    if (node->ops == NULL || node->ops->require == NULL) continue;
    const nt_requirement r = node->ops->require(node->cfg);
    const nt_leaf_axes declared = {node->layer, r.flattens, r.batch_axis,
                                   r.flattens ? -1 : r.channel_axis};
    if (r.has_axes) left -= declare(plan, n, &declared, behind, axes);
  }
  for (int i = 0; i < plan->n_leaves; i++) {
    if (request->has_batch_axis || request->has_channel_axis) axes[i].declared = NULL;
    if (request->has_batch_axis) axes[i].batch_axis = request->batch_axis;
    if (request->has_channel_axis) {
      axes[i].channel_axis = request->channel_axis;
      axes[i].flattens = false;
    }
  }
done:
  free(behind);
  return status;
}
