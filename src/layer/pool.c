#include "layer/pool.h"

#include "base/check.h"

static nt_window window_of(const nt_pool_windows *w, const nt_facts *in, int axis)
{
  const int a = nt_axes_of_space(in, axis);
  return (nt_window){.n = in->shape1.dim[a],
                     .size = w->size->v[axis],
                     .stride = nt_window_stride(w->strides, axis),
                     .padding = w->padding,
                     .axis = a};
}

nt_status nt_pool_shape(nt_error *err, const nt_pool_windows *w, const nt_facts *in, nt_facts *out)
{
  nt_status status = NT_OK;
  char text[200];
  NT_CHECK(in->shape1.rank == w->size->n + 2, err, NT_ERR_SHAPE,
           "window_shape has %d %s, so the input needs %d (samples and channels included), but "
           "its shape is %s",
           w->size->n, w->size->n == 1 ? "axis" : "axes", w->size->n + 2,
           nt_shape_text(&in->shape1, text, sizeof text));
  for (int axis = 0; axis < w->size->n; axis++) {
    const nt_window window = window_of(w, in, axis);
    NT_TRY(nt_window_outputs(err, &window, &out->shape1.dim[window.axis]));
    out->shape2.dim[window.axis] = out->shape1.dim[window.axis];
  }
done:
  return status;
}

nt_status nt_pool_taps(nt_error *err, const nt_pool_windows *w, const nt_facts *in, int axis,
                       bool weighted, nt_taps *taps)
{
  const nt_window window = window_of(w, in, axis);
  return nt_window_taps(err, &window, weighted, taps);
}
