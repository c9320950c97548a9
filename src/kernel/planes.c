/** The regions with positions, pair after pair of samples, plane after plane.
 *
 * The covariance of two samples x, x' is one number for every pair of positions (p, p'). Ordered by
 * the offset p' - p they are *planes*; here those of two images of 4 x 4, of which plane
 * (dy, dx) = (1, 2) holds K((y, x), (y+1, x+2)), with the offsets turned around at the borders so
 * that all planes are full (the parts behind a seam | - belong to the offsets dy - 4 or dx - 4):
 *
 *       x' sample            x sample                    plane (1, 2): lane (y, x)
 *       . . . .              a b c d                     a:(1,2)  b:(1,3) | c:(1,0)  d:(1,1)
 *       . . a b      <->     . . . .                     .        .       | .        .
 *       . . . .              . . . .                     .        .       | .        .
 *       . . . .              . . . .                     -----------------+-----------------
 *                                                        .        .       | .        .
 *
 * Layers that act on one offset alone (dense, elementwise, convolutions: both positions move
 * together) never mix planes, so each plane is carried through all layers of a region while it is
 * in the first-level cache, and an array of all pairs of positions does not exist:
 *
 *     for each group of the inner axes (dx)   arrange tables: both samples' variances in lane order
 *       for each group of axis 0 (dy)         turn: a plane's tables are a window into them
 *         for each step                       K, T of the plane: LOAD, MAP, WINDOW, ... LEAVE
 *
 * A window sums lanes and stops at the seams and borders, where K is 0; a D there is half the
 * variance of the argument that is still inside (pad). D: half of both variances less K, which is
 * kept in place of K where K would lose digits (kernel/cells.h). Few taps are added one by one;
 * wide windows slide along a *track*, the cells of a row with their padding at both ends, where
 * sums of 4, 16 ... places in a row serve all windows that hold them. What mixes planes ends the
 * region: a global mean adds the planes up, a pool adds each to a smaller *tensor*, which holds its
 * planes one after another and from which the next region loads them (sums of D become a D again by
 * what they are of either sample with itself); a layer that mixes all positions takes the tensor as
 * a matrix. A Flatten reads the plane of offset 0, and a region that only it reads has no other:
 * then several pairs of samples go together, side by side in one plane if it is small (batch), else
 * step by step (a block). Small planes of all dy go together as one (joined). In which order and
 * how many, plan/frame.h decides.
 *
 * Of a sample with itself, plane (-dy, -dx) is the mirror image of plane (dy, dx): half is enough.
 *
 *     plane_views.c    arrange, turn: table rows in the order of the lanes
 *     plane_steps.c    a step from slot to slot
 *     plane_window.c   sums of cells, axis by axis; plane_track.c: along tracks; plane_padding.c: pad
 *     plane_input.c    inputs of many channels: products of all positions of a pair at once
 *     plane_ends.c     LOAD and LEAVE: inputs, tensors, numbers of a pair; plane_store.c: outputs
 *     plane_mix.c      layers that mix all positions
 *     plane_block.c    blocks of pairs
 *     plane_sizes.c    how many go together; plane_buffers.c: the room for it */
#include "base/check.h"
#include "kernel/plane.h"

#include <string.h>

bool nt_plane_is_zero(const nt_plane *p)
{
  if (p->region->joined) return false;
  for (int a = 0; a < p->region->space.rank; a++) {
    if (p->group[a] != 0) return false;
  }
  return true;
}

nt_status nt_plane_run(nt_error *err, const nt_plane *p)
{
  nt_status status = NT_OK;
  for (int s = 0; s < p->region->n_steps; s++)
    NT_TRY(nt_plane_step(err, p, &p->region->step[s]));
done:
  return status;
}

static int groups(const nt_plane *p, int axis)
{
  return nt_frame_line(&p->program->frames, p->region->frame, axis)->groups;
}

/* -1, 0, 1: whether the mirror image of this plane comes before it, is itself, or comes later. The
 * order is that of the loops: inner axes first. */
static int mirror_comes(const nt_plane *p)
{
  for (int k = 1; k <= p->region->space.rank; k++) {
    const int a = k % p->region->space.rank; /* axes 1, 2, ..., 0 */
    const int mirror = p->group[a] == 0 ? 0 : groups(p, a) - p->group[a];
    if (mirror != p->group[a]) return mirror < p->group[a] ? -1 : 1;
  }
  return 0;
}

void nt_plane_arrange(nt_plane *p)
{
  p->group[0] = 0;
  for (int a = 0; a < p->region->space.rank; a++)
    nt_plane_count_cells(p, a);
  nt_views_arrange(p);
}

void nt_plane_turn(const nt_plane *p)
{
  nt_plane_count_cells(p, 0);
  nt_views_turn(p);
}

/* Whether the group of this axis has planes to run. */
static bool is_run(const nt_plane *p, int axis)
{
  return !p->own || p->region->own[axis][p->group[axis]];
}

/* All planes that share the groups of the inner axes. */
static nt_status run_axis0(nt_error *err, nt_plane *p)
{
  nt_status status = NT_OK;
  const bool half = p->self && p->region->halves;
  for (int a = 1; a < p->region->space.rank; a++) {
    if (!is_run(p, a)) return NT_OK;
  }
  nt_plane_arrange(p);
  for (p->group[0] = 0; p->group[0] < groups(p, 0); p->group[0]++) {
    const int mirror = half ? mirror_comes(p) : 0;
    if (mirror < 0 || !is_run(p, 0)) continue;
    p->twice = mirror > 0;
    nt_plane_turn(p);
    NT_TRY(nt_plane_run(err, p));
  }
done:
  return status;
}

void nt_plane_begin_tensors(const nt_plane *p)
{
  for (int s = 0; s < p->region->n_steps; s++) {
    const nt_step *step = &p->region->step[s];
    if (step->kind != NT_STEP_POOL) continue;
    const int64_t n = p->program->tensor[step->out].positions;
    const size_t bytes = (size_t)(n * n) * p->ws->lanes->size;
    memset(p->ws->tensor[step->out].k, 0, bytes);
    if (step->t) memset(p->ws->tensor[step->out].t, 0, bytes);
  }
}

/* All planes of one region of a pair, or of a batch of pairs. */
static nt_status run_planes(nt_error *err, nt_plane *p, int region)
{
  nt_status status = NT_OK;
  bool more = true;
  p->number = region;
  p->region = &p->program->region[region];
  memset(p->group, 0, sizeof p->group);
  nt_plane_begin_inputs(p);
  nt_plane_begin_tensors(p);
  nt_plane_begin_sums(p);
  nt_plane_begin_mix(p);
  while (more) {
    NT_TRY(run_axis0(err, p));
    more = false;
    for (int a = p->region->space.rank - 1; a > 0 && !more; a--) {
      more = ++p->group[a] < groups(p, a);
      if (!more) p->group[a] = 0;
    }
  }
  nt_plane_end_sums(p);
  nt_plane_end_stores(p);
done:
  return status;
}

/* Batches and lanes that are kept hold what they were made of until the tile changes. */
static void forget_side(nt_view_side *side)
{
  side->sample = -1;
  for (int k = 0; k < side->n_kept; k++)
    side->kept[k].order = 0;
}

static void forget(const nt_plan *plan, nt_workspace *ws)
{
  for (int r = 0; r < plan->program->n_regions; r++) {
    for (int v = 0; v < plan->program->region[r].n_views; v++) {
      forget_side(&ws->view[r][v].side[0]);
      forget_side(&ws->view[r][v].side[1]);
    }
  }
}

static bool has_outputs(const nt_region *region)
{
  bool has = false;
  for (int s = 0; s < region->n_steps; s++)
    has |= region->step[s].kind == NT_STEP_STORE;
  return has;
}

/* Whether the planes of a region are those of a sample with itself. Those of equal samples are, and
 * go the same way: then the sums over them, of rounded numbers, are the same as of either sample,
 * and the D of the pair is 0. But not into outputs, where this pair has two blocks. */
static bool is_self(const nt_plane *p, const nt_region *region)
{
  const nt_tile *tile = p->tile;
  if (tile->same && p->i == p->j) return true;
  return p->batch == 1 && !has_outputs(region) &&
         nt_panel_is_equal(tile->plan, tile->rows, p->i, tile->cols, p->j);
}

/* All pairs of one column, region by region as far as they are independent of each other. */
static nt_status run_column(nt_error *err, nt_plane *p)
{
  nt_status status = NT_OK;
  const nt_tile *tile = p->tile;
  const int64_t begin = tile->same ? p->j : 0;
  const int64_t end = tile->self_only ? p->j + 1 : tile->rows->count;
  int64_t step = end - begin;
  for (int r = 0; r < p->program->n_regions; r++) {
    if (p->program->region[r].space.rank > 0) step = NT_MIN(step, p->ws->batch[r]);
  }
  for (p->i = begin; p->i < end; p->i += step) {
    p->batch = NT_MIN(step, end - p->i);
    for (int r = 0; r < p->program->n_regions; r++) {
      if (p->program->region[r].space.rank == 0) continue;
      p->self = is_self(p, &p->program->region[r]);
      NT_TRY(run_planes(err, p, r));
      nt_plane_mix(p);
    }
  }
done:
  return status;
}

nt_status nt_planes_compute(nt_error *err, const nt_tile *tile, nt_workspace *ws)
{
  nt_status status = NT_OK;
  nt_plane p = {.tile = tile, .program = tile->plan->program, .ws = ws};
  if (nt_plane_has_blocks(&p)) return nt_plane_run_blocks(err, &p);
  forget(tile->plan, ws);
  for (p.j = 0; p.j < tile->cols->count; p.j++)
    NT_TRY(run_column(err, &p));
done:
  return status;
}

/* A sample of a panel with itself. */
static nt_plane own_plane(const nt_tile *tile, nt_workspace *ws, int region, int64_t sample)
{
  return (nt_plane){.tile = tile,
                    .program = tile->plan->program,
                    .region = &tile->plan->program->region[region],
                    .ws = ws,
                    .i = sample,
                    .j = sample,
                    .batch = 1,
                    .self = true,
                    .own = true};
}

static nt_tile own_tile(const nt_plan *plan, const nt_panel *panel)
{
  return (nt_tile){
      .plan = plan, .rows = panel, .cols = panel, .same = true, .given = panel->own_tile};
}

nt_status nt_planes_own(nt_error *err, const nt_plan *plan, const nt_panel *panel, nt_workspace *ws,
                        int region, int64_t sample)
{
  const nt_tile tile = own_tile(plan, panel);
  nt_plane p = own_plane(&tile, ws, region, sample);
  forget(plan, ws);
  return run_planes(err, &p, region);
}

void nt_planes_own_mix(const nt_plan *plan, const nt_panel *panel, nt_workspace *ws, int region,
                       int64_t sample)
{
  const nt_tile tile = own_tile(plan, panel);
  const nt_plane p = own_plane(&tile, ws, region, sample);
  nt_plane_mix(&p);
}
