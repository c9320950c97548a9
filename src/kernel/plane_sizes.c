/** How many pairs and lanes go through the regions with positions at a time. */
#include "kernel/plane.h"

/* Lanes of a batch: enough for long loops, few enough for the first-level cache. */
enum { BATCH_LANES = 512 };

/* Slots of a block of pairs: half of a second-level cache, the rest is for tables. */
enum { BLOCK_BYTES = 512 << 10 };

int64_t nt_plane_batch(const nt_plan *plan, int region, int64_t rows)
{
  const nt_region *r = &plan->program->region[region];
  int64_t most = 1;
  if (!r->flat) return 1;
  for (int s = 0; s < r->n_steps; s++) {
    const int64_t lanes = plan->program->frames.frame[r->step[s].frame].lanes;
    if (lanes > most) most = lanes;
  }
  const int64_t batch = most < BATCH_LANES / 2 ? BATCH_LANES / most : 1;
  return batch < 1 ? 1 : NT_MIN(batch, rows);
}

/* Lanes of a step. Sums in between have some axes of the input, some of the output. */
static int64_t lanes_of(const nt_program *program, const nt_step *step)
{
  const nt_frames *frames = &program->frames;
  const int out = step->frame, in = step->frame_in;
  int64_t lanes = 1;
  if (in == out) return frames->frame[out].lanes;
  for (int a = 0; a < frames->frame[out].rank; a++)
    lanes *= NT_MAX(nt_frame_line(frames, in, a)->most, nt_frame_line(frames, out, a)->most);
  return lanes;
}

int64_t nt_planes_lanes(const nt_plan *plan, int64_t rows)
{
  int64_t most = 0;
  for (int r = 0; r < plan->program->n_regions; r++) {
    const nt_region *region = &plan->program->region[r];
    if (region->space.rank == 0) continue;
    const int64_t batch = nt_plane_batch(plan, r, rows);
    for (int s = 0; s < region->n_steps; s++)
      most = NT_MAX(most, batch * lanes_of(plan->program, &region->step[s]));
  }
  return nt_padded(most);
}

/* The one region with positions, if it has nothing but plane 0 and is left by
 * means or to an output; or -1. */
static int block_region(const nt_plan *plan, int64_t rows)
{
  const nt_program *program = plan->program;
  int found = -1;
  for (int r = 0; r < program->n_regions; r++) {
    const nt_region *region = &program->region[r];
    if (region->space.rank == 0) continue;
    if (found >= 0 || !region->flat || nt_plane_batch(plan, r, rows) > 1) return -1;
    for (int s = 0; s < region->n_steps; s++) {
      const nt_step_kind kind = region->step[s].kind;
      if (kind == NT_STEP_GLOBAL || kind == NT_STEP_POOL || kind == NT_STEP_KEEP ||
          kind == NT_STEP_MIX)
        return -1;
    }
    found = r;
  }
  return found;
}

int64_t nt_planes_sets(const nt_plan *plan, int64_t rows)
{
  const nt_program *program = plan->program;
  const int64_t size = (int64_t)nt_lanes_of(plan->request.dtype)->size;
  const int64_t bytes = 2 * program->n_slots * nt_planes_lanes(plan, rows) * size;
  int64_t side = 1;
  if (block_region(plan, rows) < 0) return 1;
  while (side < rows && (side + 1) * (side + 1) <= NT_MOST_SETS &&
         (side + 1) * (side + 1) * bytes <= BLOCK_BYTES)
    side++;
  return side * side;
}

int64_t nt_tile_together(const nt_plan *plan)
{
  const int64_t sets = nt_planes_sets(plan, plan->tile);
  int64_t batch = sets > 1 ? sets : plan->tile;
  for (int r = 0; sets == 1 && r < plan->program->n_regions; r++) {
    if (plan->program->region[r].space.rank > 0)
      batch = NT_MIN(batch, nt_plane_batch(plan, r, plan->tile));
  }
  return batch;
}
