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

/* In long double K has a rest. Sums at a time: as many as the registers hold, with what is added. */
enum { SUMS = 4 };

/* Columns from ... from + n - 1 of L1 K: what they are in double, and the rest. */
static inline __attribute__((always_inline)) void left(const nt_mix *mix, const double *L1,
                                                       int64_t from, const int64_t n)
{
  const int64_t in = mix->p_in;
  for (int64_t i = 0; i < mix->p_out; i++) {
    long double sum[SUMS] = {0};
    for (int64_t k = 0; k < in; k++) {
      const double *const K = mix->k + k * in + from, *const rest = mix->k_rest + k * in + from;
      for (int64_t j = 0; j < n; j++)
        sum[j] += L1[i * in + k] * ((long double)K[j] + rest[j]);
    }
    for (int64_t j = 0; j < n; j++)
      nt_mix_put(sum[j], i * in + from + j, mix->work, mix->work_rest);
  }
}

/* Entries (i, from) ... (i, from + n - 1) of L1 K L2^T, from the row of L1 K. */
static inline __attribute__((always_inline)) void right(const nt_mix *mix, const double *L2,
                                                        int64_t i, int64_t from, const int64_t n)
{
  const int64_t in = mix->p_in;
  const double *const row = mix->work + i * in, *const rest = mix->work_rest + i * in;
  long double sum[SUMS] = {0};
  for (int64_t k = 0; k < in; k++) {
    for (int64_t j = 0; j < n; j++)
      sum[j] += ((long double)row[k] + rest[k]) * L2[(from + j) * in + k];
  }
  for (int64_t j = 0; j < n; j++)
    nt_mix_put(sum[j], i * mix->p_out + from + j, mix->k_out, mix->k_out_rest);
}

static void multiply_wide(const nt_mix *mix, const double *L1, const double *L2)
{
  const int64_t in = mix->p_in, out = mix->p_out;
  int64_t at = 0;
  for (; at + SUMS <= in; at += SUMS)
    left(mix, L1, at, SUMS);
  for (; at < in; at++)
    left(mix, L1, at, 1);
  for (int64_t i = 0; i < out; i++) {
    if (mix->part != NT_MIX_ALL) right(mix, L2, i, i, 1);
    for (at = mix->part == NT_MIX_ALL ? 0 : out; at + SUMS <= out; at += SUMS)
      right(mix, L2, i, at, SUMS);
    for (; at < out; at++)
      right(mix, L2, i, at, 1);
  }
}

static void zero(const nt_mix *mix, double *out)
{
  memset(out, 0, (size_t)(mix->p_out * mix->p_out) * sizeof *out);
}

void nt_mix_two_sided(const nt_mix *mix, const double *L1, const double *L2)
{
  if (mix->k_rest != NULL)
    multiply_wide(mix, L1, L2);
  else
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
