/** The window of three neighbours along the last two axes of a plane (or along the last one), the
 * padding of a D, and both sums, in one pass: every lane is read and written once. With AVX2 or
 * AVX-512. */
#ifndef NT_KERNEL_THREE_H
#define NT_KERNEL_THREE_H

#include "plan/frame.h"

#include <stdbool.h>

/** Padding of a D along one axis, by what either argument has there:
 *
 * - columns, NT_THREE_FILLS at most: lane (r, cell.out) gets x[r * m + i], cell number i of the m
 *   of its argument;
 * - rows: lane (cell.out, c) gets x[cell.position * columns + c]; cells in order, a row has at most
 *   as many as neighbours that it has not;
 *
 * x being from[cell.second]. */
typedef struct nt_fills {
  int n;
  const nt_padding_cell *cell; /**< [n] */
  const void *from[2];
} nt_fills;

/** Neighbours along an axis: piece p are the lanes from first[p] to first[p + 1] - 1. */
typedef struct nt_pieces {
  int n; /**< 0: no sum along this axis. */
  const int32_t *first;
} nt_pieces;

/** What is summed, with neighbours of the same piece alone:
 *
 *     s[r][c]   = in[r][c] + in[r][c - 1] + in[r][c + 1] + fills of column c
 *     out[r][c] = s[r - 1][c] + (s[r][c] + (s[r + 1][c] + constant))
 *
 * with the fills of a row in place of the s of neighbours that are not there. */
typedef struct nt_three {
  int64_t rows, columns;
  nt_pieces row_pieces, column_pieces;
  double constant; /**< 0 with fills of columns: a D has none. */
  nt_fills column_fills, row_fills;
  void *edge; /**< Room for `rows` numbers. */
} nt_three;

/** Whether this processor can run it. Parallel: Local. */
bool nt_three_can_run(void);
/** rows x columns lanes of `in` and `out`, which may be the same; no others are read.
 * Parallel: Local. */
void nt_three_f64(const nt_three *three, const void *in, void *out);
void nt_three_f32(const nt_three *three, const void *in, void *out);

#endif
