/* The same bits on every grid, for any number of threads and tiles, as on one rank alone; exact
 * symmetry; and results that are asked for alone. */
#include "data.h"
#include "nt_test.h"
#include "run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* One input leaf, or two with the same number of samples but d and d + 1 channels. */
typedef struct bits_case {
  const char *network;
  int64_t n1, n2; /* n2 = 0: no x2 */
  nt_shape sample;
  int64_t tile;
  bool two_leaves, masked, full_batch;
  bool near; /* some samples nearly alike */
  nt_dtype dtype;
} bits_case;

#define DEEP                                                                                       \
  "serial(Dense(1, 1.3, 0.2), Relu(), Dense(1, 1.1, 0.1), Erf(), Dense(1, 1.2), Abs(), Dense(1))"
#define BRANCH                                                                                     \
  "serial(Dense(3, 1.2, 0.1), FanOut(2), parallel(serial(Relu(), Dense(3, 1.1)), Identity()), "    \
  "FanInSum(), Relu(), Dense(2), FanOut(2), parallel(Dense(2), Dense(3)), FanInConcat(-1), "       \
  "Dense(1, 1., 0.1), FanOut(2), parallel(Sin(), Relu()), FanInProd(), Dense(1))"
#define OUTPUTS                                                                                    \
  "serial(Dense(3, 1.2, 0.1), Relu(), FanOut(3), parallel(Dense(1), serial(Dense(1), Relu()), "    \
  "Dense(1, 2.)))"
#define PLACES "serial(Dense(3, 1.2, 0.1), Relu(), Dense(3, 1.1), Erf(), Dense(1))"
#define FLAT "serial(Dense(3, 1.2, 0.1), Relu(), Flatten(), Dense(1, 1.1), Relu(), Dense(1))"
#define MIXED                                                                                      \
  "serial(Dense(3, 1.2, 0.1), Relu(), Dense(2), FanOut(2), parallel(DotGeneral(rhs=0.7), "         \
  "Dense(3)))"
#define TREE                                                                                       \
  "serial(parallel(Dense(3, 1.2), serial(Dense(3, 1.1, 0.1), Relu(), Dense(3))), FanInSum(), "     \
  "Relu(), Dense(1, 1., 0.1))"

/* Residual blocks under a global mean, pools of all kinds, plane 0 alone, results on positions. */
#define CONV(w) "Conv(3, (3, 2), padding='" w "', W_std=1.3, b_std=0.2)"
#define PLANES                                                                                     \
  "serial(" CONV("SAME") ", FanOut(2), parallel(Identity(), serial(Relu(), " CONV(                 \
      "SAME") ", Gelu(), " CONV("CIRCULAR") ")), FanInSum(), LayerNorm((1, -1)), Relu(), "         \
                                            "GlobalAvgPool(), Dense(1))"
#define POOLED                                                                                     \
  "serial(" CONV("CIRCULAR") ", Relu(), AvgPool((2, 2), (1, 2), 'SAME'), " CONV(                   \
      "SAME") ", Erf(), "                                                                          \
              "Dropout(0.7), SumPool((2, 1)), " CONV("SAME") ", Relu(), Flatten(), Dense(1))"
#define FLAT_PLANES                                                                                \
  "serial(" CONV("SAME") ", Relu(), " CONV("SAME") ", Rbf(), Flatten(), Dense(1, 1.1, 0.1), "      \
                                                   "Relu())"
/* Windows that are summed along tracks. */
#define WAVE(w)                                                                                    \
  "serial(Conv(3, (9,), padding='SAME', b_std=0.2), Relu(), Conv(3, (20,), padding='" w            \
  "'), Relu(), "
#define SPATIAL                                                                                    \
  "serial(" CONV("SAME") ", Relu(), FanOut(2), parallel(" CONV(                                    \
      "VALID") ", ConvLocal(3, (3, 2), "                                                           \
               "W_std=1.2, b_std=0.3)), FanInSum(), Abs())"

/* Sums of many samples, and chosen ones, joined. */
#define SAMPLES                                                                                    \
  "serial(Dense(3, 1.2, 0.1), Relu(), ImageResize((5, -1, -1), 'linear'), Dense(3, 1.1, 0.2), "    \
  "FanOut(2), parallel(Index(Slice[::-2]), serial(Relu(), Dense(3))), FanInConcat(0), Relu(), "    \
  "GlobalAvgPool(), Dense(1))"

static const bits_case cases[] = {
    {.network = DEEP, .n1 = 23, .sample = {1, {3}}, .tile = 1},
    {.network = DEEP, .n1 = 101, .sample = {1, {784}}, .tile = 5},
    {.network = DEEP, .n1 = 263, .sample = {1, {17}}},
    {.network = DEEP, .n1 = 67, .n2 = 41, .sample = {1, {784}}, .tile = 3},
    {.network = DEEP, .n1 = 29, .n2 = 130, .sample = {1, {3}}, .full_batch = true, .tile = 7},
    {.network = DEEP, .n1 = 1, .sample = {1, {3}}},
    {.network = DEEP, .n1 = 2, .sample = {1, {3}}},
    {.network = DEEP, .n1 = 3, .n2 = 1, .sample = {1, {3}}},
    {.network = DEEP, .n1 = 53, .sample = {1, {33}}, .tile = 5, .dtype = NT_FLOAT32},
    {.network = DEEP, .n1 = 37, .n2 = 70, .sample = {1, {150}}, .tile = 9, .dtype = NT_FLOAT32},
    {.network = BRANCH, .n1 = 31, .sample = {1, {5}}, .tile = 1},
    {.network = BRANCH, .n1 = 31, .n2 = 17, .sample = {1, {5}}, .tile = 2, .full_batch = true},
    {.network = OUTPUTS, .n1 = 37, .sample = {1, {7}}, .tile = 3},
    {.network = PLACES, .n1 = 13, .sample = {2, {5, 3}}, .tile = 2},
    {.network = PLACES, .n1 = 11, .n2 = 5, .sample = {3, {2, 3, 2}}, .tile = 1, .full_batch = true},
    {.network = FLAT, .n1 = 19, .sample = {2, {5, 3}}, .tile = 2},
    {.network = FLAT, .n1 = 19, .n2 = 7, .sample = {3, {2, 3, 2}}, .masked = true, .tile = 1},
    {.network = PLACES, .n1 = 17, .sample = {2, {4, 3}}, .masked = true, .tile = 3},
    {.network = TREE, .n1 = 37, .sample = {1, {5}}, .two_leaves = true, .tile = 4},
    {.network = TREE, .n1 = 11, .n2 = 13, .sample = {1, {5}}, .two_leaves = true, .tile = 1},
    {.network = MIXED, .n1 = 5, .n2 = 4, .sample = {1, {3}}},
    {.network = PLANES, .n1 = 7, .sample = {3, {5, 4, 3}}, .tile = 1},
    {.network = PLANES, .n1 = 5, .n2 = 3, .sample = {3, {5, 4, 3}}, .masked = true, .tile = 2},
    {.network = PLANES, .n1 = 5, .sample = {3, {5, 4, 3}}, .tile = 2, .dtype = NT_FLOAT32},
    {.network = POOLED, .n1 = 6, .sample = {3, {4, 5, 2}}, .tile = 1},
    {.network = POOLED, .n1 = 3, .n2 = 4, .sample = {3, {4, 5, 2}}, .full_batch = true},
    {.network = POOLED, .n1 = 7, .n2 = 1, .sample = {3, {4, 5, 2}}, .tile = 5},
    {.network = POOLED, .n1 = 1, .n2 = 9, .sample = {3, {4, 5, 2}}, .tile = 7},
    {.network = POOLED, .n1 = 9, .sample = {3, {4, 5, 2}}, .near = true, .dtype = NT_FLOAT32},
    {.network = POOLED, .n1 = 9, .sample = {3, {4, 5, 2}}, .near = true, .tile = 3},
    {.network = POOLED,
     .n1 = 5,
     .n2 = 7,
     .sample = {3, {4, 5, 2}},
     .near = true,
     .masked = true,
     .tile = 2,
     .dtype = NT_FLOAT32},
    {.network = FLAT_PLANES, .n1 = 19, .sample = {3, {5, 3, 2}}, .tile = 2},
    {.network = FLAT_PLANES, .n1 = 9, .sample = {3, {5, 3, 2}}, .tile = 4, .dtype = NT_FLOAT32},
    {.network = FLAT_PLANES, .n1 = 11, .sample = {3, {17, 16, 1}}, .tile = 4},
    {.network = FLAT_PLANES, .n1 = 4, .n2 = 7, .sample = {3, {17, 16, 1}}, .tile = 3},
    {.network = WAVE("SAME") "GlobalAvgPool())", .n1 = 5, .sample = {2, {37, 2}}, .tile = 1},
    {.network = WAVE("VALID") "Flatten())", .n1 = 17, .n2 = 5, .sample = {2, {37, 2}}, .tile = 4},
    {.network = PLANES, .n1 = 6, .sample = {3, {5, 4, 40}}, .masked = true, .tile = 2},
    {.network = PLANES, .n1 = 5, .sample = {3, {5, 4, 40}}, .tile = 1, .dtype = NT_FLOAT32},
    {.network = SPATIAL, .n1 = 5, .sample = {3, {3, 4, 2}}, .tile = 1},
    {.network = SAMPLES, .n1 = 23, .sample = {2, {3, 2}}, .tile = 3},
    {.network = SAMPLES, .n1 = 4, .n2 = 9, .sample = {2, {3, 2}}, .masked = true, .tile = 2},
    {.network = SPATIAL, .n1 = 4, .sample = {3, {3, 4, 2}}, .masked = true, .full_batch = true},
};
enum { CASES = sizeof cases / sizeof cases[0] };

/* Two samples and what is nearly one of them, in turn. */
static nt_tree *near_samples(const char *name, const nt_shape *shape, uint64_t seed, int zeros)
{
  const int64_t n = shape->dim[0], size = nt_shape_size(shape) / n;
  double *x = malloc((size_t)(n * size) * sizeof *x);
  for (int64_t i = 0; i < n * size; i++) {
    const int64_t sample = i / size, at = i % size;
    const double base = nt_test_uniform(1 + (uint64_t)sample % 2, at, 0);
    const bool zero = nt_test_uniform(3, at, 0) < zeros / 50. - 1;
    x[i] = zero ? 0 : base + 1e-4 * nt_test_uniform(seed, sample, at);
  }
  nt_tree *tree = nt_data_file(name, shape, x);
  free(x);
  return tree;
}

static nt_tree *make_leaf(const bits_case *c, int64_t n, int number)
{
  char name[40];
  nt_shape shape = {.rank = c->sample.rank + 1, .dim = {n}};
  for (int a = 0; a < c->sample.rank; a++)
    shape.dim[a + 1] = c->sample.dim[a];
  shape.dim[shape.rank - 1] += number % 2;
  (void)snprintf(name, sizeof name, "leaf%d.npy", number);
  if (c->near) return near_samples(name, &shape, (uint64_t)(100 + number), c->masked ? 30 : 0);
  return nt_data_uniform(name, &shape, (uint64_t)(100 + number), c->masked ? 30 : 0);
}

static nt_tree *make_files(const bits_case *c, int64_t n, int number)
{
  if (n == 0) return NULL;
  nt_tree *tree = make_leaf(c, n, number);
  return c->two_leaves ? nt_data_pair(tree, make_leaf(c, n, number + 1)) : tree;
}

/* Exact symmetry of K[(i, p), (j, p')], in the diagonal layout of K[i, (j, p)]. */
static bool is_symmetric(const nt_dmatrix *m)
{
  double *all = nt_gather(m);
  const int64_t n = m->M, positions = m->N / m->M;
  bool same = true;
  for (int64_t j = 0; j < n; j++) {
    for (int64_t i = 0; i < n; i++) {
      for (int64_t p = 0; p < positions; p++) {
        same = same && all[i + (j * positions + p) * n] == all[j + (i * positions + p) * n];
      }
    }
  }
  free(all);
  return same;
}

static void check_symmetry(const nt_tree *kernels, const char *network)
{
  for (int i = 0; i < nt_tree_count(kernels); i++) {
    const nt_kernel *k = nt_tree_nth(kernels, i)->leaf;
    NT_TEST_MSG(is_symmetric(k->nngp), "NNGP of %s", network);
    NT_TEST_MSG(k->ntk == NULL || is_symmetric(k->ntk), "NTK of %s", network);
  }
}

static void check_grid(const nt_run *run, int P, int Q, int threads, const nt_tree *want)
{
  nt_ctx *ctx = nt_test_world();
  nt_tree *got = NULL;
  nt_grid *grid = NULL;
  nt_ctx_set_threads(ctx, threads);
  if (NT_TEST_OK(nt_run_kernel(ctx, run, P, Q, &grid, &got))) {
    const int64_t count = nt_differences(got, want);
    NT_TEST_MSG(count == 0, "%s: %lld elements differ on %d x %d, %d threads", run->network,
                (long long)count, P, Q, threads);
    if (run->x2 == NULL) check_symmetry(got, run->network);
  }
  nt_kernels_destroy(&got);
  nt_grid_destroy(&grid);
  nt_ctx_set_threads(ctx, 1);
}

static void check_case(const bits_case *c)
{
  nt_tree *x1 = make_files(c, c->n1, 0), *x2 = make_files(c, c->n2, 2), *want = NULL;
  nt_grid *grid = NULL;
  const int size = nt_ctx_size(nt_test_world());
  nt_run run = {.network = c->network,
                .x1 = x1,
                .x2 = x2,
                .get = NT_GET_ALL,
                .options = NT_KERNEL_DEFAULTS,
                .has_mask = c->masked};
  run.options.tile = c->tile;
  run.options.dtype = c->dtype;
  run.options.diagonal_batch = c->full_batch ? 0 : -1;
  if (NT_TEST_OK(nt_run_kernel(nt_test_self(), &run, 1, 1, &grid, &want))) {
    for (int P = 1; P <= size; P++) {
      for (int threads = 1; size % P == 0 && threads <= 2; threads++)
        check_grid(&run, P, size / P, threads, want);
    }
  }
  nt_kernels_destroy(&want);
  nt_grid_destroy(&grid);
  nt_data_destroy(&x1);
  nt_data_destroy(&x2);
}

static void test_grids(void)
{
  for (int i = 0; i < CASES; i++)
    check_case(&cases[i]);
}

/* Of the largest element: other loops (of the NNGP with the NTK or without) may round otherwise. */
static double error_of(const nt_dmatrix *a, const nt_dmatrix *b)
{
  if (a->M != b->M || a->N != b->N) return INFINITY;
  double *x = nt_gather(a), *y = nt_gather(b);
  const double error = nt_test_max_error(a->M * a->N, x, y);
  free(x);
  free(y);
  return error;
}

static const nt_dmatrix *result_of(const nt_kernel *kernel, unsigned get)
{
  return get == NT_GET_NNGP   ? kernel->nngp
         : get == NT_GET_NTK  ? kernel->ntk
         : get == NT_GET_COV1 ? kernel->cov1
                              : kernel->cov2;
}

static void check_alone(const nt_run *run, const nt_tree *all)
{
  nt_tree *alone = NULL;
  nt_grid *grid = NULL;
  if (NT_TEST_OK(nt_run_kernel(nt_test_world(), run, 0, 0, &grid, &alone))) {
    for (int i = 0; i < nt_tree_count(all); i++) {
      const nt_kernel *a = nt_tree_nth(alone, i)->leaf, *b = nt_tree_nth(all, i)->leaf;
      const double error = error_of(result_of(a, run->get), result_of(b, run->get));
      NT_TEST_MSG(error < 1e-13, "result %u alone of %s: %g", run->get, run->network, error);
    }
  }
  nt_kernels_destroy(&alone);
  nt_grid_destroy(&grid);
}

static void test_alone(void)
{
  static const unsigned results[] = {NT_GET_NNGP, NT_GET_NTK, NT_GET_COV1, NT_GET_COV2};
  for (int i = 0; i < CASES; i++) {
    const bits_case *c = &cases[i];
    if (c->n2 == 0 || c->dtype == NT_FLOAT32) continue;
    nt_tree *x1 = make_files(c, c->n1, 0), *x2 = make_files(c, c->n2, 2), *all = NULL;
    nt_grid *grid = NULL;
    nt_run run = {.network = c->network, .x1 = x1, .x2 = x2, .get = NT_GET_ALL};
    run.has_mask = c->masked;
    run.options = (nt_kernel_options)NT_KERNEL_DEFAULTS;
    run.options.diagonal_batch = c->full_batch ? 0 : -1;
    if (NT_TEST_OK(nt_run_kernel(nt_test_world(), &run, 0, 0, &grid, &all))) {
      for (int r = 0; r < 4; r++) {
        run.get = results[r];
        check_alone(&run, all);
      }
    }
    nt_kernels_destroy(&all);
    nt_grid_destroy(&grid);
    nt_data_destroy(&x1);
    nt_data_destroy(&x2);
  }
}

static void test_same_x2(void)
{
  const bits_case c = {.network = DEEP, .sample = {1, {9}}};
  nt_tree *x = make_files(&c, 43, 0), *one = NULL, *two = NULL;
  nt_grid *grid1 = NULL, *grid2 = NULL;
  nt_run run = {.network = DEEP, .x1 = x, .get = NT_GET_ALL, .options = NT_KERNEL_DEFAULTS};
  NT_TEST_OK(nt_run_kernel(nt_test_world(), &run, 0, 0, &grid1, &one));
  run.x2 = x;
  NT_TEST_OK(nt_run_kernel(nt_test_world(), &run, 0, 0, &grid2, &two));
  const nt_kernel *a = one->leaf, *b = two->leaf;
  NT_TEST(!a->facts.has_x2 && b->facts.has_x2 && b->facts.x1_is_x2);
  NT_TEST_CLOSE(error_of(a->nngp, b->nngp), 0, 1e-14);
  NT_TEST_CLOSE(error_of(a->ntk, b->ntk), 0, 1e-14);
  NT_TEST(nt_differences_of(a->cov1, b->cov2) == 0);
  nt_kernels_destroy(&one);
  nt_kernels_destroy(&two);
  nt_grid_destroy(&grid1);
  nt_grid_destroy(&grid2);
  nt_data_destroy(&x);
}

static void test_full_batch(void)
{
  const bits_case c = {.network = DEEP, .sample = {1, {9}}};
  nt_tree *x1 = make_files(&c, 13, 0), *x2 = make_files(&c, 29, 2), *both = NULL, *own = NULL;
  nt_grid *grid = NULL, *own_grid = NULL;
  nt_run run = {.network = DEEP, .x1 = x1, .x2 = x2, .get = NT_GET_ALL};
  run.options = (nt_kernel_options){.diagonal_batch = 0, .diagonal_spatial = -1, .tile = 3};
  for (int swapped = 0; swapped < 2; swapped++) {
    run.x1 = swapped ? x2 : x1;
    run.x2 = swapped ? x1 : x2;
    NT_TEST_OK(nt_run_kernel(nt_test_world(), &run, 0, 0, &grid, &both));
    run.x1 = run.x2;
    run.x2 = NULL;
    NT_TEST_OK(nt_run_kernel(nt_test_world(), &run, 0, 0, &own_grid, &own));
    const nt_kernel *a = both->leaf, *b = own->leaf;
    NT_TEST_CLOSE(error_of(a->cov2, b->nngp), 0, 1e-15);
    NT_TEST_CLOSE(error_of(b->cov1, b->nngp), 0, 1e-15);
    nt_kernels_destroy(&both);
    nt_kernels_destroy(&own);
    nt_grid_destroy(&grid);
    nt_grid_destroy(&own_grid);
  }
  nt_data_destroy(&x1);
  nt_data_destroy(&x2);
}

static const CU_TestInfo tests[] = {{"the same bits on all grids", test_grids},
                                    {"results alone", test_alone},
                                    {"x2 that is x1", test_same_x2},
                                    {"covariances of full batches", test_full_batch},
                                    CU_TEST_INFO_NULL};

NT_TEST_MAIN("kernel.bits", tests)
