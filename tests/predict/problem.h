/** A small regression problem of a prime size, for tests of predictors. */
#ifndef NT_TEST_PROBLEM_H
#define NT_TEST_PROBLEM_H

#include "nt/predictor.h"

enum { N = 37, M = 11, C = 3 };

/** A regression problem and its kernels: positive definite ones of points on a line; test points,
 * from index 1000 on, are others. */
typedef struct problem {
  nt_dmatrix *nngp[3], *ntk[3]; /**< train, test-train, test-test */
  nt_kernel_pair train;
  nt_test_kernels test;
  nt_shape shape, test_shape;
  double y[N * C], f0[N * C], g0[M * C];
} problem;

double problem_nngp(int64_t i, int64_t j);
double problem_ntk(int64_t i, int64_t j);
/** A matrix of values of `value` at rows row0 ... and columns col0 ..., in blocks of 4 x 3. */
nt_dmatrix *problem_matrix(nt_grid *grid, int64_t rows, int64_t cols, int64_t row0, int64_t col0,
                           double (*value)(int64_t, int64_t));
void problem_create(nt_grid *grid, problem *p);
void problem_free(problem *p);

#endif
