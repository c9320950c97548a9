/* Reading stored matrices: every rank reads whole lines of the file, in batches. */
#include "base/check.h"
#include "base/memory.h"
#include "io/stored_impl.h"

#include <limits.h>
#include <stdlib.h>

enum { BATCH_BYTES = 8 << 20 };

int64_t nt_stored_share(const nt_stored_pass *p, int64_t b, int r, int64_t *first)
{
  const int64_t begin = (b * nt_ctx_size(p->stored->ctx) + r) * p->share;
  *first = begin < p->n_lines ? begin : p->n_lines;
  return *first + p->share < p->n_lines ? p->share : p->n_lines - *first;
}

/* A sample of the file, in the order of its axes, as lines [unit][file_entries]: the axes of its
 * own side (those of an even number, or of an odd one) count the lines, the others the entries. */
static void unzip(const nt_stored_pass *p, double *lines)
{
  const nt_shape *shape = &p->stored->source.shape;
  int64_t stride[NT_MAX_RANK], index[NT_MAX_RANK] = {0}, line = p->file_entries, entry = 1, to = 0;
  for (int a = shape->rank - 1; a >= 0; a--) {
    int64_t *const step = a % 2 == p->axis ? &line : &entry;
    stride[a] = *step;
    *step *= shape->dim[a];
  }
  for (int64_t e = 0; e < p->unit * p->file_entries; e++) {
    lines[to] = p->sample[e];
    for (int a = shape->rank - 1; a >= 0; a--) {
      if (a == p->axis) continue;
      to += stride[a];
      if (++index[a] < shape->dim[a]) break;
      to -= stride[a] * shape->dim[a];
      index[a] = 0;
    }
  }
}

/* Lines of whole samples. */
static nt_status read_units(nt_reader *reader, nt_stored_pass *p, int64_t first, int64_t count)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(p->stored->ctx);
  for (int64_t i = 0; i < count; i += p->unit) {
    const int64_t sample = nt_stored_at(p->line, first + i) / p->unit;
    NT_TRY(nt_reader_samples(err, reader, p->axis, sample, 1, p->slab, p->sample));
    unzip(p, p->in + i * p->file_entries);
  }
done:
  return status;
}

static nt_status read_lines(nt_reader *reader, nt_stored_pass *p, int64_t first, int64_t count)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(p->stored->ctx);
  if (nt_stored_behind(p->stored) > 1) return read_units(reader, p, first, count);
  for (int64_t i = 0, run; i < count; i += run) {
    const int64_t from = nt_stored_at(p->line, first + i);
    for (run = 1; i + run < count && nt_stored_at(p->line, first + i + run) == from + run;)
      run++;
    NT_TRY(
        nt_reader_samples(err, reader, p->axis, from, run, p->slab, p->in + i * p->file_entries));
  }
done:
  return status;
}

static nt_status allocate(nt_error *err, int size, nt_stored_pass *p)
{
  nt_status status = NT_OK;
  const int64_t wide = p->n_entries > p->file_entries ? p->n_entries : p->file_entries;
  const int64_t received = nt_stored_received(p);
  double **const buffers[] = {&p->in, &p->slab, &p->send, &p->recv, &p->sample};
  const int64_t sizes[] = {p->share * p->file_entries, p->share * p->file_entries, p->share * wide,
                           received, p->unit * p->file_entries};
  int **const counts[] = {&p->count, &p->offset, &p->recv_count, &p->recv_offset};
  NT_CHECK(sizes[2] <= INT_MAX && received <= INT_MAX, err, NT_ERR_DIST,
           "%s: a sample has %lld rows of %lld numbers, more than a message can hold",
           p->stored->name, (long long)p->unit, (long long)wide);
  for (int i = 0; i < 5; i++) {
    NT_TRY(nt_alloc(err, sizes[i], sizeof(double), "a buffer for reading a kernel", buffers[i]));
  }
  for (int i = 0; i < 4; i++) {
    NT_TRY(nt_alloc(err, size, sizeof(int), "counts for reading a kernel", counts[i]));
  }
done:
  return status;
}

static void release(nt_stored_pass *p)
{
  free(p->in);
  free(p->slab);
  free(p->sample);
  free(p->send);
  free(p->recv);
  free(p->count);
  free(p->offset);
  free(p->recv_count);
  free(p->recv_offset);
}

static nt_status check_finite(const nt_stored_pass *p)
{
  nt_status status = NT_OK;
  const bool rows = p->axis == 0;
  NT_CHECK_ALL(p->stored->ctx, !p->bad, NT_ERR_DATA,
               "%s: entry (%lld, %lld) is %g, not a finite number", p->stored->name,
               (long long)(rows ? p->bad_line : p->bad_entry),
               (long long)(rows ? p->bad_entry : p->bad_line), p->bad_value);
done:
  return status;
}

/* Lines that a rank reads in a batch: whole samples. */
static int64_t share_of(int64_t wide, int64_t n_lines, int64_t unit, int size)
{
  const int64_t most = (n_lines + size - 1) / size;
  int64_t share = BATCH_BYTES / 8 / (wide * size);
  if (share > most) share = most;
  if (share < 1) share = 1;
  return (share + unit - 1) / unit * unit;
}

/* What is read, and sent, and received; and a slab, where the file has another order. */
int64_t nt_stored_buffers(const nt_stored *stored, const nt_grid *grid, int64_t lines)
{
  const int P = nt_grid_P(grid), Q = nt_grid_Q(grid), size = P * Q;
  const int64_t wide = stored->N, unit = nt_stored_unit(stored);
  const int64_t share = share_of(wide, lines, unit, size);
  const bool reorders = stored->source.fortran || nt_stored_behind(stored) > 1;
  const int64_t numbers = (reorders ? 3 : 2) * share * wide + share * size * ((wide + Q - 1) / Q);
  return numbers * (int64_t)sizeof(double) + nt_source_unpacked(&stored->source, 0);
}

static nt_status run(nt_stored_pass *p)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = p->stored->ctx;
  nt_error *err = nt_ctx_error(ctx);
  const int size = nt_ctx_size(ctx);
  nt_reader reader = {.source = NULL};
  const int64_t wide = p->n_entries > p->file_entries ? p->n_entries : p->file_entries;
  p->share = share_of(wide, p->n_lines, p->unit, size);
  NT_TRY_ALL(ctx, allocate(err, size, p));
  NT_TRY_ALL(ctx, nt_reader_open(err, &p->stored->source, &reader));
  for (int64_t batch = 0; batch * p->share * size < p->n_lines; batch++) {
    int64_t first;
    const int64_t count = nt_stored_share(p, batch, nt_ctx_rank(ctx), &first);
    NT_TRY_ALL(ctx, read_lines(&reader, p, first, count));
    NT_TRY(nt_stored_exchange(p, batch));
  }
  NT_TRY(check_finite(p));
done:
  nt_reader_close(&reader);
  release(p);
  return status;
}

nt_status nt_stored_read(nt_stored *stored, nt_triangle filled, const int64_t *rows,
                         const int64_t *cols, nt_dmatrix *to)
{
  nt_status status = NT_OK;
  /* Along the axis that the file is written along, so that lines are consecutive. */
  const bool columns = stored->source.fortran && stored->source.shape.rank > 1 && filled == NT_FULL;
  nt_stored_pass p = {.stored = stored,
                      .filled = filled,
                      .to = to,
                      .columns = columns,
                      .axis = columns,
                      .line = columns ? cols : rows,
                      .entry = columns ? rows : cols,
                      .unit = (columns ? stored->N : stored->M) / stored->source.shape.dim[columns],
                      .n_lines = columns ? to->N : to->M,
                      .n_entries = columns ? to->M : to->N,
                      .file_entries = columns ? stored->M : stored->N};
  nt_stored_pass mirror = p;
  NT_TRY(run(&p));
  if (filled == NT_FULL) goto done;
  /* Row c of the file, where it is filled, is column c of the kernel. */
  mirror.columns = true;
  mirror.line = cols;
  mirror.entry = rows;
  mirror.n_lines = to->N;
  mirror.n_entries = to->M;
  NT_TRY(run(&mirror));
done:
  return status;
}
