/** Inference of `ntmpi predict` with one kernel and one regularisation after the other. */
#ifndef NT_CLI_LEARNING_H
#define NT_CLI_LEARNING_H

#include "cli/results.h"
#include "nt/predict.h"

/** The problem: replicated on all ranks. */
typedef struct nt_problem {
  int64_t n, m;             /**< Training and test samples; m = 0: nothing to predict. */
  nt_targets *train, *test; /**< Owned; test NULL without labels of the test samples. */
} nt_problem;

/** What a kernel learns. R = number of regularisations, c = number of outputs; arrays are owned, and
 * the same on all ranks. */
typedef struct nt_fit {
  const char *name;        /**< Of the kernel: "ntk". */
  nt_posterior *posterior; /**< Owned; NULL when it is no longer needed. */
  int R;
  double *reg;                         /**< [R] As asked, relative or absolute. */
  double *reg_abs;                     /**< [R] What is added to the diagonal. */
  double *alpha;                       /**< [R][n][c] (K + reg_abs I)^-1 Y */
  double *train_mean;                  /**< [R][n][c] */
  double *mean;                        /**< [R][m][c] */
  nt_metrics *metrics, *train_metrics; /**< [R] metrics need labels of the test samples. */
} nt_fit;

/** What is printed and written under one name: "ntkgp" has the fit of "ntk". */
typedef struct nt_answer {
  const char *name;
  const nt_fit *fit;
} nt_answer;

/** The regularisations: those of --reg-abs, or of --reg (default: 0). Parallel: Local. */
const nt_reals *nt_learning_regs(const nt_cli_options *options);
/** Bytes of replicated arrays that learning with `kernels` kernels takes on a rank. Local. */
int64_t nt_learning_bytes(const nt_cli_options *options, const nt_problem *problem, int kernels);

/** Begin with a kernel. \param [in,out] k_train  n x n; taken over. \param [out] fit  Freed by
 * nt_fit_free, also on failure. Parallel: Collective on the grid. */
nt_status nt_fit_begin(nt_session *s, const nt_problem *problem, const char *name,
                       nt_dmatrix **k_train, nt_fit *fit) NT_WARN_UNUSED;
/** Learn with regularisation number r: factorise, solve, predict the training set.
 * Parallel: Collective on the grid. */
nt_status nt_fit_train(nt_session *s, const nt_problem *problem, nt_fit *fit, int r) NT_WARN_UNUSED;
/** Predict test samples first ... with regularisation number r. \param [in] k_test  Their kernel with
 * the training samples. Parallel: Collective on the grid. */
nt_status nt_fit_test(const nt_problem *problem, nt_fit *fit, int r, int64_t first,
                      const nt_dmatrix *k_test) NT_WARN_UNUSED;
/** Score the predictions of the test set, if it has labels. Parallel: Local. */
void nt_fit_score(const nt_problem *problem, nt_fit *fit);
/** Free all. Parallel: Local. */
void nt_fit_free(nt_fit *fit);

/** Print the line of regularisation number r, and add it to the summary. Parallel: Local. */
void nt_answer_print(const nt_session *s, const nt_problem *problem, const nt_answer *answer,
                     int r);
/** Write an answer as group `answer->name`. Parallel: Collective on the context. */
nt_status nt_answer_write(nt_session *s, const nt_problem *problem, const nt_answer *answer,
                          nt_output *out) NT_WARN_UNUSED;

#endif
