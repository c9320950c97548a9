/** Cross-validation by conjugate gradients: the samples outside of a fold S have a kernel of their
 * own, which is the whole one applied to vectors that are 0 on S. */
#include "base/check.h"
#include "base/memory.h"
#include "predict/conjugate.h"
#include "predict/predict_impl.h"

#include <stdlib.h>
#include <string.h>

/* The samples that remain without a fold. */
typedef struct nt_remainder {
  const nt_operator *op; /* of all */
  int64_t n;             /* that remain: */
  int64_t *index;        /* [all] */
  double *diagonal;      /* [all] */
  double *from, *to;     /* [all][c] work */
  double *y, *x;         /* [all][c] of those that remain */
  double mean_diagonal;
} nt_remainder;

static nt_status apply(void *self, const double *x, int64_t c, double *y)
{
  nt_status status = NT_OK;
  const nt_remainder *r = self;
  const size_t row = (size_t)c * sizeof(double);
  memset(r->from, 0, (size_t)r->op->n * row);
  for (int64_t i = 0; i < r->n; i++)
    memcpy(r->from + r->index[i] * c, x + i * c, row);
  NT_TRY(r->op->apply(r->op->self, r->from, c, r->to));
  for (int64_t i = 0; i < r->n; i++)
    memcpy(y + i * c, r->to + r->index[i] * c, row);
done:
  return status;
}

static nt_status column(void *self, int64_t j, double *out)
{
  nt_status status = NT_OK;
  const nt_remainder *r = self;
  NT_TRY(r->op->column(r->op->self, r->index[j], r->to));
  for (int64_t i = 0; i < r->n; i++)
    out[i] = r->to[r->index[i]];
done:
  return status;
}

static nt_status allocate(nt_error *err, int64_t c, nt_remainder *r)
{
  nt_status status = NT_OK;
  const int64_t n = r->op->n;
  NT_TRY(nt_alloc(err, n, sizeof(int64_t), "samples outside of a fold", &r->index));
  NT_TRY(nt_alloc(err, n * (4 * c + 1), sizeof(double), "vectors of a fold", &r->diagonal));
  r->from = r->diagonal + n;
  r->to = r->from + n * c;
  r->y = r->to + n * c;
  r->x = r->y + n * c;
done:
  return status;
}

/* Leave the samples of a fold out. */
static void leave_out(nt_remainder *r, const nt_folds *folds, int64_t fold, const double *y,
                      int64_t c)
{
  double trace = 0;
  r->n = 0;
  for (int64_t i = 0; i < folds->n; i++) {
    if (folds->fold[i] == fold) continue;
    memcpy(r->y + r->n * c, y + i * c, (size_t)c * sizeof(double));
    r->diagonal[r->n] = r->op->diagonal[i];
    trace += r->op->diagonal[i];
    r->index[r->n++] = i;
  }
  r->mean_diagonal = trace / (double)r->n;
}

/* Predictions of the fold: its rows of K times the weights of all others. */
static nt_status predict_fold(nt_remainder *r, const nt_pcg_validation *v, int64_t fold, int64_t c,
                              const nt_iteration *how, double *mean, nt_solution *sum)
{
  nt_status status = NT_OK;
  nt_pcg *pcg = NULL;
  nt_solution solution = {0};
  const nt_operator op = {r->op->ctx, r->n, r->diagonal, apply, column, r};
  double lambda;
  const size_t row = (size_t)c * sizeof(double);
  NT_TRY(nt_predict_lambda(nt_ctx_error(op.ctx), v->reg, v->absolute, r->mean_diagonal, &lambda));
  NT_TRY(nt_pcg_create(&op, v->rank, &pcg));
  NT_TRY(nt_pcg_solve(pcg, lambda, r->y, c, how, r->x, &solution));
  NT_TRY(apply(r, r->x, c, r->y));
  for (int64_t i = 0; i < v->folds->n; i++) {
    if (v->folds->fold[i] == fold) memcpy(mean + i * c, r->to + i * c, row);
  }
  nt_solution_add(&solution, sum);
done:
  nt_pcg_destroy(&pcg);
  return status;
}

nt_status nt_pcg_cross_validate(const nt_operator *op, const nt_pcg_validation *validation,
                                const double *y, int64_t c, const nt_iteration *how, double *mean,
                                nt_solution *solution)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(op->ctx);
  const nt_folds *folds = validation->folds;
  nt_remainder r = {.op = op};
  nt_solution sum = {0};
  NT_CHECK(folds->n == op->n, err, NT_ERR_ARG, "folds of %lld samples for a kernel of %lld",
           (long long)folds->n, (long long)op->n);
  NT_TRY_ALL(op->ctx, allocate(err, c, &r));
  for (int64_t f = 0; f < folds->count; f++) {
    leave_out(&r, folds, f, y, c);
    NT_TRY(predict_fold(&r, validation, f, c, how, mean, &sum));
  }
done:
  free(r.index);
  free(r.diagonal);
  if (solution != NULL) *solution = sum;
  return status;
}
