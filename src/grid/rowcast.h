/** Panels of a distributed factorisation, handed from one rank of a process row to all of it
 * while the others compute.
 *
 * Within a node the ranks of a row read the owner's copy, which lies in a window of shared memory:
 * the only message is an empty one. Elsewhere the panel travels by MPI_Ibcast.
 *
 *     owner:   char *p = nt_rowcast_own(rc, step);  ... write ...
 *     all:     nt_rowcast_begin(rc, q, step, bytes)
 *     all:     ... compute, nt_rowcast_poll(rc) now and then ...
 *     all:     const char *p = nt_rowcast_end(rc)         valid until panel step + 2 begins
 *
 * One panel is under way at a time, and steps come in order, with owners step mod Q. */
#ifndef NT_GRID_ROWCAST_H
#define NT_GRID_ROWCAST_H

#include "nt/grid.h"

#include <stdbool.h>
#include <stddef.h>

/** Opaque. */
typedef struct nt_rowcast nt_rowcast;

/** Buffers for panels of at most `bytes` on this rank, the same in a process row.
 * \param [in] share  Whether to use shared memory where the rows allow it.
 * \param [out] rc  Owned by the caller. \return NT_ERR_DIST above 2 GiB; NT_ERR_NOMEM.
 * Parallel: Collective on grid. */
nt_status nt_rowcast_create(nt_grid *grid, int64_t bytes, bool share,
                            nt_rowcast **rc) NT_WARN_UNUSED;
/** Free, and set to NULL (NULL is accepted). Parallel: Collective on grid. */
void nt_rowcast_destroy(nt_rowcast **rc);
/** Bytes that a rank holds for panels of `bytes`. Parallel: Local. */
int64_t nt_rowcast_bytes(int64_t bytes);

/** Where the owner of a step writes its panel. Parallel: Local. */
char *nt_rowcast_own(nt_rowcast *rc, int64_t step);
/** Begin handing round the panel of a step, of `bytes` on all ranks of the row alike, from its
 * process column `owner`. Parallel: Collective on the process row. */
nt_status nt_rowcast_begin(nt_rowcast *rc, int owner, int64_t step, int64_t bytes) NT_WARN_UNUSED;
/** Keep messages moving. Parallel: Local. */
void nt_rowcast_poll(nt_rowcast *rc);
/** Wait for the panel. \param [out] panel  Borrowed. Parallel: Collective on the process row. */
nt_status nt_rowcast_end(nt_rowcast *rc, const char **panel) NT_WARN_UNUSED;

#endif
