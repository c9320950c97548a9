/** Symmetric matrices: fill the other triangle, find what is not symmetric or not finite.
 *
 * Both work panel by panel: T = rows j ... j+w-1 of the matrix, transposed, in a buffer whose
 * columns lie where the matrix' columns j ... j+w-1 lie, so that each rank compares or copies local
 * entries. That holds for panels of Q nb columns, one block for each process column. */
#include "nt/predict.h"

#include "base/check.h"
#include "base/memory.h"
#include "grid/scalapack.h"
#include "predict/predict_impl.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

typedef struct nt_transposed_panel {
  nt_dmatrix *t;     /* [M][Q nb] the transposed panel */
  int64_t j, w;      /* columns of the matrix that it stands for */
  int64_t lj0, cols; /* the same columns in local storage */
} nt_transposed_panel;

static nt_status check_square(const nt_dmatrix *m)
{
  nt_status status = NT_OK;
  NT_CHECK(m->M == m->N, nt_ctx_error(nt_grid_ctx(m->grid)), NT_ERR_ARG,
           "a matrix of %lld x %lld cannot be symmetric", (long long)m->M, (long long)m->N);
done:
  return status;
}

static nt_status panel_create(const nt_dmatrix *m, nt_transposed_panel *panel)
{
  int64_t w = m->nb * nt_grid_Q(m->grid);
  panel->w = w < m->N ? w : m->N;
  return nt_dmatrix_create(m->grid, m->M, panel->w, m->mb, m->nb, &panel->t);
}

/* Transpose rows j ... j+w-1, from column `first` to `last`-1, into rows
 * `first` ... of the buffer. */
static nt_status panel_fetch(const nt_dmatrix *m, int64_t j, int64_t first, int64_t last,
                             nt_transposed_panel *panel)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(m->grid);
  int desc_m[9], desc_t[9], rows, cols, ia, ja, one = 1;
  double alpha = 1.0, beta = 0.0;
  NT_TRY_ALL(ctx, nt_dmatrix_desc(m, desc_m));
  NT_TRY_ALL(ctx, nt_dmatrix_desc(panel->t, desc_t));
  NT_TRY(nt_to_blasint(last - first, &rows));
  NT_TRY(nt_to_blasint(panel->w, &cols));
  NT_TRY(nt_to_blasint(j + 1, &ia));
  NT_TRY(nt_to_blasint(first + 1, &ja));
  pdtran_(&rows, &cols, &alpha, m->a, &ia, &ja, desc_m, &beta, panel->t->a, &ja, &one, desc_t);
done:
  return status;
}

/* Place the panel on columns j ... and say which local columns these are. */
static void panel_move(const nt_dmatrix *m, int64_t j, nt_transposed_panel *panel)
{
  int q = nt_grid_q(m->grid), Q = nt_grid_Q(m->grid);
  panel->j = j;
  panel->w = m->N - j < panel->t->N ? m->N - j : panel->t->N;
  panel->lj0 = nt_numroc(j, m->nb, q, Q);
  panel->cols = nt_numroc(j + panel->w, m->nb, q, Q) - panel->lj0;
}

/* Copy the transposed panel onto the triangle that is to be filled. */
static void panel_store(const nt_transposed_panel *panel, bool lower, nt_dmatrix *m)
{
  for (int64_t l = 0; l < panel->cols; l++) {
    int64_t gj = nt_dmatrix_column(m, panel->lj0 + l);
    int64_t begin = lower ? nt_local_row_from(m, gj + 1) : 0,
            end = lower ? m->rows : nt_local_row_from(m, gj);
    const double *from = panel->t->a + l * panel->t->ld;
    double *to = m->a + (panel->lj0 + l) * m->ld;
    for (int64_t li = begin; li < end; li++)
      to[li] = from[li];
  }
}

nt_status nt_dmatrix_mirror(nt_dmatrix *m, nt_triangle filled)
{
  nt_status status = NT_OK;
  nt_transposed_panel panel = {0};
  NT_TRY(check_square(m));
  if (filled == NT_FULL || m->N == 0) goto done;
  NT_TRY(panel_create(m, &panel));
  for (int64_t j = 0; j < m->N; j += panel.w) {
    panel_move(m, j, &panel);
    bool lower = filled == NT_UPPER;
    NT_TRY(panel_fetch(m, j, lower ? j : 0, lower ? m->N : j + panel.w, &panel));
    panel_store(&panel, lower, m);
  }
done:
  nt_dmatrix_destroy(&panel.t);
  return status;
}

/* A pair of mirror entries, and by how much they differ, relative to what they may reach. */
typedef struct nt_mirror_pair {
  double excess; /* |a - b| / (tol scale); more than 1 is wrong, and a NaN as wrong as can be */
  int64_t i, j;
  double a, b; /* m_ij, m_ji */
} nt_mirror_pair;

static void panel_compare(const nt_transposed_panel *panel, const nt_dmatrix *m,
                          const double *diagonal, double tol, nt_mirror_pair *worst)
{
  for (int64_t l = 0; l < panel->cols; l++) {
    int64_t gj = nt_dmatrix_column(m, panel->lj0 + l);
    const double *mirror = panel->t->a + l * panel->t->ld;
    const double *column = m->a + (panel->lj0 + l) * m->ld;
    for (int64_t li = nt_local_row_from(m, gj + 1); li < m->rows; li++) {
      double a = column[li], b = mirror[li];
      if (a == b) continue;
      int64_t gi = nt_dmatrix_row(m, li);
      double scale = fmax(fmax(fabs(diagonal[gi]), fabs(diagonal[gj])), fabs(a));
      double excess = fabs(a - b) / fmax(tol * scale, DBL_MIN);
      if (isnan(excess)) excess = INFINITY;
      if (excess > worst->excess) *worst = (nt_mirror_pair){excess, gi, gj, a, b};
    }
  }
}

/* The worst pair of all ranks, on all ranks. */
static nt_status worst_of_all(nt_ctx *ctx, nt_mirror_pair *worst)
{
  nt_status status = NT_OK;
  double excess = worst->excess;
  int rank = nt_ctx_rank(ctx);
  NT_TRY(nt_ctx_largest_at(ctx, &excess, &rank));
  NT_TRY_MPI(ctx, MPI_Bcast(worst, (int)sizeof *worst, MPI_BYTE, rank, nt_ctx_comm(ctx)));
done:
  return status;
}

static nt_status worst_pair(const nt_dmatrix *m, const double *diagonal, double tol,
                            nt_mirror_pair *worst)
{
  nt_status status = NT_OK;
  nt_transposed_panel panel = {0};
  NT_TRY(panel_create(m, &panel));
  for (int64_t j = 0; j < m->N; j += panel.w) {
    panel_move(m, j, &panel);
    NT_TRY(panel_fetch(m, j, j, m->N, &panel));
    panel_compare(&panel, m, diagonal, tol, worst);
  }
  NT_TRY(worst_of_all(nt_grid_ctx(m->grid), worst));
done:
  nt_dmatrix_destroy(&panel.t);
  return status;
}

nt_status nt_dmatrix_check_symmetric(const nt_dmatrix *m, double tol)
{
  nt_status status = NT_OK;
  void *memory = NULL;
  nt_error *err = nt_ctx_error(nt_grid_ctx(m->grid));
  nt_mirror_pair worst = {0};
  NT_TRY(check_square(m));
  NT_TRY_ALL(nt_grid_ctx(m->grid),
             nt_alloc(err, m->N, sizeof(double), "the diagonal of a matrix", &memory));
  NT_TRY(nt_predict_diagonal(m, memory));
  NT_TRY(worst_pair(m, memory, tol, &worst));
  NT_CHECK(worst.excess <= 1, err, NT_ERR_NUMERIC,
           "the kernel is not symmetric: entry (%lld, %lld) is %.17g, entry (%lld, %lld) is %.17g, "
           "which may differ by %g of the larger variance; is only one triangle filled, or is it a "
           "kernel of two data sets?",
           (long long)worst.i, (long long)worst.j, worst.a, (long long)worst.j, (long long)worst.i,
           worst.b, tol);
done:
  free(memory);
  return status;
}
