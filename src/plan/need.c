/** Which pairs of positions each node must give: along every spatial axis the offsets x2 - x1 that
 * somebody reads, pulled from the outputs back through the taps of the layers. With nothing but a
 * Flatten on top that is offset 0 alone; under a 2 x 2 pool of which only the diagonal is read, it
 * is -1, 0, 1; under a global mean, all. */
#include "base/check.h"
#include "base/memory.h"
#include "net/net_impl.h"
#include "plan/plan_impl.h"

#include <stdlib.h>
#include <string.h>

static nt_status create(nt_error *err, nt_node *node)
{
  nt_status status = NT_OK;
  const nt_shape space = nt_facts_space(&node->facts);
  for (int a = 0; a < space.rank; a++) {
    NT_TRY(nt_calloc(err, 2 * space.dim[a] - 1, sizeof(nt_offsets), "needs", &node->need[a]));
  }
done:
  return status;
}

/* Offset 0 (`all`: every offset) of all axes. */
static void ask(const nt_shape *space, bool all, nt_offsets *const *need)
{
  for (int a = 0; a < space->rank; a++) {
    if (all)
      memset(need[a], 1, (size_t)(2 * space->dim[a] - 1));
    else
      need[a][space->dim[a] - 1] = 1;
  }
}

/* All offsets that output cells at needed offsets read, along one axis. */
static void ask_window(const nt_offsets *asked, const nt_taps *taps, nt_offsets *need)
{
  const int64_t outputs = taps->n_out;
  for (int64_t d = 1 - outputs; d < outputs; d++) {
    if (!asked[d + outputs - 1]) continue;
    const int64_t first = d < 0 ? -d : 0;
    for (int64_t o = first; o < (d < 0 ? outputs : outputs - d); o++) {
      for (int t = o > first ? nt_taps_new(taps) : 0; t < taps->n; t++) {
        const int32_t x1 = taps->in[o * taps->n + t], x2 = taps->in[(o + d) * taps->n + t];
        if (x1 >= 0 && x2 >= 0) need[x2 - x1] = 1;
      }
    }
  }
}

/* ... of a pool, for each second output: first[x1] where it is asked for with one that reads x1. */
static nt_status ask_pool(nt_error *err, const nt_offsets *asked, const nt_taps *taps,
                          nt_offsets *need)
{
  nt_status status = NT_OK;
  const int64_t outputs = taps->n_out, size = taps->n_in;
  nt_offsets *first = NULL;
  NT_TRY(nt_calloc(err, 3 * size, sizeof(nt_offsets), "needs", &first));
  nt_offsets *back = first + 2 * size; /* back[x1 - x2] is need[x2 - x1] */
  for (int64_t o2 = 0; o2 < outputs; o2++) {
    memset(first, 0, (size_t)size);
    for (int64_t o1 = 0; o1 < outputs; o1++) {
      const nt_offsets *ask = &asked[o2 - o1 + outputs - 1];
      for (int t = o1 > 0 && ask[1] ? nt_taps_new(taps) : 0; *ask && t < taps->n; t++) {
        if (taps->in[o1 * taps->n + t] >= 0) first[taps->in[o1 * taps->n + t]] = 1;
      }
    }
    for (int t = 0; t < taps->n; t++) {
      const int32_t x2 = taps->in[o2 * taps->n + t];
      for (int64_t x1 = 0; x2 >= 0 && x1 < size; x1++)
        back[x1 - x2] |= first[x1];
    }
  }
  for (int64_t d = 1 - size; d < size; d++)
    need[-d] |= back[d];
done:
  free(first);
  return status;
}

static nt_status ask_through(nt_error *err, const nt_node *node, const nt_offsets *asked,
                             const nt_taps *taps, nt_offsets *const *needs)
{
  nt_status status = NT_OK;
  nt_offsets *need = needs[taps->from] + taps->n_in - 1;
  const int64_t outputs = taps->n_out;
  double sums = 0;
  if (node->ops->separate) {
    need[0] |= asked[outputs - 1];
    return NT_OK;
  }
  for (int64_t d = 1 - outputs; d < outputs; d++)
    sums += asked[d + outputs - 1] ? (double)(outputs - (d < 0 ? -d : d)) * taps->n : 0;
  NT_TRY(nt_layer_blame(node->layer, err, nt_check_sums(err, taps, sums, NT_MOST_SUMS)));
  if (node->action == NT_POOL)
    NT_TRY(ask_pool(err, asked, taps, need));
  else
    ask_window(asked, taps, need);
done:
  return status;
}

/* The part of a concatenation that is this input: offsets within it. */
static void ask_part(const nt_shape *space, const nt_node *reader, nt_offsets *const *asked,
                     nt_offsets *const *need)
{
  const nt_shape whole = nt_facts_space(&reader->facts);
  for (int a = 0; a < space->rank; a++) {
    for (int64_t d = 1 - space->dim[a]; d < space->dim[a]; d++)
      need[a][d + space->dim[a] - 1] |= asked[a][d + whole.dim[a] - 1];
  }
}

nt_status nt_need_of_reader(nt_error *err, const nt_node *reader, nt_offsets *const *asked,
                            const nt_node *in, nt_offsets *const *need)
{
  nt_status status = NT_OK;
  const nt_shape space = nt_facts_space(&in->facts);
  if (reader == NULL || reader->action == NT_GLOBAL || reader->action == NT_MIX) {
    ask(&space, !in->facts.diagonal_spatial, need);
  } else if (reader->action == NT_FLATTEN) {
    ask(&space, false, need);
  } else if (reader->action == NT_WINDOW || reader->action == NT_POOL) {
    ask(&space, false, need); /* of an axis that is taken away */
    for (int a = 0; a < nt_node_rank(reader); a++)
      NT_TRY(ask_through(err, reader, asked[a], &reader->taps[a], need));
  } else {
    ask_part(&space, reader, asked, need);
  }
done:
  return status;
}

nt_status nt_plan_needs(nt_error *err, nt_plan *plan)
{
  nt_status status = NT_OK;
  for (int n = 0; n < plan->n_nodes; n++) {
    nt_node *node = &plan->node[n];
    NT_TRY(create(err, node));
    node->level = 0;
    for (int i = 0; i < node->n_in; i++) {
      nt_node *in = &plan->node[node->in[i]];
      in->cut |= node->action == NT_WINDOW && node->transposes && !nt_node_mixes(in);
      const int level = in->level + (nt_node_mixes(node) || (in->cut && node->transposes));
      if (level > node->level) node->level = level;
    }
  }
  for (int o = 0; o < plan->n_outputs; o++) {
    nt_node *node = &plan->node[plan->output[o]];
    if (node->want_k || node->want_t) NT_TRY(nt_need_of_reader(err, NULL, NULL, node, node->need));
  }
  for (int n = plan->n_nodes - 1; n >= 0; n--) {
    const nt_node *node = &plan->node[n];
    const nt_shape space = nt_facts_space(&node->facts);
    if (node->want_v && nt_node_takes_planes(plan, n)) ask(&space, false, node->need);
    for (int i = 0; (node->want_k || node->want_t) && i < node->n_in; i++) {
      nt_node *in = &plan->node[node->in[i]];
      NT_TRY(nt_need_of_reader(err, node, node->need, in, in->need));
    }
  }
done:
  return status;
}
