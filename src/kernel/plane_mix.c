/** Layers that mix all positions of a pair, after its last plane: from the tensor that the planes have
 * filled into another tensor, or a tile value. */
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

void nt_mix_pair(const nt_plan *plan, const nt_workspace *ws, int node, const nt_panel *rows,
                 int64_t i, const nt_panel *cols, int64_t j, nt_mix *m)
{
  const nt_node *layer = &plan->node[node];
  const nt_facts *in = facts_of(plan, node, true), *out = facts_of(plan, node, false);
  const nt_mix_sizes most = nt_mix_sizes_of(plan);
  int mix = 0;
  while (plan->program->mix[mix] != node)
    mix++;
  const int64_t side = nt_side_size(plan, mix);
  m->p_in = nt_facts_positions(in);
  m->p_out = nt_facts_positions(out);
  m->side1 = rows->side[mix] + i * side;
  m->side2 = cols->side[mix] + j * side;
  m->work = ws->mix + 2 * (most.in + most.out);
  layer->ops->mix(layer->cfg, in, out, m);
}

/* Doubles of a tensor: itself, or a copy. */
static double *doubles(const nt_workspace *ws, const char *tensor, int64_t n, double *copy)
{
  if (ws->lanes->size == sizeof(double)) return (double *)(void *)(uintptr_t)tensor;
  ws->lanes->to_double(n, tensor, copy);
  return copy;
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
  nt_mix_pair(plan, ws, step->node, p->tile->rows, p->i, p->tile->cols, p->j, &m);
  const int64_t at = step->out >= 0 ? 0 : nt_plane_value(p, ~step->out);
  char *to_k = step->out >= 0 ? ws->tensor[step->out].k : ws->value_k + at;
  char *to_t = step->out >= 0 ? ws->tensor[step->out].t : ws->value_t + at;
  ws->lanes->from_double(out * out, k_out, to_k);
  if (step->t) ws->lanes->from_double(out * out, t_out, to_t);
}

void nt_plane_mix(const nt_plane *p)
{
  for (int s = 0; s < p->region->n_steps; s++) {
    if (p->region->step[s].kind == NT_STEP_MIX) mix(p, &p->region->step[s]);
  }
}
