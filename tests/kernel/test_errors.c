/* What goes wrong in a kernel: every rank returns the same error, and the next kernel is right. */
#include "data.h"
#include "nt_test.h"
#include "run.h"

#include "kernel/job.h"

#include <math.h>
#include <stdlib.h>

enum { SAMPLES = 23, CHANNELS = 4 };

/* Small samples, but for two of other size. */
static nt_tree *file_with(const char *name, int64_t i, double xi, int64_t j, double xj)
{
  const nt_shape shape = {2, {SAMPLES, CHANNELS}};
  double x[SAMPLES * CHANNELS];
  for (int64_t e = 0; e < SAMPLES * CHANNELS; e++)
    x[e] = nt_test_uniform(3, e, 0);
  for (int64_t c = 0; c < CHANNELS; c++) {
    if (i >= 0) x[i * CHANNELS + c] = xi;
    if (j >= 0) x[j * CHANNELS + c] = xj;
  }
  return nt_data_file(name, &shape, x);
}

/* All ranks must fail with NUMERIC and name what is given; takes the trees over. */
static void check_numeric(const char *network, nt_tree *x1, nt_tree *x2, nt_dtype dtype,
                          const char *who, const char *layer)
{
  nt_ctx *ctx = nt_test_world();
  const int size = nt_ctx_size(ctx);
  for (int P = 1; P <= size; P++) {
    nt_grid *grid = NULL;
    nt_tree *kernels = NULL;
    nt_run run = {.network = network, .x1 = x1, .x2 = x2, .get = NT_GET_NNGP | NT_GET_NTK};
    run.options = (nt_kernel_options){
        .diagonal_batch = -1, .diagonal_spatial = -1, .dtype = dtype, .tile = 2};
    if (size % P != 0) continue;
    const nt_status status = nt_run_kernel(ctx, &run, P, size / P, &grid, &kernels);
    NT_TEST_CONTAINS(nt_ctx_error(ctx)->message, who);
    NT_TEST_CONTAINS(nt_ctx_error(ctx)->message, layer);
    NT_TEST_CONTAINS(nt_ctx_error(ctx)->message, "not finite");
    NT_TEST_FAILS(status, NT_ERR_NUMERIC);
    NT_TEST(kernels == NULL);
    nt_grid_destroy(&grid);
  }
  nt_data_destroy(&x1);
  nt_data_destroy(&x2);
}

static void test_all_overflow(void)
{
  check_numeric("serial(Dense(1),\n Dense(1, W_std=1e200),\n Relu(), Dense(1))",
                file_with("x.npy", -1, 0, -1, 0), NULL, NT_FLOAT64, "sample",
                "Dense at line 2, column 2 of net");
}

/* Only the ranks that work with one sample can see it. */
static void test_one_sample(void)
{
  check_numeric("serial(Dense(1), Relu(), Dense(1))", file_with("x.npy", 17, 1e160, -1, 0), NULL,
                NT_FLOAT64, "sample 17 after the input", "the input");
  check_numeric("serial(Dense(1), Relu(), Dense(1, 1e10))", file_with("x.npy", 17, 1e150, -1, 0),
                file_with("y.npy", -1, 0, -1, 0), NT_FLOAT64, "sample 17", "Dense at line 1");
}

/* With one channel LayerNorm leaves signs, whose sums are 0 but for rounding, below it too. */
static void test_cancelled(void)
{
  static const char *const networks[] = {
      "serial(Dense(8), LayerNorm(), SumPool((2,)), Rbf(.7), Flatten())",
      "serial(Dense(8), LayerNorm(), GlobalSumPool(), Relu())",
      "serial(Dense(8), LayerNorm(), GlobalAvgPool(), Gelu(), Dense(1))",
      ("d = ((1,), (0,)), ((), ())\na = np.array([1] * 6)\n"
       "serial(Dense(8), LayerNorm(), DotGeneral(None, a, d), Rbf())"),
      "serial(Dense(8), LayerNorm(), ImageResize((100, -1, -1), 'linear'), Rbf(.7), Flatten())"};
  const nt_shape shape = {3, {200, 6, 1}};
  nt_tree *x = nt_data_uniform("x.npy", &shape, 5, 0);
  for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
    nt_grid *grid = NULL;
    nt_tree *kernels = NULL;
    nt_run run = {.network = networks[i], .x1 = x, .get = NT_GET_NNGP | NT_GET_NTK};
    run.options = (nt_kernel_options){.diagonal_batch = -1, .diagonal_spatial = -1};
    NT_TEST_OK(
        nt_run_kernel(nt_test_world(), &run, 1, nt_ctx_size(nt_test_world()), &grid, &kernels));
    nt_kernels_destroy(&kernels);
    nt_grid_destroy(&grid);
  }
  nt_data_destroy(&x);
}

/* exp(100) is a float64 but no float32: one pair alone is too large, and one rank alone sees it. */
static void test_one_pair(void)
{
  const double large = sqrt(50);
  check_numeric("serial(Dense(1), Exp())", file_with("x.npy", 5, large, -1, 0),
                file_with("y.npy", 9, large, -1, 0), NT_FLOAT32, "samples 5 and 9",
                "Exp at line 1, column 18 of net");
  check_numeric("serial(Dense(1), Exp())", file_with("x.npy", 4, large, 19, large), NULL,
                NT_FLOAT32, " and ", "Exp at line 1, column 18 of net");
}

static nt_samples *read_text(const char *text, nt_dtype dtype)
{
  nt_dataset *ds = NULL;
  nt_samples *samples = NULL;
  const nt_dataset_options open = NT_DATASET_DEFAULTS;
  const nt_samples_options read = {.dtype = dtype};
  NT_TEST_OK(nt_dataset_open(nt_test_world(), text, &open, &ds));
  NT_TEST_OK(nt_samples_read(nt_test_world(), ds, &read, &samples));
  nt_dataset_close(&ds);
  return samples;
}

static nt_tree *leaf_of(nt_samples *samples)
{
  nt_tree *tree = NULL;
  if (nt_tree_leaf(NULL, samples, &tree) != NT_OK) abort();
  return tree;
}

static nt_tree *leaf(const char *text) { return leaf_of(read_text(text, NT_FLOAT64)); }

static void destroy_samples(nt_tree **tree)
{
  for (int i = 0; *tree != NULL && i < nt_tree_count(*tree); i++) {
    nt_samples *samples = nt_tree_nth(*tree, i)->leaf;
    if (samples != NULL) nt_samples_destroy(&samples);
  }
  nt_tree_destroy(tree);
}

/* Takes the trees over. */
static void check_refused(const char *network, nt_tree *x1, nt_tree *x2, nt_status want,
                          const char *words)
{
  nt_ctx *ctx = nt_test_world();
  nt_grid *grid = NULL;
  nt_layer *net = NULL;
  nt_tree *kernels = NULL;
  const int64_t before = nt_ctx_bytes(ctx);
  NT_TEST_OK(nt_network_parse(nt_ctx_error(ctx), network, "net", &net));
  NT_TEST_OK(nt_grid_create(ctx, 0, 0, &grid));
  const nt_status status = nt_kernel_fn(grid, net, x1, x2, NT_GET_ALL, NULL, &kernels);
  NT_TEST_CONTAINS(nt_ctx_error(ctx)->message, words);
  NT_TEST_FAILS(status, want);
  NT_TEST(kernels == NULL && nt_ctx_bytes(ctx) == before);
  nt_grid_destroy(&grid);
  nt_layer_release(&net);
  destroy_samples(&x1);
  destroy_samples(&x2);
}

static void test_inputs(void)
{
  const char *dense = "serial(Dense(1), Relu())";
  const char *two = "serial(parallel(Dense(1), Dense(1)), FanInSum(), Relu())";
  check_refused(dense, leaf("random(5,3)"), leaf("random(5,4)"), NT_ERR_SHAPE,
                "must agree but for the number of samples");
  check_refused(dense, leaf("random(5,3)"), leaf("random(5,3,3)"), NT_ERR_SHAPE, "must agree");
  check_refused(dense, leaf_of(read_text("random(5,3)", NT_FLOAT32)), NULL, NT_ERR_ARG,
                "another arithmetic");
  check_refused(two, nt_data_pair(leaf("random(5,3)"), leaf("random(6,3)")), NULL, NT_ERR_SHAPE,
                "all inputs need the same number");
  check_refused(two, leaf("random(5,3)"), NULL, NT_ERR_SHAPE, "parallel at line 1, column 8");
  check_refused(two, nt_data_pair(leaf("random(5,3)"), leaf("random(5,3)")), leaf("random(5,3)"),
                NT_ERR_SHAPE, "nested differently");
  check_refused(dense, nt_data_pair(leaf("random(5,3)"), leaf("random(5,3)")), NULL, NT_ERR_SHAPE,
                "Dense at line 1, column 8");
  check_refused(two, nt_data_pair(leaf("random(5,3)"), leaf_of(NULL)), NULL, NT_ERR_ARG, "missing");
  check_refused("serial(Flatten(), Dense(1))", leaf("random(5,3,2)"), NULL, NT_ERR_SHAPE,
                "the network takes 1 of 6");
  check_refused("serial(Relu())", leaf("random(5,3)"), NULL, NT_ERR_SHAPE, "Relu at line 1");
}

static nt_status plan_job(nt_grid *grid, const nt_layer *net, const nt_tree *x, int64_t memory,
                          nt_kernel_job **job)
{
  const nt_samples *samples = x->leaf;
  nt_kernel_options options = NT_KERNEL_DEFAULTS;
  const nt_input input = {.shape1 = samples->shape, .shape2 = samples->shape, .x1_is_x2 = true};
  options.memory = memory;
  nt_status status =
      nt_kernel_job_create(grid, net, x, &input, NT_GET_NNGP | NT_GET_NTK, &options, job);
  if (status == NT_OK) status = nt_kernel_job_check_memory(*job);
  if (status != NT_OK) nt_kernel_job_destroy(job);
  return status;
}

/* The number of ranks that a refusal names is enough, and one less is not. */
static void check_ranks_that_do(nt_grid *grid, const nt_layer *net, const nt_tree *x, int64_t limit)
{
  nt_kernel_job *job = NULL;
  NT_TEST_OK(plan_job(grid, net, x, 0, &job));
  const nt_sized_demand sized = {nt_kernel_job_demand(job), nt_ctx_threads(nt_grid_ctx(grid)),
                                 NULL};
  const int ranks = nt_ranks_that_do((nt_needs){nt_needs_of_demand, &sized}, limit);
  /* Fewer would do where threads hold mirror tiles for other ranks. */
  NT_TEST(ranks > 0 && ranks != nt_ctx_size(nt_grid_ctx(grid)));
  NT_TEST(nt_needs_of_demand(&sized, ranks) <= limit);
  NT_TEST(ranks == 1 || nt_needs_of_demand(&sized, ranks - 1) > limit);
  nt_kernel_job_destroy(&job);
}

/* 2^31 elements on a rank are refused, for a planned number of ranks as
 * for those that are there. */
static void check_largest(const nt_layer *net, const nt_tree *leaves)
{
  nt_ctx *ctx = NULL;
  nt_grid *grid = NULL;
  nt_kernel_job *job = NULL;
  const nt_shape shape = {2, {60000, 3}};
  const nt_input input = {.shape1 = shape, .shape2 = shape, .x1_is_x2 = true};
  for (int ranks = 1; ranks <= 2; ranks++) {
    NT_TEST_OK(nt_ctx_create_planned(ranks, &ctx));
    NT_TEST_OK(nt_grid_create(ctx, 0, 0, &grid));
    const nt_status status =
        nt_kernel_job_create(grid, net, leaves, &input, NT_GET_NNGP, NULL, &job);
    NT_TEST(status == (ranks == 1 ? NT_ERR_NOMEM : NT_OK));
    if (ranks == 1) NT_TEST_CONTAINS(nt_ctx_error(ctx)->message, "2 ranks would do");
    nt_kernel_job_destroy(&job);
    nt_grid_destroy(&grid);
    NT_TEST_OK(nt_ctx_destroy(&ctx));
  }
}

/* cov1 of all pairs of positions: the pass that finds it holds those of a tile of samples. */
static void check_own_pairs(nt_grid *grid, const nt_tree *leaves)
{
  enum { SAMPLES = 8, SIDE = 16 };
  const int64_t pairs = (int64_t)SIDE * SIDE * SIDE * SIDE;
  nt_ctx *ctx = nt_grid_ctx(grid);
  nt_layer *net = NULL;
  nt_kernel_job *job = NULL;
  nt_kernel_options options = NT_KERNEL_DEFAULTS;
  const nt_shape shape = {4, {SAMPLES, SIDE, SIDE, 1}};
  const nt_input input = {.shape1 = shape, .shape2 = shape, .x1_is_x2 = true};
  options.tile = SAMPLES;
  options.diagonal_spatial = 0;
  NT_TEST_OK(nt_network_parse(nt_ctx_error(ctx), "serial(Conv(1, (3, 3), padding='SAME'), Relu())",
                              "net", &net));
  NT_TEST_OK(nt_kernel_job_create(grid, net, leaves, &input, NT_GET_COV1, &options, &job));
  NT_TEST(job->memory.work >= SAMPLES * pairs * (int64_t)sizeof(double));
  nt_kernel_job_destroy(&job);
  /* A panel for each thread, of those that there are. */
  const int threads = nt_ctx_threads(ctx);
  int64_t work[4];
  options.tile = SAMPLES / 2 / nt_grid_P(grid);
  for (int t = 1; t < 4; t++) {
    nt_ctx_set_threads(ctx, t);
    NT_TEST_OK(nt_kernel_job_create(grid, net, leaves, &input, NT_GET_COV1, &options, &job));
    work[t] = job->memory.work;
    nt_kernel_job_destroy(&job);
  }
  nt_ctx_set_threads(ctx, threads);
  NT_TEST(work[2] == 2 * work[1] && work[3] == work[2]);
  nt_layer_release(&net);
}

static void test_memory(void)
{
  nt_ctx *ctx = nt_test_world();
  nt_tree *x = leaf("random(1001,3)");
  nt_grid *grid = NULL;
  nt_layer *net = NULL;
  nt_kernel_job *job = NULL;
  const int64_t before = nt_ctx_bytes(ctx);
  NT_TEST_OK(nt_network_parse(nt_ctx_error(ctx), "serial(Dense(1), Relu(), Dense(1))", "n", &net));
  NT_TEST_OK(nt_grid_create(ctx, 0, 0, &grid));
  NT_TEST_OK(plan_job(grid, net, x, 0, &job));
  const nt_memory need = job->memory;
  const int64_t results = (int64_t)1001 * 1001 * 16 / nt_ctx_size(ctx);
  NT_TEST(need.results >= results && need.results < results * 3 / 2 && need.work > 0);
  nt_kernel_job_destroy(&job);
  NT_TEST_OK(plan_job(grid, net, x, need.results + need.samples + need.work, &job));
  nt_kernel_job_destroy(&job);
  nt_status status = plan_job(grid, net, x, need.work + need.results / 2, &job);
  NT_TEST_CONTAINS(nt_ctx_error(ctx)->message, " with as much each would do");
  NT_TEST_FAILS(status, NT_ERR_NOMEM);
  check_ranks_that_do(grid, net, x, need.work + need.results / 2);
  NT_TEST(job == NULL && nt_ctx_bytes(ctx) == before);
  status = plan_job(grid, net, x, 1 << 10, &job);
  NT_TEST_CONTAINS(nt_ctx_error(ctx)->message, "neither more ranks nor a smaller tile");
  NT_TEST_FAILS(status, NT_ERR_NOMEM);
  check_largest(net, x);
  check_own_pairs(grid, x);
  nt_grid_destroy(&grid);
  nt_layer_release(&net);
  destroy_samples(&x);
}

/* Every allocation fails once, on one rank; what was allocated before is freed on all. The
 * sanitizers have a `free` of their own. */
static int64_t until_failure = -1;
static void *alive[10000];
static int n_alive;
static bool counts;

static void count(void *memory)
{
#pragma omp critical(nt_test_alive)
  if (counts && n_alive < (int)(sizeof alive / sizeof *alive)) alive[n_alive++] = memory;
}

void *aligned_alloc(size_t alignment, size_t size)
{
  void *memory = NULL;
  if (until_failure == 0 || posix_memalign(&memory, alignment, size) != 0) return NULL;
  if (until_failure > 0) until_failure--;
  count(memory);
  return memory;
}

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
extern void __libc_free(void *memory);

void free(void *memory)
{
  if (counts && memory != NULL) {
#pragma omp critical(nt_test_alive)
    for (int i = n_alive - 1; i >= 0; i--) {
      if (alive[i] != memory) continue;
      alive[i] = alive[--n_alive];
      break;
    }
  }
  __libc_free(memory);
}
#endif

/* The kernel with the allocation number `step` failing on rank `guilty`: whether it did. */
static bool fails_at(nt_grid *grid, const nt_layer *net, const nt_tree *x1, const nt_tree *x2,
                     int guilty, int64_t step)
{
  nt_ctx *ctx = nt_grid_ctx(grid);
  nt_tree *kernels = NULL;
  nt_kernel_options options = NT_KERNEL_DEFAULTS;
  options.tile = 3;
  options.dtype = ((const nt_samples *)x1->leaf)->dtype;
  const int64_t before = nt_ctx_bytes(ctx);
  until_failure = nt_ctx_rank(ctx) == guilty ? step : -1;
  n_alive = 0;
  counts = true;
  nt_status status = nt_kernel_fn(grid, net, x1, x2, NT_GET_ALL, &options, &kernels);
  until_failure = -1;
  counts = false;
  if (status == NT_OK) {
    nt_kernels_destroy(&kernels);
    return false;
  }
  NT_TEST_MSG(kernels == NULL && nt_ctx_bytes(ctx) == before, "allocation %d", (int)step);
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  NT_TEST_MSG(n_alive == 0, "allocation %d leaves %d alive", (int)step, n_alive);
#endif
  return NT_TEST_FAILS(status, NT_ERR_NOMEM);
}

static void check_allocations(const char *network, const char *one, const char *two, nt_dtype dtype,
                              int stride)
{
  nt_ctx *ctx = nt_test_world();
  nt_grid *grid = NULL;
  nt_layer *net = NULL;
  nt_tree *x1 = leaf_of(read_text(one, dtype));
  nt_tree *x2 = two == NULL ? NULL : leaf_of(read_text(two, dtype));
  const int guilty = nt_ctx_size(ctx) - 1;
  NT_TEST_OK(nt_network_parse(nt_ctx_error(ctx), network, "net", &net));
  NT_TEST_OK(nt_grid_create(ctx, 0, 0, &grid));
  int64_t step = 0;
  while (fails_at(grid, net, x1, x2, guilty, step))
    step += stride;
  NT_TEST_MSG(step > 50, "%d allocations", (int)step);
  nt_grid_destroy(&grid);
  nt_layer_release(&net);
  destroy_samples(&x1);
  destroy_samples(&x2);
}

static void test_allocations(void)
{
  check_allocations("serial(Dense(1), Relu(), Dense(1), Erf())", "random(11,3)", NULL, NT_FLOAT64,
                    1);
  check_allocations(
      "serial(Dense(1), FanOut(2), parallel(serial(Relu(), Dense(1)), Dense(1)), FanInSum())",
      "random(11,3)", "random(5,3)", NT_FLOAT64, 3);
  check_allocations("serial(Dense(1), Relu(), Dense(1))", "random(7,2,3)", "random(5,2,3)",
                    NT_FLOAT64, 3);
  /* Some of these samples are nearly alike. */
  check_allocations("serial(Conv(1, (2,)), Relu(), AvgPool((2,)), Dense(1), Relu())",
                    "random(9,3,1)", NULL, NT_FLOAT32, 3);
}

static const CU_TestInfo tests[] = {
    {"everything overflows", test_all_overflow},  {"one sample overflows", test_one_sample},
    {"one pair overflows", test_one_pair},        {"variances that cancel", test_cancelled},
    {"inputs that do not fit", test_inputs},      {"a limit on memory", test_memory},
    {"one rank has no memory", test_allocations}, CU_TEST_INFO_NULL};

NT_TEST_MAIN("kernel.errors", tests)
