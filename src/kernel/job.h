/** A kernel to be computed: planned from shapes alone, so that memory is
 * known before data are read. */
#ifndef NT_KERNEL_JOB_H
#define NT_KERNEL_JOB_H

#include "kernel/memory.h"
#include "kernel/panel.h"
#include "nt/kernel.h"

typedef struct nt_kernel_job nt_kernel_job;

/** The passes of a job: nngp and ntk, cov1, cov2. */
enum { NT_PASSES = 3 };

/** How far a job is in its passes, in seconds. */
typedef struct nt_course {
  double pass[NT_PASSES]; /**< What each takes, as it is planned; 0: not known. */
  double all;             /**< All together, those of stages too. */
  double began, behind;   /**< When, and what the passes behind the one in hand take. */
  nt_progress callback;   /**< For the pass in hand: what it tells, and what is behind it. */
} nt_course;

struct nt_kernel_job {
  nt_grid *grid;         /**< Borrowed. */
  const nt_layer *net;   /**< Borrowed; NULL in the job of a stage. */
  nt_plan *plan;         /**< Owned; of a network that is cut, the facts alone. */
  nt_plan *cov_plan;     /**< Owned; for cov1 and cov2 beyond variances; NULL if not needed. */
  nt_stages stages;      /**< Of a network that is cut, */
  nt_kernel_job **stage; /**< [stages.n] and their jobs; owned. NULL: not cut. */
  unsigned get;
  bool symmetric;
  bool digits; /**< All ranks can multiply digits (kernel/digits.h). */
  nt_memory memory;
  int64_t limit; /**< Bytes a rank may use; 0: no limit. */
  const nt_progress *progress;
  nt_course course;
  double tile_seconds; /**< That tiles took this rank so far. */
};

/** Plan the stages of job->plan, whose network has layers that act on the samples.
 * Parallel: Local. */
nt_status nt_kernel_job_cut(nt_kernel_job *job, const nt_kernel_options *options) NT_WARN_UNUSED;
/** Compute stage after stage. \param [in] side1, side2 Of the inputs of the network.
 * \param [out] kernels As nt_kernel_fn. Parallel: Collective on grid. */
nt_status nt_kernel_job_run_stages(nt_kernel_job *job, const nt_side *side1, const nt_side *side2,
                                   nt_tree **kernels) NT_WARN_UNUSED;
/** What is asked of a job's plan. Parallel: Local. */
nt_request nt_request_of(const nt_kernel_job *job, const nt_kernel_options *options);
/** Whether cov1 of the plan's outputs takes a plan of its own. Parallel: Local. */
bool nt_cov_needs_pairs(const nt_plan *plan, unsigned get);

/** What a job takes on any grid, and with any number of threads. Parallel: Local. */
nt_demand nt_kernel_job_demand(const nt_kernel_job *job);
/** Plan a kernel; on a planned grid too. Refuses local matrices of 2^31 elements (NT_ERR_NOMEM, saying
 * how many ranks of options->memory would do).
 * \param [in] inputs  One for each leaf of `leaves`. \param [out] job  Owned; borrows net.
 * Parallel: Collective on grid. */
nt_status nt_kernel_job_create(nt_grid *grid, const nt_layer *net, const nt_tree *leaves,
                               const nt_input *inputs, unsigned get,
                               const nt_kernel_options *options,
                               nt_kernel_job **job) NT_WARN_UNUSED;
/** Shapes of the patterns of Aggregate, [samples] and more axes; NULL: none. */
typedef struct nt_patterns {
  const nt_shape *one, *two; /**< Of x1, of x2. */
  bool none;                 /**< That there are none was said: Aggregate is the identity. */
} nt_patterns;

/** Check patterns against the network and the numbers of samples, and count their memory.
 * \return NT_ERR_ARG where a pattern is missing, or there is no layer that takes one; NT_ERR_SHAPE;
 * NT_ERR_UNSUPPORTED for a pattern of one argument alone. Parallel: Local. */
nt_status nt_kernel_job_patterns(nt_kernel_job *job, const nt_patterns *patterns) NT_WARN_UNUSED;
/** Find job->memory. \return NT_ERR_NOMEM for local matrices of 2^31 elements. Parallel: Local. */
nt_status nt_kernel_job_count_memory(nt_kernel_job *job) NT_WARN_UNUSED;
/** \return NT_ERR_NOMEM where job->memory is beyond job->limit, saying what would do.
 * Parallel: Local. */
nt_status nt_kernel_job_check_memory(const nt_kernel_job *job) NT_WARN_UNUSED;
/** Find out whether x1 and x2 are the same samples, to 1e-12 in all values, input by input; without
 * it two sides count as different. Parallel: Collective on grid. */
nt_status nt_kernel_job_compare(nt_kernel_job *job, const nt_side *side1,
                                const nt_side *side2) NT_WARN_UNUSED;
/** Whether that matters: whether a sample meets itself otherwise than others, behind Dropout.
 * Parallel: Local. */
bool nt_kernel_job_drops(const nt_kernel_job *job);
/** Compute. side2 NULL: x2 = x1. \param [out] kernels  As nt_kernel_fn.
 * Parallel: Collective on grid. */
nt_status nt_kernel_job_run(nt_kernel_job *job, const nt_side *side1, const nt_side *side2,
                            nt_tree **kernels) NT_WARN_UNUSED;
/** The passes of a job that has no stages, as nt_kernel_job_run. Parallel: Collective on grid. */
nt_status nt_kernel_job_run_passes(nt_kernel_job *job, const nt_side *side1, const nt_side *side2,
                                   nt_tree **kernels) NT_WARN_UNUSED;
/** Free a job and set it to NULL. Parallel: Local. */
void nt_kernel_job_destroy(nt_kernel_job **job);

/** What each pass of a job of several, or of its stages, takes: job->course.
 * Parallel: Collective on grid. */
nt_status nt_course_plan(nt_kernel_job *job) NT_WARN_UNUSED;
/** Before the first pass. `began`: when the first stage did; `behind`: seconds of later stages.
 * Parallel: Local. */
void nt_course_begin(nt_kernel_job *job, double began, double behind);
/** Before pass number `pass`. Parallel: Local. */
void nt_course_pass(nt_kernel_job *job, int pass);

/** The mean variances of all norms over the samples of `side`, one norm after the other, since a
 * later one reads what an earlier one has made: a pass over all samples each, shared by all ranks.
 * \param [out] norm  [n_nodes] NULL where there is no such norm; owned, freed by
 *                    nt_batch_norms_destroy; NULL where there are none.
 *                    Parallel: Collective on grid. */
nt_status nt_batch_norms_create(nt_kernel_job *job, const nt_side *side,
                                double ***norm) NT_WARN_UNUSED;
void nt_batch_norms_destroy(const nt_kernel_job *job, double ***norm);

/** The own pass: cov1 or cov2 of all outputs, each sample with itself, and masks.
 * Parallel: Collective on grid. */
nt_status nt_own_pass_run(nt_kernel_job *job, const nt_side *side, nt_dmatrix *const *cov,
                          unsigned char *const *mask) NT_WARN_UNUSED;
/** Bytes that it holds on a rank for n samples, beyond results and home
 * samples: panels and threads.
 * Parallel: Local. */
nt_memory nt_own_pass_bytes(const nt_demand *demand, nt_machine places, int64_t n);

#endif
