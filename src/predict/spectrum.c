/** Functions of a kernel in its eigenbasis, and the means that they give over time. */
#include "base/check.h"
#include "base/memory.h"
#include "predict/predict_impl.h"
#include "predict/predictor_impl.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

double nt_spectrum_rounding(const nt_eigen *eigen)
{
  const double top = fmax(fabs(eigen->values[0]), fabs(eigen->values[eigen->n - 1]));
  return DBL_EPSILON * sqrt((double)eigen->n) * top;
}

/* exp(-l+ s) - 1, which keeps its digits where nt_spectrum_remaining is nearly 1. */
static void spectrum_decay(const nt_eigen *eigen, double lambda, double s, double *e)
{
  const double rounding = nt_spectrum_rounding(eigen);
  for (int64_t i = 0; i < eigen->n; i++) {
    const double l = eigen->values[i] + lambda;
    e[i] = l > rounding ? expm1(-l * s) : 0; /* 0 inf is 0: what has no eigenvalue never moves */
  }
}

void nt_spectrum_remaining(const nt_eigen *eigen, double lambda, double s, double *e)
{
  const double rounding = nt_spectrum_rounding(eigen);
  for (int64_t i = 0; i < eigen->n; i++) {
    const double l = eigen->values[i] + lambda;
    e[i] = l > rounding ? exp(-l * s) : 1;
  }
}

void nt_spectrum_learned(const nt_eigen *eigen, double lambda, double s, double *p)
{
  const double rounding = nt_spectrum_rounding(eigen);
  for (int64_t i = 0; i < eigen->n; i++) {
    const double l = eigen->values[i] + lambda;
    if (l > rounding)
      p[i] = -expm1(-l * s) / l;
    else
      p[i] = l >= -rounding && s * rounding <= 1 ? s : 0; /* inf 0 is no number, and not below 1 */
  }
}

/* Eigenvalues that are 0 but for rounding. */
static bool vanishes(const nt_curve *curve, int64_t i)
{
  return fabs(curve->eigen->values[i] + curve->lambda) <= nt_spectrum_rounding(curve->eigen);
}

/* g [n] of time number b, times hat, into columns b c ... of `out` [n][B c]. */
static void weigh(const nt_curve *curve, const double *g, int b, int batch, double *out)
{
  const int64_t c = curve->c;
  const double sign = curve->on_test ? 1 : -1;
  for (int64_t i = 0; i < curve->eigen->n; i++) {
    for (int64_t k = 0; k < c; k++)
      out[(i * batch + b) * c + k] = sign * g[i] * curve->hat[i * c + k];
  }
}

/* Columns b c ... of `from` [rows][B c] as outputs. `matrix` [rows][c] is work. */
static void deliver(const nt_curve *curve, const double *from, int b, int batch, double *matrix,
                    double *out)
{
  const int64_t c = curve->c, rows = curve->trace->rows;
  for (int64_t i = 0; i < rows; i++) {
    for (int64_t k = 0; k < c; k++)
      matrix[i * c + k] = from[(i * batch + b) * c + k];
  }
  nt_trace_from_matrix(curve->trace, matrix, out);
  for (int64_t i = 0; curve->base != NULL && i < rows * c; i++)
    out[i] += curve->base[i];
}

/* Work arrays of one batch. */
typedef struct nt_batch_work {
  double *g;       /* [n] */
  double *columns; /* [n][B c] */
  double *train;   /* [n][B c] */
  double *test;    /* [rows][B c] */
  double *matrix;  /* [rows][c] */
} nt_batch_work;

/* V columns, or K_td V columns, to `from` in `w`. */
static nt_status product(const nt_curve *curve, int64_t columns, const nt_batch_work *w,
                         const double **from)
{
  nt_status status = NT_OK;
  *from = curve->on_test ? w->test : w->train;
  if (curve->k_test_v != NULL)
    return nt_predict_product(curve->k_test_v, false, w->columns, columns, w->test);
  NT_TRY(nt_predict_product(curve->eigen->vectors, false, w->columns, columns, w->train));
  if (curve->on_test) NT_TRY(nt_predict_product(curve->k_test, false, w->train, columns, w->test));
done:
  return status;
}

/* Whether the test samples have nothing where the training samples have no eigenvalues: K_td V hat
 * is rounding there. So it is for two parts of one kernel; training times would only enlarge it. */
static nt_status find_unseen(const nt_curve *curve, const nt_batch_work *w, bool *unseen)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(curve->eigen->vectors->grid);
  const int64_t n = curve->eigen->n, c = curve->c;
  const double *from;
  double norm = 0, largest = 0;
  for (int64_t i = 0; i < n; i++)
    w->g[i] = vanishes(curve, i);
  weigh(curve, w->g, 0, 1, w->columns);
  for (int64_t i = 0; i < n * c; i++)
    norm += w->columns[i] * w->columns[i];
  NT_TRY(product(curve, c, w, &from));
  for (int64_t i = 0; i < curve->trace->rows * c; i++)
    largest = fmax(largest, fabs(from[i]));
  int found = largest <= nt_spectrum_rounding(curve->eigen) * sqrt(norm);
  NT_TRY_MPI(ctx, MPI_Bcast(&found, 1, MPI_INT, 0, nt_ctx_comm(ctx)));
  *unseen = found;
done:
  return status;
}

static nt_status run_batch(const nt_curve *curve, bool unseen, int batch, const double *s,
                           const nt_batch_work *w, double *out)
{
  nt_status status = NT_OK;
  const int64_t size = curve->trace->rows * curve->c;
  const double *from;
  for (int b = 0; b < batch; b++) {
    (curve->on_test ? nt_spectrum_learned : spectrum_decay)(curve->eigen, curve->lambda, s[b],
                                                            w->g);
    for (int64_t i = 0; unseen && i < curve->eigen->n; i++)
      if (vanishes(curve, i)) w->g[i] = 0;
    weigh(curve, w->g, b, batch, w->columns);
  }
  NT_TRY(product(curve, batch * curve->c, w, &from));
  for (int b = 0; b < batch; b++)
    deliver(curve, from, b, batch, w->matrix, out + b * size);
done:
  return status;
}

nt_status nt_curve_run(const nt_curve *curve, int n_times, const double *s, double *out)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(curve->eigen->vectors->grid);
  nt_error *err = nt_ctx_error(ctx);
  const int64_t n = curve->eigen->n, rows = curve->trace->rows, c = curve->c;
  const int64_t most = c < NT_CURVE_COLUMNS ? NT_CURVE_COLUMNS / c : 1;
  const int64_t batch = n_times < most ? n_times : most;
  void *memory = NULL;
  NT_TRY_ALL(ctx, nt_alloc(err, n + (2 * n + rows) * batch * c + rows * c, sizeof(double),
                           "predictions over time", &memory));
  nt_batch_work w = {.g = memory};
  w.columns = w.g + n;
  w.train = w.columns + n * batch * c;
  w.test = w.train + n * batch * c;
  w.matrix = w.test + rows * batch * c;
  bool unseen = false;
  if (curve->on_test) NT_TRY(find_unseen(curve, &w, &unseen));
  for (int t = 0; t < n_times; t += (int)batch) {
    const int now = n_times - t < batch ? n_times - t : (int)batch;
    NT_TRY(run_batch(curve, unseen, now, s + t, &w, out + t * rows * c));
  }
  NT_CHECK(nt_predict_all_finite(out, n_times * rows * c), err, NT_ERR_NUMERIC,
           "a prediction over time is not finite: a kernel or an initial output is not, or it "
           "overflows");
done:
  free(memory);
  return status;
}
