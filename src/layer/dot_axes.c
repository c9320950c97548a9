#include "layer/dot_general.h"

#include "base/check.h"

const nt_array *nt_dot_factor(const nt_dot_general *c)
{
  if (c->lhs.data) return &c->lhs;
  return c->rhs.data ? &c->rhs : NULL;
}

int nt_dot_input_side(const nt_dot_general *c) { return c->lhs.data ? 1 : 0; }

/* What happens to an axis of one operand; `with` is the axis of the other one. */
typedef struct role {
  enum { FREE, CONTRACTED, SHARED } kind;
  int with;
  int order; /* SHARED: its place among the shared axes */
} role;

typedef struct roles {
  role input[NT_MAX_RANK], factor[NT_MAX_RANK];
} roles;

static nt_status pair(nt_error *err, const nt_facts *in, const nt_array *factor, int64_t a_given,
                      int64_t f_given, role what, roles *r)
{
  nt_status status = NT_OK;
  const int rank = in->shape1.rank;
  const int a = nt_axis_resolve(a_given, rank), f = nt_axis_resolve(f_given, factor->rank);
  NT_CHECK(a >= 0, err, NT_ERR_SHAPE,
           "dimension_numbers name axis %lld of the input, which has %d axes", (long long)a_given,
           rank);
  NT_CHECK(f >= 0, err, NT_ERR_SHAPE,
           "dimension_numbers name axis %lld of the factor, which has %d %s", (long long)f_given,
           factor->rank, factor->rank == 1 ? "axis" : "axes");
  NT_CHECK(a != in->channel_axis, err, NT_ERR_SHAPE,
           "axis %d of the input is that of the channels: they can be neither summed over nor "
           "multiplied; use Dense",
           a);
  NT_CHECK(r->input[a].kind == FREE, err, NT_ERR_SHAPE,
           "dimension_numbers name axis %d of the input twice", a);
  NT_CHECK(r->factor[f].kind == FREE, err, NT_ERR_SHAPE,
           "dimension_numbers name axis %d of the factor twice", f);
  NT_CHECK(in->shape1.dim[a] == factor->dim[f] && in->shape2.dim[a] == factor->dim[f], err,
           NT_ERR_SHAPE, "axis %d of the input has %lld entries%s, but axis %d of the factor %lld",
           a,
           (long long)(in->shape1.dim[a] != factor->dim[f] ? in->shape1.dim[a] : in->shape2.dim[a]),
           in->shape1.dim[a] != factor->dim[f] ? "" : " in x2", f, (long long)factor->dim[f]);
  r->input[a] = what;
  r->input[a].with = f;
  r->factor[f] = what;
  r->factor[f].with = a;
done:
  return status;
}

static nt_status find_roles(nt_error *err, const nt_dot_general *c, const nt_facts *in, roles *r)
{
  nt_status status = NT_OK;
  const nt_array *const factor = nt_dot_factor(c);
  const nt_ints *const contract = c->dimension_numbers.contract,
                       *batch = c->dimension_numbers.batch;
  const int i = nt_dot_input_side(c), f = 1 - i;
  for (int d = 0; d < contract[i].n; d++)
    NT_TRY(
        pair(err, in, factor, contract[i].v[d], contract[f].v[d], (role){.kind = CONTRACTED}, r));
  for (int d = 0; d < batch[i].n; d++)
    NT_TRY(
        pair(err, in, factor, batch[i].v[d], batch[f].v[d], (role){.kind = SHARED, .order = d}, r));
done:
  return status;
}

/* Distance of the positions along axis `a`, of the axes but `batch` and `channel`. */
static int64_t stride(const int64_t *dim, int rank, int batch, int channel, int a)
{
  int64_t n = 1;
  for (int d = a + 1; d < rank; d++)
    if (d != batch && d != channel) n *= dim[d];
  return n;
}

/* Put axis `a` of input (or factor) to the end of the output. */
static void append(nt_dot *dot, const nt_facts *in, int a, int64_t size, int *place)
{
  if (a == in->batch_axis) dot->out_batch = dot->out_rank;
  if (a == in->channel_axis) dot->out_channel = dot->out_rank;
  *place = dot->out_rank;
  dot->out_dim[dot->out_rank++] = size;
}

/* Shared axes, then the free ones of the left operand, then those of the right one. What the
 * samples were summed into is one sample, before all of them. */
static void order_output(const nt_dot_general *c, const nt_facts *in, const roles *r, nt_dot *dot,
                         int *of_input, int *of_factor)
{
  const int i = nt_dot_input_side(c), rank = in->shape1.rank;
  const nt_ints *const shared = &c->dimension_numbers.batch[i];
  int nowhere;
  if (r->input[in->batch_axis].kind == CONTRACTED) append(dot, in, in->batch_axis, 1, &nowhere);
  for (int d = 0; d < shared->n; d++) {
    const int a = nt_axis_resolve(shared->v[d], rank);
    append(dot, in, a, in->shape1.dim[a], &of_input[a]);
    of_factor[r->input[a].with] = of_input[a];
  }
  for (int operand = 0; operand < 2; operand++) {
    for (int a = 0; operand == i && a < rank; a++)
      if (r->input[a].kind == FREE) append(dot, in, a, in->shape1.dim[a], &of_input[a]);
    for (int f = 0; operand != i && f < dot->factor->rank; f++)
      if (r->factor[f].kind == FREE) append(dot, in, -1, dot->factor->dim[f], &of_factor[f]);
  }
}

static void make_loops(const nt_facts *in, const roles *r, const int *of_input,
                       const int *of_factor, nt_dot *dot)
{
  const nt_array *const factor = dot->factor;
  const int rank = in->shape1.rank;
  const int64_t *const dims = dot->out_dim;
  for (int a = 0; a < rank; a++) {
    const role what = r->input[a];
    const int64_t along =
        what.kind == FREE ? 0 : stride(factor->dim, factor->rank, -1, -1, what.with);
    if (a == in->batch_axis) dot->batch = along;
    if (a == in->batch_axis) dot->summed = what.kind == CONTRACTED;
    if (a == in->batch_axis || a == in->channel_axis) continue;
    dot->loop[dot->n_loops++] =
        (nt_dot_loop){.n = in->shape1.dim[a],
                      .in = stride(in->shape1.dim, rank, in->batch_axis, in->channel_axis, a),
                      .out = what.kind == CONTRACTED ? 0
                                                     : stride(dims, dot->out_rank, dot->out_batch,
                                                              dot->out_channel, of_input[a]),
                      .factor = along};
  }
  for (int f = 0; f < factor->rank; f++) {
    if (r->factor[f].kind != FREE) continue;
    dot->loop[dot->n_loops++] = (nt_dot_loop){
        .n = factor->dim[f],
        .out = stride(dims, dot->out_rank, dot->out_batch, dot->out_channel, of_factor[f]),
        .factor = stride(factor->dim, factor->rank, -1, -1, f)};
  }
}

nt_status nt_dot_describe(nt_error *err, const nt_dot_general *c, const nt_facts *in, nt_dot *dot)
{
  nt_status status = NT_OK;
  roles r = {.input = {{FREE, 0, 0}}};
  int of_input[NT_MAX_RANK] = {0}, of_factor[NT_MAX_RANK] = {0};
  *dot = (nt_dot){.factor = nt_dot_factor(c)};
  NT_TRY(find_roles(err, c, in, &r));
  order_output(c, in, &r, dot, of_input, of_factor);
  NT_CHECK(dot->out_rank <= NT_MAX_RANK, err, NT_ERR_SHAPE,
           "the output would have %d axes; at most %d are possible", dot->out_rank, NT_MAX_RANK);
  make_loops(in, &r, of_input, of_factor, dot);
done:
  return status;
}

/* The next combination of indices, the last loop fastest; false: that was the last one. */
static bool step(const nt_dot *dot, int64_t *at, int64_t *out, int64_t *in, int64_t *factor)
{
  for (int l = dot->n_loops - 1; l >= 0; l--) {
    const nt_dot_loop *const loop = &dot->loop[l];
    const bool more = ++at[l] < loop->n;
    const int64_t by = more ? 1 : 1 - loop->n;
    *out += by * loop->out;
    *in += by * loop->in;
    *factor += by * loop->factor;
    if (more) return true;
    at[l] = 0;
  }
  return false;
}

void nt_dot_visit(const nt_dot *dot, int64_t index,
                  void (*visit)(void *arg, int64_t out, int64_t in, double value), void *arg)
{
  int64_t at[2 * NT_MAX_RANK] = {0}, out = 0, in = 0, factor = index * dot->batch;
  do
    visit(arg, out, in, dot->factor->data[factor]);
  while (step(dot, at, &out, &in, &factor));
}
