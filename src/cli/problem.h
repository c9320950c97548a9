/** What is learned: targets, and how their axes lie in the rows and columns of
 * kernels and predictions. */
#ifndef NT_CLI_PROBLEM_H
#define NT_CLI_PROBLEM_H

#include "cli/session.h"
#include "nt/predictor.h"
#include "nt/selection.h"

/** Sets of predictions. */
typedef enum nt_set { NT_ON_TEST, NT_ON_TRAIN, NT_ON_LOO, NT_ON_FOLDS, NT_SETS } nt_set;

/** The problem: replicated on all ranks. A kernel has a row for each sample, or (with trace axes,
 * and with positions) for each entry of the axes of the outputs that are not traced; a row has an
 * output for each entry of the others. */
typedef struct nt_problem {
  int64_t n, m; /**< Rows of the training and test samples; m = 0: nothing to predict. */
  int64_t c;    /**< Outputs of a row. */
  int64_t unit; /**< Rows of a sample; all of them where the samples are traced. */
  nt_trace trace, test_trace; /**< Axes of the outputs; the second with m > 0. */
  double *y;                  /**< [n][c] the targets of the rows, once filled. Owned. */
  nt_targets *train, *test;   /**< Owned; test NULL without labels of the test samples. */
  nt_folds *folds;            /**< Of the rows. Owned; NULL without --folds. */
  int64_t largest_fold;       /**< Rows of the largest one; 0 without. */
  bool decomposes; /**< One eigendecomposition chooses a regularisation, not a factor each. */
} nt_problem;

/** Lay out the rows of p->train, which has no values yet, with the trace axes. `rows` of stored
 * kernels of the training set, `test` those of test samples (0: not known), `test_samples` their
 * number (0: not known). Parallel: Collective on the context. */
nt_status nt_problem_lay_out(nt_session *s, nt_problem *p, int64_t rows, int64_t test,
                             int64_t test_samples) NT_WARN_UNUSED;
/** Bytes of the values of all targets. Parallel: Local. */
int64_t nt_problem_bytes(const nt_problem *p);
/** These values, from the labels that p->train and p->test (if it is there) were decided from.
 * Parallel: Collective on the context. */
nt_status nt_problem_fill(nt_session *s, nt_problem *p, const nt_labels *labels,
                          const nt_labels *test_labels) NT_WARN_UNUSED;
/** Folds of samples become folds of their rows, of which the largest is found. Parallel: Local. */
nt_status nt_problem_spread_folds(nt_error *err, nt_problem *p) NT_WARN_UNUSED;
/** Free what the problem owns. Parallel: Local. */
void nt_problem_free(nt_problem *p);

/** Rows of a set. Parallel: Local. */
int64_t nt_set_size(const nt_problem *p, nt_set set);
/** Axes of the outputs of a set, and of its rows alone. Parallel: Local. */
const nt_trace *nt_set_trace(const nt_problem *p, nt_set set);
nt_shape nt_trace_rows(const nt_trace *trace);
/** `lead` axes with those of `tail` behind them. Parallel: Local. */
nt_shape nt_shape_join(const nt_shape *lead, const nt_shape *tail);

/** Bring predictions [rows][c] of a set into the order of its outputs, in place, and compare them
 * with its targets (where it has them). Parallel: Local. */
nt_status nt_set_score(nt_error *err, const nt_problem *p, nt_set set, double *mean,
                       nt_metrics *metrics) NT_WARN_UNUSED;
/** Negative log likelihood of a set that has targets, from its scored
 * predictions, and variances [rows].
 * \param [out] each  [rows]. Parallel: Local. */
nt_status nt_set_nll(nt_error *err, const nt_problem *p, nt_set set, const double *mean,
                     const double *variance, double noise, double *each,
                     nt_metrics *metrics) NT_WARN_UNUSED;

#endif
