#include "plan/outline.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

double nt_frame_cells(const nt_frames *frames, int frame)
{
  double lanes = 1;
  for (int a = 0; frame >= 0 && a < frames->frame[frame].rank; a++) {
    const nt_line *line = nt_frame_line(frames, frame, a);
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
      const int64_t ring = nt_ring_of(cells->x1[c], cells->x2[c], line->size);
      rings += ring != last;
      last = ring;
    }
  }
  return rings;
}

/* The first layer that reads each node, -1: none. */
static void find_readers(const nt_plan *plan, int *reader)
{
  for (int n = plan->n_nodes - 1; n >= 0; n--) {
    for (int i = 0; i < plan->node[n].n_in; i++)
      reader[plan->node[n].in[i]] = n;
  }
}

static void mark_steps(const nt_region *region, bool *marked)
{
  for (int s = 0; s < region->n_steps; s++)
    marked[region->step[s].node] = true;
}

/* A layer has steps here, or is folded into one that has and nowhere has its own.
 * \param [in] stepped  Nodes that have steps anywhere. \param [out] through  [n_nodes] */
static int count_layers(const nt_plan *plan, const nt_region *region, const int *reader,
                        const bool *stepped, bool *through)
{
  int layers = 0;
  memset(through, 0, (size_t)plan->n_nodes * sizeof *through);
  mark_steps(region, through);
  for (int n = plan->n_nodes - 1; n >= 0; n--) {
    if (!stepped[n] && reader[n] >= 0) through[n] = through[reader[n]];
    through[n] &= plan->node[n].layer != NULL;
    layers += through[n];
  }
  return layers;
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

/* All but the layers. */
static nt_outline outline_of(const nt_plan *plan, const nt_region *region)
{
  const nt_program *program = plan->program;
  const nt_frames *frames = &program->frames;
  nt_outline o = {.space = region->space, .planes = 1, .all_planes = 1, .lanes = 1};
  o.own_planes = region->space.rank > 0;
  for (int a = 0; a < region->space.rank; a++) {
    o.planes *= count_rings(nt_frame_line(frames, region->frame, a), NULL);
    o.all_planes *= region->space.dim[a];
    o.own_planes *= count_rings(nt_frame_line(frames, region->frame, a), region->own[a]);
  }
  if (region->space.rank > 0) o.lanes = frames->frame[region->frame].lanes;
  for (int g = region->first_group; g < region->first_group + region->n_groups; g++)
    o.tables += program->row[g].n_rows * program->row[g].positions;
  count_steps(plan, region, &o);
  return o;
}

nt_status nt_outlines_of(nt_error *err, const nt_plan *plan, nt_outline **out)
{
  nt_status status = NT_OK;
  const nt_program *program = plan->program;
  void *outlines = NULL, *readers = NULL, *marks = NULL;
  *out = NULL;
  NT_TRY(nt_alloc(err, program->n_regions, sizeof(nt_outline), "an outline", &outlines));
  NT_TRY(nt_alloc(err, plan->n_nodes, sizeof(int), "an outline", &readers));
  NT_TRY(nt_calloc(err, 2 * plan->n_nodes, sizeof(bool), "an outline", &marks));
  *out = outlines;
  int *reader = readers;
  bool *stepped = marks, *through = stepped + plan->n_nodes;
  memset(reader, 0xff, (size_t)plan->n_nodes * sizeof *reader);
  find_readers(plan, reader);
  for (int r = 0; r < program->n_regions; r++)
    mark_steps(&program->region[r], stepped);
  for (int r = 0; r < program->n_regions; r++) {
    const nt_region *region = &program->region[r];
    (*out)[r] = outline_of(plan, region);
    (*out)[r].layers = count_layers(plan, region, reader, stepped, through);
  }
done:
  if (status != NT_OK) free(outlines);
  free(readers);
  free(marks);
  return status;
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
