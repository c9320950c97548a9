/** --solver refine and pcg: weights without a float64 factor. */
#ifndef NT_CLI_SOLVING_H
#define NT_CLI_SOLVING_H

#include "cli/inputs.h"
#include "cli/learning.h"
#include "cli/network.h"

/** Whether weights come from an iteration, so that there is no float64 factor. Parallel: Local. */
bool nt_solving_iterates(const nt_cli_options *options);
/** Words about solvers that do not go together. Parallel: Local. */
nt_status nt_solving_check(nt_error *err, const nt_cli_options *options) NT_WARN_UNUSED;
/** Bytes that the solver holds on a rank beside the kernel. Parallel: Local. */
int64_t nt_solving_bytes(const nt_session *s, const nt_problem *problem);
/** What is held for each kernel, for people. Parallel: Local. */
const char *nt_solving_text(const nt_cli_options *options);

/** Prepare to solve with the kernel of a fit: its posterior, or (matrix-free) the kernel `field`
 * (NT_GET_...) of the network. Freed by nt_solving_free. Parallel: Collective on the grid. */
nt_status nt_solving_begin(nt_session *s, const nt_cli_net *net, const nt_inputs *train,
                           unsigned field, nt_fit *fit) NT_WARN_UNUSED;
/** Solve with regularisation number r, for alpha and what was added to the diagonal; residuals are printed
 * as they fall. Parallel: Collective on the grid. */
nt_status nt_solving_run(nt_session *s, const nt_problem *problem, nt_fit *fit,
                         int r) NT_WARN_UNUSED;
/** Free what nt_solving_begin prepared. Parallel: Local. */
void nt_solving_free(nt_fit *fit);

#endif
