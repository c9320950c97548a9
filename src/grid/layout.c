/** Index arithmetic of the block-cyclic layout: the only place that has it. */
#include "nt/dmatrix.h"

int64_t nt_numroc(int64_t n, int64_t nb, int p, int P)
{
  int64_t blocks = n / nb, extra = blocks % P;
  int64_t mine = blocks / P * nb;
  if (p < extra) return mine + nb;
  return p == extra ? mine + n % nb : mine;
}

int64_t nt_local_to_global(int64_t l, int64_t nb, int p, int P)
{
  return (l / nb * P + p) * nb + l % nb;
}

int64_t nt_global_to_local(int64_t g, int64_t nb, int P) { return g / nb / P * nb + g % nb; }
