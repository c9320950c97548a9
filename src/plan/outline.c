#include "plan/outline.h"

#include <stdio.h>

static const nt_line *line_of(const nt_plan *plan, int frame, int axis)
{
  const nt_frames *frames = &plan->program->frames;
  return &frames->line[frames->frame[frame].line[axis]];
}

double nt_frame_cells(const nt_frames *frames, int frame)
{
  double lanes = 1;
  for (int a = 0; frame >= 0 && a < frames->frame[frame].rank; a++) {
    const nt_line *line = &frames->line[frames->frame[frame].line[a]];
    double cells = 0;
    for (int g = 0; g < line->groups; g++)
      cells += line->group[g].n;
    lanes *= cells;
  }
  return lanes;
}

/* Planes along an axis: the rings of all groups, or of those that the sample pass runs.
 * Cells stand ring by ring. */
static int64_t count_rings(const nt_line *line, const unsigned char *own)
{
  int64_t rings = 0;
  for (int g = 0; g < line->groups; g++) {
    const nt_cells *cells = &line->group[g];
    int64_t last = -1;
    for (int32_t c = 0; c < cells->n && (own == NULL || own[g]); c++) {
      const int64_t ring = (cells->x2[c] - cells->x1[c] + line->size) % line->size;
      rings += ring != last;
      last = ring;
    }
  }
  return rings;
}

static bool in_steps(const nt_region *region, int node)
{
  for (int s = 0; s < region->n_steps; s++) {
    if (region->step[s].node == node) return true;
  }
  return false;
}

/* A layer has steps here, or is folded into one that has and nowhere has its own. */
static bool goes_through(const nt_plan *plan, const nt_region *region, int node)
{
  if (plan->node[node].layer == NULL) return false;
  if (in_steps(region, node)) return true;
  for (int r = 0; r < plan->program->n_regions; r++) {
    if (in_steps(&plan->program->region[r], node)) return false;
  }
  for (int reader = node + 1; reader < plan->n_nodes; reader++) {
    for (int i = 0; i < plan->node[reader].n_in; i++) {
      if (plan->node[reader].in[i] == node) return goes_through(plan, region, reader);
    }
  }
  return false;
}

/* Whether a step writes a slot, rather than leaves the region. */
static bool writes_slot(const nt_step *step) { return step->kind < NT_STEP_FLATTEN; }

static void count_steps(const nt_plan *plan, const nt_region *region, nt_outline *o)
{
  int highest = -1;
  for (int s = 0; s < region->n_steps; s++) {
    const nt_step *step = &region->step[s];
    o->maps += step->kind == NT_STEP_MAP;
    o->windows += step->kind == NT_STEP_WINDOW || step->kind == NT_STEP_POOL;
    o->elements += nt_frame_cells(&plan->program->frames, step->frame);
    if (writes_slot(step) && step->out > highest) highest = step->out;
    if (!writes_slot(step) && o->ends == NULL) o->ends = step;
  }
  o->slots = highest + 1;
}

nt_outline nt_outline_of(const nt_plan *plan, int number)
{
  const nt_program *program = plan->program;
  const nt_region *region = &program->region[number];
  nt_outline o = {.space = region->space, .planes = 1, .all_planes = 1, .lanes = 1};
  o.own_planes = region->space.rank > 0;
  for (int a = 0; a < region->space.rank; a++) {
    o.planes *= count_rings(line_of(plan, region->frame, a), NULL);
    o.all_planes *= region->space.dim[a];
    o.own_planes *= count_rings(line_of(plan, region->frame, a), region->own[a]);
  }
  if (region->space.rank > 0) o.lanes = program->frames.frame[region->frame].lanes;
  for (int n = 0; n < plan->n_nodes; n++)
    o.layers += goes_through(plan, region, n);
  for (int g = region->first_group; g < region->first_group + region->n_groups; g++)
    o.tables += program->row[g].n_rows * program->row[g].positions;
  count_steps(plan, region, &o);
  return o;
}

const char *nt_outline_end(const nt_plan *plan, const nt_outline *o, char *out, size_t size)
{
  char space[100];
  const nt_step *step = o->ends;
  const char *text = "mixed";
  if (step == NULL) return "nothing";
  switch (step->kind) {
  case NT_STEP_FLATTEN:
    text = "mean of the diagonal";
    break;
  case NT_STEP_GLOBAL:
    text = "global mean";
    break;
  case NT_STEP_STORE:
    text = "output";
    break;
  case NT_STEP_POOL:
  case NT_STEP_KEEP:
    nt_shape_text(&plan->program->tensor[step->out].space, space, sizeof space);
    snprintf(out, size, "%s a tensor of %s", step->kind == NT_STEP_POOL ? "pooled into" : "kept as",
             space);
    return out;
  default:
    break;
  }
  snprintf(out, size, "%s", text);
  return out;
}
