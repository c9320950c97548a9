#include "layer/fan_in.h"

#include "base/check.h"

#include <stdio.h>

static bool fits(const nt_shape *a, const nt_shape *b, int except)
{
  bool equal = a->rank == b->rank;
  for (int d = 0; equal && d < a->rank; d++)
    equal = d == except || a->dim[d] == b->dim[d];
  return equal;
}

static nt_status check_pair(int except, int i, const nt_facts *first, const nt_facts *other,
                            nt_error *err)
{
  nt_status status = NT_OK;
  char text1[200], text2[200], but[60] = "";
  NT_CHECK(first->diagonal_spatial == other->diagonal_spatial &&
               first->diagonal_batch == other->diagonal_batch,
           err, NT_ERR_UNSUPPORTED,
           "inputs 0 and %d have kernels of different layout (diagonal_spatial %d and %d, "
           "diagonal_batch %d and %d); all must be equal",
           i, first->diagonal_spatial, other->diagonal_spatial, first->diagonal_batch,
           other->diagonal_batch);
  NT_CHECK(first->batch_axis == other->batch_axis && first->channel_axis == other->channel_axis,
           err, NT_ERR_UNSUPPORTED,
           "inputs 0 and %d have batch axes %d and %d, channel axes %d and %d; all must be equal",
           i, first->batch_axis, other->batch_axis, first->channel_axis, other->channel_axis);
  if (except >= 0) (void)snprintf(but, sizeof but, " in all axes but %d", except);
  NT_CHECK(fits(&first->shape1, &other->shape1, except) &&
               fits(&first->shape2, &other->shape2, except),
           err, NT_ERR_SHAPE, "inputs 0 and %d have shapes %s and %s; they must be equal%s", i,
           nt_shape_text(&first->shape1, text1, sizeof text1),
           nt_shape_text(&other->shape1, text2, sizeof text2), but);
done:
  return status;
}

nt_status nt_fan_in_check(int except, int n_in, const nt_facts *in, nt_error *err)
{
  nt_status status = NT_OK;
  NT_CHECK(n_in > 0, err, NT_ERR_SHAPE, "there are no inputs; it needs at least one");
  for (int i = 1; i < n_in; i++)
    NT_TRY(check_pair(except, i, &in[0], &in[i], err));
done:
  return status;
}

nt_status nt_fan_in_gaussian(int n_in, const nt_facts *in, nt_error *err)
{
  nt_status status = NT_OK;
  for (int i = 0; i < n_in; i++) {
    NT_CHECK(in[i].is_gaussian, err, NT_ERR_UNSUPPORTED,
             "input %d is not Gaussian, as it comes from a nonlinearity (or is the data); each "
             "branch must end with Dense, or another layer with weights",
             i);
  }
done:
  return status;
}

void nt_fan_in_flags(int n_in, const nt_facts *in, nt_facts *out)
{
  for (int i = 1; i < n_in; i++) {
    out->masked1 = out->masked1 || in[i].masked1;
    out->masked2 = out->masked2 || in[i].masked2;
    out->ntk_zero = out->ntk_zero && in[i].ntk_zero;
  }
}
