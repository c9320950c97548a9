/** Writing kernels with what belongs to them. */
#ifndef NT_CLI_RESULTS_H
#define NT_CLI_RESULTS_H

#include "cli/network.h"
#include "nt/kernel.h"

/** What a kernel came from. */
typedef struct nt_origin {
  const nt_cli_net *net;
  const nt_inputs *x1, *x2; /**< x2 NULL: x1 with itself. Read (hashes are stored). */
  const nt_steps *steps;
} nt_origin;

/** Begin an output: nt_output_open, and before it a message about devices and pipes whatever their
 * names end with. Parallel: Collective on the context. */
nt_status nt_results_open(nt_session *s, const char *path, nt_output **out) NT_WARN_UNUSED;
/** Check, before computing, that there are results, and a single one for NAME.npy. Local. */
nt_status nt_results_check(const nt_session *s, int n_outputs, bool has_x2) NT_WARN_UNUSED;
/** Write the fields that were asked for, of all outputs, and the attributes of cli.md.
 * Parallel: Collective on the context. */
nt_status nt_results_write(nt_session *s, const nt_tree *kernels, const nt_origin *origin,
                           nt_output *out) NT_WARN_UNUSED;
/** Attributes of the program: network, options, version. Parallel: Collective on the context. */
nt_status nt_results_attributes(nt_session *s, const nt_cli_net *net,
                                nt_output *out) NT_WARN_UNUSED;
/** Bytes of buffers that writing takes beside the results. Parallel: Local. */
int64_t nt_results_buffers(int64_t results);
/** Write the summary of --json: FILE, or stdout for "-". Parallel: Collective on the context. */
nt_status nt_summary_write(nt_session *s) NT_WARN_UNUSED;
/** The same after a plan that ended with `status`: also of one that does not fit in memory. \return
 * `status`, or how writing ended. Parallel: Collective on the context. */
nt_status nt_summary_write_plan(nt_session *s, nt_status status) NT_WARN_UNUSED;

#endif
