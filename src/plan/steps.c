/** The steps of each kind of node. A value takes over the slot of an input that nobody reads any more;
 * where a reader needs the other form of a value, a conversion comes between. */
#include "plan/compile.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>

/* Rows that the bias of affine node `affine` needs where it acts on a D of node `node`. */
static nt_status bias_of(nt_compiler *c, int region, int node, int affine, int *row)
{
  *row = -1;
  if (affine < 0 || c->plan->node[affine].affine.k0 == 0) return NT_OK;
  return nt_compile_rows(c, region, node, NT_ROW_BIAS, affine, row);
}

static void release(nt_compiler *c, int node)
{
  nt_value *value = &c->value[node];
  if (--value->left == 0) c->slot_used[value->slot] = false;
}

/* A slot with node `from` in form `d` for one reader: its own slot, or a converted copy. */
static nt_status in_form(nt_compiler *c, int region, int from, bool d, int *slot, bool *temporary)
{
  nt_status status = NT_OK;
  const nt_value *value = &c->value[from];
  const nt_node *node = &c->plan->node[from];
  nt_step *step;
  int row;
  *slot = value->slot;
  *temporary = value->d != d;
  if (value->d == d) return NT_OK;
  NT_TRY(nt_compile_rows(c, region, from, NT_ROW_ROOT, -1, &row));
  NT_TRY(nt_compile_slot(c, slot));
  NT_TRY(nt_compile_add(c, region,
                        (nt_step){.kind = NT_STEP_CONVERT,
                                  .out = *slot,
                                  .node = from,
                                  .d = d,
                                  .k = true,
                                  .t = node->want_t,
                                  .has_t = node->want_t,
                                  .row = row},
                        1, &step));
  step->in[0] = value->slot;
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

static nt_status emit_remask(nt_compiler *c, int region, int n)
{
  nt_status status = NT_OK;
  const nt_node *node = &c->plan->node[n];
  nt_step *step;
  int row;
  NT_TRY(nt_compile_rows(c, region, n, NT_ROW_MASK, -1, &row));
  NT_TRY(nt_compile_add(c, region,
                        (nt_step){.kind = NT_STEP_REMASK,
                                  .out = c->value[n].slot,
                                  .node = n,
                                  .d = c->value[n].d,
                                  .k = node->want_k,
                                  .t = node->want_t,
                                  .has_t = node->want_t,
                                  .row = row},
                        1, &step));
  step->in[0] = c->value[n].slot;
done:
  return status;
}

/* The result of node `n` (with what was folded into it) is in `slot` now. */
static nt_status define(nt_compiler *c, int region, int n, int slot)
{
  nt_value *value = &c->value[n];
  if (value->folded >= 0) {
    value = &c->value[value->folded];
    n = c->value[n].folded;
    value->d = c->value[c->plan->node[n].in[0]].d;
  }
  value->slot = slot;
  value->region = region;
  value->left = value->readers;
  return c->plan->node[n].remask ? emit_remask(c, region, n) : NT_OK;
}

static nt_status emit_input(nt_compiler *c, int n)
{
  static const nt_affine nothing = {.k = 1, .tt = 1};
  nt_status status = NT_OK;
  const nt_node *node = &c->plan->node[n];
  nt_value *value = &c->value[n];
  const nt_node *last = value->folded >= 0 ? &c->plan->node[value->folded] : node;
  nt_step *step;
  int region, slot, row = -1, bias = -1;
  NT_TRY(nt_compile_region(c, node, &region));
  if (value->d) {
    NT_TRY(nt_compile_rows(c, region, n, NT_ROW_ROOT, -1, &row));
    NT_TRY(bias_of(c, region, n, value->folded, &bias));
  }
  NT_TRY(nt_compile_slot(c, &slot));
  NT_TRY(nt_compile_add(
      c, region,
      (nt_step){.kind = NT_STEP_INPUT,
                .out = slot,
                .node = n,
                .leaf = node->leaf,
                .d = value->d,
                .k = last->want_k,
                .t = last->want_t,
                .has_t = node->want_t,
                .row = row,
                .bias = bias,
                .post = post_of(value->folded >= 0 ? &last->affine : &nothing, value->d)},
      0, &step));
  status = define(c, region, n, slot);
done:
  return status;
}

static nt_status emit_map(nt_compiler *c, int region, int n)
{
  static const nt_affine nothing = {.k = 1, .tt = 1};
  nt_status status = NT_OK;
  const nt_node *node = &c->plan->node[n];
  nt_value *value = &c->value[n];
  const nt_node *last = value->folded >= 0 ? &c->plan->node[value->folded] : node;
  int from = node->in[0], slot, row, bias = -1;
  bool temporary;
  nt_step *step;
  NT_TRY(in_form(c, region, from, node->ops->takes_d, &slot, &temporary));
  NT_TRY(nt_compile_rows(c, region, from, NT_ROW_MAP, n, &row));
  if (value->d) NT_TRY(bias_of(c, region, n, value->folded, &bias));
  NT_TRY(nt_compile_add(
      c, region,
      (nt_step){.kind = NT_STEP_MAP,
                .node = n,
                .d = value->d,
                .k = last->want_k,
                .t = last->want_t,
                .has_t = c->plan->node[from].want_t,
                .row = row,
                .bias = bias,
                .map = node->ops->map[c->program->dtype],
                .cfg = node->cfg,
                .post = post_of(value->folded >= 0 ? &last->affine : &nothing, value->d)},
      1, &step));
  step->in[0] = slot;
  if (temporary) c->slot_used[slot] = false;
  release(c, from);
  NT_TRY(nt_compile_slot(c, &slot));
  step = &c->program->region[region].step[c->program->region[region].n_steps - 1];
  step->out = slot;
  status = define(c, region, n, slot);
done:
  return status;
}

static nt_status emit_affine(nt_compiler *c, int region, int n)
{
  nt_status status = NT_OK;
  const nt_node *node = &c->plan->node[n];
  int from = node->in[0], slot, row = -1, bias = -1;
  nt_step *step;
  if (c->value[n].d && node->want_t && node->affine.tk != 0) {
    NT_TRY(nt_compile_rows(c, region, from, NT_ROW_ROOT, -1, &row));
  }
  if (c->value[n].d) NT_TRY(bias_of(c, region, from, n, &bias));
  NT_TRY(nt_compile_add(c, region,
                        (nt_step){.kind = NT_STEP_AFFINE,
                                  .node = n,
                                  .d = c->value[n].d,
                                  .k = node->want_k,
                                  .t = node->want_t,
                                  .has_t = c->plan->node[from].want_t,
                                  .row = row,
                                  .bias = bias,
                                  .post = post_of(&node->affine, c->value[n].d)},
                        1, &step));
  step->in[0] = c->value[from].slot;
  release(c, from);
  NT_TRY(nt_compile_slot(c, &slot));
  c->program->region[region].step[c->program->region[region].n_steps - 1].out = slot;
  status = define(c, region, n, slot);
done:
  return status;
}

/* Sum or product: its slot is a new one, since the inputs are read one after the other. */
static nt_status emit_join(nt_compiler *c, int region, int n)
{
  nt_status status = NT_OK;
  const nt_node *node = &c->plan->node[n];
  bool sum = node->ops->action == NT_WEIGHTED_SUM;
  bool *temporary = NULL;
  int *slots = NULL, slot, row = -1;
  nt_step *step;
  void *memory = NULL, *flags = NULL;
  NT_TRY(nt_alloc(c->err, node->n_in, sizeof *slots, "a step", &memory));
  NT_TRY(nt_alloc(c->err, node->n_in, sizeof *temporary, "a step", &flags));
  slots = memory;
  temporary = flags;
  for (int i = 0; i < node->n_in; i++) {
    NT_TRY(in_form(c, region, node->in[i], c->value[n].d, &slots[i], &temporary[i]));
  }
  if (c->value[n].d) NT_TRY(nt_compile_rows(c, region, n, NT_ROW_ROOT, -1, &row));
  NT_TRY(nt_compile_slot(c, &slot));
  NT_TRY(nt_compile_add(c, region,
                        (nt_step){.kind = sum ? NT_STEP_SUM : NT_STEP_PRODUCT,
                                  .out = slot,
                                  .node = n,
                                  .d = c->value[n].d,
                                  .k = node->want_k,
                                  .t = node->want_t,
                                  .row = row},
                        node->n_in, &step));
  for (int i = 0; i < node->n_in; i++) {
    step->in[i] = slots[i];
    step->has_t_in[i] = c->plan->node[node->in[i]].want_t;
    step->weight[i] = sum ? node->weight[i] : 1;
    if (c->value[n].d)
      NT_TRY(nt_compile_rows(c, region, node->in[i], NT_ROW_ROOT, -1, &step->row_in[i]));
    if (temporary[i]) c->slot_used[slots[i]] = false;
    release(c, node->in[i]);
  }
  status = define(c, region, n, slot);
done:
  free(memory);
  free(flags);
  return status;
}

/* The mean goes to a tile value; it is loaded when the region without positions is compiled. */
static nt_status emit_flatten(nt_compiler *c, int region, int n)
{
  nt_status status = NT_OK;
  const nt_node *node = &c->plan->node[n];
  nt_step *step;
  int row = -1;
  if (c->value[n].d) NT_TRY(nt_compile_rows(c, region, node->in[0], NT_ROW_ROOT, -1, &row));
  c->value[n].tile = c->program->n_tile_values++;
  NT_TRY(nt_compile_add(c, region,
                        (nt_step){.kind = NT_STEP_FLATTEN,
                                  .out = c->value[n].tile,
                                  .node = n,
                                  .d = c->value[n].d,
                                  .k = node->want_k,
                                  .t = node->want_t,
                                  .has_t = node->want_t,
                                  .row = row},
                        1, &step));
  step->in[0] = c->value[node->in[0]].slot;
  release(c, node->in[0]);
done:
  return status;
}

static nt_status emit_tile(nt_compiler *c, int n)
{
  nt_status status = NT_OK;
  const nt_node *node = &c->plan->node[n];
  nt_step *step;
  int region, slot, row = -1;
  NT_TRY(nt_compile_region(c, node, &region));
  if (c->value[n].d) NT_TRY(nt_compile_rows(c, region, n, NT_ROW_ROOT, -1, &row));
  NT_TRY(nt_compile_slot(c, &slot));
  NT_TRY(nt_compile_add(c, region,
                        (nt_step){.kind = NT_STEP_TILE,
                                  .out = slot,
                                  .leaf = c->value[n].tile,
                                  .node = n,
                                  .d = c->value[n].d,
                                  .k = node->want_k,
                                  .t = node->want_t,
                                  .has_t = node->want_t,
                                  .row = row},
                        0, &step));
  status = define(c, region, n, slot);
done:
  return status;
}

static nt_status emit_store(nt_compiler *c, int output)
{
  nt_status status = NT_OK;
  int n = c->plan->output[output], slot;
  const nt_node *node = &c->plan->node[n];
  bool temporary;
  nt_step *step;
  if (!nt_demanded(node)) return NT_OK;
  int region = c->value[n].region;
  NT_TRY(in_form(c, region, n, c->value[n].d && !node->want_k, &slot, &temporary));
  NT_TRY(nt_compile_add(c, region,
                        (nt_step){.kind = NT_STEP_STORE,
                                  .out = output,
                                  .node = n,
                                  .k = node->want_k,
                                  .t = node->want_t,
                                  .has_t = node->want_t,
                                  .row = -1},
                        1, &step));
  step->in[0] = slot;
  c->program->region[region].all_planes |= !c->program->region[region].diagonal;
  if (temporary) c->slot_used[slot] = false;
  release(c, n);
done:
  return status;
}

/* Steps of node `n`, in the region of its inputs; a Flatten of one position changes nothing. */
static nt_status emit(nt_compiler *c, int n)
{
  const nt_node *node = &c->plan->node[n];
  if (node->ops == NULL) return emit_input(c, n);
  int region = c->value[node->in[0]].region;
  switch (node->ops->action) {
  case NT_MAP:
    return emit_map(c, region, n);
  case NT_AFFINE:
    return emit_affine(c, region, n);
  case NT_WEIGHTED_SUM:
  case NT_PRODUCT:
    return emit_join(c, region, n);
  case NT_FLATTEN:
    return c->program->region[region].space.rank > 0 ? emit_flatten(c, region, n)
                                                     : emit_affine(c, region, n);
  default:
    return NT_OK;
  }
}

/* Whether the steps of node `n` act on `positions` (a Flatten on those of its input). */
static bool acts_on(const nt_plan *plan, int n, bool spatial)
{
  const nt_node *node = &plan->node[n];
  if (node->ops != NULL && node->ops->action == NT_FLATTEN) node = &plan->node[node->in[0]];
  return (nt_facts_space(&node->facts).rank > 0) == spatial;
}

/* All steps of the regions with positions (spatial), or of the one without. */
nt_status nt_compile_steps(nt_compiler *c, bool spatial)
{
  nt_status status = NT_OK;
  const nt_plan *plan = c->plan;
  for (int n = 0; n < plan->n_nodes; n++) {
    if (!nt_demanded(&plan->node[n]) || c->value[n].folds) continue;
    if (!spatial && c->value[n].tile >= 0)
      NT_TRY(emit_tile(c, n));
    else if (acts_on(plan, n, spatial))
      NT_TRY(emit(c, n));
  }
  for (int i = 0; i < plan->n_outputs; i++) {
    const nt_value *value = &c->value[plan->output[i]];
    if (!nt_demanded(&plan->node[plan->output[i]]) || value->region < 0) continue;
    bool here = (c->program->region[value->region].space.rank > 0) == spatial;
    if (here) NT_TRY(emit_store(c, i));
  }
done:
  return status;
}
