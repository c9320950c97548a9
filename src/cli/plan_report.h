/** What ntmpi plan prints of a kernel: segments, tiles, memory, time; for people and as JSON. */
#ifndef NT_CLI_PLAN_REPORT_H
#define NT_CLI_PLAN_REPORT_H

#include "cli/work.h"

/** One kernel. \param [in] what  "kernel", "train-train", "test-train". Parallel: Local. */
nt_status nt_plan_report(nt_session *s, const nt_kernel_job *job, const char *what) NT_WARN_UNUSED;
/** Memory of a rank, and what there is. Parallel: Local. */
void nt_plan_report_budget(const nt_session *s, const nt_budget *budget);

#endif
