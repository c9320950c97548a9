#include "naive.h"

#include "net/net_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Values ---- */

static nt_naive create(nt_shape space, int64_t channels, bool same)
{
  nt_naive v = {
      .space = space, .positions = nt_shape_size(&space), .channels = channels, .same = same};
  for (int f = 0; f < NT_NAIVE_PAIRS; f++) {
    v.k[f] = calloc((size_t)(v.positions * v.positions), sizeof(nt_quad));
    v.t[f] = calloc((size_t)(v.positions * v.positions), sizeof(nt_quad));
    if (v.k[f] == NULL || v.t[f] == NULL) abort();
  }
  return v;
}

void nt_naive_free(nt_naive *v)
{
  for (int f = 0; f < NT_NAIVE_PAIRS; f++) {
    free(v->k[f]);
    free(v->t[f]);
  }
}

static void replace(nt_naive *v, nt_naive by)
{
  nt_naive_free(v);
  *v = by;
}

static nt_naive copy(const nt_naive *v)
{
  nt_naive c = create(v->space, v->channels, v->same);
  for (int f = 0; f < NT_NAIVE_PAIRS; f++) {
    memcpy(c.k[f], v->k[f], (size_t)(v->positions * v->positions) * sizeof(nt_quad));
    memcpy(c.t[f], v->t[f], (size_t)(v->positions * v->positions) * sizeof(nt_quad));
  }
  return c;
}

/* Variances of position p of the first (second) sample of pair f. */
static nt_quad variance1(const nt_naive *v, int f, int64_t p)
{
  return v->k[f == NT_NAIVE_OWN2 ? NT_NAIVE_OWN2 : NT_NAIVE_OWN1][p * v->positions + p];
}

static nt_quad variance2(const nt_naive *v, int f, int64_t p)
{
  return v->k[f == NT_NAIVE_OWN1 ? NT_NAIVE_OWN1 : NT_NAIVE_OWN2][p * v->positions + p];
}

/* ---- Linear layers: K'(o, o') = sum of w(o, p) w(o', p') K(p, p') over the taps of both ---- */

/* The taps of one axis: output o reads input o stride + d - low, for d = 0 ... window - 1. */
typedef struct axis {
  int64_t size, out, window, stride, low;
  int padding;
} axis;

static axis axis_of(int64_t size, int64_t window, int64_t stride, int padding)
{
  axis a = {size, (size - window) / stride + 1, window, stride, 0, padding};
  if (padding == NT_PADDING_VALID) return a;
  a.out = (size + stride - 1) / stride;
  const int64_t pad = (a.out - 1) * stride + window - size;
  a.low = pad > 0 ? pad / 2 : 0;
  return a;
}

/* The input position of tap `d`, or -1 in the padding. */
static int64_t read_axis(const axis *a, int64_t o, int64_t d)
{
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
} window;

static window window_of(const nt_shape *space, const nt_ints *sizes, const nt_ints *strides,
                        int padding)
{
  window w = {.rank = space->rank, .out = *space, .taps = 1};
  for (int a = 0; a < space->rank; a++) {
    w.axis[a] = axis_of(space->dim[a], sizes->v[a], strides->n < 0 ? 1 : strides->v[a], padding);
    w.out.dim[a] = w.axis[a].out;
    w.taps *= sizes->v[a];
  }
  return w;
}

/* The input position that tap number `tap` of output position `o` reads, or -1. */
static int64_t read_window(const window *w, int64_t o, int64_t tap)
{
  int64_t position = 0, stride = 1;
  for (int a = w->rank - 1; a >= 0; a--) {
    const axis *x = &w->axis[a];
    const int64_t p = read_axis(x, o % x->out, tap % x->window);
    if (p < 0) return -1;
    position += p * stride;
    stride *= x->size;
    o /= x->out;
    tap /= x->window;
  }
  return position;
}

/* Both positions by the same tap. */
static nt_quad together(const window *w, const nt_quad *k, int64_t n, int64_t o1, int64_t o2)
{
  nt_quad sum = 0;
  for (int64_t tap = 0; tap < w->taps; tap++) {
    const int64_t p1 = read_window(w, o1, tap), p2 = read_window(w, o2, tap);
    if (p1 >= 0 && p2 >= 0) sum += k[p1 * n + p2];
  }
  return sum;
}

/* Each position by all taps. */
static nt_quad apart(const window *w, const nt_quad *k, int64_t n, int64_t o1, int64_t o2)
{
  nt_quad sum = 0;
  for (int64_t tap1 = 0; tap1 < w->taps; tap1++) {
    const int64_t p1 = read_window(w, o1, tap1);
    for (int64_t tap2 = 0; p1 >= 0 && tap2 < w->taps; tap2++) {
      const int64_t p2 = read_window(w, o2, tap2);
      if (p2 >= 0) sum += k[p1 * n + p2];
    }
  }
  return sum;
}

/* K' = w^2 K + b^2, T' = K' + w^2 T */
static void affine(nt_naive *v, double W_std, double b_std, nt_quad share)
{
  const nt_quad w = (nt_quad)W_std, b = b_std != b_std ? 0 : (nt_quad)b_std;
  for (int f = 0; f < NT_NAIVE_PAIRS; f++) {
    for (int64_t i = 0; i < v->positions * v->positions; i++) {
      v->k[f][i] = w * w * share * v->k[f][i] + b * b;
      v->t[f][i] = v->k[f][i] + w * w * share * v->t[f][i];
    }
  }
}

static void dense(const void *cfg, nt_naive *v)
{
  const nt_dense *c = cfg;
  affine(v, c->W_std, c->b_std, 1);
  v->channels = c->out_dim;
}

static void conv(const void *cfg, nt_naive *v)
{
  const nt_conv *c = cfg;
  const window w = window_of(&v->space, &c->filter_shape, &c->strides, c->padding);
  nt_naive out = create(w.out, c->out_chan, v->same);
  for (int f = 0; f < NT_NAIVE_PAIRS; f++) {
    for (int64_t i = 0; i < out.positions * out.positions; i++) {
      const int64_t o1 = i / out.positions, o2 = i % out.positions;
      out.k[f][i] = together(&w, v->k[f], v->positions, o1, o2);
      out.t[f][i] = together(&w, v->t[f], v->positions, o1, o2);
    }
  }
  affine(&out, c->W_std, c->b_std, (nt_quad)1 / w.taps);
  replace(v, out);
}

/* Cells of the window of output o that lie in the input. */
static int64_t inside(const window *w, int64_t o)
{
  int64_t n = 0;
  for (int64_t tap = 0; tap < w->taps; tap++)
    n += read_window(w, o, tap) >= 0;
  return n;
}

/* `mean`: 0 the sum, 1 over the whole window, 2 over its cells in the input. */
static void pool(nt_naive *v, const window *w, int mean)
{
  nt_naive out = create(w->out, v->channels, v->same);
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
  replace(v, out);
}

static void avg_pool(const void *cfg, nt_naive *v)
{
  const nt_avg_pool *c = cfg;
  const window w = window_of(&v->space, &c->window_shape, &c->strides, c->padding);
  pool(v, &w, c->normalize_edges && c->padding == NT_PADDING_SAME ? 2 : 1);
}

static void sum_pool(const void *cfg, nt_naive *v)
{
  const nt_sum_pool *c = cfg;
  const window w = window_of(&v->space, &c->window_shape, &c->strides, c->padding);
  pool(v, &w, 0);
}

static void global_pool(nt_naive *v, int mean)
{
  const nt_shape point = {0};
  nt_ints whole = {.n = v->space.rank}, none = {.n = -1};
  for (int a = 0; a < v->space.rank; a++)
    whole.v[a] = v->space.dim[a];
  const window w = window_of(&v->space, &whole, &none, NT_PADDING_VALID);
  pool(v, &w, mean);
  v->space = point;
}

static void global_avg_pool(const void *cfg, nt_naive *v)
{
  (void)cfg;
  global_pool(v, 1);
}

static void global_sum_pool(const void *cfg, nt_naive *v)
{
  (void)cfg;
  global_pool(v, 0);
}

static void flatten(const void *cfg, nt_naive *v)
{
  const nt_shape point = {0};
  nt_naive out = create(point, v->channels * v->positions, v->same);
  (void)cfg;
  for (int f = 0; f < NT_NAIVE_PAIRS; f++) {
    for (int64_t p = 0; p < v->positions; p++) {
      out.k[f][0] += v->k[f][p * v->positions + p] / v->positions;
      out.t[f][0] += v->t[f][p * v->positions + p] / v->positions;
    }
  }
  replace(v, out);
}

/* ---- Other layers ---- */

static void identity(const void *cfg, nt_naive *v) { (void)cfg, (void)v; }

/* Position p with the axes that are averaged over set to 0. */
static int64_t group_of(const nt_naive *v, const nt_ints *axes, int64_t p)
{
  int64_t group = 0, stride = 1;
  for (int a = v->space.rank - 1; a >= 0; a--) {
    bool averaged = false;
    for (int i = 0; i < axes->n; i++)
      averaged = averaged || nt_axis_resolve(axes->v[i], v->space.rank + 2) == a + 1;
    if (!averaged) group += p % v->space.dim[a] * stride;
    stride *= v->space.dim[a];
    p /= v->space.dim[a];
  }
  return group;
}

/* The variance + eps of the group of p, of the sample of pair `own` with itself. */
static nt_quad group_variance(const nt_naive *v, const nt_layer_norm *c, int own, int64_t p)
{
  nt_quad sum = 0;
  int64_t n = 0;
  for (int64_t q = 0; q < v->positions; q++) {
    if (group_of(v, &c->axis, q) != group_of(v, &c->axis, p)) continue;
    sum += v->k[own][q * v->positions + q] + (nt_quad)c->eps;
    n++;
  }
  return sum / n;
}

static void layer_norm(const void *cfg, nt_naive *v)
{
  nt_naive out = copy(v);
  for (int64_t i = 0; i < v->positions * v->positions; i++) {
    const int64_t p1 = i / v->positions, p2 = i % v->positions;
    for (int f = 0; f < NT_NAIVE_PAIRS; f++) {
      const nt_quad v1 = group_variance(v, cfg, f == NT_NAIVE_OWN2 ? f : NT_NAIVE_OWN1, p1);
      const nt_quad v2 = group_variance(v, cfg, f == NT_NAIVE_OWN1 ? f : NT_NAIVE_OWN2, p2);
      const nt_quad root = nt_quad_sqrt(v1 * v2);
      out.k[f][i] /= root;
      out.t[f][i] /= root;
    }
  }
  replace(v, out);
}

static void dropout(const void *cfg, nt_naive *v)
{
  const nt_dropout *c = cfg;
  for (int64_t p = 0; c->mode == NT_DROPOUT_TRAIN && p < v->positions; p++) {
    for (int f = 0; f < NT_NAIVE_PAIRS; f++) {
      if (f == NT_NAIVE_CROSS && !v->same) continue;
      v->k[f][p * v->positions + p] /= (nt_quad)c->rate;
      v->t[f][p * v->positions + p] /= (nt_quad)c->rate;
    }
  }
}

static void elementwise(const char *name, const void *cfg, nt_naive *v)
{
  nt_naive out = create(v->space, v->channels, v->same);
  for (int f = 0; f < NT_NAIVE_PAIRS; f++) {
    for (int64_t i = 0; i < v->positions * v->positions; i++) {
      const int64_t p1 = i / v->positions, p2 = i % v->positions, mirror = p2 * v->positions + p1;
      nt_naive_map m;
      if ((f != NT_NAIVE_CROSS || v->same) && mirror < i) { /* the matrix is symmetric */
        out.k[f][i] = out.k[f][mirror];
        out.t[f][i] = out.t[f][mirror];
        continue;
      }
      (void)nt_naive_elementwise(name, cfg, variance1(v, f, p1), variance2(v, f, p2), v->k[f][i],
                                 &m);
      out.k[f][i] = m.f;
      out.t[f][i] = m.dot * v->t[f][i];
    }
  }
  replace(v, out);
}

/* ---- Branches: n values become the first of them ---- */

static void fan_in_sum(const void *cfg, int n, nt_naive *v)
{
  (void)cfg;
  for (int b = 1; b < n; b++) {
    for (int f = 0; f < NT_NAIVE_PAIRS; f++) {
      for (int64_t i = 0; i < v->positions * v->positions; i++) {
        v->k[f][i] += v[b].k[f][i];
        v->t[f][i] += v[b].t[f][i];
      }
    }
  }
}

static void fan_in_prod(const void *cfg, int n, nt_naive *v)
{
  (void)cfg;
  for (int b = 1; b < n; b++) {
    for (int f = 0; f < NT_NAIVE_PAIRS; f++) {
      for (int64_t i = 0; i < v->positions * v->positions; i++) {
        v->t[f][i] = v->t[f][i] * v[b].k[f][i] + v->k[f][i] * v[b].t[f][i];
        v->k[f][i] *= v[b].k[f][i];
      }
    }
  }
}

/* Means with the finite numbers of channels as weights. */
static void concat_channels(int n, nt_naive *v)
{
  int64_t channels = 0;
  for (int b = 0; b < n; b++)
    channels += v[b].channels;
  for (int f = 0; f < NT_NAIVE_PAIRS; f++) {
    for (int64_t i = 0; i < v->positions * v->positions; i++) {
      nt_quad k = 0, t = 0;
      for (int b = 0; b < n; b++) {
        k += v[b].k[f][i] * v[b].channels / channels;
        t += v[b].t[f][i] * v[b].channels / channels;
      }
      v->k[f][i] = k;
      v->t[f][i] = t;
    }
  }
  v->channels = channels;
}

/* Which of n values position p of the whole belongs to, and the position there. */
static int part_of(int n, const nt_naive *v, const nt_shape *whole, int axis, int64_t p,
                   int64_t *at)
{
  int64_t coordinate[NT_MAX_RANK];
  int b = 0;
  for (int a = whole->rank - 1; a >= 0; a--) {
    coordinate[a] = p % whole->dim[a];
    p /= whole->dim[a];
  }
  for (; b + 1 < n && coordinate[axis] >= v[b].space.dim[axis]; b++)
    coordinate[axis] -= v[b].space.dim[axis];
  *at = 0;
  for (int a = 0; a < whole->rank; a++)
    *at = *at * v[b].space.dim[a] + coordinate[a];
  return b;
}

/* Side by side; positions of different branches are uncorrelated. */
static void concat_positions(int n, nt_naive *v, int axis)
{
  nt_shape whole = v->space;
  for (int b = 1; b < n; b++)
    whole.dim[axis] += v[b].space.dim[axis];
  nt_naive out = create(whole, v->channels, v->same);
  for (int64_t i = 0; i < out.positions * out.positions; i++) {
    int64_t p1, p2;
    const int one = part_of(n, v, &whole, axis, i / out.positions, &p1);
    const int two = part_of(n, v, &whole, axis, i % out.positions, &p2);
    for (int f = 0; one == two && f < NT_NAIVE_PAIRS; f++) {
      out.k[f][i] = v[one].k[f][p1 * v[one].positions + p2];
      out.t[f][i] = v[one].t[f][p1 * v[one].positions + p2];
    }
  }
  replace(v, out);
}

static void fan_in_concat(const void *cfg, int n, nt_naive *v)
{
  const int rank = v->space.rank + 2;
  const int axis = nt_axis_resolve(((const nt_fan_in_concat *)cfg)->axis, rank);
  if (axis == 0) abort();
  if (axis == rank - 1)
    concat_channels(n, v);
  else
    concat_positions(n, v, axis - 1);
}

/* ---- Networks ---- */

static const struct {
  const char *name;
  void (*one)(const void *cfg, nt_naive *v);
  void (*many)(const void *cfg, int n, nt_naive *v);
} layers[] = {{"Dense", dense, NULL},
              {"Conv", conv, NULL},
              {"AvgPool", avg_pool, NULL},
              {"SumPool", sum_pool, NULL},
              {"GlobalAvgPool", global_avg_pool, NULL},
              {"GlobalSumPool", global_sum_pool, NULL},
              {"Flatten", flatten, NULL},
              {"Identity", identity, NULL},
              {"LayerNorm", layer_norm, NULL},
              {"Dropout", dropout, NULL},
              {"FanInSum", NULL, fan_in_sum},
              {"FanInProd", NULL, fan_in_prod},
              {"FanInConcat", NULL, fan_in_concat}};

enum { BRANCHES = 8 };

static int leaf(const nt_layer *net, int n, nt_naive *v)
{
  const char *name = net->ops->name;
  if (strcmp(name, "FanOut") == 0) {
    const int copies = (int)((const nt_fan_out *)net->cfg)->num;
    if (copies > BRANCHES) abort();
    for (int b = 1; b < copies; b++)
      v[b] = copy(v);
    return copies;
  }
  if (nt_naive_elementwise(name, NULL, 0, 0, 0, NULL)) {
    elementwise(name, net->cfg, v);
    return 1;
  }
  for (size_t l = 0; l < sizeof layers / sizeof layers[0]; l++) {
    if (strcmp(name, layers[l].name) != 0) continue;
    if (layers[l].one != NULL) {
      layers[l].one(net->cfg, v);
      return 1;
    }
    layers[l].many(net->cfg, n, v);
    for (int b = 1; b < n; b++)
      nt_naive_free(&v[b]);
    return 1;
  }
  abort();
}

/* From n values to as many as the network returns. */
static int run(const nt_layer *net, int n, nt_naive *v)
{
  switch (net->kind) {
  case NT_LAYER_LEAF:
    return leaf(net, n, v);
  case NT_LAYER_PARALLEL:
    for (int b = 0; b < n; b++) {
      if (run(net->child[b], 1, &v[b]) != 1) abort();
    }
    return n;
  case NT_LAYER_REPEAT:
    for (int64_t i = 0; i < net->repeat; i++)
      n = run(net->child[0], n, v);
    return n;
  default:
    for (int i = 0; i < net->n; i++)
      n = run(net->child[i], n, v);
    return n;
  }
}

void nt_naive_run(const nt_layer *net, const nt_shape *shape, const double *x1, const double *x2,
                  nt_naive *out)
{
  nt_naive v[BRANCHES];
  nt_shape space = *shape;
  const int64_t channels = shape->dim[--space.rank];
  const double *const pair[NT_NAIVE_PAIRS][2] = {{x1, x1}, {x1, x2}, {x2, x2}};
  v[0] = create(space, channels, x1 == x2);
  const int64_t n = v[0].positions;
  for (int f = 0; f < NT_NAIVE_PAIRS; f++) {
    for (int64_t i = 0; i < n * n; i++) {
      const double *a = pair[f][0] + i / n * channels, *b = pair[f][1] + i % n * channels;
      for (int64_t c = 0; c < channels; c++)
        v[0].k[f][i] += (nt_quad)a[c] * (nt_quad)b[c] / channels;
    }
  }
  if (run(net, 1, v) != 1) abort();
  *out = v[0];
}
