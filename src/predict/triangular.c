/* Both sweeps are one algorithm, with rows and columns of the grid exchanged and the order of
 * blocks reversed. Forwards, process (p, q) keeps sums [c][local rows] of what its columns of L
 * give:
 *
 *     | x          for each k of its columns:
 *     | L x          (k, k):     x_k = L_kk^-1 (b_k - sums of the others in its process row - own)
 *     | L L x        column:     hand x_k down
 *     | L L L x      everybody:  sums of the next Q block rows first, complete then (its next
 *       0 1 2 3                  column is k + Q): send them to whom they belong; then the rest
 *
 * So while x_k travels the others multiply, and messages are a block of right-hand sides each. */
#include "predict/cholesky.h"

#include "base/check.h"
#include "base/memory.h"
#include "base/pieces.h"
#include "grid/scalapack.h"
#include "predict/predict_impl.h"
#include "predict/thin.h"

#include <stdlib.h>
#include <string.h>

typedef struct nt_sweep {
  const nt_factor_blas *blas;
  const nt_dmatrix *m;
  char *a;
  int64_t ld, nb, n, c;
  bool backwards;
  /* Sums are kept for blocks = own mod owns; x comes for blocks = other mod others. */
  int own, owns, other, others;
  MPI_Comm line, across; /* those who share `other` (ranked by own), and those who share `own` */
  char *b;               /* by blocks [c][w], right where this process has them on the diagonal */
  char *sums;            /* [c][local] */
  char *sent;            /* by blocks [c][w] */
  char *x, *received;    /* [c][w] */
  int64_t local;         /* length of the sums */
  MPI_Request *request;
  int n_requests;
} nt_sweep;

static int64_t blocks(const nt_sweep *s) { return (s->n + s->nb - 1) / s->nb; }

/* First element of a block; blocks beyond the end begin at the end. */
static int64_t begin_of(const nt_sweep *s, int64_t k)
{
  if (k < 0) return 0;
  return k * s->nb < s->n ? k * s->nb : s->n;
}

static int width_of(const nt_sweep *s, int64_t k)
{
  return (int)(begin_of(s, k + 1) - begin_of(s, k));
}

static int64_t size_of(const nt_sweep *s) { return (int64_t)s->blas->size; }

/* Local place, among the sums, of global element g or the next that is here. */
static int64_t place(const nt_sweep *s, int64_t g) { return nt_numroc(g, s->nb, s->own, s->owns); }

static char *factor_at(const nt_sweep *s, int64_t own_place, int64_t other_place)
{
  const int64_t li = s->backwards ? other_place : own_place;
  const int64_t lj = s->backwards ? own_place : other_place;
  return s->a + (li + lj * s->ld) * size_of(s);
}

/* sums of blocks first ... last-1 += L x_k (or L^T x_k). */
static void multiply(nt_sweep *s, int64_t k, int64_t first, int64_t last)
{
  const int64_t begin = place(s, begin_of(s, first)), end = place(s, begin_of(s, last));
  const int64_t w = width_of(s, k), n = end - begin, ld = s->ld;
  const int threads = nt_ctx_threads(nt_grid_ctx(s->m->grid));
  const void *a = factor_at(s, begin, nt_global_to_local(k * s->nb, s->nb, s->others));
  void *y = s->sums + begin * size_of(s);
  const nt_thin_size down = {n, w, s->c, threads}, across = {w, n, s->c, threads};
  const bool single = s->blas->size == sizeof(float);
  if (n <= 0) return;
  if (single && !s->backwards)
    nt_thin_single(down, a, ld, (float *)(void *)s->x, w, y, s->local);
  else if (single)
    nt_thin_transposed_single(across, a, ld, (float *)(void *)s->x, w, y, s->local);
  else if (!s->backwards)
    nt_thin_double(down, a, ld, (double *)(void *)s->x, w, y, s->local);
  else
    nt_thin_transposed_double(across, a, ld, (double *)(void *)s->x, w, y, s->local);
}

/* The sums of block i, as a message. */
static void pack(const nt_sweep *s, int64_t i, char *to)
{
  const int64_t size = size_of(s), w = width_of(s, i);
  const char *from = s->sums + place(s, i * s->nb) * size;
  for (int64_t k = 0; k < s->c; k++)
    memcpy(to + k * w * size, from + k * s->local * size, (size_t)(w * size));
}

static void subtract(const nt_sweep *s, const char *from, int64_t count, char *to)
{
  if (s->blas->size == sizeof(float)) {
    for (int64_t i = 0; i < count; i++)
      ((float *)(void *)to)[i] -= ((const float *)(const void *)from)[i];
  } else {
    for (int64_t i = 0; i < count; i++)
      ((double *)(void *)to)[i] -= ((const double *)(const void *)from)[i];
  }
}

/* Whether the processes with `other` have entries of L before block k. */
static bool contributes(const nt_sweep *s, int other, int64_t k)
{
  if (!s->backwards) return other < k;
  const int64_t last = blocks(s) - 1;
  return last - (((last - other) % s->others + s->others) % s->others) > k;
}

/* Sums travel in pieces so short that they leave at once: a longer message waits until its sender,
 * who multiplies on, is in MPI again. */
enum { PIECE = 2048 };

static int piece_of(int64_t left) { return left < PIECE ? (int)left : PIECE; }

static nt_status receive_sums(nt_sweep *s, int source, int64_t bytes)
{
  nt_status status = NT_OK;
  for (int64_t done = 0; done < bytes; done += PIECE)
    NT_TRY_MPI(nt_grid_ctx(s->m->grid),
               MPI_Recv(s->received + done, piece_of(bytes - done), MPI_BYTE, source, 0, s->across,
                        MPI_STATUS_IGNORE));
done:
  return status;
}

/* x_k on the process that has block k on the diagonal. */
static nt_status solve_block(nt_sweep *s, int64_t k)
{
  nt_status status = NT_OK;
  const int64_t count = width_of(s, k) * s->c, bytes = count * size_of(s);
  const int c = (int)s->c, w = width_of(s, k), ld = (int)s->ld;
  char *b = s->b + k * s->nb * s->c * size_of(s);
  for (int r = 0; r < s->others; r++) {
    if (!contributes(s, r, k)) continue;
    if (r == s->other)
      pack(s, k, s->received);
    else
      NT_TRY(receive_sums(s, r, bytes));
    subtract(s, s->received, count, b);
  }
  s->blas->trsm("L", "L", s->backwards ? "T" : "N", "N", &w, &c, s->blas->one,
                factor_at(s, place(s, k * s->nb), nt_global_to_local(k * s->nb, s->nb, s->others)),
                &ld, b, &w);
  memcpy(s->x, b, (size_t)bytes);
done:
  return status;
}

/* The sums of block i are complete. */
static nt_status send_sums(nt_sweep *s, int64_t i)
{
  nt_status status = NT_OK;
  if (i < 0 || i >= blocks(s) || i % s->owns != s->own || i % s->others == s->other) goto done;
  char *out = s->sent + place(s, i * s->nb) * s->c * size_of(s);
  const int64_t bytes = width_of(s, i) * s->c * size_of(s);
  pack(s, i, out);
  for (int64_t done = 0; done < bytes; done += PIECE)
    NT_TRY_MPI(nt_grid_ctx(s->m->grid),
               MPI_Isend(out + done, piece_of(bytes - done), MPI_BYTE, (int)(i % s->others), 0,
                         s->across, &s->request[s->n_requests++]));
done:
  return status;
}

static nt_status step(nt_sweep *s, int64_t k)
{
  nt_status status = NT_OK;
  const int owner = (int)(k % s->owns), way = s->backwards ? -1 : 1;
  const int64_t next = k + way * s->others; /* of this process */
  if (owner == s->own) NT_TRY(solve_block(s, k));
  if (s->owns > 1)
    NT_TRY_MPI(
        nt_grid_ctx(s->m->grid),
        nt_pieces_broadcast(s->x, width_of(s, k) * s->c * size_of(s), NT_PIECE, owner, s->line));
  multiply(s, k, s->backwards ? next : k + 1, s->backwards ? k : next + 1);
  for (int64_t i = k + way; i != next; i += way)
    NT_TRY(send_sums(s, i));
  multiply(s, k, s->backwards ? 0 : next + 1, s->backwards ? next : blocks(s));
done:
  return status;
}

static nt_status sweep(nt_sweep *s, bool backwards, MPI_Comm row, MPI_Comm column)
{
  nt_status status = NT_OK;
  const nt_grid *g = s->m->grid;
  const int p = nt_grid_p(g), q = nt_grid_q(g), P = nt_grid_P(g), Q = nt_grid_Q(g);
  const int64_t last = blocks(s) - 1;
  s->backwards = backwards;
  s->own = backwards ? q : p;
  s->owns = backwards ? Q : P;
  s->other = backwards ? p : q;
  s->others = backwards ? P : Q;
  s->line = backwards ? row : column;
  s->across = backwards ? column : row;
  s->n_requests = 0;
  s->local = backwards ? s->m->cols : s->m->rows;
  memset(s->sums, 0, (size_t)(s->local * s->c * size_of(s)));
  for (int64_t i = 0; i <= last; i++) {
    const int64_t k = backwards ? last - i : i;
    if (k % s->others == s->other) NT_TRY(step(s, k));
  }
  NT_TRY_MPI(nt_grid_ctx(g), MPI_Waitall(s->n_requests, s->request, MPI_STATUSES_IGNORE));
done:
  return status;
}

static double get(const nt_sweep *s, int64_t i)
{
  return s->blas->size == sizeof(float) ? (double)((float *)(void *)s->b)[i]
                                        : ((double *)(void *)s->b)[i];
}

static void set(const nt_sweep *s, int64_t i, double value)
{
  if (s->blas->size == sizeof(float))
    ((float *)(void *)s->b)[i] = (float)value;
  else
    ((double *)(void *)s->b)[i] = value;
}

/* Where element (i, k) is. */
static int64_t at_block(const nt_sweep *s, int64_t i, int64_t k)
{
  const int64_t block = i / s->nb;
  return block * s->nb * s->c + k * width_of(s, block) + i % s->nb;
}

static void put_in(const nt_sweep *s, const double *b)
{
  for (int64_t i = 0; i < s->n; i++) {
    for (int64_t k = 0; k < s->c; k++)
      set(s, at_block(s, i, k), b[i * s->c + k]);
  }
}

/* The blocks that are on the diagonal of this process; 0 elsewhere. */
static void take_out(const nt_sweep *s, double *b)
{
  const nt_grid *g = s->m->grid;
  for (int64_t i = 0; i < s->n; i++) {
    const int64_t block = i / s->nb;
    const bool mine = block % nt_grid_P(g) == nt_grid_p(g) && block % nt_grid_Q(g) == nt_grid_q(g);
    for (int64_t k = 0; k < s->c; k++)
      b[i * s->c + k] = mine ? get(s, at_block(s, i, k)) : 0;
  }
}

static nt_status allocate(nt_error *err, nt_sweep *s)
{
  nt_status status = NT_OK;
  const int64_t local = s->m->rows > s->m->cols ? s->m->rows : s->m->cols;
  NT_TRY(nt_alloc(err, (s->n + 2 * local + 2 * s->nb) * s->c, s->blas->size, "right-hand sides",
                  &s->b));
  s->sums = s->b + s->n * s->c * size_of(s);
  s->sent = s->sums + local * s->c * size_of(s);
  s->x = s->sent + local * s->c * size_of(s);
  s->received = s->x + s->nb * s->c * size_of(s);
  const int64_t pieces = s->nb * s->c * size_of(s) / PIECE + 1;
  NT_TRY(nt_alloc(err, blocks(s) * pieces, sizeof(MPI_Request), "requests", &s->request));
done:
  return status;
}

nt_status nt_cholesky_solve(const nt_factor_blas *blas, const nt_factor_view *view, int64_t c,
                            double *b)
{
  nt_status status = NT_OK;
  const nt_dmatrix *m = view->m;
  const nt_grid *g = m->grid;
  nt_ctx *ctx = nt_grid_ctx(g);
  MPI_Comm row = MPI_COMM_NULL, column = MPI_COMM_NULL;
  nt_sweep s = {.blas = blas,
                .m = m,
                .a = view->a,
                .ld = view->ld,
                .nb = m->nb < m->N ? m->nb : m->N,
                .n = m->N,
                .c = c};
  int bytes;
  NT_TRY(nt_to_blasint(s.nb * c * (int64_t)blas->size, &bytes));
  NT_TRY_MPI(ctx, MPI_Comm_split(nt_ctx_comm(ctx), nt_grid_p(g), nt_grid_q(g), &row));
  NT_TRY_MPI(ctx, MPI_Comm_split(nt_ctx_comm(ctx), nt_grid_q(g), nt_grid_p(g), &column));
  NT_TRY_ALL(ctx, allocate(nt_ctx_error(ctx), &s));
  put_in(&s, b);
  NT_TRY(sweep(&s, false, row, column));
  NT_TRY(sweep(&s, true, row, column));
  take_out(&s, b);
  NT_TRY(nt_ctx_sum(ctx, s.n * c, b));
done:
  if (row != MPI_COMM_NULL) (void)MPI_Comm_free(&row);
  if (column != MPI_COMM_NULL) (void)MPI_Comm_free(&column);
  free(s.b);
  free(s.request);
  return status;
}
