/** Table rows in the order of the lanes of a plane.
 *
 * A table holds a sample's positions in row-major order. Where a frame has them in order, the table
 * serves as it is. Else the inner axes are brought into the order of their cells once for all
 * planes that share them, and axis 0 by pointing into two rounds of it: the second argument of a
 * ring begins at position r and turns around at the end. */
#include "kernel/plane.h"

#include <string.h>

static const nt_row *group_of(const nt_plane *p, const nt_view *view)
{
  return &p->program->row[view->group];
}

static const int32_t *positions(const nt_cells *cells, int side)
{
  return side == 0 ? cells->x1 : cells->x2;
}

/* Positions along an axis of the cells in lane order: those of the frame, or of padding cells. */
static int64_t along(const nt_plane *p, const nt_view *view, int axis, int side, int32_t *x)
{
  const nt_frames *frames = &p->program->frames;
  int64_t n = 0;
  if (view->fills >= 0 && axis == frames->frame[view->frame].rank - 1) {
    const nt_move *move = &frames->moves[view->fills].group[p->group[axis]];
    for (int f = 0; f < move->n_fills; f++) {
      if (move->fill[f].second == (side == 1)) x[n++] = move->fill[f].position;
    }
    return n;
  }
  const nt_cells *cells = nt_plane_cells(p, view->frame, axis);
  memcpy(x, positions(cells, side), (size_t)cells->n * sizeof *x);
  return cells->n;
}

/* Where each cell of the axes behind `depth` (-1: all) stands in a table's row, at the first
 * position of the axes up to it; returns the number of cells. */
static int64_t make_index(const nt_plane *p, const nt_view *view, int depth, int side,
                          int32_t *index)
{
  const nt_frames *frames = &p->program->frames;
  const nt_frame *frame = &frames->frame[view->frame];
  int64_t n = 1, stride = 1;
  index[0] = 0;
  for (int a = frame->rank - 1; a > depth; a--) {
    int32_t *x = p->ws->index;
    const int64_t cells = along(p, view, a, side, x);
    for (int64_t c = cells - 1; c >= 0; c--) {
      const int32_t at = (int32_t)(x[c] * stride);
      for (int64_t i = 0; i < n; i++)
        index[c * n + i] = at + index[i];
    }
    n *= cells;
    stride *= nt_frame_line(frames, view->frame, a)->size;
  }
  return n;
}

/* Several pairs: the second sample once for each of them. */
static void repeat(const nt_plane *p, const nt_row *row, nt_view_side *state, const char *table,
                   int64_t ld)
{
  const int64_t size = (int64_t)p->ws->lanes->size;
  if (state->sample == p->j && state->batch >= p->batch) return;
  state->sample = p->j;
  state->batch = p->batch;
  for (int r = 0; r < row->n_rows; r++) {
    for (int64_t b = 0; b < p->batch; b++) {
      memcpy(state->buffer + (r * state->ld_buffer + b * row->positions) * size,
             table + r * ld * size, (size_t)(row->positions * size));
    }
  }
}

/* The inner axes of joined planes: in which of their orders, from 1. */
static int64_t order_of(const nt_plane *p)
{
  const nt_frames *frames = &p->program->frames;
  const int frame = p->region->frame;
  int64_t order = 0;
  for (int a = 1; a < frames->frame[frame].rank; a++)
    order = order * nt_frame_line(frames, frame, a)->groups + p->group[a];
  return order + 1;
}

/* Positions along the axes up to `depth`. */
static int64_t outer_of(const nt_plane *p, const nt_view *view)
{
  const nt_frames *frames = &p->program->frames;
  int64_t outer = group_of(p, view)->positions;
  for (int a = frames->frame[view->frame].rank - 1; a > view->depth; a--)
    outer /= nt_frame_line(frames, view->frame, a)->size;
  return outer;
}

static int64_t room_of(const nt_view_side *state, int64_t order)
{
  return state->n_kept > 1 ? order - 1 : 0;
}

/* Joined planes: all cells in one order, which serves every pair of a sample. */
static void keep(const nt_plane *p, const nt_view *view, nt_view_side *state, int side,
                 const char *table, int64_t ld)
{
  const int64_t size = (int64_t)p->ws->lanes->size, order = order_of(p);
  const int64_t sample = side == 0 ? p->i : p->j;
  const nt_row *row = group_of(p, view);
  const nt_view_side *like = &p->ws->view[p->number][view->like].side[side];
  nt_kept *kept = &state->kept[room_of(state, order)];
  int32_t *index = like->index + room_of(like, order) * like->ld_buffer;
  if (like == state && kept->index != order) {
    kept->inner = make_index(p, view, view->lanes ? -1 : view->depth, side, index);
    kept->index = order;
  }
  state->inner = like->kept[room_of(like, order)].inner;
  char *to = state->buffer + room_of(state, order) * row->n_rows * state->ld_buffer * size;
  state->rows = to;
  state->ld_rows = state->ld_buffer;
  if (kept->order == order && kept->sample == sample) return;
  kept->order = order;
  kept->sample = sample;
  const int64_t outer = view->lanes ? 1 : outer_of(p, view);
  for (int r = 0; r < row->n_rows; r++) {
    p->ws->cells->pick(outer, row->positions / outer, state->inner, table + r * ld * size, index,
                       to + r * state->ld_buffer * size);
  }
}

static void arrange_side(const nt_plane *p, const nt_view *view, nt_view_side *state, int side)
{
  const nt_workspace *ws = p->ws;
  const nt_row *row = group_of(p, view);
  const nt_panel *panel = side == 0 ? p->tile->rows : p->tile->cols;
  const int64_t sample = side == 0 ? p->i : p->j, size = (int64_t)ws->lanes->size;
  const char *table =
      panel->table[p->number] + (panel->at[view->group] + sample * row->positions) * size;
  const int64_t ld = nt_padded(panel->count * row->positions);
  nt_view_side *like = &ws->view[p->number][view->like].side[side];
  state->rows = state->buffered ? state->buffer : table;
  state->ld_rows = state->buffered ? state->ld_buffer : ld;
  if (!state->buffered) {
    const int rank = p->program->frames.frame[view->frame].rank;
    state->inner = nt_plane_count(p, view->frame, view->depth + 1, rank);
    return;
  }
  if (p->region->flat) {
    repeat(p, row, state, table, ld);
    return;
  }
  if (p->region->joined) {
    keep(p, view, state, side, table, ld);
    return;
  }
  if (like == state) state->inner = make_index(p, view, view->depth, side, state->index);
  state->inner = like->inner;
  const int64_t outer = outer_of(p, view), n = outer * state->inner;
  for (int r = 0; r < row->n_rows; r++) {
    char *to = state->buffer + r * state->ld_buffer * size;
    ws->cells->pick(outer, row->positions / outer, state->inner, table + r * ld * size, like->index,
                    to);
    if (state->doubled) memcpy(to + n * size, to, (size_t)(n * size));
  }
}

void nt_views_arrange(const nt_plane *p)
{
  for (int v = 0; v < p->region->n_views; v++) {
    for (int side = 0; side < 2; side++) {
      nt_view_side *state = &p->ws->view[p->number][v].side[side];
      arrange_side(p, &p->region->view[v], state, side);
      state->at = state->rows;
      state->ld = state->ld_rows;
    }
  }
}

/* Cells that follow each other go together. */
static void copy_lanes(const nt_plane *p, const nt_view *view, const nt_view_side *state, int side)
{
  const size_t cell = (size_t)state->inner * p->ws->lanes->size;
  const size_t from = (size_t)state->ld_rows * p->ws->lanes->size;
  const size_t to = (size_t)state->ld_lanes * p->ws->lanes->size;
  const nt_cells *cells = nt_plane_cells(p, view->frame, 0);
  const int32_t *x = positions(cells, side);
  const int n_rows = group_of(p, view)->n_rows;
  for (int32_t c = 0, end; c < cells->n; c = end) {
    for (end = c + 1; end < cells->n && x[end] == x[end - 1] + 1;)
      end++;
    for (int r = 0; r < n_rows; r++) {
      memcpy(state->lanes + (size_t)r * to + (size_t)c * cell,
             state->rows + (size_t)r * from + (size_t)x[c] * cell, (size_t)(end - c) * cell);
    }
  }
}

/* Axis 0: from its first cell on, or copied. */
static void turn_side(const nt_plane *p, const nt_view *view, nt_view_side *state, int side)
{
  const nt_cells *cells = nt_plane_cells(p, view->frame, 0);
  if (cells->n == 0) return;
  if (!state->copied) {
    state->at =
        state->rows + positions(cells, side)[0] * state->inner * (int64_t)p->ws->lanes->size;
    return;
  }
  const int64_t sample = side == 0 ? p->i : p->j;
  if (!p->region->joined || state->sample != sample) copy_lanes(p, view, state, side);
  state->sample = sample;
  state->at = state->lanes;
  state->ld = state->ld_lanes;
}

void nt_views_turn(const nt_plane *p)
{
  for (int v = 0; v < p->region->n_views; v++) {
    nt_view_state *state = &p->ws->view[p->number][v];
    for (int side = 0; side < 2; side++) {
      if (state->side[side].turns) turn_side(p, &p->region->view[v], &state->side[side], side);
    }
  }
}

/* The rows of a pair of a block, as they are in the panels. */
static nt_sides block_sides(const nt_plane *p, int view)
{
  const nt_row *row = group_of(p, &p->region->view[view]);
  const int group = p->region->view[view].group;
  const nt_panel *one = p->tile->rows, *two = p->tile->cols;
  const int64_t size = (int64_t)p->ws->lanes->size;
  return (nt_sides){.a = one->table[p->number] + (one->at[group] + p->i * row->positions) * size,
                    .b = two->table[p->number] + (two->at[group] + p->j * row->positions) * size,
                    .lda = nt_padded(one->count * row->positions),
                    .ldb = nt_padded(two->count * row->positions)};
}

nt_sides nt_view_sides(const nt_plane *p, int view)
{
  if (p->block) return block_sides(p, view);
  const nt_view_state *state = &p->ws->view[p->number][view];
  return (nt_sides){.a = state->side[0].at,
                    .b = state->side[1].at,
                    .lda = state->side[0].ld,
                    .ldb = state->side[1].ld};
}
