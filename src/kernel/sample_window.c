/* Windows over the positions of a sample, axis after axis: convolutions, and the sums of pools. */
#include "base/check.h"
#include "base/clones.h"
#include "base/memory.h"
#include "kernel/sample_impl.h"

#include <stdlib.h>
#include <string.h>

int64_t nt_window_positions(const nt_node *node)
{
  int64_t most = 1;
  for (int a = 0; a < nt_node_rank(node); a++) {
    const nt_taps *taps = &node->taps[a];
    most *= taps->n_in > taps->n_out ? taps->n_in : taps->n_out;
  }
  return most;
}

NT_CLONES static void add_run(int64_t n, double w, const double *x, double *y)
{
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++)
    y[i] += w * x[i];
}

/* Whether tap t of output p sums the input next to that of output p - 1. */
static bool runs_on(const nt_taps *taps, int64_t p, int t)
{
  const int64_t at = p * taps->n + t, before = at - taps->n;
  return taps->in[before] >= 0 && taps->in[at] == taps->in[before] + 1 &&
         (taps->weight == NULL || taps->weight[at] == taps->weight[before]);
}

/* One axis: outer x n_in x inner -> outer x n_out x inner; as many outputs at a time as read
 * neighbours. `both`: the weights of both arguments. */
static void sum_axis(const nt_taps *taps, bool both, int64_t outer, int64_t inner, const double *x,
                     double *y)
{
  memset(y, 0, (size_t)(outer * taps->n_out * inner) * sizeof *y);
  for (int t = 0; t < taps->n; t++) {
    for (int64_t p = 0, end = 0; p < taps->n_out; p = end) {
      const int64_t at = p * taps->n + t;
      const double one = taps->weight == NULL ? 1 : taps->weight[at], w = both ? one * one : one;
      for (end = p + 1; end < taps->n_out && runs_on(taps, end, t);)
        end++;
      if (taps->in[at] < 0) continue;
      for (int64_t o = 0; o < outer; o++) {
        add_run((end - p) * inner, w, x + (o * taps->n_in + taps->in[at]) * inner,
                y + (o * taps->n_out + p) * inner);
      }
    }
  }
}

double *nt_window_sums(const nt_node *node, int axis, double *x, double *y)
{
  const int rank = nt_node_rank(node);
  int64_t outer = 1, inner = 1;
  for (int a = 0; a < rank; a++)
    outer *= node->taps[a].n_in;
  for (int a = rank - 1; a > axis; a--) {
    double *swap = x;
    outer /= node->taps[a].n_in;
    sum_axis(&node->taps[a], node->action != NT_POOL, outer, inner, x, y);
    inner *= node->taps[a].n_out;
    x = y;
    y = swap;
  }
  return x;
}

void nt_window_transpose(const nt_node *node, const nt_facts *in, const double *x, double *y)
{
  const nt_shape space = nt_facts_space(in);
  const int rank = nt_node_rank(node);
  int64_t stride[NT_MAX_RANK], at[NT_MAX_RANK] = {0}, step = 1, total = 1;
  for (int a = space.rank - 1; a >= 0; a--) {
    stride[a] = step;
    step *= space.dim[a];
  }
  for (int a = 0; a < rank; a++)
    total *= space.dim[node->taps[a].from];
  const int64_t row = rank > 0 ? space.dim[node->taps[rank - 1].from] : 1;
  const int64_t along = rank > 0 ? stride[node->taps[rank - 1].from] : 1;
  for (int64_t i = 0; i < total; i += row) {
    const double *from = x + node->fixed;
    for (int a = 0; a < rank - 1; a++)
      from += at[a] * stride[node->taps[a].from];
    for (int64_t k = 0; k < row; k++)
      y[i + k] = from[k * along];
    for (int a = rank - 2; a >= 0 && ++at[a] == space.dim[node->taps[a].from]; a--)
      at[a] = 0;
  }
}

nt_status nt_own_window(nt_pass *p, int n)
{
  nt_status status = NT_OK;
  const nt_node *node = &p->plan->node[n];
  const nt_facts *facts = &p->plan->node[node->in[0]].facts;
  const nt_own *in = &p->own[node->in[0]];
  const int64_t positions = nt_facts_positions(facts), outs = nt_facts_positions(&node->facts);
  const int64_t most = nt_window_positions(node);
  const nt_affine *a = &node->affine;
  void *memory = NULL;
  NT_TRY(nt_alloc(p->err, 2 * most, sizeof(double), "sums of a window", &memory));
  double *x = memory, *y = x + most;
  for (int64_t i = 0; i < p->count; i++) {
    double *v = p->own[n].v + i * outs, *t = p->own[n].t + i * outs;
    nt_window_transpose(node, facts, in->v + i * positions, x);
    memcpy(v, nt_window_sums(node, -1, x, y), (size_t)outs * sizeof(double));
    nt_window_transpose(node, facts, in->t + i * positions, x);
    memcpy(t, nt_window_sums(node, -1, x, y), (size_t)outs * sizeof(double));
    for (int64_t o = 0; o < outs; o++) {
      t[o] = a->tk * v[o] + a->tt * t[o] + a->t0;
      v[o] = a->k * v[o] + a->k0;
    }
  }
done:
  free(memory);
  return status;
}
