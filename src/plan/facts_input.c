/** Shapes, axes and flags of the inputs. */
#include "base/check.h"
#include "net/net_impl.h"
#include "plan/facts.h"

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
                             const nt_leaf_axes *axes, nt_node *node)
{
  nt_status status = NT_OK;
  nt_facts *facts = &node->facts;
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
    node->read = *shape;
    node->read_axis = batch;
  }
done:
  return status;
}

nt_status nt_facts_of_input(nt_error *err, const nt_plan *plan, nt_node *node,
                            const nt_input *input, const nt_leaf_axes *axes)
{
  nt_status status = NT_OK;
  node->is_input = true;
  if (input->kernel != NULL) {
    node->facts = *input->kernel;
    node->given = true;
    node->numbers = NT_MANY;
    node->is_input = node->facts.ntk_zero;
    NT_CHECK(plan->request.diagonal_spatial != 0 || !node->facts.diagonal_spatial, err,
             NT_ERR_SHAPE,
             "diagonal_spatial=False, but the given kernel holds the spatial diagonal alone");
    NT_CHECK(plan->request.diagonal_batch != 0 || !node->facts.diagonal_batch, err, NT_ERR_SHAPE,
             "diagonal_batch=False, but the given kernel holds the diagonal of cov1 alone");
  } else {
    NT_TRY(from_shapes(err, plan, input, axes, node));
    node->numbers = nt_facts_channels(&node->facts);
  }
  if (node->facts.masked1 || node->facts.masked2) {
    node->mask_channels =
        input->mask_channels > 0 ? input->mask_channels : nt_facts_channels(&node->facts);
  }
done:
  return status;
}
