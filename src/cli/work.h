/** Planning and running kernels for the command line: what is announced, refused, and shown. */
#ifndef NT_CLI_WORK_H
#define NT_CLI_WORK_H

#include "cli/network.h"
#include "cli/progress.h"
#include "kernel/job.h"

/** What will be held on the rank that holds most, in bytes. */
typedef struct nt_budget {
  int64_t process; /**< What the process itself takes without the rest. */
  int64_t results; /**< Matrices that stay. */
  int64_t samples;
  int64_t work;    /**< Largest of what is in work at a time. */
  int64_t writing; /**< Buffers of writing results, after the work. */
  int64_t output;  /**< Bytes of results in the file. */
  int64_t seen;    /**< Memory of other ranks that is read: among its pages, though they take
                          none. */
  const nt_sized_demand *sized; /**< What is held beside the process; NULL: more than a kernel. */
  const char *less;             /**< Of more than a kernel, what makes less of it, in words. */
} nt_budget;

/** Plan the kernel between x1 and x2 (NULL: of x1 with itself) from headers alone. Where
 * nearly opposite samples of few numbers would lose too much in float32, options.dtype of the
 * session becomes float64.
 * \param [out] job  Owned by the caller; borrows net. Parallel: Collective on the grid. */
nt_status nt_work_plan(nt_session *s, const nt_cli_net *net, const nt_inputs *x1,
                       const nt_inputs *x2, unsigned get, const nt_kernel_options *options,
                       nt_kernel_job **job) NT_WARN_UNUSED;

/** Whether a budget is within the limit of memory. Parallel: Local, the same on all ranks. */
bool nt_work_fits(const nt_session *s, const nt_budget *budget);
/** Announce the memory of a rank, and refuse what does not fit (NT_ERR_NOMEM, with the number of
 * ranks or the tile that would do). Parallel: Collective on the context. */
nt_status nt_work_announce(nt_session *s, nt_budget *budget) NT_WARN_UNUSED;

/** Say what a job will compute: shapes, tiles; of a planned session, all that ntmpi plan prints.
 * Parallel: Local. */
nt_status nt_work_describe(nt_session *s, const nt_kernel_job *job,
                           const char *what) NT_WARN_UNUSED;
/** Number of tiles that all ranks compute together. Parallel: Local. */
int64_t nt_work_tiles(const nt_kernel_job *job);

/** Run a job with progress. \param [out] kernels  nt_kernels_destroy. Parallel: Collective. */
nt_status nt_work_run(nt_session *s, nt_kernel_job *job, const nt_inputs *x1, const nt_inputs *x2,
                      const char *what, nt_tree **kernels) NT_WARN_UNUSED;

/** Say how much of the announced memory was used. \param [out] peak  Bytes, of the rank that used
 * most. Parallel: Collective on the context. */
nt_status nt_work_tell_memory(nt_session *s, int64_t *peak) NT_WARN_UNUSED;
/** Print and store the summary: seconds of the phases, memory announced and used.
 * Parallel: Collective on the context. */
nt_status nt_work_summary(nt_session *s) NT_WARN_UNUSED;

/** Arithmetic of a plan in words, in `out` if they are several. Parallel: Local. */
const char *nt_work_arithmetic(const nt_session *s, const nt_plan *plan, char *out, size_t size);
/** How many digits of each number a plan multiplies (kernel/digits.h); 0: the
 * numbers themselves. Local. */
int nt_work_digits(const nt_plan *plan);

#endif
