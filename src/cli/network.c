#include "cli/network.h"

#include "base/check.h"
#include "base/file.h"
#include "base/memory.h"
#include "net/net_impl.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_number(const char *text) { return text[strspn(text, "0123456789")] == '\0'; }

static nt_status check_choice(nt_error *err, const nt_cli_options *o)
{
  nt_status status = NT_OK;
  const char *file = o->network_file;
  NT_CHECK(file != NULL || o->network_text != NULL, err, NT_ERR_ARG,
           "a network is missing: -n FILE, or -e 'serial(Dense(512), Relu(), Dense(1))'");
  NT_CHECK(file == NULL || o->network_text == NULL, err, NT_ERR_ARG,
           "--network and --expr were both given: one network is enough");
  NT_CHECK(file == NULL || !is_number(file) || access(file, F_OK) == 0, err, NT_ERR_ARG,
           "there is no network file '%s'; -n is short for --network here, the number of ranks is "
           "mpirun's: mpirun -n %s ntmpi ...",
           file, file);
done:
  return status;
}

static nt_status parse(nt_error *err, const nt_cli_options *o, nt_cli_net *net)
{
  const char *const name = o->network_file != NULL ? o->network_file : "--expr";
  return nt_network_open(err, o->network_text, name, (nt_on_load){nt_outputs_keep, o}, &net->layer);
}

static nt_status keep_text(nt_error *err, const nt_cli_options *o, bool first, nt_cli_net *net)
{
  nt_status status = NT_OK;
  NT_TRY(nt_layer_text(err, net->layer, &net->shown));
  if (!first) return NT_OK;
  status = o->network_file != NULL
               ? nt_file_text(err, o->network_file, INT64_MAX - 1, &net->text, NULL)
               : nt_strdup(err, o->network_text, &net->text);
done:
  return status;
}

nt_status nt_cli_net_read(nt_session *s, nt_cli_net *net)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(s->ctx);
  NT_TRY_ALL(s->ctx, check_choice(err, &s->options));
  NT_TRY_ALL(s->ctx, parse(err, &s->options, net));
  NT_TRY_ALL(s->ctx, keep_text(err, &s->options, nt_ctx_rank(s->ctx) == 0, net));
  const bool is_long = strlen(net->shown) > 300;
  nt_say(s, "network %.*s%s", is_long ? 300 : (int)strlen(net->shown), net->shown,
         is_long ? "..." : "");
done:
  return status;
}

void nt_cli_net_free(nt_cli_net *net)
{
  nt_layer_release(&net->layer);
  free(net->text);
  free(net->shown);
  *net = (nt_cli_net){0};
}

nt_kernel_options nt_cli_kernel_options(const nt_session *s)
{
  const nt_cli_options *o = &s->options;
  return (nt_kernel_options){.diagonal_batch = o->diagonal_batch,
                             .diagonal_spatial = o->diagonal_spatial,
                             .has_batch_axis = o->batch_axis.given,
                             .has_channel_axis = o->channel_axis.given,
                             .batch_axis = o->batch_axis.value,
                             .channel_axis = o->channel_axis.value,
                             .dtype = o->dtype,
                             .tile = o->tile,
                             .memory = s->limit.bytes};
}

/* How each leaf of `tree` is to be read. */
static nt_status axes_of(nt_session *s, const nt_cli_net *net, const nt_tree *tree,
                         nt_dataset_options **axes)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(s->ctx);
  const nt_kernel_options options = nt_cli_kernel_options(s);
  NT_TRY(nt_calloc(err, nt_tree_count(tree), sizeof **axes, "axes", axes));
  NT_TRY(nt_kernel_axes(err, net->layer, tree, &options, *axes));
done:
  return status;
}

nt_status nt_cli_net_open(nt_session *s, const nt_cli_net *net, nt_inputs *x1, nt_inputs *x2,
                          nt_inputs *from)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(s->ctx);
  nt_dataset_options *axes = NULL;
  nt_inputs *const others[] = {x2, from};
  const char *const pattern = s->options.pattern, *const pattern2 = s->options.pattern2;
  NT_TRY_ALL(s->ctx, axes_of(s, net, x1->tree, &axes));
  NT_TRY(nt_inputs_open(s, axes, x1));
  for (int i = 0; i < 2; i++) {
    if (others[i]->n_leaves == 0) continue;
    NT_TRY(nt_inputs_nested_alike(err, x1, others[i]));
    NT_TRY(nt_inputs_open(s, axes, others[i]));
    NT_TRY(nt_inputs_alike(err, x1, others[i]));
  }
  NT_TRY(nt_inputs_open_pattern(s, net->layer, pattern, x1));
  if (x2->n_leaves > 0)
    NT_TRY(nt_inputs_open_pattern(s, net->layer, pattern2 != NULL ? pattern2 : pattern, x2));
done:
  free(axes);
  return status;
}
