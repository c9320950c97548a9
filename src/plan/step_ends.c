/* Where steps begin and end: values of earlier regions that a region loads, and its sinks. */
#include "plan/step_parts.h"

#include "base/check.h"
#include "net/net_impl.h"

/* The mean over the positions that are not masked: one over their number, of either argument. It is
 * a factor of D = sqrt(q11 q22) - K as of K. */
static nt_status emit_unmasked(nt_compiler *c, int instance, int slot)
{
  nt_status status = NT_OK;
  nt_step step = nt_step_of(c, instance, NT_STEP_SCALE);
  const int n = c->instance[instance].node;
  NT_TRY(nt_compile_rows(c, n, NT_ROW_UNMASKED, n, -1, &step.row));
  status = nt_step_add_in_place(c, step, slot);
done:
  return status;
}

/* A tile value, or a tensor, of an earlier region. */
nt_status nt_compile_load(nt_compiler *c, int instance)
{
  nt_status status = NT_OK;
  const nt_node *node = nt_step_node(c, instance);
  const int n = c->instance[instance].node, tile = c->program->tile_of[n];
  nt_step step = nt_step_of(c, instance, tile >= 0 ? NT_STEP_TILE : NT_STEP_TENSOR);
  step.leaf = tile >= 0 ? tile : c->program->tensor_of[n];
  const bool by_k = step.d && node->action == NT_MIX;
  step.d &= !by_k;
  if (tile >= 0 && step.d && node->action == NT_GLOBAL) {
    NT_TRY(nt_compile_rows(c, n, NT_ROW_POOL, -1, -1, &step.row2));
    step.row = step.row2 + 1;
  } else if (tile >= 0 && step.d) {
    NT_TRY(nt_step_form_rows(c, instance, &step.row));
  }
  NT_TRY(nt_compile_slot(c, &step.out));
  NT_TRY(nt_compile_add(c, step));
  if (tile < 0 && step.d) {
    nt_step pooled = nt_step_of(c, instance, NT_STEP_POOLED);
    NT_TRY(nt_compile_rows(c, n, NT_ROW_POOL, -1, pooled.frame, &pooled.row));
    NT_TRY(nt_step_add_in_place(c, pooled, step.out));
  }
  if (by_k) NT_TRY(nt_step_convert(c, instance, true, step.out, step.out));
  if (node->action == NT_GLOBAL && node->ops->mean_unmasked && node->mask_channels > 0) {
    NT_TRY(emit_unmasked(c, instance, step.out));
  }
  status = nt_step_define(c, instance, step.out);
done:
  return status;
}

nt_status nt_compile_sink(nt_compiler *c, const nt_sink *sink, int instance)
{
  nt_status status = NT_OK;
  nt_step step = nt_step_of(c, instance, sink->kind);
  const nt_node *node = &c->plan->node[sink->node], *value = &c->plan->node[sink->value];
  const bool sums =
      sink->kind == NT_STEP_FLATTEN || sink->kind == NT_STEP_POOL || sink->kind == NT_STEP_GLOBAL;
  const bool d = sums && c->value[sink->node].d;
  int slot, active;
  bool temporary;
  /* K of an output that only shows its NTK may stay a D. */
  const bool any = sink->kind == NT_STEP_STORE && !value->want_k;
  NT_TRY(nt_step_in_form(c, instance, any ? step.d : d, &slot, &temporary));
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
      NT_TRY(nt_layer_blame(
          node->layer, c->err,
          nt_line_push(c->err, frames, &node->taps[a], node->need[a], in.line[a], &line[a])));
    NT_TRY(nt_frame_make(c->err, frames, in.rank, line, &step.frame));
    NT_TRY(nt_compile_moves(c, node, true, &step, &active));
  }
  NT_TRY(nt_step_add(c, step, slot));
  if (temporary) c->slot_used[slot] = false;
  nt_step_release(c, instance);
done:
  return status;
}
