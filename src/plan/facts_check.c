/** What a layer requires of the kernel that it gets, and the errors that the specification asks
 * for. */
#include "base/check.h"
#include "net/net_impl.h"
#include "plan/facts.h"

#include <stdio.h>

/* Whether an axis that was given with the inputs, modulo the rank, is this one. */
static bool is_axis(int64_t given, int rank, int axis)
{
  return ((given % rank) + rank) % rank == axis;
}

/* The input of a layer with its axes as the layer sees them: what a Flatten makes vectors of has
 * those of the data. */
typedef struct seen {
  nt_shape shape;
  int batch_axis, channel_axis;
} seen;

static seen see(const nt_requirement *r, const nt_node *input)
{
  const nt_facts *facts = &input->facts;
  if (r->flattens && input->read.rank > 0)
    return (seen){input->read, input->read_axis, facts->channel_axis};
  return (seen){facts->shape1, facts->batch_axis, facts->channel_axis};
}

/* An axis given with the inputs holds at every layer that requires anything. */
static nt_status check_given(nt_error *err, const nt_node *node, const nt_request *request,
                             const nt_node *input)
{
  nt_status status = NT_OK;
  char where[200], shape[200];
  const nt_requirement r = node->ops->require(node->cfg);
  const seen in = see(&r, input);
  const bool batch = request->has_batch_axis, channel = request->has_channel_axis;
  nt_layer_where(node->layer, where, sizeof where);
  nt_shape_text(&in.shape, shape, sizeof shape);
  NT_CHECK(
      !batch || is_axis(request->batch_axis, in.shape.rank, in.batch_axis), err, NT_ERR_SHAPE,
      "batch_axis=%lld, but the input of %s, of shape %s, has the samples along axis %d: leave "
      "batch_axis out where layers move that axis",
      (long long)request->batch_axis, where, shape, in.batch_axis);
  NT_CHECK(!channel || is_axis(request->channel_axis, input->facts.shape1.rank, in.channel_axis),
           err, NT_ERR_SHAPE,
           "channel_axis=%lld, but the input of %s, of shape %s, has the channels along axis %d: "
           "leave channel_axis out where layers move that axis",
           (long long)request->channel_axis, where, shape, in.channel_axis);
done:
  return status;
}

/* The requirement of a layer against the kernel it gets. An axis given with the inputs
 * stands in place of the layer's own. */
static nt_status check_requirement(nt_error *err, const nt_node *node, const nt_request *request,
                                   const nt_node *input)
{
  nt_status status = NT_OK;
  char where[200], shape[200];
  const nt_requirement r = node->ops->require(node->cfg);
  const seen in = see(&r, input);
  const int rank = in.shape.rank;
  nt_layer_where(node->layer, where, sizeof where);
  nt_shape_text(&in.shape, shape, sizeof shape);
  const bool own_batch = r.has_axes && !request->has_batch_axis;
  const bool own_channel = r.has_axes && !r.flattens && !request->has_channel_axis;
  NT_CHECK(
      !own_batch || nt_axis_resolve(r.batch_axis, rank) == in.batch_axis, err, NT_ERR_SHAPE,
      "%s expects the samples along axis %lld, but its input of shape %s has them along axis %d",
      where, (long long)r.batch_axis, shape, in.batch_axis);
  NT_CHECK(
      !own_channel || nt_axis_resolve(r.channel_axis, rank) == in.channel_axis, err, NT_ERR_SHAPE,
      "%s expects the channels along axis %lld, but its input of shape %s has them along axis %d",
      where, (long long)r.channel_axis, shape, in.channel_axis);
  NT_CHECK(!r.has_diagonal || r.input != NT_NO || !input->facts.diagonal_spatial, err, NT_ERR_SHAPE,
           "%s needs the covariances of all pairs of positions, but its input holds their diagonal",
           where);
  NT_CHECK(r.diagonal_batch != NT_NO || !input->facts.diagonal_batch, err, NT_ERR_SHAPE,
           "%s needs the covariances of all pairs of samples, but its input holds their diagonal",
           where);
done:
  return status;
}

/* The node that made what is not Gaussian in node `n` of inputs that are, or of the data. */
static const nt_node *spoiler(const nt_plan *plan, int n)
{
  const nt_node *node = &plan->node[n];
  for (int i = 0; i < node->n_in; i++) {
    const nt_node *source = &plan->node[node->in[i]];
    if (source->facts.is_gaussian) continue;
    node = source;
    i = -1;
  }
  return node;
}

static nt_status check_gaussian(nt_error *err, const nt_plan *plan, const nt_node *node, int n)
{
  nt_status status = NT_OK;
  char where[200], from[220] = "no layer before it gives one";
  if (!node->ops->needs_gaussian || node->unused || plan->node[n].facts.is_gaussian) return NT_OK;
  const nt_node *source = spoiler(plan, n);
  nt_layer_where(node->layer, where, sizeof where);
  if (source->ops != NULL) {
    char name[200];
    snprintf(from, sizeof from, "%s does not give one",
             nt_layer_where(source->layer, name, sizeof name));
  }
  NT_CHECK(false, err, NT_ERR_SHAPE,
           "%s needs a Gaussian input, but %s: put a Dense (or another layer with weights) between",
           where, from);
done:
  return status;
}

nt_status nt_facts_check(nt_error *err, const nt_plan *plan, const nt_node *node, int n)
{
  nt_status status = NT_OK;
  char where[200];
  const nt_facts *const in = &plan->node[n].facts;
  nt_layer_where(node->layer, where, sizeof where);
  NT_TRY(check_gaussian(err, plan, node, n));
  NT_CHECK(!in->summed || node->ops->action == NT_MAP, err, NT_ERR_SHAPE,
           "%s needs samples, but a DotGeneral before it has summed over them: only elementwise "
           "layers may follow that",
           where);
  if (node->ops->require == NULL) return NT_OK;
  NT_TRY(check_requirement(err, node, &plan->request, &plan->node[n]));
  if (!in->summed) NT_TRY(check_given(err, node, &plan->request, &plan->node[n]));
done:
  return status;
}
