/** Losses and their gradients. */
#include "nt/descent.h"

#include <math.h>

static double mse_value(const void *self, const nt_shape *shape, const double *f, const double *y)
{
  const int64_t n = nt_shape_size(shape);
  double sum = 0;
  (void)self;
  for (int64_t i = 0; i < n; i++)
    sum += (f[i] - y[i]) * (f[i] - y[i]);
  return 0.5 * sum / (double)n;
}

static void mse_gradient(const void *self, const nt_shape *shape, const double *f, const double *y,
                         double *g)
{
  const int64_t n = nt_shape_size(shape);
  (void)self;
  for (int64_t i = 0; i < n; i++)
    g[i] = (f[i] - y[i]) / (double)n;
}

nt_loss nt_mse_loss(void)
{
  return (nt_loss){.name = "mse", .value = mse_value, .gradient = mse_gradient};
}

/* Length of the last axis, 1 for scalars. */
static int64_t classes(const nt_shape *shape)
{
  return shape->rank > 0 ? shape->dim[shape->rank - 1] : 1;
}

/* log sum exp f, without overflow. */
static double log_partition(const double *f, int64_t c)
{
  double top = f[0], sum = 0;
  for (int64_t k = 1; k < c; k++)
    top = fmax(top, f[k]);
  for (int64_t k = 0; k < c; k++)
    sum += exp(f[k] - top);
  return top + log(sum);
}

static double cross_entropy_value(const void *self, const nt_shape *shape, const double *f,
                                  const double *y)
{
  const int64_t n = nt_shape_size(shape), c = classes(shape);
  double sum = 0;
  (void)self;
  for (int64_t i = 0; i < n; i += c) {
    const double z = log_partition(f + i, c);
    for (int64_t k = 0; k < c; k++)
      sum -= (f[i + k] - z) * y[i + k];
  }
  return sum / (double)n;
}

static void cross_entropy_gradient(const void *self, const nt_shape *shape, const double *f,
                                   const double *y, double *g)
{
  const int64_t n = nt_shape_size(shape), c = classes(shape);
  (void)self;
  for (int64_t i = 0; i < n; i += c) {
    const double z = log_partition(f + i, c);
    double total = 0;
    for (int64_t k = 0; k < c; k++)
      total += y[i + k];
    for (int64_t k = 0; k < c; k++)
      g[i + k] = (exp(f[i + k] - z) * total - y[i + k]) / (double)n;
  }
}

nt_loss nt_cross_entropy_loss(void)
{
  return (nt_loss){
      .name = "cross-entropy", .value = cross_entropy_value, .gradient = cross_entropy_gradient};
}
