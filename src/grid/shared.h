/** Memory that the ranks of a node share: each has a part of its own, which the others read.
 *
 *     nt_shared_open      who is on this node
 *     nt_shared_allocate  a part for each, or
 *     nt_shared_alone     memory of its own where there is none to share
 *     one writes, sync; a message or barrier; sync, others read
 *
 * Parts are POSIX shared memory, taken whole when they are made: MPI_Win_allocate_shared of Open
 * MPI 4.1 waits for ever where a node has no room for a window. */
#ifndef NT_GRID_SHARED_H
#define NT_GRID_SHARED_H

#include "nt/context.h"

#include <stdbool.h>

typedef struct nt_shared {
  nt_ctx *ctx;    /**< Errors are agreed upon there. Borrowed. */
  MPI_Comm node;  /**< Owned: the ranks that can share memory with this one. */
  int rank;       /**< This one in the communicator, */
  int ranks;      /**< and how many it has. */
  int *node_rank; /**< [ranks] In `node`; MPI_UNDEFINED on another node. */
  char **part;    /**< [ranks] Whole pages; NULL where this rank cannot read. */
  size_t *bytes;  /**< [ranks] That are mapped; 0: none. */
  void *own;      /**< Memory of its own. */
} nt_shared;

/** Nothing: what nt_shared_close accepts. */
#define NT_SHARED_NONE                                                                             \
  (nt_shared) { .node = MPI_COMM_NULL }

/** Find the ranks of `comm` that are on one node. \return NT_ERR_NOMEM, NT_ERR_MPI.
 * Parallel: Collective on ctx; comm holds some or all of its ranks. */
nt_status nt_shared_open(nt_ctx *ctx, MPI_Comm comm, nt_shared *shared) NT_WARN_UNUSED;
/** A part of `bytes` for this rank. \param [out] got  False where a node has no room for it
 * (/dev/shm is small, as in many containers): then no node shares, and there is no part.
 * Parallel: Collective on ctx. */
nt_status nt_shared_allocate(nt_shared *shared, int64_t bytes, bool *got) NT_WARN_UNUSED;
/** A part of its own. \return NT_ERR_NOMEM. Parallel: Local. */
nt_status nt_shared_alone(nt_shared *shared, int64_t bytes, const char *what) NT_WARN_UNUSED;
/** Whether others can read this part. Parallel: Local. */
bool nt_shared_is(const nt_shared *shared);
/** Between writing and telling, and between being told and reading. Parallel: Local. */
void nt_shared_sync(const nt_shared *shared);
/** Free all. Parallel: Collective on the ranks of `comm`. */
void nt_shared_close(nt_shared *shared);

#endif
