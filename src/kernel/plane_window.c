/** Sums of cells, axis by axis, the innermost first: what windows and pools do to a plane. */
#include "kernel/plane_window.h"

#include "base/check.h"

#include <string.h>

/* Whether three neighbours are summed along an axis, and by the loops of three.h along the last. */
static bool is_three(const nt_plane *p, const nt_step *step, int axis)
{
  return step->moves[axis] >= 0 && nt_plane_move(p, step, axis)->n_pieces > 0;
}

static bool runs_columns(const nt_plane *p, const nt_step *step, int last)
{
  const int fill = step->fill[last];
  return p->ws->cells->three != NULL && nt_three_can_run() && is_three(p, step, last) &&
         (fill < 0 || (p->region->view[fill].fills >= 0 &&
                       nt_plane_move(p, step, last)->n_fills <= NT_THREE_FILLS));
}

/* Weights (and places) of the taps in the order of the lanes: of one row of the last axis, and as
 * often as there are rows of the outer ones. */
static void spread(const nt_plane *p, const nt_move *move, const nt_inner *inner)
{
  const int taps = move->n_shifts > 0 ? move->n_shifts : move->widest;
  const size_t size = p->ws->lanes->size, row = (size_t)move->n_out * size;
  const int64_t outer = inner->outer, lanes = nt_padded(outer * move->n_out);
  for (int t = 0; t < taps; t++) {
    memset(inner->weight + (size_t)(t * inner->ld) * size, 0, (size_t)lanes * size);
    if (move->n_shifts == 0)
      memset(inner->index + t * inner->ld, 0, (size_t)lanes * sizeof(int32_t));
  }
  p->ws->cells->spread(move, inner->ld, inner->weight, inner->index);
  for (int t = 0; t < taps; t++) {
    char *weight = inner->weight + (size_t)(t * inner->ld) * size;
    for (int64_t o = 1; o < outer; o++)
      memcpy(weight + (size_t)o * row, weight, row);
    for (int64_t i = move->n_out; move->n_shifts == 0 && i < outer * move->n_out; i++) {
      int32_t *index = inner->index + t * inner->ld;
      index[i] = index[i - move->n_out] + move->n_in;
    }
  }
}

/* The weights of the group in work: made when it is first summed, and kept for the planes that
 * share it. */
static const nt_inner *inner_of(const nt_plane *p, const nt_step *step, int axis, int64_t outer)
{
  const nt_frames *frames = &p->program->frames;
  nt_inner *inner = &p->ws->inner[step->moves[axis]];
  if (inner->group == p->group[axis] && inner->outer >= outer) return inner;
  inner->group = p->group[axis];
  inner->outer = p->batch;
  for (int a = 0; a < axis; a++)
    inner->outer *= nt_frame_line(frames, step->frame_in, a)->most;
  spread(p, nt_plane_move(p, step, axis), inner);
  return inner;
}

static void innermost(const nt_plane *p, const nt_step *step, int axis, int64_t outer,
                      nt_lane_value in, double k0, double t0, nt_lane_value out)
{
  const nt_move *move = nt_plane_move(p, step, axis);
  const nt_inner *inner = inner_of(p, step, axis, outer);
  const nt_cell_ops *cells = p->ws->cells;
  const int64_t n = nt_padded(outer * move->n_out);
  if (move->n_shifts > 0) {
    const nt_shifts s = {move->n_shifts, move->whole, move->shift, inner->weight, inner->ld};
    cells->shifted(n, &s, in, k0, t0, out);
    return;
  }
  const nt_gathers g = {move->widest, inner->index, inner->weight, inner->ld};
  cells->gathered(n, &g, in.k, k0, out.k);
  if (out.t != NULL) cells->gathered(n, &g, in.t, t0, out.t);
}

static void rows_of(const nt_plane *p, const nt_step *step, int axis, int64_t outer, int64_t inner,
                    const void *in, double c, void *out)
{
  const nt_move *move = nt_plane_move(p, step, axis);
  const size_t size = p->ws->lanes->size;
  enum { SOME_TAPS = 64 };
  int64_t from[SOME_TAPS];
  for (int64_t o = 0; o < outer; o++) {
    const char *x = (const char *)in + (size_t)(o * move->n_in * inner) * size;
    char *y = (char *)out + (size_t)(o * move->n_out * inner) * size;
    for (int r = 0; r < move->n_runs; r++) {
      const nt_cell_run *run = &move->run[r];
      const double *weight = move->weight + run->first;
      char *to = y + (size_t)(run->out * inner) * size;
      /* More taps than fit are added piece by piece: the sum so far is one more tap. */
      for (int32_t first = 0; first == 0 || first < run->taps; first += SOME_TAPS) {
        const int32_t taps = NT_MIN(run->taps - first, (int32_t)SOME_TAPS);
        for (int32_t t = 0; t < taps; t++)
          from[t] = move->in[run->first + first + t] * inner;
        if (first == 0)
          p->ws->cells->run(run->n * inner, taps, from, weight, x, c, to);
        else
          p->ws->cells->run_more(run->n * inner, taps, from, weight + first, x, to);
      }
    }
  }
}

/* The padding of rows is found for two outer axes at most; rings are closed axis by axis. */
static bool runs_rows(const nt_plane *p, const nt_step *step, int last)
{
  return last > 0 && is_three(p, step, last - 1) && (step->fill[last - 1] < 0 || last <= 2) &&
         !nt_plane_move(p, step, last)->ring && !nt_plane_move(p, step, last - 1)->ring;
}

static void run_three(const nt_plane *p, const nt_step *step, int last, bool rows, double k0,
                      double t0, const nt_lane_value *in, const nt_lane_value *out)
{
  const nt_move *columns = nt_plane_move(p, step, last);
  const nt_move *above = rows ? nt_plane_move(p, step, last - 1) : NULL;
  const int64_t outer = p->batch * nt_plane_count(p, step->frame_in, 0, rows ? last - 1 : last);
  const nt_fills none = {0, NULL, {NULL, NULL}};
  nt_three three = {.rows = rows ? above->n_out : outer,
                    .columns = columns->n_out,
                    .row_pieces = {rows ? above->n_pieces : 0, rows ? above->piece : NULL},
                    .column_pieces = {columns->n_pieces, columns->piece},
                    .constant = k0,
                    .column_fills = none,
                    .row_fills = none,
                    .edge = p->ws->edge};
  const size_t field = (size_t)(three.rows * three.columns) * p->ws->lanes->size;
  for (int64_t o = 0; o < (rows ? outer : 1); o++) {
    const size_t at = (size_t)o * field;
    three.constant = k0;
    if (step->fill[last] >= 0)
      three.column_fills = nt_padding_of_columns(p, step, last, o * three.rows);
    if (rows && step->fill[last - 1] >= 0)
      three.row_fills = nt_padding_of_rows(p, step, last - 1, o, three.columns);
    p->ws->cells->three(&three, (const char *)in->k + at, (char *)out->k + at);
    if (out->t == NULL) continue;
    three.constant = t0;
    three.column_fills.n = three.row_fills.n = 0;
    p->ws->cells->three(&three, (const char *)in->t + at, (char *)out->t + at);
  }
  if (columns->ring) p->ws->cells->close_rings(outer, columns->n_out, in->k, out->k);
  if (columns->ring && out->t != NULL)
    p->ws->cells->close_rings(outer, columns->n_out, in->t, out->t);
}

static int first_axis(const nt_step *step)
{
  int a = 0;
  while (step->moves[a] < 0)
    a++;
  return a;
}

/* The sums of one axis tap by tap, and its padding. */
static void one_by_one(const nt_plane *p, const nt_step *step, int axis, nt_part all,
                       const nt_lane_value *in, double k0, double t0, const nt_lane_value *out)
{
  if (axis == p->program->frames.frame[step->frame].rank - 1) {
    innermost(p, step, axis, all.rows, *in, k0, t0, *out);
  } else {
    rows_of(p, step, axis, all.rows, all.lanes, in->k, k0, out->k);
    if (out->t != NULL) rows_of(p, step, axis, all.rows, all.lanes, in->t, t0, out->t);
  }
  if (step->fill[axis] >= 0)
    nt_padding_add(p, step, axis, all.lanes, all, nt_plane_move(p, step, axis)->n_out, out->k);
}

void nt_window_run(const nt_plane *p, const nt_step *step, const nt_lane_value *in,
                   const nt_lane_value *out)
{
  const int rank = p->program->frames.frame[step->frame].rank, first = first_axis(step);
  nt_lane_value sums[2];
  const nt_lane_value *from = in;
  int between = 0;
  for (int a = rank - 1; a >= first; a--) {
    if (step->moves[a] < 0) continue;
    const bool three = a == rank - 1 && runs_columns(p, step, a);
    const bool rows = three && runs_rows(p, step, a);
    const int done = rows ? a - 1 : a;
    const nt_lane_value *to = done == first ? out : &sums[between];
    if (to != out) sums[between] = nt_slot(p->ws, p->program->n_slots + between, out->t != NULL);
    const int64_t outer = p->batch * nt_plane_count(p, step->frame_in, 0, a);
    const int64_t inner = nt_plane_count(p, step->frame, a + 1, rank);
    const double k0 = done == first ? step->post.k0 : 0, t0 = done == first ? step->post.t0 : 0;
    if (three) {
      run_three(p, step, a, rows, k0, t0, from, to);
    } else if (nt_plane_move(p, step, a)->track.n > 0) {
      nt_track_run(p, step, a, outer, inner, from->k, k0, step->fill[a] >= 0, to->k);
      if (out->t != NULL) nt_track_run(p, step, a, outer, inner, from->t, t0, false, to->t);
    } else {
      one_by_one(p, step, a, (nt_part){0, outer, 0, inner}, from, k0, t0, to);
    }
    a = done;
    from = to;
    between = 1 - between;
  }
}
