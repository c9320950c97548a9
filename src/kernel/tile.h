/** One tile: the pairs of the samples of two panels, carried through all regions of the program. */
#ifndef NT_KERNEL_TILE_H
#define NT_KERNEL_TILE_H

#include "kernel/lanes.h"
#include "kernel/panel.h"

/** Where a result goes: element (i, j) at a[i + j * ld], or nowhere (NULL). */
typedef struct nt_target {
  double *a;
  int64_t ld;
} nt_target;

/** Targets of one output: the tile, and its mirror image (of which the
 * rows are the columns here). */
typedef struct nt_tile_output {
  nt_target k, t, mirror_k, mirror_t;
} nt_tile_output;

/** The tile of a given kernel, in place: element (i, j) at k[i + j * ld];
 * t NULL: its NTK is zero. */
struct nt_tile_input {
  const double *k, *t;
  int64_t ld_k, ld_t;
};

typedef struct nt_tile {
  const nt_plan *plan;
  const nt_panel *rows, *cols;
  bool same;      /**< Both panels are the same samples: half is computed, the rest mirrored. */
  bool self_only; /**< Each sample with itself alone: row i of target k is [position pairs]. */
  const nt_tile_output *output; /**< [n_outputs] */
  const nt_tile_input *given;   /**< [n_leaves] Tiles of given kernels; NULL: none. */
} nt_tile;

/** Buffers of one thread. Opaque. */
typedef struct nt_workspace nt_workspace;

/** Buffers for tiles of at most rows x cols samples. \param [out] ws Owned. Parallel: Local. */
nt_status nt_workspace_create(nt_error *err, const nt_plan *plan, int64_t rows, int64_t cols,
                              nt_workspace **ws) NT_WARN_UNUSED;
/** Free buffers and set to NULL. Parallel: Local. */
void nt_workspace_destroy(nt_workspace **ws);
/** Bytes of nt_workspace_create, and what the BLAS holds beside it. Parallel: Local. */
int64_t nt_workspace_bytes(const nt_plan *plan, int64_t rows, int64_t cols);

/** Raise largest[n] to the largest variance after node n that sample passes in float32 have met with
 * these buffers. Parallel: Local. */
void nt_workspace_largest(const nt_workspace *ws, double *largest);

/** Pairs of samples that go together through the steps of a region with positions (plane_block.c,
 * or a batch of small images). Parallel: Local. */
int64_t nt_tile_together(const nt_plan *plan);

/** Compute a tile into its targets.
 * \return NT_ERR_NUMERIC naming layer and pair where a value is not finite. Parallel: Local. */
nt_status nt_tile_compute(nt_error *err, const nt_tile *tile, nt_workspace *ws) NT_WARN_UNUSED;

#endif
