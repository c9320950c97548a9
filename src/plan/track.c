#include "plan/track.h"

#include "base/check.h"
#include "base/memory.h"
#include "layer/math.h"
#include "plan/move_forms.h"

typedef struct nt_track_maker {
  const nt_taps *taps;
  const int32_t *cell;
  const nt_cells *out;
  nt_move *move; /* without memory for spans and fills: they are only counted */
  int32_t places, n_in, n_out, n_fills; /* so far */
  int64_t sums;                         /* tap by tap, those alone that read anything */
  int32_t cell_end, place_end;          /* of the last span of input cells */
} nt_track_maker;

/* So many sums tap by tap take as long as a place of a track; 0: a track never takes less. Few taps
 * are added by rows of lanes; along the last axis they are gathered, or, where inputs and outputs
 * are as many, added by weights in the order of the lanes, which take longer to make than to use
 * where they serve one plane. Three neighbours need no weights: rows that are not long are summed
 * as they lie. */
static int sums_of_a_place(const nt_moves *moves, const nt_move *move)
{
  enum { SHORT = 128 };
  const nt_taps *taps = moves->taps;
  const bool gathered = moves->last && move->n_in != move->n_out;
  const bool three = moves->last && taps->n == 3 && move->n_out <= SHORT;
  const bool slow = gathered || (moves->alone && !three);
  if (moves->pool || moves->separate || taps->step == 0 || taps->weight != NULL) return 0;
  if (taps->n <= NT_MOST_SHIFTS && !slow) return 0;
  return gathered && taps->step == 1 ? 1 : slow ? 2 : 4;
}

static void add_cell(nt_track_maker *m, int32_t cell)
{
  nt_span *in = m->move->track.in;
  if (m->n_in == 0 || cell != m->cell_end || m->places != m->place_end) {
    if (in != NULL) in[m->n_in] = (nt_span){cell, m->places, 0};
    m->n_in++;
  }
  if (in != NULL) in[m->n_in - 1].n++;
  m->cell_end = cell + 1;
  m->place_end = m->places + 1;
}

static void add_fill(nt_track_maker *m, int32_t position, bool second)
{
  if (m->move->fill != NULL)
    m->move->fill[m->n_fills] = (nt_padding_cell){m->places, position, second};
  m->n_fills++;
}

/* All places of the piece of n cells from c on. */
static void add_piece(nt_track_maker *m, int32_t c, int32_t n)
{
  const nt_taps *taps = m->taps;
  const int32_t places = taps->step * (n - 1) + taps->n;
  if (m->move->track.out != NULL) m->move->track.out[m->n_out] = (nt_span){c, m->places, n};
  m->n_out++;
  for (int32_t place = 0; place < places; place++, m->places++) {
    const int32_t i = NT_MIN(place / taps->step, n - 1);
    const int32_t first = place < taps->n ? 0 : (place - taps->n) / taps->step + 1;
    const int64_t tap = place - i * taps->step;
    const int32_t x1 = taps->in[m->out->x1[c + i] * (int64_t)taps->n + tap];
    const int32_t x2 = taps->in[m->out->x2[c + i] * (int64_t)taps->n + tap];
    if (x1 >= 0 && x2 >= 0)
      add_cell(m, m->cell[nt_ring_of(x1, x2, taps->n_in) * taps->n_in + x1]);
    else if (x1 >= 0 || x2 >= 0)
      add_fill(m, x1 >= 0 ? x1 : x2, x1 < 0);
    if (x1 >= 0 || x2 >= 0) m->sums += i - first + 1;
  }
}

static void add_pieces(nt_track_maker *m)
{
  m->places = m->n_in = m->n_out = m->n_fills = 0;
  m->sums = 0;
  for (int32_t c = 0, n; c < m->out->n; c += n) {
    for (n = 1; nt_cells_go_on(m->out, c + n);)
      n++;
    add_piece(m, c, n);
  }
}

nt_status nt_track_make(nt_error *err, const nt_moves *moves, const int32_t *cell,
                        const nt_cells *out, nt_move *move)
{
  nt_status status = NT_OK;
  const nt_taps *taps = moves->taps;
  nt_track_maker m = {.taps = taps, .cell = cell, .out = out, .move = move};
  const int64_t sums = sums_of_a_place(moves, move);
  if (sums == 0) return NT_OK;
  add_pieces(&m);
  if (m.sums <= sums * m.places) return NT_OK;
  NT_TRY(nt_alloc(err, m.n_in, sizeof(nt_span), "moves", &move->track.in));
  NT_TRY(nt_alloc(err, m.n_out, sizeof(nt_span), "moves", &move->track.out));
  NT_TRY(nt_alloc(err, m.n_fills, sizeof(nt_padding_cell), "moves", &move->fill));
  add_pieces(&m);
  move->track.width = taps->n;
  move->track.step = taps->step;
  move->track.n = m.places;
  move->track.n_in = m.n_in;
  move->track.n_out = m.n_out;
  move->n_fills = m.n_fills;
done:
  return status;
}
