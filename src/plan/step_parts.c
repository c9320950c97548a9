#include "plan/step_parts.h"

#include "base/check.h"
#include "base/memory.h"

nt_step nt_step_of(const nt_compiler *c, int instance, nt_step_kind kind)
{
  const nt_node *node = nt_step_node(c, instance);
  nt_step step = {.kind = kind,
                  .node = c->instance[instance].node,
                  .d = nt_step_value(c, instance)->d,
                  .k = node->want_k,
                  .t = node->want_t,
                  .has_t = node->want_t,
                  .row = -1,
                  .row2 = -1,
                  .strips = -1,
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

void nt_step_release(nt_compiler *c, int instance)
{
  nt_instance *i = &c->instance[instance];
  if (--i->left == 0) c->slot_used[i->slot] = false;
}

nt_status nt_step_form_rows(nt_compiler *c, int instance, int *row)
{
  const int frame = c->instance[instance].frame;
  return nt_compile_rows(c, c->instance[instance].node, frame >= 0 ? NT_ROW_HALF : NT_ROW_ROOT, -1,
                         frame, row);
}

nt_status nt_step_add(nt_compiler *c, nt_step step, int slot)
{
  nt_status status = NT_OK;
  step.n_in = 1;
  NT_TRY(nt_calloc(c->err, 1, sizeof(nt_operand), "a step", &step.in));
  step.in->slot = slot;
  status = nt_compile_add(c, step);
done:
  return status;
}

nt_status nt_step_add_in_place(nt_compiler *c, nt_step step, int slot)
{
  step.out = slot;
  return nt_step_add(c, step, slot);
}

nt_status nt_step_add_behind(nt_compiler *c, nt_step *step, int from, int slot, bool temporary)
{
  nt_status status = NT_OK;
  if (temporary) c->slot_used[slot] = false;
  nt_step_release(c, from);
  NT_TRY(nt_compile_slot(c, &step->out));
  status = nt_step_add(c, *step, slot);
done:
  return status;
}

nt_status nt_step_convert(nt_compiler *c, int instance, bool d, int slot, int out)
{
  nt_status status = NT_OK;
  nt_step step = nt_step_of(c, instance, NT_STEP_CONVERT);
  NT_TRY(nt_step_form_rows(c, instance, &step.row));
  step.out = out;
  step.d = d;
  step.k = true;
  status = nt_step_add(c, step, slot);
done:
  return status;
}

nt_status nt_step_in_form(nt_compiler *c, int from, bool d, int *slot, bool *temporary)
{
  nt_status status = NT_OK;
  *slot = c->instance[from].slot;
  *temporary = nt_step_value(c, from)->d != d;
  if (!*temporary) return NT_OK;
  NT_TRY(nt_compile_slot(c, slot));
  status = nt_step_convert(c, from, d, c->instance[from].slot, *slot);
done:
  return status;
}

static nt_status emit_remask(nt_compiler *c, int instance)
{
  nt_status status = NT_OK;
  nt_step step = nt_step_of(c, instance, NT_STEP_REMASK);
  const int n = c->instance[instance].node, frame = step.frame;
  NT_TRY(nt_compile_rows(c, n, NT_ROW_MASK, c->instance[instance].mover, frame, &step.row));
  if (step.d && frame >= 0) NT_TRY(nt_step_form_rows(c, instance, &step.row2));
  status = nt_step_add_in_place(c, step, c->instance[instance].slot);
done:
  return status;
}

nt_status nt_step_define(nt_compiler *c, int instance, int slot)
{
  nt_instance *i = &c->instance[instance];
  const nt_node *node = nt_step_node(c, instance);
  i->slot = slot;
  i->left = i->readers;
  /* What was kept in a tensor is masked already. */
  if (!node->remask || (i->loaded && node->cut)) return NT_OK;
  return emit_remask(c, instance);
}
