/* ImageResize: other sizes along the axes, by the nearest position or by linear interpolation.
 *
 *     out(o) = sum_i w(o, i) x(i)   along each axis,   K' = w K w^T,  T' likewise
 *
 * Along an axis of m positions that becomes n, output o lies at c = (o + 1/2) m / n - 1/2:
 *
 *     nearest   w = 1 at floor(c + 1/2)
 *     linear    w ~ max(0, 1 - |c - i| / h), of sum 1;  h = max(m / n, 1) with antialias, else 1
 *
 * c is never further than 1/2 from a position, so that the sum is never near 0.
 *
 * Source: neural_tangents, stax.ImageResize. */
#include "base/check.h"
#include "base/option.h"
#include "layer/axes.h"
#include "nt/stax.h"

#include <math.h>

static const nt_image_resize defaults = NT_IMAGE_RESIZE_DEFAULTS;

static const nt_opt opts[] = {
    {.name = "shape",
     .type = NT_OPT_INTS,
     .offset = offsetof(nt_image_resize, shape),
     .required = true,
     .min = -1,
     .max = INT32_MAX,
     .help = "sizes of all axes, -1 as in the input"},
    {.name = "method",
     .type = NT_OPT_CHOICE,
     .offset = offsetof(nt_image_resize, method),
     .required = true,
     .choices = "nearest|linear|bilinear|trilinear|triangle|cubic|bicubic|tricubic|lanczos3|"
                "lanczos5",
     .help = "'nearest' or 'linear' (also 'bilinear', 'trilinear', 'triangle')"},
    {.name = "antialias",
     .type = NT_OPT_BOOL,
     .offset = offsetof(nt_image_resize, antialias),
     .help = "wider means when the size shrinks ('linear' only)"},
    {.name = "precision",
     .type = NT_OPT_CHOICE,
     .offset = offsetof(nt_image_resize, precision),
     .choices = "HIGHEST|DEFAULT|HIGH",
     .fold_case = true,
     .help = "no effect: all is computed in full precision"},
    NT_ROW_BATCH_AXIS(nt_image_resize),
    NT_ROW_CHANNEL_AXIS(nt_image_resize),
};

/* Entry of `shape` for an axis that counts from either end; -1 for one that does not exist. */
static int64_t entry(const nt_image_resize *c, int64_t axis)
{
  const int a = nt_axis_resolve(axis, c->shape.n);
  return a < 0 ? -1 : c->shape.v[a];
}

static nt_status check(const void *cfg, nt_error *err)
{
  nt_status status = NT_OK;
  const nt_image_resize *const c = cfg;
  char shape[240], method[16];
  nt_opt_value_text(&opts[0], c, shape, sizeof shape);
  for (int i = 0; i < c->shape.n; i++) {
    NT_CHECK(c->shape.v[i] != 0, err, NT_ERR_ARG,
             "shape is %s: entry %d is 0, but must be at least 1, or -1 to keep the size", shape,
             i);
  }
  NT_CHECK(c->method < NT_RESIZE_CUBIC, err, NT_ERR_UNSUPPORTED,
           "method %s has no kernel; 'nearest' and 'linear' have",
           nt_opt_value_text(&opts[1], c, method, sizeof method));
  NT_CHECK(entry(c, c->channel_axis) == -1, err, NT_ERR_ARG,
           "shape is %s: the channels, axis %lld, have no size in the kernel and cannot be "
           "resized; put -1 there",
           shape, (long long)c->channel_axis);
done:
  return status;
}

static nt_requirement require(const void *cfg)
{
  const nt_image_resize *const c = cfg;
  const int batch = nt_axis_resolve(c->batch_axis, c->shape.n);
  bool resizes = false;
  for (int i = 0; i < c->shape.n; i++)
    resizes = resizes || (c->shape.v[i] != -1 && i != batch);
  nt_requirement r =
      nt_axes_require(resizes ? NT_NO : NT_YES, NT_NO, c->batch_axis, c->channel_axis);
  r.diagonal_batch = entry(c, c->batch_axis) == -1 ? NT_MAYBE : NT_NO;
  return r;
}

static nt_status shape(const void *cfg, int n_in, const nt_facts *in, nt_facts *out, nt_error *err)
{
  nt_status status = NT_OK;
  const nt_image_resize *const c = cfg;
  char text[200];
  (void)n_in;
  NT_CHECK(in->shape1.rank == c->shape.n, err, NT_ERR_SHAPE,
           "shape has %d entries, but the input of shape %s has %d axes: one for each is needed",
           c->shape.n, nt_shape_text(&in->shape1, text, sizeof text), in->shape1.rank);
  for (int a = 0; a < c->shape.n; a++)
    if (c->shape.v[a] != -1) out->shape1.dim[a] = out->shape2.dim[a] = c->shape.v[a];
done:
  return status;
}

/* One tap: the position itself, or the nearest one. The reference computes it in single precision,
 * its compiler multiplying by 1 / n; where c + 1/2 is a whole number, that decides. */
static nt_status nearest_taps(nt_error *err, int64_t m, int64_t n, nt_taps *taps)
{
  nt_status status = NT_OK;
  NT_TRY(nt_taps_create(err, m, n, 1, false, taps));
  const float scale = (float)m * (1.0F / (float)n);
  for (int64_t o = 0; o < n; o++) {
    const float position = m == n ? (float)o : ((float)o + 0.5F) * scale;
    const int64_t i = (int64_t)position;
    taps->in[o] = (int32_t)(m == n ? o : i < m ? i : m - 1);
  }
done:
  return status;
}

static nt_status linear_taps(nt_error *err, int64_t m, int64_t n, bool antialias, nt_taps *taps)
{
  nt_status status = NT_OK;
  const double ratio = (double)m / (double)n, half = antialias && ratio > 1 ? ratio : 1;
  const int64_t reach = 2 * (int64_t)ceil(half) + 1, most = reach < m ? reach : m;
  NT_TRY(nt_taps_create(err, m, n, (int)most, true, taps));
  for (int64_t o = 0; o < n; o++) {
    const double centre = ((double)o + 0.5) * ratio - 0.5;
    int64_t first = (int64_t)floor(centre - half) + 1;
    double sum = 0;
    if (first > m - most) first = m - most;
    if (first < 0) first = 0;
    for (int64_t t = 0; t < most; t++) {
      const double w = 1 - fabs(centre - (double)(first + t)) / half;
      taps->in[o * most + t] = w > 0 ? (int32_t)(first + t) : -1;
      sum += taps->weight[o * most + t] = w > 0 ? w : 0;
    }
    for (int64_t t = 0; t < most; t++)
      taps->weight[o * most + t] /= sum;
  }
done:
  return status;
}

static nt_status make_taps(nt_error *err, const nt_image_resize *c, int64_t m, int64_t n,
                           nt_taps *taps)
{
  if (m == n || c->method == NT_RESIZE_NEAREST) return nearest_taps(err, m, n, taps);
  return linear_taps(err, m, n, c->antialias, taps);
}

static nt_status taps(const void *cfg, const nt_facts *in, const nt_facts *out, int axis,
                      nt_taps *taps, nt_error *err)
{
  const nt_image_resize *const c = cfg;
  return make_taps(err, c, nt_facts_space(in).dim[axis], nt_facts_space(out).dim[axis], taps);
}

static bool mixes_samples(const void *cfg, const nt_facts *in)
{
  const nt_image_resize *const c = cfg;
  return c->shape.v[in->batch_axis] != -1;
}

static nt_status sample_taps(const void *cfg, int n_in, const nt_facts *in, int input, int which,
                             nt_taps *taps, nt_error *err)
{
  const nt_image_resize *const c = cfg;
  const int64_t n = nt_facts_samples(in, which);
  (void)n_in, (void)input;
  return make_taps(err, c, n, c->shape.v[in->batch_axis], taps);
}

const nt_layer_ops nt_layer_image_resize = {
    .name = "ImageResize",
    .formula = "other sizes, by the nearest position or linear interpolation",
    .kernel = "K' = M K M^T, M the weights of the positions;  T' likewise",
    .source = "neural_tangents, stax.ImageResize",
    .limits =
        "cubic and lanczos methods have no kernel: take 'linear'; the channels keep their number",
    NT_ARGUMENTS(nt_image_resize, defaults, opts),
    .action = NT_POOL,
    .remasks = true,
    .gaussian = NT_MAYBE,
    .check = check,
    .require = require,
    .shape = shape,
    .taps = taps,
    .mask_rule = NT_MASK_ALL,
    .mixes_samples = mixes_samples,
    .sample_taps = sample_taps,
};
