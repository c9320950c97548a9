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
 * variance of the argument that is still inside (pad). What mixes planes ends the region: a global
 * mean adds the planes up, a pool adds each to a smaller tensor, from which the next region loads
 * its planes (sums of D become a D again by what they are of either sample with itself); a Flatten
 * reads the plane of offset 0, and a region that only it reads has no other: then several pairs of
 * samples go together (batch, plane_block.c). Small planes of all dy go together as one (joined).
 * In which order and how many, plan/frame.h decides.
 *
 * Of a sample with itself, plane (-dy, -dx) is the mirror image of plane
 * (dy, dx): half is enough. */
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

/* ---- Steps that read a slot and write one ---- */

static void run_map(const nt_plane *p, const nt_step *step, nt_lane_value in, nt_lane_value out,
                    int64_t n)
{
  const nt_sides t = nt_view_sides(p, step->row);
  const nt_lanes lanes = {.n = n,
                          .k = in.k,
                          .t = in.t,
                          .k_out = out.k,
                          .t_out = out.t,
                          .table1 = t.a,
                          .table2 = t.b,
                          .ld1 = t.lda,
                          .ld2 = t.ldb,
                          .mean = true,
                          .share = step->share,
                          .shift = step->shift};
  step->map(step->cfg, &lanes, &step->post);
}

static void run_affine(const nt_plane *p, const nt_step *step, nt_lane_value in, nt_lane_value out,
                       int64_t n)
{
  nt_post post = step->post;
  nt_sides half = {0};
  bool d = step->d;
  if (d && step->row >= 0) {
    half = nt_view_sides(p, step->row);
  } else if (d) { /* T takes nothing of K: D is scaled like any number */
    post.kf = post.kd;
    post.k0 = 0;
    d = false;
  }
  p->ws->cells->affine(n, in, d, &half, &post, out);
}

/* Whether both samples are the same entry of the same set. */
static bool is_same_sample(const nt_plane *p, const nt_step *step, int64_t b)
{
  const nt_tile *tile = p->tile;
  const bool both = tile->same || tile->plan->node[step->node].facts.x1_is_x2;
  return both && tile->rows->first + p->i + b == tile->cols->first + p->j;
}

/* Whether both positions of a lane are the same. */
static bool is_same_position(const nt_plane *p, int frame, int64_t lane)
{
  bool same = true;
  for (int a = p->program->frames.frame[frame].rank - 1; a >= 0; a--) {
    const nt_cells *cells = nt_plane_cells(p, frame, a);
    same = same && cells->x1[lane % cells->n] == cells->x2[lane % cells->n];
    lane /= cells->n;
  }
  return same;
}

/* Times post.kf where both positions are the same too. */
static void run_dropout(const nt_plane *p, const nt_step *step, nt_lane_value in, nt_lane_value out)
{
  const nt_workspace *ws = p->ws;
  const int64_t lanes = nt_plane_lanes(p, step->frame) / p->batch;
  const size_t bytes = (size_t)(p->batch * lanes) * ws->lanes->size;
  memcpy(out.k, in.k, bytes);
  if (out.t != NULL && in.t != NULL) memcpy(out.t, in.t, bytes);
  for (int64_t b = 0; b < p->batch; b++) {
    if (!is_same_sample(p, step, b)) continue;
    for (int64_t l = 0; l < lanes; l++) {
      if (is_same_position(p, step->frame, l)) nt_scale_lane(ws, b * lanes + l, step->post.kf, out);
    }
  }
}

/* K = 0, D = (q1 + q2) / 2, T = 0 where the positions differ: mostly all
 * lanes of a plane, or none. */
static void run_separate(const nt_plane *p, const nt_step *step, nt_lane_value out)
{
  const int64_t lanes = nt_plane_lanes(p, step->frame), one = lanes / p->batch;
  nt_sides half = {0};
  if (step->d) half = nt_view_sides(p, step->row);
  for (int64_t begin = 0, end; begin < lanes; begin = end + 1) {
    for (end = begin; end < lanes && !is_same_position(p, step->frame, end % one);)
      end++;
    p->ws->cells->uncorrelate(begin, end - begin, step->d, &half, out);
  }
}

static void run_product_of_d(const nt_plane *p, const nt_step *step, nt_lane_value out, int64_t n)
{
  nt_factor factor[NT_MOST_FACTORS];
  for (int b = 0; b < step->n_in; b++) {
    const nt_sides half = nt_view_sides(p, step->row_in[b]);
    factor[b] = (nt_factor){nt_slot(p->ws, step->in[b], step->has_t_in[b]), half.a, half.b};
  }
  p->ws->lanes->multiply_d(n, step->n_in, factor, true, false, out);
}

static void run_join(const nt_plane *p, const nt_step *step, nt_lane_value out, int64_t n)
{
  const nt_workspace *ws = p->ws;
  const nt_tables none = {0};
  if (step->kind == NT_STEP_PRODUCT && step->d) {
    run_product_of_d(p, step, out, n);
    return;
  }
  for (int b = 0; b < step->n_in; b++) {
    const nt_lane_value in = nt_slot(ws, step->in[b], step->has_t_in[b]);
    if (step->kind == NT_STEP_SUM)
      ws->lanes->add(n, in, step->weight[b], b == 0, -1, &none, out);
    else
      ws->lanes->multiply(n, in, b == 0, out);
  }
}

static void run_step(const nt_plane *p, const nt_step *step)
{
  const nt_cell_ops *cells = p->ws->cells;
  const int64_t n = nt_padded(nt_plane_lanes(p, step->frame));
  const nt_lane_value in = nt_slot(p->ws, step->in[0], step->has_t),
                      out = nt_slot(p->ws, step->out, step->t);
  nt_sides rows = {0}, half = {0};
  switch (step->kind) {
  case NT_STEP_MAP:
    run_map(p, step, in, out, n);
    break;
  case NT_STEP_AFFINE:
    run_affine(p, step, in, out, n);
    break;
  case NT_STEP_WINDOW:
    nt_window_run(p, step, in, out);
    break;
  case NT_STEP_SUM:
  case NT_STEP_PRODUCT:
    run_join(p, step, out, n);
    break;
  case NT_STEP_SCALE:
    rows = nt_view_sides(p, step->row);
    cells->scale(n, in, step->d, &rows, out);
    break;
  case NT_STEP_DROPOUT:
    run_dropout(p, step, in, out);
    break;
  case NT_STEP_SEPARATE:
    run_separate(p, step, out);
    break;
  case NT_STEP_CONVERT:
    rows = nt_view_sides(p, step->row);
    cells->convert(n, in, step->d, &rows, out);
    break;
  case NT_STEP_POOLED:
    rows = nt_view_sides(p, step->row);
    cells->pooled(n, &rows, out.k);
    break;
  case NT_STEP_REMASK:
    rows = nt_view_sides(p, step->row);
    if (step->row2 >= 0) half = nt_view_sides(p, step->row2);
    cells->remask(n, out, step->d, &rows, &half);
    break;
  default:
    break;
  }
}

/* Of a result that was not written in whole vectors: what its slot held before may have gone
 * through the maps of many planes, and windows multiply some of it by 0. */
static void clear_padding(const nt_plane *p, const nt_step *step)
{
  const nt_lane_value out = nt_slot(p->ws, step->out, step->t);
  const int64_t n = nt_plane_lanes(p, step->frame);
  const size_t size = p->ws->lanes->size, bytes = (size_t)(nt_padded(n) - n) * size;
  memset((char *)out.k + (size_t)n * size, 0, bytes);
  if (out.t != NULL) memset((char *)out.t + (size_t)n * size, 0, bytes);
}

/* ---- Planes of a pair ---- */

nt_status nt_plane_step(nt_error *err, const nt_plane *p, const nt_step *step)
{
  switch (step->kind) {
  case NT_STEP_INPUT:
  case NT_STEP_TENSOR:
    nt_plane_load(p, step);
    clear_padding(p, step);
    return NT_OK;
  case NT_STEP_FLATTEN:
  case NT_STEP_GLOBAL:
  case NT_STEP_POOL:
  case NT_STEP_KEEP:
  case NT_STEP_MIX:
  case NT_STEP_STORE:
    return nt_plane_leave(err, p, step);
  default:
    run_step(p, step);
    if (step->kind == NT_STEP_WINDOW || step->kind == NT_STEP_DROPOUT) clear_padding(p, step);
    return NT_OK;
  }
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
  const nt_frames *frames = &p->program->frames;
  return frames->line[frames->frame[p->region->frame].line[axis]].groups;
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
