/* How the indices of matrices become axes of results, and how results are cut into chunks. */
#include "base/check.h"
#include "io/output.h"

enum { MIN_CHUNK = 1 << 20, MAX_CHUNK = 1 << 30, MAX_CHUNKS = 1024 };

/* (n, space…). */
static nt_shape with_space(int64_t n, const nt_shape *space)
{
  nt_shape s = {.rank = 1, .dim = {n}};
  for (int a = 0; a < space->rank; a++)
    s.dim[s.rank++] = space->dim[a];
  return s;
}

nt_result_layout nt_layout_plain(int64_t M, int64_t N)
{
  return (nt_result_layout){
      .rows = {.rank = 1, .dim = {M}}, .cols = {.rank = 1, .dim = {N}}, .order = {0, 1}};
}

nt_result_layout nt_layout_full(int64_t n1, int64_t n2, const nt_shape *space)
{
  nt_result_layout l = {.rows = with_space(n1, space), .cols = with_space(n2, space)};
  for (int a = 0; a <= space->rank; a++) {
    l.order[2 * a] = a;
    l.order[2 * a + 1] = space->rank + 1 + a;
  }
  return l;
}

nt_result_layout nt_layout_diagonal(int64_t n1, int64_t n2, const nt_shape *space)
{
  nt_result_layout l = {.rows = {.rank = 1, .dim = {n1}}, .cols = with_space(n2, space)};
  for (int a = 0; a < space->rank + 2; a++)
    l.order[a] = a;
  return l;
}

/* Columns (space, `times` times) without a sample. */
static nt_result_layout positions_only(int64_t n, const nt_shape *space, int times)
{
  nt_result_layout l = {.rows = {.rank = 1, .dim = {n}}};
  for (int a = 0; a < times * space->rank; a++)
    l.cols.dim[l.cols.rank++] = space->dim[a % space->rank];
  return l;
}

nt_result_layout nt_layout_variance(int64_t n, const nt_shape *space)
{
  nt_result_layout l = positions_only(n, space, 1);
  for (int a = 0; a <= space->rank; a++)
    l.order[a] = a;
  return l;
}

nt_result_layout nt_layout_covariance(int64_t n, const nt_shape *space)
{
  nt_result_layout l = positions_only(n, space, 2);
  for (int a = 0; a < space->rank; a++) {
    l.order[1 + 2 * a] = 1 + a;
    l.order[2 + 2 * a] = 1 + space->rank + a;
  }
  return l;
}

/* Chunk of one side: whole inner axes, and as many of the first as a block holds. */
static void chunk_side(const nt_shape *side, int64_t block, int64_t *chunk)
{
  int64_t inner = 1;
  for (int a = 1; a < side->rank; a++)
    inner *= chunk[a] = side->dim[a];
  if (side->rank == 0) return;
  chunk[0] = block / inner < 1 ? 1 : block / inner;
  if (chunk[0] > side->dim[0]) chunk[0] = side->dim[0];
}

static int64_t count_chunks(const nt_storage *p)
{
  int64_t n = 1;
  for (int a = 0; a < p->rank; a++)
    n *= (p->dim[a] + p->chunk[a] - 1) / p->chunk[a];
  return n;
}

static int64_t chunk_bytes(const nt_storage *p)
{
  int64_t bytes = p->type.size;
  for (int a = 0; a < p->rank; a++)
    bytes *= p->chunk[a];
  return bytes;
}

/* Double a chunk along the axis, at most to the whole axis; whether it grew. */
static bool grow(nt_storage *p, int axis)
{
  if (p->chunk[axis] == p->dim[axis]) return false;
  p->chunk[axis] = 2 * p->chunk[axis] < p->dim[axis] ? 2 * p->chunk[axis] : p->dim[axis];
  return true;
}

void nt_choose_chunks(const nt_dmatrix *m, const nt_result_layout *layout, nt_storage *p)
{
  int64_t side[NT_MAX_RESULT_RANK];
  int first_row = 0, first_col = 0;
  chunk_side(&layout->rows, m->mb, side);
  chunk_side(&layout->cols, m->nb, side + layout->rows.rank);
  for (int a = 0; a < p->rank; a++) {
    p->chunk[a] = side[layout->order[a]];
    if (layout->order[a] == 0) first_row = a;
    if (layout->order[a] == layout->rows.rank) first_col = a;
  }
  for (int a = 0; chunk_bytes(p) > MAX_CHUNK; a = (a + 1) % p->rank)
    p->chunk[a] = (p->chunk[a] + 1) / 2;
  /* Columns of tiles first: then a tile is one piece of the file. */
  while ((chunk_bytes(p) < MIN_CHUNK || count_chunks(p) > MAX_CHUNKS) &&
         chunk_bytes(p) <= MAX_CHUNK / 2) {
    if (!grow(p, first_row) && !grow(p, first_col)) break;
  }
}
