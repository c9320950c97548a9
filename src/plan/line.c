/** Lines: the cells of every group along one axis. See frame.h. */
#include "plan/frame.h"

#include "base/check.h"
#include "base/memory.h"
#include "plan/marks.h"
#include "plan/pool_rows.h"

#include <stdlib.h>
#include <string.h>

static nt_status line_create(nt_error *err, int64_t size, int groups, nt_line *line)
{
  nt_status status = NT_OK;
  *line = (nt_line){.size = size, .groups = groups};
  NT_TRY(nt_calloc(err, groups, sizeof(nt_cells), "cells", &line->group));
done:
  return status;
}

static void line_free(nt_line *line)
{
  for (int g = 0; line->group != NULL && g < line->groups; g++)
    free(line->group[g].x1);
  free(line->group);
}

static bool is_plain(const nt_cells *cells, const int32_t *x, int64_t size)
{
  bool plain = cells->n == size;
  for (int32_t c = 0; plain && c < cells->n; c++)
    plain = x[c] == c;
  return plain;
}

static bool turns(const nt_cells *cells, const int32_t *x, int64_t size)
{
  bool runs_on = cells->n == 0 || x[0] + cells->n <= 2 * size;
  for (int32_t c = 1; runs_on && c < cells->n; c++)
    runs_on = x[c] == (x[0] + c) % size;
  return runs_on;
}

static void describe(nt_line *line)
{
  line->plain1 = line->plain2 = line->turns1 = line->turns2 = true;
  for (int g = 0; g < line->groups; g++) {
    const nt_cells *cells = &line->group[g];
    if (cells->n > line->most) line->most = cells->n;
    line->plain1 &= is_plain(cells, cells->x1, line->size);
    line->plain2 &= is_plain(cells, cells->x2, line->size);
    line->turns1 &= turns(cells, cells->x1, line->size);
    line->turns2 &= turns(cells, cells->x2, line->size);
  }
}

static bool same_line(const nt_line *a, const nt_line *b)
{
  bool same = a->size == b->size && a->groups == b->groups;
  for (int g = 0; same && g < a->groups; g++) {
    const nt_cells *c = &a->group[g], *d = &b->group[g];
    const size_t bytes = 2 * (size_t)c->n * sizeof(int32_t);
    same = c->n == d->n && (bytes == 0 || memcmp(c->x1, d->x1, bytes) == 0);
  }
  return same;
}

/* Take a line over: its number, that of an equal one if there is one. */
static nt_status intern(nt_error *err, nt_frames *frames, nt_line *line, int *number)
{
  nt_status status = NT_OK;
  for (*number = 0; *number < frames->n_lines; ++*number) {
    if (!same_line(&frames->line[*number], line)) continue;
    line_free(line);
    *line = (nt_line){0};
    return NT_OK;
  }
  NT_TRY(nt_grow(err, frames->n_lines, sizeof *frames->line, "the plan", &frames->line));
  describe(line);
  frames->line[frames->n_lines++] = *line;
  *line = (nt_line){0};
done:
  return status;
}

nt_status nt_line_of_offsets(nt_error *err, nt_frames *frames, int64_t size,
                             const nt_offsets *offset, bool together, int *number)
{
  nt_status status = NT_OK;
  nt_line line = {0};
  nt_marks marks = {0};
  NT_TRY(nt_marks_create(err, size, &marks));
  NT_TRY(line_create(err, size, (int)size, &line));
  line.groups = 0;
  for (int64_t r = 0; r < size; r++) {
    for (int64_t x = 0; x < size; x++) {
      const int64_t d = x + r < size ? r : r - size;
      if (offset[d + size - 1]) NT_TRY(nt_mark(err, &marks, (int32_t)x, (int32_t)(x + d)));
    }
    const bool complete = !together || r == size - 1;
    if (complete && marks.n > 0) NT_TRY(nt_marks_cells(err, &marks, &line.group[line.groups++]));
  }
  status = intern(err, frames, &line, number);
done:
  line_free(&line);
  nt_marks_free(&marks);
  return status;
}

bool nt_line_is_diagonal(const nt_line *line)
{
  bool diagonal = line->groups == 1;
  for (int32_t c = 0; diagonal && c < line->group[0].n; c++)
    diagonal = line->group[0].x1[c] == line->group[0].x2[c];
  return diagonal;
}

nt_status nt_check_sums(nt_error *err, const nt_taps *taps, double sums, double most)
{
  nt_status status = NT_OK;
  NT_CHECK(sums <= most, err, NT_ERR_SHAPE,
           "windows of up to %d positions at %lld outputs along an axis add more than %.0f pairs "
           "of positions, which is the most that can be: make them smaller, or their strides "
           "larger",
           taps->n, (long long)taps->n_out, most);
done:
  return status;
}

nt_status nt_line_check_sums(nt_error *err, const nt_line *out, const nt_taps *taps)
{
  double cells = 0;
  for (int g = 0; g < out->groups; g++)
    cells += out->group[g].n;
  return nt_check_sums(err, taps, cells * taps->n, NT_MOST_SUMS);
}

nt_status nt_line_pull(nt_error *err, nt_frames *frames, const nt_taps *taps, bool separate,
                       int out, int *number)
{
  nt_status status = NT_OK;
  nt_line line = {0};
  nt_marks marks = {0};
  const int groups = frames->line[out].groups, n = taps->n;
  const bool diagonal = nt_line_is_diagonal(&frames->line[out]);
  if (!diagonal) NT_TRY(nt_line_check_sums(err, &frames->line[out], taps));
  NT_TRY(nt_marks_create(err, taps->n_in, &marks));
  NT_TRY(line_create(err, taps->n_in, groups, &line));
  for (int g = 0; g < groups; g++) {
    const nt_cells *cells = &frames->line[out].group[g];
    /* All equal positions are little work, and tables need no other order. */
    for (int64_t x = 0; diagonal && x < taps->n_in; x++)
      NT_TRY(nt_mark(err, &marks, (int32_t)x, (int32_t)x));
    for (int32_t c = 0; c < cells->n && !diagonal; c++) {
      if (separate && cells->x1[c] != cells->x2[c]) continue;
      /* What windows that overlap share is marked. */
      for (int t = nt_cells_go_on(cells, c) ? nt_taps_new(taps) : 0; t < n; t++) {
        const int32_t x1 = taps->in[cells->x1[c] * n + t], x2 = taps->in[cells->x2[c] * n + t];
        if (x1 >= 0 && x2 >= 0) NT_TRY(nt_mark(err, &marks, x1, x2));
      }
    }
    NT_TRY(nt_marks_cells(err, &marks, &line.group[g]));
  }
  status = intern(err, frames, &line, number);
done:
  line_free(&line);
  nt_marks_free(&marks);
  return status;
}

/* The output positions that read each input position x, each once: out[first[x]] ...
 * out[first[x + 1] - 1], and before out[fresh[x]] those that do not read x - 1. */
typedef struct nt_tap_readers {
  int32_t *first, *fresh, *out;
} nt_tap_readers;

static void readers_free(nt_tap_readers *r)
{
  free(r->first);
  free(r->fresh);
  free(r->out);
}

/* Those that read x and (`again`), or that do not read x - 1, from r->out[n] on. */
static int32_t copy_readers(const nt_tap_readers *r, const int32_t *all, int64_t x, bool again,
                            int32_t n)
{
  int32_t before = x > 0 ? r->first[x - 1] : 0;
  const int32_t end = x > 0 ? r->first[x] : 0;
  for (int32_t i = r->first[x]; i < r->first[x + 1]; i++) {
    while (before < end && all[before] < all[i])
      before++;
    if ((before < end && all[before] == all[i]) == again) r->out[n++] = all[i];
  }
  return n;
}

static nt_status readers_of(nt_error *err, const nt_taps *taps, nt_tap_readers *r)
{
  nt_status status = NT_OK;
  void *places = NULL;
  nt_pool_rows rows = {0};
  NT_TRY(nt_pool_rows_create(err, taps, 0, &rows));
  const int64_t all = rows.first[taps->n_out];
  NT_TRY(nt_calloc(err, taps->n_in + 2, sizeof(int32_t), "taps", &r->first));
  NT_TRY(nt_calloc(err, taps->n_in, sizeof(int32_t), "taps", &r->fresh));
  NT_TRY(nt_calloc(err, all, sizeof(int32_t), "taps", &r->out));
  NT_TRY(nt_calloc(err, all, sizeof(int32_t), "taps", &places));
  int32_t *by_position = places;
  for (int64_t i = 0; i < all; i++)
    r->first[rows.position[i] + 2]++;
  for (int64_t x = 1; x < taps->n_in + 2; x++)
    r->first[x] += r->first[x - 1];
  for (int64_t o = 0; o < taps->n_out; o++) {
    for (int64_t i = rows.first[o]; i < rows.first[o + 1]; i++)
      by_position[r->first[rows.position[i] + 1]++] = (int32_t)o;
  }
  for (int64_t x = 0; x < taps->n_in; x++) {
    r->fresh[x] = copy_readers(r, by_position, x, false, r->first[x]);
    (void)copy_readers(r, by_position, x, true, r->fresh[x]);
  }
done:
  free(places);
  nt_pool_rows_free(&rows);
  return status;
}

/* Mark what is asked for of the pairs of outputs that read these cells. */
static nt_status mark_readers(nt_error *err, const nt_cells *cells, const nt_tap_readers *r,
                              const nt_offsets *asked, nt_marks *marks)
{
  nt_status status = NT_OK;
  for (int32_t c = 0; c < cells->n; c++) {
    const int32_t x1 = cells->x1[c], x2 = cells->x2[c];
    const bool on = nt_cells_go_on(cells, c); /* what read the cell before is marked */
    for (int32_t i = r->first[x1]; i < r->first[x1 + 1]; i++) {
      const int32_t end = on && i >= r->fresh[x1] ? r->fresh[x2] : r->first[x2 + 1];
      for (int32_t j = r->first[x2]; j < end; j++) {
        if (asked[r->out[j] - r->out[i] + marks->size - 1])
          NT_TRY(nt_mark(err, marks, r->out[i], r->out[j]));
      }
    }
  }
done:
  return status;
}

nt_status nt_line_push(nt_error *err, nt_frames *frames, const nt_taps *taps,
                       const nt_offsets *asked, int in, int *number)
{
  nt_status status = NT_OK;
  nt_line line = {0};
  nt_marks marks = {0};
  nt_tap_readers readers = {0};
  const int groups = frames->line[in].groups;
  double cells = 0;
  NT_TRY(nt_marks_create(err, taps->n_out, &marks));
  NT_TRY(line_create(err, taps->n_out, groups, &line));
  NT_TRY(readers_of(err, taps, &readers));
  for (int g = 0; g < groups; g++) {
    NT_TRY(mark_readers(err, &frames->line[in].group[g], &readers, asked, &marks));
    cells += (double)marks.n;
    NT_TRY(nt_check_sums(err, taps, cells * taps->n, NT_MOST_SUMS));
    NT_TRY(nt_marks_cells(err, &marks, &line.group[g]));
  }
  status = intern(err, frames, &line, number);
done:
  readers_free(&readers);
  line_free(&line);
  nt_marks_free(&marks);
  return status;
}

static bool same_frame(const nt_frame *a, const nt_frame *b)
{
  return a->rank == b->rank && memcmp(a->line, b->line, (size_t)a->rank * sizeof *a->line) == 0;
}

nt_status nt_frame_make(nt_error *err, nt_frames *frames, int rank, const int *line, int *number)
{
  nt_status status = NT_OK;
  nt_frame frame = {.rank = rank, .lanes = 1};
  for (int a = 0; a < rank; a++) {
    frame.line[a] = line[a];
    frame.lanes *= frames->line[line[a]].most;
  }
  for (*number = 0; *number < frames->n_frames; ++*number) {
    if (same_frame(&frames->frame[*number], &frame)) return NT_OK;
  }
  NT_TRY(nt_grow(err, frames->n_frames, sizeof *frames->frame, "the plan", &frames->frame));
  frames->frame[frames->n_frames++] = frame;
done:
  return status;
}

int64_t nt_frames_bytes(const nt_frames *frames)
{
  int64_t bytes = 0;
  for (int l = 0; l < frames->n_lines; l++) {
    for (int g = 0; g < frames->line[l].groups; g++) {
      bytes +=
          (int64_t)sizeof(nt_cells) + 2 * frames->line[l].group[g].n * (int64_t)sizeof(int32_t);
    }
  }
  for (int m = 0; m < frames->n_moves; m++) {
    const int groups = frames->line[frames->moves[m].in].groups;
    for (int g = 0; g < groups; g++) {
      const nt_move *move = &frames->moves[m].group[g];
      bytes += (int64_t)(sizeof *move + (size_t)move->n_runs * sizeof(nt_cell_run) +
                         (size_t)move->n_taps * (sizeof(int32_t) + sizeof(double)) +
                         (size_t)move->n_fills * sizeof(nt_padding_cell) +
                         (size_t)(move->n_pieces + 1) * sizeof(int32_t) +
                         (size_t)(move->track.n_in + move->track.n_out) * sizeof(nt_span));
    }
  }
  return bytes;
}

static void moves_free(nt_moves *moves, int groups)
{
  for (int g = 0; moves->group != NULL && g < groups; g++) {
    free(moves->group[g].run);
    free(moves->group[g].in);
    free(moves->group[g].weight);
    free(moves->group[g].fill);
    free(moves->group[g].shift);
    free(moves->group[g].piece);
    free(moves->group[g].track.in);
    free(moves->group[g].track.out);
  }
  free(moves->group);
}

void nt_frames_destroy(nt_frames *frames)
{
  for (int m = 0; m < frames->n_moves; m++)
    moves_free(&frames->moves[m], frames->line[frames->moves[m].in].groups);
  for (int l = 0; l < frames->n_lines; l++)
    line_free(&frames->line[l]);
  free(frames->line);
  free(frames->frame);
  free(frames->moves);
  *frames = (nt_frames){0};
}
