/** Regions: which values are computed together, plane by plane.
 *
 * What ends a run of planes is a *sink*: a Flatten or global mean (into a tile value), a pool
 * (into a tensor), an output. Sinks on the same positions and of the same level make one region.
 * From their values its instances are pulled: each node in each frame that somebody reads, back to
 * the inputs and to the tensors of regions before. */
#include "plan/compile.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>

static nt_status open_region(nt_compiler *c, const nt_sink *first)
{
  nt_status status = NT_OK;
  nt_program *program = c->program;
  const nt_node *node = &c->plan->node[first->value];
  NT_TRY(
      nt_grow(c->err, program->n_regions, sizeof *program->region, "the plan", &program->region));
  c->region = program->n_regions++;
  program->region[c->region] = (nt_region){.space = nt_facts_space(&node->facts),
                                           .positions = nt_facts_positions(&node->facts),
                                           .level = node->level,
                                           .frame = -1,
                                           .first_group = program->n_rows};
  for (int i = 0; i < c->n_instances; i++)
    free(c->instance[i].in);
  c->n_instances = 0;
  for (int n = 0; n < c->plan->n_nodes; n++)
    c->value[n].first = c->value[n].rows = -1;
done:
  return status;
}

static bool belongs(const nt_compiler *c, const nt_sink *sink)
{
  const nt_region *region = &c->program->region[c->region];
  const nt_node *node = &c->plan->node[sink->value];
  const nt_shape space = nt_facts_space(&node->facts);
  return !sink->done && nt_shape_equal(&space, &region->space) &&
         (space.rank == 0 || node->level == region->level);
}

static int64_t ring(const nt_line *line, int group)
{
  const nt_cells *cells = &line->group[group];
  return nt_ring_of(cells->x1[0], cells->x2[0], line->size);
}

/* Whether the groups of a line are mirror images of each other, the first one of itself. */
static bool mirrors(const nt_line *line, const nt_offsets *need)
{
  bool mirrored = ring(line, 0) == 0;
  for (int64_t d = 1; mirrored && line->groups == 1 && d < line->size; d++)
    mirrored = need[line->size - 1 - d] == need[line->size - 1 + d];
  for (int g = 1; mirrored && g < line->groups; g++) {
    mirrored = ring(line, g) + ring(line, line->groups - g) == line->size &&
               line->group[g].n == line->group[line->groups - g].n;
  }
  return mirrored;
}

/* Lanes that are worth the turn of a plane, few enough for the first-level cache. */
enum { JOINED_LANES = 1024 };

/* Small planes go together, all that share the groups of the inner axes, where nobody asks which
 * they are: of `inner` lanes each in the axes behind axis 0. */
static bool joins(const nt_compiler *c, const nt_sinks *sinks, const nt_offsets *need,
                  int64_t inner)
{
  const nt_region *region = &c->program->region[c->region];
  const int64_t size = region->space.dim[0];
  int64_t cells = 0;
  bool join = region->space.rank > 1;
  for (int64_t d = 1 - size; d < size; d++)
    cells += need[d + size - 1] ? size - (d < 0 ? -d : d) : 0;
  for (int s = 0; s < sinks->n; s++) {
    const nt_step_kind kind = sinks->sink[s].kind;
    if (belongs(c, &sinks->sink[s]))
      join &= kind == NT_STEP_MIX || kind == NT_STEP_KEEP || kind == NT_STEP_GLOBAL;
  }
  return join && cells > size && cells * inner <= JOINED_LANES;
}

static nt_status need_of_sink(nt_error *err, const nt_plan *plan, const nt_sink *sink,
                              nt_offsets *const *need)
{
  const nt_node *value = &plan->node[sink->value];
  const nt_shape space = nt_facts_space(&value->facts);
  if (sink->kind != NT_STEP_KEEP) {
    const bool output = sink->kind == NT_STEP_STORE;
    const nt_node *reader = output ? NULL : &plan->node[sink->node];
    return nt_need_of_reader(err, reader, output ? NULL : reader->need, value, need);
  }
  for (int a = 0; a < space.rank; a++) {
    for (int64_t d = 0; d < 2 * space.dim[a] - 1; d++)
      need[a][d] |= value->need[a][d];
  }
  return NT_OK;
}

/* The frame of all pairs of positions that the sinks of the region read. */
static nt_status make_frame(nt_compiler *c, const nt_sinks *sinks)
{
  nt_status status = NT_OK;
  nt_region *region = &c->program->region[c->region];
  const nt_plan *plan = c->plan;
  nt_offsets *need[NT_MAX_RANK] = {0};
  int line[NT_MAX_RANK];
  int64_t inner = 1;
  for (int a = 0; a < region->space.rank; a++) {
    NT_TRY(nt_calloc(c->err, 2 * region->space.dim[a] - 1, 1, "needs", &need[a]));
  }
  for (int s = 0; s < sinks->n; s++) {
    const nt_sink *sink = &sinks->sink[s];
    if (belongs(c, sink)) NT_TRY(need_of_sink(c->err, plan, sink, need));
  }
  region->halves = true;
  for (int a = region->space.rank - 1; a >= 0; a--) {
    region->joined = a == 0 && joins(c, sinks, need[0], inner);
    NT_TRY(nt_line_of_offsets(c->err, &c->program->frames, region->space.dim[a], need[a],
                              region->joined, &line[a]));
    const nt_line *made = &c->program->frames.line[line[a]];
    region->halves &= mirrors(made, need[a]);
    inner *= made->most;
  }
  NT_TRY(nt_frame_make(c->err, &c->program->frames, region->space.rank, line, &region->frame));
done:
  for (int a = 0; a < NT_MAX_RANK; a++)
    free(need[a]);
  return status;
}

/* Whether several pairs may go through the region together: nothing of it is kept for one pair. */
static bool is_flat(const nt_compiler *c, const nt_sinks *sinks, const int *place)
{
  const nt_frames *frames = &c->program->frames;
  bool flat = c->program->region[c->region].frame >= 0;
  for (int s = 0; s < sinks->n; s++) {
    const nt_step_kind kind = sinks->sink[s].kind;
    if (place[s] >= 0) flat &= kind != NT_STEP_KEEP && kind != NT_STEP_MIX && kind != NT_STEP_POOL;
  }
  for (int i = 0; flat && i < c->n_instances; i++) {
    const int frame = c->instance[i].frame;
    for (int a = 0; flat && a < frames->frame[frame].rank; a++) {
      const nt_line *line = nt_frame_line(frames, frame, a);
      flat = line->groups == 1 && line->plain1 && line->plain2 && !c->instance[i].loaded;
    }
  }
  return flat;
}

static int by_node(const void *a, const void *b, void *compiler)
{
  const nt_instance *instance = ((const nt_compiler *)compiler)->instance;
  const int i = *(const int *)a, j = *(const int *)b;
  const int m = instance[i].node, n = instance[j].node;
  return m != n ? (m < n ? -1 : 1) : (i < j ? -1 : 1);
}

/* The region of all sinks that belong to the one in hand. */
static nt_status compile_region(nt_compiler *c, nt_sinks *sinks)
{
  nt_status status = NT_OK;
  void *memory = NULL, *places = NULL;
  NT_TRY(nt_alloc(c->err, sinks->n, sizeof(int), "sinks", &places));
  int *place = places;
  if (c->program->region[c->region].space.rank > 0) NT_TRY(make_frame(c, sinks));
  for (int s = 0; s < sinks->n; s++) {
    place[s] = -1;
    if (!belongs(c, &sinks->sink[s])) continue;
    const int frame = c->program->region[c->region].frame;
    NT_TRY(nt_compile_find(c, sinks->sink[s].value, frame, -1, &place[s]));
  }
  for (int i = 0; i < c->n_instances; i++)
    NT_TRY(nt_compile_pull(c, i));
  c->program->region[c->region].flat = is_flat(c, sinks, place);
  NT_TRY(nt_alloc(c->err, c->n_instances, sizeof(int), "instances", &memory));
  int *order = memory;
  for (int i = 0; i < c->n_instances; i++)
    order[i] = i;
  qsort_r(order, (size_t)c->n_instances, sizeof *order, by_node, c);
  for (int i = 0; i < c->n_instances; i++)
    NT_TRY(nt_compile_instance(c, order[i]));
  for (int s = 0; s < sinks->n; s++) {
    if (place[s] < 0) continue;
    NT_TRY(nt_compile_sink(c, &sinks->sink[s], place[s]));
    sinks->sink[s].done = true;
  }
done:
  free(memory);
  free(places);
  return status;
}

nt_status nt_compile_regions(nt_compiler *c)
{
  nt_status status = NT_OK;
  nt_sinks sinks = {0};
  const nt_sink *sink;
  NT_TRY(nt_compile_sinks(c, &sinks));
  while ((sink = nt_sinks_next(c, &sinks)) != NULL) {
    NT_TRY(open_region(c, sink));
    NT_TRY(compile_region(c, &sinks));
  }
done:
  free(sinks.sink);
  return status;
}
