/** Kernels as inputs of a network. */
#ifndef NT_KERNEL_GIVEN_H
#define NT_KERNEL_GIVEN_H

#include "kernel/panel.h"

/** What a plan needs of the kernels that it is given. */
typedef struct nt_given_needs {
  bool own;              /**< Pairs of positions of each sample. */
  int64_t mask_channels; /**< Of its masks; 0: none. */
} nt_given_needs;

/** One side (which 0: x1, 1: x2) of a given kernel: own variances and NTKs, masks
 * (of rank 0's record), and own pairs of positions. \param [out] given  Freed by nt_given_free,
 * also on failure; borrows `kernel`.
 * Parallel: Collective on the kernel's grid. Memory: variances and masks of
 * all samples on every rank. */
nt_status nt_given_create(const nt_kernel *kernel, int which, const nt_given_needs *needs,
                          nt_given *given) NT_WARN_UNUSED;
/** Free what is owned. Parallel: Local. */
void nt_given_free(nt_given *given);

/** Whether a plan needs the pairs of positions of each sample of its given kernels.
 * Parallel: Local. */
bool nt_given_needs_own(const nt_plan *plan, const nt_plan *cov_plan);
/** Numbers of these for one sample of leaf `l`; 0 where there are none. Parallel: Local. */
int64_t nt_given_own_numbers(const nt_plan *plan, int l);

/** Samples along a side of the kernel's tiles; 0 where its blocks are not
 * those of a kernel. Local. */
int64_t nt_given_tile(const nt_kernel *kernel);
/** Rows of a sample in the matrices of its pairs. Parallel: Local. */
int64_t nt_facts_rows(const nt_facts *facts);
/** The matrix of a side's covariances with itself: cov1 or cov2, or where these
 * would be the same, nngp.
 * Parallel: Local. */
const nt_dmatrix *nt_kernel_cov(const nt_kernel *kernel, int which);

#endif
