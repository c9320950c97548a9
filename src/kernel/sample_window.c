/* Windows over the positions of samples, axis after axis: convolutions, and the sums of pools. */
#include "base/check.h"
#include "base/clones.h"
#include "base/memory.h"
#include "kernel/sample_impl.h"
#include "layer/math.h"

#include <stdlib.h>
#include <string.h>

int64_t nt_window_positions(const nt_node *node)
{
  const int rank = nt_node_rank(node);
  int64_t most = 1;
  for (int a = 0; a < rank; a++) {
    const nt_taps *taps = &node->taps[a];
    most *= NT_MAX(taps->n_in, taps->n_out);
  }
  return most;
}

int64_t nt_window_inputs(const nt_node *node)
{
  const int rank = nt_node_rank(node);
  int64_t inputs = 1;
  for (int a = 0; a < rank; a++)
    inputs *= node->taps[a].n_in;
  return inputs;
}

/* Two stages, and a number a row of the last. */
int64_t nt_window_room(const nt_node *node, int64_t count)
{
  return 3 * count * nt_window_positions(node);
}

/* Whether tap t of output p reads the input next to that of output p - 1, or neither reads any. */
static bool runs_on(const nt_taps *taps, int64_t p, int t)
{
  const int64_t at = p * taps->n + t, before = at - taps->n;
  if (taps->in[before] < 0) return taps->in[at] < 0;
  return taps->in[at] == taps->in[before] + 1 &&
         (taps->weight == NULL || taps->weight[at] == taps->weight[before]);
}

static int64_t end_of_run(const nt_taps *taps, int64_t p)
{
  while (++p < taps->n_out) {
    for (int t = 0; t < taps->n; t++) {
      if (!runs_on(taps, p, t)) return p;
    }
  }
  return p;
}

/* One axis: outer x n_in x inner -> outer x n_out x inner. `both`: both arguments have weights. */
static void sum_axis(const nt_taps *taps, bool both, int64_t outer, int64_t inner, const double *x,
                     double *y)
{
  enum { SOME = 64 };
  const nt_cell_ops *cells = nt_cells_of(NT_FLOAT64);
  int64_t from[SOME];
  double weight[SOME];
  for (int64_t p = 0, end = 0; p < taps->n_out; p = end) {
    end = end_of_run(taps, p);
    for (int first = 0; first == 0 || first < taps->n; first += SOME) {
      int n = 0;
      for (int t = first; t < NT_MIN(first + SOME, taps->n); t++) {
        const int64_t at = p * taps->n + t;
        const double one = taps->weight == NULL ? 1 : taps->weight[at];
        if (taps->in[at] < 0) continue;
        from[n] = taps->in[at] * inner;
        weight[n++] = both ? one * one : one;
      }
      for (int64_t o = 0; o < outer; o++) {
        const double *in = x + o * taps->n_in * inner;
        double *out = y + (o * taps->n_out + p) * inner;
        if (first == 0)
          cells->run((end - p) * inner, n, from, weight, in, 0, out);
        else
          cells->run_more((end - p) * inner, n, from, weight, in, out);
      }
    }
  }
}

/* Three neighbours along an axis: along the last one, or the last two at once. */
static bool is_three(const nt_taps *taps)
{
  const int64_t n = taps->n_out;
  if (!nt_three_can_run() || taps->n != 3 || taps->weight != NULL || taps->n_in != n) return false;
  const int32_t *in = taps->in;
  bool three = true;
  for (int64_t p = 0; p < n && three; p++, in += 3)
    three = in[0] == p - 1 && in[1] == p && in[2] == (p + 1 < n ? p + 1 : -1);
  return three;
}

/* outer x rows x columns; rows 1: of the last axis alone. */
static void sum_three(int64_t outer, int64_t rows, int64_t columns, const double *x, void *edge,
                      double *y)
{
  const int32_t row_piece[] = {0, (int32_t)rows}, column_piece[] = {0, (int32_t)columns};
  const bool both = rows > 1;
  const nt_three three = {.rows = both ? rows : outer,
                          .columns = columns,
                          .row_pieces = {both, row_piece},
                          .column_pieces = {1, column_piece},
                          .edge = edge};
  for (int64_t o = 0; o < (both ? outer : 1); o++)
    nt_three_f64(&three, x + o * rows * columns, y + o * rows * columns);
}

void nt_window_sums(const nt_node *node, int axis, int64_t count, const double *in, double *work,
                    double *out)
{
  const int rank = nt_node_rank(node);
  const int64_t stage = count * nt_window_positions(node);
  int64_t outer = count * nt_window_inputs(node), inner = 1;
  if (axis == rank - 1) memcpy(out, in, (size_t)outer * sizeof *out);
  for (int a = rank - 1; a > axis; a--) {
    const nt_taps *taps = &node->taps[a];
    const bool three = a == rank - 1 && is_three(taps);
    const bool two = three && a - 1 > axis && is_three(taps - 1);
    const int64_t rows = two ? taps[-1].n_out : 1;
    outer /= rows * taps->n_in;
    a -= two;
    double *to = a - 1 == axis ? out : in == work ? work + stage : work;
    if (three)
      sum_three(outer, rows, taps->n_out, in, work + 2 * stage, to);
    else
      sum_axis(taps, node->action != NT_POOL, outer, inner, in, to);
    inner *= rows * taps->n_out;
    in = to;
  }
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

/* Whether the positions of the input are in the order of the axes of the output. */
static bool in_order(const nt_node *node, const nt_facts *in)
{
  const int rank = nt_node_rank(node);
  bool order = rank == nt_facts_space(in).rank;
  for (int a = 0; a < rank; a++)
    order = order && node->taps[a].from == a;
  return order;
}

NT_CLONES static void scale(const nt_affine *affine, int64_t n, double *v, double *t)
{
  const nt_affine a = *affine;
  NT_VECTOR_LOOP
  for (int64_t i = 0; i < n; i++) {
    t[i] = a.tk * v[i] + a.tt * t[i] + a.t0;
    v[i] = a.k * v[i] + a.k0;
  }
}

nt_status nt_own_window(nt_pass *p, int n)
{
  nt_status status = NT_OK;
  const nt_node *node = &p->plan->node[n];
  const nt_facts *facts = &p->plan->node[node->in[0]].facts;
  const nt_own *in = &p->own[node->in[0]], *own = &p->own[n];
  const int64_t positions = in->positions, reads = nt_window_inputs(node);
  const int64_t room = nt_window_room(node, p->count);
  const bool ordered = in_order(node, facts);
  double *work = NULL;
  NT_TRY(nt_alloc(p->err, room + p->count * reads, sizeof(double), "sums of a window", &work));
  double *sorted = work + room;
  for (int field = 0; field < 2; field++) {
    const double *from = field == 0 ? in->v : in->t;
    for (int64_t i = 0; !ordered && i < p->count; i++)
      nt_window_transpose(node, facts, from + i * positions, sorted + i * reads);
    nt_window_sums(node, -1, p->count, ordered ? from : sorted, work, field == 0 ? own->v : own->t);
  }
  scale(&node->affine, nt_own_entries(p, n), own->v, own->t);
done:
  free(work);
  return status;
}
