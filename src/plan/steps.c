/** The steps of each kind of node. A value takes over the slot of an input that nobody reads any
 * more; where a reader needs the other form of a value, a conversion comes between. */
#include "plan/compile.h"

#include "base/check.h"
#include "base/memory.h"
#include "net/net_impl.h"

#include <stdlib.h>

static const nt_node *node_of(const nt_compiler *c, int instance)
{
  return &c->plan->node[c->instance[instance].node];
}

static nt_node_use *value_of(const nt_compiler *c, int instance)
{
  return &c->value[c->instance[instance].node];
}

/* A step for the value of `instance`, with what most steps have. */
static nt_step step_of(const nt_compiler *c, int instance, nt_step_kind kind)
{
  const nt_node *node = node_of(c, instance);
  nt_step step = {.kind = kind,
                  .node = c->instance[instance].node,
                  .d = value_of(c, instance)->d,
                  .k = node->want_k,
                  .t = node->want_t,
                  .has_t = node->want_t,
                  .row = -1,
                  .row2 = -1,
                  .bias = -1,
                  .frame = c->instance[instance].frame,
                  .frame_in = c->instance[instance].frame};
  step.fixed = c->instance[instance].fixed;
  for (int a = 0; a < NT_MAX_RANK; a++) {
    step.moves[a] = step.fill[a] = -1;
    step.from[a] = c->instance[instance].from[a];
  }
  return step;
}

static void release(nt_compiler *c, int instance)
{
  nt_instance *i = &c->instance[instance];
  if (--i->left == 0) c->slot_used[i->slot] = false;
}

/* Rows that turn D into K and back: with positions q / 2, without them sqrt(q). */
static nt_status form_rows(nt_compiler *c, int instance, int *row)
{
  const int frame = c->instance[instance].frame;
  return nt_compile_rows(c, c->instance[instance].node, frame >= 0 ? NT_ROW_HALF : NT_ROW_ROOT, -1,
                         frame, row);
}

/* Rows that the bias of affine node `affine` needs where it acts on a D without positions. */
static nt_status bias_of(nt_compiler *c, int instance, int affine, int *row)
{
  *row = -1;
  if (affine < 0 || c->plan->node[affine].affine.k0 == 0 || c->instance[instance].frame >= 0)
    return NT_OK;
  return nt_compile_rows(c, c->instance[instance].node, NT_ROW_BIAS, affine, -1, row);
}

/* A slot with instance `from` in form `d` for one reader: its own slot, or a converted copy. */
static nt_status in_form(nt_compiler *c, int from, bool d, int *slot, bool *temporary)
{
  nt_status status = NT_OK;
  nt_step step = step_of(c, from, NT_STEP_CONVERT), *added;
  *slot = c->instance[from].slot;
  *temporary = value_of(c, from)->d != d;
  if (!*temporary) return NT_OK;
  NT_TRY(form_rows(c, from, &step.row));
  NT_TRY(nt_compile_slot(c, slot));
  step.out = *slot;
  step.d = d;
  step.k = true;
  NT_TRY(nt_compile_add(c, step, 1, &added));
  added->in[0] = c->instance[from].slot;
done:
  return status;
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

/* What is folded into the loop of node `n`, or nothing; of a window its factors alone. */
static nt_post folded_post(const nt_compiler *c, int n)
{
  static const nt_affine nothing = {.k = 1, .tt = 1};
  const int folded = c->value[n].folded;
  nt_affine a = folded >= 0 ? c->plan->node[folded].affine : nothing;
  if (folded >= 0 && c->plan->node[folded].action == NT_WINDOW) a.k0 = a.t0 = 0;
  return post_of(&a, c->value[n].d);
}

static nt_status emit_remask(nt_compiler *c, int instance)
{
  nt_status status = NT_OK;
  nt_step step = step_of(c, instance, NT_STEP_REMASK), *added;
  const int n = c->instance[instance].node, frame = step.frame;
  step.out = c->instance[instance].slot;
  NT_TRY(nt_compile_rows(c, n, NT_ROW_MASK, c->instance[instance].mover, frame, &step.row));
  if (step.d && frame >= 0) NT_TRY(form_rows(c, instance, &step.row2));
  NT_TRY(nt_compile_add(c, step, 1, &added));
  added->in[0] = step.out;
done:
  return status;
}

/* The value of an instance is in `slot` now. */
static nt_status define(nt_compiler *c, int instance, int slot)
{
  nt_instance *i = &c->instance[instance];
  const nt_node *node = node_of(c, instance);
  i->slot = slot;
  i->left = i->readers;
  /* What was kept in a tensor is masked already. */
  if (!node->remask || (i->loaded && node->cut)) return NT_OK;
  return emit_remask(c, instance);
}

/* T of a first window from its K: with factors tk and k before the sums, and k0, t0 behind them, it
 * is tk / k (K - k0) + t0. */
static double share_of(const nt_affine *a) { return a->tk / a->k; }

static double shift_of(const nt_affine *a) { return a->t0 - share_of(a) * a->k0; }

static nt_status emit_input(nt_compiler *c, int instance)
{
  nt_status status = NT_OK;
  nt_step step = step_of(c, instance, NT_STEP_INPUT), *added;
  const int n = c->instance[instance].node, folded = c->value[n].folded;
  const nt_node *node = &c->plan->node[n];
  step.leaf = node->leaf;
  step.post = folded_post(c, n);
  if (folded >= 0) {
    step.k = c->plan->node[folded].want_k;
    step.t = c->plan->node[folded].want_t && !c->value[folded].starts;
  }
  if (step.frame >= 0 && !node->given) {
    NT_TRY(nt_compile_rows(c, n, NT_ROW_CHANNELS, -1, step.frame, &step.row));
  } else if (step.d) {
    NT_TRY(form_rows(c, instance, &step.row));
    NT_TRY(bias_of(c, instance, folded, &step.bias));
  }
  NT_TRY(nt_compile_slot(c, &step.out));
  NT_TRY(nt_compile_add(c, step, 0, &added));
  status = define(c, instance, step.out);
done:
  return status;
}

static nt_status emit_map(nt_compiler *c, int instance)
{
  nt_status status = NT_OK;
  nt_step step = step_of(c, instance, NT_STEP_MAP), *added;
  const int n = c->instance[instance].node, from = c->instance[instance].in[0];
  const nt_node *node = &c->plan->node[n];
  const int folded = c->value[n].folded;
  int slot;
  bool temporary;
  const bool differs = step.d && !node->ops->takes_d;
  NT_TRY(in_form(c, from, differs || node->ops->takes_d, &slot, &temporary));
  NT_TRY(nt_compile_rows(c, c->instance[from].node, NT_ROW_MAP, n, step.frame, &step.row));
  if (step.d) NT_TRY(bias_of(c, instance, folded, &step.bias));
  if (folded >= 0) {
    step.k = c->plan->node[folded].want_k;
    step.t = c->plan->node[folded].want_t;
  }
  step.has_t = node_of(c, from)->want_t;
  if (value_of(c, from)->map_starts) {
    step.has_t = false;
    step.share = share_of(&node_of(c, from)->affine);
    step.shift = shift_of(&node_of(c, from)->affine);
  }
  step.map = (differs ? node->ops->difference : node->ops->map)[c->program->dtype];
  step.cfg = node->cfg;
  step.post = folded_post(c, n);
  if (temporary) c->slot_used[slot] = false;
  release(c, from);
  NT_TRY(nt_compile_slot(c, &step.out));
  NT_TRY(nt_compile_add(c, step, 1, &added));
  added->in[0] = slot;
  status = define(c, instance, step.out);
done:
  return status;
}

/* An affine layer of its own, or (`factors`) what a window does before
 * its sums, into a new slot. */
static nt_status emit_affine(nt_compiler *c, int instance, bool factors, int *out)
{
  nt_status status = NT_OK;
  nt_step step = step_of(c, instance, NT_STEP_AFFINE), *added;
  const int n = c->instance[instance].node, from = c->instance[instance].in[0];
  nt_affine affine = c->plan->node[n].affine;
  int slot;
  bool temporary;
  NT_TRY(in_form(c, from, step.d, &slot, &temporary));
  if (step.d && step.t && affine.tk != 0) NT_TRY(form_rows(c, from, &step.row));
  if (step.d) NT_TRY(bias_of(c, from, n, &step.bias));
  if (factors) affine.k0 = affine.t0 = 0;
  step.frame = c->instance[from].frame;
  step.has_t = node_of(c, from)->want_t;
  step.post = post_of(&affine, step.d);
  if (temporary) c->slot_used[slot] = false;
  release(c, from);
  NT_TRY(nt_compile_slot(c, &step.out));
  NT_TRY(nt_compile_add(c, step, 1, &added));
  added->in[0] = slot;
  *out = step.out;
done:
  return status;
}

/* K = 0 and T = 0 at different positions, in place: no sums, and no bias either. */
static nt_status emit_separate(nt_compiler *c, int instance, int slot)
{
  nt_status status = NT_OK;
  nt_step step = step_of(c, instance, NT_STEP_SEPARATE), *added;
  if (step.d) NT_TRY(form_rows(c, instance, &step.row));
  step.out = slot;
  NT_TRY(nt_compile_add(c, step, 1, &added));
  added->in[0] = slot;
done:
  return status;
}

/* The T of a first window, in place. */
static nt_status emit_start(nt_compiler *c, int instance, int slot)
{
  nt_status status = NT_OK;
  nt_step step = step_of(c, instance, NT_STEP_AFFINE), *added;
  const nt_affine *a = &node_of(c, instance)->affine;
  if (step.d) NT_TRY(form_rows(c, instance, &step.row));
  step.out = slot;
  step.has_t = false;
  step.post = (nt_post){.kf = 1, .kd = 1, .tf = share_of(a), .t0 = shift_of(a)};
  NT_TRY(nt_compile_add(c, step, 1, &added));
  added->in[0] = slot;
done:
  return status;
}

static nt_status emit_window(nt_compiler *c, int instance)
{
  nt_status status = NT_OK;
  const int n = c->instance[instance].node, from = c->instance[instance].in[0];
  const nt_node *node = &c->plan->node[n];
  nt_step step = step_of(c, instance, NT_STEP_WINDOW), *added;
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
    release(c, from);
  else
    c->slot_used[slot] = false;
  if (active >= 2) NT_TRY(nt_compile_slot(c, &step.out));
  step.t = step.has_t = node->want_t && !c->value[n].starts;
  NT_TRY(nt_compile_add(c, step, 1, &added));
  added->in[0] = slot;
  if (c->value[n].starts && !c->value[n].map_starts) NT_TRY(emit_start(c, instance, step.out));
  if (node->ops->separate && !node->facts.diagonal_spatial)
    NT_TRY(emit_separate(c, instance, step.out));
  status = define(c, instance, step.out);
done:
  return status;
}

/* One input of a concatenation among the positions of the whole, in a slot of its own. */
static nt_status emit_part(nt_compiler *c, int instance, int input, int *slot, bool *temporary)
{
  nt_status status = NT_OK;
  nt_step step = step_of(c, instance, NT_STEP_WINDOW), *added;
  const nt_node *node = node_of(c, instance);
  const int from = c->instance[instance].in[input], axis = node->concat;
  nt_frames *frames = &c->program->frames;
  const int in = *slot;
  step.frame_in = c->instance[from].frame;
  step.has_t = step.t = node_of(c, from)->want_t;
  NT_TRY(nt_moves_make(c->err, frames, &node->taps[input], false, false,
                       frames->frame[step.frame_in].line[axis],
                       frames->frame[step.frame].line[axis], &step.moves[axis]));
  if (step.d && nt_moves_have_fills(frames, step.moves[axis])) {
    NT_TRY(nt_compile_fill(c, c->instance[from].node, -1, axis, &step, &step.fill[axis]));
  }
  NT_TRY(nt_compile_slot(c, &step.out));
  NT_TRY(nt_compile_add(c, step, 1, &added));
  added->in[0] = in;
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
  const nt_node *node = node_of(c, instance);
  const bool sum = node->action == NT_WEIGHTED_SUM;
  nt_step step = step_of(c, instance, sum ? NT_STEP_SUM : NT_STEP_PRODUCT), *added;
  const bool roots = step.d && step.frame < 0;
  void *memory = NULL, *flags = NULL;
  NT_TRY(nt_alloc(c->err, node->n_in, sizeof(int), "a step", &memory));
  NT_TRY(nt_alloc(c->err, node->n_in, sizeof(bool), "a step", &flags));
  int *slots = memory;
  bool *temporary = flags;
  for (int i = 0; i < node->n_in; i++) {
    NT_TRY(in_form(c, c->instance[instance].in[i], step.d, &slots[i], &temporary[i]));
    if (node->concat >= 0 && step.frame >= 0)
      NT_TRY(emit_part(c, instance, i, &slots[i], &temporary[i]));
  }
  if (roots) NT_TRY(form_rows(c, instance, &step.row));
  NT_TRY(nt_compile_slot(c, &step.out));
  NT_TRY(nt_compile_add(c, step, node->n_in, &added));
  for (int i = 0; i < node->n_in; i++) {
    const int from = c->instance[instance].in[i];
    added->in[i] = slots[i];
    added->has_t_in[i] = node_of(c, from)->want_t;
    added->weight[i] = sum ? node->weight[i] : 1;
    added->row_in[i] = -1;
    if (roots || (step.d && !sum)) NT_TRY(form_rows(c, from, &added->row_in[i]));
    if (temporary[i]) c->slot_used[slots[i]] = false;
    release(c, from);
  }
  status = define(c, instance, step.out);
done:
  free(memory);
  free(flags);
  return status;
}

/* LayerNorm, Dropout, and without positions a layer that mixes them: one slot to another. */
static nt_status emit_scale(nt_compiler *c, int instance, nt_step_kind kind)
{
  nt_status status = NT_OK;
  nt_step step = step_of(c, instance, kind), *added;
  const int n = c->instance[instance].node, from = c->instance[instance].in[0];
  int slot;
  bool temporary;
  NT_TRY(in_form(c, from, step.d, &slot, &temporary));
  if (kind == NT_STEP_SCALE) {
    NT_TRY(nt_compile_rows(c, c->instance[from].node, NT_ROW_NORM, n, step.frame, &step.row));
  }
  step.has_t = node_of(c, from)->want_t;
  step.post = (nt_post){.kf = c->plan->node[n].affine.k, .tt = c->plan->node[n].affine.tt};
  if (temporary) c->slot_used[slot] = false;
  release(c, from);
  NT_TRY(nt_compile_slot(c, &step.out));
  NT_TRY(nt_compile_add(c, step, 1, &added));
  added->in[0] = slot;
  status = define(c, instance, step.out);
done:
  return status;
}

/* The mean over the positions that are not masked: one over their number, of either argument. */
static nt_status emit_unmasked(nt_compiler *c, int instance, int slot)
{
  nt_status status = NT_OK;
  nt_step step = step_of(c, instance, NT_STEP_SCALE), *added;
  const int n = c->instance[instance].node;
  NT_TRY(nt_compile_rows(c, n, NT_ROW_UNMASKED, n, -1, &step.row));
  step.d = false;
  step.out = slot;
  NT_TRY(nt_compile_add(c, step, 1, &added));
  added->in[0] = slot;
done:
  return status;
}

/* A tile value, or a tensor, of an earlier region. */
static nt_status emit_load(nt_compiler *c, int instance)
{
  nt_status status = NT_OK;
  const nt_node *node = node_of(c, instance);
  const int n = c->instance[instance].node, tile = c->program->tile_of[n];
  nt_step step = step_of(c, instance, tile >= 0 ? NT_STEP_TILE : NT_STEP_TENSOR), *added;
  step.leaf = tile >= 0 ? tile : c->program->tensor_of[n];
  if (tile >= 0 && step.d) NT_TRY(form_rows(c, instance, &step.row));
  if (tile >= 0 && step.d && node->action == NT_GLOBAL)
    NT_TRY(nt_compile_rows(c, n, NT_ROW_POOL, -1, -1, &step.row2));
  NT_TRY(nt_compile_slot(c, &step.out));
  NT_TRY(nt_compile_add(c, step, 0, &added));
  if (tile < 0 && step.d) {
    nt_step pooled = step_of(c, instance, NT_STEP_POOLED);
    NT_TRY(nt_compile_rows(c, n, NT_ROW_POOL, -1, pooled.frame, &pooled.row));
    pooled.out = step.out;
    NT_TRY(nt_compile_add(c, pooled, 1, &added));
    added->in[0] = step.out;
  }
  if (node->action == NT_GLOBAL && node->ops->mean_unmasked && node->mask_channels > 0) {
    NT_TRY(emit_unmasked(c, instance, step.out));
  }
  status = define(c, instance, step.out);
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
  status = define(c, instance, slot);
done:
  return status;
}

nt_status nt_compile_instance(nt_compiler *c, int instance)
{
  const nt_node *node = node_of(c, instance);
  if (c->instance[instance].loaded) return emit_load(c, instance);
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

nt_status nt_compile_sink(nt_compiler *c, const nt_sink *sink, int instance)
{
  nt_status status = NT_OK;
  nt_step step = step_of(c, instance, sink->kind), *added;
  const nt_node *node = &c->plan->node[sink->node], *value = &c->plan->node[sink->value];
  const bool sums =
      sink->kind == NT_STEP_FLATTEN || sink->kind == NT_STEP_POOL || sink->kind == NT_STEP_GLOBAL;
  const bool d = sums && c->value[sink->node].d;
  int slot, active;
  bool temporary;
  /* K of an output that only shows its NTK may stay a D. */
  const bool any = sink->kind == NT_STEP_STORE && !value->want_k;
  NT_TRY(in_form(c, instance, any ? step.d : d, &slot, &temporary));
  step.node = sink->node;
  step.fixed = node->ops != NULL && node->ops->action == NT_WINDOW ? node->fixed : -1;
  step.d = d;
  step.k = node->want_k;
  step.t = step.has_t = node->want_t;
  step.out = sink->kind == NT_STEP_STORE ? sink->output : c->program->tile_of[sink->node];
  if (sink->kind == NT_STEP_POOL || sink->kind == NT_STEP_KEEP)
    step.leaf = step.out = c->program->tensor_of[sink->node];
  if (sink->kind == NT_STEP_MIX) {
    const int tile = c->program->tile_of[sink->node];
    step.leaf = sink->output;
    step.out = tile >= 0 ? ~tile : c->program->tensor_of[sink->node];
    step.has_t = value->want_t;
  }
  if (sink->kind == NT_STEP_GLOBAL)
    step.post = (nt_post){.kf = node->affine.k, .tt = node->affine.tt};
  if (sink->kind == NT_STEP_POOL) {
    nt_frames *frames = &c->program->frames;
    const nt_frame in = frames->frame[step.frame_in];
    int line[NT_MAX_RANK];
    for (int a = 0; a < in.rank; a++)
      NT_TRY(nt_line_push(c->err, frames, &node->taps[a], in.line[a], &line[a]));
    NT_TRY(nt_frame_make(c->err, frames, in.rank, line, &step.frame));
    NT_TRY(nt_compile_moves(c, node, true, &step, &active));
  }
  NT_TRY(nt_compile_add(c, step, 1, &added));
  added->in[0] = slot;
  if (temporary) c->slot_used[slot] = false;
  release(c, instance);
done:
  return status;
}
