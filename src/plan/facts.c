/** Shapes, axes and flags at every node, and the errors that the specification asks for. */
#include "base/check.h"
#include "base/memory.h"
#include "net/net_impl.h"
#include "plan/plan_impl.h"

#include <stdlib.h>

static nt_shape flattened(const nt_shape *shape, int batch)
{
  nt_shape flat = {.rank = 2, .dim = {shape->dim[batch], 1}};
  for (int a = 0; a < shape->rank; a++) {
    if (a != batch) flat.dim[1] *= shape->dim[a];
  }
  return flat;
}

static bool same_but(const nt_shape *a, const nt_shape *b, int axis)
{
  nt_shape c = *b;
  if (a->rank == b->rank) c.dim[axis] = a->dim[axis];
  return nt_shape_equal(a, &c);
}

static nt_status from_shapes(nt_error *err, const nt_plan *plan, const nt_input *input,
                             const nt_leaf_axes *axes, nt_facts *facts)
{
  nt_status status = NT_OK;
  char one[200], two[200];
  const nt_shape *shape = &input->shape1;
  nt_shape_text(shape, one, sizeof one);
  NT_CHECK(shape->rank >= 2, err, NT_ERR_SHAPE,
           "inputs need at least two axes, samples and channels, but the shape is %s", one);
  int batch = nt_axis_resolve(axes->batch_axis, shape->rank);
  int channel = axes->flattens ? 1 : nt_axis_resolve(axes->channel_axis, shape->rank);
  NT_CHECK(batch >= 0 && channel >= 0 && (axes->flattens || batch != channel), err, NT_ERR_SHAPE,
           "%s%sbatch axis %lld and channel axis %lld do not fit the input shape %s",
           axes->declared ? nt_layer_where(axes->declared, two, sizeof two) : "",
           axes->declared ? ": " : "", (long long)axes->batch_axis, (long long)axes->channel_axis,
           one);
  NT_CHECK(same_but(shape, &input->shape2, batch), err, NT_ERR_SHAPE,
           "x1 has shape %s, x2 has shape %s: they must agree but for the number of samples", one,
           nt_shape_text(&input->shape2, two, sizeof two));
  *facts = (nt_facts){.shape1 = *shape,
                      .shape2 = input->shape2,
                      .batch_axis = batch,
                      .channel_axis = channel,
                      .diagonal_batch = plan->layout.diagonal_batch,
                      .diagonal_spatial = plan->layout.diagonal_spatial,
                      .x1_is_x2 = input->x1_is_x2,
                      .has_x2 = input->has_x2,
                      .mixes_samples = !plan->layout.diagonal_batch,
                      .masked1 = input->masked1,
                      .masked2 = input->masked2,
                      .ntk_zero = true};
  if (axes->flattens) {
    facts->shape1 = flattened(shape, batch);
    facts->shape2 = flattened(&input->shape2, batch);
    facts->batch_axis = 0;
    facts->diagonal_spatial = false;
  }
done:
  return status;
}

static nt_status from_input(nt_error *err, const nt_plan *plan, nt_node *node,
                            const nt_input *input, const nt_leaf_axes *axes)
{
  nt_status status = NT_OK;
  node->is_input = true;
  if (input->kernel != NULL) {
    node->facts = *input->kernel;
    node->given = true;
    node->is_input = node->facts.ntk_zero;
    NT_CHECK(plan->request.diagonal_spatial != 0 || !node->facts.diagonal_spatial, err,
             NT_ERR_SHAPE,
             "diagonal_spatial=False, but the given kernel holds the spatial diagonal alone");
    NT_CHECK(plan->request.diagonal_batch != 0 || !node->facts.diagonal_batch, err, NT_ERR_SHAPE,
             "diagonal_batch=False, but the given kernel holds the diagonal of cov1 alone");
  } else {
    NT_TRY(from_shapes(err, plan, input, axes, &node->facts));
  }
  if (node->facts.masked1 || node->facts.masked2) {
    node->mask_channels = input->mask_channels > 0
                              ? input->mask_channels
                              : node->facts.shape1.dim[node->facts.channel_axis];
  }
done:
  return status;
}

/* Whether an axis that was given with the inputs, modulo the rank, is this one. */
static bool is_axis(int64_t given, int rank, int axis)
{
  return ((given % rank) + rank) % rank == axis;
}

/* Such an axis holds at every layer that requires anything (spec, 3). */
static nt_status check_given(nt_error *err, const nt_node *node, const nt_request *request,
                             const nt_facts *in)
{
  nt_status status = NT_OK;
  char where[200], shape[200];
  const int rank = in->shape1.rank;
  nt_layer_where(node->layer, where, sizeof where);
  nt_shape_text(&in->shape1, shape, sizeof shape);
  NT_CHECK(
      !request->has_batch_axis || is_axis(request->batch_axis, rank, in->batch_axis), err,
      NT_ERR_SHAPE,
      "batch_axis=%lld, but the input of %s, of shape %s, has the samples along axis %d: leave "
      "batch_axis out where layers move that axis",
      (long long)request->batch_axis, where, shape, in->batch_axis);
  NT_CHECK(!request->has_channel_axis || is_axis(request->channel_axis, rank, in->channel_axis),
           err, NT_ERR_SHAPE,
           "channel_axis=%lld, but the input of %s, of shape %s, has the channels along axis %d: "
           "leave channel_axis out where layers move that axis",
           (long long)request->channel_axis, where, shape, in->channel_axis);
done:
  return status;
}

/* The requirement of a layer against the kernel it gets (spec, 4.1). */
static nt_status check_requirement(nt_error *err, const nt_node *node, const nt_facts *in)
{
  nt_status status = NT_OK;
  char where[200], shape[200];
  nt_requirement r = node->ops->require(node->cfg);
  nt_layer_where(node->layer, where, sizeof where);
  nt_shape_text(&in->shape1, shape, sizeof shape);
  int rank = in->shape1.rank;
  NT_CHECK(
      !r.has_axes || nt_axis_resolve(r.batch_axis, rank) == in->batch_axis, err, NT_ERR_SHAPE,
      "%s expects the samples along axis %lld, but its input of shape %s has them along axis %d",
      where, (long long)r.batch_axis, shape, in->batch_axis);
  NT_CHECK(
      !r.has_axes || r.flattens || nt_axis_resolve(r.channel_axis, rank) == in->channel_axis, err,
      NT_ERR_SHAPE,
      "%s expects the channels along axis %lld, but its input of shape %s has them along axis %d",
      where, (long long)r.channel_axis, shape, in->channel_axis);
  NT_CHECK(!r.has_diagonal || r.input != NT_NO || !in->diagonal_spatial, err, NT_ERR_SHAPE,
           "%s needs the covariances of all pairs of positions, but its input holds their diagonal",
           where);
  NT_CHECK(r.diagonal_batch != NT_NO || !in->diagonal_batch, err, NT_ERR_SHAPE,
           "%s needs the covariances of all pairs of samples, but its input holds their diagonal",
           where);
done:
  return status;
}

/* Whether every output position reads the input position of the same number, and nothing else. */
static bool is_identity(const nt_taps *taps, int axis)
{
  bool same = taps->n == 1 && taps->n_in == taps->n_out && taps->from == axis;
  for (int64_t o = 0; same && o < taps->n_out; o++)
    same = taps->in[o] == o && (taps->weight == NULL || taps->weight[o] == 1);
  return same;
}

/* Taps along every spatial axis of the output, and what the action comes to with them. */
static nt_status find_taps(nt_error *err, nt_node *node, const nt_facts *in)
{
  nt_status status = NT_OK;
  void *memory = NULL;
  const nt_shape space = nt_facts_space(in);
  const int rank = nt_node_rank(node);
  bool nothing = !node->ops->separate;
  NT_TRY(nt_calloc(err, 2 * rank, sizeof(nt_taps), "the taps of a layer", &memory));
  node->taps = memory;
  node->n_taps = 2 * rank;
  node->mask_taps = node->taps + (node->ops->mask_taps != NULL ? rank : 0);
  node->transposes = rank != space.rank;
  for (int a = 0; a < space.rank && node->ops->fixed != NULL; a++) {
    const int64_t fixed = node->ops->fixed(node->cfg, in, a);
    node->fixed = node->fixed * space.dim[a] + (fixed < 0 ? 0 : fixed);
  }
  for (int a = 0; a < rank; a++) {
    nt_taps *taps = &node->taps[a];
    taps->from = taps[rank].from = a;
    status = node->ops->taps(node->cfg, in, &node->facts, a, taps, err);
    if (status == NT_OK && node->ops->mask_taps != NULL)
      status = node->ops->mask_taps(node->cfg, in, &node->facts, a, &taps[rank], err);
    if (status != NT_OK) nt_layer_blame(node->layer, err);
    NT_TRY(status);
    node->transposes |= taps->from != a;
    nothing &= is_identity(taps, a);
  }
  if (nothing && !node->transposes)
    node->action = NT_AFFINE;
  else if (rank == 0)
    node->action = NT_FLATTEN; /* of one position */
  else if (node->action == NT_POOL && node->facts.diagonal_spatial)
    node->action = NT_WINDOW;
done:
  return status;
}

/* Where the positions of each input of a concatenation stand along its axis. */
static nt_status place_inputs(nt_error *err, nt_node *node, const nt_facts *in)
{
  nt_status status = NT_OK;
  void *memory = NULL;
  int64_t first = 0;
  NT_TRY(nt_calloc(err, node->n_in, sizeof(nt_taps), "the taps of a layer", &memory));
  node->taps = memory;
  node->n_taps = node->n_in;
  for (int i = 0; i < node->n_in; i++) {
    const int64_t size = nt_facts_space(&in[i]).dim[node->concat];
    const int64_t total = nt_facts_space(&node->facts).dim[node->concat];
    node->taps[i].from = node->concat;
    NT_TRY(nt_taps_create(err, size, total, 1, false, &node->taps[i]));
    for (int64_t o = 0; o < total; o++) {
      const bool inside = o >= first && o < first + size;
      node->taps[i].in[o] = inside ? (int32_t)(o - first) : -1;
    }
    node->weight[i] = 1;
    first += size;
  }
done:
  return status;
}

/* What a layer on positions does, which without positions is less. */
static nt_status find_action(nt_error *err, nt_node *node, const nt_facts *in, const char *where)
{
  nt_status status = NT_OK;
  const nt_layer_ops *ops = node->ops;
  const bool spatial = nt_facts_space(in).rank > 0;
  node->action = ops->action;
  switch (ops->action) {
  case NT_WINDOW:
  case NT_POOL:
    if (spatial)
      NT_TRY(find_taps(err, node, in));
    else
      node->action = NT_AFFINE;
    break;
  case NT_GLOBAL:
    if (!spatial) node->action = NT_AFFINE;
    break;
  case NT_MIX:
    if (node->barrier && !spatial) {
      node->action = NT_AFFINE; /* of the samples alone */
      break;
    }
    NT_CHECK(spatial || nt_node_rank(node) == 0, err, NT_ERR_UNSUPPORTED,
             "%s: spatial axes for an input that has none are not available in this version",
             where);
    node->mixed |= spatial;
    break;
  case NT_NORM:
    node->norm = ops->norm(node->cfg, in);
    node->facts.mixes_samples |= node->norm.batch;
    break;
  case NT_DROPOUT:
    NT_CHECK(!node->is_input || node->affine.k == 1, err, NT_ERR_SHAPE,
             "%s cannot act on the inputs themselves: put a layer with weights before it", where);
    node->affine.tt = node->affine.k;
    if (node->affine.k == 1) node->action = NT_AFFINE;
    break;
  default:
    break;
  }
  node->mixed |= node->action == NT_POOL || (node->action == NT_GLOBAL && !in->diagonal_spatial);
done:
  return status;
}

/* Channels of the masks behind a layer on positions, which has no rule of its own for them. */
static nt_status find_mask(nt_error *err, nt_node *node, const char *where)
{
  nt_status status = NT_OK;
  const nt_action action = node->ops->action;
  if (node->mask_channels == 0 || action < NT_WINDOW || action == NT_DROPOUT) return NT_OK;
  if (action == NT_WINDOW && node->ops->gaussian == NT_YES) node->mask_channels = 1;
  NT_CHECK(
      node->mask_channels == 1 || action == NT_WINDOW || (action == NT_MIX && !node->ops->remasks),
      err, NT_ERR_UNSUPPORTED,
      "%s: masks that differ between channels are possible only where the next layer joins the "
      "channels (Dense, Conv)",
      where);
done:
  return status;
}

/* What a stage knows of a layer on samples: the samples stay as they are, and so
 * does all without positions. */
static void keep_samples(nt_node *node, const nt_facts *in)
{
  nt_facts *const out = &node->facts;
  if (nt_facts_space(in).rank == 0) {
    const nt_facts changed = *out;
    *out = *in;
    out->is_gaussian = changed.is_gaussian;
    out->mixes_samples = true;
    return;
  }
  out->summed = false;
  out->shape1.dim[out->batch_axis] = in->shape1.dim[in->batch_axis];
  out->shape2.dim[out->batch_axis] = in->shape2.dim[in->batch_axis];
}

static nt_status from_layer(nt_error *err, const nt_plan *plan, nt_node *node)
{
  nt_status status = NT_OK;
  char where[200];
  void *memory = NULL, *weight = NULL;
  const nt_layer_ops *ops = node->ops;
  nt_layer_where(node->layer, where, sizeof where);
  NT_TRY(nt_alloc(err, node->n_in, sizeof(nt_facts), "the facts of inputs", &memory));
  nt_facts *in = memory;
  node->mask_channels = 0;
  node->facts.ntk_zero = true;
  for (int i = 0; i < node->n_in; i++) {
    const nt_node *source = &plan->node[node->in[i]];
    in[i] = source->facts;
    NT_CHECK(
        !ops->needs_gaussian || in[i].is_gaussian, err, NT_ERR_SHAPE,
        "%s needs a Gaussian input, but what comes before it does not give one: put a Dense (or "
        "another layer with weights) between",
        where);
    NT_CHECK(!in[i].summed || ops->action == NT_MAP, err, NT_ERR_SHAPE,
             "%s needs samples, but a DotGeneral before it has summed over them: only elementwise "
             "layers may follow that",
             where);
    if (ops->require != NULL) NT_TRY(check_requirement(err, node, &in[i]));
    if (ops->require != NULL && !in[i].summed)
      NT_TRY(check_given(err, node, &plan->request, &in[i]));
    if (source->mask_channels > node->mask_channels) node->mask_channels = source->mask_channels;
    node->mixed |= source->mixed;
    node->is_input |= source->is_input && ops->gaussian != NT_YES;
  }
  node->facts = in[0];
  for (int i = 1; i < node->n_in; i++) {
    node->facts.ntk_zero &= in[i].ntk_zero;
    node->facts.masked1 |= in[i].masked1;
    node->facts.masked2 |= in[i].masked2;
    node->facts.mixes_samples |= in[i].mixes_samples;
  }
  if (ops->gaussian != NT_MAYBE) node->facts.is_gaussian = ops->gaussian == NT_YES;
  if (ops->shape != NULL) {
    status = ops->shape(node->cfg, node->n_in, in, &node->facts, err);
    if (status != NT_OK) nt_layer_blame(node->layer, err);
    NT_TRY(status);
  }
  node->barrier = ops->mixes_samples != NULL && ops->mixes_samples(node->cfg, in);
  node->facts.mixes_samples |= node->barrier || !node->facts.diagonal_batch;
  if (node->barrier && plan->origin != NULL) keep_samples(node, in);
  node->affine = (nt_affine){.k = 1, .tt = 1};
  node->concat = -1;
  if (ops->affine != NULL) {
    node->affine = ops->affine(node->cfg, in);
    node->facts.ntk_zero &= node->affine.tk == 0 && node->affine.t0 == 0;
  }
  NT_TRY(find_action(err, node, in, where));
  if (ops->action == NT_WEIGHTED_SUM && !node->barrier) {
    NT_TRY(nt_alloc(err, node->n_in, sizeof(double), "weights", &weight));
    node->weight = weight;
    node->concat = ops->concat_axis == NULL ? -1 : ops->concat_axis(node->cfg, in);
    if (node->concat >= 0)
      NT_TRY(place_inputs(err, node, in));
    else
      ops->weights(node->cfg, node->n_in, in, node->weight);
  }
  if (node->mask_channels > 0 && ops->mask_channels != NULL) {
    node->mask_channels = ops->mask_channels(nt_facts_positions(&in[0]), node->mask_channels);
  }
  const bool joins = ops->concatenates && node->concat < 0 && !node->barrier;
  if (node->mask_channels > 0 && (ops->action == NT_FLATTEN || joins)) {
    node->mask_channels = node->facts.shape1.dim[node->facts.channel_axis];
  }
  NT_TRY(find_mask(err, node, where));
  node->remask = node->mask_channels > 0 && ops->remasks;
  NT_CHECK(
      !node->remask || node->mask_channels == 1, err, NT_ERR_UNSUPPORTED,
      "%s: masks that differ between channels are possible only where the next layer joins the "
      "channels (Dense)",
      where);
done:
  free(memory);
  return status;
}

nt_status nt_plan_layer_facts(nt_error *err, nt_plan *plan)
{
  nt_status status = NT_OK;
  for (int n = plan->n_leaves; n < plan->n_nodes; n++) {
    NT_TRY(from_layer(err, plan, &plan->node[n]));
    plan->n_barriers += plan->origin == NULL && plan->node[n].barrier;
  }
done:
  return status;
}

nt_status nt_plan_facts(nt_error *err, nt_plan *plan, const nt_input *inputs,
                        const nt_leaf_axes *axes)
{
  nt_status status = NT_OK;
  char where[200], before[200], after[200];
  for (int l = 0; l < plan->n_leaves; l++)
    NT_TRY(from_input(err, plan, &plan->node[l], &inputs[l], &axes[l]));
  NT_TRY(nt_plan_layer_facts(err, plan));
  for (int i = 0; i < plan->n_repeats; i++) {
    const nt_facts *a = &plan->node[plan->repeat[i].in].facts;
    const nt_facts *b = &plan->node[plan->repeat[i].out].facts;
    NT_CHECK(nt_shape_equal(&a->shape1, &b->shape1), err, NT_ERR_SHAPE,
             "%s: what is repeated must keep the shape, but makes %s of %s",
             nt_layer_where(plan->repeat[i].layer, where, sizeof where),
             nt_shape_text(&b->shape1, after, sizeof after),
             nt_shape_text(&a->shape1, before, sizeof before));
  }
done:
  return status;
}
