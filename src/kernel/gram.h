/** Covariances of samples without positions: products of two panels, a block at a time.
 *
 * The samples of a panel stand interleaved in strips of W, the numbers of a vector of 64 bytes:
 *
 *     strip s   [d][W]   number c of sample s W + l at (s d + c) W + l; beyond the last sample 0
 *
 * so that a strip serves as rows (vectors) and as columns (numbers one by one), is brought into
 * this order once, in place, and no product packs it again. A block is three strips by eight
 * samples, or what the registers hold of it; it needs no more of the others than their order of
 * summation, which is that of the numbers, in parts that depend on their count alone. So bits
 * depend neither on the block nor on the tile. */
#ifndef NT_KERNEL_GRAM_H
#define NT_KERNEL_GRAM_H

#include <stdint.h>

/** Samples of a block of rows, and of columns, of which the covariances are in the second cache
 * when they are used. So are the columns, 96 samples of 784 doubles are 0.6 MB, while rows pass by:
 * as many as the largest tile has, since maps lose time at both ends of a column. Both are
 * multiples of all W. */
enum { NT_GRAM_ROWS = 384, NT_GRAM_COLS = 96 };

/** Interleave `count` samples of d numbers, in place; there is room for whole strips. `buffer`: of
 * one strip. Parallel: Local. */
void nt_interleave_f64(int64_t count, int64_t d, void *samples, void *buffer);
void nt_interleave_f32(int64_t count, int64_t d, void *samples, void *buffer);
void nt_interleave_wide(int64_t count, int64_t d, void *samples, void *buffer);

/** Rows, columns, numbers in a sample. Entries (i, j) with i + below < j are not needed. */
typedef struct nt_gram_size {
  int64_t m, n, d, below;
} nt_gram_size;

/** g[i + j ld] = x1_i . x2_j / d for samples that begin with a strip; ld and the columns of g make
 * whole strips too. Parallel: Local. */
void nt_gram_f64(nt_gram_size size, const void *x1, const void *x2, void *g, int64_t ld);
void nt_gram_f32(nt_gram_size size, const void *x1, const void *x2, void *g, int64_t ld);
void nt_gram_wide(nt_gram_size size, const void *x1, const void *x2, void *g, int64_t ld);

#endif
