/** For the tests of layers: kernels of any shape, and calls that may fail. */
#ifndef NT_TEST_LAYER_FACTS_H
#define NT_TEST_LAYER_FACTS_H

#include "layer/registry.h"
#include "nt/stax.h"
#include "nt_test.h"

#include <stdlib.h>

/** A kernel of samples of `shape`, x2 with one sample more; negative axes
 * count from the end. Local. */
static inline nt_facts nt_facts_of(nt_shape shape, int batch_axis, int channel_axis)
{
  nt_facts facts = {.shape1 = shape,
                    .shape2 = shape,
                    .batch_axis = nt_axis_resolve(batch_axis, shape.rank),
                    .channel_axis = nt_axis_resolve(channel_axis, shape.rank),
                    .diagonal_batch = true,
                    .ntk_zero = true};
  facts.shape2.dim[facts.batch_axis]++;
  return facts;
}

/** Facts of the output; NT_OK or the error that stands in `err`. Local. */
static inline nt_status nt_shape_of(const nt_layer_ops *ops, const void *cfg, const nt_facts *in,
                                    nt_facts *out, nt_error *err)
{
  *err = (nt_error){0};
  *out = *in;
  return ops->shape(cfg, 1, in, out, err);
}

/** The taps of spatial axis `axis`; release with nt_drop_taps. Collective on all ranks. */
static inline nt_taps nt_taps_of(const nt_layer_ops *ops, const void *cfg, const nt_facts *in,
                                 int axis)
{
  nt_error err = {0};
  nt_facts out;
  nt_taps taps = {.from = axis};
  NT_TEST_OK_ERR(nt_shape_of(ops, cfg, in, &out, &err), &err);
  NT_TEST_OK_ERR(ops->taps(cfg, in, &out, axis, &taps, &err), &err);
  return taps;
}

static inline void nt_drop_taps(nt_taps *taps)
{
  free(taps->in);
  free(taps->weight);
  *taps = (nt_taps){0};
}

#endif
