/** What a kernel takes on the rank that holds most: from the plan and numbers alone, so that it can
 * be asked for any number of ranks. */
#ifndef NT_KERNEL_MEMORY_H
#define NT_KERNEL_MEMORY_H

#include "plan/cut.h"

/** Where a kernel is computed. */
typedef struct nt_machine {
  int P, Q;    /**< Rows and columns of the grid of ranks. */
  int threads; /**< Of a rank. */
} nt_machine;

/** What a kernel is asked for. */
typedef struct nt_demand {
  const nt_plan *plan;     /**< Borrowed. */
  const nt_plan *cov_plan; /**< For cov1 and cov2 beyond variances; NULL: none. Borrowed. */
  unsigned get;
  bool symmetric;
  const struct nt_stages *stages; /**< Of a network that is cut; NULL. Borrowed. */
} nt_demand;

/** The stages of a network that is cut at its layers on samples. */
typedef struct nt_stages {
  nt_cut *cut; /**< Owned. */
  int n;
  nt_demand *demand; /**< [n] Owned, but for the plans. */
} nt_stages;

/** Bytes on the rank that holds most. */
typedef struct nt_memory {
  int64_t results; /**< Matrices. */
  int64_t samples; /**< Home blocks of the samples. */
  int64_t work;    /**< Of the pass that takes most; passes follow each other. The sum of */
  int64_t panels;  /**< samples in work, their tables, and their own pairs of positions, */
  int64_t threads; /**< tiles, slots and views of all threads, */
  int64_t mirror;  /**< and mirror tiles on their way. */
  int64_t largest; /**< Elements of the largest local matrix. */
} nt_memory;

/** Size and blocks of a result: nngp or ntk, or cov of `n` samples. */
typedef struct nt_form {
  int64_t M, N, mb, nb;
} nt_form;

/** nngp and ntk of n1 x n2 samples, in tiles of `tile` samples. Parallel: Local. */
nt_form nt_form_of_kernel(const nt_facts *facts, int64_t tile, int64_t n1, int64_t n2);
/** cov1 or cov2 of n samples. \param [in] Q  Columns of the grid. Parallel: Local. */
nt_form nt_form_of_own(const nt_facts *facts, int64_t tile, int Q, int64_t n);

/** Samples of x1 (0) or x2 (1). Parallel: Local. */
int64_t nt_plan_samples(const nt_plan *plan, int which);
/** What a rank holds, at most. Parallel: Local. */
nt_memory nt_memory_of(const nt_demand *demand, nt_machine places);
/** Bytes of the results alone, on the rank that holds most. Parallel: Local. */
int64_t nt_results_of(const nt_demand *demand, nt_machine places);

/** Bytes that a rank needs when there are `ranks`; INT64_MAX where a local matrix would have 2^31
 * elements, more than ScaLAPACK can address. */
typedef struct nt_needs {
  int64_t (*of)(const void *arg, int ranks);
  const void *arg;
} nt_needs;

/** A demand with the threads that a rank has, and what it holds beside. */
typedef struct nt_sized_demand {
  nt_demand demand;
  int threads;
  int64_t (*beside)(int64_t results); /**< Bytes beside them, from those of the results; or NULL. */
} nt_sized_demand;
/** nt_needs of an nt_sized_demand. Parallel: Local. */
int64_t nt_needs_of_demand(const void *arg, int ranks);

/** Few ranks, on a nearly square grid, of which each needs no more than `limit` bytes; 0: no number
 * up to a million would do. Parallel: Local. */
int nt_ranks_that_do(nt_needs needs, int64_t limit);
/** What would do in place of a demand that does not fit. */
typedef struct nt_advice {
  int ranks;     /**< So many, at most a million; 0: none. */
  int64_t tile;  /**< With tiles of so many samples, those of the plan halved; 0: the plan's own. */
  int64_t least; /**< Without such ranks: what each would need with one thread, as nt_needs. */
  bool fewer_threads; /**< And that would do. */
} nt_advice;

/** More ranks, or where they do not help, smaller tiles for the `ranks` there are, or more ranks with
 * smaller tiles: what needs no more than `limit` bytes of each. Parallel: Local. */
nt_advice nt_memory_advise(const nt_sized_demand *sized, int ranks, int64_t limit);
/** The end of a message. \param [in] each  What the ranks have, " with as much each". Parallel: Local. */
const char *nt_advice_text(const nt_advice *advice, int ranks, const char *each, char *out,
                           size_t size);

/** Refuse local matrices of 2^31 elements, of which the largest has `largest`. \return NT_ERR_NOMEM
 * with what would do, of at most `limit` bytes each (0: no limit). Parallel: Local. */
nt_status nt_memory_check_largest(nt_error *err, const nt_sized_demand *sized, int ranks,
                                  int64_t largest, int64_t limit) NT_WARN_UNUSED;

#endif
