#include "predict/unit_panel.h"

#include "base/check.h"
#include "grid/scalapack.h"
#include "predict/predict_impl.h"

#include <string.h>

int64_t nt_unit_panel_width(const nt_posterior *p)
{
  const int64_t nb = p->m->nb, share = (p->m->N + 15) / 16;
  const int64_t width = (share + nb - 1) / nb * nb;
  return width < p->m->N ? width : p->m->N;
}

nt_status nt_unit_panel_create(const nt_posterior *p, int64_t width, int64_t nb,
                               nt_unit_panel *panel)
{
  return nt_dmatrix_create(p->m->grid, p->m->N, width, p->m->mb, nb, &panel->x);
}

void nt_unit_panel_set(nt_unit_panel *panel, const int64_t *index, int64_t count)
{
  nt_dmatrix *x = panel->x;
  memset(x->a, 0, (size_t)(x->ld * x->cols) * sizeof(double));
  for (int64_t l = 0; l < count; l++) {
    double *entry = nt_predict_entry(x, index[l], l);
    if (entry != NULL) *entry = 1;
  }
  panel->count = count;
  panel->first = index[0] / x->mb * x->mb;
}

/* Solve with the rows from panel->first on, of which alone the solution is not 0. */
static nt_status solve(const nt_posterior *p, const char *trans, int64_t first,
                       nt_unit_panel *panel)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(p->m->grid);
  const double unit = 1;
  int desc[9], desc_x[9], rows, cols, at;
  const int one = 1;
  NT_TRY_ALL(ctx, nt_dmatrix_desc(p->m, desc));
  NT_TRY_ALL(ctx, nt_dmatrix_desc(panel->x, desc_x));
  NT_TRY(nt_to_blasint(p->m->N - first, &rows));
  NT_TRY(nt_to_blasint(panel->count, &cols));
  NT_TRY(nt_to_blasint(first + 1, &at));
  pdtrsm_("L", "L", trans, "N", &rows, &cols, &unit, p->m->a, &at, &at, desc, panel->x->a, &at,
          &one, desc_x);
done:
  return status;
}

nt_status nt_unit_panel_forward(const nt_posterior *p, nt_unit_panel *panel)
{
  return solve(p, "N", panel->first, panel);
}

nt_status nt_unit_panel_backward(const nt_posterior *p, nt_unit_panel *panel)
{
  const nt_status status = solve(p, "T", 0, panel);
  panel->first = 0;
  return status;
}

void nt_unit_panel_dots(const nt_unit_panel *panel, const nt_dmatrix *y, double *out)
{
  const nt_dmatrix *x = panel->x;
  const int64_t begin = nt_local_row_from(x, panel->first);
  for (int64_t lj = 0; lj < x->cols; lj++) {
    const int64_t l = nt_dmatrix_column(x, lj);
    const double *a = x->a + lj * x->ld, *b = y->a + lj * y->ld;
    double sum = 0;
    if (l >= panel->count) break;
    for (int64_t li = begin; li < x->rows; li++)
      sum += a[li] * b[li];
    out[l] += sum;
  }
}
