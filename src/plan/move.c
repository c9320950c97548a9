/** Moves: how the cells of one line are made of those of another, group by group. See frame.h. */
#include "plan/frame.h"

#include "base/check.h"
#include "base/memory.h"
#include "plan/move_forms.h"
#include "plan/pool_rows.h"
#include "plan/track.h"

#include <stdlib.h>
#include <string.h>

/* One term of an output cell. */
typedef struct nt_term {
  int32_t in;
  double weight;
} nt_term;

typedef struct nt_move_maker {
  nt_error *err;
  const nt_moves *moves;
  const nt_cells *in, *out;
  int32_t *cell; /* [ring][x1] Of a window: number of an input cell, or -1. */
  int32_t *slot; /* [most cells of the input] Of a window: the term that has it, or -1. */
  nt_pool_rows rows;
  nt_term *term; /* [most cells of the input] of the output cell in hand */
  int n_terms;
  unsigned char *slides; /* [n_out] Whether output o reads what o - 1 reads, a position further. */
  bool whole;            /* The cells of each offset go from border to border. */
  nt_move *move;
  int64_t stored; /* taps of all groups */
} nt_move_maker;

static nt_status add_fill(nt_move_maker *m, int32_t out, int32_t position, bool is_second)
{
  nt_status status = NT_OK;
  nt_move *move = m->move;
  NT_TRY(nt_grow(m->err, move->n_fills, sizeof *move->fill, "the plan", &move->fill));
  move->fill[move->n_fills++] = (nt_padding_cell){out, position, is_second};
done:
  return status;
}

/* A cell may be read by several taps. */
static void add_term(nt_move_maker *m, int32_t in, double weight)
{
  if (m->slot[in] < 0) {
    m->slot[in] = m->n_terms;
    m->term[m->n_terms++] = (nt_term){in, 0};
  }
  m->term[m->slot[in]].weight += weight;
}

static int32_t *cell_at(const nt_move_maker *m, int32_t x1, int32_t x2)
{
  const int64_t size = m->moves->taps->n_in;
  return &m->cell[nt_ring_of(x1, x2, size) * size + x1];
}

/* Terms of output cell c of a window: the same tap for both arguments. */
static nt_status window_terms(nt_move_maker *m, int32_t c)
{
  nt_status status = NT_OK;
  const nt_taps *taps = m->moves->taps;
  const int32_t o1 = m->out->x1[c], o2 = m->out->x2[c];
  if (m->moves->separate && o1 != o2) return NT_OK;
  for (int t = 0; t < taps->n; t++) {
    const int32_t x1 = taps->in[o1 * taps->n + t], x2 = taps->in[o2 * taps->n + t];
    const double w =
        taps->weight == NULL ? 1 : taps->weight[o1 * taps->n + t] * taps->weight[o2 * taps->n + t];
    if (x1 >= 0 && x2 >= 0)
      add_term(m, *cell_at(m, x1, x2), w);
    else if (x1 >= 0 || x2 >= 0)
      NT_TRY(add_fill(m, c, x1 >= 0 ? x1 : x2, x1 < 0));
  }
  for (int t = 0; t < m->n_terms; t++)
    m->slot[m->term[t].in] = -1;
done:
  return status;
}

/* Terms of output cell c of a pool, as far as their cells are in this group. */
static void pool_terms(nt_move_maker *m, int32_t c)
{
  const nt_pool_rows *rows = &m->rows;
  const int32_t o1 = m->out->x1[c], o2 = m->out->x2[c];
  for (int64_t i = rows->first[o2]; i < rows->first[o2 + 1]; i++)
    rows->second[rows->position[i]] = rows->weight[i];
  for (int64_t i = rows->first[o1]; i < rows->first[o1 + 1]; i++) {
    for (int32_t k = rows->head[rows->position[i]]; k >= 0; k = rows->next[k]) {
      const double w = rows->weight[i] * rows->second[m->in->x2[k]];
      if (w != 0) m->term[m->n_terms++] = (nt_term){k, w};
    }
  }
  for (int64_t i = rows->first[o2]; i < rows->first[o2 + 1]; i++)
    rows->second[rows->position[i]] = 0;
}

/* Whether the terms in hand are those of the cell before, each one cell further. */
static bool runs_on(const nt_move_maker *m)
{
  const nt_move *move = m->move;
  const nt_cell_run *run = &move->run[move->n_runs - 1];
  bool same = m->n_terms == run->taps;
  for (int t = 0; same && t < m->n_terms; t++) {
    same = m->term[t].in == move->in[run->first + t] + run->n &&
           m->term[t].weight == move->weight[run->first + t];
  }
  return same;
}

static nt_status add_cell(nt_move_maker *m, int32_t c)
{
  nt_status status = NT_OK;
  nt_move *move = m->move;
  if (move->n_runs > 0 && runs_on(m)) {
    move->run[move->n_runs - 1].n++;
    return NT_OK;
  }
  NT_TRY(nt_grow(m->err, move->n_runs, sizeof *move->run, "the plan", &move->run));
  move->run[move->n_runs++] =
      (nt_cell_run){.out = c, .n = 1, .first = move->n_taps, .taps = m->n_terms};
  if (m->n_terms > move->widest) move->widest = m->n_terms;
  m->stored += m->n_terms;
  NT_TRY(nt_check_sums(m->err, m->moves->taps, (double)m->stored, NT_MOST_STORED));
  for (int t = 0; t < m->n_terms; t++) {
    NT_TRY(nt_grow(m->err, move->n_taps, sizeof *move->weight, "the plan", &move->weight));
    NT_TRY(nt_grow(m->err, move->n_taps, sizeof *move->in, "the plan", &move->in));
    move->in[move->n_taps] = m->term[t].in;
    move->weight[move->n_taps++] = m->term[t].weight;
  }
done:
  return status;
}

/* Whether cell c is sure to run on: both its outputs slide, and so do the cells that they read. */
static bool slides(const nt_move_maker *m, int32_t c)
{
  return nt_cells_go_on(m->out, c) && m->slides[m->out->x1[c]] && m->slides[m->out->x2[c]] &&
         (m->whole || !m->moves->pool);
}

/* The cell before runs on to c, and so does its padding. */
static nt_status add_sliding(nt_move_maker *m, int32_t c)
{
  nt_status status = NT_OK;
  nt_move *move = m->move;
  const int end = move->n_fills;
  int first = end;
  move->run[move->n_runs - 1].n++;
  while (first > 0 && move->fill[first - 1].out == c - 1)
    first--;
  for (int f = first; f < end; f++)
    NT_TRY(add_fill(m, c, move->fill[f].position + 1, move->fill[f].second));
done:
  return status;
}

/* Whether the taps of a pool are disjoint twos, all of the same weight. */
static bool has_twos(const nt_taps *taps)
{
  bool twos = taps->n == 2 && taps->n_in == 2 * taps->n_out;
  for (int64_t i = 0; twos && i < taps->n_in; i++)
    twos = taps->in[i] == i && (taps->weight == NULL || taps->weight[i] == taps->weight[0]);
  return twos;
}

/* The ring that all cells are, in order; or -1. */
static int ring_of(const nt_cells *cells, int64_t size)
{
  if (cells->n != size) return -1;
  for (int32_t c = 0; c < cells->n; c++) {
    if (cells->x1[c] != c || cells->x2[c] != (c + cells->x2[0]) % size) return -1;
  }
  return cells->x2[0];
}

/* A window's cells are all that are read; a pool's are those at some offsets. */
static bool is_whole(const nt_cells *cells, int64_t size)
{
  bool whole = true;
  for (int32_t c = 0; whole && c < cells->n; c++) {
    const int32_t x1 = cells->x1[c], x2 = cells->x2[c];
    whole = (x1 == 0 || x2 == 0 || nt_cells_go_on(cells, c)) &&
            (x1 == size - 1 || x2 == size - 1 || nt_cells_go_on(cells, c + 1));
  }
  return whole;
}

/* Where the input cells of the group are, or (not `there`) that they are nowhere. */
static void place_cells(nt_move_maker *m, bool there)
{
  for (int32_t c = m->in->n - 1; c >= 0; c--) {
    const int32_t x1 = m->in->x1[c];
    if (m->moves->pool) {
      m->rows.next[c] = m->rows.head[x1];
      m->rows.head[x1] = there ? c : -1;
    } else {
      *cell_at(m, x1, m->in->x2[c]) = there ? c : -1;
    }
  }
}

/* Runs of cells with the same taps. */
static nt_status make_runs(nt_move_maker *m)
{
  nt_status status = NT_OK;
  const int64_t size = m->moves->taps->n_in;
  m->whole = is_whole(m->in, size);
  for (int32_t c = 0; c < m->out->n; c++) {
    if (slides(m, c)) {
      NT_TRY(add_sliding(m, c));
      continue;
    }
    m->n_terms = 0;
    if (m->moves->pool)
      pool_terms(m, c);
    else
      NT_TRY(window_terms(m, c));
    NT_TRY(add_cell(m, c));
  }
  NT_TRY(nt_move_find_shifts(m->err, m->move));
  NT_TRY(nt_move_find_pieces(m->err, m->move));
  m->move->twos = m->moves->pool && has_twos(m->moves->taps) ? ring_of(m->in, size) : -1;
done:
  return status;
}

static nt_status make_group(nt_move_maker *m, nt_move *move)
{
  nt_status status = NT_OK;
  m->move = move;
  *move = (nt_move){.n_in = m->in->n, .n_out = m->out->n, .whole = -1, .twos = -1};
  place_cells(m, true);
  NT_TRY(nt_track_make(m->err, m->moves, m->cell, m->out, move));
  if (move->track.n == 0) NT_TRY(make_runs(m));
done:
  place_cells(m, false);
  return status;
}

static bool same_array(const void *a, const void *b, size_t bytes)
{
  return (a == NULL) == (b == NULL) && (a == NULL || bytes == 0 || memcmp(a, b, bytes) == 0);
}

static bool same_taps(const nt_taps *a, const nt_taps *b)
{
  if (a->n_in != b->n_in || a->n_out != b->n_out || a->n != b->n) return false;
  const size_t n = (size_t)(a->n_out * a->n);
  return same_array(a->in, b->in, n * sizeof(int32_t)) &&
         same_array(a->weight, b->weight, n * sizeof(double));
}

static void find_slides(const nt_taps *taps, unsigned char *slides)
{
  for (int64_t o = 1; o < taps->n_out; o++) {
    bool same = true;
    for (int64_t i = o * taps->n; same && i < (o + 1) * taps->n; i++) {
      const int32_t x = taps->in[i], before = taps->in[i - taps->n];
      same = x < 0 || before < 0 ? x == before : x == before + 1;
      if (taps->weight != NULL) same &= taps->weight[i] == taps->weight[i - taps->n];
    }
    slides[o] = same;
  }
}

static nt_status make_all(nt_error *err, const nt_frames *frames, nt_moves *moves)
{
  nt_status status = NT_OK;
  nt_move_maker m = {.err = err, .moves = moves};
  const nt_line *in = &frames->line[moves->in], *out = &frames->line[moves->out];
  const int64_t size = moves->taps->n_in;
  NT_TRY(nt_calloc(err, in->groups, sizeof(nt_move), "moves", &moves->group));
  NT_TRY(nt_line_check_sums(err, out, moves->taps));
  if (moves->pool) {
    NT_TRY(nt_pool_rows_create(err, moves->taps, in->most, &m.rows));
  } else {
    NT_TRY(nt_nowhere(err, size * size, &m.cell));
    NT_TRY(nt_nowhere(err, in->most, &m.slot));
  }
  NT_TRY(nt_alloc(err, in->most, sizeof(nt_term), "moves", &m.term));
  NT_TRY(nt_calloc(err, moves->taps->n_out, 1, "moves", &m.slides));
  find_slides(moves->taps, m.slides);
  for (int g = 0; g < in->groups; g++) {
    m.in = &in->group[g];
    m.out = &out->group[g];
    NT_TRY(make_group(&m, &moves->group[g]));
  }
done:
  free(m.cell);
  free(m.slot);
  nt_pool_rows_free(&m.rows);
  free(m.term);
  free(m.slides);
  return status;
}

nt_status nt_moves_make(nt_error *err, nt_frames *frames, nt_moves wanted, int *number)
{
  nt_status status = NT_OK;
  for (*number = 0; *number < frames->n_moves; ++*number) {
    const nt_moves *old = &frames->moves[*number];
    if (old->in == wanted.in && old->out == wanted.out && old->pool == wanted.pool &&
        old->separate == wanted.separate && old->last == wanted.last &&
        old->alone == wanted.alone && same_taps(old->taps, wanted.taps))
      return NT_OK;
  }
  NT_TRY(nt_grow(err, frames->n_moves, sizeof *frames->moves, "the plan", &frames->moves));
  frames->moves[frames->n_moves++] = wanted;
  status = make_all(err, frames, &frames->moves[*number]);
done:
  return status;
}
