/* Reading stored matrices: every rank reads lines of the file and sends
 * their numbers to the owners. */
#include "nt/stored.h"

#include "base/check.h"
#include "base/memory.h"
#include "io/source.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH_BYTES = 8 << 20 };

struct nt_stored {
  nt_ctx *ctx;
  nt_source source;
  char *name;
  int64_t M, N;
};

/* ---- Headers ---- */

static nt_status probe(nt_ctx *ctx, const char *text, nt_source *source)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(ctx);
  NT_TRY_ALL(ctx, nt_ctx_rank(ctx) == 0 ? nt_source_probe(err, text, 0, source) : NT_OK);
  NT_TRY(nt_ctx_share(ctx, source, (int64_t)sizeof *source));
done:
  return status;
}

/* Numbers of one sample with another. */
static int64_t behind(const nt_source *source)
{
  int64_t size = 1;
  for (int a = 2; a < source->shape.rank; a++)
    size *= source->shape.dim[a];
  return size;
}

static nt_status check_shape(nt_error *err, const char *text, const nt_source *source)
{
  nt_status status = NT_OK;
  char shape[128];
  const bool flat = source->format == NT_FORMAT_FLAT || source->format == NT_FORMAT_HDF5;
  NT_CHECK(flat, err, NT_ERR_DATA,
           "%s: a stored kernel is a .npy file, an HDF5 dataset (a.h5:/nngp), or a file of ntmpi "
           "kernel",
           text);
  const int rank = source->shape.rank;
  NT_CHECK(rank > 0 && (rank == 1 || rank % 2 == 0 || behind(source) == 1) &&
               nt_shape_size(&source->shape) > 0,
           err, NT_ERR_DATA,
           "%s: has shape %s; a kernel of samples with samples has two axes, or more in pairs",
           text, nt_shape_text(&source->shape, shape, sizeof shape));
done:
  return status;
}

nt_status nt_stored_open(nt_ctx *ctx, const char *text, nt_stored **out)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(ctx);
  nt_stored *stored = NULL;
  void *memory = NULL;
  *out = NULL;
  NT_TRY_ALL(ctx, nt_calloc(err, 1, sizeof(nt_stored), "a stored matrix", &memory));
  stored = memory;
  stored->ctx = ctx;
  nt_ctx_track(ctx, 1, 0);
  NT_TRY_ALL(ctx, nt_strdup(err, text, &stored->name));
  NT_TRY(probe(ctx, text, &stored->source));
  NT_TRY_ALL(ctx, check_shape(err, text, &stored->source));
  const nt_shape *shape = &stored->source.shape;
  stored->M = stored->N = 1;
  for (int a = 0; a < shape->rank; a++)
    *(a % 2 == 0 ? &stored->M : &stored->N) *= shape->dim[a];
  *out = stored;
  stored = NULL;
done:
  nt_stored_close(&stored);
  return status;
}

void nt_stored_close(nt_stored **stored)
{
  if (*stored == NULL) return;
  nt_ctx_track((*stored)->ctx, -1, 0);
  free((*stored)->name);
  free(*stored);
  *stored = NULL;
}

void nt_stored_size(const nt_stored *stored, int64_t *M, int64_t *N)
{
  *M = stored->M;
  *N = stored->N;
}

nt_shape nt_stored_shape(const nt_stored *stored)
{
  nt_shape shape = stored->source.shape;
  if (shape.rank > 2 && behind(&stored->source) == 1) shape.rank = 2;
  return shape;
}

int64_t nt_stored_unit(const nt_stored *stored) { return stored->M / stored->source.shape.dim[0]; }

bool nt_stored_is_vector(const nt_stored *stored) { return stored->source.shape.rank == 1; }

const char *nt_stored_name(const nt_stored *stored) { return stored->name; }

bool nt_stored_is_single(const nt_stored *stored)
{
  const nt_number *type = &stored->source.type;
  return type->kind == 'f' && type->size <= 4;
}

double nt_stored_tolerance(const nt_stored *stored)
{
  return nt_stored_is_single(stored) ? 1e-5 : 1e-10;
}

/* ---- Lines ---- */

/* Lines of the result along one side: its rows, or its columns. Entry e of line l comes from
 * (line[l], entry[e]) of the file along `axis`. */
typedef struct pass {
  nt_stored *stored;
  nt_triangle filled; /* of (line, entry) */
  nt_dmatrix *to;
  bool columns; /* a line is a column of the result */
  int axis;     /* of the file that lines are numbered along */
  const int64_t *line, *entry;
  int64_t n_lines, n_entries, file_entries;
  int64_t unit;                                   /* lines of a sample */
  int64_t share;                                  /* lines that a rank reads in a batch */
  double *in, *slab;                              /* [share][file_entries] */
  double *sample;                                 /* [unit][file_entries] */
  double *send, *recv;                            /* packed */
  int *count, *offset, *recv_count, *recv_offset; /* [ranks] */
  bool bad;                                       /* an entry was not finite: */
  int64_t bad_line, bad_entry;
  double bad_value;
} pass;

static int64_t at(const int64_t *list, int64_t i) { return list == NULL ? i : list[i]; }

static bool is_there(const pass *p, int64_t line, int64_t entry)
{
  if (p->filled == NT_FULL) return true;
  return p->filled == NT_LOWER ? entry <= line : entry >= line;
}

/* Which process row (column) a line, or an entry, of the result belongs to. */
static int line_owner(const pass *p, int64_t l)
{
  const nt_grid *g = p->to->grid;
  return p->columns ? (int)(l / p->to->nb % nt_grid_Q(g)) : (int)(l / p->to->mb % nt_grid_P(g));
}

static int64_t entry_block(const pass *p) { return p->columns ? p->to->mb : p->to->nb; }

static int entry_procs(const pass *p)
{
  return p->columns ? nt_grid_P(p->to->grid) : nt_grid_Q(p->to->grid);
}

static int rank_of(const pass *p, int line_proc, int entry_proc)
{
  return p->columns ? nt_grid_rank(p->to->grid, entry_proc, line_proc)
                    : nt_grid_rank(p->to->grid, line_proc, entry_proc);
}

/* The lines that rank `r` reads in batch `b`: from *first on. \return Their number. */
static int64_t lines_of(const pass *p, int64_t b, int r, int64_t *first)
{
  const int64_t begin = (b * nt_ctx_size(p->stored->ctx) + r) * p->share;
  *first = begin < p->n_lines ? begin : p->n_lines;
  return *first + p->share < p->n_lines ? p->share : p->n_lines - *first;
}

/* A sample of the file, in the order of its axes, as lines [unit][file_entries]: the axes of its
 * own side (those of an even number, or of an odd one) count the lines, the others the entries. */
static void unzip(const pass *p, double *lines)
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
static nt_status read_units(nt_reader *reader, pass *p, int64_t first, int64_t count)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(p->stored->ctx);
  for (int64_t i = 0; i < count; i += p->unit) {
    const int64_t sample = at(p->line, first + i) / p->unit;
    NT_TRY(nt_reader_samples(err, reader, p->axis, sample, 1, p->slab, p->sample));
    unzip(p, p->in + i * p->file_entries);
  }
done:
  return status;
}

static nt_status read_lines(nt_reader *reader, pass *p, int64_t first, int64_t count)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(p->stored->ctx);
  if (behind(&p->stored->source) > 1) return read_units(reader, p, first, count);
  for (int64_t i = 0, run; i < count; i += run) {
    const int64_t from = at(p->line, first + i);
    for (run = 1; i + run < count && at(p->line, first + i + run) == from + run;)
      run++;
    NT_TRY(
        nt_reader_samples(err, reader, p->axis, from, run, p->slab, p->in + i * p->file_entries));
  }
done:
  return status;
}

/* Number of doubles that the reader of `count` lines from `first` on sends to each rank. */
static void count_doubles(const pass *p, int64_t first, int64_t count, int *out)
{
  const int procs = entry_procs(p);
  memset(out, 0, (size_t)nt_ctx_size(p->stored->ctx) * sizeof *out);
  for (int64_t l = first; l < first + count; l++) {
    for (int q = 0; q < procs; q++)
      out[rank_of(p, line_owner(p, l), q)] +=
          (int)nt_numroc(p->n_entries, entry_block(p), q, procs);
  }
}

static void prefix_sums(const pass *p, const int *count, int *offset)
{
  int sum = 0;
  for (int r = 0; r < nt_ctx_size(p->stored->ctx); r++) {
    offset[r] = sum;
    sum += count[r];
  }
}

/* For each owner: its lines in order, of each its entries in order. */
static void pack(pass *p, int64_t first, int64_t count)
{
  const int procs = entry_procs(p);
  const int64_t block = entry_block(p);
  for (int64_t l = 0; l < count; l++) {
    const double *in = p->in + l * p->file_entries;
    for (int q = 0; q < procs; q++) {
      int *offset = &p->offset[rank_of(p, line_owner(p, first + l), q)];
      const int64_t n = nt_numroc(p->n_entries, block, q, procs);
      for (int64_t e = 0; e < n; e++)
        p->send[(*offset)++] = in[at(p->entry, nt_local_to_global(e, block, q, procs))];
    }
  }
}

static void put(pass *p, int64_t l, int64_t e, double value)
{
  nt_dmatrix *to = p->to;
  const nt_grid *g = to->grid;
  const int64_t i = p->columns ? e : l, j = p->columns ? l : e;
  const int64_t line = at(p->line, l), entry = at(p->entry, e);
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
static void unpack(pass *p, int64_t batch)
{
  const nt_grid *g = p->to->grid;
  const int procs = entry_procs(p);
  const int mine = p->columns ? nt_grid_q(g) : nt_grid_p(g);
  const int q = p->columns ? nt_grid_p(g) : nt_grid_q(g);
  const int64_t block = entry_block(p), n = nt_numroc(p->n_entries, block, q, procs);
  for (int r = 0; r < nt_ctx_size(p->stored->ctx); r++) {
    const double *from = p->recv + p->recv_offset[r];
    int64_t first, count = lines_of(p, batch, r, &first);
    for (int64_t l = first; l < first + count; l++) {
      if (line_owner(p, l) != mine) continue;
      for (int64_t e = 0; e < n; e++)
        put(p, l, nt_local_to_global(e, block, q, procs), *from++);
    }
  }
}

static nt_status exchange(pass *p, int64_t batch)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = p->stored->ctx;
  int64_t first;
  const int64_t count = lines_of(p, batch, nt_ctx_rank(ctx), &first);
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

static nt_status allocate(nt_error *err, int size, pass *p)
{
  nt_status status = NT_OK;
  const int64_t wide = p->n_entries > p->file_entries ? p->n_entries : p->file_entries;
  /* A rank may own all lines of a batch, and of each its entries. */
  const int q = p->columns ? nt_grid_p(p->to->grid) : nt_grid_q(p->to->grid);
  const int64_t received =
      p->share * size * nt_numroc(p->n_entries, entry_block(p), q, entry_procs(p));
  double **const buffers[] = {&p->in, &p->slab, &p->send, &p->recv, &p->sample};
  const int64_t sizes[] = {p->share * p->file_entries, p->share * p->file_entries, p->share * wide,
                           received, p->unit * p->file_entries};
  int **const counts[] = {&p->count, &p->offset, &p->recv_count, &p->recv_offset};
  void *memory;
  NT_CHECK(sizes[2] <= INT_MAX && received <= INT_MAX, err, NT_ERR_DIST,
           "%s: a sample has %lld rows of %lld numbers, more than a message can hold",
           p->stored->name, (long long)p->unit, (long long)wide);
  for (int i = 0; i < 5; i++) {
    NT_TRY(nt_alloc(err, sizes[i], sizeof(double), "a buffer for reading a kernel", &memory));
    *buffers[i] = memory;
  }
  for (int i = 0; i < 4; i++) {
    NT_TRY(nt_alloc(err, size, sizeof(int), "counts for reading a kernel", &memory));
    *counts[i] = memory;
  }
done:
  return status;
}

static void release(pass *p)
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

static nt_status check_finite(const pass *p)
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

static nt_status run(pass *p)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = p->stored->ctx;
  nt_error *err = nt_ctx_error(ctx);
  const int size = nt_ctx_size(ctx);
  nt_reader reader = {.source = NULL};
  const int64_t wide = p->n_entries > p->file_entries ? p->n_entries : p->file_entries;
  p->share = BATCH_BYTES / 8 / (wide * size);
  if (p->share > (p->n_lines + size - 1) / size) p->share = (p->n_lines + size - 1) / size;
  if (p->share < 1) p->share = 1;
  p->share = (p->share + p->unit - 1) / p->unit * p->unit;
  NT_TRY_ALL(ctx, allocate(err, size, p));
  NT_TRY_ALL(ctx, nt_reader_open(err, &p->stored->source, &reader));
  for (int64_t batch = 0; batch * p->share * size < p->n_lines; batch++) {
    int64_t first;
    const int64_t count = lines_of(p, batch, nt_ctx_rank(ctx), &first);
    NT_TRY_ALL(ctx, read_lines(&reader, p, first, count));
    NT_TRY(exchange(p, batch));
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
  pass p = {.stored = stored,
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
  pass mirror = p;
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
