/* Variance V and own NTK T of each kind of node, always in double: those of one entry each; windows
 * and layers on all positions of a sample have files of their own. */
#include "kernel/sample_impl.h"

#include "layer/map.h"

#include <string.h>

static void given(nt_pass *p, int n)
{
  const nt_given *kernel = &p->panel->given[p->plan->node[n].leaf];
  const int64_t positions = nt_facts_positions(&p->plan->node[n].facts);
  const int64_t first = (p->panel->first + p->first) * positions;
  memcpy(p->own[n].v, kernel->q + first, (size_t)(p->count * positions) * sizeof(double));
  memcpy(p->own[n].t, kernel->t + first, (size_t)(p->count * positions) * sizeof(double));
}

/* Digits come with the mean square of what they were made of. */
static void input_digits(nt_pass *p, int n, const nt_digits *digits)
{
  const nt_node *node = &p->plan->node[n];
  const int64_t strip = nt_digits_strip(digits, nt_facts_channels(&node->facts));
  for (int64_t i = 0; i < p->count; i++) {
    const int64_t at = p->first + i;
    const char *const strips = p->panel->data[node->leaf];
    p->own[n].v[i] = nt_digits_squares(strips + at / NT_DIGITS_STRIP * strip)[at % NT_DIGITS_STRIP];
  }
}

static void input(nt_pass *p, int n)
{
  const nt_node *node = &p->plan->node[n];
  const nt_lane_ops *lanes = nt_lanes_of(p->plan->request.dtype);
  const int64_t channels = nt_facts_channels(&node->facts);
  const int64_t first = p->first * p->own[n].positions;
  const char *x = p->panel->data[node->leaf] + (size_t)(first * channels) * lanes->size;
  const int64_t entries = nt_own_entries(p, n);
  const nt_digits *digits = p->panel->split ? nt_panel_digits(p->plan, node->leaf) : NULL;
  memset(p->own[n].t, 0, (size_t)entries * sizeof(double));
  if (digits != NULL)
    input_digits(p, n, digits);
  else
    lanes->squares(entries, channels, x, p->own[n].v);
}

static void flatten(nt_pass *p, int n)
{
  const int from = p->plan->node[n].in[0];
  const int64_t positions = nt_facts_positions(&p->plan->node[from].facts);
  const bool one = p->plan->node[n].ops->action == NT_WINDOW; /* position alone */
  for (int64_t i = 0; i < p->count; i++) {
    double v = 0, t = 0;
    if (one) {
      p->own[n].v[i] = p->own[from].v[i * positions + p->plan->node[n].fixed];
      p->own[n].t[i] = p->own[from].t[i * positions + p->plan->node[n].fixed];
      continue;
    }
    for (int64_t k = 0; k < positions; k++) {
      v += p->own[from].v[i * positions + k];
      t += p->own[from].t[i * positions + k];
    }
    p->own[n].v[i] = v / (double)positions;
    p->own[n].t[i] = t / (double)positions;
  }
}

static void affine(nt_pass *p, int n)
{
  const nt_affine *a = &p->plan->node[n].affine;
  const nt_own *in = &p->own[p->plan->node[n].in[0]];
  const int64_t entries = nt_own_entries(p, n);
  for (int64_t i = 0; i < entries; i++) {
    p->own[n].t[i] = a->tk * in->v[i] + a->tt * in->t[i] + a->t0;
    p->own[n].v[i] = a->k * in->v[i] + a->k0;
  }
}

NT_CLONES static void multiply(int64_t n, const double *x, double *y)
{
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++)
    y[i] *= x[i];
}

static void map(nt_pass *p, int n)
{
  const nt_node *node = &p->plan->node[n];
  const int64_t entries = nt_own_entries(p, n);
  const nt_own *in = &p->own[node->in[0]];
  node->ops->self(node->cfg, entries, in->v, p->own[n].v, p->own[n].t);
  multiply(entries, in->t, p->own[n].t);
  if (p->own[n].rest != NULL) {
    const bool by_k = nt_node_goes_by_k(p->plan, &p->plan->node[node->in[0]]);
    nt_map_self_rest(node->ops, node->cfg, nt_node_rank(node) > 0, entries, in->v,
                     by_k ? in->rest : NULL, p->own[n].v, p->own[n].rest);
  }
}

static void weighted_sum(nt_pass *p, int n)
{
  const nt_node *node = &p->plan->node[n];
  const int64_t entries = nt_own_entries(p, n);
  memset(p->own[n].v, 0, (size_t)entries * sizeof(double));
  memset(p->own[n].t, 0, (size_t)entries * sizeof(double));
  for (int b = 0; b < node->n_in; b++) {
    const nt_own *in = &p->own[node->in[b]];
    for (int64_t i = 0; i < entries; i++) {
      p->own[n].v[i] += node->weight[b] * in->v[i];
      p->own[n].t[i] += node->weight[b] * in->t[i];
    }
  }
}

/* The inputs side by side along a spatial axis. */
static void concatenate(nt_pass *p, int n)
{
  const nt_node *node = &p->plan->node[n];
  const nt_shape space = nt_facts_space(&node->facts);
  int64_t outer = p->count, inner = 1, first = 0;
  for (int a = 0; a < space.rank; a++) {
    if (a < node->concat) outer *= space.dim[a];
    if (a > node->concat) inner *= space.dim[a];
  }
  const int64_t whole = space.dim[node->concat] * inner;
  for (int b = 0; b < node->n_in; b++) {
    const nt_own *in = &p->own[node->in[b]];
    const int64_t part = node->taps[b].n_in * inner;
    for (int64_t o = 0; o < outer; o++) {
      const size_t bytes = (size_t)part * sizeof(double);
      memcpy(p->own[n].v + o * whole + first, in->v + o * part, bytes);
      memcpy(p->own[n].t + o * whole + first, in->t + o * part, bytes);
    }
    first += part;
  }
}

static void product(nt_pass *p, int n)
{
  const nt_node *node = &p->plan->node[n];
  const int64_t entries = nt_own_entries(p, n);
  for (int64_t i = 0; i < entries; i++) {
    double v = 1, t = 0;
    for (int b = 0; b < node->n_in; b++) {
      const nt_own *in = &p->own[node->in[b]];
      t = t * in->v[i] + v * in->t[i];
      v *= in->v[i];
    }
    p->own[n].v[i] = v;
    p->own[n].t[i] = t;
  }
}

nt_status nt_own_values(nt_pass *p, int n)
{
  const nt_node *node = &p->plan->node[n];
  if (node->given)
    given(p, n);
  else if (node->ops == NULL)
    input(p, n);
  else
    switch (node->action) {
    case NT_MAP:
      map(p, n);
      break;
    case NT_WEIGHTED_SUM:
      if (node->concat >= 0)
        concatenate(p, n);
      else
        weighted_sum(p, n);
      break;
    case NT_PRODUCT:
      product(p, n);
      break;
    case NT_FLATTEN:
      flatten(p, n);
      break;
    case NT_WINDOW:
      return nt_own_window(p, n);
    case NT_NORM:
      return nt_own_norm(p, n);
    case NT_MIX:
      if (nt_node_rank(&p->plan->node[node->in[0]]) == 0) return nt_own_mix_one(p, n);
      return nt_own_mixed(p, n);
    case NT_POOL:
      return nt_own_mixed(p, n);
    case NT_GLOBAL:
      if (p->plan->node[node->in[0]].facts.diagonal_spatial)
        nt_own_global_diagonal(p, n);
      else
        return nt_own_mixed(p, n);
      break;
    default: /* NT_AFFINE, NT_DROPOUT */
      affine(p, n);
    }
  return NT_OK;
}
