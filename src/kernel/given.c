#include "kernel/given.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>

static int64_t per_row(const nt_facts *facts)
{
  return facts->diagonal_spatial ? 1 : nt_facts_positions(facts);
}

int64_t nt_given_tile(const nt_kernel *kernel)
{
  const int64_t positions = nt_facts_positions(&kernel->facts), rows = per_row(&kernel->facts);
  const int64_t tile = kernel->nngp->mb / rows;
  return tile * rows == kernel->nngp->mb && tile * positions == kernel->nngp->nb ? tile : 0;
}

/* Column of (sample i, position p) with itself, and its row. */
static void self_pair(const nt_facts *facts, bool batch_diagonal, int64_t i, int64_t p,
                      int64_t *row, int64_t *col)
{
  const int64_t n = nt_facts_positions(facts);
  if (batch_diagonal) {
    *row = i;
    *col = facts->diagonal_spatial ? p : p * n + p;
  } else {
    *row = facts->diagonal_spatial ? i : i * n + p;
    *col = i * n + p;
  }
}

/* out[i][p]: what this rank owns of the pairs of samples with themselves; the rest stays zero. */
static void collect(const nt_dmatrix *m, const nt_facts *facts, bool batch_diagonal,
                    int64_t samples, double *out)
{
  const nt_grid *g = m->grid;
  const int64_t n = nt_facts_positions(facts);
  for (int64_t i = 0; i < samples; i++) {
    for (int64_t p = 0; p < n; p++) {
      int64_t row, col;
      self_pair(facts, batch_diagonal, i, p, &row, &col);
      if (row / m->mb % nt_grid_P(g) != nt_grid_p(g) || col / m->nb % nt_grid_Q(g) != nt_grid_q(g))
        continue;
      out[i * n + p] = m->a[nt_global_to_local(row, m->mb, nt_grid_P(g)) +
                            nt_global_to_local(col, m->nb, nt_grid_Q(g)) * m->ld];
    }
  }
}

/* Each pair has one owner, so the sum only puts the parts together. */
static nt_status combine(nt_ctx *ctx, int64_t count, double *values)
{
  enum { PIECE = 1 << 27 };
  nt_status status = NT_OK;
  for (int64_t at = 0; at < count; at += PIECE) {
    const int n = (int)(count - at < PIECE ? count - at : PIECE);
    NT_TRY_MPI(ctx,
               MPI_Allreduce(MPI_IN_PLACE, values + at, n, MPI_DOUBLE, MPI_SUM, nt_ctx_comm(ctx)));
  }
done:
  return status;
}

nt_status nt_given_create(const nt_kernel *kernel, int which, nt_given *given)
{
  nt_status status = NT_OK;
  const nt_facts *facts = &kernel->facts;
  nt_ctx *ctx = nt_grid_ctx(kernel->nngp->grid);
  void *q = NULL, *t = NULL;
  const int64_t n = (which == 0 ? &facts->shape1 : &facts->shape2)->dim[facts->batch_axis];
  const int64_t count = n * nt_facts_positions(facts);
  *given = (nt_given){.kernel = kernel};
  NT_TRY_ALL(ctx, nt_calloc(nt_ctx_error(ctx), count, sizeof(double), "variances", &q));
  NT_TRY_ALL(ctx, nt_calloc(nt_ctx_error(ctx), count, sizeof(double), "variances", &t));
  collect(which == 0 ? kernel->cov1 : kernel->cov2, facts, facts->diagonal_batch, n, q);
  if (kernel->ntk != NULL && !facts->has_x2) collect(kernel->ntk, facts, false, n, t);
  NT_TRY(combine(ctx, count, q));
  NT_TRY(combine(ctx, count, t));
  given->q = q;
  given->t = t;
  q = t = NULL;
done:
  free(q);
  free(t);
  return status;
}
