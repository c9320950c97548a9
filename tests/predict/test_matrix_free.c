/** A kernel that is computed again whenever it is applied is the stored one. */
#include "nt/solver.h"
#include "nt_test.h"
#include "predict/predict_impl.h"

#include <math.h>
#include <stdlib.h>

enum { OUTPUTS = 2, FEATURES = 5, LARGEST = 523 };

static nt_status fill(void *arg, int64_t i, double *x)
{
  (void)arg;
  for (int k = 0; k < FEATURES; k++)
    x[k] = nt_test_uniform(3, i, k);
  return NT_OK;
}

static nt_samples *samples(int64_t n, nt_dtype dtype)
{
  nt_samples *s = NULL;
  const nt_shape shape = {2, {n, FEATURES}};
  NT_TEST_OK(nt_samples_create(nt_test_world(), &shape, 0, 1, dtype, fill, NULL, &s));
  return s;
}

static nt_layer *network(const char *text)
{
  nt_layer *net = NULL;
  NT_TEST_OK(nt_network_parse(nt_ctx_error(nt_test_world()), text, "test", &net));
  return net;
}

static nt_posterior *stored(nt_grid *grid, const nt_layer *net, const nt_tree *x, unsigned field,
                            const nt_kernel_options *options)
{
  nt_tree *kernels = NULL;
  nt_posterior *p = NULL;
  NT_TEST_OK(nt_kernel_fn(grid, net, x, NULL, field, options, &kernels));
  nt_kernel *k = kernels->leaf;
  NT_TEST_OK(nt_posterior_take(field == NT_GET_NTK ? &k->ntk : &k->nngp, NT_FULL, "ntk", &p));
  nt_kernels_destroy(&kernels);
  return p;
}

/* apply, column, diagonal, and a solution of two operators. */
static void compare(const nt_operator *a, const nt_operator *b, double tol)
{
  static double x[LARGEST * OUTPUTS], u[LARGEST * OUTPUTS], v[LARGEST * OUTPUTS];
  const int64_t n = a->n;
  const nt_iteration how = NT_ITERATION_DEFAULTS;
  const nt_operator *const both[] = {a, b};
  double *const out[] = {u, v};
  NT_TEST(b->n == n && nt_test_max_error(n, a->diagonal, b->diagonal) < tol);
  for (int64_t i = 0; i < n * OUTPUTS; i++)
    x[i] = nt_test_uniform(4, i, 0);
  for (int t = 0; t < 2; t++)
    NT_TEST_OK(both[t]->apply(both[t]->self, x, OUTPUTS, out[t]));
  NT_TEST_MSG(nt_test_max_error(n * OUTPUTS, u, v) < tol, "n=%ld", (long)n);
  for (int64_t j = 0; j < n; j += n / 3 + 1) {
    for (int t = 0; t < 2; t++)
      NT_TEST_OK(both[t]->column(both[t]->self, j, out[t]));
    NT_TEST(nt_test_max_error(n, u, v) < tol);
  }
  for (int t = 0; t < 2; t++) {
    nt_pcg *pcg = NULL;
    nt_solution s;
    NT_TEST_OK(nt_pcg_create(both[t], 10, &pcg));
    NT_TEST_OK(nt_pcg_solve(pcg, 0.5, x, OUTPUTS, &how, out[t], &s));
    NT_TEST(s.residual <= how.tolerance);
    nt_pcg_destroy(&pcg);
  }
  NT_TEST(nt_test_max_error(n * OUTPUTS, u, v) < fmax(1e-8, 100 * tol));
}

static void one_case(nt_grid *grid, int64_t n, unsigned field, nt_dtype dtype)
{
  nt_tree *x = NULL;
  nt_network_operator *op = NULL;
  nt_kernel_options options = NT_KERNEL_DEFAULTS;
  nt_samples *s = samples(n, dtype);
  nt_layer *net = network("serial(Dense(9, 1.2, 0.3), Relu(), Dense(9, 1.5), Erf(), Dense(1))");
  options.dtype = dtype;
  NT_TEST_OK_ERR(nt_tree_leaf(NULL, s, &x), NULL);
  nt_posterior *p = stored(grid, net, x, field, &options);
  const nt_operator a = nt_posterior_operator(p);
  options.memory = 1; /* as many panels as can be */
  NT_TEST_OK(nt_network_operator_create(grid, net, x, field, &options, &op));
  const nt_operator b = nt_network_operator_of(op);
  compare(&a, &b, dtype == NT_FLOAT32 ? 1e-5 : 1e-12);
  nt_network_operator_destroy(&op);
  nt_posterior_destroy(&p);
  nt_tree_destroy(&x);
  nt_layer_release(&net);
  nt_samples_destroy(&s);
}

static void test_equals_stored(void)
{
  nt_ctx *ctx = nt_test_world();
  for (int P = 1; P <= nt_ctx_size(ctx); P++) {
    if (nt_ctx_size(ctx) % P != 0) continue;
    nt_grid *grid = NULL;
    NT_TEST_OK(nt_grid_create(ctx, P, nt_ctx_size(ctx) / P, &grid));
    one_case(grid, 1, NT_GET_NTK, NT_FLOAT64);
    one_case(grid, 37, NT_GET_NNGP, NT_FLOAT64); /* one home block: some ranks have no sample */
    one_case(grid, LARGEST, NT_GET_NTK, NT_FLOAT64);
    one_case(grid, 131, NT_GET_NTK, NT_FLOAT32);
    nt_grid_destroy(&grid);
  }
}

/* Two inputs, nested. */
static void test_trees(void)
{
  nt_grid *grid = NULL;
  nt_tree *x = NULL;
  nt_network_operator *op = NULL;
  nt_samples *s = samples(150, NT_FLOAT64), *t = samples(150, NT_FLOAT64);
  nt_layer *net = network("serial(parallel(Dense(9), serial(Dense(9, 2.), Relu(), Dense(9))), "
                          "FanInSum(), Dense(1))");
  NT_TEST_OK(nt_grid_create(nt_test_world(), 0, 0, &grid));
  NT_TEST_OK_ERR(nt_tree_sequence(NULL, 2, false, &x), NULL);
  NT_TEST_OK_ERR(nt_tree_leaf(NULL, s, &x->child[0]), NULL);
  NT_TEST_OK_ERR(nt_tree_leaf(NULL, t, &x->child[1]), NULL);
  nt_posterior *p = stored(grid, net, x, NT_GET_NTK, NULL);
  NT_TEST_OK(nt_network_operator_create(grid, net, x, NT_GET_NTK, NULL, &op));
  const nt_operator a = nt_posterior_operator(p), b = nt_network_operator_of(op);
  compare(&a, &b, 1e-12);
  nt_network_operator_destroy(&op);
  nt_posterior_destroy(&p);
  nt_tree_destroy(&x);
  nt_layer_release(&net);
  nt_samples_destroy(&s);
  nt_samples_destroy(&t);
  nt_grid_destroy(&grid);
}

static void refused(nt_grid *grid, const char *text, unsigned field, bool masked, nt_status code)
{
  nt_tree *x = NULL;
  nt_network_operator *op = NULL;
  nt_samples *s = samples(7, NT_FLOAT64);
  nt_layer *net = network(text);
  static unsigned char mask[7 * FEATURES];
  if (masked) s->mask = mask;
  NT_TEST_OK_ERR(nt_tree_leaf(NULL, s, &x), NULL);
  NT_TEST_FAILS(nt_network_operator_create(grid, net, x, field, NULL, &op), code);
  NT_TEST(op == NULL);
  s->mask = NULL;
  nt_tree_destroy(&x);
  nt_layer_release(&net);
  nt_samples_destroy(&s);
}

static void test_refused(void)
{
  nt_grid *grid = NULL;
  NT_TEST_OK(nt_grid_create(nt_test_world(), 0, 0, &grid));
  refused(grid, "serial(Dense(3), FanOut(2))", NT_GET_NTK, false, NT_ERR_SHAPE);
  refused(grid, "Flatten()", NT_GET_NTK, false, NT_ERR_ARG);
  refused(grid, "Dense(1)", NT_GET_NTK | NT_GET_NNGP, false, NT_ERR_ARG);
  refused(grid, "Dense(1)", NT_GET_NTK, true, NT_ERR_UNSUPPORTED);
  nt_grid_destroy(&grid);
}

static const CU_TestInfo tests[] = {
    {"equal to the stored kernel, on all grids", test_equals_stored},
    {"networks with two inputs", test_trees},
    {"what it cannot do is refused", test_refused},
    CU_TEST_INFO_NULL};

NT_TEST_MAIN("predict.matrix_free", tests)
