#include "base/blas.h"

#include <stddef.h>

/* Only OpenBLAS has these; with another BLAS they are absent. */
extern void openblas_set_num_threads(int threads) __attribute__((weak));
extern int openblas_get_num_threads(void) __attribute__((weak));

int nt_blas_set_threads(int threads)
{
  if (openblas_set_num_threads == NULL || openblas_get_num_threads == NULL) return 0;
  const int before = openblas_get_num_threads();
  if (threads > 0 && threads != before) openblas_set_num_threads(threads);
  return before;
}
