/* The same bits in any number of steps of the schedule, and who computes how many tiles. */
#include "nt_test.h"
#include "run.h"

#include "kernel/job.h"
#include "kernel/pair_pass.h"
#include "kernel/schedule.h"

#include <stdio.h>

#define DEEP                                                                                       \
  "serial(Dense(1, 1.3, 0.2), Relu(), Dense(1, 1.1, 0.1), Erf(), Dense(1, 1.2), Abs(), Dense(1))"
#define OUTPUTS                                                                                    \
  "serial(Dense(3, 1.2, 0.1), Relu(), FanOut(3), parallel(Dense(1), serial(Dense(1), Relu()), "    \
  "Dense(1, 2.)))"

/* A job on samples in memory. */
typedef struct bench {
  nt_layer *net;
  nt_grid *grid;
  nt_tree *leaves;
  nt_samples *samples[2];
  nt_kernel_job *job;
} bench;

static nt_samples *read_random(nt_ctx *ctx, int64_t n, int64_t d, uint64_t seed)
{
  char text[60];
  nt_dataset *ds = NULL;
  nt_samples *samples = NULL;
  const nt_dataset_options open = {.channel_axis = -1, .seed = seed};
  const nt_samples_options read = {.dtype = NT_FLOAT64};
  (void)snprintf(text, sizeof text, "random(%lld,%lld)", (long long)n, (long long)d);
  NT_TEST_OK(nt_dataset_open(ctx, text, &open, &ds));
  NT_TEST_OK(nt_samples_read(ctx, ds, &read, &samples));
  nt_dataset_close(&ds);
  return samples;
}

static void start(bench *b, nt_ctx *ctx, const char *network, int P, int Q, int64_t n1, int64_t n2,
                  int64_t tile)
{
  nt_kernel_options options = NT_KERNEL_DEFAULTS;
  options.tile = tile;
  NT_TEST_OK(nt_network_parse(nt_ctx_error(ctx), network, "net", &b->net));
  NT_TEST_OK(nt_grid_create(ctx, P, Q, &b->grid));
  b->samples[0] = read_random(ctx, n1, 11, 1);
  b->samples[1] = n2 > 0 ? read_random(ctx, n2, 11, 2) : NULL;
  NT_TEST_OK(nt_tree_leaf(nt_ctx_error(ctx), NULL, &b->leaves));
  const nt_input input = {.shape1 = b->samples[0]->shape,
                          .shape2 = b->samples[n2 > 0]->shape,
                          .has_x2 = n2 > 0,
                          .x1_is_x2 = n2 == 0};
  NT_TEST_OK(nt_kernel_job_create(b->grid, b->net, b->leaves, &input, NT_GET_NNGP | NT_GET_NTK,
                                  &options, &b->job));
}

static nt_side side_of(const nt_samples *const *samples)
{
  return (nt_side){.n = (*samples)->n, .n_leaves = 1, .leaf = samples};
}

static void stop(bench *b)
{
  nt_kernel_job_destroy(&b->job);
  nt_samples_destroy(&b->samples[0]);
  if (b->samples[1] != NULL) nt_samples_destroy(&b->samples[1]);
  nt_tree_destroy(&b->leaves);
  nt_grid_destroy(&b->grid);
  nt_layer_release(&b->net);
}

static nt_tree *run_bench(bench *b)
{
  nt_tree *kernels = NULL;
  const nt_side one = side_of((const nt_samples *const *)&b->samples[0]);
  const nt_side two =
      b->samples[1] == NULL ? one : side_of((const nt_samples *const *)&b->samples[1]);
  NT_TEST_OK(nt_kernel_job_run(b->job, &one, b->samples[1] == NULL ? NULL : &two, &kernels));
  return kernels;
}

/* A budget of panels so small that a rank takes one tile row and one tile column at a time. */
static void check_steps(const char *network, int P, int Q, int64_t n1, int64_t n2, int64_t budget)
{
  bench few = {0}, many = {0};
  start(&few, nt_test_self(), network, 1, 1, n1, n2, 2);
  start(&many, nt_test_world(), network, P, Q, n1, n2, 2);
  many.job->plan->panel_bytes = budget * nt_panel_bytes(many.job->plan, 2, true);
  const nt_schedule s = nt_schedule_make(nt_grid_P(many.grid), nt_grid_Q(many.grid), many.job->plan,
                                         n1, n2 > 0 ? n2 : n1, n2 == 0);
  NT_TEST_MSG(s.steps > 3, "%d steps", (int)s.steps);
  nt_tree *want = run_bench(&few), *got = run_bench(&many);
  NT_TEST_MSG(nt_differences(got, want) == 0, "%s on %d x %d in %d steps", network, P, Q,
              (int)s.steps);
  nt_kernels_destroy(&want);
  nt_kernels_destroy(&got);
  stop(&few);
  stop(&many);
}

static void test_steps(void)
{
  const int size = nt_ctx_size(nt_test_world());
  for (int P = 1; P <= size; P++) {
    if (size % P != 0) continue;
    check_steps(DEEP, P, size / P, 41, 0, 1);
    check_steps(DEEP, P, size / P, 41, 0, 7);
    check_steps(OUTPUTS, P, size / P, 41, 0, 5);
    check_steps(DEEP, P, size / P, 41, 23, 3);
  }
}

/* Few tiles and many results: messages of several fields between two ranks. */
static void test_many_outputs(void)
{
  const int size = nt_ctx_size(nt_test_world());
  for (int P = 1; P <= size; P++) {
    if (size % P != 0) continue;
    check_steps(
        "serial(Dense(1, 1.2, 0.1), FanOut(8), parallel(Relu(), Erf(), Abs(), Sin(), Cos(), "
        "Gelu(), Identity(), Rbf()))",
        P, size / P, 33, 0, 1);
  }
}

static int64_t tiles_of(bench *b)
{
  nt_dmatrix *k = NULL, *t = NULL;
  const int64_t n1 = b->samples[0]->n, n2 = b->samples[b->samples[1] != NULL]->n;
  const int64_t tile = b->job->plan->tile;
  NT_TEST_OK(nt_dmatrix_create(b->grid, n1, n2, tile, tile, &k));
  NT_TEST_OK(nt_dmatrix_create(b->grid, n1, n2, tile, tile, &t));
  const nt_side one = side_of((const nt_samples *const *)&b->samples[0]);
  const nt_side two = side_of((const nt_samples *const *)&b->samples[b->samples[1] != NULL]);
  nt_pair_pass pass = {.grid = b->grid,
                       .plan = b->job->plan,
                       .side1 = &one,
                       .side2 = b->samples[1] == NULL ? NULL : &two,
                       .k = &k,
                       .t = &t};
  NT_TEST_OK(nt_pair_pass_run(&pass));
  nt_dmatrix_destroy(&k);
  nt_dmatrix_destroy(&t);
  return pass.tiles;
}

/* Of T x T tiles T (T + 1) / 2 are computed, and every rank has its share. */
static void check_share(int P, int Q, int64_t n1, int64_t n2, int64_t tile)
{
  bench b = {0};
  start(&b, nt_test_world(), DEEP, P, Q, n1, n2, tile);
  const int64_t tiles = tiles_of(&b), T = (n1 + tile - 1) / tile, T2 = (n2 + tile - 1) / tile;
  int64_t sum = tiles, most = tiles, least = tiles;
  MPI_Comm comm = nt_ctx_comm(nt_test_world());
  MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_INT64_T, MPI_SUM, comm);
  MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPI_INT64_T, MPI_MAX, comm);
  MPI_Allreduce(MPI_IN_PLACE, &least, 1, MPI_INT64_T, MPI_MIN, comm);
  NT_TEST(sum == (n2 == 0 ? T * (T + 1) / 2 : T * T2));
  NT_TEST(least > 0);
  /* Rows and columns of tiles that do not divide by P and Q are what is uneven. */
  NT_TEST_MSG((double)most <= 1.2 * (double)sum / (P * Q) + 1, "%d x %d: %d to %d of %d tiles", P,
              Q, (int)least, (int)most, (int)sum);
  stop(&b);
}

static void test_share(void)
{
  const int size = nt_ctx_size(nt_test_world());
  for (int P = 1; P <= size; P++) {
    if (size % P != 0) continue;
    check_share(P, size / P, 23, 0, 1);
    check_share(P, size / P, 48, 0, 2);
    check_share(P, size / P, 22, 19, 1);
  }
}

static const CU_TestInfo tests[] = {{"the same bits in many steps", test_steps},
                                    {"the same bits of many outputs", test_many_outputs},
                                    {"shares of the ranks", test_share},
                                    CU_TEST_INFO_NULL};
NT_TEST_MAIN("kernel.steps", tests)
