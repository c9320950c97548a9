/** Windows along one axis, as convolutions and pools share them, and the
 * options that come with them.
 *
 *     output o reads the positions o stride + t - low, t = 0 ... size - 1
 *
 *              VALID                        SAME, CIRCULAR
 *     outputs  floor((n - size) / stride) + 1   ceil(n / stride)
 *     low      0                            floor(max((outputs - 1) stride + size - n, 0) / 2)
 *     outside  nothing is                   zero (SAME), position modulo n (CIRCULAR)
 *
 * The transposed window, of ConvTranspose, reads for output o and t
 *
 *     (o + t - low) / stride, where that is an integer        h = max(size - stride, 0)
 *
 *              VALID           SAME                          CIRCULAR
 *     outputs  n stride + h    n stride                      n stride
 *     low      size - 1        size - 1 if stride >= size,   size - 1 - floor(h / 2)
 *                              else ceil((size + stride) / 2) - 1
 *     outside  zero            zero                          position modulo n */
#ifndef NT_LAYER_WINDOW_H
#define NT_LAYER_WINDOW_H

#include "layer/axes.h"
#include "nt/stax.h"

typedef struct nt_window {
  int64_t n; /**< Positions of the input. */
  int64_t size, stride;
  int padding;
  bool transposed;
  int axis; /**< Of the activation, for errors. */
} nt_window;

/** Number of outputs.
 * Parallel: Local. \return NT_ERR_SHAPE when there are none, or too many
 * to be counted by the taps. */
nt_status nt_window_outputs(nt_error *err, const nt_window *window,
                            int64_t *outputs) NT_WARN_UNUSED;
/** Taps of one axis of a window, over all of its outputs, at most: some GiB. */
enum { NT_MOST_TAPS = 1 << 28 };
/** Taps of `window`, without weights or with weights to be filled in. What reads the padding for
 * every output is left out, so they may be fewer than its positions.
 * Parallel: Local. \return NT_ERR_SHAPE for more than NT_MOST_TAPS. */
nt_status nt_window_taps(nt_error *err, const nt_window *window, bool weighted,
                         nt_taps *taps) NT_WARN_UNUSED;
/** Whether `strides` is None, or empty, or has one entry for each of the window. Parallel: Local. */
nt_status nt_window_check(nt_error *err, const char *name, const nt_ints *window,
                          const nt_ints *strides) NT_WARN_UNUSED;

static inline int64_t nt_window_stride(const nt_ints *strides, int axis)
{
  return strides->n > 0 ? strides->v[axis] : 1;
}

/* Rows of option tables that several layers share. */
#define NT_ROW_WINDOW(cfg, field, text)                                                            \
  {                                                                                                \
    .name = #field, .type = NT_OPT_INTS, .offset = offsetof(cfg, field), .required = true,         \
    .min = 1, .max = INT32_MAX, .help = text                                                       \
  }
#define NT_ROW_STRIDES(cfg)                                                                        \
  {                                                                                                \
    .name = "strides", .type = NT_OPT_INTS_OR_NONE, .offset = offsetof(cfg, strides), .min = 1,    \
    .max = INT32_MAX, .help = "steps from window to window; None: 1"                               \
  }
#define NT_ROW_PADDING(cfg)                                                                        \
  {                                                                                                \
    .name = "padding", .type = NT_OPT_CHOICE, .offset = offsetof(cfg, padding),                    \
    .choices = "VALID|SAME|CIRCULAR", .help = "borders: none, zeros, or periodic"                  \
  }

#endif
