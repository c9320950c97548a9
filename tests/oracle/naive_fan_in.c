/* What joins branches. */
#include "naive_impl.h"

#include <stdlib.h>

/* Branches: n values become the first of them. */

/* Masked where all branches are. */
static void join_masks(int n, nt_naive *v)
{
  for (int s = 0; s < 2; s++) {
    for (int64_t p = 0; p < v->positions; p++) {
      for (int b = 1; b < n; b++)
        v->mask[s][p] &= v[b].mask[s][p];
    }
  }
}

void nt_naive_fan_in_sum(const void *cfg, int n, nt_naive *v)
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
  join_masks(n, v);
}

void nt_naive_fan_in_prod(const void *cfg, int n, nt_naive *v)
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
  join_masks(n, v);
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
  join_masks(n, v); /* the layer that reads them joins the channels */
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
  nt_naive out = nt_naive_create(whole, v->channels, v->same);
  for (int64_t i = 0; i < out.positions * out.positions; i++) {
    int64_t p1, p2;
    const int one = part_of(n, v, &whole, axis, i / out.positions, &p1);
    const int two = part_of(n, v, &whole, axis, i % out.positions, &p2);
    for (int f = 0; one == two && f < NT_NAIVE_PAIRS; f++) {
      out.k[f][i] = v[one].k[f][p1 * v[one].positions + p2];
      out.t[f][i] = v[one].t[f][p1 * v[one].positions + p2];
    }
  }
  out.masks = v->masks;
  for (int64_t p = 0; p < out.positions; p++) {
    int64_t at;
    const int b = part_of(n, v, &whole, axis, p, &at);
    for (int s = 0; s < 2; s++)
      out.mask[s][p] = v[b].mask[s][at];
  }
  nt_naive_replace(v, out);
}

void nt_naive_fan_in_concat(const void *cfg, int n, nt_naive *v)
{
  const int rank = v->space.rank + 2;
  const int axis = nt_axis_resolve(((const nt_fan_in_concat *)cfg)->axis, rank);
  if (axis == 0) abort();
  if (axis == rank - 1)
    concat_channels(n, v);
  else
    concat_positions(n, v, axis - 1);
}
