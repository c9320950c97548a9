/** Frames: in which order the pairs of positions of two samples go through a region.
 *
 * Along one axis, all pairs (x1, x2) of n positions, ordered by their offset, make n *rings*:
 *
 *     ring r:  (0, r) (1, r+1) ... (n-1-r, n-1) | (n-r, 0) ... (n-1, r-1)
 *              ---- offset r ------------------ | offset r - n ----------
 *     n = 4, r = 1:         (0,1) (1,2) (2,3) | (3,0)
 *
 * Each has n *cells*, so every plane, the product of one ring an axis, has as many lanes. A
 * layer that moves both positions together (a convolution) keeps the offset: it makes a ring
 * from a ring, and at the seam | its window stops, as at the borders. What a layer of another
 * stride or size reads are other cells; they are found by pulling, from the cells of the
 * region's result, those that its windows touch. Cells that nobody reads do not exist, and rings
 * without cells are left out.
 *
 *     line   the cells of every group (ring of the result) along one axis, at a place of the region
 *     frame  one line for each axis; a plane's lanes are the product of its cells, last axis inner
 *     moves  along one axis, from the cells of one line to those of another, group by group */
#ifndef NT_PLAN_FRAME_H
#define NT_PLAN_FRAME_H

#include "nt/plugin.h"

/** Cells of one group: pairs (x1, x2), ring by ring, each by x1. */
typedef struct nt_cells {
  int32_t n, *x1, *x2;
} nt_cells;

typedef struct nt_line {
  int64_t size; /**< Positions along the axis. */
  int groups;
  int32_t most; /**< Cells of the largest group. */
  nt_cells *group;
  bool plain1, plain2; /**< x1, x2 = 0 ... size - 1 in every group. */
  bool turns1, turns2; /**< x1, x2 run on modulo size, in at most two rounds from 0. */
} nt_line;

typedef struct nt_frame {
  int rank;
  int line[NT_MAX_RANK]; /**< Numbers of lines. */
  int64_t lanes;         /**< Of the largest plane. */
} nt_frame;

/** Cells out ... out + n - 1 are sums of `taps` runs of as many cells of the input. */
typedef struct nt_cell_run {
  int32_t out, n;
  int32_t first, taps; /**< In nt_move.in, weight. */
} nt_cell_run;

/** A padding cell reads nothing for one argument alone: there D is half the other's variance. */
typedef struct nt_padding_cell {
  int32_t out, position; /**< Cell (with a track: place), and position of the argument there. */
  bool second;           /**< Which argument. */
} nt_padding_cell;

/** Cells cell ... cell + n - 1, at places place, place + 1, ... of a track, or a step apart. */
typedef struct nt_span {
  int32_t cell, place, n;
} nt_span;

/** What a window of many taps, all of weight 1, slides along: piece after piece of input cells, with
 * the padding beyond the ends of each, so that every output cell of a piece is the sum of `width`
 * places in a row, `step` places after the one before. For 4 positions, ring 1, a window of 3:
 *
 *     places   f  (0,1) (1,2) (2,3)  f | f  (3,0)  f        f: a padding cell, or 0
 *     sums       [    (0,1)   ] ...        [(3,0)]
 */
typedef struct nt_track {
  int32_t width, step;
  int32_t n;           /**< Places; 0: there is no track. */
  int32_t n_in, n_out; /**< Spans */
  nt_span *in, *out;   /**< of input cells, and of output cells at the first place of each. */
} nt_track;

typedef struct nt_move {
  int32_t n_in, n_out;
  nt_track track; /**< In place of runs, if there is one. */
  int n_runs, n_taps, n_fills;
  nt_cell_run *run;
  int32_t *in;    /**< [n_taps] First input cell. */
  double *weight; /**< [n_taps] */
  nt_padding_cell *fill;
  int n_shifts; /**< > 0: n_in = n_out, and all taps read the cell at one of these distances. */
  int32_t *shift;
  int whole;  /**< A shift that every cell has, with weight 1; -1: none. */
  int widest; /**< Taps of the widest run. */
  /** Of a window of three neighbours (else 0): pieces of cells, each the sum of itself and its
   * neighbours in its piece; piece p begins at piece[p], the last ends at piece[n_pieces]. */
  int n_pieces;
  int32_t *piece;
  bool ring; /**< Of one piece: its ends are neighbours too. */
  int twos;  /**< Of a pool of twos, 2 o and 2 o + 1, from a whole ring, its number; else -1. */
} nt_move;

/** Padding cells that a window of three has at most on a ring: two borders, of two arguments. */
enum { NT_THREE_FILLS = 4 };

typedef struct nt_moves {
  int in, out;         /**< Lines. */
  const nt_taps *taps; /**< Borrowed. */
  bool pool, separate; /**< NT_POOL in the full layout; nt_layer_ops.separate. */
  bool last;           /**< Along the last axis of their frames, */
  bool alone;          /**< the only one of several cells and groups: each is a plane. */
  nt_move *group;      /**< [groups of the lines] */
} nt_moves;

/** All frames of a program, each once. */
typedef struct nt_frames {
  int n_lines, n_frames, n_moves;
  nt_line *line;
  nt_frame *frame;
  nt_moves *moves;
} nt_frames;

/** Whether offset d = x2 - x1 is needed, of an axis with `size` positions: offset[d + size - 1]. */
typedef unsigned char nt_offsets;

/** Whether cell c is the one before, one position further for both arguments. False at the ends,
 * c = 0 and c = n. Parallel: Local. */
static inline bool nt_cells_go_on(const nt_cells *cells, int32_t c)
{
  return c > 0 && c < cells->n && cells->x1[c] == cells->x1[c - 1] + 1 &&
         cells->x2[c] == cells->x2[c - 1] + 1;
}

/** The ring of a pair of `size` positions. Parallel: Local. */
static inline int64_t nt_ring_of(int64_t x1, int64_t x2, int64_t size)
{
  return x2 < x1 ? x2 - x1 + size : x2 - x1;
}

/** The line of an axis of a frame. Parallel: Local. */
static inline const nt_line *nt_frame_line(const nt_frames *frames, int frame, int axis)
{
  return &frames->line[frames->frame[frame].line[axis]];
}

/** Whether a line is that of equal positions alone. Parallel: Local. */
bool nt_line_is_diagonal(const nt_line *line);

/** The first tap of an output that need not read what the output before reads. Parallel: Local. */
static inline int nt_taps_new(const nt_taps *taps)
{
  return taps->step > 0 && taps->step < taps->n ? taps->n - taps->step : 0;
}

/** The line of all pairs at needed offsets, each ring a group or (`together`) all in one.
 * Parallel: Local. */
nt_status nt_line_of_offsets(nt_error *err, nt_frames *frames, int64_t size,
                             const nt_offsets *offset, bool together, int *line) NT_WARN_UNUSED;
/** Pairs of positions that the windows of a layer add along an axis, at most: seconds to find. And
 * those of them that differ from the ones of the cell before: they are kept, some GiB. */
enum { NT_MOST_STORED = 1 << 27 };
static const double NT_MOST_SUMS = 1 << 30;
/** Whether so many `sums` of these taps can be. \return NT_ERR_SHAPE. Parallel: Local. */
nt_status nt_check_sums(nt_error *err, const nt_taps *taps, double sums,
                        double most) NT_WARN_UNUSED;
/** ... those that give the cells of `out`. \return NT_ERR_SHAPE. Parallel: Local. */
nt_status nt_line_check_sums(nt_error *err, const nt_line *out, const nt_taps *taps) NT_WARN_UNUSED;
/** The line that a window (or, `pool`, NT_POOL in the diagonal layout) reads for `line`. Local. */
nt_status nt_line_pull(nt_error *err, nt_frames *frames, const nt_taps *taps, bool separate,
                       int line, int *pulled) NT_WARN_UNUSED;
/** The line of the output cells at `asked` offsets that NT_POOL makes of the cells of `line`.
 * Parallel: Local. */
nt_status nt_line_push(nt_error *err, nt_frames *frames, const nt_taps *taps,
                       const nt_offsets *asked, int line, int *pushed) NT_WARN_UNUSED;
/** Moves between two lines. \param [in] wanted  But for the groups. \param [out] number  Of them.
 * Parallel: Local. */
nt_status nt_moves_make(nt_error *err, nt_frames *frames, nt_moves wanted,
                        int *number) NT_WARN_UNUSED;
/** A frame of these lines. Parallel: Local. */
nt_status nt_frame_make(nt_error *err, nt_frames *frames, int rank, const int *line,
                        int *frame) NT_WARN_UNUSED;
/** Bytes of all tables. Parallel: Local. */
int64_t nt_frames_bytes(const nt_frames *frames);
/** Free all. Parallel: Local. */
void nt_frames_destroy(nt_frames *frames);

#endif
