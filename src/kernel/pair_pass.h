/** The pair pass: all tiles that this rank owns (of a symmetric kernel one of two mirror images),
 * and the exchange that fills the other half. */
#ifndef NT_KERNEL_PAIR_PASS_H
#define NT_KERNEL_PAIR_PASS_H

#include "kernel/memory.h"
#include "kernel/panel.h"
#include "nt/kernel.h"

typedef struct nt_pair_pass {
  nt_grid *grid;
  const nt_plan *plan;
  const nt_side *side1, *side2;    /**< side2 NULL: x2 = x1, symmetric. */
  nt_dmatrix *const *k, *const *t; /**< [n_outputs] Results; NULL where not wanted. */
  const nt_progress *progress;     /**< NULL: none. */
  int64_t tiles;                   /**< Out: computed on this rank, */
  double seconds;                  /**< and how long they took it. */
} nt_pair_pass;

/** Parallel: Collective on grid. Communication: samples of the panels in work (nt_panels_fetch) and
 * tables made of them (nt_panels_share), and for symmetric kernels one message a tile whose mirror
 * image another rank owns.
 * \return NT_ERR_NUMERIC for values that are not finite; NT_ERR_NOMEM; NT_ERR_MPI. */
nt_status nt_pair_pass_run(nt_pair_pass *pass) NT_WARN_UNUSED;

/** Bytes that the pass of n1 x n2 samples (n2 0: symmetric) holds on a rank, beyond results and
 * home samples: panels, threads and mirror. Parallel: Local. */
nt_memory nt_pair_pass_bytes(const nt_plan *plan, nt_machine places, int64_t n1, int64_t n2);

/** Of T x T tiles of a symmetric kernel, whether tile (I, J) is the computed one of it
 * and its mirror image: (I - J) mod T < T/2, at T/2 the lower. Every row and column
 * then has as many. Local. */
bool nt_tile_is_computed(int64_t I, int64_t J, int64_t T);

#endif
