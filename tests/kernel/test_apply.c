/* A network applied to kernels: nt_kernel_apply(b,
 * nt_kernel_fn(a, x)) = nt_kernel_fn(serial(a, b), x). */
#include "nt_test.h"
#include "run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct nt_split {
  const char *first, *second, *both;
  bool self; /* x2 absent */
} nt_split;

static const nt_split splits[] = {
    {"serial(Dense(8, 1.5, .1), Relu(), Dense(8, 1.5, .1))", "serial(Erf(), Dense(3))",
     "serial(Dense(8, 1.5, .1), Relu(), Dense(8, 1.5, .1), Erf(), Dense(3))", true},
    {"Dense(8, 1.5, .1)", "serial(Relu(), Dense(3, 1.1, .2), Relu())",
     "serial(Dense(8, 1.5, .1), Relu(), Dense(3, 1.1, .2), Relu())", false},
    {"serial(Dense(8, 1.5), FanOut(2), parallel(Identity(), serial(Relu(), Dense(8))))",
     "serial(FanInSum(), Relu(), Dense(2))",
     "serial(Dense(8, 1.5), FanOut(2), parallel(Identity(), serial(Relu(), Dense(8))), FanInSum(), "
     "Relu(), Dense(2))",
     true}};

static const nt_split spatial[] = {
    {"serial(Dense(8, 1.5, .1), Relu(), Dense(8))", "serial(Erf(), Dense(3))",
     "serial(Dense(8, 1.5, .1), Relu(), Dense(8), Erf(), Dense(3))", true},
    {"serial(Dense(8, 1.5, .1), Relu(), Dense(8))", "serial(Relu(), Flatten(), Dense(3))",
     "serial(Dense(8, 1.5, .1), Relu(), Dense(8), Relu(), Flatten(), Dense(3))", false},
    {"serial(Dense(8, 1.5, .1), Relu(), Dense(8))", "serial(AvgPool((2, 2)), Relu(), Dense(3))",
     "serial(Dense(8, 1.5, .1), Relu(), Dense(8), AvgPool((2, 2)), Relu(), Dense(3))", true},
    {"serial(Dense(8, 1.5, .1), Relu(), Dense(8))",
     "serial(GlobalSelfAttention(4, 3, 2, 1), GlobalAvgPool(), Relu())",
     "serial(Dense(8, 1.5, .1), Relu(), Dense(8), GlobalSelfAttention(4, 3, 2, 1), "
     "GlobalAvgPool(), Relu())",
     false},
    {"serial(Dense(8, 1.5, .1), Relu(), Dense(8))", "serial(Index(Slice[::-1, 1:]), Relu())",
     "serial(Dense(8, 1.5, .1), Relu(), Dense(8), Index(Slice[::-1, 1:]), Relu())", false},
    {"serial(Dense(8, 1.5, .1), FanOut(2), parallel(Identity(), AvgPool((2, 2), (2, 2))))",
     "serial(parallel(GlobalAvgPool(), GlobalAvgPool()), FanInSum(), Relu())",
     "serial(Dense(8, 1.5, .1), FanOut(2), parallel(Identity(), AvgPool((2, 2), (2, 2))), "
     "parallel(GlobalAvgPool(), GlobalAvgPool()), FanInSum(), Relu())",
     true}};

static double difference(const nt_dmatrix *a, const nt_dmatrix *b)
{
  double *x = nt_gather(a), *y = nt_gather(b);
  const double error =
      a->M == b->M && a->N == b->N ? nt_test_max_error(a->M * a->N, x, y) : INFINITY;
  free(x);
  free(y);
  return error;
}

static void compare(const char *name, const nt_tree *got, const nt_tree *want)
{
  const nt_kernel *a = nt_tree_nth(got, 0)->leaf, *b = nt_tree_nth(want, 0)->leaf;
  NT_TEST_MSG(difference(a->nngp, b->nngp) < 1e-14, "%s: nngp", name);
  NT_TEST_MSG(difference(a->ntk, b->ntk) < 1e-13, "%s: ntk", name);
  NT_TEST_MSG(difference(a->cov1, b->cov1) < 1e-14, "%s: cov1", name);
  NT_TEST_MSG(a->facts.is_gaussian == b->facts.is_gaussian, "%s: is_gaussian", name);
  NT_TEST_MSG(nt_shape_equal(&a->facts.shape1, &b->facts.shape1), "%s: shape1", name);
}

static nt_tree *leaf(const char *path)
{
  nt_tree *tree = NULL;
  NT_TEST_OK_ERR(nt_tree_leaf(NULL, strdup(path), &tree), NULL);
  return tree;
}

static void run_split(const nt_split *s, const char *file1, const char *file2)
{
  nt_tree *x1 = leaf(nt_test_data(file1)), *x2 = s->self ? NULL : leaf(nt_test_data(file2));
  nt_tree *before = NULL, *got = NULL, *want = NULL;
  nt_grid *grid = NULL, *other = NULL;
  nt_layer *net = NULL;
  nt_run run = {.network = s->first,
                .x1 = x1,
                .x2 = x2,
                .options = NT_KERNEL_DEFAULTS,
                .get = NT_GET_NNGP | NT_GET_NTK | NT_GET_COV1 | NT_GET_COV2};
  run.options.tile = 2;
  NT_TEST_OK(nt_run_kernel(nt_test_world(), &run, 0, 0, &grid, &before));
  run.network = s->both;
  run.options.diagonal_spatial = 0;
  NT_TEST_OK(nt_run_kernel(nt_test_world(), &run, 0, 0, &other, &want));
  NT_TEST_OK_ERR(nt_network_parse(NULL, s->second, "second", &net), NULL);
  NT_TEST_OK(nt_kernel_apply(nt_test_world(), net, before, run.get, NULL, &got));
  if (got != NULL && want != NULL) compare(s->both, got, want);
  nt_layer_release(&net);
  nt_kernels_destroy(&got);
  nt_kernels_destroy(&before);
  nt_kernels_destroy(&want);
  nt_grid_destroy(&grid);
  nt_grid_destroy(&other);
  free(x1->leaf);
  nt_tree_destroy(&x1);
  if (x2 != NULL) free(x2->leaf);
  nt_tree_destroy(&x2);
}

static void test_vectors(void)
{
  for (size_t i = 0; i < sizeof splits / sizeof *splits; i++) {
    run_split(&splits[i], "golden/f2919c66894f.npy", "golden/bc19b18ca722.npy");
  }
}

static void test_positions(void)
{
  for (size_t i = 0; i < sizeof spatial / sizeof *spatial; i++) {
    run_split(&spatial[i], "golden/066be223d7a4.npy", "golden/a51a896a32a0.npy");
  }
}

/* All that a refused layer leaves behind. */
static void discard(nt_layer *net, nt_tree *before, nt_grid *grid, nt_tree *x1)
{
  nt_layer_release(&net);
  nt_kernels_destroy(&before);
  nt_grid_destroy(&grid);
  free(x1->leaf);
  nt_tree_destroy(&x1);
}

/* Blocks of one sample by two. */
static void test_blocks(void)
{
  nt_tree *x1 = leaf(nt_test_data("golden/f2919c66894f.npy")), *before = NULL, *got = NULL;
  nt_grid *grid = NULL;
  nt_layer *net = NULL;
  const nt_run run = {.network = "Dense(8, 1.5, .1)",
                      .x1 = x1,
                      .options = NT_KERNEL_DEFAULTS,
                      .get = NT_GET_NNGP | NT_GET_COV1};
  NT_TEST_OK(nt_run_kernel(nt_test_world(), &run, 0, 0, &grid, &before));
  NT_TEST_OK_ERR(nt_network_parse(NULL, "Erf()", "net", &net), NULL);
  nt_kernel *k = nt_tree_nth(before, 0)->leaf;
  const int64_t n = k->nngp->M;
  nt_dmatrix_destroy(&k->nngp);
  NT_TEST_OK(nt_dmatrix_create(grid, n, n, 1, 2, &k->nngp));
  NT_TEST_FAILS(nt_kernel_apply(nt_test_world(), net, before, run.get, NULL, &got), NT_ERR_DIST);
  NT_TEST(got == NULL);
  discard(net, before, grid, x1);
}

/* Kernels of equal positions, or of each sample with itself, into a layer that needs all pairs. */
static void test_diagonals(void)
{
  static const struct {
    const char *second, *words;
    bool spatial;
  } cases[] = {
      {"GlobalSelfAttention(4, 3, 2, 1)", "needs the covariances of all pairs of positions", true},
      {"serial(Relu(), Aggregate())", "needs the covariances of all pairs of positions", true},
      {"ImageResize((3, -1, -1, -1), 'linear')", "needs the covariances of all pairs of samples",
       false}};
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    nt_tree *x1 = leaf(nt_test_data("golden/066be223d7a4.npy")), *before = NULL, *got = NULL;
    nt_grid *grid = NULL;
    nt_layer *net = NULL;
    nt_run run = {.network = "serial(Dense(8, 1.5, .1), Relu(), Dense(8))",
                  .x1 = x1,
                  .options = NT_KERNEL_DEFAULTS,
                  .get = NT_GET_NNGP | NT_GET_COV1};
    run.options.diagonal_spatial = cases[c].spatial;
    run.options.diagonal_batch = 1;
    NT_TEST_OK(nt_run_kernel(nt_test_world(), &run, 0, 0, &grid, &before));
    NT_TEST_OK_ERR(nt_network_parse(NULL, cases[c].second, "second", &net), NULL);
    const nt_status status = nt_kernel_apply(nt_test_world(), net, before, NT_GET_NNGP, NULL, &got);
    NT_TEST_CONTAINS(nt_ctx_error(nt_test_world())->message, cases[c].words);
    NT_TEST_FAILS(status, NT_ERR_SHAPE);
    NT_TEST(got == NULL);
    discard(net, before, grid, x1);
  }
}

/* A record that was taken out of its tree, and freed before the others. */
static void test_one_record(void)
{
  nt_tree *x1 = leaf(nt_test_data("golden/f2919c66894f.npy")), *kernels = NULL;
  nt_grid *grid = NULL;
  const nt_run run = {.network = "serial(Dense(8), FanOut(2))",
                      .x1 = x1,
                      .options = NT_KERNEL_DEFAULTS,
                      .get = NT_GET_NNGP};
  NT_TEST_OK(nt_run_kernel(nt_test_world(), &run, 0, 0, &grid, &kernels));
  nt_tree *const first = kernels->child[0];
  nt_kernel *taken = first->leaf;
  first->leaf = NULL;
  nt_kernel_destroy(&taken);
  NT_TEST(taken == NULL);
  nt_kernel_destroy(&taken);
  discard(NULL, kernels, grid, x1);
}

static const CU_TestInfo tests[] = {{"later layers on the kernels of earlier ones", test_vectors},
                                    {"the same with positions", test_positions},
                                    {"blocks that are no tiles are refused", test_blocks},
                                    {"diagonals do not do for all pairs", test_diagonals},
                                    {"a record that is taken out of its tree", test_one_record},
                                    CU_TEST_INFO_NULL};

NT_TEST_MAIN("kernel.apply", tests)
