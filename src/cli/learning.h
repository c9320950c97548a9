/** Inference of `ntmpi predict` with one kernel and one regularisation after the other. */
#ifndef NT_CLI_LEARNING_H
#define NT_CLI_LEARNING_H

#include "cli/problem.h"
#include "cli/results.h"

/** How regularisations compare on the training set. Arrays are owned. */
typedef struct nt_reg_curve {
  int n;               /**< 0: nothing was to be chosen. */
  double *reg;         /**< [n] */
  double *reg_abs;     /**< [n] NaN where the kernel was not positive definite. */
  double *score;       /**< [n] Log evidence, or the mse of left-out predictions; NaN likewise. */
  nt_metrics *metrics; /**< [n] Of left-out predictions. */
  int best;
} nt_reg_curve;

/** What a solver other than Cholesky prepared (cli/solving.h). Opaque. */
typedef struct nt_solving nt_solving;

/** What a kernel learns. R = number of regularisations, n and m rows of c outputs; arrays are
 * owned, and the same on all ranks. */
typedef struct nt_fit {
  const char *name;        /**< Of the kernel: "ntk". */
  nt_posterior *posterior; /**< Owned; NULL when it is no longer needed. */
  nt_solving *solving;     /**< Owned; NULL when there is none. */
  nt_reg_curve curve;      /**< With a curve R is 1. */
  int R;
  double lowest;                /**< Bound of the lowest eigenvalue; NAN: not known yet. */
  double *reg;                  /**< [R] As asked, relative or absolute. */
  double *reg_abs;              /**< [R] What is added to the diagonal. */
  double *log_evidence;         /**< [R] NULL without a float64 factor. */
  double *alpha;                /**< [R][n][c] (K + reg_abs I)^-1 Y */
  double *mean[NT_SETS];        /**< [R] outputs; NULL when the set was not asked for. */
  nt_metrics *metrics[NT_SETS]; /**< [R] Likewise; on the test set only with its labels. */
  double *loo_variance;         /**< [R][n] As a Gaussian process; NULL without --loo. */
  double *loo_ensemble;         /**< [R][n] As get "ntk"; NULL when not known. */
} nt_fit;

/** What is printed and written under one name: "ntkgp" has the fit of "ntk",
 * but variances of its own. */
typedef struct nt_answer {
  const char *name;
  const nt_fit *fit;
  const double *loo_variance;   /**< [R][n], or NULL. Borrowed. */
  nt_metrics *metrics[NT_SETS]; /**< [R] Owned; NULL where there are no predictions or no labels. */
  double *nll_each[NT_SETS];    /**< [R][rows of the set] Owned; NULL without variances. */
} nt_answer;

/** The regularisations: those of --reg-abs, or of --reg (default: 0), or the
 * grid of --reg auto. Local. */
const nt_reals *nt_learning_regs(const nt_cli_options *options);
/** What chooses among them (NT_SELECT_...), or 0. Parallel: Local. */
int nt_learning_select(const nt_cli_options *options);
/** Bytes of replicated arrays that learning with `kernels` kernels takes on a rank. Local. */
int64_t nt_learning_bytes(const nt_cli_options *options, const nt_problem *problem, int kernels);
/** Whether one eigendecomposition costs less than a factor for each candidate. Parallel: Local. */
bool nt_learning_decomposes(const nt_cli_options *options);
/** Bytes of a rank's share of that. Parallel: Local. */
int64_t nt_decomposition_bytes(const nt_session *s, const nt_problem *problem);
/** Bytes of a rank's share of the panels of validation. Parallel: Local. */
int64_t nt_validation_bytes(const nt_session *s, const nt_problem *problem);

/** Begin with a kernel. \param [in,out] k_train  n x n; taken over; NULL in it: there will
 * be no posterior. \param [out] fit  Freed by nt_fit_free, also on failure.
 * Parallel: Collective on the grid. */
nt_status nt_fit_begin(nt_session *s, const nt_problem *problem, const char *name,
                       nt_dmatrix **k_train, nt_fit *fit) NT_WARN_UNUSED;
/** Choose the regularisation, if that was asked for, and print the curve.
 * Parallel: Collective on the grid. */
nt_status nt_fit_choose(nt_session *s, const nt_problem *problem, nt_fit *fit) NT_WARN_UNUSED;
/** Learn with regularisation number r: factorise, solve, predict the training set, and
 * its samples by all others. \param [in] initial  Posterior of the NNGP, for the
 * ensemble's variances; NULL: none.
 * Parallel: Collective on the grid. */
nt_status nt_fit_train(nt_session *s, const nt_problem *problem, nt_posterior *initial, nt_fit *fit,
                       int r) NT_WARN_UNUSED;
/** Predict test rows first ... with regularisation number r. \param [in] k_test  Their kernel with
 * the training samples. Parallel: Collective on the grid. */
nt_status nt_fit_test(const nt_problem *problem, nt_fit *fit, int r, int64_t first,
                      const nt_dmatrix *k_test) NT_WARN_UNUSED;
/** Arrange the predictions of the test set, and score them if it has labels.
 * Parallel: Collective on the context. */
nt_status nt_fit_score(nt_session *s, const nt_problem *problem, nt_fit *fit) NT_WARN_UNUSED;
/** Free all. Parallel: Local. */
void nt_fit_free(nt_fit *fit);

/** "reg=1e-06", or "reg_abs=...". Parallel: Local. */
const char *nt_reg_text(const nt_session *s, double reg, char *text, size_t size);
/** " errors=14/500 accuracy=97.20% mse=0.01" on stdout, without the first two
 * unless there are classes.
 * Parallel: Local. */
void nt_metrics_print(const nt_metrics *metrics);
/** What metrics there are, as members of a summary: each name after `prefix`. Parallel: Local. */
void nt_metrics_store(cJSON *item, const char *prefix, const nt_metrics *metrics);
/** What metrics there are, as arrays [lead] of a file: each name after `prefix`, "ntk/train_".
 * \param [in] metrics  [lead] \return NT_ERR_OUTPUT; NT_ERR_NOMEM. Parallel: Collective. */
nt_status nt_metrics_write(nt_ctx *ctx, nt_output *out, const char *prefix, const nt_shape *lead,
                           const nt_metrics *metrics) NT_WARN_UNUSED;
/** Array `name` (lead, samples) of the classes of predictions of the test samples, which the problem
 * has. \param [in] mean  (lead, outputs) \return As nt_metrics_write. Parallel: Collective. */
nt_status nt_classes_write(nt_ctx *ctx, nt_output *out, const char *name, const nt_shape *lead,
                           const nt_problem *p, const double *mean) NT_WARN_UNUSED;

/** Begin an answer: the metrics of the fit. \param [out] answer  Freed by
 * nt_answer_free, also on failure.
 * Parallel: Local. */
nt_status nt_answer_begin(nt_error *err, const char *name, const nt_fit *fit,
                          nt_answer *answer) NT_WARN_UNUSED;
/** Add negative log likelihoods of a set, from variances [R][rows]. Parallel: Local. */
nt_status nt_answer_add_nll(nt_error *err, const nt_problem *problem, nt_set set,
                            const double *variance, nt_answer *answer) NT_WARN_UNUSED;
/** Free all. Parallel: Local. */
void nt_answer_free(nt_answer *answer);
/** Print the lines of regularisation number r, and add it to the summary. Parallel: Local. */
void nt_answer_print(const nt_session *s, const nt_problem *problem, const nt_answer *answer,
                     int r);
/** Write an answer as group `answer->name`. Parallel: Collective on the context. */
nt_status nt_answer_write(nt_session *s, const nt_problem *problem, const nt_answer *answer,
                          nt_output *out) NT_WARN_UNUSED;

#endif
