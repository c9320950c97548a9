/** Run the map of a layer on given pairs, in any arithmetic. */
#ifndef NT_TEST_MAP_RUN_H
#define NT_TEST_MAP_RUN_H

#include "nt/plugin.h"
#include "nt/stax.h"

enum { RUN_MAX = 1024 };

/** n pairs (a multiple of NT_LANES, at most RUN_MAX) and what the map makes of them. */
typedef struct map_run {
  int n;
  double k_dense, b; /**< A Dense after the map, K' = k_dense K + b^2, for a D; b = 0: no bias. */
  bool one2;         /**< All pairs have q2[0]; q2 is read there only. */
  nt_post post;
  double q1[RUN_MAX], q2[RUN_MAX];
  double k[RUN_MAX]; /**< K, or D for a layer that takes_d. */
  double t[RUN_MAX];
  double k_out[RUN_MAX], t_out[RUN_MAX];
} map_run;

/** Fill k_out, and t_out if `with_t`. Local. */
void map_run_go(map_run *run, const nt_layer_ops *ops, const void *cfg, nt_dtype dtype,
                bool with_t);

/** A layer as a network has it: with what `prepare` makes of its arguments. The caller releases it.
 * Local. */
nt_layer *map_layer_of(const nt_layer_ops *ops, const void *cfg);

#endif
