#include "against.h"

#include "../kernel/data.h"
#include "../kernel/run.h"
#include "naive.h"
#include "nt_test.h"

#include <math.h>
#include <stdlib.h>

/* Matrices of samples and positions, [rows][rows]. */
typedef struct wanted {
  int64_t positions, rows;
  double *field[2]; /* NNGP, NTK */
} wanted;

static double *matrix(int64_t rows)
{
  double *m = calloc((size_t)(rows * rows), sizeof *m);
  if (m == NULL) abort();
  return m;
}

static void put_pair(const nt_naive *v, int64_t i, int64_t j, wanted *w)
{
  const int64_t n = v->positions;
  if (w->rows == 0) abort();
  for (int64_t p = 0; p < n * n; p++) {
    const int64_t row = i * n + p / n, col = j * n + p % n;
    for (int f = 0; f < 2; f++) {
      const nt_quad *value = f == 0 ? v->k[NT_NAIVE_CROSS] : v->t[NT_NAIVE_CROSS];
      w->field[f][row * w->rows + col] = w->field[f][col * w->rows + row] = (double)value[p];
    }
  }
}

static wanted naive_kernel(const nt_against *a, int64_t positions)
{
  wanted w = {.positions = positions, .rows = a->shape->dim[0] * positions};
  const int64_t n = a->shape->dim[0], size = nt_shape_size(a->shape) / n;
  nt_shape shape = {.rank = a->shape->rank - 1};
  nt_layer *net = NULL;
  int turn = 0;
  for (int d = 0; d < shape.rank; d++)
    shape.dim[d] = a->shape->dim[d + 1];
  w.field[0] = matrix(w.rows);
  w.field[1] = matrix(w.rows);
  if (nt_network_parse(NULL, a->network, "net", &net) != NT_OK) abort();
  for (int64_t i = 0; i < n; i++) {
    for (int64_t j = i; j < n; j++) {
      nt_naive v;
      if (turn++ % nt_ctx_size(nt_test_world()) != nt_ctx_rank(nt_test_world())) continue;
      nt_naive_run(net, &shape, a->x + i * size, a->x + j * size, a->masks, &v);
      if (v.positions != positions) abort();
      put_pair(&v, i, j, &w);
      nt_naive_free(&v);
    }
  }
  nt_layer_release(&net);
  for (int f = 0; f < 2; f++) {
    (void)MPI_Allreduce(MPI_IN_PLACE, w.field[f], (int)(w.rows * w.rows), MPI_DOUBLE, MPI_SUM,
                        nt_ctx_comm(nt_test_world()));
  }
  return w;
}

/* What a formula in 113 bits leaves of 0. */
static const double NOTHING = 1e-30;

static void compare(const nt_against *a, const wanted *w, int field, nt_dtype dtype,
                    const nt_dmatrix *m)
{
  double *got = nt_gather(m), worst = 0;
  const double *want = w->field[field];
  int64_t at = 0;
  for (int64_t i = 0; i < w->rows * w->rows; i++) {
    const int64_t row = i / w->rows, col = i % w->rows;
    const double scale = sqrt(want[row * w->rows + row]) * sqrt(want[col * w->rows + col]);
    const double off = fabs(got[row + col * w->rows] - want[i]);
    const double error = off <= NOTHING ? 0 : scale > NOTHING ? off / scale : INFINITY;
    if (error <= worst) continue;
    worst = error;
    at = i;
  }
  free(got);
  NT_TEST_MSG(worst <= a->tolerance[dtype],
              "%s: %s in %s off by %.3g, at samples %d, %d, positions %d, %d", a->network,
              field == 0 ? "NNGP" : "NTK", dtype == NT_FLOAT64 ? "float64" : "float32", worst,
              (int)(at / w->rows / w->positions), (int)(at % w->rows / w->positions),
              (int)(at / w->rows % w->positions), (int)(at % w->rows % w->positions));
}

void nt_against_check(const nt_against *a)
{
  nt_tree *files = nt_data_file("samples.npy", a->shape, a->x);
  wanted w = {0};
  for (nt_dtype dtype = NT_FLOAT64; dtype <= NT_FLOAT32; dtype++) {
    nt_tree *kernels = NULL;
    nt_grid *grid = NULL;
    nt_run run = {.network = a->network,
                  .x1 = files,
                  .get = NT_GET_NNGP | NT_GET_NTK,
                  .options = NT_KERNEL_DEFAULTS,
                  .has_mask = a->masks};
    run.options.dtype = dtype;
    run.options.tile = a->tile;
    if (NT_TEST_OK(nt_run_kernel(nt_test_world(), &run, 0, 0, &grid, &kernels))) {
      const nt_kernel *kernel = kernels->leaf;
      if (w.rows == 0) w = naive_kernel(a, kernel->nngp->M / a->shape->dim[0]);
      compare(a, &w, 0, dtype, kernel->nngp);
      compare(a, &w, 1, dtype, kernel->ntk);
    }
    nt_kernels_destroy(&kernels);
    nt_grid_destroy(&grid);
  }
  free(w.field[0]);
  free(w.field[1]);
  nt_data_destroy(&files);
}
