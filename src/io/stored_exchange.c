/* Lines of a stored matrix, from the ranks that read them to those that own their numbers. */
#include "base/check.h"
#include "io/stored_impl.h"

#include <math.h>
#include <string.h>

static bool is_there(const nt_stored_pass *p, int64_t line, int64_t entry)
{
  if (p->filled == NT_FULL) return true;
  return p->filled == NT_LOWER ? entry <= line : entry >= line;
}

/* Which process row (column) a line, or an entry, of the result belongs to. */
static int line_owner(const nt_stored_pass *p, int64_t l)
{
  const nt_grid *g = p->to->grid;
  return p->columns ? (int)(l / p->to->nb % nt_grid_Q(g)) : (int)(l / p->to->mb % nt_grid_P(g));
}

static int64_t entry_block(const nt_stored_pass *p) { return p->columns ? p->to->mb : p->to->nb; }

static int entry_procs(const nt_stored_pass *p)
{
  return p->columns ? nt_grid_P(p->to->grid) : nt_grid_Q(p->to->grid);
}

static int rank_of(const nt_stored_pass *p, int line_proc, int entry_proc)
{
  return p->columns ? nt_grid_rank(p->to->grid, entry_proc, line_proc)
                    : nt_grid_rank(p->to->grid, line_proc, entry_proc);
}

int64_t nt_stored_received(const nt_stored_pass *p)
{
  const nt_grid *g = p->to->grid;
  const int q = p->columns ? nt_grid_p(g) : nt_grid_q(g);
  const int64_t entries = nt_numroc(p->n_entries, entry_block(p), q, entry_procs(p));
  return p->share * nt_ctx_size(p->stored->ctx) * entries;
}

/* Number of doubles that the reader of `count` lines from `first` on sends to each rank. */
static void count_doubles(const nt_stored_pass *p, int64_t first, int64_t count, int *out)
{
  const int procs = entry_procs(p);
  memset(out, 0, (size_t)nt_ctx_size(p->stored->ctx) * sizeof *out);
  for (int64_t l = first; l < first + count; l++) {
    for (int q = 0; q < procs; q++)
      out[rank_of(p, line_owner(p, l), q)] +=
          (int)nt_numroc(p->n_entries, entry_block(p), q, procs);
  }
}

static void prefix_sums(const nt_stored_pass *p, const int *count, int *offset)
{
  int sum = 0;
  for (int r = 0; r < nt_ctx_size(p->stored->ctx); r++) {
    offset[r] = sum;
    sum += count[r];
  }
}

/* For each owner: its lines in order, of each its entries in order. */
static void pack(nt_stored_pass *p, int64_t first, int64_t count)
{
  const int procs = entry_procs(p);
  const int64_t block = entry_block(p);
  for (int64_t l = 0; l < count; l++) {
    const double *in = p->in + l * p->file_entries;
    for (int q = 0; q < procs; q++) {
      int *offset = &p->offset[rank_of(p, line_owner(p, first + l), q)];
      const int64_t n = nt_numroc(p->n_entries, block, q, procs);
      for (int64_t e = 0; e < n; e++)
        p->send[(*offset)++] = in[nt_stored_at(p->entry, nt_local_to_global(e, block, q, procs))];
    }
  }
}

static void put(nt_stored_pass *p, int64_t l, int64_t e, double value)
{
  nt_dmatrix *to = p->to;
  const nt_grid *g = to->grid;
  const int64_t i = p->columns ? e : l, j = p->columns ? l : e;
  const int64_t line = nt_stored_at(p->line, l), entry = nt_stored_at(p->entry, e);
  if (!is_there(p, line, entry)) return;
  if (!isfinite(value) && !p->bad) {
    p->bad = true;
    p->bad_line = line;
    p->bad_entry = entry;
    p->bad_value = value;
  }
  to->a[nt_global_to_local(i, to->mb, nt_grid_P(g)) +
        nt_global_to_local(j, to->nb, nt_grid_Q(g)) * to->ld] = value;
}

/* What came from each rank, in the order in which it packed. */
static void unpack(nt_stored_pass *p, int64_t batch)
{
  const nt_grid *g = p->to->grid;
  const int procs = entry_procs(p);
  const int mine = p->columns ? nt_grid_q(g) : nt_grid_p(g);
  const int q = p->columns ? nt_grid_p(g) : nt_grid_q(g);
  const int64_t block = entry_block(p), n = nt_numroc(p->n_entries, block, q, procs);
  for (int r = 0; r < nt_ctx_size(p->stored->ctx); r++) {
    const double *from = p->recv + p->recv_offset[r];
    int64_t first, count = nt_stored_share(p, batch, r, &first);
    for (int64_t l = first; l < first + count; l++) {
      if (line_owner(p, l) != mine) continue;
      for (int64_t e = 0; e < n; e++)
        put(p, l, nt_local_to_global(e, block, q, procs), *from++);
    }
  }
}

nt_status nt_stored_exchange(nt_stored_pass *p, int64_t batch)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = p->stored->ctx;
  int64_t first;
  const int64_t count = nt_stored_share(p, batch, nt_ctx_rank(ctx), &first);
  count_doubles(p, first, count, p->count);
  prefix_sums(p, p->count, p->offset);
  pack(p, first, count); /* moves the offsets */
  prefix_sums(p, p->count, p->offset);
  NT_TRY_MPI(ctx, MPI_Alltoall(p->count, 1, MPI_INT, p->recv_count, 1, MPI_INT, nt_ctx_comm(ctx)));
  prefix_sums(p, p->recv_count, p->recv_offset);
  NT_TRY_MPI(ctx, MPI_Alltoallv(p->send, p->count, p->offset, MPI_DOUBLE, p->recv, p->recv_count,
                                p->recv_offset, MPI_DOUBLE, nt_ctx_comm(ctx)));
  unpack(p, batch);
done:
  return status;
}
