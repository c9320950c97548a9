/** Shared by the two drivers of a tile: rows.c (no positions: lanes are the samples of the rows)
 * and planes.c (many positions: lanes are the cells of a plane). */
#ifndef NT_KERNEL_TILE_IMPL_H
#define NT_KERNEL_TILE_IMPL_H

#include "kernel/cells.h"
#include "kernel/tile.h"

/** Columns that are worked on together, so that results leave in whole cache lines both ways. */
enum { NT_STRIP = 16 };

/** Pairs of a block of pairs at most. */
enum { NT_MOST_SETS = 64 };

/** What one kept order of a view holds, for the pairs that follow. Orders
 * count from 1; 0: nothing yet. */
typedef struct nt_kept {
  int64_t index;  /**< The order that the index is made for. */
  int64_t order;  /**< The order that the buffer is filled in, */
  int64_t sample; /**< and with the tables of which sample. */
  int64_t inner;  /**< Cells of the index. */
} nt_kept;

/** Rows of one argument in the order of the lanes. */
typedef struct nt_view_side {
  bool buffered; /**< The inner axes, or all (a batch), are in another order than the table. */
  bool doubled;  /**< Axis 0 runs on modulo its size: the buffer holds two rounds. */
  bool copied;   /**< Axis 0 is copied, run of cells by run of cells. */
  bool turns;    /**< Axis 0 is in another place, or copied, for each of its groups. */
  /** What the buffer of a batch, or `lanes` of joined planes, hold; -1: nothing. */
  int64_t sample, batch;
  char *buffer, *lanes; /**< Owned; for `buffered`, for `copied`. */
  int64_t ld_buffer, ld_lanes;
  int n_kept;       /**< Joined planes: orders of the inner axes that have a place; else 0. */
  nt_kept *kept;    /**< [n_kept] Owned. */
  int32_t *index;   /**< Owned; of a view that others are like: what its buffer is picked from. */
  int64_t inner;    /**< Cells of the inner axes now; at most, before the first plane. */
  const char *rows; /**< In use, on the inner axes: table or buffer. */
  int64_t ld_rows;
  const char *at; /**< In use, in the order of the lanes. */
  int64_t ld;
} nt_view_side;

typedef struct nt_view_state {
  nt_view_side side[2];
} nt_view_state;

/** The sums along the innermost axis of a window, spread over the lanes of a plane. */
typedef struct nt_inner {
  char *weight;   /**< [taps][lanes] NULL: not an innermost axis. */
  int32_t *index; /**< [taps][lanes] NULL: shifts are enough. */
  int64_t ld;
  int group;     /**< It is made for this group (-1: none) */
  int64_t outer; /**< and so many rows. */
} nt_inner;

typedef struct nt_tensor_buffer {
  char *k, *t; /**< [position][position] Owned; t NULL if not wanted. */
} nt_tensor_buffer;

/** Of a layer that weighs pairs of positions. */
typedef struct nt_weights {
  char *lane; /**< [places] Of the pair in work, in the order of the planes; NULL: none. Owned. */
  nt_post post;
  double k, t; /**< Sums over the planes so far. */
} nt_weights;

struct nt_workspace {
  const nt_plan *plan; /* borrowed */
  const nt_lane_ops *lanes;
  const nt_cell_ops *cells;
  int64_t stride, guard;   /* from slot to slot, and before its first lane */
  int64_t ld;              /* rows of a tile, padded */
  char *gram;              /* [leaves][NT_GRAM_COLS][NT_GRAM_ROWS] covariances of inputs */
  char **columns;          /* [leaves] digits of a panel of columns (digits.h); NULL: none */
  int64_t *turned;         /* [leaves] first sample of that panel; -1: none yet */
  double *numbers;         /* of one sample of digits */
  int64_t sets, set;       /* of slots, one for each pair of a block of pairs; the one in work */
  char *slot;              /* [n_slots][sets][K, T][stride], and three more for sums in between */
  char *value_k, *value_t; /* [n_tile_values][cols][ld] */
  int64_t value_size;      /* bytes of one of them */
  double *strip;           /* [n_outputs][K, T][NT_STRIP][NT_GRAM_ROWS] */
  double *largest;         /* [n_nodes] variances that sample passes have met here */
  int64_t *batch;          /* [n_regions] pairs of samples at a time */
  int64_t most_batch;
  long double *sum;         /* [n_tile_values][most_batch][K, T] of the planes so far */
  nt_view_state **view;     /* [n_regions][n_views] */
  nt_inner *inner;          /* [n_moves] */
  nt_tensor_buffer *tensor; /* [n_tensors] */
  int64_t *place;           /* [NT_MAX_RANK][cells] */
  int32_t *index;           /* [lanes] */
  int32_t *count;           /* [n_frames][NT_MAX_RANK] cells of the plane in work */
  int64_t most_cells;
  char **product; /* [n_leaves][x2][x1] covariances of the positions of a pair, or D; NULL: none */
  char *track;    /* [places, sums] see nt_track_run; NULL: no window has a track */
  char *edge;     /* [rows of a plane of long rows] numbers, see nt_three */
  double *mix;    /* [K, T, K', T', work] of the largest mix; wide: their rests */
  nt_weights *weights; /* [n_mixes] */
};

/** Work of the mix in `ws->mix`: matrices in, matrices out, the layer's own. Parallel: Local. */
typedef struct nt_mix_sizes {
  int64_t in, out, work;
} nt_mix_sizes;
nt_mix_sizes nt_mix_sizes_of(const nt_plan *plan);
/** Number of a node among those that mix. Parallel: Local. */
int nt_mix_number(const nt_program *program, int node);
/** One pair through a layer that mixes: m has k, t and the results; sides and
 * work are set here. Local. */
void nt_mix_pair(const nt_plan *plan, const nt_workspace *ws, int node, const nt_panel *rows,
                 int64_t i, const nt_panel *cols, int64_t j, nt_mix *m);

/** Lanes of slot `slot`. */
static inline nt_lane_value nt_slot(const nt_workspace *ws, int slot, bool has_t)
{
  const size_t size = ws->lanes->size, bytes = (size_t)ws->stride * size;
  const int own = ws->plan->program->n_slots;
  const int64_t place = slot < own ? slot * ws->sets + ws->set : own * ws->sets + slot - own;
  char *k = ws->slot + 2 * bytes * (size_t)place + (size_t)ws->guard * size;
  return (nt_lane_value){k, has_t ? k + bytes : NULL};
}

/** K and T of one lane times `factor`. Parallel: Local. */
static inline void nt_scale_lane(const nt_workspace *ws, int64_t lane, double factor,
                                 nt_lane_value out)
{
  void *const value[2] = {out.k, out.t};
  for (int f = 0; f < 2 && value[f] != NULL; f++) {
    char *at = (char *)value[f] + (size_t)lane * ws->lanes->size;
    ws->lanes->from_wide(factor * ws->lanes->to_wide(at), at);
  }
}

/** Pairs that go through a region together, of at most `rows`. Parallel: Local. */
int64_t nt_plane_batch(const nt_plan *plan, int region, int64_t rows);
/** Lanes of the largest plane, or batch of planes; 0 without positions. Parallel: Local. */
int64_t nt_planes_lanes(const nt_plan *plan, int64_t rows);
/** Buffers of the regions with positions. Parallel: Local. */
nt_status nt_planes_create(nt_error *err, const nt_plan *plan, int64_t rows,
                           nt_workspace *ws) NT_WARN_UNUSED;
void nt_planes_destroy(const nt_plan *plan, nt_workspace *ws);
/** Sets of slots: pairs of a block (plane_block.c); 1: none. Parallel: Local. */
int64_t nt_planes_sets(const nt_plan *plan, int64_t rows);
/** Bytes of nt_planes_create. Parallel: Local. */
int64_t nt_planes_bytes(const nt_plan *plan, int64_t rows);

/** The region without positions. \return NT_ERR_NUMERIC, as nt_tile_compute. Parallel: Local. */
nt_status nt_rows_compute(nt_error *err, const nt_tile *tile, nt_workspace *ws,
                          int region) NT_WARN_UNUSED;
/** All regions with positions, pair after pair. Parallel: Local. */
nt_status nt_planes_compute(nt_error *err, const nt_tile *tile, nt_workspace *ws) NT_WARN_UNUSED;
/** One region with positions, of a sample of a panel with itself, into tensors and tile values.
 * Parallel: Local. */
nt_status nt_planes_own(nt_error *err, const nt_plan *plan, const nt_panel *panel, nt_workspace *ws,
                        int region, int64_t sample) NT_WARN_UNUSED;

/** After it, when the sides of the sample are known: the layers that mix. Parallel: Local. */
void nt_planes_own_mix(const nt_plan *plan, const nt_panel *panel, nt_workspace *ws, int region,
                       int64_t sample);

/** Record that a value of pair (i, j) of the tile is not finite after a
 * node; returns NT_ERR_NUMERIC.
 * Parallel: Local. */
nt_status nt_not_finite(nt_error *err, const nt_tile *tile, int node, int64_t i, int64_t j);

#endif
