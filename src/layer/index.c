/* Index: part of the positions, x[idx] as numpy has it.
 *
 *     K'(o, o') = K(in(o), in(o')),  T' likewise,  in(o) = start + o step along each axis
 *
 * An integer takes one position, and its axis away. A range of the samples takes these of both
 * arguments. Masks are indexed likewise.
 *
 * Source: neural_tangents, stax.Index and stax.Slice. */
#include "base/check.h"
#include "base/option.h"
#include "layer/axes.h"
#include "nt/stax.h"

static const nt_index defaults = NT_INDEX_DEFAULTS;

static const nt_opt opts[] = {
    {.name = "idx",
     .type = NT_OPT_SLICES,
     .offset = offsetof(nt_index, idx),
     .required = true,
     .help = "what is taken of each axis, as Slice[:, 1:, ::-2]; missing axes are whole"},
    NT_ROW_BATCH_AXIS(nt_index),
    NT_ROW_CHANNEL_AXIS(nt_index),
};

static nt_requirement require(const void *cfg)
{
  const nt_index *const c = cfg;
  return (nt_requirement){.diagonal_batch = NT_MAYBE,
                          .has_axes = true,
                          .batch_axis = c->batch_axis,
                          .channel_axis = c->channel_axis};
}

/* The index of axis `axis` of `rank`: an ellipsis, or the end, stands
 * for all axes that are left. */
static nt_slice index_of(const nt_slices *idx, int axis, int rank)
{
  const nt_slice whole = {.kind = NT_SLICE_RANGE, .step = 1};
  int at = 0;
  while (at < idx->n && idx->v[at].kind != NT_SLICE_ELLIPSIS)
    at++;
  if (axis < at) return idx->v[axis];
  const int behind = axis - (rank - idx->n);
  return behind > at ? idx->v[behind] : whole;
}

/* What is taken of an axis: `n` positions from `start` on. */
typedef struct taken {
  int64_t start, step, n;
} taken;

static int64_t clamp(int64_t x, int64_t low, int64_t high)
{
  return x < low ? low : x > high ? high : x;
}

/* As Python's slice.indices. */
static taken take(const nt_slice *slice, int64_t size)
{
  if (slice->kind == NT_SLICE_AT)
    return (taken){slice->start < 0 ? slice->start + size : slice->start, 1, 1};
  const bool back = slice->step < 0;
  const int64_t low = back ? -1 : 0, high = back ? size - 1 : size;
  int64_t start = back ? high : low, stop = back ? low : high;
  if (slice->has_start)
    start = clamp(slice->start < 0 ? slice->start + size : slice->start, low, high);
  if (slice->has_stop) stop = clamp(slice->stop < 0 ? slice->stop + size : slice->stop, low, high);
  const int64_t span = back ? start - stop : stop - start;
  /* -step may not exist, but a step beyond the axis takes one position as any other such. */
  const int64_t step = clamp(slice->step, -size, size);
  return (taken){start, step, span <= 0 ? 0 : (span - 1) / (back ? -step : step) + 1};
}

static bool is_whole(const nt_slice *slice)
{
  return slice->kind == NT_SLICE_RANGE && !slice->has_start && !slice->has_stop && slice->step == 1;
}

static nt_status check_batch(const nt_slice *slice, const nt_facts *in, const char *idx,
                             nt_error *err)
{
  nt_status status = NT_OK;
  const int axis = in->batch_axis;
  NT_CHECK(slice->kind == NT_SLICE_RANGE, err, NT_ERR_UNSUPPORTED,
           "%s takes one sample, which leaves no batch axis (axis %d): take a range", idx, axis);
  NT_CHECK(take(slice, in->shape1.dim[axis]).n > 0, err, NT_ERR_SHAPE,
           "%s takes no sample of x1, which has %lld (axis %d)", idx,
           (long long)in->shape1.dim[axis], axis);
  NT_CHECK(take(slice, in->shape2.dim[axis]).n > 0, err, NT_ERR_SHAPE,
           "%s takes no sample of x2, which has %lld (axis %d)", idx,
           (long long)in->shape2.dim[axis], axis);
done:
  return status;
}

static nt_status check_space(const nt_slice *slice, int64_t size, int axis, const char *idx,
                             nt_error *err)
{
  nt_status status = NT_OK;
  const taken t = take(slice, size);
  NT_CHECK(size <= INT32_MAX, err, NT_ERR_SHAPE,
           "axis %d has %lld positions; %d at most are possible", axis, (long long)size, INT32_MAX);
  NT_CHECK(slice->kind != NT_SLICE_AT || (t.start >= 0 && t.start < size), err, NT_ERR_SHAPE,
           "%s: index %lld is out of range, axis %d has %lld positions", idx,
           (long long)slice->start, axis, (long long)size);
  NT_CHECK(t.n > 0, err, NT_ERR_SHAPE, "%s takes nothing of axis %d, which has %lld positions", idx,
           axis, (long long)size);
done:
  return status;
}

/* Append what is taken of an axis of the input to the output, whose batch and
 * channel axes are among them. */
static void append_axis(const nt_facts *in, int axis, const nt_slice *slice, nt_facts *out)
{
  const int at = out->shape1.rank++;
  out->shape2.rank++;
  out->shape1.dim[at] = take(slice, in->shape1.dim[axis]).n;
  out->shape2.dim[at] = take(slice, in->shape2.dim[axis]).n;
  if (axis == in->batch_axis) out->batch_axis = at;
  if (axis == in->channel_axis) out->channel_axis = at;
}

static nt_status shape(const void *cfg, int n_in, const nt_facts *in, nt_facts *out, nt_error *err)
{
  nt_status status = NT_OK;
  const nt_index *const c = cfg;
  const int rank = in->shape1.rank;
  char idx[1000];
  int indices = 0;
  (void)n_in;
  nt_opt_value_text(&opts[0], c, idx, sizeof idx);
  for (int i = 0; i < c->idx.n; i++)
    indices += c->idx.v[i].kind != NT_SLICE_ELLIPSIS;
  NT_CHECK(indices <= rank, err, NT_ERR_SHAPE, "%s has %d indices, but the input has %d axes", idx,
           indices, rank);
  out->shape1 = out->shape2 = (nt_shape){.rank = 0};
  for (int a = 0; a < rank; a++) {
    const nt_slice slice = index_of(&c->idx, a, rank);
    if (a == in->batch_axis) NT_TRY(check_batch(&slice, in, idx, err));
    NT_CHECK(a != in->channel_axis || is_whole(&slice), err, NT_ERR_UNSUPPORTED,
             "%s picks channels (axis %d), which have no place in the kernel: put ':' there", idx,
             a);
    const bool is_space = a != in->batch_axis && a != in->channel_axis;
    if (is_space) NT_TRY(check_space(&slice, in->shape1.dim[a], a, idx, err));
    if (slice.kind != NT_SLICE_AT) append_axis(in, a, &slice, out);
  }
done:
  return status;
}

/* What is taken of spatial axis `axis` of the input. */
static taken take_space(const nt_index *c, const nt_facts *in, int axis, bool *stays)
{
  const int a = nt_axes_of_space(in, axis);
  const nt_slice slice = index_of(&c->idx, a, in->shape1.rank);
  *stays = slice.kind != NT_SLICE_AT;
  return take(&slice, in->shape1.dim[a]);
}

static int64_t fixed(const void *cfg, const nt_facts *in, int axis_in)
{
  bool stays;
  const taken t = take_space(cfg, in, axis_in, &stays);
  return stays ? -1 : t.start;
}

static nt_status taps(const void *cfg, const nt_facts *in, const nt_facts *out, int axis,
                      nt_taps *taps, nt_error *err)
{
  nt_status status = NT_OK;
  taken t = {0};
  (void)out;
  taps->from = -1;
  for (bool stays; axis >= 0; axis -= stays) /* Axes that stay are counted. */
    t = take_space(cfg, in, ++taps->from, &stays);
  NT_TRY(nt_taps_create(err, nt_facts_space(in).dim[taps->from], t.n, 1, false, taps));
  for (int64_t o = 0; o < t.n; o++)
    taps->in[o] = (int32_t)(t.start + o * t.step);
done:
  return status;
}

static bool mixes_samples(const void *cfg, const nt_facts *in)
{
  const nt_index *const c = cfg;
  const nt_slice slice = index_of(&c->idx, in->batch_axis, in->shape1.rank);
  return !is_whole(&slice);
}

static nt_status sample_taps(const void *cfg, int n_in, const nt_facts *in, int input, int which,
                             nt_taps *taps, nt_error *err)
{
  nt_status status = NT_OK;
  const nt_index *const c = cfg;
  const nt_slice slice = index_of(&c->idx, in->batch_axis, in->shape1.rank);
  const int64_t n = nt_facts_samples(in, which);
  const taken t = take(&slice, n);
  (void)n_in, (void)input;
  NT_TRY(nt_taps_create(err, n, t.n, 1, false, taps));
  for (int64_t o = 0; o < t.n; o++)
    taps->in[o] = (int32_t)(t.start + o * t.step);
done:
  return status;
}

static nt_affine affine(const void *cfg, const nt_facts *in)
{
  (void)cfg, (void)in;
  return (nt_affine){.k = 1, .tt = 1};
}

const nt_layer_ops nt_layer_index = {
    .name = "Index",
    .formula = "x[idx]",
    .kernel = "K' = K of the positions and samples that are taken;  T' likewise",
    .source = "neural_tangents, stax.Index",
    .limits = "the batch axis takes no integer; channels are taken whole; samples are taken of the "
              "kernel of all of them (a range of the data saves the others)",
    NT_ARGUMENTS(nt_index, defaults, opts),
    .action = NT_WINDOW,
    .gaussian = NT_MAYBE,
    .require = require,
    .shape = shape,
    .affine = affine,
    .taps = taps,
    .mask_rule = NT_MASK_CENTRE,
    .fixed = fixed,
    .mixes_samples = mixes_samples,
    .sample_taps = sample_taps,
};
