#include "nt/plugin.h"

#include <cblas.h>
#include <string.h>

int64_t nt_mix_work_size(int64_t p_in, int64_t p_out) { return p_in * p_out; }

/* out = L1 X L2^T, on the diagonal alone if that is all. */
static void multiply(const nt_mix *mix, const double *L1, const double *L2, const double *X,
                     double *out)
{
  const int in = (int)mix->p_in, rows = (int)mix->p_out;
  double *const work = mix->work;
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, in, in, 1, L1, in, X, in, 0, work,
              in);
  if (mix->part == NT_MIX_ALL)
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, rows, in, 1, work, in, L2, in, 0,
                out, rows);
  for (int64_t i = 0; mix->part != NT_MIX_ALL && i < rows; i++)
    out[i * (rows + 1)] = cblas_ddot(in, work + i * in, 1, L2 + i * in, 1);
}

static void zero(const nt_mix *mix, double *out)
{
  memset(out, 0, (size_t)(mix->p_out * mix->p_out) * sizeof *out);
}

void nt_mix_two_sided(const nt_mix *mix, const double *L1, const double *L2)
{
  multiply(mix, L1, L2, mix->k, mix->k_out);
  if (mix->t_out && mix->t) multiply(mix, L1, L2, mix->t, mix->t_out);
  if (mix->t_out && !mix->t) zero(mix, mix->t_out);
}

void nt_mix_weigh(const nt_mix *mix, const double *L1, const double *L2, double *weight)
{
  const int in = (int)mix->p_in, rows = (int)mix->p_out;
  cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, in, in, rows, 1 / (double)rows, L1, in, L2,
              in, 0, weight, in);
}
