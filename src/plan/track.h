/** Tracks of windows: see nt_track in frame.h. */
#ifndef NT_PLAN_TRACK_H
#define NT_PLAN_TRACK_H

#include "plan/frame.h"

/** The track of the output cells `out` of a window and its padding cells, where their sums are done
 * sooner by it than one by one; else none.
 * \param [in] cell  [size][size] Number of the input cell (ring, x1) of `size` positions.
 * \param [in, out] move  Gets `track` and `fill`. \return NT_ERR_NOMEM. Parallel: Local. */
nt_status nt_track_make(nt_error *err, const nt_moves *moves, const int32_t *cell,
                        const nt_cells *out, nt_move *move) NT_WARN_UNUSED;

#endif
