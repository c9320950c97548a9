/** The program of the pair pass and of the sample pass: steps on lanes, and tables of variances.
 *
 * A *value* holds K or D and T of the lanes, in a *slot* (a pair of buffers). A step reads slots
 * and writes one. Most steps also read *table rows*: functions of the variance of either argument,
 * which the sample pass fills for a panel of samples: table[row][sample * positions + position].
 *
 *     pair pass,   per lane:    LOAD -> MAP -> MAP -> ... -> STORE
 *     sample pass, per sample:  input variance -> node after node -> rows of tables, own K and T
 *
 * Without positions the lanes are pairs of samples, and rows are read as they are. With
 * positions the lanes are the cells of a plane (frame.h), and steps read rows through *views*: a
 * row in the order of the lanes. Regions with positions come first, in the order of their
 * levels: what mixes positions leaves a *tensor* of the pair (all position pairs) or a *tile
 * value* (a number a pair of samples). */
#ifndef NT_PLAN_PROGRAM_H
#define NT_PLAN_PROGRAM_H

#include "nt/plugin.h"
#include "plan/frame.h"

typedef enum nt_step_kind {
  NT_STEP_INPUT,    /**< Input covariance of a leaf, with an affine layer folded in. */
  NT_STEP_TILE,     /**< A value that an earlier region left for this tile. */
  NT_STEP_TENSOR,   /**< A tensor that an earlier region left for this pair. */
  NT_STEP_MAP,      /**< Elementwise layer, with an affine layer folded in. */
  NT_STEP_AFFINE,   /**< An affine layer on its own. */
  NT_STEP_WINDOW,   /**< Sums of cells, axis by axis, + k0, t0 of post. */
  NT_STEP_SEPARATE, /**< Zero where the positions differ. */
  NT_STEP_SUM,      /**< Weighted sum of slots. */
  NT_STEP_PRODUCT,  /**< Product of slots. */
  NT_STEP_SCALE,    /**< Times one factor of each argument. */
  NT_STEP_DROPOUT, /**< Times post.kf where both arguments are the same entry of the same sample. */
  NT_STEP_CONVERT, /**< K <-> D. */
  NT_STEP_POOLED,  /**< From the sums of D that NT_STEP_POOL leaves to D. */
  NT_STEP_REMASK,  /**< Zero where either argument is masked. */
  NT_STEP_FLATTEN, /**< Mean over the positions of plane 0, into a tile value. */
  NT_STEP_GLOBAL,  /**< Sum over all pairs of positions, times post.kf and tt, into a tile value. */
  NT_STEP_POOL,    /**< Sums of cells, axis by axis, added to a tensor. */
  NT_STEP_KEEP,    /**< Into a tensor. */
  NT_STEP_MIX, /**< Into a tensor, and after the last plane from it into another or a tile value. */
  NT_STEP_STORE /**< Into an output. */
} nt_step_kind;

/** A product of more inputs is one of K. */
enum { NT_MOST_FACTORS = 8 };

/** A slot that a step reads. */
typedef struct nt_operand {
  int slot;
  bool has_t;    /**< SUM, PRODUCT: whether it has a T; else that is zero. */
  double weight; /**< SUM. */
  int row; /**< SUM, PRODUCT of D: row of its sqrt(q); with positions PRODUCT: view of q / 2. */
} nt_operand;

typedef struct nt_step {
  nt_step_kind kind;
  int n_in;
  nt_operand *in; /**< [n_in] */
  /** Slot written; FLATTEN, GLOBAL: tile value; POOL, MIX: tensor, or tile value (MIX: ~number);
   * STORE: output. */
  int out;
  int node;         /**< Node of the plan, for messages. */
  nt_mix_part part; /**< MIX: what is read of its result, */
  bool weighs;      /**< or the mean of (p, p) alone, and the layer has weights for it. */
  int leaf;   /**< INPUT: leaf; TILE: tile value; TENSOR, KEEP, MIX: tensor that is read, filled. */
  bool d;     /**< Form of the result; CONVERT: to D. TILE, STORE, SEPARATE, REMASK: of the slot. */
  bool k, t;  /**< Whether K, T of the result are wanted. */
  bool has_t; /**< Whether its one input has a T; else that is zero. */
  int row;    /**< First table row, with positions: view; -1: none. */
  int row2;   /**< REMASK of D: view of the half rows. TILE of a D: row of NT_ROW_POOL; -1: none. */
  int strips; /**< INPUT of many channels: group of NT_ROW_STRIPS, all pairs of positions at once; then
               * row is a view of the half rows; -1: lane by lane. */
  int bias; /**< First of the two rows of a bias on a D (NT_ROW_BIAS); -1: none. */
  nt_map_fn map;
  const void *cfg;
  nt_post post;
  double share, shift; /**< MAP, in a slot without T: T = share K + shift. */
  int frame;    /**< Of the result (of the input where that is no slot); -1 without positions. */
  int frame_in; /**< WINDOW, POOL. */
  int moves[NT_MAX_RANK]; /**< WINDOW, POOL: number of the moves along an axis; -1: none. */
  int fill[NT_MAX_RANK];  /**< WINDOW of a D: view of the padding along an axis; -1: none. */
  int from[NT_MAX_RANK];  /**< TENSOR: axis of the tensor that an axis of the frame reads, */
  int64_t fixed; /**< and position on the others; FLATTEN: the one position, or -1: the mean. */
} nt_step;

/** A group of rows in the order of a frame's lanes along the axes behind `depth`; positions along
 * the axes up to it. With `lanes` (depth 0) also axis 0 is turned into the order of the cells. */
typedef struct nt_view {
  int group; /**< In nt_program.row. */
  int frame, depth;
  bool lanes; /**< In the order of the lanes on all axes. */
  int fills;  /**< Along the last axis the padding cells of these moves; -1: its cells. */
  int like;   /**< The first view with the same order. */
} nt_view;

/** A value of all pairs of positions (x1, x2) of a pair of samples: plane after plane of rings,
 * [x2 - x1 modulo the sizes][x1]; or (`matrix`) [x1][x2]. */
typedef struct nt_tensor {
  nt_shape space;
  int64_t positions;
  bool matrix;
  bool k, t;
  int64_t places; /**< Of a MIX that weighs: lanes of all planes of its region, as many of each, */
  int32_t *place; /**< and where they are in the matrix: [planes, last axis inner][lanes]. Owned. */
} nt_tensor;

/** Steps on the lanes of one set of planes, or on pairs of samples. */
typedef struct nt_region {
  nt_shape space; /**< Spatial sizes of its results. */
  int level;      /**< Mixing layers before it, at most. */
  int64_t positions;
  int frame;   /**< Of its results; -1 without positions. */
  bool joined; /**< One group of axis 0: all its rings. */
  /** All frames hold the pairs of equal positions, in order: pairs of samples may be worked on
   * several at a time. */
  bool flat;
  /** Group g holds the mirror images of group (groups - g) mod groups, on all axes. */
  bool halves;
  /** [groups] Along an axis: those that the sample pass runs of each sample itself, */
  unsigned char *own[NT_MAX_RANK];
  int n_own[NT_MAX_RANK]; /**< and how many. */
  int n_steps, n_rows, n_views;
  nt_step *step;
  nt_view *view;
  int first_row;             /**< Of its rows among those of all regions. */
  int first_group, n_groups; /**< Of its groups of rows in nt_program.row. */
} nt_region;

/** What the sample pass does at a table row. */
typedef enum nt_row_kind {
  NT_ROW_MAP,  /**< The tables of a map. */
  NT_ROW_ROOT, /**< s = sqrt(q). */
  NT_ROW_BIAS, /**< Of q' = k q + k0: r = sqrt(k q), and e = sqrt(q') - r. */
  NT_ROW_MASK, /**< 0 where the node is masked, else 1; as a reader that moves its axes sees it. */
  NT_ROW_HALF, /**< q / 2. */
  NT_ROW_CHANNELS, /**< The channels of an input. */
  NT_ROW_STRIPS,   /**< The same, each sample in strips of positions: kernel/gram.h. */
  NT_ROW_FILL,     /**< k q / 2 of a window's input, summed along the axes behind `axis`. */
  NT_ROW_NORM,     /**< 1 / sqrt(v), s = sqrt(q), s / sqrt(v) of NT_NORM. */
  NT_ROW_UNMASKED, /**< 1 / number of positions that are not masked, of NT_GLOBAL. */
  /** Of NT_POOL: half the sum of D of a sample with itself, half the sum of weights, the weighted
   * sum of q. Of NT_GLOBAL: the first, and sqrt(q) of the mean over all positions. */
  NT_ROW_POOL
} nt_row_kind;

/** A group of rows made at once from the variances of one node. */
typedef struct nt_row {
  nt_row_kind kind;
  int node, region;
  int row, n_rows; /**< Within the region. */
  int reader;      /**< MAP, BIAS, FILL, NORM: the node that they are for; MASK: or -1. */
  int axis;        /**< FILL. */
  int next;        /**< Group of the same node and region, or -1. */
  int64_t positions;
} nt_row;

typedef struct nt_program {
  int n_regions;
  nt_region *region;
  int n_rows;
  nt_row *row;
  int n_slots;
  int n_tile_values;        /**< Values left between regions. */
  int n_mixes, *mix;        /**< [n_mixes] Nodes of action NT_MIX. */
  int *tile_of, *tensor_of; /**< [n_nodes] Tile value, tensor that holds a node's value, or -1. */
  int n_tensors;
  nt_tensor *tensor;
  nt_frames frames;
  int64_t lanes; /**< Of a slot. */
  int64_t guard; /**< Lanes before and behind a slot that steps may read. */
  nt_dtype dtype;
} nt_program;

/** Free a program and set it to NULL. Parallel: Local. */
void nt_program_destroy(nt_program **program);

#endif
