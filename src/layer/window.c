#include "layer/window.h"

#include "base/check.h"

static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

/* Positions and outputs are numbered by int32_t. */
static nt_status check_count(nt_error *err, const nt_window *w, const char *what, int64_t count)
{
  nt_status status = NT_OK;
  NT_CHECK(count <= INT32_MAX, err, NT_ERR_SHAPE,
           "axis %d has %lld %s; windows can have %d at most", w->axis, (long long)count, what,
           INT32_MAX);
done:
  return status;
}

static int64_t count_outputs(const nt_window *w)
{
  const bool valid = w->padding == NT_PADDING_VALID;
  if (w->transposed) return w->n * w->stride + (valid ? larger(w->size - w->stride, 0) : 0);
  return valid ? (w->n - w->size) / w->stride + 1 : (w->n + w->stride - 1) / w->stride;
}

nt_status nt_window_outputs(nt_error *err, const nt_window *w, int64_t *outputs)
{
  nt_status status = NT_OK;
  NT_TRY(check_count(err, w, "positions", w->n));
  NT_CHECK(w->transposed || w->padding != NT_PADDING_VALID || w->size <= w->n, err, NT_ERR_SHAPE,
           "a window of %lld positions does not fit into axis %d of the input, which has %lld: "
           "make it smaller, or give padding='SAME'",
           (long long)w->size, w->axis, (long long)w->n);
  *outputs = count_outputs(w);
  NT_TRY(check_count(err, w, "outputs", *outputs));
done:
  return status;
}

static int64_t low_pad(const nt_window *w)
{
  const int64_t f = w->size, s = w->stride;
  if (!w->transposed && w->padding == NT_PADDING_VALID) return 0;
  if (!w->transposed) return larger((count_outputs(w) - 1) * s + f - w->n, 0) / 2;
  if (w->padding == NT_PADDING_CIRCULAR) return f - 1 - larger(f - s, 0) / 2;
  return w->padding == NT_PADDING_VALID || s >= f ? f - 1 : (f + s - 1) / 2;
}

/* The position that output o reads by tap t, or -1. */
static int64_t position(const nt_window *w, int64_t low, int64_t o, int64_t t)
{
  int64_t p = w->transposed ? o + t - low : o * w->stride + t - low;
  if (w->transposed) {
    if (p % w->stride != 0) return -1;
    p /= w->stride;
  }
  if (w->padding == NT_PADDING_CIRCULAR) return (p % w->n + w->n) % w->n;
  return p < 0 || p >= w->n ? -1 : p;
}

/* Of a wide window the taps that read a position for some output, and the one at the centre. */
static void find_reach(const nt_window *w, int64_t low, int64_t *first, int64_t *end)
{
  const int64_t last = (count_outputs(w) - 1) * (w->transposed ? 1 : w->stride);
  const int64_t positions = w->transposed ? (w->n - 1) * w->stride + 1 : w->n;
  const int64_t centre = (w->size - 1) / 2;
  *first = 0;
  *end = w->size;
  if (w->padding == NT_PADDING_CIRCULAR) return;
  *first = smaller(larger(low - last, 0), centre);
  *end = larger(smaller(low + positions, w->size), centre + 1);
}

nt_status nt_window_taps(nt_error *err, const nt_window *w, bool weighted, nt_taps *taps)
{
  nt_status status = NT_OK;
  const int64_t outputs = count_outputs(w), low = low_pad(w);
  int64_t first, end;
  find_reach(w, low, &first, &end);
  const int64_t n = end - first, most = NT_MOST_TAPS / larger(outputs, 1);
  NT_CHECK(n <= most, err, NT_ERR_SHAPE,
           "a window of %lld positions is too wide for the %lld outputs of axis %d: %lld positions "
           "are the most that can be",
           (long long)w->size, (long long)outputs, w->axis, (long long)most);
  NT_TRY(nt_taps_create(err, w->n, outputs, (int)n, weighted, taps));
  taps->centre = (int)((w->size - 1) / 2 - first);
  taps->step = (int)smaller(w->transposed ? 1 : w->stride, n);
  for (int64_t o = 0; o < outputs; o++) {
    for (int64_t t = 0; t < n; t++)
      taps->in[o * n + t] = (int32_t)position(w, low, o, first + t);
  }
done:
  return status;
}

nt_status nt_window_check(nt_error *err, const char *name, const nt_ints *window,
                          const nt_ints *strides)
{
  nt_status status = NT_OK;
  NT_CHECK(window->n <= NT_MAX_RANK - 2, err, NT_ERR_ARG, "%s has %d axes; at most %d are possible",
           name, window->n, NT_MAX_RANK - 2);
  NT_CHECK(strides->n <= 0 || strides->n == window->n, err, NT_ERR_ARG,
           "strides has %d %s, but %s has %d: one for each axis is needed", strides->n,
           strides->n == 1 ? "entry" : "entries", name, window->n);
done:
  return status;
}
