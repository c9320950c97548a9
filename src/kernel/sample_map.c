#include "kernel/sample_map.h"

#include "base/check.h"
#include "base/memory.h"
#include "base/pieces.h"

#include <stdlib.h>
#include <string.h>

/* One side of a matrix, rows or columns, which are called lines here; those
 * across it stay where they are. */
typedef struct nt_matrix_lines {
  const nt_dmatrix *m;
  bool rows;
  int64_t of_sample, block; /* lines; block: whole samples */
  int64_t step, across;     /* distance of local lines, and of the elements of a line */
} nt_matrix_lines;

typedef struct nt_sample_map {
  nt_ctx *ctx;
  const nt_grid *grid;
  const nt_taps *taps;
  bool rows;
  nt_matrix_lines in, out;
  int places, place; /* of the grid along the lines, and this rank's */
  int64_t width;     /* local elements of a line */
  double *buffer;  /* sums of one tile of `in` for a tile of `out`, stored as lines of `out` are */
  int64_t *wanted; /* [samples of a block of out] that read the tile of `in` in hand */
  bool *reads;     /* [tiles of in] that the tile of `out` in hand reads */
} nt_sample_map;

static nt_matrix_lines lines_of(const nt_dmatrix *m, bool rows, int64_t of_sample)
{
  return (nt_matrix_lines){.m = m,
                           .rows = rows,
                           .of_sample = of_sample,
                           .block = rows ? m->mb : m->nb,
                           .step = rows ? 1 : m->ld,
                           .across = rows ? m->ld : 1};
}

static int64_t tile_of(const nt_matrix_lines *l, int64_t sample)
{
  return sample * l->of_sample / l->block;
}

/* First local line of a sample that is here. */
static double *local(const nt_sample_map *p, const nt_matrix_lines *l, int64_t sample)
{
  return l->m->a + nt_global_to_local(sample * l->of_sample, l->block, p->places) * l->step;
}

/* to[line][i] += w from[line][i], lines `step` apart, elements `across` apart. */
static void add(const nt_sample_map *p, double w, const double *from, int64_t step, int64_t across,
                double *to, int64_t to_step, int64_t to_across)
{
  const int64_t lines = p->in.of_sample;
  const bool inner = p->rows; /* lines lie next to each other */
  const int64_t n = inner ? p->width : lines, m = inner ? lines : p->width;
  const int64_t far = inner ? across : step, near = inner ? step : across;
  const int64_t to_far = inner ? to_across : to_step, to_near = inner ? to_step : to_across;
  for (int64_t i = 0; i < n; i++) {
    for (int64_t j = 0; j < m; j++)
      to[i * to_far + j * to_near] += w * from[i * far + j * near];
  }
}

/* Samples of tile R of `out` that read tile K of `in`. */
static int64_t find_wanted(nt_sample_map *p, int64_t first, int64_t end, int64_t K)
{
  int64_t n = 0;
  for (int64_t o = first; o < end; o++) {
    bool reads = false;
    for (int t = 0; t < p->taps->n && !reads; t++) {
      const int32_t i = p->taps->in[o * p->taps->n + t];
      reads = i >= 0 && tile_of(&p->in, i) == K;
    }
    if (reads) p->wanted[n++] = o;
  }
  return n;
}

/* What tile K, which is here, gives to the wanted samples. */
static void sum_tile(nt_sample_map *p, int64_t n, int64_t K)
{
  const nt_taps *taps = p->taps;
  const int64_t lines = p->in.of_sample, total = n * lines;
  const int64_t step = p->rows ? 1 : p->width, across = p->rows ? total : 1;
  memset(p->buffer, 0, (size_t)(total * p->width) * sizeof(double));
  for (int64_t k = 0; k < n; k++) {
    for (int t = 0; t < taps->n; t++) {
      const int64_t at = p->wanted[k] * taps->n + t;
      if (taps->in[at] < 0 || tile_of(&p->in, taps->in[at]) != K) continue;
      add(p, taps->weight == NULL ? 1 : taps->weight[at], local(p, &p->in, taps->in[at]),
          p->in.step, p->in.across, p->buffer + k * lines * step, step, across);
    }
  }
}

static void add_tile(nt_sample_map *p, int64_t n)
{
  const int64_t lines = p->in.of_sample, total = n * lines;
  const int64_t step = p->rows ? 1 : p->width, across = p->rows ? total : 1;
  for (int64_t k = 0; k < n; k++)
    add(p, 1, p->buffer + k * lines * step, step, across, local(p, &p->out, p->wanted[k]),
        p->out.step, p->out.across);
}

static int rank_at(const nt_sample_map *p, int place)
{
  return p->rows ? nt_grid_rank(p->grid, place, nt_grid_q(p->grid))
                 : nt_grid_rank(p->grid, nt_grid_p(p->grid), place);
}

/* The buffer from one rank to another. */
static nt_status pass(nt_sample_map *p, int64_t count, int peer, bool send)
{
  nt_status status = NT_OK;
  MPI_Comm comm = nt_ctx_comm(p->ctx);
  const int64_t bytes = count * (int64_t)sizeof *p->buffer;
  NT_TRY_MPI(p->ctx, send ? nt_pieces_send(p->buffer, bytes, NT_PIECE, peer, 0, comm)
                          : nt_pieces_receive(p->buffer, bytes, NT_PIECE, peer, 0, comm));
done:
  return status;
}

/* Tile K of `in` into samples first ... end-1, tile R of `out`. Ranks along the lines go through
 * all (R, K) in one order, and each takes two of them, so that nobody waits in a circle. */
static nt_status map_tile(nt_sample_map *p, int64_t first, int64_t end, int64_t R, int64_t K)
{
  nt_status status = NT_OK;
  const int source = (int)(K % p->places), target = (int)(R % p->places);
  if (source != p->place && target != p->place) return NT_OK;
  const int64_t n = find_wanted(p, first, end, K), count = n * p->in.of_sample * p->width;
  if (source == p->place) sum_tile(p, n, K);
  if (source != target)
    NT_TRY(pass(p, count, rank_at(p, source == p->place ? target : source), source == p->place));
  if (target == p->place) add_tile(p, n);
done:
  return status;
}

static nt_status run(nt_sample_map *p)
{
  nt_status status = NT_OK;
  const nt_taps *taps = p->taps;
  const int64_t tile = p->out.block / p->out.of_sample;
  const int64_t tiles = taps->n_in == 0 ? 0 : tile_of(&p->in, taps->n_in - 1) + 1;
  for (int64_t first = 0, R = 0; first < taps->n_out; first += tile, R++) {
    const int64_t end = first + tile < taps->n_out ? first + tile : taps->n_out;
    memset(p->reads, 0, (size_t)tiles * sizeof(bool));
    for (int64_t i = first * taps->n; i < end * taps->n; i++)
      if (taps->in[i] >= 0) p->reads[tile_of(&p->in, taps->in[i])] = true;
    for (int64_t K = 0; K < tiles; K++)
      if (p->reads[K]) NT_TRY(map_tile(p, first, end, R, K));
  }
done:
  return status;
}

static nt_status allocate(nt_sample_map *p)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(p->ctx);
  const int64_t tile = p->out.block / p->out.of_sample;
  const int64_t most = tile < p->taps->n_out ? tile : p->taps->n_out;
  NT_TRY(nt_alloc(err, most * p->in.of_sample * p->width, sizeof(double), "samples on their way",
                  &p->buffer));
  NT_TRY(nt_alloc(err, most, sizeof(int64_t), "samples on their way", &p->wanted));
  NT_TRY(nt_calloc(err, p->taps->n_in + 1, sizeof(bool), "samples on their way", &p->reads));
done:
  return status;
}

static nt_status map_lines(const nt_dmatrix *in, bool rows, int64_t lines, const nt_taps *taps,
                           nt_dmatrix *out)
{
  nt_status status = NT_OK;
  const nt_grid *grid = in->grid;
  nt_sample_map p = {.ctx = nt_grid_ctx(in->grid),
                     .grid = grid,
                     .taps = taps,
                     .rows = rows,
                     .in = lines_of(in, rows, lines),
                     .out = lines_of(out, rows, lines),
                     .places = rows ? nt_grid_P(grid) : nt_grid_Q(grid),
                     .place = rows ? nt_grid_p(grid) : nt_grid_q(grid),
                     .width = rows ? in->cols : in->rows};
  NT_TRY_ALL(p.ctx, allocate(&p));
  NT_TRY(run(&p));
done:
  free(p.buffer);
  free(p.wanted);
  free(p.reads);
  return status;
}

nt_status nt_map_rows(const nt_dmatrix *in, int64_t rows, const nt_taps *taps, nt_dmatrix *out)
{
  return map_lines(in, true, rows, taps, out);
}

nt_status nt_map_pairs(const nt_dmatrix *in, int64_t rows, int64_t cols, const nt_taps *taps1,
                       const nt_taps *taps2, nt_dmatrix *out)
{
  nt_status status = NT_OK;
  nt_dmatrix *half = NULL;
  NT_TRY(nt_dmatrix_create(in->grid, out->M, in->N, out->mb, in->nb, &half));
  memset(half->a, 0, (size_t)(half->ld * half->cols) * sizeof(double));
  NT_TRY(nt_map_rows(in, rows, taps1, half));
  NT_TRY(map_lines(half, false, cols, taps2, out));
done:
  nt_dmatrix_destroy(&half);
  return status;
}
