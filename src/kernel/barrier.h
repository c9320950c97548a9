/** Kernels of new samples: what a layer that acts on the samples makes of those of its inputs. */
#ifndef NT_KERNEL_BARRIER_H
#define NT_KERNEL_BARRIER_H

#include "kernel/memory.h"
#include "nt/kernel.h"

/** The kernel of barrier `n` of a network.
 *
 *     K'[(o, p), (o', p')] = sum_{b, t, t'} w(o, t) w(o', t') K_b[(in(o, t), p), (in(o', t'), p')]
 *
 * over the inputs b and taps t, t', and so T', cov1, cov2, each if the inputs have it. An output is
 * masked where all that it is made of is.
 *
 * \param [in]  source  [inputs] Kernels of the old samples: of the inputs of a layer of several,
 *                      else of what the layer made of positions.
 * \param [in]  tile    Samples along a side of the tiles of the result.
 * \param [out] out     Owned. Masks are where those of the inputs are.
 * \return NT_ERR_NOMEM. Parallel: Collective on the kernels' grid. Memory: the result, and one
 * matrix of its rows and the columns of an input. */
nt_status nt_barrier_run(const nt_plan *whole, int n, const nt_kernel *const *source, int64_t tile,
                         nt_kernel **out) NT_WARN_UNUSED;
/** "samples: 7 x 3 become 4 x 2 in Index at line 1, column 9" of node `n`, or NULL if it is no
 * barrier that is crossed. Parallel: Local. */
const char *nt_barrier_text(const nt_plan *whole, const nt_cut *cut, int n, char *out, size_t size);
/** The same kernel in tiles of another size, in its place. Parallel: Collective on its grid. */
nt_status nt_kernel_retile(nt_kernel *kernel, int64_t tile) NT_WARN_UNUSED;

#endif
