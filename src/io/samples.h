/** The inside of reading samples: where raw samples are delivered. */
#ifndef NT_IO_SAMPLES_H
#define NT_IO_SAMPLES_H

#include "io/dataset.h"

/** A place for raw samples: hashes, masks, checks and stores them on this rank. */
typedef struct nt_sample_sink {
  nt_samples *samples;
  const nt_dataset *ds;
  bool has_mask;
  double mask_value;    /**< Rounded to the type of the file. */
  int64_t outer, inner; /**< Positions before and behind the channel axis. */
} nt_sample_sink;

/** Samples of `info`, not initialised. \param [out] samples  To be destroyed also on failure, when
 * it may be NULL. Parallel: Local. */
nt_status nt_samples_allocate(nt_ctx *ctx, const nt_dataset_info *info,
                              const nt_samples_options *options,
                              nt_samples **samples) NT_WARN_UNUSED;

/** Deliver sample i, row[d] in the order of the file, to its owner: this rank.
 * \return NT_ERR_DATA for values that are not finite. Parallel: Local. */
nt_status nt_sample_sink_put(nt_error *err, const nt_sample_sink *sink, int64_t i,
                             const double *row) NT_WARN_UNUSED;
/** Read a stream on rank 0 and send every sample to its owner. Parallel: Collective on ctx. */
nt_status nt_stream_read(nt_ctx *ctx, const nt_dataset *ds,
                         const nt_sample_sink *sink) NT_WARN_UNUSED;

#endif
