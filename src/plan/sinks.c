/** Sinks: what ends a run of planes, and the tensors and tile values that it is put into. */
#include "plan/compile.h"

#include "base/check.h"
#include "base/memory.h"

static nt_status add_sink(nt_compiler *c, nt_sinks *sinks, nt_sink sink)
{
  nt_status status = NT_OK;
  NT_TRY(nt_grow(c->err, sinks->n, sizeof *sinks->sink, "the plan", &sinks->sink));
  sinks->sink[sinks->n++] = sink;
done:
  return status;
}

/* A tensor for the value of node `n`. */
static nt_status add_tensor(nt_compiler *c, int n, int *number)
{
  nt_status status = NT_OK;
  nt_program *program = c->program;
  const nt_node *node = &c->plan->node[n];
  NT_TRY(
      nt_grow(c->err, program->n_tensors, sizeof *program->tensor, "the plan", &program->tensor));
  *number = program->n_tensors;
  program->tensor[program->n_tensors++] = (nt_tensor){.space = nt_facts_space(&node->facts),
                                                      .positions = nt_facts_positions(&node->facts),
                                                      .k = node->want_k,
                                                      .t = node->want_t};
done:
  return status;
}

/* A layer that mixes reads a tensor of its own, and leaves another or a tile value. */
static nt_status add_mix(nt_compiler *c, nt_sinks *sinks, int n)
{
  nt_status status = NT_OK;
  nt_program *program = c->program;
  const nt_node *node = &c->plan->node[n];
  nt_sink sink = {.kind = NT_STEP_MIX, .node = n, .value = node->in[0]};
  NT_TRY(nt_grow(c->err, program->n_mixes, sizeof *program->mix, "the plan", &program->mix));
  program->mix[program->n_mixes++] = n;
  if (nt_node_rank(&c->plan->node[sink.value]) == 0) return NT_OK;
  NT_TRY(add_tensor(c, sink.value, &sink.output));
  program->tensor[sink.output].matrix = true;
  if (nt_node_rank(node) > 0)
    NT_TRY(add_tensor(c, n, &program->tensor_of[n]));
  else
    program->tile_of[n] = program->n_tile_values++;
  if (program->tensor_of[n] >= 0) program->tensor[program->tensor_of[n]].matrix = true;
  NT_TRY(add_sink(c, sinks, sink));
done:
  return status;
}

nt_status nt_compile_sinks(nt_compiler *c, nt_sinks *sinks)
{
  nt_status status = NT_OK;
  const nt_plan *plan = c->plan;
  for (int n = 0; n < plan->n_nodes; n++) {
    const nt_node *node = &plan->node[n];
    if (!nt_demanded(node)) continue;
    const int in = node->n_in > 0 ? node->in[0] : -1;
    const bool reduces = node->action == NT_FLATTEN || node->action == NT_GLOBAL;
    if (in >= 0 && reduces && nt_node_rank(&plan->node[in]) > 0) {
      const nt_step_kind kind = node->action == NT_FLATTEN ? NT_STEP_FLATTEN : NT_STEP_GLOBAL;
      c->program->tile_of[n] = c->program->n_tile_values++;
      NT_TRY(add_sink(c, sinks, (nt_sink){.kind = kind, .node = n, .value = in}));
    }
    int *tensor = &c->program->tensor_of[n];
    if (node->action == NT_POOL) {
      NT_TRY(add_tensor(c, n, tensor));
      NT_TRY(add_sink(c, sinks, (nt_sink){.kind = NT_STEP_POOL, .node = n, .value = in}));
    } else if (node->action == NT_MIX && node->ops != NULL) {
      NT_TRY(add_mix(c, sinks, n));
    } else if (node->cut) {
      NT_TRY(add_tensor(c, n, tensor));
      NT_TRY(add_sink(c, sinks, (nt_sink){.kind = NT_STEP_KEEP, .node = n, .value = n}));
    }
  }
  for (int o = 0; o < plan->n_outputs; o++) {
    const int n = plan->output[o];
    if (!nt_demanded(&plan->node[n])) continue;
    NT_TRY(
        add_sink(c, sinks, (nt_sink){.kind = NT_STEP_STORE, .node = n, .value = n, .output = o}));
  }
done:
  return status;
}

const nt_sink *nt_sinks_next(const nt_compiler *c, const nt_sinks *sinks)
{
  const nt_sink *best = NULL;
  for (int s = 0; s < sinks->n; s++) {
    const nt_sink *sink = &sinks->sink[s];
    if (sink->done) continue;
    const nt_node *node = &c->plan->node[sink->value];
    const nt_node *other = best == NULL ? NULL : &c->plan->node[best->value];
    const bool spatial = nt_node_rank(node) > 0, other_spatial = other && nt_node_rank(other) > 0;
    if (best == NULL || (spatial && !other_spatial) ||
        (spatial == other_spatial && node->level < other->level))
      best = sink;
  }
  return best;
}
