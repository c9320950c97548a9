#include "nt/plugin.h"

#include <cblas.h>

void nt_mix_two_sided(int64_t p_in, int64_t p_out, const double *L1, const double *L2,
                      const double *X, double *work, double *out)
{
  const int in = (int)p_in, rows = (int)p_out;
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, in, in, 1, L1, in, X, in, 0, work,
              in);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, rows, in, 1, work, in, L2, in, 0, out,
              rows);
}
