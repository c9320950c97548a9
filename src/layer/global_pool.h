/** What GlobalAvgPool and GlobalSumPool have in common.
 *
 *     K' = w^2 sum_{p, p'} K(p, p'),  T' likewise
 *
 * An output is masked where all positions are. Masks that differ between channels, which one
 * covariance cannot describe, are refused by the plan. */
#ifndef NT_LAYER_GLOBAL_POOL_H
#define NT_LAYER_GLOBAL_POOL_H

#include "nt/stax.h"

enum { NT_GLOBAL_POOL_OPTS = 2 };

extern const nt_global_pool nt_global_pool_defaults;
extern const nt_opt nt_global_pool_opts[NT_GLOBAL_POOL_OPTS];

/* Functions for the tables of the layers, see nt_layer_ops. Parallel: Local. */

nt_requirement nt_global_pool_require(const void *cfg);
nt_status nt_global_pool_shape(const void *cfg, int n_in, const nt_facts *in, nt_facts *out,
                               nt_error *err);
void nt_global_pool_mask(const void *cfg, int64_t positions, int64_t channels,
                         const unsigned char *in, unsigned char *out);

#endif
