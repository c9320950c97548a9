/** Kernels of samples that get positions: x'(n, p) = w(n, p) x(n) of an x without positions. */
#ifndef NT_KERNEL_EXPAND_H
#define NT_KERNEL_EXPAND_H

#include "nt/kernel.h"
#include "nt/plugin.h"

/** out[(n, p), (m, p')] = w1(n, p) in[n, m] w2(m, p'), in the diagonal layout with p = p' alone.
 * \param [in] facts    Of the result.
 * \param [in] w1, w2   One tap for each (sample, position): its weight.
 * \param [out] out     In tiles of as many samples as those of `in`, so that
 *                      each rank has what it needs.
 * Parallel: Local. */
void nt_expand_pairs(const nt_dmatrix *in, const nt_facts *facts, const nt_taps *w1,
                     const nt_taps *w2, nt_dmatrix *out);
/** The same of each sample with itself, from cov1 (which 0) or cov2 (1) with diagonal_batch.
 * Parallel: Collective on the kernel's grid. */
nt_status nt_expand_own(const nt_kernel *in, int which, const nt_facts *facts, const nt_taps *w,
                        nt_dmatrix *out) NT_WARN_UNUSED;

#endif
