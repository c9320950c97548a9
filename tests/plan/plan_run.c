#include "plan_run.h"

#include <stdlib.h>

nt_status nt_make_plan(nt_error *err, const char *network, int n, const nt_input *inputs,
                       const nt_request *request, nt_planned *planned)
{
  nt_tree *leaves = NULL;
  *planned = (nt_planned){0};
  nt_status status = nt_network_parse(err, network, "net", &planned->net);
  if (status == NT_OK && n == 1) status = nt_tree_leaf(err, NULL, &leaves);
  if (status == NT_OK && n > 1) status = nt_tree_sequence(err, n, false, &leaves);
  for (int i = 0; n > 1 && status == NT_OK && i < n; i++)
    status = nt_tree_leaf(err, NULL, &leaves->child[i]);
  if (status == NT_OK)
    status = nt_plan_create(err, planned->net, leaves, inputs, request, &planned->plan);
  nt_tree_destroy(&leaves);
  return status;
}

void nt_free_plan(nt_planned *planned)
{
  nt_plan_destroy(&planned->plan);
  nt_layer_release(&planned->net);
}

nt_input nt_input_of(nt_shape shape)
{
  return (nt_input){.shape1 = shape, .shape2 = shape, .x1_is_x2 = true};
}
