/** The inside of preprocessing.
 *
 * A step is applied to rows in double; entry e of a sample is
 * (position, channel) = (e / C, e % C). Statistics have `n` numbers: 1 (global), C (channel) or d
 * (feature); the one of entry e is e % n. */
#ifndef NT_IO_PREPROCESS_H
#define NT_IO_PREPROCESS_H

#include "nt/io.h"

enum { NT_MAX_STEPS = 16, NT_ZCA_MAX = 8192 };

typedef enum nt_preprocess_kind {
  NT_PREPROCESS_SCALE,
  NT_PREPROCESS_CENTER,
  NT_PREPROCESS_STANDARDIZE,
  NT_PREPROCESS_NORM,
  NT_PREPROCESS_ZCA
} nt_preprocess_kind;

typedef enum nt_scope { NT_SCOPE_GLOBAL, NT_SCOPE_CHANNEL, NT_SCOPE_FEATURE } nt_scope;

typedef struct nt_preprocess_step {
  nt_preprocess_kind kind;
  nt_scope scope;
  double value;   /**< S, R or EPS. */
  int64_t n;      /**< Length of mean and std. */
  double *mean;   /**< [n] Owned; NULL before the fit. */
  double *std;    /**< [n] Owned; what is divided by. */
  double *matrix; /**< [d][d] Owned; symmetric. */
} nt_preprocess_step;

struct nt_preprocess {
  char text[512];
  int n_steps;
  nt_preprocess_step step[NT_MAX_STEPS];
  int64_t positions, channels; /**< Of the training set; 0 before the fit. */
};

/** Rows of a sample block that are worked on at once: a function of d alone, so that BLAS sees the
 * same shapes on any number of ranks. Parallel: Local. */
int64_t nt_preprocess_rows(int64_t d);
/** Name of the kind of a step. Parallel: Local. */
const char *nt_preprocess_step_name(nt_preprocess_kind kind);
/** Load `rows` samples from sample i on (one home block, this rank's) as doubles, x[rows][d], and
 * apply the first `steps` steps. \param work [rows][d]. Parallel: Local. */
void nt_preprocess_load(const nt_preprocess *p, int steps, const nt_samples *s, int64_t i,
                        int64_t rows, double *x, double *work);
/** Fit step number `k` to the samples after the steps before it. Parallel: Collective on ctx. */
nt_status nt_statistics_fit(nt_ctx *ctx, nt_preprocess *p, int k,
                            const nt_samples *s) NT_WARN_UNUSED;
/** Fit the matrix of a zca step whose mean is known. Parallel: Collective on ctx. */
nt_status nt_zca_fit(nt_ctx *ctx, nt_preprocess *p, int k, const nt_samples *s) NT_WARN_UNUSED;
/** y[rows][d] = x[rows][d] matrix. Parallel: Local. */
void nt_zca_apply(const double *matrix, int64_t d, int64_t rows, const double *x, double *y);

#endif
