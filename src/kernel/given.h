/** Kernels as inputs of a network. */
#ifndef NT_KERNEL_GIVEN_H
#define NT_KERNEL_GIVEN_H

#include "kernel/panel.h"

/** Own variances and NTKs of the samples of one side (which 0: x1, 1: x2) of a given kernel, on every
 * rank. \param [out] given  q and t owned: freed with free(). Parallel: Collective on the kernel's grid. */
nt_status nt_given_create(const nt_kernel *kernel, int which, nt_given *given) NT_WARN_UNUSED;

/** Samples along a side of the kernel's tiles; 0 where its blocks are not those of a kernel. Local. */
int64_t nt_given_tile(const nt_kernel *kernel);

#endif
