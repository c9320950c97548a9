/** A step of a region on one plane: what reads slots and writes one. Where planes come from and go
 * to is in plane_ends.c. */
#include "base/check.h"
#include "kernel/plane.h"

#include <string.h>

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
    const nt_sides half = nt_view_sides(p, step->in[b].row);
    factor[b] = (nt_factor){nt_slot(p->ws, step->in[b].slot, step->in[b].has_t), half.a, half.b};
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
    const nt_lane_value in = nt_slot(ws, step->in[b].slot, step->in[b].has_t);
    if (step->kind == NT_STEP_SUM)
      ws->lanes->add(n, in, step->in[b].weight, b == 0, -1, &none, out);
    else
      ws->lanes->multiply(n, in, b == 0, out);
  }
}

static void run_step(const nt_plane *p, const nt_step *step)
{
  const nt_cell_ops *cells = p->ws->cells;
  const int64_t n = nt_padded(nt_plane_lanes(p, step->frame));
  const nt_lane_value in = nt_slot(p->ws, step->in[0].slot, step->has_t),
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
    nt_window_run(p, step, &in, &out);
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
