/** The plan: a network, the shapes of its inputs and what is asked of it, compiled into work.
 *
 *     layer tree  --trace-->  graph of nodes (one per layer that does something; branches share)
 *                 --facts-->  shapes, axes, flags at every node, all errors of the specification
 *                 --demand->  which of K (NNGP), T (NTK), V (variances) each node must give
 *                 --program-> regions of nodes on the same positions, each a list of steps on lanes
 *
 * A region is carried through all its steps lane by lane (a run of pairs, or a plane of position
 * pairs of two samples) while they are in cache. Regions meet where positions are mixed or reduced
 * (pooling, Flatten): there the result is materialised, for one pair or one tile. Execution
 * (src/kernel) follows the program and nothing else. */
#ifndef NT_PLAN_IMPL_H
#define NT_PLAN_IMPL_H

#include "nt/plugin.h"
#include "nt/stax.h"
#include "plan/program.h"

enum { NT_AUTO = -1 };

#define NT_MANY INT64_MAX

/** What is asked of a network, beside its inputs. */
typedef struct nt_request {
  unsigned get;         /**< NT_GET_… bits. */
  int diagonal_batch;   /**< 0, 1, or NT_AUTO. */
  int diagonal_spatial; /**< 0, 1, or NT_AUTO. */
  bool has_batch_axis, has_channel_axis;
  int64_t batch_axis, channel_axis;
  nt_dtype dtype;
  int64_t tile; /**< Samples along a side of a tile; 0: the plan's choice. */
  bool digits;  /**< Long inputs are multiplied as digits (kernel/digits.h): all ranks can. */
} nt_request;

/** One input leaf: raw shapes with the batch axis in place (shape2 = shape1 without x2). */
typedef struct nt_input {
  nt_shape shape1, shape2;
  bool has_x2, masked1, masked2, x1_is_x2;
  const nt_facts *kernel; /**< Instead of shapes: the input is a kernel with these facts. */
  int64_t mask_channels;  /**< Of a kernel with masks. */
} nt_input;

/** How the samples of one leaf are read: decided before the data are. */
typedef struct nt_leaf_axes {
  const nt_layer *declared;         /**< By which layer; NULL: by none, or by the request. */
  bool flattens;                    /**< Everything but the batch axis is one channel axis. */
  int64_t batch_axis, channel_axis; /**< As declared, possibly negative. */
} nt_leaf_axes;

/** One value of the graph: an input, or the output of a layer that does something. */
typedef struct nt_node {
  const nt_layer *layer;   /**< Borrowed from the network; NULL for an input. */
  const nt_layer_ops *ops; /**< NULL for an input. */
  const void *cfg;
  int n_in, *in; /**< [n_in] Nodes before this one. */
  int leaf;      /**< Input: number of the leaf. */
  bool unused;   /**< Repeated no times: its shape is checked, then it goes. */
  bool given;    /**< Input: a kernel instead of samples. */
  /** Input: each of its positions is a patch of this many of the data, row-major, whose numbers are
   * its channels; of rank 0: a single one. */
  nt_shape patch;
  nt_shape read; /**< Input that is read as vectors: its own shape; rank 0: it is not. */
  int read_axis; /**< And its batch axis. */
  nt_facts facts;
  int64_t mask_channels; /**< Channel size of its masks; 0: no masks. */
  bool remask;           /**< Covariances of masked entries become 0 here. */
  nt_affine affine;      /**< NT_AFFINE. */
  double *weight;        /**< [n_in] NT_WEIGHTED_SUM. */
  bool want_k, want_t, want_v;
  nt_action action; /**< What it comes to: a window of one tap is affine, for example. */
  nt_taps *taps; /**< [spatial axes of the output] NT_WINDOW, NT_POOL; [n_in] of a concatenation. */
  int n_taps;    /**< All that are owned. */
  const nt_taps *mask_taps; /**< [spatial axes] Of NT_WINDOW, NT_POOL: those that make the mask. */
  int64_t fixed; /**< Position of the input (0 on the axes that stay) that an NT_WINDOW picks. */
  int concat;    /**< Spatial axis of a concatenation, or -1. */
  /** NT_WINDOW: the axes of the output are those of the input in another order. */
  bool transposes;
  nt_norm norm;  /**< NT_NORM. */
  bool is_input; /**< No layer with weights before it on any way. */
  /** Of an input, at most, that its value at one position is a linear function of; NT_MANY behind
   * an activation, and of a kernel that is given. */
  int64_t numbers;
  bool mixed; /**< Its variance takes pairs of a sample's own positions, if not diagonal. */
  /** Acts on the samples: in the whole network its value is of the new samples, in a stage of those
   * that are read. */
  bool barrier;
  int level;                     /**< Mixing layers before its value, at most. */
  bool cut;                      /**< Read as a tensor by layers that do not go plane by plane. */
  nt_offsets *need[NT_MAX_RANK]; /**< Which offsets of positions are asked for. */
} nt_node;

/** The layout that all layers agreed on. */
typedef struct nt_layout {
  bool diagonal_batch, diagonal_spatial;
} nt_layout;

typedef struct nt_plan {
  nt_request request;
  nt_layout layout;
  int n_leaves;
  nt_tree *leaves; /**< Shape of the inputs; leaf -> NULL. */
  int n_nodes;
  nt_node *node;    /**< [n_nodes] Inputs first, then in order of work. */
  nt_tree *outputs; /**< Shape of the outputs. */
  int n_outputs;
  int *output; /**< [n_outputs] Node of every output leaf. */
  int n_repeats;
  struct nt_repeat_check {
    const nt_layer *layer;
    int in, out;
  } * repeat;     /**< Nodes that must have equal shapes. */
  int n_barriers; /**< Nodes that act on the samples; with any it is a plan of facts, to be cut. */
  int *origin;    /**< [n_nodes] Of a stage: the nodes of the whole network; NULL: it is whole. */
  int64_t pattern_size; /**< Numbers of the pattern of a sample; 0: none. */
  nt_program *program;  /**< Pairs of x1 and x2. */
  struct nt_plan *near; /**< The same in finer arithmetic, for samples that are nearly alike
                           * (kernel/near.h); NULL: they lose nothing. Owned. */
  double near_below;    /**< The 1 - |cos| of two samples below which they are. */
  int64_t tile;         /**< Samples along a side of a tile. */
  int64_t panel_bytes;  /**< What a rank may spend on panels of samples in work. */
} nt_plan;

/** Build the graph of `net` for inputs nested like `leaves`. \param [out] plan Owned.
 * Parallel: Local. */
nt_status nt_plan_trace(nt_error *err, const nt_layer *net, const nt_tree *leaves,
                        nt_plan **plan) NT_WARN_UNUSED;
/** Axes of every leaf, from the first layer that declares them: axes[plan->n_leaves]. Local. */
nt_status nt_plan_axes(nt_error *err, const nt_plan *plan, const nt_request *request,
                       nt_leaf_axes *axes) NT_WARN_UNUSED;
/** Serial composition a >> b of requirements, `a` nearer the input. Parallel: Local. */
nt_requirement nt_requirement_then(nt_requirement a, nt_requirement b);
/** Parallel composition a & b. Parallel: Local. */
nt_requirement nt_requirement_beside(nt_requirement a, nt_requirement b);
/** Decide the layout of `net`. Parallel: Local. */
nt_status nt_plan_layout(nt_error *err, const nt_layer *net, const nt_request *request,
                         nt_layout *layout) NT_WARN_UNUSED;
/** Facts at every node from the inputs[plan->n_leaves] and their axes. Parallel: Local. */
nt_status nt_plan_facts(nt_error *err, nt_plan *plan, const nt_input *inputs,
                        const nt_leaf_axes *axes) NT_WARN_UNUSED;
/** Facts at every node but the inputs, from those. Parallel: Local. */
nt_status nt_plan_layer_facts(nt_error *err, nt_plan *plan) NT_WARN_UNUSED;
/** Check that what is repeated keeps the shape, and drop the nodes that are unused.
 * \return NT_ERR_SHAPE, NT_ERR_NOMEM. Parallel: Local. */
nt_status nt_plan_finish_repeats(nt_error *err, nt_plan *plan) NT_WARN_UNUSED;
/** Inputs of a first convolution with windows side by side become patches, and it affine. Local. */
void nt_plan_patches(nt_plan *plan);
/** Demands, needs, program and tile of a plan with facts and without barriers. Parallel: Local. */
nt_status nt_plan_complete(nt_error *err, nt_plan *plan) NT_WARN_UNUSED;
/** Append a node of `layer` (NULL: an input) with places for n_in inputs. Parallel: Local. */
nt_status nt_plan_add_node(nt_error *err, nt_plan *plan, const nt_layer *layer, int n_in,
                           int *number) NT_WARN_UNUSED;
/** Pull what is demanded from the outputs to the inputs. Parallel: Local. */
void nt_plan_demand(nt_plan *plan, unsigned get);
/** Which offsets of positions each demanded node must give, and its level. Parallel: Local. */
nt_status nt_plan_needs(nt_error *err, nt_plan *plan) NT_WARN_UNUSED;
/** Ask `in` for what `reader` (NULL: an output) reads of it when `asked` itself:
 * need[a][d + size - 1] becomes 1. Local. */
nt_status nt_need_of_reader(nt_error *err, const nt_node *reader, nt_offsets *const *asked,
                            const nt_node *in, nt_offsets *const *need) NT_WARN_UNUSED;
/** Which variances the sample pass must find (want_v): those that the rows of the program are made
 * of, and the outputs' own where they are asked for or cost nothing. Parallel: Local. */
void nt_plan_variances(nt_plan *plan);
/** Which planes the sample pass runs (nt_region.own), after nt_plan_variances. Parallel: Local. */
nt_status nt_plan_own(nt_error *err, nt_plan *plan) NT_WARN_UNUSED;
/** The last region that the sample pass runs on the own planes of each sample; -1: none. Local. */
int nt_plan_last_own(const nt_plan *plan);
/** Spatial axes of a node's value. Parallel: Local. */
static inline int nt_node_rank(const nt_node *node) { return nt_facts_space(&node->facts).rank; }
/** Whether a node's value is left as a tensor of the pair. Parallel: Local. */
static inline bool nt_node_mixes(const nt_node *node)
{
  return node->ops != NULL && (node->action == NT_POOL || node->action == NT_MIX) &&
         nt_node_rank(node) > 0;
}
/** Compile the demanded nodes into a program. \param [out] program Owned. Parallel: Local. */
nt_status nt_program_compile(nt_error *err, const nt_plan *plan,
                             nt_program **program) NT_WARN_UNUSED;

/** All of the above, but for a network with barriers (n_barriers) the facts alone: its
 * stages are plans of their own, see plan/cut.h. \param [out] plan Owned by the caller;
 * borrows `net`. Parallel: Local. */
nt_status nt_plan_create(nt_error *err, const nt_layer *net, const nt_tree *leaves,
                         const nt_input *inputs, const nt_request *request,
                         nt_plan **plan) NT_WARN_UNUSED;
/** The fewest numbers of an input that an activation sees (nt_node.numbers); NT_MANY without one.
 * Of n numbers an angle is within t of 0 or pi with a probability of the order of t^(n - 1).
 * Parallel: Local. */
int64_t nt_plan_fewest_numbers(const nt_plan *plan);
/** Free what a node owns. Parallel: Local. */
void nt_node_release(nt_node *node);
/** Free a plan and set it to NULL. Parallel: Local. */
void nt_plan_destroy(nt_plan **plan);
/** Whether a plan is in long double, one for samples that are nearly alike. Parallel: Local. */
static inline bool nt_plan_is_wide(const nt_plan *plan)
{
  return plan->request.dtype == (nt_dtype)NT_WIDE;
}
/** Whether a map of K, which has no form for D, or a layer that mixes positions leaves D all the
 * same: in long double K' has digits enough for it, and the sample pass gives its variance as
 * many. Parallel: Local. */
bool nt_node_goes_by_k(const nt_plan *plan, const nt_node *node);
/** Whether the variance of node `n` takes the pairs of a sample's own positions.
 * Parallel: Local. */
bool nt_node_takes_planes(const nt_plan *plan, int n);

#endif
