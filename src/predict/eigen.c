/** Eigendecomposition: choice of the solver, layout, and the check of what it returned. */
#include "nt/eigen.h"

#include "base/check.h"
#include "base/memory.h"
#include "grid/scalapack.h"
#include "layer/math.h"
#include "predict/eigen_impl.h"
#include "predict/predict_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Blocks that the solvers like: they factorise panels of one block column on one process column. */
enum { BEST_BLOCK = 64, LEAST_BLOCK = 16, PROBES = 3 };
static const double worst_residual = 1e-10;

static const struct {
  const char *word;
  nt_eigensolver solver;
  nt_eigen_solve solve;
} solvers[] = {{"auto", NT_EIGENSOLVER_AUTO, NULL},
               {"pdsyevd", NT_EIGENSOLVER_PDSYEVD, nt_eigen_solve_pdsyevd},
               {"elpa", NT_EIGENSOLVER_ELPA, nt_eigen_solve_elpa1},
               {"elpa2", NT_EIGENSOLVER_ELPA2, nt_eigen_solve_elpa2}};

enum { SOLVERS = sizeof solvers / sizeof *solvers };

nt_status nt_eigensolver_parse(nt_error *err, const char *text, nt_eigensolver *solver)
{
  nt_status status = NT_OK;
  int i = 0;
  while (i < SOLVERS && strcmp(solvers[i].word, text) != 0)
    i++;
  NT_CHECK(i < SOLVERS, err, NT_ERR_ARG,
           "'%.80s' is not an eigensolver: auto, pdsyevd, elpa, elpa2", text);
  *solver = solvers[i].solver;
  NT_CHECK(nt_elpa_is_built_in() || i < 2, err, NT_ERR_ARG,
           "'%s': this build has no ELPA (Debian: libelpa-dev, then configure again); pdsyevd is "
           "always there",
           text);
done:
  return status;
}

const char *nt_eigensolver_name(nt_eigensolver solver) { return solvers[solver].word; }

/* Blocks of BEST_BLOCK, or smaller ones so that each process has one. */
static int64_t best_block(const nt_grid *grid, int64_t n)
{
  const int P = nt_grid_P(grid), Q = nt_grid_Q(grid), side = P > Q ? P : Q;
  const int64_t share = n / side;
  if (share < 1) return 1;
  return share < BEST_BLOCK ? share : BEST_BLOCK;
}

/* Whether a matrix may be worked on where it is. */
static bool suits(const nt_dmatrix *k)
{
  const int64_t best = best_block(k->grid, k->N);
  return k->mb == k->nb &&
         (k->nb == best || (best == BEST_BLOCK && k->nb >= LEAST_BLOCK && k->nb <= BEST_BLOCK));
}

static nt_eigensolver choose(nt_eigensolver wanted, const nt_grid *grid, int64_t n)
{
  const int P = nt_grid_P(grid), Q = nt_grid_Q(grid);
  if (wanted != NT_EIGENSOLVER_AUTO) return wanted;
  const bool each_has_a_block = n >= (P > Q ? P : Q);
  return nt_elpa_is_built_in() && each_has_a_block ? NT_EIGENSOLVER_ELPA : NT_EIGENSOLVER_PDSYEVD;
}

/* Of the transformation back, in panels of at least STORED reflectors: three of their products with
 * each other, and three panels of rows or columns. Few samples have it larger than what the solver
 * of the tridiagonal matrix holds. */
static int64_t reflectors(int64_t rows, int64_t cols, int64_t nb)
{
  enum { STORED = 256, SMALL = 100000 };
  const int64_t stored = (STORED / nb + 1) * nb;
  return 3 * stored * stored + stored * (rows + 2 * cols + 3 * nb) + SMALL;
}

int64_t nt_eigen_work(const nt_grid *grid, int64_t n, nt_eigensolver solver)
{
  const int64_t nb = best_block(grid, n);
  const int P = nt_grid_P(grid), Q = nt_grid_Q(grid);
  const int64_t rows = nt_numroc(n, nb, 0, P), cols = nt_numroc(n, nb, 0, Q);
  const int64_t share = rows * cols, copy = share;
  if (choose(solver, grid, n) == NT_EIGENSOLVER_PDSYEVD) return copy + 2 * share;
  return copy + NT_MAX((P * Q == 1 ? 5 : 11) * share / 4, reflectors(rows, cols, nb));
}

/* Random columns w, and what K makes of them. */
typedef struct nt_probe {
  double *w, *kw, *got; /* [n][PROBES] */
} nt_probe;

static nt_status probe_create(const nt_dmatrix *k, nt_probe *probe)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(k->grid);
  void *memory = NULL;
  const int64_t size = k->N * PROBES;
  uint64_t state = 0x9e3779b97f4a7c15u; /* xorshift: any vectors that are not special will do */
  NT_TRY_ALL(ctx, nt_alloc(nt_ctx_error(ctx), 3 * size, sizeof(double), "a check", &memory));
  *probe = (nt_probe){memory, (double *)memory + size, (double *)memory + 2 * size};
  for (int64_t i = 0; i < size; i++) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    probe->w[i] = (double)(state >> 11) / 9007199254740992.0 - 0.5;
  }
  NT_TRY(nt_predict_product(k, false, probe->w, PROBES, probe->kw));
done:
  return status;
}

/* max over the probes of |V diag(l) V^T w - K w| / (|l|max |w|). */
static nt_status measure(const nt_eigen *e, const nt_probe *probe, double *residual)
{
  nt_status status = NT_OK;
  const int64_t n = e->n;
  const double top = fmax(fabs(e->values[0]), fabs(e->values[n - 1]));
  NT_TRY(nt_predict_product(e->vectors, true, probe->w, PROBES, probe->got));
  for (int64_t i = 0; i < n * PROBES; i++)
    probe->got[i] *= e->values[i / PROBES];
  double *again = probe->w; /* its norm is taken first */
  double norm[PROBES] = {0}, error[PROBES] = {0};
  for (int64_t i = 0; i < n * PROBES; i++)
    norm[i % PROBES] += probe->w[i] * probe->w[i];
  NT_TRY(nt_predict_product(e->vectors, false, probe->got, PROBES, again));
  for (int64_t i = 0; i < n * PROBES; i++) {
    const double d = again[i] - probe->kw[i];
    error[i % PROBES] += d * d;
  }
  *residual = 0;
  for (int p = 0; p < PROBES; p++) {
    const double r = error[p] == 0 ? 0 : sqrt(error[p] / norm[p]) / top;
    if (!(r <= *residual)) *residual = r;
  }
done:
  return status;
}

static nt_status prepare(nt_dmatrix **k, nt_triangle filled, const char *name)
{
  nt_status status = NT_OK;
  nt_dmatrix *copy = NULL;
  char what[64];
  NT_CHECK(
      (*k)->M == (*k)->N && (*k)->N > 0, nt_ctx_error(nt_grid_ctx((*k)->grid)), NT_ERR_ARG,
      "the kernel %s is %lld x %lld: to be decomposed it must be square, with one sample or more",
      name, (long long)(*k)->M, (long long)(*k)->N);
  (void)snprintf(what, sizeof what, "the kernel %s", name);
  NT_TRY(nt_dmatrix_check_finite(*k, filled, what));
  if (!suits(*k)) {
    const int64_t nb = best_block((*k)->grid, (*k)->N);
    NT_TRY(nt_predict_copy(*k, (*k)->grid, nb, nb, &copy));
    nt_dmatrix_destroy(k);
    *k = copy;
  }
  NT_TRY(nt_dmatrix_mirror(*k, filled)); /* ELPA reads both triangles (ELPA issue 56) */
done:
  return status;
}

/* The power of two of entries whose squares, which ELPA takes, leave the range of numbers, as
 * kernels of 200 layers have them; else 0. */
static nt_status extreme_exponent(const nt_dmatrix *k, int *exponent)
{
  nt_status status = NT_OK;
  enum { USUAL = 300 };
  nt_ctx *ctx = nt_grid_ctx(k->grid);
  double largest = 0;
  for (int64_t lj = 0; lj < k->cols; lj++) {
    for (int64_t li = 0; li < k->rows; li++)
      largest = fmax(largest, fabs(k->a[li + lj * k->ld]));
  }
  NT_TRY_MPI(ctx, MPI_Allreduce(MPI_IN_PLACE, &largest, 1, MPI_DOUBLE, MPI_MAX, nt_ctx_comm(ctx)));
  *exponent = largest > 0 ? ilogb(largest) : 0;
  if (abs(*exponent) < USUAL) *exponent = 0;
done:
  return status;
}

static void scale(int64_t n, int exponent, double *x)
{
  for (int64_t i = 0; exponent != 0 && i < n; i++)
    x[i] = scalbn(x[i], exponent);
}

static nt_status allocate(const nt_dmatrix *k, nt_eigen **out)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(k->grid);
  nt_error *err = nt_ctx_error(ctx);
  NT_TRY_ALL(ctx, nt_calloc(err, 1, sizeof(nt_eigen), "an eigendecomposition", out));
  (*out)->n = k->N;
  NT_TRY_ALL(ctx, nt_alloc(err, k->N, sizeof(double), "eigenvalues", &(*out)->values));
  NT_TRY(nt_dmatrix_create(k->grid, k->N, k->N, k->mb, k->nb, &(*out)->vectors));
done:
  return status;
}

static nt_status solve_timed(nt_dmatrix *k, const char *name, nt_eigen *e)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(k->grid);
  MPI_Comm comm = nt_ctx_comm(ctx);
  NT_TRY_MPI(ctx, MPI_Barrier(comm));
  e->seconds = -MPI_Wtime();
  NT_TRY(solvers[e->solver].solve(k, name, e->values, e->vectors));
  e->seconds += MPI_Wtime();
  NT_TRY_MPI(ctx, MPI_Allreduce(MPI_IN_PLACE, &e->seconds, 1, MPI_DOUBLE, MPI_MAX, comm));
  /* One rank's values for all: the last bits may differ where each computed its own. */
  int n;
  NT_TRY_ALL(ctx, nt_to_blasint(e->n, &n));
  NT_TRY_MPI(ctx, MPI_Bcast(e->values, n, MPI_DOUBLE, 0, comm));
done:
  return status;
}

nt_status nt_eigen_take(nt_dmatrix **k, nt_triangle filled, nt_eigensolver solver, const char *name,
                        nt_eigen **out)
{
  nt_status status = NT_OK;
  nt_probe probe = {0};
  nt_eigen *e = *out = NULL;
  int exponent = 0;
  NT_TRY(prepare(k, filled, name));
  NT_TRY(extreme_exponent(*k, &exponent));
  scale((*k)->ld * (*k)->cols, -exponent, (*k)->a);
  NT_TRY(allocate(*k, &e));
  e->solver = choose(solver, (*k)->grid, (*k)->N);
  NT_TRY(probe_create(*k, &probe));
  NT_TRY(solve_timed(*k, name, e));
  NT_TRY(measure(e, &probe, &e->residual));
  NT_CHECK(
      e->residual <= worst_residual, nt_ctx_error(nt_grid_ctx((*k)->grid)), NT_ERR_NUMERIC,
      "the eigendecomposition of the %s kernel by %s is wrong: relative residual %.2g, at most "
      "%g is expected",
      name, nt_eigensolver_name(e->solver), e->residual, worst_residual);
  scale(e->n, exponent, e->values);
done:
  free(probe.w);
  nt_dmatrix_destroy(k);
  if (status != NT_OK) nt_eigen_destroy(&e);
  *out = e;
  return status;
}

nt_status nt_eigen_create(const nt_dmatrix *k, nt_triangle filled, nt_eigensolver solver,
                          const char *name, nt_eigen **out)
{
  nt_status status = NT_OK;
  nt_dmatrix *copy = NULL;
  const int64_t nb = best_block(k->grid, k->N);
  *out = NULL;
  NT_TRY(nt_predict_copy(k, k->grid, suits(k) ? k->nb : nb, suits(k) ? k->nb : nb, &copy));
  NT_TRY(nt_eigen_take(&copy, filled, solver, name, out));
done:
  return status;
}

void nt_eigen_destroy(nt_eigen **eigen)
{
  nt_eigen *e = *eigen;
  if (e == NULL) return;
  free(e->values);
  nt_dmatrix_destroy(&e->vectors);
  free(e);
  *eigen = NULL;
}
