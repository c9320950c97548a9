/* Writing a rank's part of a block-cyclic matrix into the chunks of a result.
 *
 *     spans of consecutive rows x columns (blocks)  ->  boxes along the axes of the result
 *       -> parts inside one chunk -> parts that fit the staging buffer -> runs of the file */
#include "base/check.h"
#include "base/file.h"
#include "base/memory.h"
#include "io/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STAGING_BYTES = 16 << 20, STRIP = 64 };

/* Consecutive indices of one side: `length` of them from global index
 * `global`, local index `local`. */
typedef struct span {
  int64_t global, local, length;
} span;

/* A rectangle along the axes of the result. */
typedef struct box {
  int64_t start[NT_MAX_RESULT_RANK], count[NT_MAX_RESULT_RANK];
} box;

typedef struct writer {
  nt_error *err;
  const nt_output *out;
  const nt_storage *place;
  const nt_dmatrix *m;
  int fd;
  void *staging;
  span rows, cols;                    /* In work. */
  bool is_col[NT_MAX_RESULT_RANK];    /* Whether an axis belongs to the column index. */
  int64_t weight[NT_MAX_RESULT_RANK]; /* Its weight in that index. */
} writer;

static nt_status write_at(nt_error *err, const nt_output *out, int fd, int64_t offset,
                          int64_t bytes, const void *values)
{
  const int cause = nt_file_write(fd, offset, bytes, values);
  return cause == 0 ? NT_OK : nt_output_fail(err, out, "writing", strerror(cause));
}

static nt_status open_place(nt_error *err, const nt_output *out, const nt_storage *place, int *fd)
{
  nt_status status = NT_OK;
  *fd = open(place->path, O_WRONLY | O_CLOEXEC);
  if (*fd < 0) NT_TRY(nt_output_fail(err, out, "opening the temporary file", strerror(errno)));
done:
  return status;
}

/* Some file systems tell of a full disk only here. */
static nt_status close_place(nt_error *err, const nt_output *out, int fd, nt_status status)
{
  if (fd < 0) return status;
  const int flushed = status == NT_OK ? fsync(fd) : 0;
  const int flush_error = errno, closed = close(fd);
  if (status == NT_OK && (flushed != 0 || closed != 0))
    status = nt_output_fail(err, out, "writing", strerror(flushed != 0 ? flush_error : errno));
  return status;
}

nt_status nt_write_whole(nt_error *err, const nt_output *out, const nt_storage *place,
                         const void *values)
{
  nt_status status = NT_OK;
  int fd = -1;
  int64_t bytes = place->type.size;
  for (int a = 0; a < place->rank; a++)
    bytes *= place->dim[a];
  NT_TRY(open_place(err, out, place, &fd));
  NT_TRY(write_at(err, out, fd, place->address[0], bytes, values));
done:
  return close_place(err, out, fd, status);
}

/* Local element of the first corner of a box. */
static const double *corner(const writer *w, const box *b)
{
  int64_t row = 0, col = 0;
  for (int a = 0; a < w->place->rank; a++)
    *(w->is_col[a] ? &col : &row) += b->start[a] * w->weight[a];
  row += w->rows.local - w->rows.global;
  col += w->cols.local - w->cols.global;
  return w->m->a + row + col * w->m->ld;
}

/* One row of the last axis into the staging buffer. */
static void copy_row(const writer *w, const double *from, int64_t stride, int64_t n, int64_t at)
{
  if (w->place->type.size == 4) {
    float *const to = (float *)w->staging + at;
    for (int64_t i = 0; i < n; i++)
      to[i] = (float)from[i * stride];
  } else {
    double *const to = (double *)w->staging + at;
    for (int64_t i = 0; i < n; i++)
      to[i] = from[i * stride];
  }
}

/* The box from column-major local storage into row-major order; in strips, so that the cache lines
 * of a strip's columns are still there for the next rows. */
static void gather(const writer *w, const box *b)
{
  const int last = w->place->rank - 1;
  int64_t stride[NT_MAX_RESULT_RANK], outer = 1;
  for (int a = 0; a <= last; a++) {
    stride[a] = w->weight[a] * (w->is_col[a] ? w->m->ld : 1);
    if (a < last) outer *= b->count[a];
  }
  const double *const origin = corner(w, b);
  for (int64_t first = 0; first < b->count[last]; first += STRIP) {
    const int64_t left = b->count[last] - first, n = left < STRIP ? left : STRIP;
    const double *from = origin + first * stride[last];
    int64_t index[NT_MAX_RESULT_RANK] = {0};
    for (int64_t o = 0; o < outer; o++) {
      copy_row(w, from, stride[last], n, o * b->count[last] + first);
      for (int a = last - 1; a >= 0; a--) {
        from += stride[a];
        if (++index[a] < b->count[a]) break;
        from -= stride[a] * b->count[a];
        index[a] = 0;
      }
    }
  }
}

/* Address of the chunk that holds the box, and the offset of its corner inside, in elements. */
static int64_t locate(const nt_storage *p, const box *b, int64_t *offset)
{
  int64_t chunk = 0;
  *offset = 0;
  for (int a = 0; a < p->rank; a++) {
    chunk = chunk * ((p->dim[a] + p->chunk[a] - 1) / p->chunk[a]) + b->start[a] / p->chunk[a];
    *offset = *offset * p->chunk[a] + b->start[a] % p->chunk[a];
  }
  return p->address[chunk];
}

/* Gather a box inside one chunk, and write it in the longest runs of the file. */
static nt_status write_runs(const writer *w, const box *b)
{
  nt_status status = NT_OK;
  const nt_storage *const p = w->place;
  const int size = p->type.size;
  int64_t offset, stride[NT_MAX_RESULT_RANK], index[NT_MAX_RESULT_RANK] = {0}, outer = 1;
  const int64_t address = locate(p, b, &offset);
  gather(w, b);
  int t = p->rank - 1;
  int64_t run = b->count[t];
  stride[t] = 1;
  for (int a = t; a > 0; a--)
    stride[a - 1] = stride[a] * p->chunk[a];
  while (t > 0 && b->count[t] == p->chunk[t])
    run *= b->count[--t];
  for (int a = 0; a < t; a++)
    outer *= b->count[a];
  for (int64_t o = 0; o < outer; o++) {
    NT_TRY(write_at(w->err, w->out, w->fd, address + offset * size, run * size,
                    (const char *)w->staging + o * run * size));
    for (int a = t - 1; a >= 0; a--) {
      offset += stride[a];
      if (++index[a] < b->count[a]) break;
      offset -= stride[a] * b->count[a];
      index[a] = 0;
    }
  }
done:
  return status;
}

/* Cut along the first axes until a part fits the staging buffer. */
static nt_status write_part(const writer *w, const box *b)
{
  nt_status status = NT_OK;
  int64_t elements = 1;
  int axis = -1;
  for (int a = w->place->rank - 1; a >= 0; a--) {
    elements *= b->count[a];
    if (b->count[a] > 1) axis = a;
  }
  const int64_t limit = STAGING_BYTES / w->place->type.size;
  if (elements <= limit || axis < 0) return write_runs(w, b);
  const int64_t inner = elements / b->count[axis];
  const int64_t step = inner >= limit ? 1 : limit / inner;
  box part = *b;
  for (int64_t i = 0; i < b->count[axis]; i += step) {
    part.start[axis] = b->start[axis] + i;
    part.count[axis] = b->count[axis] - i < step ? b->count[axis] - i : step;
    NT_TRY(write_part(w, &part));
  }
done:
  return status;
}

/* Cut a box at the borders of chunks, along this axis and the next ones. */
static nt_status write_box(const writer *w, const box *b, int axis)
{
  nt_status status = NT_OK;
  if (axis == w->place->rank) return write_part(w, b);
  const int64_t chunk = w->place->chunk[axis], end = b->start[axis] + b->count[axis];
  box part = *b;
  for (int64_t i = b->start[axis]; i < end; i += part.count[axis]) {
    const int64_t border = (i / chunk + 1) * chunk;
    part.start[axis] = i;
    part.count[axis] = (border < end ? border : end) - i;
    NT_TRY(write_box(w, &part, axis + 1));
  }
done:
  return status;
}

/* The longest rectangle of `side` that begins at index `from` and stays below `end`:
 * all of the inner axes behind some axis, a range of that one, one index of the outer
 * ones. \return its length. */
static int64_t first_rectangle(const nt_shape *side, int64_t from, int64_t end, int64_t *start,
                               int64_t *count)
{
  int64_t inner = 1, rest = from;
  int axis = side->rank - 1;
  for (int a = axis; a >= 0; rest /= side->dim[a--]) {
    start[a] = rest % side->dim[a];
    count[a] = 1;
  }
  if (side->rank == 0) return 1;
  while (axis > 0 && start[axis] == 0 && from + inner * side->dim[axis] <= end) {
    count[axis] = side->dim[axis];
    inner *= side->dim[axis--];
  }
  const int64_t left = (end - from) / inner, room = side->dim[axis] - start[axis];
  count[axis] = left < room ? left : room;
  return count[axis] * inner;
}

/* All rectangles of the spans in work. */
static nt_status write_spans(const writer *w, const nt_result_layout *layout)
{
  nt_status status = NT_OK;
  int64_t start[NT_MAX_RESULT_RANK], count[NT_MAX_RESULT_RANK];
  const int shift = layout->rows.rank;
  const int64_t row_end = w->rows.global + w->rows.length,
                col_end = w->cols.global + w->cols.length;
  for (int64_t i = w->rows.global, n_rows; i < row_end; i += n_rows) {
    n_rows = first_rectangle(&layout->rows, i, row_end, start, count);
    for (int64_t j = w->cols.global, n_cols; j < col_end; j += n_cols) {
      n_cols = first_rectangle(&layout->cols, j, col_end, start + shift, count + shift);
      box b;
      for (int a = 0; a < w->place->rank; a++) {
        b.start[a] = start[layout->order[a]];
        b.count[a] = count[layout->order[a]];
      }
      NT_TRY(write_box(w, &b, 0));
    }
  }
done:
  return status;
}

/* The span that begins at local index `local`: a block, or everything when one process has all. */
static span span_at(int64_t local, int64_t local_n, int64_t nb, int p, int P)
{
  const int64_t block = P == 1 ? local_n : nb, left = local_n - local;
  return (span){.global = nt_local_to_global(local, nb, p, P),
                .local = local,
                .length = left < block ? left : block};
}

static void set_weights(writer *w, const nt_result_layout *layout)
{
  int64_t weight[NT_MAX_RESULT_RANK], row = 1, col = 1;
  for (int a = layout->rows.rank - 1; a >= 0; row *= layout->rows.dim[a--])
    weight[a] = row;
  for (int a = layout->cols.rank - 1; a >= 0; col *= layout->cols.dim[a--])
    weight[layout->rows.rank + a] = col;
  for (int a = 0; a < w->place->rank; a++) {
    w->is_col[a] = layout->order[a] >= layout->rows.rank;
    w->weight[a] = weight[layout->order[a]];
  }
}

nt_status nt_write_matrix(nt_error *err, const nt_output *out, const nt_storage *place,
                          const nt_dmatrix *m, const nt_result_layout *layout)
{
  nt_status status = NT_OK;
  const nt_grid *const g = m->grid;
  writer w = {.err = err, .out = out, .place = place, .m = m, .fd = -1};
  if (m->rows == 0 || m->cols == 0) return NT_OK;
  set_weights(&w, layout);
  NT_TRY(nt_alloc(err, STAGING_BYTES, 1, "a buffer for writing", &w.staging));
  NT_TRY(open_place(err, out, place, &w.fd));
  for (int64_t j = 0; j < m->cols; j += w.cols.length) {
    w.cols = span_at(j, m->cols, m->nb, nt_grid_q(g), nt_grid_Q(g));
    for (int64_t i = 0; i < m->rows; i += w.rows.length) {
      w.rows = span_at(i, m->rows, m->mb, nt_grid_p(g), nt_grid_P(g));
      NT_TRY(write_spans(&w, layout));
    }
  }
done:
  free(w.staging);
  return close_place(err, out, w.fd, status);
}
