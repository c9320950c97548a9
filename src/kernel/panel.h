/** A panel: consecutive samples of one side of a tile, and what the sample pass made of them.
 *
 *     data[leaf]     [count][positions][channels]   in the arithmetic of the pair pass; of samples
 *                    that came as digits (kernel/digits.h) those. Without positions in strips, of
 *                    numbers (kernel/gram.h) or of digits, as soon as the sample pass is through
 *     table[region]  rows over (sample, position), see plan/program.h: group g of rows at element
 *                    at[g], a row every nt_padded(count * its positions); without positions all
 *                    groups have one position, so that they are [n_rows][ld]
 *     q, t           [output][count * positions]    each sample's own variance and NTK */
#ifndef NT_KERNEL_PANEL_H
#define NT_KERNEL_PANEL_H

#include "nt/kernel.h"
#include "plan/plan_impl.h"

/** A kernel that is given in place of samples, as one side of it sees it. */
typedef struct nt_given {
  const nt_dmatrix *nngp, *ntk; /**< Pairs of x1 and x2; ntk NULL: zero. Borrowed. */
  /** Pairs of the samples of this side, if not of each with itself alone. Borrowed. */
  const nt_dmatrix *cov;
  double *q, *t;         /**< [n][positions] Own variances and NTKs of all samples of this side. */
  int64_t mask_channels; /**< 0: no masks. */
  unsigned char *mask;   /**< [n][positions][mask_channels] */
  /** Pairs of positions of each sample, K and T in turn for each column: so that sample i of a
   * panel is block (i, i) of a tile with ld own_ld. NULL: not needed. */
  nt_samples *own;
  int64_t own_ld, own_t; /**< Distance of columns, and of T from K. */
} nt_given;

/** Samples of one argument (x1 or x2), for all leaves. */
typedef struct nt_side {
  int64_t n;
  int n_leaves;
  const nt_samples *const *leaf; /**< [n_leaves] Borrowed; NULL where a kernel is given. */
  const nt_given *given;         /**< [n_leaves] Borrowed; NULL: none is given. */
  /** [n_nodes] Of each LayerNorm over the samples: the mean variances of all samples of this side,
   * by group of positions; NULL: not known (yet). Borrowed. */
  double *const *norm;
  const nt_samples *pattern; /**< Of Aggregate; NULL: none. Borrowed. */
  /** [n_leaves] Samples at home on this rank as digits, by which they are sent (nt_side_split);
   * NULL for leaves that go as they are, or for all. Borrowed. */
  char *const *digits;
} nt_side;

typedef struct nt_tile_input nt_tile_input;

typedef struct nt_panel {
  int64_t first, count;
  char *block;           /**< All that follows is one block of memory, */
  char *zero;            /**< which is zero at first from here */
  char *end;             /**< to here. */
  char **data;           /**< [n_leaves]; NULL where a kernel is given */
  bool split;            /**< Leaves that nt_panel_digits names are digits. */
  const nt_given *given; /**< Of the side. */
  double **own; /**< [n_leaves] Of given kernels: own pairs of positions; NULL: not needed. */
  nt_tile_input *own_tile; /**< [n_leaves] The same as tiles; NULL: no kernels are given. */
  double *const *norm;     /**< Of the side. */
  /** Where to leave sums of variances and their numbers, [2][positions], of the first norm over the
   * samples that is not known; NULL: not wanted. Borrowed. */
  double *norm_sum;
  int norm_node;        /**< That norm's node, -1 before. */
  unsigned char **mask; /**< [n_leaves], NULL without masks */
  char **table;         /**< [n_regions] */
  int64_t *ld;          /**< [n_regions] Of a region without positions. */
  int64_t *at;          /**< [groups of rows of the program] */
  double **q, **t;      /**< [n_outputs] */
  double *pattern;      /**< [count][pattern_size]; NULL: none, or without numbers. */
  int64_t pattern_size;
  const nt_shape *pattern_shape; /**< Of the side; NULL: none. Borrowed. */
  double **side; /**< [n_mixes] [count][side_size] What layers that mix need of each sample. */
  /** [n_outputs] [count][positions][mask channels], NULL without masks */
  unsigned char **out_mask;
} nt_panel;

/** A panel of `count` samples of a side.
 * \param [out] panel  Owned; nothing is written into the block. Parallel: Local. */
nt_status nt_panel_create(nt_error *err, const nt_plan *plan, const nt_side *side, int64_t first,
                          int64_t count, nt_panel **panel) NT_WARN_UNUSED;
/** Free a panel and set it to NULL. Parallel: Local. */
void nt_panel_destroy(nt_panel **panel);
/** Before samples come in: zeros, and the masks of given kernels. Parallel: Local. */
void nt_panel_clear(const nt_plan *plan, nt_panel *panel);
/** Bytes of the block of `count` samples at most. \param [in] split  They come as digits, where
 * nt_panel_digits says so. Parallel: Local. */
int64_t nt_panel_bytes(const nt_plan *plan, int64_t count, bool split);

/** Whether sample i of panel `a` is to all layers what sample j of panel `b` is: the same bits,
 * mask, and weights of layers that mix positions. Samples without positions, and given kernels, are
 * not compared: false. Parallel: Local. */
bool nt_panel_is_equal(const nt_plan *plan, const nt_panel *a, int64_t i, const nt_panel *b,
                       int64_t j);

/** Numbers that the mix number `mix` of the program needs of a sample. Parallel: Local. */
int64_t nt_side_size(const nt_plan *plan, int mix);
struct nt_workspace;
/** The sample pass: variances of every demanded node, from the panel's data into its tables.
 * \param [in] ws  Buffers of this thread: behind a layer that mixes positions a variance takes the
 *                 pairs of the sample's own positions, computed as those of two samples are.
 * \return NT_ERR_NUMERIC naming layer and sample where a variance is not finite.
 *         Parallel: Local. */
nt_status nt_sample_pass(nt_error *err, const nt_plan *plan, nt_panel *panel,
                         struct nt_workspace *ws) NT_WARN_UNUSED;

/** Samples of a leaf that a panel of `count` has room for: without positions, whole strips.
 * Parallel: Local. */
int64_t nt_panel_room(const nt_plan *plan, int leaf, int64_t count);
/** How samples of a leaf are multiplied: as digits of so many; NULL: as they are.
 * Parallel: Local. */
const struct nt_digits *nt_panel_digits(const nt_plan *plan, int leaf);
/** Bytes of a sample of a leaf in a panel, of digits or of numbers. Parallel: Local. */
int64_t nt_panel_sample_bytes(const nt_plan *plan, int leaf, bool split);
/** Bytes of the digits of `count` samples of a leaf, as rows or as columns; 0 without. Local. */
int64_t nt_panel_digits_bytes(const nt_plan *plan, int leaf, int64_t count);
/** Samples at home on this rank that the pair pass multiplies as digits, as such, by `threads`
 * threads: for nt_side.digits. \param [out] digits  [n_leaves] Owned: nt_split_destroy; NULL: there
 * are none. Parallel: Local. */
nt_status nt_side_split(nt_error *err, const nt_plan *plan, const nt_side *side, int threads,
                        char ***digits) NT_WARN_UNUSED;
void nt_split_destroy(const nt_plan *plan, char ***digits);
/** Bytes of nt_side_split on the rank of `ranks` that has most of n samples.
 * Parallel: Local. */
int64_t nt_side_split_bytes(const nt_plan *plan, int64_t n, int ranks);

/** The numbers of samples whose positions are patches: those of a patch together, in place.
 * Parallel: Local. */
nt_status nt_panel_cut(nt_error *err, const nt_plan *plan, nt_panel *panel) NT_WARN_UNUSED;
/** The numbers of sample i of a leaf, of a panel that is prepared: out[], in whole tiles if they
 * come from digits (nt_digits_padded). Parallel: Local. */
void nt_panel_sample(const nt_plan *plan, const nt_panel *panel, int leaf, int64_t i, double *out);
/** Bring the samples of a panel without positions into the order of their products: into strips, if
 * they have not come as digits (nt_panel_take_home). Parallel: Local. */
nt_status nt_panel_prepare(nt_error *err, const nt_plan *plan, nt_panel *panel) NT_WARN_UNUSED;

/** Bytes of the buffer of nt_panel_cut and nt_panel_prepare, while they run; of near pairs too.
 * Parallel: Local. */
int64_t nt_panel_strip_bytes(const nt_plan *plan, bool split);

/** Samples first … first + count - 1. */
typedef struct nt_sample_range {
  int64_t first, count;
} nt_sample_range;

/** The panels of one side that each rank wants, in the same order on all ranks. */
typedef struct nt_wanted {
  int ranks, me;
  const int *n;                  /**< [ranks] */
  nt_sample_range *const *range; /**< [ranks][n] Each once. */
} nt_wanted;

/** Bring the data of panels to the ranks that want them and are not at home there.
 * \param [in] panel  This rank's, created, in the order of its ranges. Parallel: Collective on ctx.
 */
nt_status nt_panels_fetch(nt_ctx *ctx, const nt_side *side, const nt_wanted *wanted,
                          nt_panel *const *panel) NT_WARN_UNUSED;

/** Bring what the sample pass made of panels from the ranks that made it.
 * \param [in] tile   Samples of a panel.
 * \param [in] maker  [panels of the side] The rank that made each, one of those that want it.
 * \param [in] panel  [panels of the side] Parallel: Collective on ctx. */
nt_status nt_panels_share(nt_ctx *ctx, const nt_wanted *wanted, int64_t tile, const int *maker,
                          nt_panel *const *panel) NT_WARN_UNUSED;

/** The rest, which is at home on this rank, so that threads can share it. Digits, of here and of
 * elsewhere, become strips of rows, and samples are cut into their patches. Parallel: Local. */
nt_status nt_panel_take_home(nt_error *err, const nt_ctx *ctx, const nt_plan *plan,
                             const nt_side *side, nt_panel *panel) NT_WARN_UNUSED;

/** One panel for each rank: samples range[rank], none where its count is 0.
 * \param [out] panel  This rank's, owned; NULL: none. Parallel: Collective on ctx. */
nt_status nt_panel_each(nt_ctx *ctx, const nt_plan *plan, const nt_side *side,
                        nt_sample_range *range, nt_panel **panel) NT_WARN_UNUSED;

#endif
