/** Layers that mix all positions of a pair, after its last plane: from the tensor that the planes
 * have filled into another tensor, or a tile value. */
#include "kernel/plane.h"

#include <string.h>

static const nt_facts *facts_of(const nt_plan *plan, int node, bool in)
{
  return &plan->node[in ? plan->node[node].in[0] : node].facts;
}

nt_mix_sizes nt_mix_sizes_of(const nt_plan *plan)
{
  nt_mix_sizes most = {0};
  for (int m = 0; m < plan->program->n_mixes; m++) {
    const int n = plan->program->mix[m];
    const nt_facts *in = facts_of(plan, n, true), *out = facts_of(plan, n, false);
    const int64_t p = nt_facts_positions(in), q = nt_facts_positions(out);
    const int64_t work = plan->node[n].ops->work_size(plan->node[n].cfg, in, out);
    if (p * p > most.in) most.in = p * p;
    if (q * q > most.out) most.out = q * q;
    if (work > most.work) most.work = work;
  }
  return most;
}

int nt_mix_number(const nt_program *program, int node)
{
  int mix = 0;
  while (program->mix[mix] != node)
    mix++;
  return mix;
}

/* What a pair brings into the layer, beside K and T. */
static void set_pair(const nt_plan *plan, const nt_workspace *ws, int node, const nt_panel *rows,
                     int64_t i, const nt_panel *cols, int64_t j, nt_mix *m)
{
  const nt_mix_sizes most = nt_mix_sizes_of(plan);
  const int mix = nt_mix_number(plan->program, node);
  const int64_t side = nt_side_size(plan, mix);
  m->p_in = nt_facts_positions(facts_of(plan, node, true));
  m->p_out = nt_facts_positions(facts_of(plan, node, false));
  m->side1 = rows->side[mix] + i * side;
  m->side2 = cols->side[mix] + j * side;
  m->work = ws->mix + 2 * (most.in + most.out);
  if (m->k_rest != NULL) m->work_rest = m->work + most.work;
}

void nt_mix_pair(const nt_plan *plan, const nt_workspace *ws, int node, const nt_panel *rows,
                 int64_t i, const nt_panel *cols, int64_t j, nt_mix *m)
{
  const nt_node *layer = &plan->node[node];
  set_pair(plan, ws, node, rows, i, cols, j, m);
  layer->ops->mix(layer->cfg, facts_of(plan, node, true), facts_of(plan, node, false), m);
}

/* Doubles of a tensor: itself, or a copy. */
static double *doubles(const nt_workspace *ws, const char *tensor, int64_t n, double *copy)
{
  if (ws->lanes->size == sizeof(double)) return (double *)(void *)(uintptr_t)tensor;
  ws->lanes->to_double(n, tensor, copy);
  return copy;
}

/* What the numbers of a tensor have beyond these doubles. */
static void split(const nt_workspace *ws, const char *tensor, int64_t n, const double *k,
                  double *rest)
{
  for (int64_t i = 0; i < n; i++)
    rest[i] = (double)(ws->lanes->to_wide(tensor + (size_t)i * ws->lanes->size) - k[i]);
}

/* To a tensor, or to a number of the tile. */
static void leave(const nt_plane *p, const nt_step *step, int64_t n, const nt_mix *m)
{
  const nt_workspace *ws = p->ws;
  const int64_t at = step->out >= 0 ? 0 : nt_plane_value(p, ~step->out);
  char *to_k = step->out >= 0 ? ws->tensor[step->out].k : ws->value_k + at;
  char *to_t = step->out >= 0 ? ws->tensor[step->out].t : ws->value_t + at;
  ws->lanes->from_double(n, m->k_out, to_k);
  if (m->k_out_rest != NULL) ws->lanes->add_double(n, m->k_out_rest, to_k);
  if (step->t) ws->lanes->from_double(n, m->t_out, to_t);
}

static void mix(const nt_plane *p, const nt_step *step)
{
  const nt_workspace *ws = p->ws;
  const nt_plan *plan = p->tile->plan;
  const nt_mix_sizes most = nt_mix_sizes_of(plan);
  const nt_tensor_buffer *from = &ws->tensor[step->leaf];
  double *k = ws->mix, *t = k + most.in, *k_out = t + most.in, *t_out = k_out + most.out;
  const int64_t in = nt_facts_positions(facts_of(plan, step->node, true));
  const int64_t out = nt_facts_positions(facts_of(plan, step->node, false));
  nt_mix m = {.k = doubles(ws, from->k, in * in, k), .k_out = k_out, .part = step->part};
  if (step->has_t) m.t = doubles(ws, from->t, in * in, t);
  if (step->t) m.t_out = t_out;
  if (nt_plan_is_wide(plan)) {
    double *const rest = ws->mix + 2 * (most.in + most.out + most.work);
    split(ws, from->k, in * in, m.k, rest);
    m.k_rest = rest;
    m.k_out_rest = rest + most.in;
    memset(m.k_out_rest, 0, (size_t)(out * out) * sizeof(double));
  }
  nt_mix_pair(plan, ws, step->node, p->tile->rows, p->i, p->tile->cols, p->j, &m);
  leave(p, step, out * out, &m);
}

/* The mean of the diagonal is a weighted sum, plane by plane. */
void nt_plane_begin_mix(const nt_plane *p)
{
  const nt_plan *plan = p->tile->plan;
  for (int s = 0; s < p->region->n_steps; s++) {
    const nt_step *step = &p->region->step[s];
    if (step->kind != NT_STEP_MIX || !nt_plane_weighs(p, step)) continue;
    const nt_node *layer = &plan->node[step->node];
    const nt_tensor *tensor = &p->program->tensor[step->leaf];
    nt_weights *weights = &p->ws->weights[nt_mix_number(p->program, step->node)];
    nt_mix m = {0};
    set_pair(plan, p->ws, step->node, p->tile->rows, p->i, p->tile->cols, p->j, &m);
    weights->post = layer->ops->weigh(layer->cfg, facts_of(plan, step->node, true),
                                      facts_of(plan, step->node, false), &m, p->ws->mix);
    weights->k = weights->t = 0;
    p->ws->cells->pick_double(tensor->places, p->ws->mix, tensor->place, weights->lane);
  }
}

/* The weights of a sample with itself are those of the mirror image. */
void nt_plane_weigh(const nt_plane *p, const nt_step *step, nt_lane_value in)
{
  const nt_workspace *ws = p->ws;
  nt_weights *weights = &ws->weights[nt_mix_number(p->program, step->node)];
  const int64_t first = nt_plane_number(p) * p->program->frames.frame[p->region->frame].lanes;
  const int64_t n = nt_plane_lanes(p, step->frame);
  const char *lane = weights->lane + (size_t)first * ws->lanes->size;
  const double twice = p->twice ? 2 : 1;
  weights->k += twice * ws->cells->dot(n, lane, in.k);
  if (in.t != NULL) weights->t += twice * ws->cells->dot(n, lane, in.t);
}

/* The mean stands for every position. */
static void leave_mean(const nt_plane *p, const nt_step *step)
{
  const nt_weights *w = &p->ws->weights[nt_mix_number(p->program, step->node)];
  const nt_tensor *tensor = &p->program->tensor[step->out];
  const nt_tensor_buffer *to = &p->ws->tensor[step->out];
  const double k = w->post.kf * w->k + w->post.k0;
  const double t = w->post.tf * w->k + w->post.tt * w->t + w->post.t0;
  for (int64_t i = 0; i < tensor->positions; i++) {
    const size_t at = (size_t)nt_tensor_diagonal(tensor, i) * p->ws->lanes->size;
    p->ws->lanes->from_double(1, &k, to->k + at);
    if (step->t) p->ws->lanes->from_double(1, &t, to->t + at);
  }
}

void nt_plane_mix(const nt_plane *p)
{
  for (int s = 0; s < p->region->n_steps; s++) {
    const nt_step *step = &p->region->step[s];
    if (step->kind != NT_STEP_MIX) continue;
    if (nt_plane_weighs(p, step))
      leave_mean(p, step);
    else
      mix(p, step);
  }
}
