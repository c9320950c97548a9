/** For the tests of kernels: from a network text and files to results
 * that every rank holds whole. */
#ifndef NT_TEST_KERNEL_RUN_H
#define NT_TEST_KERNEL_RUN_H

#include "nt/kernel.h"

/** What to compute, and how. */
typedef struct nt_run {
  const char *network;
  const nt_tree *x1, *x2; /**< Trees of file names; x2 NULL: none. */
  unsigned get;
  nt_kernel_options options;
  bool has_mask;
  double mask_constant;
} nt_run;

/** Read the data with the axes of the network and compute. Messages in the error of `ctx`.
 * \param [out] kernels  Free with nt_kernels_destroy, before *grid. Parallel: Collective on ctx. */
nt_status nt_run_kernel(nt_ctx *ctx, const nt_run *run, int P, int Q, nt_grid **grid,
                        nt_tree **kernels);
/** All elements, [N][M] column by column, on every rank; freed by the caller. Collective. */
double *nt_gather(const nt_dmatrix *m);
/** Number of elements that are not the same in two matrices or in all kernels of two trees, on grids
 * of any ranks, the one of this rank alone too. Parallel: Collective. */
int64_t nt_differences_of(const nt_dmatrix *a, const nt_dmatrix *b);
int64_t nt_differences(const nt_tree *world, const nt_tree *self);
/** Element of the reference's layout: index[rank] of a result of shape `shape` with `batches`
 * leading sample axes, in the gathered matrix `all` of M rows. Parallel: Local. */
double nt_element(const double *all, int64_t M, const nt_facts *facts, int batches,
                  const int64_t *index);

#endif
