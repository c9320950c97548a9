/** What a program comes to, region by region, in numbers for people: ntmpi plan. */
#ifndef NT_PLAN_OUTLINE_H
#define NT_PLAN_OUTLINE_H

#include "plan/plan_impl.h"

/** A region, or segment: what is carried through together in cache. */
typedef struct nt_outline {
  nt_shape space;      /**< Spatial sizes of its results; rank 0: pairs of samples. */
  int64_t planes;      /**< Planes of its results that are computed, */
  int64_t all_planes;  /**< and that there are. */
  int64_t lanes;       /**< Of its largest plane. */
  int layers;          /**< That it goes through. */
  int maps, windows;   /**< Steps: elementwise maps, sums of cells. */
  int slots;           /**< Buffers that its steps use. */
  int64_t tables;      /**< Numbers in its tables, for one sample. */
  double elements;     /**< Lanes through all steps, of a pair of samples. */
  const nt_step *ends; /**< First step that leaves the region; NULL: none. */
  int64_t own_planes;  /**< Planes that the sample pass runs of each sample itself. */
} nt_outline;

/** Of all regions. \param [out] out  One for each; freed by the caller with free().
 * Parallel: Local. */
nt_status nt_outlines_of(nt_error *err, const nt_plan *plan, nt_outline **out) NT_WARN_UNUSED;
/** "global mean", "pooled into a tensor of (16, 16) positions". Parallel: Local. */
const char *nt_outline_end(const nt_plan *plan, const nt_outline *outline, char *out, size_t size);
/** Lanes of all planes of a frame, of a pair of samples; 1 without positions (-1).
 * Parallel: Local. */
double nt_frame_cells(const nt_frames *frames, int frame);

#endif
