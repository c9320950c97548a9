/* Each size is passed as 32 bits with -1 behind them. A library of 64-bit integers reads a negative
 * number: ddot then returns 0, and numroc a wrong count, without touching memory. */
#include "grid/selfcheck.h"

#include "base/check.h"

#include <stdint.h>

/* Here with the arguments that the check is about: the first word is the number. */
double ddot_(const int32_t *n, const double *x, const int32_t *incx, const double *y,
             const int32_t *incy);
int numroc_(const int32_t *n, const int32_t *nb, const int32_t *p, const int32_t *source,
            const int32_t *P);

nt_status nt_selfcheck(nt_error *err)
{
  nt_status status = NT_OK;
#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  static const char advice[] =
      "uses 64-bit integers (ILP64), but ntmpi passes 32-bit ones (LP64): link the LP64 library, "
      "on Debian libopenblas-openmp-dev and libscalapack-openmpi-dev, with MKL the lp64 interface";
  const int32_t n[2] = {3, -1}, one[2] = {1, 0};
  const double x[3] = {1, 2, 3};
  const double dot = ddot_(n, x, one, x, one);
  NT_CHECK(dot > 13.5 && dot < 14.5, err, NT_ERR_SCALAPACK, "the BLAS library %s", advice);
  const int32_t size[2] = {10, -1}, nb[2] = {3, 0}, zero[2] = {0, 0}, two[2] = {2, 0};
  NT_CHECK(numroc_(size, nb, zero, zero, two) == 6, err, NT_ERR_SCALAPACK,
           "the ScaLAPACK library %s", advice);
#endif
done:
  return status;
}
