#include "naive_impl.h"

#include "net/net_impl.h"

#include <stdlib.h>
#include <string.h>

nt_naive nt_naive_create(nt_shape space, int64_t channels, bool same)
{
  nt_naive v = {
      .space = space, .positions = nt_shape_size(&space), .channels = channels, .same = same};
  for (int f = 0; f < NT_NAIVE_PAIRS; f++) {
    v.k[f] = calloc((size_t)(v.positions * v.positions), sizeof(nt_quad));
    v.t[f] = calloc((size_t)(v.positions * v.positions), sizeof(nt_quad));
    if (v.k[f] == NULL || v.t[f] == NULL) abort();
  }
  for (int s = 0; s < 2; s++) {
    v.mask[s] = calloc((size_t)v.positions, 1);
    if (v.mask[s] == NULL) abort();
  }
  return v;
}

void nt_naive_free(nt_naive *v)
{
  for (int f = 0; f < NT_NAIVE_PAIRS; f++) {
    free(v->k[f]);
    free(v->t[f]);
  }
  free(v->mask[0]);
  free(v->mask[1]);
}

void nt_naive_replace(nt_naive *v, nt_naive by)
{
  nt_naive_free(v);
  *v = by;
}

nt_naive nt_naive_copy(const nt_naive *v)
{
  nt_naive c = nt_naive_create(v->space, v->channels, v->same);
  for (int f = 0; f < NT_NAIVE_PAIRS; f++) {
    memcpy(c.k[f], v->k[f], (size_t)(v->positions * v->positions) * sizeof(nt_quad));
    memcpy(c.t[f], v->t[f], (size_t)(v->positions * v->positions) * sizeof(nt_quad));
  }
  c.masks = v->masks;
  for (int s = 0; s < 2; s++)
    memcpy(c.mask[s], v->mask[s], (size_t)v->positions);
  return c;
}

void nt_naive_remask(nt_naive *v)
{
  for (int f = 0; f < NT_NAIVE_PAIRS; f++) {
    const unsigned char *one = v->mask[f == NT_NAIVE_OWN2], *two = v->mask[f != NT_NAIVE_OWN1];
    for (int64_t i = 0; i < v->positions * v->positions; i++) {
      if (one[i / v->positions] || two[i % v->positions]) v->k[f][i] = v->t[f][i] = 0;
    }
  }
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

/* The variance + eps of the group of p, of the sample of pair `own` with itself: over the positions
 * that are not masked, though eps is added at all. */
static nt_quad group_variance(const nt_naive *v, const nt_layer_norm *c, int own, int64_t p)
{
  nt_quad sum = 0;
  int64_t n = 0;
  for (int64_t q = 0; q < v->positions; q++) {
    if (group_of(v, &c->axis, q) != group_of(v, &c->axis, p)) continue;
    sum += v->k[own][q * v->positions + q] + (nt_quad)c->eps;
    n += !v->mask[own == NT_NAIVE_OWN2][q];
  }
  return sum / (n > 0 ? n : 1);
}

static void layer_norm(const void *cfg, nt_naive *v)
{
  nt_naive out = nt_naive_copy(v);
  nt_quad *const own1 = calloc((size_t)(2 * v->positions), sizeof *own1);
  nt_quad *const own2 = own1 + v->positions;
  for (int64_t p = 0; p < v->positions; p++) {
    own1[p] = group_variance(v, cfg, NT_NAIVE_OWN1, p);
    own2[p] = group_variance(v, cfg, NT_NAIVE_OWN2, p);
  }
  for (int64_t i = 0; i < v->positions * v->positions; i++) {
    for (int f = 0; f < NT_NAIVE_PAIRS; f++) {
      const nt_quad v1 = (f == NT_NAIVE_OWN2 ? own2 : own1)[i / v->positions];
      const nt_quad v2 = (f == NT_NAIVE_OWN1 ? own1 : own2)[i % v->positions];
      const nt_quad root = nt_quad_sqrt(v1 * v2);
      out.k[f][i] /= root;
      out.t[f][i] /= root;
    }
  }
  free(own1);
  nt_naive_replace(v, out);
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
  nt_naive out = nt_naive_copy(v);
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
  nt_naive_replace(v, out);
}

static const struct {
  const char *name;
  void (*one)(const void *cfg, nt_naive *v);
  void (*many)(const void *cfg, int n, nt_naive *v);
  bool remasks;
} layers[] = {{"Dense", nt_naive_dense, NULL, true},
              {"Conv", nt_naive_conv, NULL, true},
              {"ConvLocal", nt_naive_conv_local, NULL, true},
              {"ConvTranspose", nt_naive_conv_transpose, NULL, true},
              {"AvgPool", nt_naive_avg_pool, NULL, true},
              {"SumPool", nt_naive_sum_pool, NULL, true},
              {"GlobalAvgPool", nt_naive_global_avg_pool, NULL, false},
              {"GlobalSumPool", nt_naive_global_sum_pool, NULL, false},
              {"Flatten", nt_naive_flatten, NULL, false},
              {"ImageResize", nt_naive_image_resize, NULL, true},
              {"DotGeneral", nt_naive_dot_general, NULL, false},
              {"GlobalSelfAttention", nt_naive_attention, NULL, true},
              {"Identity", identity, NULL, false},
              {"LayerNorm", layer_norm, NULL, false},
              {"Dropout", dropout, NULL, false},
              {"FanInSum", NULL, nt_naive_fan_in_sum, false},
              {"FanInProd", NULL, nt_naive_fan_in_prod, false},
              {"FanInConcat", NULL, nt_naive_fan_in_concat, false}};

enum { BRANCHES = 8 };

static int leaf(const nt_layer *net, int n, nt_naive *v)
{
  const char *name = net->ops->name;
  if (strcmp(name, "FanOut") == 0) {
    const int copies = (int)((const nt_fan_out *)net->cfg)->num;
    if (copies > BRANCHES) abort();
    for (int b = 1; b < copies; b++)
      v[b] = nt_naive_copy(v);
    return copies;
  }
  if (nt_naive_elementwise(name, NULL, 0, 0, 0, NULL)) {
    elementwise(name, net->cfg, v);
    nt_naive_remask(v);
    return 1;
  }
  for (size_t l = 0; l < sizeof layers / sizeof layers[0]; l++) {
    if (strcmp(name, layers[l].name) != 0) continue;
    if (layers[l].one != NULL) {
      layers[l].one(net->cfg, v);
      if (layers[l].remasks) nt_naive_remask(v);
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

/* Positions of zeros in all channels. */
static void find_mask(const double *x, int64_t positions, int64_t channels, unsigned char *mask)
{
  for (int64_t p = 0; p < positions; p++) {
    mask[p] = 1;
    for (int64_t c = 0; c < channels; c++)
      mask[p] &= x[p * channels + c] == 0;
  }
}

void nt_naive_run(const nt_layer *net, const nt_shape *shape, const double *x1, const double *x2,
                  bool masks, nt_naive *out)
{
  nt_naive v[BRANCHES];
  nt_shape space = *shape;
  const int64_t channels = shape->dim[--space.rank];
  const double *const pair[NT_NAIVE_PAIRS][2] = {{x1, x1}, {x1, x2}, {x2, x2}};
  v[0] = nt_naive_create(space, channels, x1 == x2);
  const int64_t n = v[0].positions;
  v[0].masks = masks;
  for (int s = 0; masks && s < 2; s++)
    find_mask(s == 0 ? x1 : x2, n, channels, v[0].mask[s]);
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
