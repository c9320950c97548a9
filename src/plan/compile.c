/** Demanded nodes -> regions of steps: the pieces. See compile.h. */
#include "plan/compile.h"

#include "base/check.h"
#include "base/memory.h"
#include "layer/map.h"

#include <stdlib.h>
#include <string.h>

static nt_region *region_of(const nt_compiler *c) { return &c->program->region[c->region]; }

static int count_rows(const nt_compiler *c, const nt_row *row)
{
  const nt_node *node = &c->plan->node[row->node];
  switch (row->kind) {
  case NT_ROW_MAP:
    return nt_map_tables(c->plan->node[row->reader].ops, c->plan->node[row->reader].cfg);
  case NT_ROW_BIAS:
    return 2;
  case NT_ROW_NORM:
  case NT_ROW_POOL:
    return 3;
  case NT_ROW_CHANNELS:
  case NT_ROW_STRIPS:
    return (int)nt_facts_channels(&node->facts);
  default:
    return 1;
  }
}

/* The group of rows like `row`, a new one if there is none yet in this region. */
static nt_status find_group(nt_compiler *c, nt_row row, int *group)
{
  nt_status status = NT_OK;
  nt_program *program = c->program;
  nt_region *region = region_of(c);
  int *first = &c->value[row.node].rows;
  for (*group = *first; *group >= 0; *group = program->row[*group].next) {
    const nt_row *old = &program->row[*group];
    if (old->kind == row.kind && old->reader == row.reader && old->axis == row.axis) return NT_OK;
  }
  NT_TRY(nt_grow(c->err, program->n_rows, sizeof *program->row, "the plan", &program->row));
  row.region = c->region;
  row.row = region->n_rows;
  row.n_rows = count_rows(c, &row);
  row.next = *first;
  *group = *first = program->n_rows;
  program->row[program->n_rows++] = row;
  region->n_rows += row.n_rows;
  region->n_groups++;
done:
  return status;
}

/* Positions of a group of rows of `node`: its own, or those that a mover keeps of it. */
static int64_t positions_of(const nt_compiler *c, int node, nt_row_kind kind, int reader)
{
  const nt_node *mover = kind == NT_ROW_MASK && reader >= 0 ? &c->plan->node[reader] : NULL;
  int64_t n = 1;
  if (mover == NULL) return nt_facts_positions(&c->plan->node[node].facts);
  for (int a = 0; a < nt_node_rank(mover); a++)
    n *= mover->taps[a].n_in;
  return n;
}

static nt_status find_view(nt_compiler *c, nt_view view, int *number)
{
  nt_status status = NT_OK;
  nt_region *region = region_of(c);
  for (*number = 0; *number < region->n_views; ++*number) {
    const nt_view *old = &region->view[*number];
    if (old->frame != view.frame || old->depth != view.depth || old->lanes != view.lanes ||
        old->fills != view.fills ||
        c->program->row[old->group].positions != c->program->row[view.group].positions)
      continue;
    if (old->group == view.group) return NT_OK;
    if (view.like < 0) view.like = *number;
  }
  if (view.like < 0) view.like = *number;
  NT_TRY(nt_grow(c->err, region->n_views, sizeof *region->view, "the plan", &region->view));
  region->view[region->n_views++] = view;
done:
  return status;
}

nt_status nt_compile_rows(nt_compiler *c, int node, nt_row_kind kind, int reader, int frame,
                          int *row)
{
  nt_status status = NT_OK;
  int group;
  const nt_row new = {.node = node,
                      .kind = kind,
                      .reader = reader,
                      .positions = positions_of(c, node, kind, reader)};
  NT_TRY(find_group(c, new, &group));
  *row = c->program->row[group].row;
  if (frame >= 0)
    NT_TRY(find_view(
        c, (nt_view){.group = group, .frame = frame, .lanes = true, .fills = -1, .like = -1}, row));
done:
  return status;
}

nt_status nt_compile_strips(nt_compiler *c, int node, int *group)
{
  const int64_t positions = nt_facts_positions(&c->plan->node[node].facts);
  const nt_row row = {.node = node,
                      .kind = NT_ROW_STRIPS,
                      .reader = -1,
                      .positions = (positions + NT_LANES - 1) / NT_LANES * NT_LANES};
  return find_group(c, row, group);
}

nt_status nt_compile_fill(nt_compiler *c, int node, int reader, int axis, const nt_step *step,
                          int *view)
{
  nt_status status = NT_OK;
  int group;
  nt_row row = {.node = node,
                .kind = reader < 0 ? NT_ROW_HALF : NT_ROW_FILL,
                .reader = reader,
                .axis = reader < 0 ? 0 : axis,
                .positions = 1};
  const nt_taps *taps = reader < 0 ? NULL : c->plan->node[reader].taps;
  for (int a = 0; reader >= 0 && a < nt_node_rank(&c->plan->node[reader]); a++)
    row.positions *= a <= axis ? taps[a].n_in : taps[a].n_out;
  if (reader < 0) row.positions = nt_facts_positions(&c->plan->node[node].facts);
  NT_TRY(find_group(c, row, &group));
  const bool last = axis > 0 && axis == c->program->frames.frame[step->frame].rank - 1;
  const nt_view new = {.group = group,
                       .frame = last ? step->frame_in : step->frame,
                       .depth = last ? 0 : axis,
                       .lanes = last,
                       .fills = last ? step->moves[axis] : -1,
                       .like = -1};
  NT_TRY(find_view(c, new, view));
done:
  return status;
}

nt_status nt_compile_add(nt_compiler *c, nt_step step)
{
  nt_status status = NT_OK;
  nt_region *r = region_of(c);
  NT_TRY(nt_grow(c->err, r->n_steps, sizeof *r->step, "the plan", &r->step));
  r->step[r->n_steps++] = step;
  step.in = NULL;
done:
  free(step.in);
  return status;
}

nt_status nt_compile_slot(nt_compiler *c, int *slot)
{
  nt_status status = NT_OK;
  int n = c->program->n_slots;
  for (*slot = 0; *slot < n; ++*slot) {
    if (!c->slot_used[*slot]) break;
  }
  if (*slot == n) {
    NT_TRY(nt_grow(c->err, n, sizeof *c->slot_used, "the plan", &c->slot_used));
    c->program->n_slots++;
  }
  c->slot_used[*slot] = true;
done:
  return status;
}

/* Lanes of the largest plane, and what the innermost axis of a window may read beside it. */
static void measure(nt_program *program)
{
  const nt_frames *frames = &program->frames;
  for (int f = 0; f < frames->n_frames; f++) {
    const nt_frame *frame = &frames->frame[f];
    if (frame->lanes > program->lanes) program->lanes = frame->lanes;
    const nt_line *inner = nt_frame_line(frames, f, frame->rank - 1);
    if (inner->most > program->guard) program->guard = inner->most;
  }
}

nt_status nt_program_compile(nt_error *err, const nt_plan *plan, nt_program **out)
{
  nt_status status = NT_OK;
  nt_compiler c = {.err = err, .plan = plan};
  *out = NULL;
  NT_TRY(nt_calloc(err, 1, sizeof(nt_program), "a program", out));
  c.program = *out;
  c.program->dtype = plan->request.dtype;
  NT_TRY(nt_calloc(err, plan->n_nodes, sizeof(nt_node_use), "a program", &c.value));
  NT_TRY(nt_alloc(err, 2 * plan->n_nodes, sizeof(int), "a program", &c.program->tile_of));
  c.program->tensor_of = c.program->tile_of + plan->n_nodes;
  memset(c.program->tile_of, 0xff, 2 * (size_t)plan->n_nodes * sizeof(int));
  nt_compile_survey(&c);
  NT_TRY(nt_compile_regions(&c));
  measure(c.program);
  NT_TRY(nt_compile_mixes(&c));
  for (int r = 1; r < c.program->n_regions; r++) {
    nt_region *region = &c.program->region[r];
    region->first_row = region[-1].first_row + region[-1].n_rows;
  }
done:
  free(c.value);
  free(c.slot_used);
  for (int i = 0; i < c.n_instances; i++)
    free(c.instance[i].in);
  free(c.instance);
  if (status != NT_OK) nt_program_destroy(out);
  return status;
}

void nt_program_destroy(nt_program **program)
{
  if (*program == NULL) return;
  for (int r = 0; r < (*program)->n_regions; r++) {
    nt_region *region = &(*program)->region[r];
    for (int s = 0; s < region->n_steps; s++) {
      free(region->step[s].in);
    }
    free(region->step);
    for (int a = 0; a < NT_MAX_RANK; a++)
      free(region->own[a]);
    free(region->view);
  }
  nt_frames_destroy(&(*program)->frames);
  for (int t = 0; t < (*program)->n_tensors; t++)
    free((*program)->tensor[t].place);
  free((*program)->tensor);
  free((*program)->mix);
  free((*program)->tile_of);
  free((*program)->region);
  free((*program)->row);
  free(*program);
  *program = NULL;
}
