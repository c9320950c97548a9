#include "layer/axes.h"

nt_requirement nt_axes_require(nt_bool input, nt_bool output, int64_t batch_axis,
                               int64_t channel_axis)
{
  return (nt_requirement){.has_diagonal = true,
                          .input = input,
                          .output = output,
                          .diagonal_batch = NT_MAYBE,
                          .has_axes = true,
                          .batch_axis = batch_axis,
                          .channel_axis = channel_axis};
}

int nt_axes_of_space(const nt_facts *facts, int axis)
{
  int a = 0;
  for (; a == facts->batch_axis || a == facts->channel_axis || axis > 0; a++)
    axis -= a != facts->batch_axis && a != facts->channel_axis;
  return a;
}
