/** Where samples, channels and positions are: what layers with axes share. */
#ifndef NT_LAYER_AXES_H
#define NT_LAYER_AXES_H

#include "nt/plugin.h"

/* Rows of option tables. */
#define NT_ROW_BATCH_AXIS(cfg)                                                                     \
  {                                                                                                \
    .name = "batch_axis", .type = NT_OPT_INT, .offset = offsetof(cfg, batch_axis),                 \
    .help = "axis of the samples"                                                                  \
  }
#define NT_ROW_CHANNEL_AXIS(cfg)                                                                   \
  {                                                                                                \
    .name = "channel_axis", .type = NT_OPT_INT, .offset = offsetof(cfg, channel_axis),             \
    .help = "axis of the channels"                                                                 \
  }

/** The requirement of a layer on positions: which of them it needs, what it leaves, and its axes.
 * Its samples may be without the covariances between them. Parallel: Local. */
nt_requirement nt_axes_require(nt_bool input, nt_bool output, int64_t batch_axis,
                               int64_t channel_axis);
/** The axis of the activation that is spatial axis number `axis`. Parallel: Local. */
int nt_axes_of_space(const nt_facts *facts, int axis);

#endif
