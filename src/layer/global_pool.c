#include "layer/global_pool.h"

#include "layer/axes.h"

const nt_global_pool nt_global_pool_defaults = NT_GLOBAL_POOL_DEFAULTS;

const nt_opt nt_global_pool_opts[NT_GLOBAL_POOL_OPTS] = {
    NT_ROW_BATCH_AXIS(nt_global_pool),
    NT_ROW_CHANNEL_AXIS(nt_global_pool),
};

nt_requirement nt_global_pool_require(const void *cfg)
{
  const nt_global_pool *const c = cfg;
  return nt_axes_require(NT_MAYBE, NT_YES, c->batch_axis, c->channel_axis);
}

/* Batch and channels stay, in their order. */
nt_status nt_global_pool_shape(const void *cfg, int n_in, const nt_facts *in, nt_facts *out,
                               nt_error *err)
{
  const int batch = in->batch_axis < in->channel_axis ? 0 : 1, channel = 1 - batch;
  (void)cfg, (void)n_in, (void)err;
  out->shape1 = out->shape2 = (nt_shape){.rank = 2};
  out->shape1.dim[batch] = in->shape1.dim[in->batch_axis];
  out->shape2.dim[batch] = in->shape2.dim[in->batch_axis];
  out->shape1.dim[channel] = nt_facts_channels(in);
  out->shape2.dim[channel] = in->shape2.dim[in->channel_axis];
  out->batch_axis = batch;
  out->channel_axis = channel;
  return NT_OK;
}

void nt_global_pool_mask(const void *cfg, int64_t positions, int64_t channels,
                         const unsigned char *in, unsigned char *out)
{
  (void)cfg;
  for (int64_t c = 0; c < channels; c++) {
    unsigned char all = 1;
    for (int64_t p = 0; p < positions; p++)
      all &= in[p * channels + c] != 0;
    out[c] = all;
  }
}
