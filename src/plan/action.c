/** What a layer does to planes: its action, which without positions is less, the taps of windows
 * and pools, and its masks. */
#include "base/check.h"
#include "base/memory.h"
#include "net/net_impl.h"
#include "plan/facts.h"

/* Whether every output position reads the input position of the same number, and nothing else. */
static bool is_identity(const nt_taps *taps, int axis)
{
  bool same = taps->n == 1 && taps->n_in == taps->n_out && taps->from == axis;
  for (int64_t o = 0; same && o < taps->n_out; o++)
    same = taps->in[o] == o && (taps->weight == NULL || taps->weight[o] == 1);
  return same;
}

/* Taps along every spatial axis of the output, and what the action comes to with them. */
static nt_status find_taps(nt_error *err, nt_node *node, const nt_facts *in)
{
  nt_status status = NT_OK;
  const nt_shape space = nt_facts_space(in);
  const int rank = nt_node_rank(node);
  bool nothing = !node->ops->separate;
  NT_TRY(nt_calloc(err, 2 * rank, sizeof(nt_taps), "the taps of a layer", &node->taps));
  node->n_taps = 2 * rank;
  node->mask_taps = node->taps + (node->ops->mask_taps != NULL ? rank : 0);
  node->transposes = rank != space.rank;
  for (int a = 0; a < space.rank && node->ops->fixed != NULL; a++) {
    const int64_t fixed = node->ops->fixed(node->cfg, in, a);
    node->fixed = node->fixed * space.dim[a] + (fixed < 0 ? 0 : fixed);
  }
  for (int a = 0; a < rank; a++) {
    nt_taps *taps = &node->taps[a];
    taps->from = taps[rank].from = a;
    status = node->ops->taps(node->cfg, in, &node->facts, a, taps, err);
    if (status == NT_OK && node->ops->mask_taps != NULL)
      status = node->ops->mask_taps(node->cfg, in, &node->facts, a, &taps[rank], err);
    NT_TRY(nt_layer_blame(node->layer, err, status));
    node->transposes |= taps->from != a;
    nothing &= is_identity(taps, a);
  }
  if (nothing && !node->transposes)
    node->action = NT_AFFINE;
  else if (rank == 0)
    node->action = NT_FLATTEN; /* of one position */
  else if (node->action == NT_POOL && node->facts.diagonal_spatial)
    node->action = NT_WINDOW;
done:
  return status;
}

/* Where the positions of each input of a concatenation stand along its axis. */
static nt_status place_inputs(nt_error *err, nt_node *node, const nt_facts *in)
{
  nt_status status = NT_OK;
  int64_t first = 0;
  NT_TRY(nt_calloc(err, node->n_in, sizeof(nt_taps), "the taps of a layer", &node->taps));
  node->n_taps = node->n_in;
  for (int i = 0; i < node->n_in; i++) {
    const int64_t size = nt_facts_space(&in[i]).dim[node->concat];
    const int64_t total = nt_facts_space(&node->facts).dim[node->concat];
    node->taps[i].from = node->concat;
    NT_TRY(nt_taps_create(err, size, total, 1, false, &node->taps[i]));
    for (int64_t o = 0; o < total; o++) {
      const bool inside = o >= first && o < first + size;
      node->taps[i].in[o] = inside ? (int32_t)(o - first) : -1;
    }
    node->weight[i] = 1;
    first += size;
  }
done:
  return status;
}

nt_status nt_facts_find_action(nt_error *err, nt_node *node, const nt_facts *in)
{
  nt_status status = NT_OK;
  char where[200];
  const nt_layer_ops *ops = node->ops;
  const bool spatial = nt_facts_space(in).rank > 0;
  nt_layer_where(node->layer, where, sizeof where);
  node->action = ops->action;
  switch (ops->action) {
  case NT_WINDOW:
  case NT_POOL:
    if (spatial)
      NT_TRY(find_taps(err, node, in));
    else
      node->action = NT_AFFINE;
    break;
  case NT_GLOBAL:
    if (!spatial) node->action = NT_AFFINE;
    break;
  case NT_MIX:
    if (node->barrier && !spatial) {
      node->action = NT_AFFINE; /* of the samples alone */
      break;
    }
    NT_CHECK(spatial || nt_node_rank(node) == 0, err, NT_ERR_UNSUPPORTED,
             "%s: spatial axes for an input that has none are not available in this version",
             where);
    node->mixed |= spatial;
    break;
  case NT_NORM:
    node->norm = ops->norm(node->cfg, in);
    node->facts.mixes_samples |= node->norm.batch;
    break;
  case NT_DROPOUT:
    NT_CHECK(!node->is_input || node->affine.k == 1, err, NT_ERR_SHAPE,
             "%s cannot act on the inputs themselves: put a layer with weights before it", where);
    node->affine.tt = node->affine.k;
    if (node->affine.k == 1) node->action = NT_AFFINE;
    break;
  default:
    break;
  }
  node->mixed |= node->action == NT_POOL || (node->action == NT_GLOBAL && !in->diagonal_spatial);
done:
  return status;
}

nt_status nt_facts_find_weights(nt_error *err, nt_node *node, const nt_facts *in)
{
  nt_status status = NT_OK;
  const nt_layer_ops *ops = node->ops;
  NT_TRY(nt_alloc(err, node->n_in, sizeof(double), "weights", &node->weight));
  node->concat = ops->concat_axis == NULL ? -1 : ops->concat_axis(node->cfg, in);
  if (node->concat >= 0)
    NT_TRY(place_inputs(err, node, in));
  else
    ops->weights(node->cfg, node->n_in, in, node->weight);
done:
  return status;
}

/* Channels of the masks: a layer has a rule for them, joins them, or gives each output its own. */
static void count_mask_channels(nt_node *node, const nt_facts *in)
{
  const nt_layer_ops *ops = node->ops;
  const bool joins = ops->concatenates && node->concat < 0 && !node->barrier;
  if (ops->mask_channels != NULL)
    node->mask_channels = ops->mask_channels(nt_facts_positions(&in[0]), node->mask_channels);
  if (ops->action == NT_FLATTEN || joins) node->mask_channels = nt_facts_channels(&node->facts);
  if (ops->action == NT_WINDOW && ops->gaussian == NT_YES) node->mask_channels = 1;
}

nt_status nt_facts_find_mask(nt_error *err, nt_node *node, const nt_facts *in)
{
  nt_status status = NT_OK;
  char where[200];
  const nt_layer_ops *ops = node->ops;
  const nt_action action = ops->action;
  node->remask = false;
  if (node->mask_channels == 0) return NT_OK;
  nt_layer_where(node->layer, where, sizeof where);
  const char *const refusal = ops->joined_mask == NULL ? NULL : ops->joined_mask(node->cfg);
  NT_CHECK(node->mask_channels == 1 || refusal == NULL, err, NT_ERR_UNSUPPORTED,
           "%s: masks that differ between channels %s", where, refusal);
  count_mask_channels(node, in);
  const bool has_rule =
      action <= NT_WINDOW || action == NT_DROPOUT || (action == NT_MIX && !ops->remasks);
  NT_CHECK(
      node->mask_channels == 1 || has_rule, err, NT_ERR_UNSUPPORTED,
      "%s: masks that differ between channels are possible only where the next layer joins the "
      "channels (Dense, Conv)",
      where);
  node->remask = ops->remasks;
  NT_CHECK(
      !node->remask || node->mask_channels == 1, err, NT_ERR_UNSUPPORTED,
      "%s: masks that differ between channels are possible only where the next layer joins the "
      "channels (Dense)",
      where);
done:
  return status;
}
