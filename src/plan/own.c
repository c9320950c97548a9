/** Which planes of its own pairs of positions the sample pass runs of each sample: behind a pool, a
 * variance is a sum over pairs of positions within the pool's window alone. So their offsets are
 * pulled, from the variances that are wanted, back through the taps of the layers. */
#include "base/check.h"
#include "base/memory.h"
#include "plan/plan_impl.h"

#include <stdlib.h>

/* Offsets that are asked of a node along its axes. */
typedef struct nt_asked {
  bool any;
  nt_offsets *need[NT_MAX_RANK];
} nt_asked;

static nt_status create(nt_error *err, const nt_plan *plan, nt_asked **asked)
{
  nt_status status = NT_OK;
  NT_TRY(nt_calloc(err, plan->n_nodes, sizeof **asked, "needs", asked));
  for (int n = 0; n < plan->n_nodes; n++) {
    const nt_shape space = nt_facts_space(&plan->node[n].facts);
    for (int a = 0; a < space.rank; a++) {
      NT_TRY(
          nt_calloc(err, 2 * space.dim[a] - 1, sizeof(nt_offsets), "needs", &(*asked)[n].need[a]));
    }
  }
done:
  return status;
}

/* What a sample's own variance, or what a layer makes of its own
 * covariances, takes of its planes. */
static void ask(const nt_plan *plan, int n, nt_asked *asked)
{
  const nt_node *node = &plan->node[n];
  const bool sides = node->action == NT_MIX && node->ops->mixes_by_own;
  if (!nt_node_takes_planes(plan, n) || !(node->want_v || sides)) return;
  const nt_shape space = nt_facts_space(&node->facts);
  asked->any = true;
  for (int a = 0; a < space.rank; a++)
    asked->need[a][space.dim[a] - 1] = 1;
}

static nt_status pull(nt_error *err, const nt_plan *plan, int n, nt_asked *asked)
{
  nt_status status = NT_OK;
  const nt_node *node = &plan->node[n];
  for (int i = 0; asked[n].any && i < node->n_in; i++) {
    const int in = node->in[i];
    NT_TRY(nt_need_of_reader(err, node, asked[n].need, &plan->node[in], asked[in].need));
    asked[in].any = true;
  }
done:
  return status;
}

/* Whether an offset of the ring is asked for. */
static bool is_asked(const nt_line *line, const nt_cells *cells, const nt_offsets *need)
{
  bool any = false;
  for (int32_t c = 0; c < cells->n && !any; c++)
    any = need[cells->x2[c] - cells->x1[c] + line->size - 1] != 0;
  return any;
}

/* The node whose planes leave the region at a step into tensors or sums; -1: at no other step. */
static int source(const nt_plan *plan, const nt_step *step)
{
  switch (step->kind) {
  case NT_STEP_POOL:
  case NT_STEP_GLOBAL:
  case NT_STEP_MIX:
    return plan->node[step->node].in[0];
  case NT_STEP_KEEP:
    return step->node;
  default:
    return -1;
  }
}

static void mark(const nt_plan *plan, const nt_asked *asked, nt_region *region, int axis)
{
  const nt_frames *frames = &plan->program->frames;
  const nt_line *line = nt_frame_line(frames, region->frame, axis);
  for (int s = 0; s < region->n_steps; s++) {
    const int n = source(plan, &region->step[s]);
    for (int g = 0; n >= 0 && asked[n].any && g < line->groups; g++)
      region->own[axis][g] |= is_asked(line, &line->group[g], asked[n].need[axis]);
  }
  for (int g = 0; g < line->groups; g++)
    region->n_own[axis] += region->own[axis][g];
}

nt_status nt_plan_own(nt_error *err, nt_plan *plan)
{
  nt_status status = NT_OK;
  nt_asked *asked = NULL;
  nt_program *program = plan->program;
  NT_TRY(create(err, plan, &asked));
  for (int n = plan->n_nodes - 1; n >= 0; n--) {
    ask(plan, n, &asked[n]);
    NT_TRY(pull(err, plan, n, asked));
  }
  for (int r = 0; r < program->n_regions; r++) {
    nt_region *region = &program->region[r];
    for (int a = 0; a < region->space.rank; a++) {
      const int line = program->frames.frame[region->frame].line[a];
      NT_TRY(nt_calloc(err, program->frames.line[line].groups, 1, "needs", &region->own[a]));
      mark(plan, asked, region, a);
    }
  }
done:
  for (int n = 0; asked != NULL && n < plan->n_nodes; n++) {
    for (int a = 0; a < NT_MAX_RANK; a++)
      free(asked[n].need[a]);
  }
  free(asked);
  return status;
}

int nt_plan_last_own(const nt_plan *plan)
{
  int last = -1;
  for (int r = 0; r < plan->program->n_regions; r++) {
    const nt_region *region = &plan->program->region[r];
    if (region->space.rank > 0 && region->n_own[0] > 0) last = r;
  }
  return last;
}
