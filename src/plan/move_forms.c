#include "plan/move_forms.h"

#include "base/check.h"
#include "base/memory.h"

#include <string.h>

/* Whether every run has a tap at this distance, of weight 1. */
static bool is_whole(const nt_move *move, int32_t shift)
{
  bool whole = true;
  for (int r = 0; whole && r < move->n_runs; r++) {
    const nt_cell_run *run = &move->run[r];
    whole = false;
    for (int32_t t = run->first; t < run->first + run->taps; t++)
      whole |= move->in[t] - run->out == shift && move->weight[t] == 1;
  }
  return whole;
}

/* Distances in - out of all taps, if there are few. */
nt_status nt_move_find_shifts(nt_error *err, nt_move *move)
{
  nt_status status = NT_OK;
  int32_t shift[NT_MOST_SHIFTS];
  int n = 0;
  if (move->n_in != move->n_out) return NT_OK;
  for (int r = 0; r < move->n_runs; r++) {
    for (int t = 0; t < move->run[r].taps; t++) {
      const int32_t distance = move->in[move->run[r].first + t] - move->run[r].out;
      int known = 0;
      while (known < n && shift[known] != distance)
        known++;
      if (known < n) continue;
      if (n == NT_MOST_SHIFTS) return NT_OK;
      shift[n++] = distance;
    }
  }
  NT_TRY(nt_calloc(err, n, sizeof(int32_t), "moves", &move->shift));
  memcpy(move->shift, shift, (size_t)n * sizeof *shift);
  move->n_shifts = n;
  for (int s = 0; s < n && move->whole < 0; s++)
    move->whole = is_whole(move, shift[s]) ? s : -1;
done:
  return status;
}

/* Whether no cell has two padding cells of the same argument, as a wider window
 * has at cells that are few. */
static bool fills_once(const nt_move *move)
{
  int32_t last[2] = {-1, -1};
  for (int f = 0; f < move->n_fills; f++) {
    const nt_padding_cell *fill = &move->fill[f];
    if (last[fill->second] == fill->out) return false;
    last[fill->second] = fill->out;
  }
  return true;
}

/* Whether all taps have weight 1, and are a cell itself and its neighbours. */
static bool is_three(const nt_move *move)
{
  bool three = fills_once(move) && move->n_shifts > 0 && move->n_shifts <= 3 && move->whole >= 0 &&
               move->shift[move->whole] == 0;
  for (int s = 0; three && s < move->n_shifts; s++)
    three = move->shift[s] >= -1 && move->shift[s] <= 1;
  for (int t = 0; three && t < move->n_taps; t++)
    three = move->weight[t] == 1;
  return three;
}

/* Whether the cells of a run add the ones at distance `shift`. */
static bool adds(const nt_move *move, const nt_cell_run *run, int32_t shift)
{
  bool found = false;
  for (int t = 0; t < run->taps; t++)
    found |= move->in[run->first + t] - run->out == shift;
  return found;
}

/* Whether cells have a padding cell at most for each neighbour that is not there. */
static bool fills_ends(const nt_move *move, int n_pieces)
{
  int f = 0;
  for (int p = 0; p < n_pieces; p++) {
    if (f < move->n_fills && move->fill[f].out == move->piece[p]) f++;
    if (f < move->n_fills && move->fill[f].out == move->piece[p + 1] - 1) f++;
  }
  return f == move->n_fills;
}

/* Whether each cell is the sum of itself and its two neighbours on a ring of all cells. */
static bool is_ring(const nt_move *move)
{
  const int32_t n = move->n_out;
  bool ring = move->n_in == n && n > 3 && move->n_fills == 0 && move->widest == 3;
  for (int r = 0; ring && r < move->n_runs; r++) {
    const nt_cell_run *run = &move->run[r];
    const int32_t *in = move->in + run->first;
    ring =
        run->taps == 3 && (run->out > 0 || run->n == 1) && (run->out + run->n < n || run->n == 1);
    for (int t = 0; ring && t < 3; t++)
      ring = move->weight[run->first + t] == 1 && in[t] == (run->out + n - 1 + t) % n;
  }
  return ring;
}

/* Cells that add their neighbours are added by them, or there are no pieces. */
nt_status nt_move_find_pieces(nt_error *err, nt_move *move)
{
  nt_status status = NT_OK;
  int n = 0;
  bool joined = false; /* to the cell before, which adds the one in hand */
  move->ring = is_ring(move);
  if (!move->ring && !is_three(move)) return NT_OK;
  NT_TRY(nt_calloc(err, move->n_out + 1, sizeof(int32_t), "moves", &move->piece));
  for (int r = 0; r < move->n_runs && !move->ring; r++) {
    const nt_cell_run *run = &move->run[r];
    const bool before = adds(move, run, -1), behind = adds(move, run, 1);
    for (int32_t c = run->out; c < run->out + run->n; c++) {
      if (before != joined) return NT_OK;
      if (!before) move->piece[n++] = c;
      joined = behind;
    }
  }
  if (move->ring) n = 1;
  move->piece[n] = move->n_out;
  move->n_pieces = fills_ends(move, n) ? n : 0;
done:
  return status;
}
