/** For the files that make a program: what they know of every node, and the pieces they share.
 *
 *     survey.c      form of every value, and which layers are folded into the loop before them
 *     sinks.c       where runs of planes end
 *     region.c      which of them make one region, and the frame of its planes
 *     instances.c   nodes in the frames in which a region reads them
 *     steps.c       the steps of an instance; step_ends.c those that load it, and of a sink
 *     step_moves.c  along which axes a step moves
 *     mixes.c       what is read of layers that mix positions
 *     compile.c     pieces: rows, views, slots */
#ifndef NT_PLAN_COMPILE_H
#define NT_PLAN_COMPILE_H

#include "plan/plan_impl.h"

typedef struct nt_node_use {
  bool wants_d, d; /* some reader takes D; form of the value */
  bool moved;      /* some reader takes its axes in another order */
  bool rectified;  /* behind a map that takes D: mostly K >= 0 */
  int readers;     /* demanded readers; an output counts */
  int folded;      /* the affine or window node folded into this one, or -1 */
  bool folds;  /* this affine node, or the affine part of this window, is folded into its input */
  bool starts; /* this window leaves T out of its sums: it comes from K behind them, */
  bool map_starts; /* in the loop of the map that reads it */
  int first;       /* first instance of the region in hand, or -1 */
  int rows;        /* its first group of rows, or -1 */
} nt_node_use;

/** A node in one frame of the region in hand. */
typedef struct nt_instance {
  int node, frame;
  bool loaded;             /* from a tile value or a tensor of an earlier region */
  int from[NT_MAX_RANK];   /* loaded: axes of the tensor */
  int64_t fixed;           /* loaded: first position of the tensor */
  int mover;               /* loaded: the node that reads its axes in another order, or -1 */
  int *in;                 /* [n_in of the node] instances; NULL where it is a source */
  int readers, left, slot; /* readers of this region: all, and those to come */
  int next;                /* of the same node, or -1 */
} nt_instance;

typedef struct nt_compiler {
  nt_error *err;
  const nt_plan *plan;
  nt_program *program;
  nt_node_use *value;
  bool *slot_used; /* [program->n_slots] */
  int region;      /* in hand */
  int n_instances;
  nt_instance *instance;
} nt_compiler;

/** Whether the pair pass needs this node. Parallel: Local. */
static inline bool nt_demanded(const nt_node *node) { return node->want_k || node->want_t; }

/** What reads a value and leaves the region: kind FLATTEN, GLOBAL, POOL (of node), MIX (of node,
 * which reads tensor `output`), KEEP (of value) or STORE (of output). */
typedef struct nt_sink {
  nt_step_kind kind;
  int node, value, output;
  bool done; /* has its region */
} nt_sink;

typedef struct nt_sinks {
  int n;
  nt_sink *sink;
} nt_sinks;

/** Forms, readers and foldings of all nodes. Parallel: Local. */
void nt_compile_survey(nt_compiler *c);
/** All regions, in order. Parallel: Local. */
nt_status nt_compile_regions(nt_compiler *c) NT_WARN_UNUSED;
/** All sinks, and tensors and tile values for them. \param [out] sinks  sink: freed by the caller
 * with free(). Parallel: Local. */
nt_status nt_compile_sinks(nt_compiler *c, nt_sinks *sinks) NT_WARN_UNUSED;
/** The next one whose region is to come, with positions first, by level; NULL: none is left.
 * Parallel: Local. */
const nt_sink *nt_sinks_next(const nt_compiler *c, const nt_sinks *sinks);
/** The instance of node `n` in `frame`, as node `reader` (-1: a sink) reads it: if it is loaded, its
 * axes may be in another order. Parallel: Local. */
nt_status nt_compile_find(nt_compiler *c, int n, int frame, int reader, int *number) NT_WARN_UNUSED;
/** The inputs of instance number `number`: a number, since instances move when there are more.
 * Parallel: Local. */
nt_status nt_compile_pull(nt_compiler *c, int number) NT_WARN_UNUSED;
/** What is read of the steps that mix, and in which order planes give it. Parallel: Local. */
nt_status nt_compile_mixes(nt_compiler *c) NT_WARN_UNUSED;
/** Steps of an instance, of one that is loaded, and of a sink of the region. Parallel: Local. */
nt_status nt_compile_instance(nt_compiler *c, int instance) NT_WARN_UNUSED;
nt_status nt_compile_load(nt_compiler *c, int instance) NT_WARN_UNUSED;
nt_status nt_compile_sink(nt_compiler *c, const nt_sink *sink, int instance) NT_WARN_UNUSED;

/** Table rows of a node's variances, made once for all steps of the region that read the same:
 * first row, or with positions their view. \param [in] frame  -1: no positions. Parallel: Local. */
nt_status nt_compile_rows(nt_compiler *c, int node, nt_row_kind kind, int reader, int frame,
                          int *row) NT_WARN_UNUSED;
/** The group of NT_ROW_STRIPS of an input. Parallel: Local. */
nt_status nt_compile_strips(nt_compiler *c, int node, int *group) NT_WARN_UNUSED;
/** Moves of `node` (`pool`: each tap on its own) along all axes that do something, at least along
 * one, for a step whose frames are known. \param [out] active  How many. Parallel: Local. */
nt_status nt_compile_moves(nt_compiler *c, const nt_node *node, bool pool, nt_step *step,
                           int *active) NT_WARN_UNUSED;
/** Whether some of these moves read padding. Parallel: Local. */
bool nt_moves_have_fills(const nt_frames *frames, int moves);
/** View of the padding along `axis` of window `reader` (-1: of a concatenation) of node's D, for a
 * step whose frames and moves are known. Parallel: Local. */
nt_status nt_compile_fill(nt_compiler *c, int node, int reader, int axis, const nt_step *step,
                          int *view) NT_WARN_UNUSED;
/** A new step, the last of the region; takes step.in over, also on failure. Parallel: Local. */
nt_status nt_compile_add(nt_compiler *c, nt_step step) NT_WARN_UNUSED;
/** A free slot. Parallel: Local. */
nt_status nt_compile_slot(nt_compiler *c, int *slot) NT_WARN_UNUSED;

#endif
