#include "kernel/expand.h"

#include "base/check.h"
#include "kernel/given.h"

static double weight(const nt_taps *w, int64_t sample, int64_t positions, int64_t p)
{
  return w->weight[sample * positions + p];
}

void nt_expand_pairs(const nt_dmatrix *in, const nt_facts *facts, const nt_taps *w1,
                     const nt_taps *w2, nt_dmatrix *out)
{
  const int64_t n = nt_facts_positions(facts), rows = nt_facts_rows(facts);
  for (int64_t lj = 0; lj < in->cols; lj++) {
    const int64_t j = nt_dmatrix_column(in, lj);
    for (int64_t li = 0; li < in->rows; li++) {
      const int64_t i = nt_dmatrix_row(in, li);
      for (int64_t k = 0; k < rows * n; k++) {
        const int64_t p = k / rows, q = rows > 1 ? k % rows : p;
        out->a[li * rows + k % rows + (lj * n + p) * out->ld] =
            weight(w1, i, n, q) * in->a[li + lj * in->ld] * weight(w2, j, n, p);
      }
    }
  }
}

nt_status nt_expand_own(const nt_kernel *in, int which, const nt_facts *facts, const nt_taps *w,
                        nt_dmatrix *out)
{
  nt_status status = NT_OK;
  const nt_given_needs variances = {.own = false};
  const int64_t n = nt_facts_positions(facts);
  nt_given given = {.q = NULL};
  NT_TRY(nt_given_create(in, which, &variances, &given));
  for (int64_t lj = 0; lj < out->cols; lj++) {
    const int64_t c = nt_dmatrix_column(out, lj), p = facts->diagonal_spatial ? c : c / n;
    for (int64_t li = 0; li < out->rows; li++) {
      const int64_t i = nt_dmatrix_row(out, li);
      out->a[li + lj * out->ld] = weight(w, i, n, p) * given.q[i] * weight(w, i, n, c % n);
    }
  }
done:
  nt_given_free(&given);
  return status;
}
