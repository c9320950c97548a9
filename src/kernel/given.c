#include "kernel/given.h"

#include "base/check.h"
#include "base/memory.h"
#include "kernel/masks.h"
#include "layer/math.h"
#include "plan/outline.h"

#include <stdlib.h>
#include <string.h>

int64_t nt_facts_rows(const nt_facts *facts)
{
  return facts->diagonal_spatial ? 1 : nt_facts_positions(facts);
}

const nt_dmatrix *nt_kernel_cov(const nt_kernel *kernel, int which)
{
  const nt_dmatrix *cov = which == 0 ? kernel->cov1 : kernel->cov2;
  const bool same = !kernel->facts.has_x2 && !kernel->facts.diagonal_batch;
  return cov == NULL && same ? kernel->nngp : cov;
}

int64_t nt_given_tile(const nt_kernel *kernel)
{
  const int64_t positions = nt_facts_positions(&kernel->facts),
                rows = nt_facts_rows(&kernel->facts);
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

/* Where one of the given kernels has space, tiles of samples with themselves read all of them. */
static bool have_space(const nt_plan *plan)
{
  bool space = false;
  for (int l = 0; l < plan->n_leaves; l++)
    space |= plan->node[l].given && nt_facts_space(&plan->node[l].facts).rank > 0;
  return space;
}

bool nt_given_needs_own(const nt_plan *plan, const nt_plan *cov_plan)
{
  return have_space(plan) && (cov_plan != NULL || nt_plan_last_own(plan) >= 0);
}

/* K and T of a sample, columns in turn, and as much more as makes block
 * (i, i) of a tile of them. */
static int64_t own_numbers(const nt_facts *facts)
{
  const int64_t rows = nt_facts_rows(facts);
  return rows + 2 * rows * nt_facts_positions(facts);
}

int64_t nt_given_own_numbers(const nt_plan *plan, int l)
{
  return plan->node[l].given && have_space(plan) ? own_numbers(&plan->node[l].facts) : 0;
}

/* What this rank owns of pair (i, i): whole samples of `rows` rows, or a row of
 * cov1 with diagonal_batch. */
static void add_block(const nt_dmatrix *m, const nt_facts *facts, bool batch_diagonal, int64_t i,
                      double *out)
{
  const nt_grid *g = m->grid;
  const int64_t n = nt_facts_positions(facts), rows = nt_facts_rows(facts);
  const int64_t row = batch_diagonal ? i : i * rows, lines = batch_diagonal ? 1 : rows;
  const int64_t first = batch_diagonal ? 0 : i * n, cols = batch_diagonal ? rows * n : n;
  if (row / m->mb % nt_grid_P(g) != nt_grid_p(g)) return;
  for (int64_t c = 0; c < cols; c++) {
    if ((first + c) / m->nb % nt_grid_Q(g) != nt_grid_q(g)) continue;
    const double *from = m->a + nt_global_to_local(row, m->mb, nt_grid_P(g)) +
                         nt_global_to_local(first + c, m->nb, nt_grid_Q(g)) * m->ld;
    /* Column c of cov1 is the pair (c / n, c % n). */
    double *to = batch_diagonal && rows > 1 ? out + c % n * 2 * rows + c / n : out + c * 2 * rows;
    memcpy(to, from, (size_t)lines * sizeof *to);
  }
}

/* Samples are brought to their homes, as many at a time as have one home and fit in 8 MiB. */
static nt_status bring_own(nt_ctx *ctx, const nt_kernel *kernel, int which, nt_samples *own)
{
  enum { MOST = 1 << 20 };
  nt_status status = NT_OK;
  const nt_facts *facts = &kernel->facts;
  const int64_t numbers = own->channels, most = MOST / numbers < 1 ? 1 : MOST / numbers;
  double *buffer = NULL;
  NT_CHECK_ALL(ctx, numbers <= INT32_MAX, NT_ERR_NOMEM,
               "a sample has %lld covariances of its positions, too many for one message",
               (long long)numbers);
  NT_TRY_ALL(ctx, nt_alloc(nt_ctx_error(ctx),
                           (most < NT_SAMPLE_BLOCK ? most : NT_SAMPLE_BLOCK) * numbers,
                           sizeof(double), "covariances of a sample", &buffer));
  for (int64_t i = 0, count; i < own->n; i += count) {
    count = NT_SAMPLE_BLOCK - i % NT_SAMPLE_BLOCK;
    if (count > most) count = most;
    if (count > own->n - i) count = own->n - i;
    memset(buffer, 0, (size_t)(count * numbers) * sizeof *buffer);
    for (int64_t b = 0; b < count; b++) {
      double *to = buffer + b * numbers;
      add_block(nt_kernel_cov(kernel, which), facts, facts->diagonal_batch, i + b, to);
      if (kernel->ntk != NULL && !facts->has_x2)
        add_block(kernel->ntk, facts, false, i + b, to + nt_facts_rows(facts));
    }
    NT_TRY_MPI(ctx, MPI_Reduce(buffer, nt_samples_row(own, i), (int)(count * numbers), MPI_DOUBLE,
                               MPI_SUM, nt_samples_owner(own, i), nt_ctx_comm(ctx)));
  }
done:
  free(buffer);
  return status;
}

static nt_status find_own(nt_ctx *ctx, const nt_kernel *kernel, int which, int64_t n,
                          nt_given *given)
{
  nt_status status = NT_OK;
  const int64_t rows = nt_facts_rows(&kernel->facts), numbers = own_numbers(&kernel->facts);
  const int64_t local = nt_numroc(n, NT_SAMPLE_BLOCK, nt_ctx_rank(ctx), nt_ctx_size(ctx));
  void *memory = NULL, *data = NULL;
  NT_TRY_ALL(ctx, nt_alloc(nt_ctx_error(ctx), local * numbers, sizeof(double),
                           "covariances of samples", &data));
  NT_TRY_ALL(ctx, nt_calloc(nt_ctx_error(ctx), 1, sizeof(nt_samples), "samples", &memory));
  given->own = memory;
  *given->own = (nt_samples){.ctx = ctx,
                             .n = n,
                             .local_n = local,
                             .shape = {.rank = 2, .dim = {n, numbers}},
                             .channel_axis = 1,
                             .positions = 1,
                             .channels = numbers,
                             .data = data};
  nt_ctx_track(ctx, 1, local * numbers * (int64_t)sizeof(double));
  data = memory = NULL;
  given->own_ld = 2 * rows;
  given->own_t = rows;
  NT_TRY(bring_own(ctx, kernel, which, given->own));
done:
  free(data);
  free(memory);
  return status;
}

/* Rank 0 has them in the order of the axes. */
static nt_status find_mask(nt_ctx *ctx, const nt_kernel *kernel, int which, int64_t n,
                           nt_given *given)
{
  nt_status status = NT_OK;
  const unsigned char *mask = which == 0 ? kernel->mask1 : kernel->mask2;
  const int64_t bytes = n * nt_facts_positions(&kernel->facts) * given->mask_channels;
  status = nt_calloc(nt_ctx_error(ctx), bytes, 1, "masks", &given->mask);
  NT_TRY_ALL(ctx, status);
  const nt_mask_order order = nt_mask_order_of(&kernel->facts, given->mask_channels, n);
  if (nt_ctx_rank(ctx) == 0 && mask != NULL) nt_mask_take(&order, 0, n, mask, given->mask);
  NT_TRY(nt_ctx_share(ctx, given->mask, bytes));
done:
  return status;
}

nt_status nt_given_create(const nt_kernel *kernel, int which, const nt_given_needs *needs,
                          nt_given *given)
{
  nt_status status = NT_OK;
  const nt_facts *facts = &kernel->facts;
  const nt_dmatrix *cov = nt_kernel_cov(kernel, which);
  nt_ctx *ctx = nt_grid_ctx(cov->grid);
  const int64_t n = nt_facts_samples(facts, which);
  const int64_t count = n * nt_facts_positions(facts);
  *given = (nt_given){.nngp = kernel->nngp,
                      .ntk = kernel->ntk,
                      .cov = facts->diagonal_batch ? NULL : cov,
                      .mask_channels = needs->mask_channels};
  status = nt_calloc(nt_ctx_error(ctx), count, sizeof(double), "variances", &given->q);
  NT_TRY_ALL(ctx, status);
  status = nt_calloc(nt_ctx_error(ctx), count, sizeof(double), "variances", &given->t);
  NT_TRY_ALL(ctx, status);
  collect(cov, facts, facts->diagonal_batch, n, given->q);
  if (kernel->ntk != NULL && !facts->has_x2) collect(kernel->ntk, facts, false, n, given->t);
  /* Each pair has one owner, so the sum only puts the parts together. */
  NT_TRY(nt_ctx_sum(ctx, count, given->q));
  for (int64_t i = 0; i < count; i++)
    given->q[i] = NT_MAX(given->q[i], 0); /* less is rounding, and has no root */
  NT_TRY(nt_ctx_sum(ctx, count, given->t));
  if (needs->mask_channels > 0) NT_TRY(find_mask(ctx, kernel, which, n, given));
  if (needs->own) NT_TRY(find_own(ctx, kernel, which, n, given));
done:
  return status;
}

void nt_given_free(nt_given *given)
{
  free(given->q);
  free(given->t);
  free(given->mask);
  nt_samples_destroy(&given->own);
}
