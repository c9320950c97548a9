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

int64_t nt_dmatrix_row(const nt_dmatrix *m, int64_t li)
{
  return nt_local_to_global(li, m->mb, nt_grid_p(m->grid), nt_grid_P(m->grid));
}

int64_t nt_dmatrix_column(const nt_dmatrix *m, int64_t lj)
{
  return nt_local_to_global(lj, m->nb, nt_grid_q(m->grid), nt_grid_Q(m->grid));
}
