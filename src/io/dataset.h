/** The inside of nt_dataset. */
#ifndef NT_IO_DATASET_H
#define NT_IO_DATASET_H

#include "io/range.h"
#include "io/source.h"
#include "nt/io.h"

struct nt_dataset {
  nt_source source;
  nt_range range;
  int axis; /**< Samples lie along this axis of the file. */
  nt_dataset_info info;
  char *name;
};

/** Open with rank 0's header on all ranks, range resolved, without looking at the other axes.
 * Parallel: Collective on ctx. */
nt_status nt_dataset_locate(nt_ctx *ctx, const char *text, uint64_t seed, int64_t batch_axis,
                            bool may_be_empty, nt_dataset **ds) NT_WARN_UNUSED;

/** Fill in space, positions and channels from shape and axes (channel_axis -1:
 * all are channels). Local. */
void nt_dataset_count(nt_dataset_info *info);

#endif
