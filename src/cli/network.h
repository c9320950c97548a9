/** The network of a command line. */
#ifndef NT_CLI_NETWORK_H
#define NT_CLI_NETWORK_H

#include "cli/inputs.h"
#include "nt/kernel.h"

typedef struct nt_cli_net {
  nt_layer *layer; /**< Owned. */
  char *text;      /**< As given, on rank 0 (NULL elsewhere); owned. */
  char *shown;     /**< Printed back on one line; owned. */
} nt_cli_net;

/** Read --network or --expr. \return NT_ERR_ARG unless exactly one of them was given.
 * Parallel: Collective on the context. */
nt_status nt_cli_net_read(nt_session *s, nt_cli_net *net) NT_WARN_UNUSED;
/** Free all. Parallel: Local. */
void nt_cli_net_free(nt_cli_net *net);
/** Open samples (headers only) with the axes that the network declares: x1, and of x2 and `from`
 * those that have leaves, which must be nested and shaped as x1; and the patterns of x1 and x2.
 * Parallel: Collective on the context. */
nt_status nt_cli_net_open(nt_session *s, const nt_cli_net *net, nt_inputs *x1, nt_inputs *x2,
                          nt_inputs *from) NT_WARN_UNUSED;
/** Options of the engine from those of the command line. Parallel: Local. */
nt_kernel_options nt_cli_kernel_options(const nt_session *s);

#endif
