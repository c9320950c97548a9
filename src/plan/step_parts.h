/** The pieces of which steps.c and step_ends.c make the steps of a region. */
#ifndef NT_PLAN_STEP_PARTS_H
#define NT_PLAN_STEP_PARTS_H

#include "plan/compile.h"

static inline const nt_node *nt_step_node(const nt_compiler *c, int instance)
{
  return &c->plan->node[c->instance[instance].node];
}

static inline nt_node_use *nt_step_value(const nt_compiler *c, int instance)
{
  return &c->value[c->instance[instance].node];
}

/** A step for the value of `instance`, with what most steps have. Parallel: Local. */
nt_step nt_step_of(const nt_compiler *c, int instance, nt_step_kind kind);
/** One reader of the instance is done: behind the last one its slot is free. Parallel: Local. */
void nt_step_release(nt_compiler *c, int instance);
/** Rows that turn D into K and back: q / 2, without positions sqrt(q). Parallel: Local. */
nt_status nt_step_form_rows(nt_compiler *c, int instance, int *row) NT_WARN_UNUSED;
/** Convert `slot`, which holds an instance, to D (else K) in `out`. Parallel: Local. */
nt_status nt_step_convert(nt_compiler *c, int instance, bool d, int slot, int out) NT_WARN_UNUSED;
/** A slot with instance `from` in form `d` for one reader: its own slot, or (`temporary`) a
 * converted copy. Parallel: Local. */
nt_status nt_step_in_form(nt_compiler *c, int from, bool d, int *slot,
                          bool *temporary) NT_WARN_UNUSED;

/** Add a step that reads `slot`. Parallel: Local. */
nt_status nt_step_add(nt_compiler *c, nt_step step, int slot) NT_WARN_UNUSED;
/** Add a step that changes what is in `slot`. Parallel: Local. */
nt_status nt_step_add_in_place(nt_compiler *c, nt_step step, int slot) NT_WARN_UNUSED;
/** Add a step that reads instance `from`, in `slot` of nt_step_in_form, for one of its readers; it
 * may write to the same slot. \param [out] step  Its `out`. Parallel: Local. */
nt_status nt_step_add_behind(nt_compiler *c, nt_step *step, int from, int slot,
                             bool temporary) NT_WARN_UNUSED;
/** The value of an instance is in `slot` now; it is masked there. Parallel: Local. */
nt_status nt_step_define(nt_compiler *c, int instance, int slot) NT_WARN_UNUSED;

#endif
