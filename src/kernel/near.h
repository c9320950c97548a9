/** Pairs of samples that are nearly alike, computed again in the finer arithmetic of plan->near.
 *
 * With d = 1 - |cos| of the angle between two samples, their NTK goes with sqrt(d), and a distance
 * that is a difference of rounded numbers (behind a pool, or a layer that gives K alone) leaves
 * eps / sqrt(d) of it. Where a plan has such distances, it holds a second one, of the same network
 * in an arithmetic whose eps makes up for that. When a tile is done, those of its pairs whose d is
 * below plan->near_below, and not 0 of equal samples, are computed once more by the second plan, a
 * tile of one pair each, into the same entries; what the sample pass makes of a sample is kept for
 * its next pairs. Whether a pair is near is decided from its two samples alone, so that results do
 * not depend on tiles, ranks or threads. */
#ifndef NT_KERNEL_NEAR_H
#define NT_KERNEL_NEAR_H

#include "kernel/tile.h"

/** What one thread needs for it. Opaque. */
typedef struct nt_near nt_near;

/** For tiles of `plan`, of samples of these sides (borrowed). Buffers are allocated when the first
 * near pair is met. \param [out] near  Owned; NULL where the plan needs none. Parallel: Local. */
nt_status nt_near_create(nt_error *err, const nt_plan *plan, const nt_side *rows,
                         const nt_side *cols, nt_near **near) NT_WARN_UNUSED;
/** Free it and set it to NULL. Parallel: Local. */
void nt_near_destroy(nt_near **near);
/** Bytes of its buffers, and of the samples that it keeps, at most. Parallel: Local. */
int64_t nt_near_bytes(const nt_plan *plan);
int64_t nt_near_kept_bytes(const nt_plan *plan);

/** How many near pairs a tile has, of a plan with near ones. Parallel: Local. */
int64_t nt_near_count(const nt_tile *tile);
/** Compute the near pairs of a tile that is done again, into its targets.
 * \return NT_ERR_NUMERIC, as nt_tile_compute; NT_ERR_NOMEM. Parallel: Local. */
nt_status nt_near_compute(nt_error *err, const nt_tile *tile, nt_near *near) NT_WARN_UNUSED;

#endif
