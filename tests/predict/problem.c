#include "problem.h"

#include "nt_test.h"
#include "predict/predict_impl.h"

#include <math.h>

static double distance(int64_t i, int64_t j)
{
  return fabs(nt_test_uniform(1, i, 0) - nt_test_uniform(1, j, 0));
}

double problem_nngp(int64_t i, int64_t j) { return exp(-3 * distance(i, j)); }

double problem_ntk(int64_t i, int64_t j) { return problem_nngp(i, j) + 2 * exp(-distance(i, j)); }

nt_dmatrix *problem_matrix(nt_grid *grid, int64_t rows, int64_t cols, int64_t row0, int64_t col0,
                           double (*value)(int64_t, int64_t))
{
  nt_dmatrix *m = NULL;
  NT_TEST_OK(nt_dmatrix_create(grid, rows, cols, 4, 3, &m));
  for (int64_t lj = 0; lj < m->cols; lj++) {
    for (int64_t li = 0; li < m->rows; li++)
      m->a[li + lj * m->ld] = value(nt_dmatrix_row(m, li) + row0, nt_dmatrix_column(m, lj) + col0);
  }
  return m;
}

void problem_create(nt_grid *grid, problem *p)
{
  static const int64_t rows[3] = {N, M, M}, cols[3] = {N, N, M};
  for (int i = 0; i < 3; i++) {
    const int64_t row0 = i > 0 ? 1000 : 0, col0 = i > 1 ? 1000 : 0;
    p->nngp[i] = problem_matrix(grid, rows[i], cols[i], row0, col0, problem_nngp);
    p->ntk[i] = problem_matrix(grid, rows[i], cols[i], row0, col0, problem_ntk);
  }
  p->train = (nt_kernel_pair){p->nngp[0], p->ntk[0]};
  p->test = (nt_test_kernels){.test_train = {p->nngp[1], p->ntk[1]},
                              .test_test = {p->nngp[2], p->ntk[2]}};
  p->shape = (nt_shape){2, {N, C}};
  p->test_shape = (nt_shape){2, {M, C}};
  for (int i = 0; i < N * C; i++) {
    p->y[i] = nt_test_uniform(2, i, 0);
    p->f0[i] = nt_test_uniform(3, i, 0);
  }
  for (int i = 0; i < M * C; i++)
    p->g0[i] = nt_test_uniform(4, i, 0);
}

void problem_free(problem *p)
{
  for (int i = 0; i < 3; i++) {
    nt_dmatrix_destroy(&p->nngp[i]);
    nt_dmatrix_destroy(&p->ntk[i]);
  }
}
