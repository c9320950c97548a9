/** How good predictions are. */
#include "nt/predict.h"

#include <math.h>

static int64_t argmax(const double *f, int64_t c)
{
  int64_t best = 0;
  for (int64_t j = 1; j < c; j++) {
    if (f[j] > f[best]) best = j;
  }
  return best;
}

void nt_argmax_rows(const double *f, int64_t n, int64_t c, int64_t *label)
{
  for (int64_t i = 0; i < n; i++)
    label[i] = argmax(f + i * c, c);
}

double nt_nll_compute(const nt_targets *targets, const double *f, const double *variance,
                      double noise, double *each)
{
  static const double two_pi = 6.283185307179586, least = 1e-30;
  const int64_t c = targets->c;
  double total = 0;
  for (int64_t i = 0; i < targets->n; i++) {
    const double s = fmax(variance[i] + noise, least);
    double nll = 0.5 * (double)c * log(two_pi * s);
    for (int64_t j = i * c; j < (i + 1) * c; j++) {
      const double e = f[j] - targets->y[j];
      nll += 0.5 * e * e / s;
    }
    if (each != NULL) each[i] = nll;
    total += nll;
  }
  return total;
}

nt_metrics nt_metrics_compute(const nt_targets *targets, const double *f)
{
  nt_metrics m = {.n = targets->n, .has_classes = targets->label != NULL};
  int64_t n = targets->n, c = targets->c;
  double sum = 0;
  for (int64_t i = 0; i < n * c; i++) {
    double e = f[i] - targets->y[i];
    sum += e * e;
  }
  m.mse = sum / (double)(n * c);
  m.loss = m.mse / 2;
  for (int64_t i = 0; m.has_classes && i < n; i++) {
    m.errors += argmax(f + i * c, c) != targets->label[i];
  }
  if (m.has_classes) m.accuracy = 1.0 - (double)m.errors / (double)n;
  return m;
}
