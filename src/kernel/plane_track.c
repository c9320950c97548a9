/** Sums of wide windows: the input cells of a part of the plane are laid out in a row with their
 * padding, the track (plan/frame.h); sums of 1, 4, 16 ... places in a row, up to three of each, take
 * the place of sums tap by tap. */
#include "kernel/plane_window.h"

#include <string.h>

static int64_t most_lanes(int64_t places) { return NT_MAX(NT_TRACK_LANES, places * NT_LANES); }

int64_t nt_track_room(int64_t places) { return 2 * (most_lanes(places) + NT_LANES); }

typedef struct nt_on_track {
  const nt_plane *p;
  const nt_move *move;
  int64_t inner;
  char *places, *sums; /* [track.n][lanes] of the part in hand */
} nt_on_track;

/* Part of a row of cells that are rows of lanes themselves. */
static void lay_out_lanes(const nt_on_track *on, nt_part part, const char *in)
{
  const nt_track *track = &on->move->track;
  const size_t size = on->p->ws->lanes->size, lanes = (size_t)part.lanes * size;
  memset(on->places, 0, (size_t)nt_padded(track->n * part.lanes) * size);
  in += (size_t)(part.row * on->move->n_in * on->inner + part.lane) * size;
  for (int s = 0; s < track->n_in; s++) {
    const nt_span *span = &track->in[s];
    for (int32_t c = 0; c < span->n; c++)
      memcpy(on->places + (size_t)(span->place + c) * lanes,
             in + (size_t)((span->cell + c) * on->inner) * size, lanes);
  }
}

static void collect_lanes(const nt_on_track *on, nt_part part, double constant, char *out)
{
  static const int64_t from = 0;
  static const double weight = 1;
  const nt_track *track = &on->move->track;
  const size_t size = on->p->ws->lanes->size;
  out += (size_t)(part.row * on->move->n_out * on->inner + part.lane) * size;
  for (int s = 0; s < track->n_out; s++) {
    const nt_span *span = &track->out[s];
    for (int32_t c = 0; c < span->n; c++)
      on->p->ws->cells->run(part.lanes, 1, &from, &weight,
                            on->sums +
                                (size_t)((span->place + c * track->step) * part.lanes) * size,
                            constant, out + (size_t)((span->cell + c) * on->inner) * size);
  }
}

void nt_track_run(const nt_plane *p, const nt_step *step, int axis, int64_t outer, int64_t inner,
                  const void *in, double constant, bool padded, void *out)
{
  const nt_move *move = nt_plane_move(p, step, axis);
  const nt_cell_ops *cells = p->ws->cells;
  const size_t size = p->ws->lanes->size;
  const int64_t places = move->track.n, fit = NT_TRACK_LANES / places;
  const int64_t rows = inner == 1 ? NT_MAX(fit, 1) : 1;
  const int64_t lanes = inner == 1 ? 1 : NT_MIN(inner, NT_MAX(fit, NT_LANES));
  char *const track = p->ws->track, *const sums =
                                        track + (size_t)(most_lanes(places) + NT_LANES) * size;
  const nt_on_track on = {p, move, inner, track, sums};
  for (nt_part part = {.row = 0}; part.row < outer; part.row += rows) {
    part.rows = NT_MIN(rows, outer - part.row);
    for (part.lane = 0; part.lane < inner; part.lane += lanes) {
      part.lanes = NT_MIN(lanes, inner - part.lane);
      if (inner == 1)
        cells->lay_out(part.rows, &move->track,
                       (const char *)in + (size_t)(part.row * move->n_in) * size, move->n_in,
                       track);
      else
        lay_out_lanes(&on, part, in);
      if (padded) nt_padding_add(p, step, axis, inner, part, places, track);
      cells->slide(part.rows * places * part.lanes, move->track.width, part.lanes, track, sums);
      if (inner == 1)
        cells->collect(part.rows, &move->track, sums, constant,
                       (char *)out + (size_t)(part.row * move->n_out) * size, move->n_out);
      else
        collect_lanes(&on, part, constant, out);
    }
  }
}
