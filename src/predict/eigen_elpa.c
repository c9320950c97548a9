/* ELPA: tridiagonalisation in one stage, or in two by way of a banded
 * matrix, and divide and conquer.
 * Source: A. Marek et al., J. Phys.: Condens. Matter 26 (2014) 213201. */
#include "predict/eigen_impl.h"

#include "base/check.h"
#include "grid/scalapack.h"

#ifdef NT_HAVE_ELPA

#include <complex.h>
#include <elpa/elpa.h>

enum { API_VERSION = 20211125 };

bool nt_elpa_is_built_in(void) { return true; }

typedef struct nt_setting {
  const char *name;
  int64_t value;
} nt_setting;

/* A tile of the tridiagonalisation is read twice, the second time from cache. ELPA begins with
 * 128 rows and columns for each process row or column; half as many were 4 % faster (n = 4000,
 * 1 x 2 ranks). It takes multiples of 128. */
static int tile_size(const nt_grid *grid)
{
  const int P = nt_grid_P(grid), Q = nt_grid_Q(grid), side = P > Q ? P : Q;
  return (side + 1) / 2 * 128;
}

static nt_status configure(elpa_t handle, const nt_dmatrix *a, int solver)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(a->grid);
  int code = ELPA_OK, value, hint;
  const nt_setting settings[] = {{"na", a->N},
                                 {"nev", a->N},
                                 {"local_nrows", a->ld},
                                 {"local_ncols", a->cols},
                                 {"nblk", a->nb},
                                 {"mpi_comm_parent", MPI_Comm_c2f(nt_ctx_comm(ctx))},
                                 {"process_row", nt_grid_p(a->grid)},
                                 {"process_col", nt_grid_q(a->grid)}};
  for (size_t i = 0; i < sizeof settings / sizeof *settings && code == ELPA_OK; i++) {
    NT_TRY(nt_to_blasint(settings[i].value, &value));
    elpa_set_integer(handle, settings[i].name, value, &code);
  }
  if (code == ELPA_OK) code = elpa_setup(handle);
  if (code == ELPA_OK) elpa_set_integer(handle, "solver", solver, &code);
  elpa_set_integer(handle, "min_tile_size", tile_size(a->grid), &hint); /* or works without */
  NT_CHECK(code == ELPA_OK, nt_ctx_error(ctx), NT_ERR_INTERNAL, "ELPA refuses the matrix: %s",
           elpa_strerr(code));
done:
  return status;
}

static nt_status solve(nt_dmatrix *a, const char *name, int solver, double *values,
                       nt_dmatrix *vectors)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(a->grid);
  int code = ELPA_OK;
  elpa_t handle = NULL;
  NT_CHECK_ALL(
      ctx, a->rows > 0 && a->cols > 0, NT_ERR_UNSUPPORTED,
      "ELPA needs a block of the matrix on each rank, %lld x %lld in blocks of %lld is too "
      "small for this grid: --eigensolver pdsyevd",
      (long long)a->N, (long long)a->N, (long long)a->nb);
  NT_CHECK_ALL(ctx, elpa_init(API_VERSION) == ELPA_OK, NT_ERR_UNSUPPORTED,
               "the ELPA library is older than the one that this was built with");
  handle = elpa_allocate(&code);
  NT_CHECK_ALL(ctx, code == ELPA_OK, NT_ERR_NOMEM, "ELPA: %s", elpa_strerr(code));
  NT_TRY_ALL(ctx, configure(handle, a, solver));
  elpa_eigenvectors_double(handle, a->a, values, vectors->a, &code);
  NT_CHECK_ALL(ctx, code == ELPA_OK, NT_ERR_NUMERIC, "ELPA did not decompose the %s kernel: %s",
               name, elpa_strerr(code));
done:
  if (handle != NULL) elpa_deallocate(handle, &code);
  return status;
}

nt_status nt_eigen_solve_elpa1(nt_dmatrix *a, const char *name, double *values, nt_dmatrix *vectors)
{
  return solve(a, name, ELPA_SOLVER_1STAGE, values, vectors);
}

nt_status nt_eigen_solve_elpa2(nt_dmatrix *a, const char *name, double *values, nt_dmatrix *vectors)
{
  return solve(a, name, ELPA_SOLVER_2STAGE, values, vectors);
}

#else

bool nt_elpa_is_built_in(void) { return false; }

static nt_status refuse(const nt_dmatrix *a)
{
  return nt_fail(nt_ctx_error(nt_grid_ctx(a->grid)), NT_ERR_UNSUPPORTED, __FILE__, __LINE__,
                 __func__,
                 "this build has no ELPA (Debian: libelpa-dev, then configure again); "
                 "--eigensolver pdsyevd is always there");
}

nt_status nt_eigen_solve_elpa1(nt_dmatrix *a, const char *name, double *values, nt_dmatrix *vectors)
{
  (void)name, (void)values, (void)vectors;
  return refuse(a);
}

nt_status nt_eigen_solve_elpa2(nt_dmatrix *a, const char *name, double *values, nt_dmatrix *vectors)
{
  (void)name, (void)values, (void)vectors;
  return refuse(a);
}

#endif
