#include "layer/aggregate.h"

#include "base/check.h"
#include "base/function.h"

#include <math.h>
#include <string.h>

/* The axes of the nodes (first), and the other ones of space. */
typedef struct nodes {
  int n_node, n; /* axes of nodes, all axes of space */
  int64_t dim[NT_MAX_RANK], stride[NT_MAX_RANK];
  int64_t count, rest; /* nodes, and positions along the other axes */
} nodes;

static bool is_node_axis(const nt_aggregate *c, int axis, int rank)
{
  for (int d = 0; d < c->aggregate_axis.n; d++)
    if (nt_axis_resolve(c->aggregate_axis.v[d], rank) == axis) return true;
  return c->aggregate_axis.n < 0;
}

static nodes find_nodes(const nt_aggregate *c, const nt_facts *in)
{
  nodes g = {.count = 1, .rest = 1};
  const int rank = in->shape1.rank;
  for (int wanted = 1; wanted >= 0; wanted--) {
    for (int a = 0; a < rank; a++) {
      if (a == in->batch_axis || a == in->channel_axis) continue;
      if (is_node_axis(c, a, rank) != wanted) continue;
      int64_t stride = 1;
      for (int b = a + 1; b < rank; b++)
        if (b != in->batch_axis && b != in->channel_axis) stride *= in->shape1.dim[b];
      g.dim[g.n] = in->shape1.dim[a];
      g.stride[g.n++] = stride;
      *(wanted ? &g.count : &g.rest) *= in->shape1.dim[a];
    }
    if (wanted) g.n_node = g.n;
  }
  return g;
}

/* Position of number `k` of the axes from `first` to `end`, in their row-major order. */
static int64_t place(const nodes *g, int first, int end, int64_t k)
{
  int64_t at = 0;
  for (int a = end - 1; a >= first; a--) {
    at += k % g->dim[a] * g->stride[a];
    k /= g->dim[a];
  }
  return at;
}

nt_status nt_aggregate_check_pattern(nt_error *err, const nt_aggregate *c, const nt_facts *in,
                                     const nt_shape *pattern)
{
  nt_status status = NT_OK;
  const nodes g = find_nodes(c, in);
  const int K = g.n_node;
  char found[200], wanted[200];
  nt_shape dense = {.rank = 1 + 2 * K, .dim = {pattern->dim[0]}};
  if (c->implementation == NT_AGGREGATE_SPARSE) {
    const int last = pattern->rank - 1;
    const bool full = pattern->rank == 4 && pattern->dim[2] == K;
    NT_CHECK(
        (full || (pattern->rank == 3 && K == 1)) && pattern->dim[last] == 2, err, NT_ERR_SHAPE,
        "a sparse pattern has shape (samples, edges, %d, 2)%s: tail and head of each edge along "
        "%d %s; found %s",
        K, K == 1 ? " or (samples, edges, 2)" : "", K, K == 1 ? "axis" : "axes",
        nt_shape_text(pattern, found, sizeof found));
    return NT_OK;
  }
  NT_CHECK(dense.rank <= NT_MAX_RANK, err, NT_ERR_UNSUPPORTED,
           "a dense pattern over %d axes would have more than %d axes: use a sparse one", K,
           NT_MAX_RANK);
  for (int a = 0; a < 2 * K; a++)
    dense.dim[1 + a] = g.dim[a % K];
  NT_CHECK(nt_shape_equal(pattern, &dense), err, NT_ERR_SHAPE,
           "the pattern has shape %s; this layer takes %s: the axes of the nodes twice%s",
           nt_shape_text(pattern, found, sizeof found),
           nt_shape_text(&dense, wanted, sizeof wanted),
           pattern->dim[pattern->rank - 1] == 2 && pattern->rank > 2
               ? " (lists of edges need implementation='SPARSE')"
               : "");
done:
  return status;
}

/* Add `value` from node `tail` to node `head` at all positions of the other axes. */
static void connect(const nodes *g, int64_t tail, int64_t head, double value, int64_t P, double *M)
{
  for (int64_t r = 0; r < g->rest; r++) {
    const int64_t at = place(g, g->n_node, g->n, r);
    M[(at + head) * P + at + tail] += value;
  }
}

static void dense(const nt_aggregate *c, const nodes *g, const double *pattern, int64_t P,
                  double *M)
{
  for (int64_t tail = 0; tail < g->count; tail++) {
    for (int64_t head = 0; head < g->count; head++) {
      double value = pattern ? pattern[tail * g->count + head] : tail == head;
      if (pattern && c->to_dense)
        nt_function_eval_f64(c->to_dense, 1, (const double *const[]){&value}, &value);
      if (value != 0)
        connect(g, place(g, 0, g->n_node, tail), place(g, 0, g->n_node, head), value, P, M);
    }
  }
}

/* Position of tail (which = 0) or head (1) of an edge; -1: one of its coordinates is negative. */
static int64_t end_of(const nodes *g, const double *edge, int which)
{
  int64_t at = 0;
  for (int a = 0; a < g->n_node; a++) {
    const double x = edge[2 * a + which];
    if (x < 0) return -1;
    at += (int64_t)fmod(x, (double)g->dim[a]) * g->stride[a];
  }
  return at;
}

/* Without axes of nodes an edge has no coordinates, and leads every position to itself. */
static nt_status sparse(const nodes *g, const nt_mix_sample *sample, int64_t P, double *M,
                        nt_error *err)
{
  nt_status status = NT_OK;
  const int64_t width = 2 * g->n_node;
  for (int64_t e = 0; e < sample->pattern_shape->dim[1]; e++) {
    const double *const edge = sample->pattern + e * width;
    for (int64_t i = 0; i < width; i++)
      NT_CHECK(fmod(edge[i], 1) == 0, err, NT_ERR_DATA,
               "the pattern of sample %lld has coordinate %g in edge %lld; edges of a "
               "sparse pattern are integers",
               (long long)sample->index, edge[i], (long long)e);
    const int64_t tail = end_of(g, edge, 0), head = end_of(g, edge, 1);
    if (tail >= 0 && head >= 0) connect(g, tail, head, 1, P, M);
  }
done:
  return status;
}

nt_status nt_aggregate_matrix(nt_error *err, const nt_aggregate *cfg, const nt_facts *in,
                              const nt_mix_sample *sample, double *matrix)
{
  const nodes g = find_nodes(cfg, in);
  const int64_t P = nt_facts_positions(in);
  memset(matrix, 0, (size_t)(P * P) * sizeof *matrix);
  if (sample->pattern_shape && cfg->implementation == NT_AGGREGATE_SPARSE)
    return sparse(&g, sample, P, matrix, err);
  dense(cfg, &g, sample->pattern, P, matrix);
  return NT_OK;
}
