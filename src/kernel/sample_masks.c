/** Masks, one byte an entry: 1 where it is masked. */
#include "kernel/sample_impl.h"

#include "base/check.h"
#include "base/memory.h"
#include "layer/mask.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double nt_unmasked_ratio(const nt_pass *p, int n, int64_t sample)
{
  const nt_node *node = &p->plan->node[n];
  const int from = node->in[0];
  const int64_t positions = nt_facts_positions(&p->plan->node[from].facts);
  int64_t unmasked = 0;
  if (!node->ops->mean_unmasked || p->own[from].mask == NULL) return 1;
  for (int64_t k = 0; k < positions; k++)
    unmasked += !p->own[from].mask[sample * positions + k];
  return (double)positions / fmax((double)unmasked, 1);
}

/* Masks of several inputs: where one has none it tells nothing; a concatenation keeps all apart. */
static void join(nt_pass *p, int n)
{
  const nt_node *node = &p->plan->node[n];
  const int64_t to = node->mask_channels, entries = nt_own_entries(p, n);
  int64_t place = 0;
  memset(p->own[n].mask, !node->ops->concatenates, (size_t)(entries * to));
  for (int b = 0; b < node->n_in; b++) {
    const nt_node *source = &p->plan->node[node->in[b]];
    const unsigned char *mask = p->own[node->in[b]].mask;
    const int64_t from = source->mask_channels;
    const int64_t width = node->ops->concatenates ? nt_facts_channels(&source->facts) : to;
    for (int64_t i = 0; mask != NULL && i < entries; i++) {
      for (int64_t c = 0; c < width; c++) {
        unsigned char *m = &p->own[n].mask[i * to + place + c];
        const unsigned char one = mask[i * from + (from == 1 ? 0 : c)];
        *m = node->ops->concatenates ? one : *m & one;
      }
    }
    if (node->ops->concatenates) place += width;
  }
}

/* Of inputs side by side along a spatial axis; no mask: nothing is masked. */
static void concatenate(nt_pass *p, int n)
{
  const nt_node *node = &p->plan->node[n];
  const nt_shape space = nt_facts_space(&node->facts);
  const int64_t channels = node->mask_channels;
  int64_t outer = p->count, inner = 1, first = 0;
  for (int a = 0; a < space.rank; a++) {
    if (a < node->concat) outer *= space.dim[a];
    if (a > node->concat) inner *= space.dim[a];
  }
  const int64_t whole = space.dim[node->concat] * inner;
  for (int b = 0; b < node->n_in; b++) {
    const unsigned char *mask = p->own[node->in[b]].mask;
    const int64_t from = p->plan->node[node->in[b]].mask_channels;
    const int64_t part = node->taps[b].n_in * inner;
    for (int64_t i = 0; i < outer * part && mask != NULL; i++) {
      const int64_t to = i / part * whole + first + i % part;
      for (int64_t c = 0; c < channels; c++)
        p->own[n].mask[to * channels + c] = mask[i * from + (from == 1 ? 0 : c)];
    }
    first += part;
  }
}

/* Every channel of every position, in the order of the axes of the input. */
static void flatten(nt_pass *p, int n)
{
  const nt_node *source = &p->plan->node[p->plan->node[n].in[0]];
  const nt_facts *facts = &source->facts;
  const int64_t positions = nt_facts_positions(facts), from = source->mask_channels;
  const int64_t channels = nt_facts_channels(facts);
  int64_t inner = 1;
  for (int a = facts->channel_axis + 1; a < facts->shape1.rank; a++)
    inner *= a == facts->batch_axis ? 1 : facts->shape1.dim[a];
  for (int64_t i = 0; i < p->count; i++) {
    const unsigned char *in = p->own[p->plan->node[n].in[0]].mask + i * positions * from;
    unsigned char *out = p->own[n].mask + i * positions * channels;
    for (int64_t k = 0; k < positions; k++) {
      for (int64_t c = 0; c < channels; c++)
        out[(k / inner * channels + c) * inner + k % inner] = in[k * from + (from == 1 ? 0 : c)];
    }
  }
}

static unsigned char rule_of(const nt_node *node, const nt_taps *taps, int64_t out,
                             const unsigned char *in, int64_t stride)
{
  const nt_mask_rule rule = node->ops->mask_rule;
  int any = 0, all = 1, read = 0;
  for (int t = 0; t < taps->n; t++) {
    const int32_t x = taps->in[out * taps->n + t];
    if (rule == NT_MASK_CENTRE && t != taps->centre) continue;
    if (x < 0 || (taps->weight != NULL && taps->weight[out * taps->n + t] == 0)) continue;
    read = 1;
    any |= in[x * stride];
    all &= in[x * stride];
  }
  return (unsigned char)(read && (rule == NT_MASK_ALL ? all : any));
}

/* One axis after the other: outer x n_in x inner -> outer x n_out x inner. */
static void along_axes(const nt_node *node, int64_t channels, unsigned char *x, unsigned char *y,
                       unsigned char *out)
{
  const int rank = nt_node_rank(node);
  int64_t outer = 1, inner = channels;
  for (int a = 0; a < rank; a++)
    outer *= node->taps[a].n_in;
  for (int a = rank - 1; a >= 0; a--) {
    const nt_taps *taps = &node->mask_taps[a];
    unsigned char *to = a == 0 ? out : y;
    outer /= taps->n_in;
    for (int64_t o = 0; o < outer; o++) {
      for (int64_t q = 0; q < taps->n_out; q++) {
        for (int64_t i = 0; i < inner; i++) {
          to[(o * taps->n_out + q) * inner + i] =
              rule_of(node, taps, q, x + o * taps->n_in * inner + i, inner);
        }
      }
    }
    inner *= taps->n_out;
    y = x;
    x = to;
  }
}

/* The positions of a sample's mask in the order of the axes of the output. */
static void transpose(const nt_node *node, const nt_facts *in, int64_t channels,
                      const unsigned char *x, unsigned char *y, double *places)
{
  const int64_t positions = nt_facts_positions(in), outs = nt_window_inputs(node);
  for (int64_t k = 0; k < positions; k++)
    places[k] = (double)k;
  nt_window_transpose(node, in, places, places + positions);
  for (int64_t k = 0; k < outs; k++) {
    memcpy(y + k * channels, x + (int64_t)places[positions + k] * channels, (size_t)channels);
  }
}

static nt_status window(nt_pass *p, int n)
{
  nt_status status = NT_OK;
  const nt_node *node = &p->plan->node[n], *source = &p->plan->node[node->in[0]];
  const int64_t positions = nt_facts_positions(&source->facts), channels = node->mask_channels;
  const int64_t outs = nt_facts_positions(&node->facts),
                most = nt_window_positions(node) * channels;
  void *memory = NULL, *numbers = NULL;
  NT_TRY(nt_alloc(p->err, 2 * most + positions * channels, 1, "masks", &memory));
  NT_TRY(nt_alloc(p->err, 2 * positions, sizeof(double), "masks", &numbers));
  unsigned char *x = memory, *y = x + most, *joined = y + most;
  for (int64_t i = 0; i < p->count; i++) {
    const unsigned char *in = p->own[node->in[0]].mask + i * positions * source->mask_channels;
    if (channels == 1)
      nt_mask_join(NULL, positions, source->mask_channels, in, joined);
    else
      memcpy(joined, in, (size_t)(positions * channels));
    transpose(node, &source->facts, channels, joined, x, numbers);
    along_axes(node, channels, x, y, p->own[n].mask + i * outs * channels);
  }
done:
  free(memory);
  free(numbers);
  return status;
}

static void by_layer(nt_pass *p, int n)
{
  const nt_node *node = &p->plan->node[n], *source = &p->plan->node[node->in[0]];
  const int64_t positions = nt_facts_positions(&source->facts);
  const int64_t in = positions * source->mask_channels;
  const int64_t out = nt_facts_positions(&node->facts) * node->mask_channels;
  for (int64_t i = 0; i < p->count; i++) {
    const unsigned char *from = p->own[node->in[0]].mask + i * in;
    unsigned char *to = p->own[n].mask + i * out;
    if (node->ops->mask_of != NULL)
      node->ops->mask_of(node->cfg, &source->facts, &node->facts, p->panel->first + p->first + i,
                         source->mask_channels, from, to);
    else
      node->ops->mask(node->cfg, positions, source->mask_channels, from, to);
  }
}

static void of_input(nt_pass *p, int n)
{
  const nt_node *node = &p->plan->node[n];
  const int64_t bytes = nt_facts_positions(&node->facts) * node->mask_channels;
  const unsigned char *mask = p->panel->mask[node->leaf];
  if (mask != NULL) memcpy(p->own[n].mask, mask + p->first * bytes, (size_t)(p->count * bytes));
}

/* The mask of the input as it is. */
static void keep(nt_pass *p, int n)
{
  const nt_node *node = &p->plan->node[n];
  const int64_t bytes = nt_own_entries(p, n) * node->mask_channels;
  memcpy(p->own[n].mask, p->own[node->in[0]].mask, (size_t)bytes);
}

/* A window that leaves one position. */
static void pick(nt_pass *p, int n)
{
  const nt_node *node = &p->plan->node[n];
  const int64_t channels = node->mask_channels;
  const int64_t bytes = nt_facts_positions(&p->plan->node[node->in[0]].facts) * channels;
  for (int64_t i = 0; i < p->count; i++)
    memcpy(p->own[n].mask + i * channels,
           p->own[node->in[0]].mask + i * bytes + node->fixed * channels, (size_t)channels);
}

/* One number for the `many` of each sample: positions or channels. */
static void join_all(nt_pass *p, int n, int64_t many)
{
  nt_mask_join(NULL, p->count, many, p->own[p->plan->node[n].in[0]].mask, p->own[n].mask);
}

nt_status nt_own_mask(nt_pass *p, int n)
{
  const nt_node *node = &p->plan->node[n];
  const nt_node *source = node->n_in > 0 ? &p->plan->node[node->in[0]] : NULL;
  const nt_layer_ops *ops = node->ops;
  if (ops == NULL)
    of_input(p, n);
  else if (node->barrier && nt_facts_space(&source->facts).rank == 0)
    keep(p, n);
  else if (node->concat >= 0)
    concatenate(p, n);
  else if (node->n_in > 1 || ops->concatenates)
    join(p, n);
  else if (ops->action == NT_FLATTEN)
    flatten(p, n);
  else if (ops->mask != NULL || ops->mask_of != NULL)
    by_layer(p, n);
  else if (node->taps != NULL && nt_node_rank(node) > 0)
    return window(p, n);
  else if (node->action == NT_GLOBAL)
    join_all(p, n, nt_facts_positions(&source->facts));
  else if (ops->action == NT_WINDOW && node->action == NT_FLATTEN)
    pick(p, n);
  else if (ops->action == NT_WINDOW && node->mask_channels == 1) /* without positions */
    join_all(p, n, source->mask_channels);
  else
    keep(p, n);
  return NT_OK;
}
