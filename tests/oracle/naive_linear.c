/* Layers with weights, pooling, Flatten. */
#include "naive_impl.h"

#include <stdlib.h>
#include <string.h>

/* Linear layers: K'(o, o') = sum of w(o, p) w(o', p') K(p, p') over the taps of both. */

/* The taps of one axis: output o reads input o stride + d - low, for d = 0 ... window - 1;
 * `transposed`: input (o + d - low) / stride, where that is whole. */
typedef struct axis {
  int64_t size, out, window, stride, low;
  int padding;
  bool transposed;
} axis;

static axis axis_of(int64_t size, int64_t window, int64_t stride, int padding)
{
  axis a = {size, (size - window) / stride + 1, window, stride, 0, padding, false};
  if (padding == NT_PADDING_VALID) return a;
  a.out = (size + stride - 1) / stride;
  const int64_t pad = (a.out - 1) * stride + window - size;
  a.low = pad > 0 ? pad / 2 : 0;
  return a;
}

static axis transposed_of(int64_t size, int64_t window, int64_t stride, int padding)
{
  axis a = {size, size * stride, window, stride, window - 1, padding, true};
  if (padding == NT_PADDING_CIRCULAR) abort();
  if (padding == NT_PADDING_VALID && window > stride) a.out += window - stride;
  if (padding == NT_PADDING_SAME && stride <= window - 1) a.low = (window + stride - 1) / 2;
  return a;
}

/* The input position of tap `d`, or -1 in the padding. */
static int64_t read_axis(const axis *a, int64_t o, int64_t d)
{
  const int64_t at = o + d - a->low;
  if (a->transposed)
    return at >= 0 && at % a->stride == 0 && at / a->stride < a->size ? at / a->stride : -1;
  const int64_t p = o * a->stride + d - a->low;
  if (a->padding == NT_PADDING_CIRCULAR) return (p % a->size + a->size) % a->size;
  return p >= 0 && p < a->size ? p : -1;
}

/* Windows over all axes. */
typedef struct window {
  int rank;
  axis axis[NT_MAX_RANK];
  nt_shape out;
  int64_t taps; /* of an output position, with those in the padding */
  int64_t *in;  /* [out][taps] The input position that each reads, or -1. Owned. */
} window;

/* The input position that tap number `tap` of output position `o` reads, or -1. */
static int64_t position_of(const window *w, int64_t o, int64_t tap)
{
  int64_t position = 0, stride = 1;
  for (int a = w->rank - 1; a >= 0; a--) {
    const axis *x = &w->axis[a];
    if (x->out < 1 || x->window < 1) abort(); /* nothing is empty */
    const int64_t p = read_axis(x, o % x->out, tap % x->window);
    if (p < 0) return -1;
    position += p * stride;
    stride *= x->size;
    o /= x->out;
    tap /= x->window;
  }
  return position;
}

static window window_of(const nt_shape *space, const nt_ints *sizes, const nt_ints *strides,
                        int padding, bool transposed)
{
  window w = {.rank = space->rank, .out = *space, .taps = 1};
  for (int a = 0; a < space->rank; a++) {
    const int64_t stride = strides->n < 0 ? 1 : strides->v[a];
    w.axis[a] = (transposed ? transposed_of : axis_of)(space->dim[a], sizes->v[a], stride, padding);
    w.out.dim[a] = w.axis[a].out;
    w.taps *= sizes->v[a];
  }
  const int64_t n = nt_shape_size(&w.out) * w.taps;
  w.in = malloc((size_t)n * sizeof *w.in);
  if (w.in == NULL) abort();
  for (int64_t i = 0; i < n; i++)
    w.in[i] = position_of(&w, i / w.taps, i % w.taps);
  return w;
}

/* Both positions by the same tap. */
static nt_quad together(const window *w, const nt_quad *k, int64_t n, int64_t o1, int64_t o2)
{
  const int64_t *p1 = w->in + o1 * w->taps, *p2 = w->in + o2 * w->taps;
  nt_quad sum = 0;
  for (int64_t tap = 0; tap < w->taps; tap++) {
    if (p1[tap] >= 0 && p2[tap] >= 0) sum += k[p1[tap] * n + p2[tap]];
  }
  return sum;
}

/* Each position by all taps. */
static nt_quad apart(const window *w, const nt_quad *k, int64_t n, int64_t o1, int64_t o2)
{
  const int64_t *p1 = w->in + o1 * w->taps, *p2 = w->in + o2 * w->taps;
  nt_quad sum = 0;
  for (int64_t tap1 = 0; tap1 < w->taps; tap1++) {
    for (int64_t tap2 = 0; p1[tap1] >= 0 && tap2 < w->taps; tap2++)
      if (p2[tap2] >= 0) sum += k[p1[tap1] * n + p2[tap2]];
  }
  return sum;
}

/* Weights and biases of a layer, W_std and b_std as of Dense; fan_in:
 * weights of an output over s[0]. */
typedef struct weights {
  double W_std, b_std;
  nt_quad fan_in;
  bool standard;
} weights;

/* K' = w^2 K + b^2 of the mean K over the weights; T' = K' + w^2 T, or fan_in K + w^2
 * T + 1, the last with a bias. */
static void affine(nt_naive *v, const weights *c)
{
  const bool bias = c->b_std == c->b_std;
  const nt_quad w2 = (nt_quad)c->W_std * (nt_quad)c->W_std,
                b2 = bias ? (nt_quad)c->b_std * (nt_quad)c->b_std : 0;
  for (int f = 0; f < NT_NAIVE_PAIRS; f++) {
    for (int64_t i = 0; i < v->positions * v->positions; i++) {
      const nt_quad k = w2 * v->k[f][i] + b2;
      v->t[f][i] = (c->standard ? c->fan_in * v->k[f][i] + bias : k) + w2 * v->t[f][i];
      v->k[f][i] = k;
    }
  }
}

static int64_t width(int64_t channels, bool standard, const nt_ints *s)
{
  return standard ? channels * s->v[1] : channels;
}

void nt_naive_dense(const void *cfg, nt_naive *v)
{
  const nt_dense *c = cfg;
  const bool standard = c->parameterization == NT_PARAMETERIZATION_STANDARD;
  affine(v, &(weights){c->W_std, c->b_std, (nt_quad)v->channels / (nt_quad)c->s.v[0], standard});
  v->channels = width(c->out_dim, standard, &c->s);
}

/* Masked are the outputs whose centre is; of a transposed window, those that any
 * masked position reaches. */
static void move_masks(const window *w, const nt_naive *v, nt_naive *out)
{
  out->masks = v->masks;
  for (int s = 0; s < 2; s++) {
    for (int64_t o = 0; o < out->positions; o++) {
      int64_t tap = 0, step = 1;
      for (int a = w->rank - 1; a >= 0; a--) {
        tap += (w->axis[a].window - 1) / 2 * step;
        step *= w->axis[a].window;
      }
      const bool any = w->rank > 0 && w->axis[0].transposed;
      for (int64_t t = any ? 0 : tap; t < (any ? w->taps : tap + 1); t++) {
        const int64_t p = w->in[o * w->taps + t];
        out->mask[s][o] |= p >= 0 && v->mask[s][p];
      }
    }
  }
}

static void convolve(const nt_conv *c, window *w, nt_naive *v)
{
  const bool standard = c->parameterization == NT_PARAMETERIZATION_STANDARD;
  nt_naive out = nt_naive_create(w->out, width(c->out_chan, standard, &c->s), v->same);
  for (int f = 0; f < NT_NAIVE_PAIRS; f++) {
    for (int64_t i = 0; i < out.positions * out.positions; i++) {
      const int64_t o1 = i / out.positions, o2 = i % out.positions;
      out.k[f][i] = together(w, v->k[f], v->positions, o1, o2) / w->taps;
      out.t[f][i] = together(w, v->t[f], v->positions, o1, o2) / w->taps;
    }
  }
  affine(&out, &(weights){c->W_std, c->b_std, (nt_quad)(v->channels * w->taps) / (nt_quad)c->s.v[0],
                          standard});
  move_masks(w, v, &out);
  free(w->in);
  nt_naive_replace(v, out);
}

void nt_naive_conv(const void *cfg, nt_naive *v)
{
  const nt_conv *c = cfg;
  window w = window_of(&v->space, &c->filter_shape, &c->strides, c->padding, false);
  convolve(c, &w, v);
}

void nt_naive_conv_transpose(const void *cfg, nt_naive *v)
{
  const nt_conv *c = cfg;
  window w = window_of(&v->space, &c->filter_shape, &c->strides, c->padding, true);
  convolve(c, &w, v);
}

/* Weights of their own at every position: different positions are uncorrelated. */
void nt_naive_conv_local(const void *cfg, nt_naive *v)
{
  nt_naive_conv(cfg, v);
  for (int f = 0; f < NT_NAIVE_PAIRS; f++) {
    for (int64_t i = 0; i < v->positions * v->positions; i++) {
      if (i / v->positions != i % v->positions) v->k[f][i] = v->t[f][i] = 0;
    }
  }
}

/* Cells of the window of output o that lie in the input. */
static int64_t inside(const window *w, int64_t o)
{
  int64_t n = 0;
  for (int64_t tap = 0; tap < w->taps; tap++)
    n += w->in[o * w->taps + tap] >= 0;
  return n;
}

/* `mean`: 0 the sum, 1 over the whole window, 2 over its cells in the input. */
static void pool(nt_naive *v, window *w, int mean)
{
  nt_naive out = nt_naive_create(w->out, v->channels, v->same);
  for (int64_t i = 0; i < out.positions * out.positions; i++) {
    const int64_t o1 = i / out.positions, o2 = i % out.positions;
    const nt_quad divisor = mean == 0   ? 1
                            : mean == 1 ? (nt_quad)(w->taps * w->taps)
                                        : (nt_quad)(inside(w, o1) * inside(w, o2));
    for (int f = 0; f < NT_NAIVE_PAIRS; f++) {
      out.k[f][i] = apart(w, v->k[f], v->positions, o1, o2) / divisor;
      out.t[f][i] = apart(w, v->t[f], v->positions, o1, o2) / divisor;
    }
  }
  move_masks(w, v, &out);
  free(w->in);
  nt_naive_replace(v, out);
}

void nt_naive_avg_pool(const void *cfg, nt_naive *v)
{
  const nt_avg_pool *c = cfg;
  window w = window_of(&v->space, &c->window_shape, &c->strides, c->padding, false);
  pool(v, &w, c->normalize_edges && c->padding == NT_PADDING_SAME ? 2 : 1);
}

void nt_naive_sum_pool(const void *cfg, nt_naive *v)
{
  const nt_sum_pool *c = cfg;
  window w = window_of(&v->space, &c->window_shape, &c->strides, c->padding, false);
  pool(v, &w, 0);
}

static int64_t unmasked(const nt_naive *v, int sample)
{
  int64_t n = 0;
  for (int64_t p = 0; p < v->positions; p++)
    n += !v->mask[sample][p];
  return n > 0 ? n : 1;
}

/* All positions become one, masked where all are. */
static nt_naive point_of(const nt_naive *v, int64_t channels)
{
  const nt_shape point = {0};
  nt_naive out = nt_naive_create(point, channels, v->same);
  out.masks = v->masks;
  for (int s = 0; s < 2; s++)
    out.mask[s][0] = memchr(v->mask[s], 0, (size_t)v->positions) == NULL;
  return out;
}

/* The sum, or the mean over the positions that are not masked. */
static void global_pool(nt_naive *v, bool mean)
{
  nt_naive out = point_of(v, v->channels);
  for (int f = 0; f < NT_NAIVE_PAIRS; f++) {
    const nt_quad n = mean ? unmasked(v, f == NT_NAIVE_OWN2) * unmasked(v, f != NT_NAIVE_OWN1) : 1;
    for (int64_t i = 0; i < v->positions * v->positions; i++) {
      out.k[f][0] += v->k[f][i] / n;
      out.t[f][0] += v->t[f][i] / n;
    }
  }
  nt_naive_replace(v, out);
}

void nt_naive_global_avg_pool(const void *cfg, nt_naive *v)
{
  (void)cfg;
  global_pool(v, true);
}

void nt_naive_global_sum_pool(const void *cfg, nt_naive *v)
{
  (void)cfg;
  global_pool(v, false);
}

void nt_naive_flatten(const void *cfg, nt_naive *v)
{
  nt_naive out = point_of(v, v->channels * v->positions);
  (void)cfg;
  for (int f = 0; f < NT_NAIVE_PAIRS; f++) {
    for (int64_t p = 0; p < v->positions; p++) {
      out.k[f][0] += v->k[f][p * v->positions + p] / v->positions;
      out.t[f][0] += v->t[f][p * v->positions + p] / v->positions;
    }
  }
  nt_naive_replace(v, out);
}
