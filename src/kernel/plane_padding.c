/** The padding of windows on a plane: in a D, half the variance of the argument that is there. */
#include "kernel/plane_window.h"

/* Positions of an argument at the cells of the axes before `axis`, row-major. */
static const int32_t *outer_positions(const nt_plane *p, int frame, int axis, int side)
{
  static const int32_t origin[1] = {0};
  const nt_frames *frames = &p->program->frames;
  int32_t *at = p->ws->index;
  int64_t n = 1;
  at[0] = 0;
  for (int a = 0; a < axis; a++) {
    const nt_cells *cells = nt_plane_cells(p, frame, a);
    const int32_t *x = side == 0 ? cells->x1 : cells->x2;
    const int64_t dim = nt_frame_line(frames, frame, a)->size;
    if (axis == 1) return x;
    for (int64_t o = n - 1; o >= 0; o--) {
      for (int64_t c = cells->n - 1; c >= 0; c--)
        at[o * cells->n + c] = (int32_t)(at[o] * dim + x[c]);
    }
    n *= cells->n;
  }
  return axis == 0 ? origin : at;
}

/* Of an argument: cell by cell of the last axis, whose table holds just the padding cells of
 * each lane of the outer axes. */
static void pad_cells(const nt_plane *p, const nt_move *move, int side, const char *table,
                      nt_part part, void *out, int64_t cells)
{
  enum { SOME_CELLS = 64 };
  int32_t cell[SOME_CELLS];
  int64_t all = 0, first = 0;
  int n = 0;
  for (int f = 0; f < move->n_fills; f++)
    all += move->fill[f].second == (side == 1);
  first = part.row * all;
  for (int f = 0; f <= move->n_fills; f++) {
    if (n == SOME_CELLS || (f == move->n_fills && n > 0)) {
      p->ws->cells->fill_cells(part.rows, n, table + (size_t)first * p->ws->lanes->size, all, cell,
                               out, cells);
      first += n;
      n = 0;
    }
    if (f < move->n_fills && move->fill[f].second == (side == 1)) cell[n++] = move->fill[f].out;
  }
}

void nt_padding_add(const nt_plane *p, const nt_step *step, int axis, int64_t inner, nt_part part,
                    int64_t cells, void *out)
{
  const nt_move *move = nt_plane_move(p, step, axis);
  const nt_frames *frames = &p->program->frames;
  const int64_t dim = nt_frame_line(frames, step->frame_in, axis)->size;
  const size_t size = p->ws->lanes->size;
  const nt_sides tables = nt_view_sides(p, step->fill[axis]);
  for (int side = 0; side < 2; side++) {
    const char *table = side == 0 ? tables.a : tables.b;
    if (p->region->view[step->fill[axis]].fills >= 0) {
      pad_cells(p, move, side, table, part, out, cells);
      continue;
    }
    const int32_t *at = outer_positions(p, step->frame_in, axis, side) + part.row;
    for (int f = 0; f < move->n_fills; f++) {
      const nt_padding_cell *fill = &move->fill[f];
      if (fill->second != (side == 1)) continue;
      p->ws->cells->fill(
          part.rows, part.lanes, table + (size_t)(fill->position * inner + part.lane) * size, at,
          dim * inner, (char *)out + (size_t)(fill->out * part.lanes) * size, cells * part.lanes);
    }
  }
}

/* Tables of the padding cells of the last axis hold these cells alone, for
 * every lane of the others. */
nt_fills nt_padding_of_columns(const nt_plane *p, const nt_step *step, int last, int64_t row)
{
  const nt_move *move = nt_plane_move(p, step, last);
  const nt_sides tables = nt_view_sides(p, step->fill[last]);
  int second = 0;
  for (int f = 0; f < move->n_fills; f++)
    second += move->fill[f].second;
  const size_t a = (size_t)(row * (move->n_fills - second)), b = (size_t)(row * second);
  const size_t size = p->ws->lanes->size;
  return (nt_fills){.n = move->n_fills,
                    .cell = move->fill,
                    .from = {(const char *)tables.a + a * size, (const char *)tables.b + b * size}};
}

/* Of rows of columns; with an axis more, at cell `outer` of it. */
nt_fills nt_padding_of_rows(const nt_plane *p, const nt_step *step, int axis, int64_t outer,
                            int64_t columns)
{
  const nt_move *move = nt_plane_move(p, step, axis);
  const nt_frames *frames = &p->program->frames;
  const nt_sides tables = nt_view_sides(p, step->fill[axis]);
  nt_fills fills = {move->n_fills, move->fill, {tables.a, tables.b}};
  if (axis == 0) return fills;
  const int64_t dim = nt_frame_line(frames, step->frame_in, axis)->size;
  for (int side = 0; side < 2; side++) {
    const int64_t rows = outer_positions(p, step->frame_in, axis, side)[outer] * dim;
    fills.from[side] =
        (const char *)fills.from[side] + (size_t)(rows * columns) * p->ws->lanes->size;
  }
  return fills;
}
