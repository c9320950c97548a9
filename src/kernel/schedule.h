/** Which tiles are worked on together: a step is a group of tile rows by a group of tile columns of
 * every rank, as many as their panels fit in a fixed budget. All ranks take the same steps, and
 * each knows what the others need, so samples travel without a request. */
#ifndef NT_KERNEL_SCHEDULE_H
#define NT_KERNEL_SCHEDULE_H

#include "kernel/panel.h"
#include "nt/grid.h"

/** Index 0: tile rows, x1; index 1: tile columns, x2. */
typedef struct nt_schedule {
  int P, Q;           /**< Of the grid. */
  bool symmetric;     /**< One set of panels serves rows and columns. */
  int64_t tile, n[2]; /**< Samples along a side of a tile, and in all. */
  int64_t tiles[2];   /**< Tiles along a side. */
  int64_t group[2];   /**< Local tile rows, columns of a group. */
  int64_t groups[2];
  int64_t panels[2]; /**< Panels that a rank holds at most. */
  int64_t steps;
} nt_schedule;

/** Decide the groups on a P x Q grid for n1 x n2 samples (n2 = n1 if symmetric).
 * Parallel: Local. */
nt_schedule nt_schedule_make(int P, int Q, const nt_plan *plan, int64_t n1, int64_t n2,
                             bool symmetric);
/** Tile rows or columns first, first + stride, ...: n of them. */
typedef struct nt_tile_group {
  int64_t first, stride, n;
} nt_tile_group;
/** The tile rows (which 0) and columns (1) of rank `rank` in a step. Parallel: Local. */
nt_tile_group nt_schedule_group(const nt_schedule *s, int64_t step, int rank, int which);
/** Whether tile (I, J) of these is computed: not where its mirror image is. Parallel: Local. */
bool nt_schedule_computes(const nt_schedule *s, int64_t I, int64_t J);

typedef struct nt_ranges {
  int n;
  nt_sample_range *range;
} nt_ranges;
/** The panels of a side that the tiles of a step need (if symmetric, as rows or as columns) and
 * those of another step do not. \param [in] step, other  -1: none needs any.
 * \param [out] only  range: freed by the caller with free(). Parallel: Local. */
nt_status nt_schedule_only(nt_error *err, const nt_schedule *s, int64_t step, int64_t other,
                           int rank, int which, nt_ranges *only) NT_WARN_UNUSED;

#endif
