/** Variance V and own NTK T of each kind of node, always in double. */
#include "kernel/plane.h"
#include "kernel/sample_impl.h"

#include "base/check.h"
#include "base/clones.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void given(nt_pass *p, int n)
{
  const nt_given *kernel = &p->panel->given[p->plan->node[n].leaf];
  const int64_t positions = nt_facts_positions(&p->plan->node[n].facts);
  const int64_t first = (p->panel->first + p->first) * positions;
  memcpy(p->own[n].v, kernel->q + first, (size_t)(p->count * positions) * sizeof(double));
  memcpy(p->own[n].t, kernel->t + first, (size_t)(p->count * positions) * sizeof(double));
}

static void input(nt_pass *p, int n)
{
  const nt_node *node = &p->plan->node[n];
  const nt_lane_ops *lanes = nt_lanes_of(p->plan->request.dtype);
  const int64_t channels = node->facts.shape1.dim[node->facts.channel_axis];
  const int64_t first = p->first * nt_facts_positions(&node->facts);
  const char *x = p->panel->data[node->leaf] + (size_t)(first * channels) * lanes->size;
  const int64_t entries = nt_own_entries(p, n);
  for (int64_t i = 0; i < entries; i++) {
    p->own[n].v[i] = lanes->square(channels, x + (size_t)(i * channels) * lanes->size);
  }
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

static void map(nt_pass *p, int n)
{
  const nt_node *node = &p->plan->node[n];
  const int64_t entries = nt_own_entries(p, n);
  const nt_own *in = &p->own[node->in[0]];
  double *dot = p->own[n].t;
  node->ops->self(node->cfg, entries, in->v, p->own[n].v, dot);
  for (int64_t i = 0; i < entries; i++)
    dot[i] *= in->t[i];
}

static void weighted_sum(nt_pass *p, int n)
{
  const nt_node *node = &p->plan->node[n];
  const int64_t entries = nt_own_entries(p, n);
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

/* ---- Windows ---- */

int64_t nt_window_positions(const nt_node *node)
{
  int64_t most = 1;
  for (int a = 0; a < nt_node_rank(node); a++) {
    const nt_taps *taps = &node->taps[a];
    most *= taps->n_in > taps->n_out ? taps->n_in : taps->n_out;
  }
  return most;
}

NT_CLONES static void add_run(int64_t n, double w, const double *x, double *y)
{
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++)
    y[i] += w * x[i];
}

/* Whether tap t of output p sums the input next to that of output p - 1. */
static bool runs_on(const nt_taps *taps, int64_t p, int t)
{
  const int64_t at = p * taps->n + t, before = at - taps->n;
  return taps->in[before] >= 0 && taps->in[at] == taps->in[before] + 1 &&
         (taps->weight == NULL || taps->weight[at] == taps->weight[before]);
}

/* One axis: outer x n_in x inner -> outer x n_out x inner; as many outputs at a time as read
 * neighbours. `both`: the weights of both arguments. */
static void sum_axis(const nt_taps *taps, bool both, int64_t outer, int64_t inner, const double *x,
                     double *y)
{
  memset(y, 0, (size_t)(outer * taps->n_out * inner) * sizeof *y);
  for (int t = 0; t < taps->n; t++) {
    for (int64_t p = 0, end = 0; p < taps->n_out; p = end) {
      const int64_t at = p * taps->n + t;
      const double one = taps->weight == NULL ? 1 : taps->weight[at], w = both ? one * one : one;
      for (end = p + 1; end < taps->n_out && runs_on(taps, end, t);)
        end++;
      if (taps->in[at] < 0) continue;
      for (int64_t o = 0; o < outer; o++) {
        add_run((end - p) * inner, w, x + (o * taps->n_in + taps->in[at]) * inner,
                y + (o * taps->n_out + p) * inner);
      }
    }
  }
}

double *nt_window_sums(const nt_node *node, int axis, double *x, double *y)
{
  const int rank = nt_node_rank(node);
  int64_t outer = 1, inner = 1;
  for (int a = 0; a < rank; a++)
    outer *= node->taps[a].n_in;
  for (int a = rank - 1; a > axis; a--) {
    double *swap = x;
    outer /= node->taps[a].n_in;
    sum_axis(&node->taps[a], node->action != NT_POOL, outer, inner, x, y);
    inner *= node->taps[a].n_out;
    x = y;
    y = swap;
  }
  return x;
}

void nt_window_transpose(const nt_node *node, const nt_facts *in, const double *x, double *y)
{
  const nt_shape space = nt_facts_space(in);
  const int rank = nt_node_rank(node);
  int64_t stride[NT_MAX_RANK], at[NT_MAX_RANK] = {0}, step = 1, total = 1;
  for (int a = space.rank - 1; a >= 0; a--) {
    stride[a] = step;
    step *= space.dim[a];
  }
  for (int a = 0; a < rank; a++)
    total *= space.dim[node->taps[a].from];
  const int64_t row = rank > 0 ? space.dim[node->taps[rank - 1].from] : 1;
  const int64_t along = rank > 0 ? stride[node->taps[rank - 1].from] : 1;
  for (int64_t i = 0; i < total; i += row) {
    const double *from = x + node->fixed;
    for (int a = 0; a < rank - 1; a++)
      from += at[a] * stride[node->taps[a].from];
    for (int64_t k = 0; k < row; k++)
      y[i + k] = from[k * along];
    for (int a = rank - 2; a >= 0 && ++at[a] == space.dim[node->taps[a].from]; a--)
      at[a] = 0;
  }
}

static nt_status window(nt_pass *p, int n)
{
  nt_status status = NT_OK;
  const nt_node *node = &p->plan->node[n];
  const nt_facts *facts = &p->plan->node[node->in[0]].facts;
  const nt_own *in = &p->own[node->in[0]];
  const int64_t positions = nt_facts_positions(facts), outs = nt_facts_positions(&node->facts);
  const int64_t most = nt_window_positions(node);
  const nt_affine *a = &node->affine;
  void *memory = NULL;
  NT_TRY(nt_alloc(p->err, 2 * most, sizeof(double), "sums of a window", &memory));
  double *x = memory, *y = x + most;
  for (int64_t i = 0; i < p->count; i++) {
    double *v = p->own[n].v + i * outs, *t = p->own[n].t + i * outs;
    nt_window_transpose(node, facts, in->v + i * positions, x);
    memcpy(v, nt_window_sums(node, -1, x, y), (size_t)outs * sizeof(double));
    nt_window_transpose(node, facts, in->t + i * positions, x);
    memcpy(t, nt_window_sums(node, -1, x, y), (size_t)outs * sizeof(double));
    for (int64_t o = 0; o < outs; o++) {
      t[o] = a->tk * v[o] + a->tt * t[o] + a->t0;
      v[o] = a->k * v[o] + a->k0;
    }
  }
done:
  free(memory);
  return status;
}

/* ---- Layers on all positions of a sample ---- */

/* Number, along the axes that are averaged over, of the group of position `at`. */
static int64_t norm_group(const nt_node *node, const nt_shape *space, int64_t at)
{
  int64_t group = 0, stride = 1;
  for (int a = space->rank - 1; a >= 0; a--) {
    if (!node->norm.axis[a]) {
      group += at % space->dim[a] * stride;
      stride *= space->dim[a];
    }
    at /= space->dim[a];
  }
  return group;
}

/* Sums of V + eps of a sample's positions by group, and how many are not masked: the reference adds
 * eps at those that are masked too. */
static void norm_sums(const nt_pass *p, int n, int64_t i, double *sum, double *number)
{
  const nt_node *node = &p->plan->node[n];
  const nt_own *in = &p->own[node->in[0]];
  const nt_shape space = nt_facts_space(&node->facts);
  const int64_t positions = nt_facts_positions(&node->facts);
  for (int64_t k = 0; k < positions; k++) {
    const int64_t group = norm_group(node, &space, k);
    sum[group] += in->v[i * positions + k] + node->norm.eps;
    number[group] += in->mask == NULL || !in->mask[i * positions + k];
  }
}

/* The mean variances of a norm over the samples: known, or to be found from the sums left here. */
static const double *batch_norm(nt_pass *p, int n, double *ones)
{
  const int64_t positions = nt_facts_positions(&p->plan->node[n].facts);
  if (p->panel->norm != NULL && p->panel->norm[n] != NULL) return p->panel->norm[n];
  if (p->panel->norm_sum != NULL && p->panel->norm_node < 0) p->panel->norm_node = n;
  for (int64_t i = 0; p->panel->norm_node == n && i < p->count; i++)
    norm_sums(p, n, i, p->panel->norm_sum, p->panel->norm_sum + positions);
  for (int64_t k = 0; k < positions; k++)
    ones[k] = 1;
  return ones;
}

static nt_status norm(nt_pass *p, int n)
{
  nt_status status = NT_OK;
  const nt_node *node = &p->plan->node[n];
  const nt_own *in = &p->own[node->in[0]];
  const nt_shape space = nt_facts_space(&node->facts);
  const int64_t positions = nt_facts_positions(&node->facts);
  void *memory = NULL;
  NT_TRY(nt_alloc(p->err, 2 * positions, sizeof(double), "variances", &memory));
  double *sum = memory, *number = sum + positions;
  const double *mean = node->norm.batch ? batch_norm(p, n, sum) : sum;
  for (int64_t i = 0; i < p->count; i++) {
    if (!node->norm.batch) {
      memset(sum, 0, 2 * (size_t)positions * sizeof(double));
      norm_sums(p, n, i, sum, number);
      for (int64_t k = 0; k < positions; k++)
        sum[k] /= fmax(number[k], 1);
    }
    for (int64_t k = 0; k < positions; k++) {
      const double v = mean[norm_group(node, &space, k)];
      p->own[n].v[i * positions + k] = in->v[i * positions + k] / v;
      p->own[n].t[i * positions + k] = in->t[i * positions + k] / v;
      p->own[n].scale[i * positions + k] = 1 / sqrt(v);
    }
  }
done:
  free(memory);
  return status;
}

/* Of the mean over the positions that are not masked, beside that over all: the
 * square of P / their number. */
static double share_of(const nt_pass *p, int n, int64_t sample)
{
  const double ratio = nt_unmasked_ratio(p, n, sample);
  return ratio * ratio;
}

/* In the diagonal layout positions are uncorrelated. */
static void global_diagonal(nt_pass *p, int n)
{
  const nt_node *node = &p->plan->node[n];
  const nt_own *in = &p->own[node->in[0]];
  const int64_t positions = nt_facts_positions(&p->plan->node[node->in[0]].facts);
  for (int64_t i = 0; i < p->count; i++) {
    double v = 0, t = 0;
    for (int64_t k = 0; k < positions; k++) {
      v += in->v[i * positions + k];
      t += in->t[i * positions + k];
    }
    const double share = share_of(p, n, i);
    p->own[n].v[i] = node->affine.k * share * v;
    p->own[n].t[i] = node->affine.tt * share * t;
  }
}

/* Whether the sums that the planes have left of node n are those of D. */
static bool sums_d(const nt_pass *p, int n)
{
  const nt_region *region = &p->plan->program->region[p->ran[n]];
  bool d = false;
  for (int s = 0; s < region->n_steps; s++) {
    const nt_step *step = &region->step[s];
    d |= step->node == n && step->d && (step->kind == NT_STEP_POOL || step->kind == NT_STEP_GLOBAL);
  }
  return d;
}

/* The variance of a pool from its sums of D (all of them in v already), and what
 * makes D of those of a pair. */
static nt_status pooled(nt_pass *p, int n)
{
  nt_status status = NT_OK;
  const nt_node *node = &p->plan->node[n];
  const nt_own *in = &p->own[node->in[0]], *own = &p->own[n];
  const int64_t outs = nt_facts_positions(&node->facts), most = nt_window_positions(node);
  const int64_t positions = nt_facts_positions(&p->plan->node[node->in[0]].facts);
  double *half = own->scale, *share = half + outs, *mean = share + outs;
  void *memory = NULL;
  NT_TRY(nt_alloc(p->err, 2 * most, sizeof(double), "sums of a window", &memory));
  double *x = memory, *y = x + most;
  memcpy(x, in->v, (size_t)positions * sizeof(double));
  memcpy(mean, nt_window_sums(node, -1, x, y), (size_t)outs * sizeof(double));
  for (int64_t k = 0; k < positions; k++)
    x[k] = 1;
  memcpy(share, nt_window_sums(node, -1, x, y), (size_t)outs * sizeof(double));
  for (int64_t k = 0; k < outs; k++) {
    half[k] = own->v[k] / 2;
    own->v[k] = share[k] * mean[k] - own->v[k];
    share[k] /= 2;
  }
done:
  free(memory);
  return status;
}

/* The same of a global mean or sum. */
static void pooled_all(nt_pass *p, int n)
{
  const nt_node *node = &p->plan->node[n];
  const nt_own *in = &p->own[node->in[0]], *own = &p->own[n];
  const int64_t positions = nt_facts_positions(&p->plan->node[node->in[0]].facts);
  double sum = 0;
  for (int64_t k = 0; k < positions; k++)
    sum += in->v[k];
  own->scale[0] = own->v[0] / 2;
  own->v[0] = node->affine.k * (double)positions * sum - own->v[0];
}

/* What the own planes of the one sample in hand have left. */
static nt_status mixed(nt_pass *p, int n)
{
  const nt_node *node = &p->plan->node[n];
  const nt_workspace *ws = p->ws;
  const int64_t positions = nt_facts_positions(&node->facts);
  const size_t size = ws->lanes->size;
  const int tile = p->plan->program->tile_of[n];
  if (tile >= 0) {
    ws->lanes->to_double(1, ws->value_k + tile * ws->value_size, p->own[n].v);
    if (node->want_t) ws->lanes->to_double(1, ws->value_t + tile * ws->value_size, p->own[n].t);
    const double share = node->action == NT_GLOBAL ? share_of(p, n, 0) : 1;
    p->own[n].v[0] *= share;
    p->own[n].t[0] *= share;
    if (node->action == NT_GLOBAL && sums_d(p, n)) pooled_all(p, n);
    return NT_OK;
  }
  const int number = p->plan->program->tensor_of[n];
  const nt_tensor_buffer *tensor = &ws->tensor[number];
  for (int64_t k = 0; k < positions; k++) {
    const int64_t place = nt_tensor_diagonal(&p->plan->program->tensor[number], k);
    const size_t at = (size_t)place * size;
    ws->lanes->to_double(1, tensor->k + at, &p->own[n].v[k]);
    if (node->want_t) ws->lanes->to_double(1, tensor->t + at, &p->own[n].t[k]);
  }
  return sums_d(p, n) ? pooled(p, n) : NT_OK;
}

/* Without positions: one number, whose weight the sides hold already. */
static nt_status mix_one(nt_pass *p, int n)
{
  nt_status status = NT_OK;
  const nt_node *node = &p->plan->node[n];
  const nt_own *in = &p->own[node->in[0]];
  NT_TRY(nt_own_side(p, n, NULL));
  for (int64_t i = 0; i < p->count; i++) {
    nt_mix m = {.k = &in->v[i],
                .t = p->plan->node[node->in[0]].want_t ? &in->t[i] : NULL,
                .k_out = &p->own[n].v[i],
                .t_out = node->want_t ? &p->own[n].t[i] : NULL};
    nt_mix_pair(p->plan, p->ws, n, p->panel, p->first + i, p->panel, p->first + i, &m);
  }
done:
  return status;
}

/* ---- Any node ---- */

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
      return window(p, n);
    case NT_NORM:
      return norm(p, n);
    case NT_MIX:
      if (nt_node_rank(&p->plan->node[node->in[0]]) == 0) return mix_one(p, n);
      return mixed(p, n);
    case NT_POOL:
      return mixed(p, n);
    case NT_GLOBAL:
      if (p->plan->node[node->in[0]].facts.diagonal_spatial)
        global_diagonal(p, n);
      else
        return mixed(p, n);
      break;
    default: /* NT_AFFINE, NT_DROPOUT */
      affine(p, n);
    }
  return NT_OK;
}
