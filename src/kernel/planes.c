/** A region with positions. Order the pairs of positions of two samples by their offset:
 *
 *     plane d holds K(p, p + d) for all p with both positions inside;  lanes = p in row-major order
 *
 *     1-D, 4 positions:   d = -1: (1,0) (2,1) (3,2)      d = 0: (0,0) (1,1) (2,2) (3,3)      ...
 *
 * Layers that act on one offset alone never mix planes, so one plane at a time goes through all
 * steps. In the diagonal layout, and where only a Flatten reads the region, plane 0 is all there is. */
#include "base/check.h"
#include "kernel/tile_impl.h"

#include <math.h>
#include <string.h>

typedef struct nt_plane {
  const nt_tile *tile;
  const nt_region *region;
  nt_workspace *ws;
  int number;
  int64_t i, j; /* samples of the pair, within their panels */
  int64_t offset[NT_MAX_RANK];
  int64_t lanes; /* without padding */
} nt_plane;

/* Positions of the lanes of this plane, of the first and of the second argument. */
static void enumerate(nt_plane *p)
{
  const nt_shape *space = &p->region->space;
  int64_t low[NT_MAX_RANK], high[NT_MAX_RANK], at[NT_MAX_RANK];
  p->lanes = 1;
  for (int a = 0; a < space->rank; a++) {
    const int64_t d = p->offset[a];
    low[a] = at[a] = d < 0 ? -d : 0;
    high[a] = d > 0 ? space->dim[a] - d : space->dim[a];
    p->lanes *= high[a] - low[a];
  }
  for (int64_t lane = 0; lane < p->lanes; lane++) {
    int64_t one = 0, two = 0;
    for (int a = 0; a < space->rank; a++) {
      one = one * space->dim[a] + at[a];
      two = two * space->dim[a] + at[a] + p->offset[a];
    }
    p->ws->index1[lane] = (int32_t)one;
    p->ws->index2[lane] = (int32_t)two;
    for (int a = space->rank - 1; a >= 0 && ++at[a] == high[a]; a--)
      at[a] = low[a];
  }
  for (int64_t lane = p->lanes; lane < nt_padded(p->lanes); lane++) {
    p->ws->index1[lane] = p->ws->index1[0];
    p->ws->index2[lane] = p->ws->index2[0];
  }
}

/* Variances of the plane's positions, in lanes. */
static nt_tables gather(const nt_plane *p)
{
  nt_workspace *ws = p->ws;
  const size_t size = ws->lanes->size;
  const int64_t n = nt_padded(p->lanes), positions = p->region->positions;
  const nt_panel *rows = p->tile->rows, *cols = p->tile->cols;
  for (int r = 0; r < p->region->n_rows; r++) {
    const int64_t at1 = r * rows->ld[p->number] + p->i * positions;
    const int64_t at2 = r * cols->ld[p->number] + p->j * positions;
    const size_t to = (size_t)(r * ws->max_lanes) * size;
    ws->lanes->gather(n, rows->table[p->number] + (size_t)at1 * size, ws->index1, ws->table1 + to);
    ws->lanes->gather(n, cols->table[p->number] + (size_t)at2 * size, ws->index2, ws->table2 + to);
  }
  return (nt_tables){ws->table1, ws->table2, ws->max_lanes, ws->max_lanes, false};
}

/* Input covariance of one lane, with the affine layer that was folded in. */
static void input_lane(const nt_plane *p, const nt_step *step, const nt_tables *tables, int64_t l,
                       double *k, double *t)
{
  const nt_facts *facts = &p->tile->plan->node[step->leaf].facts;
  const nt_workspace *ws = p->ws;
  const int64_t c = facts->shape1.dim[facts->channel_axis], bytes = c * (int64_t)ws->lanes->size;
  const char *x1 = p->tile->rows->data[step->leaf] + p->i * p->region->positions * bytes;
  const char *x2 = p->tile->cols->data[step->leaf] + p->j * p->region->positions * bytes;
  const size_t row = (size_t)(step->row * tables->ld1 + l) * ws->lanes->size;
  const nt_post *post = &step->post;
  double s1 = 1, s2 = 1, covariance, difference;
  if (step->d) ws->lanes->to_double(1, tables->table1 + row, &s1);
  if (step->d) ws->lanes->to_double(1, tables->table2 + row, &s2);
  ws->lanes->pair(c, x1 + ws->index1[l] * bytes, x2 + ws->index2[l] * bytes, s1, s2, &covariance,
                  &difference);
  *t = post->tf * covariance + post->t0;
  *k = step->d ? difference : post->kf * covariance + post->k0;
}

/* Lanes from the tile of a given kernel. */
static void load_given(const nt_plane *p, const nt_step *step)
{
  const nt_workspace *ws = p->ws;
  const nt_tile_input *in = &p->tile->given[step->leaf];
  const nt_lane_value out = nt_slot(ws, step->out, step->t);
  const int64_t n = p->region->positions;
  for (int64_t l = 0; l < nt_padded(p->lanes); l++) {
    const int64_t row = p->region->diagonal ? p->i : p->i * n + ws->index1[l];
    const int64_t col = p->j * n + ws->index2[l];
    const size_t at = (size_t)l * ws->lanes->size;
    ws->lanes->from_double(1, in->k + row + col * in->ld_k, (char *)out.k + at);
    if (step->t) ws->lanes->from_double(1, in->t + row + col * in->ld_t, (char *)out.t + at);
  }
}

static void load_input(const nt_plane *p, const nt_step *step, const nt_tables *tables)
{
  if (p->tile->plan->node[step->leaf].given) {
    load_given(p, step);
    return;
  }
  const nt_workspace *ws = p->ws;
  const nt_lane_value out = nt_slot(ws, step->out, step->t);
  const nt_post scale = {.kd = step->post.kd};
  for (int64_t l = 0; l < nt_padded(p->lanes); l++) {
    double k, t;
    input_lane(p, step, tables, l, &k, &t);
    ws->lanes->from_double(1, &k, (char *)out.k + (size_t)l * ws->lanes->size);
    if (step->t) ws->lanes->from_double(1, &t, (char *)out.t + (size_t)l * ws->lanes->size);
  }
  if (!step->d) return;
  const nt_lane_value k = {out.k, NULL};
  ws->lanes->affine(nt_padded(p->lanes), k, true, -1, step->bias, tables, &scale, k);
}

static nt_status check_finite(nt_error *err, const nt_plane *p, const nt_step *step)
{
  for (int64_t l = 0; l < p->lanes; l++) {
    if (!isfinite(p->ws->lane[l])) return nt_not_finite(err, p->tile, step->node, p->i, p->j);
  }
  return NT_OK;
}

/* Mean over plane 0 into a value of the tile. */
static void flatten(const nt_plane *p, const nt_step *step, const nt_tables *tables)
{
  const nt_workspace *ws = p->ws;
  const nt_lane_value in = nt_slot(ws, step->in[0], step->t);
  const int64_t at = step->out * ws->value_size + (p->j * ws->ld + p->i) * (int64_t)ws->lanes->size;
  double mean = ws->lanes->mean(p->lanes, in.k, step->row, tables);
  ws->lanes->from_double(1, &mean, ws->value_k + at);
  if (!step->t) return;
  mean = ws->lanes->mean(p->lanes, in.t, -1, tables);
  ws->lanes->from_double(1, &mean, ws->value_t + at);
}

static bool is_plane_zero(const nt_plane *p)
{
  for (int a = 0; a < p->region->space.rank; a++) {
    if (p->offset[a] != 0) return false;
  }
  return true;
}

/* Element of lane l: rows (i, p) and columns (j, p'), or row i and columns (j, p) on the diagonal. */
static void put(const nt_plane *p, nt_target to, nt_target mirror, int64_t l, double v)
{
  const int64_t n = p->region->positions, one = p->ws->index1[l], two = p->ws->index2[l];
  if (p->tile->self_only) {
    const int64_t per_row = p->region->diagonal ? 1 : n;
    to.a[p->i * to.ld + one * per_row + (p->region->diagonal ? 0 : two)] = v;
    if (!p->region->diagonal) to.a[p->i * to.ld + two * n + one] = v;
  } else if (p->region->diagonal) {
    if (to.a != NULL) to.a[p->i + (p->j * n + two) * to.ld] = v;
    if (mirror.a != NULL) mirror.a[p->j + (p->i * n + one) * mirror.ld] = v;
  } else {
    if (to.a != NULL) to.a[p->i * n + one + (p->j * n + two) * to.ld] = v;
    if (mirror.a != NULL) mirror.a[p->j * n + two + (p->i * n + one) * mirror.ld] = v;
  }
}

static nt_status store_field(nt_error *err, const nt_plane *p, const nt_step *step, const void *in,
                             int field)
{
  nt_status status = NT_OK;
  const nt_tile *tile = p->tile;
  const nt_tile_output *to = &tile->output[step->out];
  const double *own = field == 0 ? tile->rows->q[step->out] : tile->rows->t[step->out];
  p->ws->lanes->to_double(p->lanes, in, p->ws->lane);
  if (tile->same && p->i == p->j && is_plane_zero(p)) {
    memcpy(p->ws->lane, own + p->i * p->region->positions, (size_t)p->lanes * sizeof(double));
  }
  NT_TRY(check_finite(err, p, step));
  for (int64_t l = 0; l < p->lanes; l++) {
    put(p, field == 0 ? to->k : to->t, field == 0 ? to->mirror_k : to->mirror_t, l, p->ws->lane[l]);
  }
done:
  return status;
}

static nt_status store(nt_error *err, const nt_plane *p, const nt_step *step)
{
  nt_status status = NT_OK;
  const nt_lane_value in = nt_slot(p->ws, step->in[0], step->has_t);
  if (step->k) NT_TRY(store_field(err, p, step, in.k, 0));
  if (step->t) NT_TRY(store_field(err, p, step, in.t, 1));
done:
  return status;
}

static nt_status run_plane(nt_error *err, nt_plane *p)
{
  nt_status status = NT_OK;
  enumerate(p);
  const nt_tables tables = gather(p);
  for (int s = 0; s < p->region->n_steps; s++) {
    const nt_step *step = &p->region->step[s];
    switch (step->kind) {
    case NT_STEP_INPUT:
      load_input(p, step, &tables);
      break;
    case NT_STEP_FLATTEN:
      if (is_plane_zero(p)) flatten(p, step, &tables);
      break;
    case NT_STEP_STORE:
      NT_TRY(store(err, p, step));
      break;
    default:
      nt_step_run(step, p->ws, &tables, nt_padded(p->lanes));
    }
  }
done:
  return status;
}

/* The next offset in lexicographic order; false after the last. */
static bool next_offset(nt_plane *p)
{
  const nt_shape *space = &p->region->space;
  for (int a = space->rank - 1; a >= 0; a--) {
    if (++p->offset[a] < space->dim[a]) return true;
    p->offset[a] = 1 - space->dim[a];
  }
  return false;
}

/* All planes of one pair; of a sample with itself those from plane 0 on, the others mirror them. */
static nt_status run_pair(nt_error *err, nt_plane *p)
{
  nt_status status = NT_OK;
  const bool all = p->region->all_planes, self = p->tile->same && p->i == p->j;
  for (int a = 0; a < p->region->space.rank; a++) {
    p->offset[a] = all && !self ? 1 - p->region->space.dim[a] : 0;
  }
  do {
    NT_TRY(run_plane(err, p));
  } while (all && next_offset(p));
done:
  return status;
}

nt_status nt_planes_compute(nt_error *err, const nt_tile *tile, nt_workspace *ws, int region)
{
  nt_status status = NT_OK;
  nt_plane p = {
      .tile = tile, .region = &tile->plan->program->region[region], .ws = ws, .number = region};
  for (p.j = 0; p.j < tile->cols->count; p.j++) {
    const int64_t end = tile->self_only ? p.j + 1 : tile->rows->count;
    for (p.i = tile->same ? p.j : 0; p.i < end; p.i++)
      NT_TRY(run_pair(err, &p));
  }
done:
  return status;
}
