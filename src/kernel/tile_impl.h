/** Shared by the two drivers of a tile: rows.c (one position: lanes are the samples of the rows)
 * and planes.c (many positions: lanes are the pairs of positions with one spatial offset). */
#ifndef NT_KERNEL_TILE_IMPL_H
#define NT_KERNEL_TILE_IMPL_H

#include "kernel/tile.h"

/** Columns that are worked on together, so that results leave in whole cache lines both ways. */
enum { NT_STRIP = 16 };

struct nt_workspace {
  const nt_lane_ops *lanes;
  int64_t max_lanes;        /* of a slot */
  int64_t ld;               /* rows of a tile, padded */
  char *gram;               /* [leaves without positions][cols][ld] input covariances */
  char *slot;               /* [n_slots][K, T][max_lanes] */
  char *value_k, *value_t;  /* [n_tile_values][cols][ld] */
  int64_t value_size;       /* bytes of one of them */
  double *strip;            /* [n_outputs][K, T][NT_STRIP][ld] */
  int32_t *index1, *index2; /* [max_lanes] positions of the lanes of a plane */
  char *table1, *table2;    /* [n_rows][max_lanes] tables of a plane, gathered */
  double *lane;             /* [max_lanes] one value of a plane in double */
};

/** Lanes of slot `slot`. */
static inline nt_lane_value nt_slot(const nt_workspace *ws, int slot, bool has_t)
{
  const size_t bytes = (size_t)ws->max_lanes * ws->lanes->size;
  char *k = ws->slot + 2 * bytes * (size_t)slot;
  return (nt_lane_value){k, has_t ? k + bytes : NULL};
}

/** Run one step that neither loads nor stores. */
void nt_step_run(const nt_step *step, const nt_workspace *ws, const nt_tables *tables, int64_t n);

/** Regions without, and with, positions. `error` names the layer and the pair. */
nt_status nt_rows_compute(nt_error *err, const nt_tile *tile, nt_workspace *ws, int region);
nt_status nt_planes_compute(nt_error *err, const nt_tile *tile, nt_workspace *ws, int region);

/** A value of pair (i, j) of the tile is not finite: after which layer, for whom. */
nt_status nt_not_finite(nt_error *err, const nt_tile *tile, int node, int64_t i, int64_t j);

#endif
