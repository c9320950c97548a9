/* Layers that mix all positions: ImageResize, DotGeneral, GlobalSelfAttention. */
#include "naive_impl.h"

#include <math.h>
#include <stdlib.h>

/* out = L1 x L2^T, L1 and L2 [rows][n], row by row of L1 x. */
static void two_sided(int64_t rows, int64_t n, const nt_quad *L1, const nt_quad *x,
                      const nt_quad *L2, nt_quad *out)
{
  nt_quad *row = malloc((size_t)n * sizeof *row);
  if (row == NULL) abort();
  for (int64_t i = 0; i < rows; i++) {
    for (int64_t q = 0; q < n; q++) {
      row[q] = 0;
      for (int64_t p = 0; p < n; p++)
        row[q] += L1[i * n + p] * x[p * n + q];
    }
    for (int64_t o = 0; o < rows; o++) {
      nt_quad sum = 0;
      for (int64_t q = 0; q < n; q++)
        sum += row[q] * L2[o * n + q];
      out[i * rows + o] = sum;
    }
  }
  free(row);
}

/* Weight of input i in output o along an axis of m -> n positions. */
static nt_quad weight_of(const nt_image_resize *c, int64_t m, int64_t n, int64_t o, int64_t i)
{
  if (m == n) return i == o;
  if (c->method == NT_RESIZE_NEAREST) {
    const float at = ((float)o + 0.5F) * (float)m / (float)n;
    return i == (int64_t)floorf(at);
  }
  const nt_quad inverse = (nt_quad)m / n, wide = c->antialias && m > n ? inverse : 1;
  const nt_quad centre = (o + (nt_quad)0.5) * inverse - (nt_quad)0.5;
  nt_quad sum = 0, weight = 0;
  for (int64_t j = 0; j < m; j++) {
    const nt_quad distance = (centre < j ? j - centre : centre - j) / wide;
    const nt_quad w = distance < 1 ? 1 - distance : 0;
    sum += w;
    if (j == i) weight = w;
  }
  return weight / sum;
}

/* The same of positions, the product over the axes. */
static nt_quad resize_weight(const nt_image_resize *c, const nt_shape *in, const nt_shape *out,
                             int64_t o, int64_t i)
{
  nt_quad weight = 1;
  for (int a = in->rank - 1; a >= 0; a--) {
    weight *= weight_of(c, in->dim[a], out->dim[a], o % out->dim[a], i % in->dim[a]);
    o /= out->dim[a];
    i /= in->dim[a];
  }
  return weight;
}

void nt_naive_image_resize(const void *cfg, nt_naive *v)
{
  const nt_image_resize *c = cfg;
  nt_shape space = v->space;
  for (int a = 0; a < space.rank; a++) {
    if (c->shape.v[a + 1] >= 0) space.dim[a] = c->shape.v[a + 1];
  }
  nt_naive out = nt_naive_create(space, v->channels, v->same);
  const int64_t n = v->positions, rows = out.positions;
  nt_quad *L = calloc((size_t)(rows * n), sizeof *L);
  if (L == NULL) abort();
  for (int64_t i = 0; i < rows * n; i++)
    L[i] = resize_weight(c, &v->space, &space, i / n, i % n);
  for (int f = 0; f < NT_NAIVE_PAIRS; f++) {
    two_sided(rows, n, L, v->k[f], L, out.k[f]);
    two_sided(rows, n, L, v->t[f], L, out.t[f]);
  }
  out.masks = v->masks;
  for (int64_t i = 0; i < 2 * rows; i++) {
    bool masked = v->masks;
    for (int64_t j = 0; j < n; j++)
      masked = masked && (L[i / 2 * n + j] == 0 || v->mask[i % 2][j]);
    out.mask[i % 2][i / 2] = masked;
  }
  free(L);
  nt_naive_replace(v, out);
}

/* DotGeneral, of a matrix or a vector at the last axis of space. */

void nt_naive_dot_general(const void *cfg, nt_naive *v)
{
  const nt_dot_general *c = cfg;
  const nt_ints *contract = c->dimension_numbers.contract;
  nt_shape space = v->space;
  const int last = space.rank - 1;
  if (c->rhs.rank < 1 || contract[0].n != 1 || contract[0].v[0] != last + 1 || v->masks) abort();
  const int64_t m = space.dim[last], n = c->rhs.rank == 2 ? c->rhs.dim[1] : 1;
  space.dim[last] = n;
  if (c->rhs.rank == 1) space.rank--;
  nt_naive out = nt_naive_create(space, v->channels, v->same);
  const int64_t ins = v->positions, outs = out.positions;
  nt_quad *L = calloc((size_t)(outs * ins), sizeof *L);
  if (L == NULL) abort();
  for (int64_t o = 0; o < outs; o++) {
    for (int64_t i = 0; i < m; i++)
      L[o * ins + o / n * m + i] = c->rhs.data[i * n + o % n];
  }
  for (int f = 0; f < NT_NAIVE_PAIRS; f++) {
    two_sided(outs, ins, L, v->k[f], L, out.k[f]);
    two_sided(outs, ins, L, v->t[f], L, out.t[f]);
  }
  free(L);
  nt_naive_replace(v, out);
}

/* GlobalSelfAttention, of Hron et al. 2020. */

/* K~ or T~: positions embedded in the covariance x of pair f. */
static void embed(const nt_attention *c, const nt_naive *v, int f, const nt_quad *x, nt_quad *out)
{
  const nt_quad w2 = (nt_quad)c->W_pos_emb_std * (nt_quad)c->W_pos_emb_std;
  const int64_t n = v->positions,
                all = c->n_chan_pos_emb == NT_INT_NONE ? v->channels : c->n_chan_pos_emb;
  const bool concat = c->pos_emb_type == NT_POS_EMB_CONCAT;
  const nt_quad keep = concat ? (nt_quad)v->channels / (v->channels + all) : 1;
  const nt_quad position = concat                              ? w2 * all / (v->channels + all)
                           : c->pos_emb_type == NT_POS_EMB_SUM ? w2
                                                               : 0;
  for (int64_t i = 0; i < n * n; i++)
    out[i] = keep * x[i];
  for (int64_t p = 0; p < n; p++) {
    if (!v->mask[f == NT_NAIVE_OWN2][p] && !v->mask[f != NT_NAIVE_OWN1][p])
      out[p * (n + 1)] += position;
  }
}

/* G [n][n] from K~ of a sample with itself. */
static void weigh(const nt_attention *c, int64_t n, const unsigned char *mask, nt_quad *g)
{
  const nt_quad scale = (nt_quad)c->W_query_std * (nt_quad)c->W_key_std;
  for (int64_t i = 0; i < n; i++, g += n) {
    nt_quad top = 0, sum = 0;
    bool any = false;
    for (int64_t j = 0; j < n; j++) {
      g[j] = mask[j] ? 0 : g[j] * scale;
      if (c->attention_mechanism == NT_ATTENTION_ABS && g[j] < 0) g[j] = -g[j];
      if (c->attention_mechanism == NT_ATTENTION_RELU && g[j] < 0) g[j] = 0;
      if (!mask[j] && (!any || g[j] > top)) top = g[j];
      any = any || !mask[j];
    }
    if (c->attention_mechanism != NT_ATTENTION_SOFTMAX) continue;
    for (int64_t j = 0; j < n; j++) {
      g[j] = any && mask[j] ? 0 : nt_quad_exp(g[j] - top);
      sum += g[j];
    }
    for (int64_t j = 0; j < n; j++)
      g[j] /= sum;
  }
}

static void linear_scaling(const nt_attention *c, const nt_naive *v, nt_naive *out,
                           nt_quad *const k[], nt_quad *const t[])
{
  const int64_t n = v->positions;
  const nt_quad ov = (nt_quad)c->W_out_std * (nt_quad)c->W_value_std;
  nt_naive g = nt_naive_create(v->space, v->channels, v->same);
  for (int f = 0; f < NT_NAIVE_PAIRS; f++) {
    for (int64_t i = 0; i < n * n; i++)
      g.k[f][i] = k[f][i];
    weigh(c, n, v->mask[f == NT_NAIVE_OWN2], g.k[f]);
  }
  for (int f = 0; f < NT_NAIVE_PAIRS; f++) {
    const nt_quad *one = g.k[f == NT_NAIVE_OWN2 ? NT_NAIVE_OWN2 : NT_NAIVE_OWN1];
    const nt_quad *two = g.k[f == NT_NAIVE_OWN1 ? NT_NAIVE_OWN1 : NT_NAIVE_OWN2];
    two_sided(n, n, one, c->val_pos_emb ? k[f] : v->k[f], two, out->k[f]);
    two_sided(n, n, one, c->val_pos_emb ? t[f] : v->t[f], two, out->t[f]);
    for (int64_t i = 0; i < n * n; i++) {
      out->t[f][i] = ov * ov * (out->t[f][i] + 2 * out->k[f][i]);
      out->k[f][i] *= ov * ov;
    }
  }
  nt_naive_free(&g);
}

static void square_root_scaling(const nt_attention *c, const nt_naive *v, nt_naive *out,
                                nt_quad *const k[], nt_quad *const t[])
{
  const nt_quad all = (nt_quad)c->W_out_std * (nt_quad)c->W_value_std * (nt_quad)c->W_query_std *
                      (nt_quad)c->W_key_std;
  for (int f = 0; f < NT_NAIVE_PAIRS; f++) {
    const nt_quad *kv = c->val_pos_emb ? k[f] : v->k[f], *tv = c->val_pos_emb ? t[f] : v->t[f];
    nt_quad d = 0, e = 0;
    for (int64_t i = 0; i < v->positions * v->positions; i++) {
      d += k[f][i] * kv[i];
      e += k[f][i] * tv[i] + t[f][i] * kv[i];
    }
    for (int64_t i = 0; i < v->positions * v->positions; i++) {
      out->k[f][i] = all * all * d * k[f][i];
      out->t[f][i] = all * all * (e * k[f][i] + d * (t[f][i] + 4 * k[f][i]));
    }
  }
}

void nt_naive_attention(const void *cfg, nt_naive *v)
{
  const nt_attention *c = cfg;
  const nt_quad b = c->b_std != c->b_std ? 0 : (nt_quad)c->b_std;
  nt_naive out = nt_naive_copy(v), embedded = nt_naive_copy(v);
  if (c->pos_emb_decay_fn != NULL) abort();
  for (int f = 0; f < NT_NAIVE_PAIRS; f++) {
    embed(c, v, f, v->k[f], embedded.k[f]);
    embed(c, v, f, v->t[f], embedded.t[f]);
  }
  (c->linear_scaling ? linear_scaling : square_root_scaling)(c, v, &out, embedded.k, embedded.t);
  for (int f = 0; f < NT_NAIVE_PAIRS; f++) {
    for (int64_t i = 0; i < v->positions * v->positions; i++) {
      out.k[f][i] += b * b;
      out.t[f][i] += b * b;
    }
  }
  out.channels = c->n_chan_out;
  nt_naive_free(&embedded);
  nt_naive_replace(v, out);
}
