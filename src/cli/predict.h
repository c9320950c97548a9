/** A run of `ntmpi predict`: what it holds, and its steps in their order, each in its own file:
 *
 *     predict_check.c      words that do not go together; texts of data
 *     predict_open.c       samples and stored kernels: sizes, what is computed
 *     predict_data.c       labels and folds; samples, preprocessing
 *     predict_plan.c       kernels: jobs, blocks of test samples, memory
 *     predict_memory.c     memory of training times, variances and covariances
 *     predict_kernels.c    kernels: computing, reading, saving
 *     predict_test_test.c  kernels of the test samples with themselves
 *     predict_learn.c      inference, one kernel after the other
 *     predict_spread.c     variances and covariances of Gaussian processes
 *     predict_write.c      the file of results, the summary
 *     predict_plot.c       curves */
#ifndef NT_CLI_PREDICT_H
#define NT_CLI_PREDICT_H

#include "cli/learning.h"
#include "cli/plot.h"
#include "cli/spread.h"
#include "cli/stored.h"
#include "cli/work.h"
#include "predict/quadratic.h"

/* Blocks of stored test-train kernels. */
enum { NT_READ_BLOCK = 64 };

/** Predictors in the order in which they are reported, that of NT_PREDICT_... */
enum { NT_PREDICTORS = 3 };

/* All that a run holds. */
typedef struct nt_predict_run {
  nt_session s;
  nt_output *out;   /* NULL without --output */
  nt_output *save;  /* NULL without --save-kernel */
  nt_output *state; /* NULL without --save-state */
  nt_cli_net net;
  nt_inputs train, test, from;
  nt_steps steps;
  nt_labels *labels, *test_labels;
  bool labels_for_all; /* labels are for all samples of a kernel that some were chosen from */
  nt_problem problem;
  nt_stored_kernels stored;
  unsigned predictors;         /* NT_BY_... */
  unsigned compute[NT_BLOCKS]; /* NT_GET_... of the kernels that are computed, not read */
  unsigned fields;             /* NT_GET_... of the kernels that the predictors need */
  unsigned test_test;          /* NT_GET_... of the test-test kernels that variances need */
  bool mixes_samples;          /* the network mixes samples: all test samples go together */
  bool may_meet_itself;        /* a test sample the same training sample, behind Dropout: too */
  nt_kernel_job *train_job;
  int64_t block;                  /* rows of test samples whose kernels are held at a time */
  nt_dmatrix *k_train[NT_FIELDS]; /* NULL when not needed, and once learning has taken them over */
  nt_fit fit[NT_FIELDS];
  nt_plot plot;                           /* curves, over times as kernels are trained */
  nt_spread_result spread[NT_PREDICTORS]; /* of the test predictions of --method gp */
  nt_quadratic form[NT_PREDICTORS];       /* of its covariances: of the test samples so far */
  double rate, largest_rate; /* of gradient descent: used, and the largest that converges */
} nt_predict_run;

/** Check the options, and parse the texts of data and preprocessing. Parallel: Local. */
nt_status nt_predict_parse(nt_predict_run *r) NT_WARN_UNUSED;
/** Whether there is a network. Parallel: Local. */
bool nt_predict_has_network(const nt_predict_run *r);
/** Open data sets and stored kernels: sizes are known then, and what will be computed.
 * Parallel: Collective on the context. */
nt_status nt_predict_open(nt_predict_run *r) NT_WARN_UNUSED;
/** Read the labels, and decide what targets they are. Parallel: Collective on the context. */
nt_status nt_predict_labels(nt_predict_run *r) NT_WARN_UNUSED;
/** Plan the kernels; announce the memory, or refuse. Parallel: Collective on the grid. */
nt_status nt_predict_plan(nt_predict_run *r) NT_WARN_UNUSED;
/** The job of test samples first ... first+count-1, for the kernels that are computed.
 * \param [out] part, job  Freed by the caller, also on failure.
 *                         Parallel: Collective on the grid. */
nt_status nt_predict_plan_block(nt_predict_run *r, int64_t first, int64_t count, nt_inputs *part,
                                nt_kernel_job **job) NT_WARN_UNUSED;
/** Give the targets their values; read and preprocess the samples, and check that stored kernels
 * come from them. Parallel: Collective on the context. */
nt_status nt_predict_read(nt_predict_run *r) NT_WARN_UNUSED;
/** Compute or read the kernels of the training set. Parallel: Collective on the grid. */
nt_status nt_predict_compute(nt_predict_run *r) NT_WARN_UNUSED;
/** Have the kernels between a block of test samples, from row `first` on, and the training samples:
 * in place of those of another block, or as they are when it is this one.
 * \param [in] first  A multiple of r->block. \param [in,out] kept  Its test_train are NULL for what
 * r->fields does not name. Parallel: Collective on the grid. */
nt_status nt_predict_load(nt_predict_run *r, int64_t first, nt_held_kernels *kept) NT_WARN_UNUSED;
/** --save-kernel: kernels of test samples that were computed, in the group of their block.
 * \param [in] diagonal  NULL, or vectors that stand for matrices. Parallel: Collective on the grid. */
nt_status nt_predict_save_test(nt_predict_run *r, nt_block block, nt_dmatrix *const k[NT_FIELDS],
                               double *const diagonal[NT_FIELDS]) NT_WARN_UNUSED;
/** Matrices of a record that was computed. Parallel: Local. */
void nt_predict_take_over(nt_tree *kernels, nt_dmatrix *k[NT_FIELDS]);
/** How often the blocks of test samples pass: once, or for each regularisation. Parallel: Local. */
int nt_predict_passes(const nt_cli_options *options);
/** Bytes that a rank needs beside the kernels: what is held to the end, and what the training set
 * and then the test samples take on top of it. */
typedef struct nt_predict_needs {
  int64_t held, training, testing;
} nt_predict_needs;

/** For the regularisations, times and variances that were asked for; `seen`: with what is read of
 * the memory of other ranks. Parallel: Local. */
nt_predict_needs nt_predict_needs_of(const nt_predict_run *r, bool seen);
/** Matrices of all test samples by the training samples that covariances are made of
 * (predict/quadratic.h, predict/ensemble_spread.h). Parallel: Local. */
int nt_predict_forms(const nt_predict_run *r);
/** Test-test kernels as covariances or variances need them. \param [out] kept  Freed by
 * nt_held_kernels_free, also on failure. Parallel: Collective on the grid. */
nt_status nt_predict_keep(nt_predict_run *r, nt_held_kernels *kept) NT_WARN_UNUSED;
/** Room for the covariances or variances of --method gp. Parallel: Collective on the grid. */
nt_status nt_predict_spread_begin(nt_predict_run *r) NT_WARN_UNUSED;
/** Variances of the test predictions that are held, or what their covariances are made
 * of, at regularisation number l, which the kernels are factorised with.
 * Parallel: Collective on the grid. */
nt_status nt_predict_spread(nt_predict_run *r, int l, const nt_held_kernels *kept) NT_WARN_UNUSED;
/** Covariances at regularisation number l, after all test samples.
 * Parallel: Collective on the grid. */
nt_status nt_predict_spread_end(nt_predict_run *r, int l,
                                const nt_held_kernels *kept) NT_WARN_UNUSED;
/** Learn and predict with each kernel; results are printed and written. Parallel: Collective. */
nt_status nt_predict_learn(nt_predict_run *r) NT_WARN_UNUSED;
/** Coordinates and attributes of the file, which is committed. Parallel: Collective. */
nt_status nt_predict_finish(nt_predict_run *r) NT_WARN_UNUSED;
/** Draw the curves over a list of regularisations. Parallel: Collective on the context. */
nt_status nt_predict_plot(nt_predict_run *r) NT_WARN_UNUSED;
/** Facts of the run for --json. Parallel: Local. */
void nt_predict_summarise(nt_predict_run *r);

#endif
