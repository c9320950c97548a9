/** How long a plan will take on this machine: the steps of each region, and whole pairs where they
 * are short, timed for a few milliseconds on made-up numbers. */
#ifndef NT_KERNEL_CALIBRATE_H
#define NT_KERNEL_CALIBRATE_H

#include "kernel/memory.h"

/** Seconds of one thread. */
typedef struct nt_rates {
  double *region; /**< [n_regions] A pair of samples; owned. */
  double pair;    /**< Their sum. */
  double sample;  /**< A sample in the sample pass, by its own planes alone. */
} nt_rates;

/** What nt_calibrate holds, but for some results. Parallel: Local. */
int64_t nt_calibrate_bytes(const nt_plan *plan);
/** Time the regions of a plan. Of a large region some planes are timed, and stand for the others; what
 * whole pairs take more is shared among the regions.
 * \param [out] rates  Freed by nt_rates_free, also on failure. Parallel: Local. */
nt_status nt_calibrate(nt_error *err, const nt_plan *plan, nt_rates *rates) NT_WARN_UNUSED;
/** Free the rates. Parallel: Local. */
void nt_rates_free(nt_rates *rates);

/** What the rank with most to do has to do. */
typedef struct nt_share {
  int64_t tiles, pairs; /**< That it computes. */
  int64_t samples;      /**< Whose own positions it passes. */
} nt_share;

/** That share, found by going through the tiles of the first ranks. Parallel: Local. Cost: the tiles
 * along a side, squared over the ranks. */
nt_share nt_share_of(const nt_demand *demand, nt_machine places);

#endif
