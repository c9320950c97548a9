#include "relation.h"

#include "data.h"
#include "nt_test.h"
#include "run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

nt_tree *nt_relation_samples(const nt_shape *shape, uint64_t seed, double factor, bool masked)
{
  char name[40];
  static int number = 0;
  const int64_t n = nt_shape_size(shape);
  double *x = malloc((size_t)n * sizeof *x);
  if (x == NULL) abort();
  for (int64_t i = 0; i < n; i++)
    x[i] = masked && nt_test_uniform(seed, i / shape->dim[shape->rank - 1], 1) < -0.4
               ? 0
               : factor * nt_test_uniform(seed, i, 0);
  (void)snprintf(name, sizeof name, "x%d.npy", number++);
  nt_tree *tree = nt_data_file(name, shape, x);
  free(x);
  return tree;
}

nt_relation_result nt_relation_kernel(const char *network, nt_tree *x1, nt_tree *x2,
                                      int diagonal_spatial, bool masked)
{
  nt_relation_result r = {0};
  nt_grid *grid = NULL;
  nt_tree *kernels = NULL;
  nt_run run = {.network = network, .x1 = x1, .x2 = x2, .get = NT_GET_NNGP | NT_GET_NTK};
  run.options = (nt_kernel_options)NT_KERNEL_DEFAULTS;
  run.options.diagonal_spatial = diagonal_spatial == 1 ? 1 : -1;
  run.options.tile = 2;
  run.has_mask = masked;
  const nt_status status = nt_run_kernel(nt_test_world(), &run, 0, 0, &grid, &kernels);
  NT_TEST_MSG(status == NT_OK, "%s: %s", network, nt_ctx_error(nt_test_world())->message);
  if (status == NT_OK) {
    const nt_kernel *kernel = nt_tree_nth(kernels, 0)->leaf;
    r.n = kernel->nngp->M * kernel->nngp->N;
    r.k = nt_gather(kernel->nngp);
    if (kernel->ntk != NULL) r.t = nt_gather(kernel->ntk);
  }
  nt_ctx_clear_error(nt_test_world());
  nt_kernels_destroy(&kernels);
  nt_grid_destroy(&grid);
  nt_data_destroy(&x1);
  nt_data_destroy(&x2);
  return r;
}

void nt_relation_drop(nt_relation_result *r)
{
  free(r->k);
  free(r->t);
}

double nt_relation_distance(int64_t n, const double *a, const double *b, double factor)
{
  double worst = 0, largest = 0;
  if (a == NULL || b == NULL) return a == b ? 0 : INFINITY;
  for (int64_t i = 0; i < n; i++) {
    const double error = fabs(a[i] - factor * b[i]);
    if (!(error <= worst)) worst = isnan(error) ? INFINITY : error;
    largest = fmax(largest, fabs(a[i]));
  }
  return worst / largest;
}

void nt_relation_check(const nt_relation *r, bool two)
{
  const nt_shape *const shape = r->shape, *const other = r->other != NULL ? r->other : shape;
  const double factor = r->factor > 0 ? r->factor : 1,
               tolerance = r->tolerance > 0 ? r->tolerance : 1e-13;
  nt_relation_result left = nt_relation_kernel(
      r->left, nt_relation_samples(shape, 1, 1, r->masked),
      two ? nt_relation_samples(shape, 2, 1, r->masked) : NULL, r->diagonal_spatial, r->masked);
  nt_relation_result right = nt_relation_kernel(
      r->right, nt_relation_samples(other, 1, 1, r->masked),
      two ? nt_relation_samples(other, 2, 1, r->masked) : NULL, r->diagonal_spatial, r->masked);
  NT_TEST_MSG(left.n > 0 && left.n == right.n, "%s: sizes", r->left);
  if (left.n == right.n) {
    const double k = nt_relation_distance(left.n, left.k, right.k, factor);
    const double t = r->nngp ? 0 : nt_relation_distance(left.n, left.t, right.t, factor);
    NT_TEST_MSG(k <= tolerance && t <= tolerance, "%s%s: K %.2g, T %.2g", r->left,
                two ? " (x1, x2)" : "", k, t);
  }
  nt_relation_drop(&left);
  nt_relation_drop(&right);
}
