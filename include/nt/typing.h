/** The types that the parts of ntmpi share, by the names of `neural_tangents.typing`: axes, shapes,
 * trees, `get`, static facts about a covariance, requirements of a layer. */
#ifndef NT_TYPING_H
#define NT_TYPING_H

#include "nt/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Axes of an activation at most: batch, channel, and the spatial ones. */
enum { NT_MAX_RANK = 10 };

/** "None" of an optional number: a NaN. Test with `x != x`. */
#define NT_NONE ((double)__builtin_nanf(""))
/** "None" of an optional integer. */
#define NT_INT_NONE INT64_MIN

/** Arithmetic of the pair pass. */
typedef enum nt_dtype { NT_FLOAT64, NT_FLOAT32 } nt_dtype;

/** A short list of integers: axes, windows, strides. n = -1 is None. */
typedef struct nt_ints {
  int n;
  int64_t v[NT_MAX_RANK];
} nt_ints;

/** Strings of a list at most. */
enum { NT_MAX_STRINGS = 3 };

/** A short list of short strings: the axes of inputs, filters and outputs. n = -1 is None. */
typedef struct nt_strings {
  int n;
  char v[NT_MAX_STRINGS][NT_MAX_RANK + 1];
} nt_strings;

/** What one index of an axis picks. */
typedef enum nt_slice_kind {
  NT_SLICE_RANGE,   /**< start:stop:step */
  NT_SLICE_AT,      /**< One position, `start`; the axis disappears. */
  NT_SLICE_ELLIPSIS /**< ...: the axes that the other indices leave, whole. */
} nt_slice_kind;

/** One index of an axis, as Python writes it in square brackets. */
typedef struct nt_slice {
  nt_slice_kind kind;
  bool has_start, has_stop;
  int64_t start, stop, step; /**< Negative start and stop count from the end. */
} nt_slice;

/** Indices of the axes of an activation: Slice[:, 1:, ::-2]. */
typedef struct nt_slices {
  int n;
  nt_slice v[NT_MAX_RANK];
} nt_slices;

/** An array of numbers in C order; rank 0: one number. data NULL is None. */
typedef struct nt_array {
  int rank;
  int64_t dim[NT_MAX_RANK];
  double *data;
} nt_array;

/** Axes of a product of two arrays, as dimension_numbers of dot_general gives them: [0] those of
 * the left one, [1] those of the right one, pair by pair. */
typedef struct nt_dot_axes {
  nt_ints contract[2]; /**< Summed over. */
  nt_ints batch[2];    /**< Shared: entry by entry. */
} nt_dot_axes;

/** Shape of an activation, batch and channel included. */
typedef struct nt_shape {
  int rank;
  int64_t dim[NT_MAX_RANK];
} nt_shape;

/** Number of entries of a shape (1 for rank 0). Parallel: Local. */
int64_t nt_shape_size(const nt_shape *shape);
/** Whether two shapes are equal. Parallel: Local. */
bool nt_shape_equal(const nt_shape *a, const nt_shape *b);
/** "(2, 3)" into `out` of `size` bytes; returns `out`. Parallel: Local. */
const char *nt_shape_text(const nt_shape *shape, char *out, size_t size);
/** `axis`, negative ones counted from the end, as 0 … rank-1; -1 when out of range. Local. */
int nt_axis_resolve(int64_t axis, int rank);

/** A tree, as the reference nests lists and tuples: a leaf, or a sequence of trees. It is how
 * several inputs or outputs of a network are passed; one alone is a leaf. What leaves point to
 * depends on who takes the tree: `nt_samples *` (nt_kernel_fn), `nt_kernel *` (its results),
 * texts (nt_data_tree_parse).
 *
 *     [a, (b, c)]   a sequence of a leaf and a tuple; its leaves 0, 1, 2 have the paths 0, 1/0, 1/1
 *
 * Ownership: a tree owns its nodes, never what `leaf` points to. */
typedef struct nt_tree nt_tree;
struct nt_tree {
  void *leaf;      /**< Borrowed; NULL in a sequence, or a None leaf. */
  bool is_leaf;    /**< A leaf (also None) or a sequence. */
  bool is_tuple;   /**< Written with round brackets. */
  int n;           /**< Length of the sequence. */
  nt_tree **child; /**< [n] Owned. */
};

/** A tree that is one leaf. \param [out] out  Owned by the caller. Parallel: Local. */
nt_status nt_tree_leaf(nt_error *err, void *leaf, nt_tree **out) NT_WARN_UNUSED;
/** A sequence of n >= 0 empty places (child[i] = NULL), which the caller fills with
 * trees that it then owns. \param [out] out  Owned by the caller. \return NT_ERR_ARG
 * for n < 0. Parallel: Local. */
nt_status nt_tree_sequence(nt_error *err, int n, bool is_tuple, nt_tree **out) NT_WARN_UNUSED;
/** A tree with the nesting and brackets of `like`.
 * \param [in] leaves  Pointers of any type, in depth-first order, for the leaves; NULL: those of
 *                     `like`. \param [out] out  Owned by the caller; NULL on failure.
 * Parallel: Local. */
nt_status nt_tree_like(nt_error *err, const nt_tree *like, const void *leaves,
                       nt_tree **out) NT_WARN_UNUSED;
/** Free a tree (not its leaves' data) and set it to NULL. Parallel: Local. */
void nt_tree_destroy(nt_tree **tree);
/** Number of leaves; a leaf that is None counts, a NULL tree has none. Parallel: Local. */
int nt_tree_count(const nt_tree *tree);
/** The leaf number `index` in depth-first order, from 0 on, or NULL. Borrowed. Parallel: Local. */
const nt_tree *nt_tree_nth(const nt_tree *tree, int index);
/** Path of leaf number `index`, "1/0" ("" for a tree that is a leaf), into `out` of `size` bytes,
 * which it returns. Parallel: Local. */
const char *nt_tree_path(const nt_tree *tree, int index, char *out, size_t size);
/** Whether two trees have the same nesting and brackets, whatever the leaves. Parallel: Local. */
bool nt_tree_same(const nt_tree *a, const nt_tree *b);

/** Fields of a kernel that can be asked for, as bits. */
enum {
  NT_GET_NNGP = 1,
  NT_GET_NTK = 2,
  NT_GET_COV1 = 4,
  NT_GET_COV2 = 8,
  NT_GET_MASK1 = 16,
  NT_GET_MASK2 = 32,
  NT_GET_ALL = 63
};

/** Bits of a `get`: comma-separated names, upper or lower case, or "all".
 * \return NT_ERR_ARG for an empty list, a name given twice, or an unknown name. Parallel: Local. */
nt_status nt_get_parse(nt_error *err, const char *text, unsigned *get) NT_WARN_UNUSED;

/** Static facts about the kernel at one place of a network: all fields of the reference's
 * Kernel that are not arrays. Spatial axes are always in canonical order, so
 * `is_reversed` does not exist. */
typedef struct nt_facts {
  nt_shape shape1, shape2; /**< Of the finite activations for x1 and x2. */
  int batch_axis, channel_axis;
  bool is_gaussian;      /**< Outputs are i.i.d. Gaussian over channels. */
  bool diagonal_batch;   /**< cov1, cov2 keep the same-sample blocks only. */
  bool diagonal_spatial; /**< All covariances keep the same-location entries only. */
  bool x1_is_x2;
  bool has_x2;           /**< Whether cov2 is present. */
  bool masked1, masked2; /**< Whether there are masks. */
  bool ntk_zero;         /**< No parametric layer was passed: the NTK is the scalar 0. */
  bool mixes_samples;    /**< A kernel of some samples is no part of that of all. */
  bool summed; /**< Over the samples: batch axis of one entry, which arrays are without. */
} nt_facts;

/** Number of samples of x1 (which 0) or x2 (1). Parallel: Local. */
int64_t nt_facts_samples(const nt_facts *facts, int which);
/** Number of positions: the product of the spatial sizes of shape1. Parallel: Local. */
int64_t nt_facts_positions(const nt_facts *facts);
/** Number of channels of shape1, which has a channel axis. Parallel: Local. */
int64_t nt_facts_channels(const nt_facts *facts);
/** Spatial sizes in the order of the activation, into dim[0 … rank-1]. Parallel: Local. */
nt_shape nt_facts_space(const nt_facts *facts);

/** A layer or a network (a combination of layers), reference counted: nt/stax.h. */
typedef struct nt_layer nt_layer;

/** Three-valued answer of the diagonal algebra: NO < MAYBE < YES, AND is the minimum. */
typedef enum nt_bool { NT_NO, NT_MAYBE, NT_YES } nt_bool;

/** What a layer requires of the layout of its input. */
typedef struct nt_requirement {
  bool has_diagonal;      /**< Whether the next two are declared. */
  nt_bool input, output;  /**< May the input, may all that follows, be spatially diagonal? */
  nt_bool diagonal_batch; /**< NT_NO: needs the full batch covariance; NT_MAYBE: not declared. */
  bool has_axes;          /**< Whether batch_axis is declared. */
  int64_t batch_axis;
  bool flattens;        /**< channel_axis is None: as a first layer, flatten the inputs. */
  int64_t channel_axis; /**< Declared when has_axes and not flattens. */
} nt_requirement;

#ifdef __cplusplus
}
#endif
#endif
