/* Flatten: all axes but the batch axis become the channels.
 *
 *     K' = mean over positions p of K(p, p),  T' likewise
 *
 * Source: neural_tangents, stax.Flatten. */
#include "base/check.h"
#include "layer/axes.h"
#include "nt/stax.h"

static const nt_flatten defaults = NT_FLATTEN_DEFAULTS;

static const nt_opt opts[] = {
    NT_ROW_BATCH_AXIS(nt_flatten),
    {.name = "batch_axis_out",
     .type = NT_OPT_INT,
     .offset = offsetof(nt_flatten, batch_axis_out),
     .help = "axis of the samples in the output: 0, 1, -1 or -2"},
};

static nt_status check(const void *cfg, nt_error *err)
{
  nt_status status = NT_OK;
  const nt_flatten *c = cfg;
  NT_CHECK(
      c->batch_axis_out >= -2 && c->batch_axis_out <= 1, err, NT_ERR_ARG,
      "Flatten: batch_axis_out is %lld, but the output has two axes: it must be 0, 1, -1 or -2",
      (long long)c->batch_axis_out);
done:
  return status;
}

static nt_requirement require(const void *cfg)
{
  const nt_flatten *c = cfg;
  return (nt_requirement){.has_diagonal = true,
                          .input = NT_YES,
                          .output = NT_YES,
                          .diagonal_batch = NT_MAYBE,
                          .has_axes = true,
                          .batch_axis = c->batch_axis,
                          .flattens = true};
}

static nt_status flatten(const nt_shape *in, int batch_in, int batch_out, nt_shape *out,
                         nt_error *err)
{
  nt_status status = NT_OK;
  char text[200];
  int64_t size = 1;
  for (int d = 0; d < in->rank; d++) {
    NT_CHECK(d == batch_in || !__builtin_mul_overflow(size, in->dim[d], &size), err, NT_ERR_SHAPE,
             "a sample of an activation of shape %s has more than 2^63 entries",
             nt_shape_text(in, text, sizeof text));
  }
  const int64_t batch = in->dim[batch_in];
  *out = (nt_shape){.rank = 2};
  out->dim[batch_out] = batch;
  out->dim[1 - batch_out] = size;
done:
  return status;
}

static nt_status shape(const void *cfg, int n_in, const nt_facts *in, nt_facts *out, nt_error *err)
{
  nt_status status = NT_OK;
  const nt_flatten *c = cfg;
  const int batch = (int)((c->batch_axis_out + 2) % 2);
  (void)n_in;
  NT_TRY(flatten(&in->shape1, in->batch_axis, batch, &out->shape1, err));
  NT_TRY(flatten(&in->shape2, in->batch_axis, batch, &out->shape2, err));
  out->batch_axis = batch;
  out->channel_axis = 1 - batch;
  out->diagonal_spatial = false;
done:
  return status;
}

const nt_layer_ops nt_layer_flatten = {
    .name = "Flatten",
    .formula = "x as (batch, all other axes)",
    .kernel = "K' = mean of K(p, p) over all positions p;  T' likewise",
    .source = "neural_tangents, stax.Flatten",
    NT_ARGUMENTS(nt_flatten, defaults, opts),
    .action = NT_FLATTEN,
    .gaussian = NT_NO,
    .check = check,
    .require = require,
    .shape = shape,
};
