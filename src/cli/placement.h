/** Where the ranks run: hosts, cores, threads. */
#ifndef NT_CLI_PLACEMENT_H
#define NT_CLI_PLACEMENT_H

#include "nt/context.h"

#include <stdbool.h>

typedef struct nt_placement {
  char host[64];
  char cores[64];     /**< Of this rank's affinity mask: "0-3,8". */
  int n_cores;        /**< Their number. */
  int sharing;        /**< Ranks of this node whose masks share a core with this one's. */
  int threads;        /**< Of this rank. */
  int node_ranks;     /**< Ranks on this node. */
  int node_cores;     /**< Cores of this node that any rank may use. */
  int node_all_cores; /**< All that this node has. */
  int node_threads;   /**< Threads of all ranks on this node. */
  bool is_node_first; /**< The lowest rank on its node. */
} nt_placement;

/** A launcher that MPI does not understand starts N programs of one rank, each of which would do
 * all the work: NT_ERR_ARG. Parallel: Local; the same on all ranks. */
nt_status nt_placement_check_launcher(nt_ctx *ctx) NT_WARN_UNUSED;
/** Find the cores of this rank, and work with `wanted` threads if that is above 0, else with
 * OMP_NUM_THREADS, else with the cores of the affinity mask divided among the ranks that share them.
 * Rank 0 prints a line per rank (of the first few) unless quiet, and a warning for each node where
 * there are more threads than cores.
 * Parallel: Collective on ctx. \return NT_ERR_ARG for more threads than any machine has. */
nt_status nt_placement_use(nt_ctx *ctx, int wanted, bool quiet,
                           nt_placement *placement) NT_WARN_UNUSED;

/** Threads of `ranks` ranks on this machine, without MPI. Parallel: Local. */
void nt_placement_alone(int ranks, int wanted, nt_placement *placement);

#endif
