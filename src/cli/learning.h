/** Inference of `ntmpi predict`: one kernel after the other, one regularisation after the other. */
#ifndef NT_CLI_LEARNING_H
#define NT_CLI_LEARNING_H

#include "cli/results.h"
#include "nt/predict.h"

/** The problem: replicated on all ranks. */
typedef struct nt_problem {
  int64_t n, m;             /**< Training and test samples. */
  nt_targets *train, *test; /**< Owned; test NULL without --test-labels. */
} nt_problem;

/** What one kernel gave for all regularisations. R = number of them, c = number of outputs. */
typedef struct nt_answer {
  const char *name; /**< "ntk" */
  int R;
  double *mean;       /**< [R][m][c] Owned. */
  double *train_mean; /**< [R][n][c] Owned. */
  double *reg_abs;    /**< [R] Owned: added to the diagonal. */
  nt_metrics *metrics,
      *train_metrics; /**< [R] Owned; metrics without meaning without test labels. */
} nt_answer;

/** The regularisations: those of --reg-abs, or of --reg (default: 0). Parallel: Local. */
const nt_reals *nt_learning_regs(const nt_cli_options *options);

/** Learn and predict with one kernel, printing a line of the table per regularisation.
 *
 * \param [in,out] k_train  n x n; taken over. \param [in] k_test  m x n.
 * \param [out] answer      Freed by nt_answer_free, also on failure.
 * Parallel: Collective on the grid. */
nt_status nt_learning_run(nt_session *s, const nt_problem *problem, const char *name,
                          nt_dmatrix **k_train, const nt_dmatrix *k_test,
                          nt_answer *answer) NT_WARN_UNUSED;
/** Free an answer. Parallel: Local. */
void nt_answer_free(nt_answer *answer);
/** Print the line of `answer` for regularisation number r under another name too ("ntkgp" has the
 * means of "ntk"). Parallel: Local. */
void nt_answer_print(const nt_session *s, const nt_problem *problem, const nt_answer *answer,
                     int r);
/** Write an answer as group `answer->name`. Parallel: Collective on the context. */
nt_status nt_answer_write(nt_session *s, const nt_problem *problem, const nt_answer *answer,
                          nt_output *out) NT_WARN_UNUSED;
/** Bytes of replicated arrays that learning takes on a rank. Parallel: Local. */
int64_t nt_learning_bytes(const nt_cli_options *options, const nt_problem *problem);

#endif
