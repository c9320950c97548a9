#include "nt/kernel.h"

#include "base/check.h"
#include "base/memory.h"
#include "net/net_impl.h"
#include "plan/plan_impl.h"

#include <stdlib.h>

nt_status nt_kernel_axes(nt_error *err, const nt_layer *net, const nt_tree *x1,
                         const nt_kernel_options *options, nt_dataset_options *read)
{
  nt_status status = NT_OK;
  nt_plan *plan = NULL;
  nt_leaf_axes *axes = NULL;
  nt_request request = {.get = 0};
  if (options != NULL) {
    request.has_batch_axis = options->has_batch_axis;
    request.has_channel_axis = options->has_channel_axis;
    request.batch_axis = options->batch_axis;
    request.channel_axis = options->channel_axis;
  }
  NT_TRY(nt_plan_trace(err, net, x1, &plan));
  NT_TRY(nt_alloc(err, plan->n_leaves, sizeof(nt_leaf_axes), "axes", &axes));
  NT_TRY(nt_plan_axes(err, plan, &request, axes));
  for (int l = 0; l < plan->n_leaves; l++) {
    read[l].batch_axis = axes[l].batch_axis;
    read[l].channel_axis = axes[l].channel_axis;
    read[l].flatten = axes[l].flattens;
    if (axes[l].declared != NULL)
      (void)nt_layer_where(axes[l].declared, read[l].asked_by, sizeof read[l].asked_by);
  }
done:
  free(axes);
  nt_plan_destroy(&plan);
  return status;
}
