/** One plane of a pair of samples on its way through the steps of a region. */
#ifndef NT_KERNEL_PLANE_H
#define NT_KERNEL_PLANE_H

#include "kernel/cells.h"
#include "kernel/tile_impl.h"
#include "layer/math.h"

typedef struct nt_plane {
  const nt_tile *tile;
  const nt_program *program;
  const nt_region *region;
  nt_workspace *ws;
  int number;    /**< Of the region. */
  int64_t i, j;  /**< Samples of the pair, within their panels. */
  int64_t batch; /**< Pairs (i, j), (i + 1, j) ...: 1 unless the region is flat. */
  bool block;    /**< One of a block of pairs, with a set of slots of its own. */
  bool self;     /**< A sample with itself, or with an equal one. */
  bool own;      /**< A sample with itself in the sample pass. */
  bool twice;    /**< This plane stands for its mirror image too. */
  int group[NT_MAX_RANK];
} nt_plane;

/** The cells of this plane along an axis of a frame. Parallel: Local. */
static inline const nt_cells *nt_plane_cells(const nt_plane *p, int frame, int axis)
{
  const nt_frames *frames = &p->program->frames;
  return &nt_frame_line(frames, frame, axis)->group[p->group[axis]];
}

/** Count the cells of all frames along an axis, after a change of its group. Parallel: Local. */
static inline void nt_plane_count_cells(const nt_plane *p, int axis)
{
  const nt_frames *frames = &p->program->frames;
  for (int f = 0; f < frames->n_frames; f++) {
    if (axis >= frames->frame[f].rank) continue;
    const nt_line *line = nt_frame_line(frames, f, axis);
    p->ws->count[f * NT_MAX_RANK + axis] =
        p->group[axis] < line->groups ? line->group[p->group[axis]].n : 0;
  }
}

/** Lanes of this plane in a frame, along the axes from `first` to `last` -
 * 1 (all: 0, rank). Local. */
static inline int64_t nt_plane_count(const nt_plane *p, int frame, int first, int last)
{
  const int32_t *count = p->ws->count + (int64_t)frame * NT_MAX_RANK;
  int64_t n = 1;
  for (int a = first; a < last; a++)
    n *= count[a];
  return n;
}

/** Bytes from the values of a tile to number `number` of the first pair. In the sample pass one
 * sample is in hand, the tile may have fewer columns than there are samples, and the first place is
 * its own. Parallel: Local. */
static inline int64_t nt_plane_value(const nt_plane *p, int number)
{
  const int64_t at = p->own ? 0 : p->j * p->ws->ld + p->i;
  return number * p->ws->value_size + at * (int64_t)p->ws->lanes->size;
}

/** Lanes of this plane in a frame, of all pairs of a batch. Parallel: Local. */
static inline int64_t nt_plane_lanes(const nt_plane *p, int frame)
{
  return p->batch * nt_plane_count(p, frame, 0, p->program->frames.frame[frame].rank);
}

/** All lanes of the plane are pairs of equal positions, and no others are; of
 * joined planes none is. Local. */
bool nt_plane_is_zero(const nt_plane *p);

/* planes.c */

/** Tensors that are added to become zero. Parallel: Local. */
void nt_plane_begin_tensors(const nt_plane *p);
/** Before the planes that share the groups of the inner axes; group[0] becomes 0.
 * Parallel: Local. */
void nt_plane_arrange(nt_plane *p);
/** Before each of them, after a change of group[0]. Parallel: Local. */
void nt_plane_turn(const nt_plane *p);
/** All steps of the region on one plane. Parallel: Local. */
nt_status nt_plane_run(nt_error *err, const nt_plane *p) NT_WARN_UNUSED;

/* plane_input.c: inputs of many channels */

/** Before the first plane of a pair: products of its positions. Parallel: Local. */
void nt_plane_begin_inputs(const nt_plane *p);
/** The lanes of a plane from them, with the layer that is folded in. Parallel: Local. */
void nt_plane_load_product(const nt_plane *p, const nt_step *step, nt_lane_value out);

/* plane_steps.c: steps from slot to slot */

/** A step of the region on one plane. Parallel: Local. */
nt_status nt_plane_step(nt_error *err, const nt_plane *p, const nt_step *step) NT_WARN_UNUSED;

/* plane_block.c: blocks of pairs, step by step */

/** Whether a tile goes block by block. Parallel: Local. */
bool nt_plane_has_blocks(const nt_plane *p);
/** All pairs of the tile. Parallel: Local. */
nt_status nt_plane_run_blocks(nt_error *err, nt_plane *p) NT_WARN_UNUSED;

/* plane_views.c: table rows in the order of the lanes */

/** After a change of the sample pair or of a group of an inner axis. Parallel: Local. */
void nt_views_arrange(const nt_plane *p);
/** After any change of groups. Parallel: Local. */
void nt_views_turn(const nt_plane *p);
/** Rows of a view. Parallel: Local. */
nt_sides nt_view_sides(const nt_plane *p, int view);

/* plane_window.c: sums of cells */

/** NT_STEP_WINDOW, and the sums of NT_STEP_POOL: lanes of step->frame, in `out`.
 * Parallel: Local. */
void nt_window_run(const nt_plane *p, const nt_step *step, const nt_lane_value *in,
                   const nt_lane_value *out);

/** The frame of a step's lanes. Parallel: Local. */
static inline const nt_frame *nt_plane_frame(const nt_plane *p, const nt_step *step)
{
  return &p->program->frames.frame[step->frame];
}

/** Lane number `lane` of these. Parallel: Local. */
static inline void *nt_plane_lane(const nt_plane *p, void *lanes, int64_t lane)
{
  return (char *)lanes + (size_t)lane * p->ws->lanes->size;
}

/** Number of this plane: as nt_tensor.place counts them. Parallel: Local. */
static inline int64_t nt_plane_number(const nt_plane *p)
{
  const nt_frames *frames = &p->program->frames;
  const int frame = p->region->frame;
  int64_t number = 0;
  for (int a = 0; a < frames->frame[frame].rank; a++)
    number = number * nt_frame_line(frames, frame, a)->groups + p->group[a];
  return number;
}

/* plane_mix.c: all planes of a pair at once, or weighed one by one */

/** Weights of the pair for NT_STEP_MIX, before its first plane. Parallel: Local. */
void nt_plane_begin_mix(const nt_plane *p);
/** Whether a step adds what it weighs: in the pair pass. Of a sample with itself the weights are
 * made of what its planes leave. Parallel: Local. */
static inline bool nt_plane_weighs(const nt_plane *p, const nt_step *step)
{
  return step->weighs && !p->own;
}
/** A plane that is weighed. Parallel: Local. */
void nt_plane_weigh(const nt_plane *p, const nt_step *step, nt_lane_value in);
/** NT_STEP_MIX of the region, after its last plane. Parallel: Local. */
void nt_plane_mix(const nt_plane *p);

/* plane_ends.c: where planes come from and go to */

/** Before the first plane and after the last one of a pair. Parallel: Local. */
void nt_plane_begin_sums(const nt_plane *p);
void nt_plane_end_sums(const nt_plane *p);
/** Place of a position with itself in a tensor. Parallel: Local. */
int64_t nt_tensor_diagonal(const nt_tensor *tensor, int64_t position);
/** NT_STEP_INPUT and NT_STEP_TENSOR: fill the step's slot. Parallel: Local. */
void nt_plane_load(const nt_plane *p, const nt_step *step);
/** Steps that end a run of planes: add to or fill what they leave (nt_sink).
 * \return As nt_plane_store. Parallel: Local. */
nt_status nt_plane_leave(nt_error *err, const nt_plane *p, const nt_step *step) NT_WARN_UNUSED;

/* plane_store.c: outputs */

/** Places of the lanes in a matrix of positions in row-major order, `one` apart for the first
 * argument, `two` for the second. Parallel: Local. */
nt_places nt_plane_row_major(const nt_plane *p, const nt_step *step, int64_t one, int64_t two);
/** NT_STEP_STORE. \return NT_ERR_NUMERIC if a value is not finite. Parallel: Local. */
nt_status nt_plane_store(nt_error *err, const nt_plane *p, const nt_step *step,
                         nt_lane_value in) NT_WARN_UNUSED;
/** After the last plane of a pair. Parallel: Local. */
void nt_plane_end_stores(const nt_plane *p);

#endif
