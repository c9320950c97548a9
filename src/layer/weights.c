#include "layer/weights.h"

#include "base/check.h"

#include <math.h>

nt_status nt_weights_shape(nt_error *err, const nt_weights *w, nt_facts *out)
{
  nt_status status = NT_OK;
  int64_t width = w->outputs;
  NT_CHECK(!w->standard || !__builtin_mul_overflow(w->outputs, w->s[1], &width), err, NT_ERR_SHAPE,
           "%s * s[1] = %lld * %lld channels are more than 2^63", w->name, (long long)w->outputs,
           (long long)w->s[1]);
  out->shape1.dim[out->channel_axis] = out->shape2.dim[out->channel_axis] = width;
  out->ntk_zero = false;
done:
  return status;
}

nt_affine nt_weights_affine(const nt_weights *w, double positions, const nt_facts *in)
{
  const bool bias = !isnan(w->b_std);
  const double w2 = w->W_std * w->W_std / positions, b2 = bias ? w->b_std * w->b_std : 0;
  nt_affine a = {.k = w2, .k0 = b2, .tk = w2, .tt = w2, .t0 = b2};
  if (w->standard) {
    a.tk = (double)nt_facts_channels(in) / (double)w->s[0];
    a.t0 = bias ? 1 : 0;
  }
  return a;
}
