/* Layers on all positions of a sample: its variance V and own NTK T behind norms, pools, means over
 * all positions, and layers that weigh them. */
#include "base/check.h"
#include "base/memory.h"
#include "kernel/plane.h"
#include "kernel/sample_impl.h"
#include "layer/math.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

nt_status nt_own_norm(nt_pass *p, int n)
{
  nt_status status = NT_OK;
  const nt_node *node = &p->plan->node[n];
  const nt_own *in = &p->own[node->in[0]];
  const nt_shape space = nt_facts_space(&node->facts);
  const int64_t positions = nt_facts_positions(&node->facts);
  double *sum = NULL;
  NT_TRY(nt_alloc(p->err, 2 * positions, sizeof(double), "variances", &sum));
  double *number = sum + positions;
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
  free(sum);
  return status;
}

/* Of the mean over the positions that are not masked, beside that over all: the
 * square of P / their number. */
static double share_of(const nt_pass *p, int n, int64_t sample)
{
  const double ratio = nt_unmasked_ratio(p, n, sample);
  return ratio * ratio;
}

void nt_own_global_diagonal(nt_pass *p, int n)
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

/* Where the positions of a sample cancel, rounding may leave less than nothing of its variance: of
 * that there is no root. What is no number stays so. */
static double from_zero(double v) { return NT_MAX(v, 0); }

/* Half the sum of D of a pool of the sample with itself: rounded, and the rest. */
static void halve(const nt_pass *p, const char *sum, double *half, double *rest)
{
  const long double wide = p->ws->lanes->to_wide(sum) / 2;
  *half = (double)wide;
  *rest = (double)(wide - *half);
}

/* The variance of a pool from its sums of D (all of them in v already, and in `tensor`), and what
 * makes D of those of a pair. */
static nt_status pooled(nt_pass *p, int n, const nt_tensor *tensor, const char *sums)
{
  nt_status status = NT_OK;
  const nt_node *node = &p->plan->node[n];
  const nt_own *in = &p->own[node->in[0]], *own = &p->own[n];
  const int64_t outs = nt_facts_positions(&node->facts), room = nt_window_room(node, 1);
  const int64_t positions = nt_facts_positions(&p->plan->node[node->in[0]].facts);
  double *half = own->scale, *share = half + outs, *mean = share + outs;
  double *work = NULL;
  NT_TRY(nt_alloc(p->err, room + positions, sizeof(double), "sums of a window", &work));
  double *ones = work + room;
  for (int64_t k = 0; k < positions; k++)
    ones[k] = 1;
  nt_window_sums(node, -1, 1, in->v, work, mean);
  nt_window_sums(node, -1, 1, ones, work, share);
  for (int64_t k = 0; k < outs; k++) {
    halve(p, sums + nt_tensor_diagonal(tensor, k) * (int64_t)p->ws->lanes->size, &half[k],
          &own->rest[k]);
    own->v[k] = share[k] * mean[k] - own->v[k];
    share[k] /= 2;
  }
done:
  free(work);
  return status;
}

/* The same of a global mean or sum over all positions. */
static void pooled_all(nt_pass *p, int n, const char *all)
{
  const nt_node *node = &p->plan->node[n];
  const nt_own *in = &p->own[node->in[0]], *own = &p->own[n];
  const int64_t positions = nt_facts_positions(&p->plan->node[node->in[0]].facts);
  double sum = 0;
  for (int64_t k = 0; k < positions; k++)
    sum += in->v[k];
  halve(p, all, &own->scale[0], own->rest);
  own->v[0] = from_zero(node->affine.k * (double)positions * sum - own->v[0]);
  own->scale[1] = sqrt(own->v[0]);
  own->scale[2] = 0;
}

/* What the half of K of node n at entry k, or without positions its root, has beyond a double. */
static void leave_rest(const nt_pass *p, int n, int64_t k, const char *value)
{
  const nt_own *own = &p->own[n];
  const long double wide = p->ws->lanes->to_wide(value);
  if (own->rest == NULL || p->plan->node[n].action != NT_MIX) return;
  own->rest[k] = nt_node_rank(&p->plan->node[n]) > 0
                     ? (double)((wide - own->v[k]) / 2)
                     : (double)(sqrtl(wide) - (long double)sqrt(own->v[k]));
}

nt_status nt_own_mixed(nt_pass *p, int n)
{
  nt_status status = NT_OK;
  const nt_node *node = &p->plan->node[n];
  const nt_workspace *ws = p->ws;
  const int64_t positions = nt_facts_positions(&node->facts);
  const size_t size = ws->lanes->size;
  const int tile = p->plan->program->tile_of[n];
  memset(p->own[n].t, 0, (size_t)positions * sizeof(double));
  if (tile >= 0) {
    ws->lanes->to_double(1, ws->value_k + tile * ws->value_size, p->own[n].v);
    leave_rest(p, n, 0, ws->value_k + tile * ws->value_size);
    if (node->want_t) ws->lanes->to_double(1, ws->value_t + tile * ws->value_size, p->own[n].t);
    if (node->action == NT_GLOBAL && sums_d(p, n))
      pooled_all(p, n, ws->value_k + tile * ws->value_size);
    const double share = node->action == NT_GLOBAL ? share_of(p, n, 0) : 1;
    p->own[n].v[0] = from_zero(p->own[n].v[0] * share);
    p->own[n].t[0] *= share;
    return NT_OK;
  }
  const int number = p->plan->program->tensor_of[n];
  const nt_tensor_buffer *tensor = &ws->tensor[number];
  for (int64_t k = 0; k < positions; k++) {
    const int64_t place = nt_tensor_diagonal(&p->plan->program->tensor[number], k);
    const size_t at = (size_t)place * size;
    ws->lanes->to_double(1, tensor->k + at, &p->own[n].v[k]);
    leave_rest(p, n, k, tensor->k + at);
    if (node->want_t) ws->lanes->to_double(1, tensor->t + at, &p->own[n].t[k]);
  }
  if (sums_d(p, n)) NT_TRY(pooled(p, n, &p->plan->program->tensor[number], tensor->k));
  for (int64_t k = 0; k < positions; k++)
    p->own[n].v[k] = from_zero(p->own[n].v[k]);
done:
  return status;
}

nt_status nt_own_mix_one(nt_pass *p, int n)
{
  nt_status status = NT_OK;
  const nt_node *node = &p->plan->node[n];
  const nt_own *in = &p->own[node->in[0]];
  NT_TRY(nt_own_side(p, n, NULL));
  if (!node->want_t) memset(p->own[n].t, 0, (size_t)p->count * sizeof(double));
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
