/* ddot as a library of 64-bit integers has it: to be loaded before the real one. */
#include <stdint.h>

double ddot_(const int64_t *n, const double *x, const int64_t *incx, const double *y,
             const int64_t *incy);

double ddot_(const int64_t *n, const double *x, const int64_t *incx, const double *y,
             const int64_t *incy)
{
  double sum = 0;
  for (int64_t i = 0; i < *n; i++)
    sum += x[i * *incx] * y[i * *incy];
  return sum;
}
