/** Masks of layers that join the channels: a position is masked where all of its channels are. */
#ifndef NT_LAYER_MASK_H
#define NT_LAYER_MASK_H

#include "nt/plugin.h"

/** `mask` of such a layer, which needs no cfg. Parallel: Local. */
void nt_mask_join(const void *cfg, int64_t positions, int64_t channels, const unsigned char *in,
                  unsigned char *out);
/** `mask_channels` of it: 1. Parallel: Local. */
int64_t nt_mask_one_channel(int64_t positions, int64_t channels);

#endif
