/** Where the planes of a region come from, and where they go to: inputs and tensors; tile values,
 * tensors; outputs are in plane_store.c. */
#include "kernel/plane.h"

#include "base/check.h"

#include <string.h>

static void load_given(const nt_plane *p, const nt_step *step, nt_lane_value out)
{
  const nt_tile_input *in = &p->tile->given[step->leaf];
  const bool diagonal = p->tile->plan->node[step->node].facts.diagonal_spatial;
  const int64_t n = nt_facts_positions(&p->tile->plan->node[step->node].facts);
  const int64_t lanes = nt_plane_count(p, step->frame, 0, nt_plane_frame(p, step)->rank);
  for (int64_t b = 0; b < p->batch; b++) {
    const int64_t row = (p->i + b) * (diagonal ? 1 : n), col = p->j * n;
    nt_places at = nt_plane_row_major(p, step, diagonal ? 0 : 1, in->ld_k);
    p->ws->cells->get_double(&at, in->k + row + col * in->ld_k, nt_plane_lane(p, out.k, b * lanes));
    if (!step->t) continue;
    at = nt_plane_row_major(p, step, diagonal ? 0 : 1, in->ld_t);
    p->ws->cells->get_double(&at, in->t + row + col * in->ld_t, nt_plane_lane(p, out.t, b * lanes));
  }
}

static void load_input(const nt_plane *p, const nt_step *step, nt_lane_value out)
{
  const nt_facts *facts = &p->tile->plan->node[step->node].facts;
  const nt_sides x = nt_view_sides(p, step->row);
  p->ws->cells->input(nt_padded(nt_plane_lanes(p, step->frame)), nt_facts_channels(facts), &x,
                      step->d, &step->post, out);
}

/* Places in a tensor; axis a of the frame is axis from[a] of it. `swap`: the
 * arguments change places. */
static nt_places tensor_places(const nt_plane *p, const nt_step *step, const nt_tensor *tensor,
                               const int *from, bool swap)
{
  nt_places at = {.rank = nt_plane_frame(p, step)->rank};
  int64_t stride[NT_MAX_RANK], n = 1;
  for (int a = tensor->space.rank - 1; a >= 0; a--) {
    stride[a] = n;
    n *= tensor->space.dim[a];
  }
  for (int a = 0; a < at.rank; a++) {
    const nt_cells *cells = nt_plane_cells(p, step->frame, a);
    const int32_t *x1 = swap ? cells->x2 : cells->x1, *x2 = swap ? cells->x1 : cells->x2;
    const int64_t dim = tensor->space.dim[from[a]], one = stride[from[a]];
    int64_t *place = p->ws->place + a * p->ws->most_cells;
    for (int32_t c = 0; c < cells->n; c++) {
      const int64_t ring = nt_ring_of(x1[c], x2[c], dim);
      place[c] = one * (tensor->matrix ? x1[c] * tensor->positions + x2[c]
                                       : ring * tensor->positions + x1[c]);
    }
    at.n[a] = cells->n;
    at.at[a] = place;
  }
  return at;
}

/* Place of a position with itself in a tensor. */
int64_t nt_tensor_diagonal(const nt_tensor *tensor, int64_t position)
{
  return tensor->matrix ? position * (tensor->positions + 1) : position;
}

static void load_tensor(const nt_plane *p, const nt_step *step, nt_lane_value out)
{
  const nt_tensor *tensor = &p->program->tensor[step->leaf];
  const nt_tensor_buffer *from = &p->ws->tensor[step->leaf];
  const nt_places at = tensor_places(p, step, tensor, step->from, false);
  const size_t first = (size_t)nt_tensor_diagonal(tensor, step->fixed) * p->ws->lanes->size;
  p->ws->cells->get(&at, from->k + first, out.k);
  if (step->t) p->ws->cells->get(&at, from->t + first, out.t);
}

void nt_plane_load(const nt_plane *p, const nt_step *step)
{
  const nt_lane_value out = nt_slot(p->ws, step->out, step->t);
  if (step->kind == NT_STEP_TENSOR)
    load_tensor(p, step, out);
  else if (p->tile->plan->node[step->node].given)
    load_given(p, step, out);
  else if (step->strips >= 0)
    nt_plane_load_product(p, step, out);
  else
    load_input(p, step, out);
}

static char *tile_value(const nt_plane *p, char *values, const nt_step *step, int64_t b)
{
  return values + nt_plane_value(p, step->out) + b * (int64_t)p->ws->lanes->size;
}

/* Mean over plane 0 (of a D it is the D of the means), or the lane of one position. */
static long double flattened(const nt_plane *p, const nt_step *step, int64_t n, void *lanes)
{
  if (step->fixed < 0) return p->ws->cells->sum(n, lanes) / (long double)n;
  return p->ws->lanes->to_wide(nt_plane_lane(p, lanes, step->fixed));
}

static void flatten(const nt_plane *p, const nt_step *step, nt_lane_value in)
{
  const nt_workspace *ws = p->ws;
  const int64_t n = nt_plane_count(p, step->frame, 0, nt_plane_frame(p, step)->rank);
  for (int64_t b = 0; b < p->batch; b++) {
    const nt_lane_value first = {nt_plane_lane(p, in.k, b * n), nt_plane_lane(p, in.t, b * n)};
    ws->lanes->from_wide(flattened(p, step, n, first.k), tile_value(p, ws->value_k, step, b));
    if (step->t)
      ws->lanes->from_wide(flattened(p, step, n, first.t), tile_value(p, ws->value_t, step, b));
  }
}

/* Sums of the planes so far have all digits that any arithmetic has; the last plane leaves them. */
static void add_all(const nt_plane *p, const nt_step *step, nt_lane_value in)
{
  const nt_workspace *ws = p->ws;
  const int64_t n = nt_plane_count(p, step->frame, 0, nt_plane_frame(p, step)->rank);
  for (int64_t b = 0; b < p->batch; b++) {
    long double *sum = ws->sum + 2 * (step->out * ws->most_batch + b);
    const double twice = p->twice ? 2 : 1;
    sum[0] += twice * ws->cells->sum(n, nt_plane_lane(p, in.k, b * n));
    if (step->t) sum[1] += twice * ws->cells->sum(n, nt_plane_lane(p, in.t, b * n));
  }
}

void nt_plane_begin_sums(const nt_plane *p)
{
  memset(p->ws->sum, 0,
         (size_t)(2 * p->program->n_tile_values * p->ws->most_batch) * sizeof *p->ws->sum);
}

void nt_plane_end_sums(const nt_plane *p)
{
  const nt_workspace *ws = p->ws;
  for (int s = 0; s < p->region->n_steps; s++) {
    const nt_step *step = &p->region->step[s];
    for (int64_t b = 0; step->kind == NT_STEP_GLOBAL && b < p->batch; b++) {
      const long double *sum = ws->sum + 2 * (step->out * ws->most_batch + b);
      ws->lanes->from_wide(step->post.kf * sum[0], tile_value(p, ws->value_k, step, b));
      if (step->t)
        ws->lanes->from_wide(step->post.tt * sum[1], tile_value(p, ws->value_t, step, b));
    }
  }
}

typedef void (*nt_put_fn)(const nt_places *p, const void *in, void *tensor);

static void put(const nt_plane *p, const nt_step *step, nt_put_fn fn, nt_lane_value in)
{
  const int number = step->kind == NT_STEP_POOL ? step->out : step->leaf;
  const nt_tensor *tensor = &p->program->tensor[number];
  const nt_tensor_buffer *to = &p->ws->tensor[number];
  nt_places at = tensor_places(p, step, tensor, step->from, false);
  fn(&at, in.k, to->k);
  if (in.t != NULL) fn(&at, in.t, to->t);
  if (!p->twice) return;
  at = tensor_places(p, step, tensor, step->from, true);
  fn(&at, in.k, to->k);
  if (in.t != NULL) fn(&at, in.t, to->t);
}

/* The usual pool, of 2 x 2 positions each once, of whole rings: sums go to the tensor at once. */
static bool pool_twos(const nt_plane *p, const nt_step *step, nt_lane_value in)
{
  const nt_tensor *tensor = &p->program->tensor[step->out];
  const nt_tensor_buffer *to = &p->ws->tensor[step->out];
  const nt_move *move[2];
  nt_twos twos = {.weight = 1};
  if (nt_plane_frame(p, step)->rank != 2 || tensor->matrix || p->twice) return false;
  for (int a = 0; a < 2; a++) {
    if (step->moves[a] < 0 || step->from[a] != a) return false;
    const nt_moves *all = &p->program->frames.moves[step->moves[a]];
    move[a] = &all->group[p->group[a]];
    if (move[a]->twos < 0) return false;
    if (all->taps->weight != NULL) twos.weight *= all->taps->weight[0] * all->taps->weight[0];
  }
  twos.rows = move[0]->n_in;
  twos.columns = move[1]->n_in;
  twos.row_ring = move[0]->twos;
  twos.column_ring = move[1]->twos;
  p->ws->cells->add_twos(&twos, in.k, to->k);
  if (step->t) p->ws->cells->add_twos(&twos, in.t, to->t);
  return true;
}

static void pool(const nt_plane *p, const nt_step *step, nt_lane_value in)
{
  if (pool_twos(p, step, in)) return;
  /* The third slot behind the program's own is free: sums in between alternate between two. */
  const nt_lane_value sums = nt_slot(p->ws, p->program->n_slots + 2, step->t);
  nt_window_run(p, step, &in, &sums);
  put(p, step, p->ws->cells->add, sums);
}

nt_status nt_plane_leave(nt_error *err, const nt_plane *p, const nt_step *step)
{
  const nt_lane_value in = nt_slot(p->ws, step->in[0].slot, step->has_t);
  switch (step->kind) {
  case NT_STEP_FLATTEN:
    if (nt_plane_is_zero(p)) flatten(p, step, in);
    break;
  case NT_STEP_GLOBAL:
    add_all(p, step, in);
    break;
  case NT_STEP_POOL:
    pool(p, step, in);
    break;
  case NT_STEP_MIX:
    if (nt_plane_weighs(p, step))
      nt_plane_weigh(p, step, in);
    else
      put(p, step, p->ws->cells->put, in);
    break;
  case NT_STEP_KEEP:
    put(p, step, p->ws->cells->put, in);
    break;
  default:
    return nt_plane_store(err, p, step, in);
  }
  return NT_OK;
}
