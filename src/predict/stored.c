/** The kernel that a posterior holds, as an operator: its strict upper
 * triangle and its diagonal. */
#include "base/check.h"
#include "nt/solver.h"
#include "predict/posterior_impl.h"
#include "predict/predict_impl.h"
#include "predict/symmetric_product.h"

#include <string.h>

static nt_status apply(void *self, const double *x, int64_t c, double *y)
{
  const nt_posterior *p = self;
  return nt_symmetric_product(p->m, p->diagonal, x, c, y);
}

/* Above the diagonal from the column, the rest from the row. */
static nt_status column(void *self, int64_t j, double *out)
{
  nt_status status = NT_OK;
  const nt_posterior *p = self;
  const int64_t n = p->m->N;
  memset(out, 0, (size_t)n * sizeof *out);
  for (int64_t i = 0; i < n; i++) {
    const double *entry = i < j ? nt_predict_entry(p->m, i, j) : nt_predict_entry(p->m, j, i);
    if (i != j && entry != NULL) out[i] = *entry;
  }
  NT_TRY(nt_ctx_sum(nt_grid_ctx(p->m->grid), n, out));
  out[j] = p->diagonal[j];
done:
  return status;
}

nt_operator nt_posterior_operator(nt_posterior *p)
{
  return (nt_operator){nt_grid_ctx(p->m->grid), p->m->N, p->diagonal, apply, column, p};
}
