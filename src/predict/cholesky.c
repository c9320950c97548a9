/* Right-looking, with one panel of look-ahead. In step k all hold panel k (block column k of L):
 *
 *     | L                    1. owners of block column k+1: update, factorise, begin to hand it
 *     | L  A                    round                                      (panel k+1)
 *     | L  B  A              2. all: update the rest with panel k
 *     | L  B  B  A           3. panel k+1 has arrived meanwhile
 *       k k+1
 *
 * So nobody waits for a panel while the update takes longer than it. Panels go along process
 * rows (grid/rowcast.h), and their blocks on the diagonal's other side along process
 * columns. ScaLAPACK's pdpotrf has the same steps without look-ahead: half the ranks wait
 * while the others factorise. */
#include "predict/cholesky.h"

#include "base/check.h"
#include "base/memory.h"
#include "grid/rowcast.h"
#include "grid/scalapack.h"
#include "predict/predict_impl.h"

#include <stdlib.h>
#include <string.h>

/* A panel, and the block on the diagonal, as they travel: the order of the minor that failed, then
 * the elements, column-major. */
enum { HEADER = 64 };

typedef struct nt_cholesky_run {
  const nt_factor_blas *blas;
  const nt_dmatrix *m;
  char *a;
  int64_t ld, nb, k; /* k: block column in work */
  int p, q, P, Q;
  MPI_Comm column;
  nt_rowcast *cast;
  char *diagonal;      /* header, [nb][nb] */
  const char *rows;    /* [nb][m] panel k of local rows row0 ... */
  const char *cols;    /* [nb][n] panel k of the rows that local columns col0 ... are: in one of: */
  char *mine, *sorted; /* [nb][cols] */
  char *received;      /* the same, by process row */
  int *count, *offset; /* [P] of `received`, in lines: */
  MPI_Datatype line;   /* of nb elements, since bytes may be more than an int counts */
  int64_t row0, col0;
} nt_cholesky_run;

static char *at(const nt_cholesky_run *r, int64_t li, int64_t lj)
{
  return r->a + (li + lj * r->ld) * (int64_t)r->blas->size;
}

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

static int64_t blocks(const nt_cholesky_run *r) { return (r->m->N + r->nb - 1) / r->nb; }

/* First global index behind block k. */
static int64_t end_of(const nt_cholesky_run *r, int64_t k)
{
  return least((k + 1) * r->nb, r->m->N);
}

static int width_of(const nt_cholesky_run *r, int64_t k) { return (int)(end_of(r, k) - k * r->nb); }

static int64_t first_row_behind(const nt_cholesky_run *r, int64_t k)
{
  return nt_numroc(end_of(r, k), r->nb, r->p, r->P);
}

static void copy(const nt_cholesky_run *r, const char *from, int64_t ld_from, int64_t rows,
                 int64_t cols, char *to, int64_t ld_to)
{
  const int64_t size = (int64_t)r->blas->size;
  for (int64_t j = 0; j < cols; j++)
    memcpy(to + j * ld_to * size, from + j * ld_from * size, (size_t)(rows * size));
}

/* Factorise block k on the diagonal; all of its process column get it.
 * \return The failed minor or 0. */
static nt_status factor_diagonal(nt_cholesky_run *r, int64_t k, int64_t *failed)
{
  nt_status status = NT_OK;
  const int w = width_of(r, k), ld = (int)r->ld, owner = (int)(k % r->P);
  int info = 0;
  if (r->p == owner) {
    char *block = at(r, nt_global_to_local(k * r->nb, r->nb, r->P),
                     nt_global_to_local(k * r->nb, r->nb, r->Q));
    r->blas->potrf("L", &w, block, &ld, &info);
    *failed = info > 0 ? k * r->nb + info : 0;
    memcpy(r->diagonal, failed, sizeof *failed);
    copy(r, block, ld, w, w, r->diagonal + HEADER, w);
  }
  if (r->P > 1)
    NT_TRY_MPI(nt_grid_ctx(r->m->grid), MPI_Bcast(r->diagonal, HEADER + w * w * (int)r->blas->size,
                                                  MPI_BYTE, owner, r->column));
  memcpy(failed, r->diagonal, sizeof *failed);
done:
  return status;
}

/* X = B L^-T for b [w][rows] and l [w][w], by halves of the columns: most of the work is
 * products then, which are faster than dtrsm (w = 192, 8000 rows, OpenBLAS on a Sapphire Rapids:
 * 43 GF/s so, 25 by one dtrsm). */
static void solve_panel(const nt_cholesky_run *r, int rows, int w, const char *l, int ld_l, char *b)
{
  enum { LEAST = 24 };
  const nt_factor_blas *blas = r->blas;
  const int64_t size = (int64_t)blas->size;
  const int ld = (int)r->ld, first = w / 2, second = w - first;
  if (w <= LEAST) {
    blas->trsm("R", "L", "T", "N", &rows, &w, blas->one, l, &ld_l, b, &ld);
    return;
  }
  char *const right = b + first * r->ld * size;
  solve_panel(r, rows, first, l, ld_l, b);
  blas->gemm("N", "T", &rows, &second, &first, blas->minus_one, b, &ld, l + first * size, &ld_l,
             blas->one, right, &ld);
  solve_panel(r, rows, second, l + first * (ld_l + 1) * size, ld_l, right);
}

/* Panel k of this process, in its column: L_ik = A_ik L_kk^-T. */
static nt_status factor_panel(nt_cholesky_run *r, int64_t k)
{
  nt_status status = NT_OK;
  int64_t failed = 0;
  NT_TRY(factor_diagonal(r, k, &failed));
  const int64_t first = first_row_behind(r, k);
  const int w = width_of(r, k), ld = (int)r->ld, rows = (int)(r->m->rows - first);
  char *block = at(r, first, nt_global_to_local(k * r->nb, r->nb, r->Q));
  char *panel = nt_rowcast_own(r->cast, k);
  if (failed == 0 && rows > 0) solve_panel(r, rows, w, r->diagonal + HEADER, w, block);
  memcpy(panel, &failed, sizeof failed);
  copy(r, block, ld, rows, w, panel + HEADER, rows);
done:
  return status;
}

/* Hand round panel k, if there is one: made here, or coming. */
static nt_status begin_panel(nt_cholesky_run *r, int64_t k)
{
  nt_status status = NT_OK;
  const int owner = (int)(k % r->Q);
  if (k == blocks(r)) return NT_OK;
  if (r->q == owner) NT_TRY(factor_panel(r, k));
  const int64_t elements = (r->m->rows - first_row_behind(r, k)) * width_of(r, k);
  NT_TRY(nt_rowcast_begin(r->cast, owner, k, HEADER + elements * (int64_t)r->blas->size));
done:
  return status;
}

/* Pack the blocks of the panel that are on the diagonal of local columns, of this process row. */
static int64_t pack(nt_cholesky_run *r, int64_t total)
{
  int64_t used = 0;
  const int64_t size = (int64_t)r->blas->size;
  for (int64_t lj = r->col0; lj < r->m->cols; lj += r->nb) {
    const int64_t J = lj / r->nb * r->Q + r->q, w = width_of(r, J);
    if (J % r->P != r->p) continue;
    const int64_t li = nt_global_to_local(J * r->nb, r->nb, r->P);
    copy(r, r->rows + (li - r->row0) * size, r->m->rows - r->row0, w, r->nb, r->mine + used * size,
         total);
    used += w;
  }
  return used;
}

static void unpack(nt_cholesky_run *r)
{
  const int64_t size = (int64_t)r->blas->size;
  for (int p = 0; p < r->P; p++) {
    const char *const from = r->received + r->offset[p] * r->nb * size;
    const int64_t total = r->count[p];
    int64_t used = 0;
    for (int64_t lj = r->col0; lj < r->m->cols; lj += r->nb) {
      const int64_t J = lj / r->nb * r->Q + r->q, w = width_of(r, J);
      if (J % r->P != p) continue;
      copy(r, from + used * size, total, w, r->nb, r->sorted + (lj - r->col0) * size,
           r->m->cols - r->col0);
      used += w;
    }
  }
}

/* What each process row has of the panel's blocks that belong to the columns of this process. */
static void count_shares(nt_cholesky_run *r)
{
  memset(r->count, 0, (size_t)r->P * sizeof *r->count);
  for (int64_t lj = r->col0; lj < r->m->cols; lj += r->nb) {
    const int64_t J = lj / r->nb * r->Q + r->q;
    r->count[J % r->P] += width_of(r, J);
  }
  for (int p = 0, next = 0; p < r->P; p++) {
    r->offset[p] = next;
    next += r->count[p];
  }
}

/* The panel for local columns: element (j, i) is L of the row that local column j is. */
static nt_status share_columns(nt_cholesky_run *r)
{
  nt_status status = NT_OK;
  count_shares(r);
  (void)pack(r, r->count[r->p]);
  r->cols = r->mine;
  if (r->P == 1) goto done;
  NT_TRY_MPI(nt_grid_ctx(r->m->grid), MPI_Allgatherv(r->mine, r->count[r->p], r->line, r->received,
                                                     r->count, r->offset, r->line, r->column));
  unpack(r);
  r->cols = r->sorted;
done:
  return status;
}

/* Panel k has arrived. */
static nt_status end_panel(nt_cholesky_run *r, int64_t *failed)
{
  nt_status status = NT_OK;
  const char *panel;
  NT_TRY(nt_rowcast_end(r->cast, &panel));
  memcpy(failed, panel, sizeof *failed);
  r->rows = panel + HEADER;
  r->row0 = first_row_behind(r, r->k);
  r->col0 = nt_numroc(end_of(r, r->k), r->nb, r->q, r->Q);
  if (*failed == 0 && r->k + 1 < blocks(r)) NT_TRY(share_columns(r));
done:
  return status;
}

/* A_ij -= L_ik L_jk^T for local rows [first, end) and columns [lj, lj + n). */
static void subtract(nt_cholesky_run *r, int64_t first, int64_t end, int64_t lj, int64_t n)
{
  const nt_factor_blas *b = r->blas;
  const int64_t size = (int64_t)b->size;
  const int rows = (int)(end - first), cols = (int)n, nb = (int)r->nb, ld = (int)r->ld;
  const int ld_rows = (int)(r->m->rows - r->row0), ld_cols = (int)(r->m->cols - r->col0);
  if (rows <= 0) return;
  b->gemm("N", "T", &rows, &cols, &nb, b->minus_one, r->rows + (first - r->row0) * size, &ld_rows,
          r->cols + (lj - r->col0) * size, &ld_cols, b->one, at(r, first, lj), &ld);
  nt_rowcast_poll(r->cast);
}

/* One block column: the block on the diagonal by halves, the rest below it. */
static void update_column(nt_cholesky_run *r, int64_t l, int64_t end)
{
  const nt_factor_blas *b = r->blas;
  const int64_t J = l * r->Q + r->q, lj = l * r->nb;
  const int w = width_of(r, J), nb = (int)r->nb, ld = (int)r->ld;
  const int ld_rows = (int)(r->m->rows - r->row0);
  int64_t first = nt_numroc(J * r->nb, r->nb, r->p, r->P);
  if (J % r->P == r->p && first < end) {
    b->syrk("L", "N", &w, &nb, b->minus_one, r->rows + (first - r->row0) * (int64_t)b->size,
            &ld_rows, b->one, at(r, first, lj), &ld);
    first += w;
  }
  subtract(r, first, end, lj, w);
}

/* Local block columns [a, b), from the diagonal to local row `end`: the rectangle below the first
 * half of the columns in one product, the triangles left of and below it in turn. */
static void update(nt_cholesky_run *r, int64_t a, int64_t b, int64_t end)
{
  if (a >= b) return;
  if (b - a == 1) {
    update_column(r, a, end);
    return;
  }
  const int64_t middle = (a + b) / 2, corner = first_row_behind(r, (middle - 1) * r->Q + r->q);
  subtract(r, corner, end, a * r->nb, (middle - a) * r->nb);
  update(r, a, middle, least(corner, end));
  update(r, middle, b, end);
}

static nt_status factorise(nt_cholesky_run *r, int64_t *info)
{
  nt_status status = NT_OK;
  const int64_t last = (r->m->cols + r->nb - 1) / r->nb;
  NT_TRY(begin_panel(r, 0));
  for (r->k = 0; r->k < blocks(r); r->k++) {
    NT_TRY(end_panel(r, info));
    if (*info != 0 || r->k + 1 == blocks(r)) break;
    int64_t next = r->col0 / r->nb;
    if ((r->k + 1) % r->Q == r->q) {
      update(r, next, next + 1, r->m->rows);
      next++;
    }
    NT_TRY(begin_panel(r, r->k + 1));
    update(r, next, last, r->m->rows);
  }
done:
  return status;
}

static int64_t panel_bytes(int64_t rows, int64_t nb, size_t size)
{
  return HEADER + rows * nb * (int64_t)size;
}

int64_t nt_cholesky_bytes(const nt_grid *grid, int64_t n, int64_t nb, size_t size)
{
  const int P = nt_grid_P(grid), copies = P == 1 ? 1 : 3;
  const int64_t rows = nt_numroc(n, nb, 0, P), cols = nt_numroc(n, nb, 0, nt_grid_Q(grid));
  return nt_rowcast_bytes(panel_bytes(rows, nb, size)) + panel_bytes(nb, nb, size) +
         copies * cols * nb * (int64_t)size;
}

int64_t nt_cholesky_shared_bytes(const nt_grid *grid, int64_t n, int64_t nb, size_t size)
{
  const int64_t rows = nt_numroc(n, nb, 0, nt_grid_P(grid));
  return (nt_grid_Q(grid) - 1) * nt_rowcast_bytes(panel_bytes(rows, nb, size));
}

static nt_status allocate(nt_error *err, nt_cholesky_run *r)
{
  nt_status status = NT_OK;
  const size_t size = r->blas->size;
  const int64_t share = r->P == 1 ? 0 : r->m->cols * r->nb;
  NT_TRY(nt_alloc(err, panel_bytes(r->nb, r->nb, size), 1, "a block of a factor", &r->diagonal));
  NT_TRY(nt_alloc(err, r->m->cols * r->nb, size, "a panel of a factor", &r->mine));
  NT_TRY(nt_alloc(err, share, size, "a panel of a factor", &r->sorted));
  NT_TRY(nt_alloc(err, share, size, "a panel of a factor", &r->received));
  NT_TRY(nt_alloc(err, 2 * (int64_t)r->P, sizeof(int), "counts of a panel", &r->count));
  r->offset = r->count + r->P;
done:
  return status;
}

static nt_status open(nt_cholesky_run *r)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(r->m->grid);
  const int64_t rows = nt_numroc(r->m->N, r->nb, 0, r->P);
  NT_TRY(nt_rowcast_create(r->m->grid, panel_bytes(rows, r->nb, r->blas->size), true, &r->cast));
  NT_TRY_MPI(ctx, MPI_Comm_split(nt_ctx_comm(ctx), r->q, r->p, &r->column));
  NT_TRY_MPI(ctx, MPI_Type_contiguous((int)r->nb * (int)r->blas->size, MPI_BYTE, &r->line));
  NT_TRY_MPI(ctx, MPI_Type_commit(&r->line));
  NT_TRY_ALL(ctx, allocate(nt_ctx_error(ctx), r));
done:
  return status;
}

nt_status nt_cholesky(const nt_factor_blas *blas, const nt_factor_view *view, int64_t *info)
{
  nt_status status = NT_OK;
  const nt_grid *grid = view->m->grid;
  nt_cholesky_run r = {.blas = blas,
                       .m = view->m,
                       .a = view->a,
                       .ld = view->ld,
                       .nb = least(view->m->nb, view->m->N),
                       .p = nt_grid_p(grid),
                       .q = nt_grid_q(grid),
                       .P = nt_grid_P(grid),
                       .Q = nt_grid_Q(grid),
                       .line = MPI_DATATYPE_NULL,
                       .column = MPI_COMM_NULL};
  *info = 0;
  NT_TRY(open(&r));
  NT_TRY(factorise(&r, info));
done:
  nt_rowcast_destroy(&r.cast);
  if (r.line != MPI_DATATYPE_NULL) (void)MPI_Type_free(&r.line);
  if (r.column != MPI_COMM_NULL) (void)MPI_Comm_free(&r.column);
  free(r.diagonal);
  free(r.mine);
  free(r.sorted);
  free(r.received);
  free(r.count);
  return status;
}
