/** A run of `ntmpi predict`: what it holds, and its steps in their order, each in a file of its own:
 *
 *     predict_check.c    words that do not go together; texts of data
 *     predict_data.c     samples, labels, preprocessing
 *     predict_kernels.c  kernels: plan, memory, computing
 *     predict_learn.c    inference, one kernel after the other
 *     predict_write.c    the file of results, the summary */
#ifndef NT_CLI_PREDICT_H
#define NT_CLI_PREDICT_H

#include "cli/learning.h"
#include "cli/work.h"

/** The kernels of a run, in the order in which they are reported. */
enum { NT_NNGP, NT_NTK, NT_FIELDS };

/* All that a run holds. */
typedef struct nt_predict_run {
  nt_session s;
  nt_output *out; /* NULL without --output */
  nt_cli_net net;
  nt_inputs train, test, from;
  nt_steps steps;
  nt_labels *labels, *test_labels;
  nt_problem problem;
  unsigned fields; /* NT_GET_... of the kernels that the predictors need */
  nt_kernel_job *train_job;
  int64_t block;                  /* test samples whose kernels are held at a time */
  nt_dmatrix *k_train[NT_FIELDS]; /* NULL when not needed, and once learning has taken them over */
  nt_fit fit[NT_FIELDS];
} nt_predict_run;

/** Check the options, and parse the texts of data and preprocessing. Parallel: Local. */
nt_status nt_predict_parse(nt_predict_run *r) NT_WARN_UNUSED;
/** Open the data sets: sizes are known then. Parallel: Collective on the context. */
nt_status nt_predict_open(nt_predict_run *r) NT_WARN_UNUSED;
/** Read the labels, and make targets of them. Parallel: Collective on the context. */
nt_status nt_predict_labels(nt_predict_run *r) NT_WARN_UNUSED;
/** Plan the kernels; announce the memory, or refuse. Parallel: Collective on the grid. */
nt_status nt_predict_plan(nt_predict_run *r) NT_WARN_UNUSED;
/** Read and preprocess the samples. Parallel: Collective on the context. */
nt_status nt_predict_read(nt_predict_run *r) NT_WARN_UNUSED;
/** Compute the kernels of the training set. Parallel: Collective on the grid. */
nt_status nt_predict_compute(nt_predict_run *r) NT_WARN_UNUSED;
/** Kernels between test samples first ... first+count-1 and the training samples.
 * \param [in] first  A multiple of r->block. \param [out] k_test  Owned by the caller; NULL for those that
 * r->fields does not name. Parallel: Collective on the grid. */
nt_status nt_predict_test_train(nt_predict_run *r, int64_t first, int64_t count,
                                nt_dmatrix *k_test[NT_FIELDS]) NT_WARN_UNUSED;
/** Learn and predict with each kernel; results are printed and written. Parallel: Collective. */
nt_status nt_predict_learn(nt_predict_run *r) NT_WARN_UNUSED;
/** Coordinates and attributes of the file, which is committed. Parallel: Collective. */
nt_status nt_predict_finish(nt_predict_run *r) NT_WARN_UNUSED;
/** Facts of the run for --json. Parallel: Local. */
void nt_predict_summarise(nt_predict_run *r);

#endif
