/** The steps of each kind of node. A value takes over the slot of an input that nobody reads any
 * more; where a reader needs the other form of a value, a conversion comes between. */
#include "plan/outline.h"
#include "plan/step_parts.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>

/* Rows that the bias of affine node `affine` needs where it acts on a D without positions. */
static nt_status bias_of(nt_compiler *c, int instance, int affine, int *row)
{
  *row = -1;
  if (affine < 0 || c->plan->node[affine].affine.k0 == 0 || c->instance[instance].frame >= 0)
    return NT_OK;
  return nt_compile_rows(c, c->instance[instance].node, NT_ROW_BIAS, affine, -1, row);
}

static nt_post post_of(const nt_affine *a, bool d)
{
  return (nt_post){.kf = d ? 0 : a->k,
                   .kd = d ? a->k : 0,
                   .k0 = d ? 0 : a->k0,
                   .tf = a->tk,
                   .tt = a->tt,
                   .t0 = a->t0};
}

/* What is folded into the loop of node `n`, which makes D or K, or nothing; of a window its factors
 * alone. */
static nt_post folded_post(const nt_compiler *c, int n, bool d)
{
  static const nt_affine nothing = {.k = 1, .tt = 1};
  const int folded = c->value[n].folded;
  nt_affine a = folded >= 0 ? c->plan->node[folded].affine : nothing;
  if (folded >= 0 && c->plan->node[folded].action == NT_WINDOW) a.k0 = a.t0 = 0;
  return post_of(&a, d);
}

/* T of a first window from its K: with factors tk and k before the sums, and k0, t0 behind them, it
 * is tk / k (K - k0) + t0. */
static double share_of(const nt_affine *a) { return a->tk / a->k; }

static double shift_of(const nt_affine *a) { return a->t0 - share_of(a) * a->k0; }

/* Whether all pairs of positions of an input are multiplied at once: with many channels it takes a
 * fraction of the time of lane by lane. Their products stay in a third cache, and most are read. */
static bool is_multiplied(const nt_compiler *c, const nt_node *node, int frame)
{
  enum { CHANNELS = 32, MOST_BYTES = 32 << 20 };
  const double positions = (double)nt_facts_positions(&node->facts), pairs = positions * positions;
  return nt_facts_channels(&node->facts) >= CHANNELS && pairs * sizeof(double) <= MOST_BYTES &&
         2 * nt_frame_cells(&c->program->frames, frame) >= pairs;
}

static nt_status emit_input(nt_compiler *c, int instance)
{
  nt_status status = NT_OK;
  nt_step step = nt_step_of(c, instance, NT_STEP_INPUT);
  const int n = c->instance[instance].node, folded = c->value[n].folded;
  const nt_node *node = &c->plan->node[n];
  step.leaf = node->leaf;
  step.post = folded_post(c, n, step.d);
  if (folded >= 0) {
    step.k = c->plan->node[folded].want_k;
    step.t = c->plan->node[folded].want_t && !c->value[folded].starts;
  }
  if (step.frame >= 0 && !node->given && is_multiplied(c, node, step.frame)) {
    NT_TRY(nt_compile_strips(c, n, &step.strips));
    if (step.d) NT_TRY(nt_step_form_rows(c, instance, &step.row));
  } else if (step.frame >= 0 && !node->given) {
    NT_TRY(nt_compile_rows(c, n, NT_ROW_CHANNELS, -1, step.frame, &step.row));
  } else if (step.d) {
    NT_TRY(nt_step_form_rows(c, instance, &step.row));
    NT_TRY(bias_of(c, instance, folded, &step.bias));
  }
  NT_TRY(nt_compile_slot(c, &step.out));
  NT_TRY(nt_compile_add(c, step));
  status = nt_step_define(c, instance, step.out);
done:
  return status;
}

static nt_status emit_map(nt_compiler *c, int instance)
{
  nt_status status = NT_OK;
  nt_step step = nt_step_of(c, instance, NT_STEP_MAP);
  const int n = c->instance[instance].node, from = c->instance[instance].in[0];
  const nt_node *node = &c->plan->node[n];
  const int folded = c->value[n].folded;
  int slot;
  bool temporary;
  const bool by_k = step.d && nt_node_goes_by_k(c->plan, node);
  step.d &= !by_k;
  const bool differs = step.d && !node->ops->takes_d;
  NT_TRY(nt_step_in_form(c, from, differs || node->ops->takes_d, &slot, &temporary));
  NT_TRY(nt_compile_rows(c, c->instance[from].node, NT_ROW_MAP, n, step.frame, &step.row));
  if (step.d) NT_TRY(bias_of(c, instance, folded, &step.bias));
  if (folded >= 0) {
    step.k = c->plan->node[folded].want_k;
    step.t = c->plan->node[folded].want_t;
  }
  step.has_t = nt_step_node(c, from)->want_t;
  if (nt_step_value(c, from)->map_starts) {
    step.has_t = false;
    step.share = share_of(&nt_step_node(c, from)->affine);
    step.shift = shift_of(&nt_step_node(c, from)->affine);
  }
  step.map = (differs ? node->ops->difference : node->ops->map)[c->program->dtype];
  step.cfg = node->cfg;
  step.post = folded_post(c, n, step.d);
  NT_TRY(nt_step_add_behind(c, &step, from, slot, temporary));
  if (by_k) NT_TRY(nt_step_convert(c, instance, true, step.out, step.out));
  status = nt_step_define(c, instance, step.out);
done:
  return status;
}

/* An affine layer of its own, or (`factors`) what a window does before
 * its sums, into a new slot. */
static nt_status emit_affine(nt_compiler *c, int instance, bool factors, int *out)
{
  nt_status status = NT_OK;
  nt_step step = nt_step_of(c, instance, NT_STEP_AFFINE);
  const int n = c->instance[instance].node, from = c->instance[instance].in[0];
  nt_affine affine = c->plan->node[n].affine;
  int slot;
  bool temporary;
  NT_TRY(nt_step_in_form(c, from, step.d, &slot, &temporary));
  if (step.d && step.t && affine.tk != 0) NT_TRY(nt_step_form_rows(c, from, &step.row));
  if (step.d) NT_TRY(bias_of(c, from, n, &step.bias));
  if (factors) affine.k0 = affine.t0 = 0;
  step.frame = c->instance[from].frame;
  step.has_t = nt_step_node(c, from)->want_t;
  step.post = post_of(&affine, step.d);
  NT_TRY(nt_step_add_behind(c, &step, from, slot, temporary));
  *out = step.out;
done:
  return status;
}

/* K = 0 and T = 0 at different positions, in place: no sums, and no bias either. */
static nt_status emit_separate(nt_compiler *c, int instance, int slot)
{
  nt_status status = NT_OK;
  nt_step step = nt_step_of(c, instance, NT_STEP_SEPARATE);
  if (step.d) NT_TRY(nt_step_form_rows(c, instance, &step.row));
  status = nt_step_add_in_place(c, step, slot);
done:
  return status;
}

/* The T of a first window, in place. */
static nt_status emit_start(nt_compiler *c, int instance, int slot)
{
  nt_status status = NT_OK;
  nt_step step = nt_step_of(c, instance, NT_STEP_AFFINE);
  const nt_affine *a = &nt_step_node(c, instance)->affine;
  if (step.d) NT_TRY(nt_step_form_rows(c, instance, &step.row));
  step.has_t = false;
  step.post = (nt_post){.kf = 1, .kd = 1, .tf = share_of(a), .t0 = shift_of(a)};
  status = nt_step_add_in_place(c, step, slot);
done:
  return status;
}

static nt_status emit_window(nt_compiler *c, int instance)
{
  nt_status status = NT_OK;
  const int n = c->instance[instance].node, from = c->instance[instance].in[0];
  const nt_node *node = &c->plan->node[n];
  nt_step step = nt_step_of(c, instance, NT_STEP_WINDOW);
  int slot, active;
  if (c->value[n].folds)
    slot = c->instance[from].slot;
  else
    NT_TRY(emit_affine(c, instance, true, &slot));
  step.frame_in = c->instance[from].frame;
  step.post = (nt_post){.k0 = step.d ? 0 : node->affine.k0, .t0 = node->affine.t0};
  NT_TRY(nt_compile_moves(c, node, false, &step, &active));
  for (int a = 0; step.d && a < nt_node_rank(node); a++) {
    if (step.moves[a] >= 0 && nt_moves_have_fills(&c->program->frames, step.moves[a]))
      NT_TRY(nt_compile_fill(c, c->instance[from].node, n, a, &step, &step.fill[a]));
  }
  /* The sums of one axis are no longer those that the next input lane needs. */
  if (active < 2) NT_TRY(nt_compile_slot(c, &step.out));
  if (c->value[n].folds)
    nt_step_release(c, from);
  else
    c->slot_used[slot] = false;
  if (active >= 2) NT_TRY(nt_compile_slot(c, &step.out));
  step.t = step.has_t = node->want_t && !c->value[n].starts;
  NT_TRY(nt_step_add(c, step, slot));
  if (c->value[n].starts && !c->value[n].map_starts) NT_TRY(emit_start(c, instance, step.out));
  if (node->ops->separate && !node->facts.diagonal_spatial)
    NT_TRY(emit_separate(c, instance, step.out));
  status = nt_step_define(c, instance, step.out);
done:
  return status;
}

/* One input of a concatenation among the positions of the whole, in a slot of its own. */
static nt_status emit_part(nt_compiler *c, int instance, int input, int *slot, bool *temporary)
{
  nt_status status = NT_OK;
  nt_step step = nt_step_of(c, instance, NT_STEP_WINDOW);
  const nt_node *node = nt_step_node(c, instance);
  const int from = c->instance[instance].in[input], axis = node->concat;
  nt_frames *frames = &c->program->frames;
  const int in = *slot;
  step.frame_in = c->instance[from].frame;
  step.has_t = step.t = nt_step_node(c, from)->want_t;
  const nt_moves wanted = {.in = frames->frame[step.frame_in].line[axis],
                           .out = frames->frame[step.frame].line[axis],
                           .taps = &node->taps[input],
                           .last = axis == frames->frame[step.frame].rank - 1};
  NT_TRY(nt_moves_make(c->err, frames, wanted, &step.moves[axis]));
  if (step.d && nt_moves_have_fills(frames, step.moves[axis])) {
    NT_TRY(nt_compile_fill(c, c->instance[from].node, -1, axis, &step, &step.fill[axis]));
  }
  NT_TRY(nt_compile_slot(c, &step.out));
  NT_TRY(nt_step_add(c, step, in));
  if (*temporary) c->slot_used[in] = false;
  *slot = step.out;
  *temporary = true;
done:
  return status;
}

/* Sum or product: its slot is a new one, since the inputs are read one after the other. */
static nt_status emit_join(nt_compiler *c, int instance)
{
  nt_status status = NT_OK;
  const nt_node *node = nt_step_node(c, instance);
  const bool sum = node->action == NT_WEIGHTED_SUM;
  nt_step step = nt_step_of(c, instance, sum ? NT_STEP_SUM : NT_STEP_PRODUCT);
  const bool roots = step.d && step.frame < 0;
  nt_operand *in = NULL;
  bool *temporary = NULL;
  NT_TRY(nt_alloc(c->err, node->n_in, sizeof(nt_operand), "a step", &in));
  NT_TRY(nt_alloc(c->err, node->n_in, sizeof(bool), "a step", &temporary));
  for (int i = 0; i < node->n_in; i++) {
    const int from = c->instance[instance].in[i];
    in[i] = (nt_operand){
        .has_t = nt_step_node(c, from)->want_t, .weight = sum ? node->weight[i] : 1, .row = -1};
    NT_TRY(nt_step_in_form(c, from, step.d, &in[i].slot, &temporary[i]));
    if (node->concat >= 0 && step.frame >= 0)
      NT_TRY(emit_part(c, instance, i, &in[i].slot, &temporary[i]));
  }
  if (roots) NT_TRY(nt_step_form_rows(c, instance, &step.row));
  NT_TRY(nt_compile_slot(c, &step.out));
  for (int i = 0; i < node->n_in; i++) {
    const int from = c->instance[instance].in[i];
    if (roots || (step.d && !sum)) NT_TRY(nt_step_form_rows(c, from, &in[i].row));
    if (temporary[i]) c->slot_used[in[i].slot] = false;
    nt_step_release(c, from);
  }
  step.n_in = node->n_in;
  step.in = in;
  in = NULL;
  NT_TRY(nt_compile_add(c, step));
  status = nt_step_define(c, instance, step.out);
done:
  free(in);
  free(temporary);
  return status;
}

/* LayerNorm, Dropout, and without positions a layer that mixes them: one slot to another. */
static nt_status emit_scale(nt_compiler *c, int instance, nt_step_kind kind)
{
  nt_status status = NT_OK;
  nt_step step = nt_step_of(c, instance, kind);
  const int n = c->instance[instance].node, from = c->instance[instance].in[0];
  int slot;
  bool temporary;
  NT_TRY(nt_step_in_form(c, from, step.d, &slot, &temporary));
  if (kind == NT_STEP_SCALE) {
    NT_TRY(nt_compile_rows(c, c->instance[from].node, NT_ROW_NORM, n, step.frame, &step.row));
  }
  step.has_t = nt_step_node(c, from)->want_t;
  step.post = (nt_post){.kf = c->plan->node[n].affine.k, .tt = c->plan->node[n].affine.tt};
  NT_TRY(nt_step_add_behind(c, &step, from, slot, temporary));
  status = nt_step_define(c, instance, step.out);
done:
  return status;
}

static nt_status emit_plain(nt_compiler *c, int instance)
{
  nt_status status = NT_OK;
  const int n = c->instance[instance].node, from = c->instance[instance].in[0];
  int slot;
  if (c->value[n].folds) {
    slot = c->instance[from].slot;
    c->instance[from].left--;
  } else {
    NT_TRY(emit_affine(c, instance, false, &slot));
  }
  status = nt_step_define(c, instance, slot);
done:
  return status;
}

nt_status nt_compile_instance(nt_compiler *c, int instance)
{
  const nt_node *node = nt_step_node(c, instance);
  if (c->instance[instance].loaded) return nt_compile_load(c, instance);
  if (node->ops == NULL) return emit_input(c, instance);
  switch (node->action) {
  case NT_MAP:
    return emit_map(c, instance);
  case NT_WINDOW:
    return emit_window(c, instance);
  case NT_WEIGHTED_SUM:
  case NT_PRODUCT:
    return emit_join(c, instance);
  case NT_NORM:
    return emit_scale(c, instance, NT_STEP_SCALE);
  case NT_DROPOUT:
    return emit_scale(c, instance, NT_STEP_DROPOUT);
  case NT_MIX:
    return emit_scale(c, instance, NT_STEP_MIX);
  default: /* NT_AFFINE, and a Flatten of one position, which changes nothing */
    return emit_plain(c, instance);
  }
}
