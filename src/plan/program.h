/** The program of the pair pass and of the sample pass: steps on lanes, and tables of variances.
 *
 * A *value* holds K or D and T of the lanes, in a *slot* (a pair of buffers). A step reads slots and
 * writes one. Most steps also read *table rows*: functions of the variance of either argument, which
 * the sample pass fills for a panel of samples: table[row][sample * positions + position].
 *
 *     pair pass,   per lane:    LOAD -> MAP -> MAP -> ... -> STORE
 *     sample pass, per sample:  input variance -> node after node -> rows of tables, own K and T */
#ifndef NT_PLAN_PROGRAM_H
#define NT_PLAN_PROGRAM_H

#include "nt/plugin.h"

typedef enum nt_step_kind {
  NT_STEP_INPUT,   /**< Input covariance of a leaf, with an affine layer folded in. */
  NT_STEP_TILE,    /**< A value that an earlier region left for this tile. */
  NT_STEP_MAP,     /**< Elementwise layer, with an affine layer folded in. */
  NT_STEP_AFFINE,  /**< An affine layer on its own. */
  NT_STEP_SUM,     /**< Weighted sum of slots. */
  NT_STEP_PRODUCT, /**< Product of slots. */
  NT_STEP_CONVERT, /**< K <-> D. */
  NT_STEP_REMASK,  /**< Zero where either argument is masked. */
  NT_STEP_FLATTEN, /**< Mean over the positions of plane 0, into a tile value. */
  NT_STEP_STORE    /**< Into an output. */
} nt_step_kind;

typedef struct nt_step {
  nt_step_kind kind;
  int n_in, *in; /**< [n_in] Slots read. */
  int out;       /**< Slot written; FLATTEN, TILE: number of the tile value; STORE: output. */
  int node;      /**< Node of the plan, for messages. */
  int leaf;      /**< INPUT: leaf. */
  bool d;        /**< Form of the result; CONVERT: to D. TILE, STORE, REMASK: of the slot. */
  bool k, t;     /**< Whether K, T of the result are wanted. */
  bool has_t;    /**< Whether the (first) input slot has a T; else it is zero. */
  int row;       /**< First table row; -1: none. */
  int bias;      /**< First of the two rows of a bias on a D (NT_ROW_BIAS); -1: none. */
  int *row_in;   /**< [n_in] SUM of D: rows of sqrt(q) of the inputs. */
  nt_map_fn map;
  const void *cfg;
  nt_post post;
  double *weight; /**< [n_in] SUM. */
  bool *has_t_in; /**< [n_in] SUM, PRODUCT. */
} nt_step;

/** Nodes on the same positions. */
typedef struct nt_region {
  nt_shape space; /**< Spatial sizes. */
  int64_t positions;
  bool diagonal;   /**< Same positions alone (or none). */
  bool all_planes; /**< Its results need all pairs of positions; else plane 0 is enough. */
  int n_steps, n_rows;
  nt_step *step;
  int first_row; /**< Of its rows among those of all regions. */
} nt_region;

/** What the sample pass does at a table row. */
typedef enum nt_row_kind {
  NT_ROW_MAP,  /**< The tables of a map. */
  NT_ROW_ROOT, /**< s = sqrt(q). */
  NT_ROW_BIAS, /**< Of q' = k q + k0: r = sqrt(k q), and e = sqrt(q') - r. */
  NT_ROW_MASK  /**< 1 where the node is not masked, 0 where it is. */
} nt_row_kind;

/** A group of rows made at once from the variances of one node. */
typedef struct nt_row {
  nt_row_kind kind;
  int node, region;
  int row, n_rows; /**< Within the region. */
  int reader;      /**< MAP, BIAS: the node that they are for. */
} nt_row;

typedef struct nt_program {
  int n_regions;
  nt_region *region;
  int n_rows;
  nt_row *row;
  int n_slots;
  int n_tile_values; /**< Values left between regions. */
  nt_dtype dtype;
} nt_program;

/** Free a program and set it to NULL. Parallel: Local. */
void nt_program_destroy(nt_program **program);

#endif
