/* FanInConcat: the branches side by side along an axis. Along the channels
 *
 *     K' = sum_b C_b K_b / sum_b C_b,  T' likewise,  C_b the number of channels of branch b
 *
 * Along an axis of positions K' and T' have those of the branches as blocks; the branches
 * are taken to be independent, so that positions of different branches are uncorrelated. So
 * it is along the samples.
 *
 * Source: neural_tangents, stax.FanInConcat. */
#include "base/check.h"
#include "layer/fan_in.h"
#include "nt/stax.h"

static const nt_fan_in_concat defaults = NT_FAN_IN_CONCAT_DEFAULTS;

static const nt_opt opts[] = {
    {.name = "axis",
     .type = NT_OPT_INT,
     .offset = offsetof(nt_fan_in_concat, axis),
     .help = "axis of the concatenation"},
};

/* *total += the size of one branch along `axis`. */
static nt_status add_size(const nt_shape *shape, int axis, int64_t *total, nt_error *err)
{
  nt_status status = NT_OK;
  NT_CHECK(!__builtin_add_overflow(*total, shape->dim[axis], total), err, NT_ERR_SHAPE,
           "axis %d of the branches has more than 2^63 entries together", axis);
done:
  return status;
}

static nt_status shape(const void *cfg, int n_in, const nt_facts *in, nt_facts *out, nt_error *err)
{
  nt_status status = NT_OK;
  const nt_fan_in_concat *c = cfg;
  const int rank = n_in > 0 ? in[0].shape1.rank : 0;
  const int axis = n_in > 0 ? nt_axis_resolve(c->axis, rank) : 0;
  NT_CHECK(axis >= 0, err, NT_ERR_SHAPE, "axis is %lld, but the inputs have %d axes",
           (long long)c->axis, rank);
  NT_TRY(nt_fan_in_check(axis, n_in, in, err));
  if (axis != in[0].channel_axis) {
    NT_TRY(nt_fan_in_gaussian(n_in, in, err));
    out->is_gaussian = true;
  }
  out->shape1.dim[axis] = out->shape2.dim[axis] = 0;
  for (int i = 0; i < n_in; i++) {
    NT_TRY(add_size(&in[i].shape1, axis, &out->shape1.dim[axis], err));
    NT_TRY(add_size(&in[i].shape2, axis, &out->shape2.dim[axis], err));
  }
  nt_fan_in_flags(n_in, in, out);
done:
  return status;
}

static void weights(const void *cfg, int n_in, const nt_facts *in, double *w)
{
  double total = 0;
  (void)cfg;
  for (int i = 0; i < n_in; i++)
    total += w[i] = (double)in[i].shape1.dim[in[i].channel_axis];
  for (int i = 0; i < n_in; i++)
    w[i] /= total;
}

static int concat_axis(const void *cfg, const nt_facts *in)
{
  const nt_fan_in_concat *c = cfg;
  const int axis = nt_axis_resolve(c->axis, in->shape1.rank);
  if (axis == in->channel_axis) return -1;
  return axis - (in->batch_axis < axis) - (in->channel_axis < axis);
}

static bool mixes_samples(const void *cfg, const nt_facts *in)
{
  const nt_fan_in_concat *c = cfg;
  return nt_axis_resolve(c->axis, in->shape1.rank) == in->batch_axis;
}

/* The samples of branch `input` stand behind those of the branches before it. */
static nt_status sample_taps(const void *cfg, int n_in, const nt_facts *in, int input, int which,
                             nt_taps *taps, nt_error *err)
{
  nt_status status = NT_OK;
  int64_t total = 0, first = 0;
  const int64_t n = nt_facts_samples(&in[input], which);
  (void)cfg;
  for (int i = 0; i < n_in; i++) {
    if (i == input) first = total;
    total += nt_facts_samples(&in[i], which);
  }
  NT_TRY(nt_taps_create(err, n, total, 1, false, taps));
  for (int64_t o = 0; o < total; o++)
    taps->in[o] = o >= first && o < first + n ? (int32_t)(o - first) : -1;
done:
  return status;
}

const nt_layer_ops nt_layer_fan_in_concat = {
    .name = "FanInConcat",
    .formula = "branches side by side along an axis",
    .kernel = "K' = mean of the K of the branches, weighted by their channels; along another axis "
              "side by side, 0 between branches;  T' likewise",
    .source = "neural_tangents, stax.FanInConcat",
    .limits = "branches are taken to be independent; along positions or samples they must be "
              "Gaussian, and the output is",
    NT_ARGUMENTS(nt_fan_in_concat, defaults, opts),
    .action = NT_WEIGHTED_SUM,
    .concatenates = true,
    .gaussian = NT_NO,
    .shape = shape,
    .weights = weights,
    .concat_axis = concat_axis,
    .mixes_samples = mixes_samples,
    .sample_taps = sample_taps,
};
