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
      p[i] = l >= -rounding && isfinite(s) ? s : 0;
  }
}

enum { BATCH_COLUMNS = 64 };

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

static nt_status run_batch(const nt_curve *curve, int batch, const double *s,
                           const nt_batch_work *w, double *out)
{
  nt_status status = NT_OK;
  const int64_t size = curve->trace->rows * curve->c;
  const double *from = w->train;
  for (int b = 0; b < batch; b++) {
    (curve->on_test ? nt_spectrum_learned : spectrum_decay)(curve->eigen, curve->lambda, s[b],
                                                            w->g);
    weigh(curve, w->g, b, batch, w->columns);
  }
  const int64_t columns = batch * curve->c;
  if (curve->k_test_v != NULL) {
    NT_TRY(nt_predict_product(curve->k_test_v, false, w->columns, columns, w->test));
    from = w->test;
  } else {
    NT_TRY(nt_predict_product(curve->eigen->vectors, false, w->columns, columns, w->train));
  }
  if (curve->on_test && curve->k_test_v == NULL) {
    NT_TRY(nt_predict_product(curve->k_test, false, w->train, columns, w->test));
    from = w->test;
  }
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
  const int64_t most = c < BATCH_COLUMNS ? BATCH_COLUMNS / c : 1;
  const int64_t batch = n_times < most ? n_times : most;
  void *memory = NULL;
  NT_TRY_ALL(ctx, nt_alloc(err, n + (2 * n + rows) * batch * c + rows * c, sizeof(double),
                           "predictions over time", &memory));
  nt_batch_work w = {.g = memory};
  w.columns = w.g + n;
  w.train = w.columns + n * batch * c;
  w.test = w.train + n * batch * c;
  w.matrix = w.test + rows * batch * c;
  for (int t = 0; t < n_times; t += (int)batch) {
    const int now = n_times - t < batch ? n_times - t : (int)batch;
    NT_TRY(run_batch(curve, now, s + t, &w, out + t * rows * c));
  }
  NT_CHECK(nt_predict_all_finite(out, n_times * rows * c), err, NT_ERR_NUMERIC,
           "a prediction over time is not finite: a kernel or an initial output is not, or it "
           "overflows");
done:
  free(memory);
  return status;
}
