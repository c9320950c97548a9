/** Linear maps over the samples of distributed matrices. */
#ifndef NT_KERNEL_SAMPLE_MAP_H
#define NT_KERNEL_SAMPLE_MAP_H

#include "nt/dmatrix.h"
#include "nt/plugin.h"

/** out += S in, the rows of a sample together:
 *
 *     out[(o, r), c] += sum_t w(o, t) in[(in(o, t), r), c]      r = 0 ... rows - 1
 *
 * with as many columns in as many blocks in both. Sums are made by tile of `in`, and added in the
 * order of these: bits depend on tiles, not on ranks.
 *
 * \param [in] in, out  Blocks of whole samples, in->mb and out->mb
 *                      multiples of `rows`; on one grid.
 * \param [in] taps     Of samples: `in` below 0 reads nothing.
 * Parallel: Collective on the grid. Memory: one block of rows of `out`. */
nt_status nt_map_rows(const nt_dmatrix *in, int64_t rows, const nt_taps *taps,
                      nt_dmatrix *out) NT_WARN_UNUSED;
/** out += S1 in S2^T. Memory: also a matrix with the rows of `out` and the columns of `in`. */
nt_status nt_map_pairs(const nt_dmatrix *in, int64_t rows, int64_t cols, const nt_taps *taps1,
                       const nt_taps *taps2, nt_dmatrix *out) NT_WARN_UNUSED;

#endif
