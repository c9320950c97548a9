/** `ntmpi predict --method gradient-descent`: its steps, each in its own file:
 *
 *     descent_check.c     which words go together
 *     descent_start.c     learning rate, initial outputs, state
 *     descent.c           training curves and ensembles, one kernel after the other
 *     descent_equation.c  other losses, momentum: integrated
 *     descent_write.c     lines, summary, results */
#ifndef NT_CLI_DESCENT_H
#define NT_CLI_DESCENT_H

#include "cli/predict.h"
#include "cli/spread.h"
#include "nt/descent.h"

/** What one kernel gave at all regularisations and times, R x T results. Arrays are owned, the same
 * on all ranks; T = 1 without --time. */
typedef struct nt_descent_answer {
  const char *name;
  int R, T;
  double *reg_abs;                          /**< [R] */
  double *test;                             /**< [R][T] outputs of the test samples */
  double *train;                            /**< [R][T] of the training samples */
  nt_metrics *metrics_test, *metrics_train; /**< [R][T]; the first only with labels. */
  nt_spread_result spread_test, spread_train;
  double *nll_each; /**< [R][T][rows] NULL without variances, or labels of the test samples. */
} nt_descent_answer;

/** Where training begins. Arrays are owned. */
typedef struct nt_descent_start {
  double rate, largest;           /**< The learning rate, and the largest that converges. */
  double *initial, *initial_test; /**< Outputs; NULL: 0. */
  bool has_state;
  nt_ode_state state;
} nt_descent_start;

/** Check the options of training times, for both methods. Parallel: Local. */
nt_status nt_descent_check_options(nt_error *err, const nt_cli_options *options) NT_WARN_UNUSED;
/** Whether the differential equation is integrated instead of the closed form. Parallel: Local. */
bool nt_descent_integrates(const nt_cli_options *options);

/** Decide the learning rate, read initial outputs and state. \param [out] start  Freed by
 * nt_descent_start_free, also on failure. Parallel: Collective on the grid. */
nt_status nt_descent_begin(nt_predict_run *r, nt_descent_start *start) NT_WARN_UNUSED;
void nt_descent_start_free(nt_descent_start *start);
/** Write --save-state. Parallel: Collective on the context. */
nt_status nt_descent_save(nt_predict_run *r, const nt_ode_state *state) NT_WARN_UNUSED;

/** Score, print and write an answer. Parallel: Collective on the context. */
nt_status nt_descent_finish(nt_predict_run *r, nt_descent_answer *a) NT_WARN_UNUSED;
/** Train with any loss, or momentum. Parallel: Collective on the grid. */
nt_status nt_descent_by_equation(nt_predict_run *r, const nt_descent_start *start,
                                 nt_held_kernels *kept) NT_WARN_UNUSED;
/** Train with each kernel; results are printed and written. Parallel: Collective. */
nt_status nt_descent_learn(nt_predict_run *r) NT_WARN_UNUSED;

/** Room for the means of all results. \param [out] a  Freed by
 * nt_descent_answer_free, also on failure.
 * Parallel: Collective on the context. */
nt_status nt_descent_answer_begin(nt_predict_run *r, const char *name,
                                  nt_descent_answer *a) NT_WARN_UNUSED;
void nt_descent_answer_free(nt_descent_answer *a);
/** Score the predictions. Parallel: Local. */
void nt_descent_score(const nt_predict_run *r, nt_descent_answer *a);
/** Add negative log likelihoods of the test set, with reg_abs as noise, where variances are known.
 * Parallel: Collective on the context. */
nt_status nt_descent_add_nll(nt_predict_run *r, nt_descent_answer *a) NT_WARN_UNUSED;
/** Print the lines of an answer, and add them to the summary. Parallel: Local. */
void nt_descent_print(const nt_predict_run *r, const nt_descent_answer *a);
/** Keep the curves of an answer over time for nt_predict_plot.
 * Parallel: Collective on the context. */
nt_status nt_predict_plot_times(nt_predict_run *r, const nt_descent_answer *a) NT_WARN_UNUSED;
/** Times, learning rate and what else describes the training, in the file. Parallel: Collective. */
nt_status nt_descent_attributes(nt_predict_run *r) NT_WARN_UNUSED;
/** Write an answer as group `a->name`. Parallel: Collective on the context. */
nt_status nt_descent_write(nt_predict_run *r, const nt_descent_answer *a) NT_WARN_UNUSED;

#endif
