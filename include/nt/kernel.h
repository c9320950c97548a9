/** Kernels of infinitely wide networks: the Kernel record, and the functions that make it.
 *
 * Source: Lee et al. 2018 (arXiv:1711.00165), Jacot et al. 2018 (arXiv:1806.07572); semantics of
 * neural_tangents.stax (arXiv:1912.02803). */
#ifndef NT_KERNEL_H
#define NT_KERNEL_H

#include "nt/dmatrix.h"
#include "nt/io.h"
#include "nt/stax.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A kernel between x1 (N1 samples) and x2 (N2 samples; x1 itself without x2), block-cyclic.
 *
 * S positions: the product of the spatial sizes, 1 without spatial axes; row-major in the order of
 * the activation's axes. As matrices on the P x Q grid:
 *
 *     nngp, ntk   full layout       [N1 S, N2 S]   rows (sample, position), columns likewise
 *                 diagonal_spatial  [N1, N2 S]     columns (sample, position)
 *     cov1, cov2  diagonal_batch    [N, S S] of pairs of positions, or [N, S] if diagonal_spatial
 *                 full batch        as nngp of the samples with themselves
 *
 * Scale: covariances per channel. nngp[i, i] is the sample's own variance if x2 is absent. */
typedef struct nt_kernel {
  nt_facts facts;
  nt_dmatrix *nngp; /**< Owned; NULL if not asked for. */
  nt_dmatrix *ntk;  /**< Owned; NULL if not asked for, or the scalar zero (facts.ntk_zero). */
  nt_dmatrix *cov1; /**< Owned; NULL if not asked for. */
  nt_dmatrix *cov2; /**< Owned; NULL if not asked for, or without x2. */
  bool has_ntk;     /**< Whether the NTK was asked for. */
  /** Shapes of the masks: channel size 1 or that of the shape. */
  nt_shape mask_shape1, mask_shape2;
  /** Owned, 1 = masked; NULL without masks. Of a kernel that is given, those of rank 0 count. */
  unsigned char *mask1, *mask2;
} nt_kernel;

/** Free a record and set it to NULL. Parallel: Local. */
void nt_kernel_destroy(nt_kernel **kernel);
/** Free a tree of records and set it to NULL. Parallel: Local. */
void nt_kernels_destroy(nt_tree **kernels);

/** Called by rank 0's main thread now and then: microseconds spent (done), and expected in all
 * (total) at the pace of the pairs and samples so far. */
typedef struct nt_progress {
  void (*update)(void *arg, int64_t done, int64_t total);
  void *arg; /**< Borrowed, for update. */
} nt_progress;

/** What neural_tangents' kernel_fn takes as keywords, and how to compute. */
typedef struct nt_kernel_options {
  int diagonal_batch, diagonal_spatial;  /**< 0, 1, or -1: decided from the network. */
  bool has_batch_axis, has_channel_axis; /**< Whether the next two override the layers' own. */
  int64_t batch_axis, channel_axis;
  /** Arithmetic of the pair pass; that of the samples. Where an activation sees few numbers (ntmpi
   * takes float64 for six and less) these are often nearly opposite, and the NTK in float32 is off
   * by up to 1e-3, behind two layers that jump by more. */
  nt_dtype dtype;
  int64_t tile;                /**< Samples along a side of a tile; 0: chosen. */
  int64_t memory;              /**< Bytes a rank may use; 0: no limit. */
  const nt_progress *progress; /**< Borrowed; NULL: none. */
  /** Patterns of Aggregate for x1 and x2: float64 samples without channels of their own
   * (channel_axis -1), one for each of x1, x2. pattern2 NULL: pattern1 serves both. Borrowed. */
  const nt_samples *pattern1, *pattern2;
  bool no_pattern; /**< Aggregate is the identity. */
} nt_kernel_options;

#define NT_KERNEL_DEFAULTS                                                                         \
  {                                                                                                \
    .diagonal_batch = -1, .diagonal_spatial = -1                                                   \
  }

/** How a network wants its samples: batch_axis, channel_axis and flatten of read[leaf] are set from
 * the layers that declare axes (a first Flatten flattens) and from `options`; other fields stay.
 *
 * \param [in] x1       Nested as the network takes its inputs; its leaves are not looked at.
 * \param [in] options  NULL for the defaults.
 * \param [in, out] read  [nt_tree_count(x1)] For nt_dataset_open.
 * \return NT_ERR_SHAPE when the network takes inputs that are nested differently.
 *         Parallel: Local. */
nt_status nt_kernel_axes(nt_error *err, const nt_layer *net, const nt_tree *x1,
                         const nt_kernel_options *options, nt_dataset_options *read) NT_WARN_UNUSED;

/** Kernel of a network between samples: the layer kernel function of neural_tangents.
 *
 * \param [in]  x1, x2   Trees of `nt_samples *` nested as the network takes them; x2 NULL: x1 with
 *                       itself, symmetric, half the work. All leaves have as many samples.
 * \param [in]  get      NT_GET_… bits; the NTK is computed only if asked for.
 * \param [in]  options  Borrowed; NULL for the defaults.
 * \param [out] kernels  Tree of `nt_kernel *`, nested as the network's outputs; nt_kernels_destroy.
 * \return NT_ERR_SHAPE where samples do not fit the network or each other, NT_ERR_UNSUPPORTED
 *         for what a layer cannot do (both name the layer by its place in the text); NT_ERR_ARG
 *         for samples of another dtype than the options', missing ones, and patterns;
 *         NT_ERR_NOMEM before anything is allocated; NT_ERR_NUMERIC for a value that is not
 *         finite, naming layer and samples.
 * Bits: the same for any number of ranks, grid and threads.
 * Parallel: Collective on grid. Memory: the elements of each result / (P Q), and the
 * panels in work; where a layer acts on the samples, also the kernel before it, its
 * variances on every rank. */
nt_status nt_kernel_fn(nt_grid *grid, const nt_layer *net, const nt_tree *x1, const nt_tree *x2,
                       unsigned get, const nt_kernel_options *options,
                       nt_tree **kernels) NT_WARN_UNUSED;

/** The same network, or its next layers, applied to kernels instead of samples:
 * nt_kernel_apply(b, nt_kernel_fn(a, x)) is nt_kernel_fn(serial(a, b), x).
 *
 * \param [in] kernels  Tree of `nt_kernel *` nested as the network takes its inputs, with nngp and
 *                      cov1 (and cov2 where there is x2; masks where there are any), all on one
 *                      grid in tiles of one size. The NTK of the result is known if theirs is.
 *                      Borrowed; the results live on their grid.
 * \param [in] options  Axes and layout are those of the kernels; dtype and memory count.
 * \param [out] out     As those of nt_kernel_fn: nt_kernels_destroy.
 * \return NT_ERR_ARG for kernels without the fields they need; NT_ERR_DIST for blocks of no
 *         whole samples, or different grids, tiles or numbers of samples; NT_ERR_SHAPE as nt_kernel_fn, and
 *         where the network needs more than a diagonal kernel holds; NT_ERR_UNSUPPORTED for
 *         layers that take patterns.
 * Near-duplicates keep the digits that nngp holds, not more.
 * Parallel: Collective on ctx, the context of the kernels' grid. */
nt_status nt_kernel_apply(nt_ctx *ctx, const nt_layer *net, const nt_tree *kernels, unsigned get,
                          const nt_kernel_options *options, nt_tree **out) NT_WARN_UNUSED;

/** An analytic kernel function: a closure of what it needs, for all who take "a kernel function".
 * Arguments and results of `call` are those of nt_kernel_fn. */
typedef struct nt_analytic_kernel_fn {
  nt_status (*call)(void *self, const nt_tree *x1, const nt_tree *x2, unsigned get,
                    const nt_kernel_options *options, nt_tree **kernels);
  void *self; /**< Borrowed. */
} nt_analytic_kernel_fn;

/** A network on a grid. */
typedef struct nt_network_kernel {
  nt_grid *grid;       /**< Borrowed. */
  const nt_layer *net; /**< Borrowed. */
} nt_network_kernel;

/** nt_kernel_fn of a network as a closure, which borrows `network`. Parallel: Local. */
nt_analytic_kernel_fn nt_network_kernel_fn(nt_network_kernel *network);

#ifdef __cplusplus
}
#endif
#endif
