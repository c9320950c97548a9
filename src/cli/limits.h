/** Memory of this process, and what it may use. */
#ifndef NT_CLI_LIMITS_H
#define NT_CLI_LIMITS_H

#include <stdint.h>

/** Resident bytes of this process now, and at most so far; 0 if the system does not tell. Local. */
int64_t nt_resident_bytes(void);
int64_t nt_peak_bytes(void);

/** What a rank may use beyond what it has now, and who says so. */
typedef struct nt_limit {
  int64_t bytes;
  char source[80]; /**< "MemAvailable of the node", for messages. */
} nt_limit;

/** The least of what the node has left, the cgroup of this process leaves, and SLURM
 * granted, divided among the `node_ranks` ranks of this node. `wanted` above 0 (--memory)
 * takes the place of all of it.
 * Parallel: Local. */
nt_limit nt_memory_limit(int64_t wanted, int node_ranks);

#endif
