/** A tile without positions from inside: rows.c takes it in blocks, strips and columns,
 * rows_input.c makes the covariances of inputs, rows_steps.c does the steps of a column. */
#ifndef NT_KERNEL_ROWS_IMPL_H
#define NT_KERNEL_ROWS_IMPL_H

#include "kernel/tile_impl.h"

typedef struct nt_rows {
  const nt_tile *tile;
  const nt_region *region;
  nt_workspace *ws;
  nt_tables tables; /* from row `from` on */
  int64_t from, n;  /* of the block: first row, lanes */
  int number;       /* of the region */
} nt_rows;

/** The rows of the block that count in column j: samples, in a tile of one panel with itself from
 * the diagonal on. Local. */
static inline int64_t nt_rows_first(const nt_rows *r, int64_t j)
{
  return r->tile->same && j > r->from ? j : r->from;
}

static inline int64_t nt_rows_end(const nt_rows *r)
{
  const int64_t end = r->from + r->n;
  return end < r->tile->rows->count ? end : r->tile->rows->count;
}

/** A result of the block's first lane, in column j. Local. */
static inline double *nt_rows_strip(const nt_rows *r, int output, int field, int64_t j)
{
  return r->ws->strip + ((output * 2 + field) * NT_STRIP + j % NT_STRIP) * NT_GRAM_ROWS;
}

/* rows_input.c */

/** Digits of the columns in their own order: once for all tiles of a thread on the same columns.
 * Local. */
void nt_rows_turn(const nt_rows *r);
/** Covariances of all leaves that this region reads, for the block with columns j ... Local. */
void nt_rows_grams(const nt_rows *r, int64_t j);
/** Column j of an input, from its covariances or from the kernel that is given. Local. */
void nt_rows_load(const nt_rows *r, const nt_step *step, int64_t j);

/* rows_steps.c */

/** One step for column j. Local. */
void nt_rows_step(const nt_rows *r, const nt_step *step, int64_t j);

#endif
