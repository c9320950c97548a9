/* Which tiles of a kernel are computed, and what is told of them on the way. */
#include "data.h"
#include "nt_test.h"
#include "run.h"

#include "kernel/pair_pass.h"
#include "kernel/schedule.h"

#include <stdlib.h>

/* Every tile or its mirror image is computed, never both, in every row alike. */
static void test_computed(void)
{
  for (int64_t T = 1; T <= 25; T++) {
    bool once = true, even = true;
    for (int64_t I = 0; I < T; I++) {
      int64_t in_row = 0;
      for (int64_t J = 0; J < T; J++) {
        const bool computed = nt_tile_is_computed(I, J, T);
        once = once && (I == J ? computed : computed != nt_tile_is_computed(J, I, T));
        in_row += computed;
      }
      even = even && (in_row == T / 2 + 1 || (T % 2 == 0 && in_row == T / 2));
    }
    NT_TEST(once);
    NT_TEST(even);
  }
}

enum { TILES = 11 };

static bool is_listed(const nt_ranges *list, int64_t tile)
{
  bool listed = false;
  for (int i = 0; i < list->n; i++)
    listed = listed || list->range[i].first == tile;
  return listed;
}

/* Panels of a rank in a step, against its tiles, which are counted. */
static bool check_step(const nt_schedule *s, int64_t step, int rank, int count[TILES][TILES])
{
  const nt_tile_group rows = nt_schedule_group(s, step, rank, 0);
  const nt_tile_group cols = nt_schedule_group(s, step, rank, 1);
  nt_ranges list;
  bool used[TILES] = {false}, right = true;
  if (nt_schedule_only(NULL, s, step, -1, rank, 0, &list) != NT_OK) return false;
  for (int64_t j = 0; j < cols.n; j++) {
    for (int64_t i = 0; i < rows.n; i++) {
      const int64_t I = rows.first + i * rows.stride, J = cols.first + j * cols.stride;
      if (!nt_schedule_computes(s, I, J)) continue;
      used[I] = used[J] = true;
      count[I][J]++;
    }
  }
  for (int64_t I = 0; I < TILES; I++)
    right = right && used[I] == is_listed(&list, I);
  free(list.range);
  return right;
}

/* Every tile that is computed is in one step of one rank, which then has its panels and no others.
 * */
static void test_steps(void)
{
  static const int grid[][2] = {{1, 1}, {1, 2}, {2, 1}, {2, 3}, {4, 4}};
  for (int g = 0; g < 5; g++) {
    const int P = grid[g][0], Q = grid[g][1];
    const int64_t G = (TILES + P - 1) / P, H = (TILES + Q - 1) / Q;
    const nt_schedule s = {.P = P,
                           .Q = Q,
                           .symmetric = true,
                           .tile = 1,
                           .n = {TILES, TILES},
                           .tiles = {TILES, TILES},
                           .group = {2, 2},
                           .groups = {(G + 1) / 2, (H + 1) / 2},
                           .panels = {2, 2},
                           .steps = (G + 1) / 2 * ((H + 1) / 2)};
    int count[TILES][TILES] = {{0}};
    bool right = true;
    for (int64_t step = 0; step < s.steps; step++) {
      for (int rank = 0; rank < P * Q; rank++)
        right = check_step(&s, step, rank, count) && right;
    }
    for (int64_t I = 0; I < TILES; I++) {
      for (int64_t J = 0; J < TILES; J++)
        right = right && count[I][J] == nt_tile_is_computed(I, J, TILES);
    }
    NT_TEST_MSG(right, "%d x %d", P, Q);
  }
}

typedef struct watch {
  int calls;
  bool in_order;
  int64_t done, total;
  int ends; /* reports that nothing is left */
} watch;

static void see(void *arg, int64_t done, int64_t total)
{
  watch *w = arg;
  w->in_order = w->in_order && done >= w->done && total >= done;
  w->done = done;
  w->total = total;
  w->calls++;
  w->ends += done == total;
}

/* A report for every tile, of time that only grows; at the end nothing is left but samples and
 * pairs of other steps: none. */
static void test_progress(void)
{
  watch w = {.in_order = true};
  const nt_progress progress = {see, &w};
  nt_grid *grid = NULL;
  nt_tree *kernels = NULL;
  nt_tree *x1 = nt_data_uniform("progress.npy", &(nt_shape){2, {40, 5}}, 3, 0);
  nt_run run = {.network =
                    "serial(Dense(8, 1.2, 0.1), Erf(), Dense(8, 1.2, 0.1), Relu(), Dense(1))",
                .x1 = x1,
                .get = NT_GET_NNGP | NT_GET_NTK,
                .options = NT_KERNEL_DEFAULTS};
  run.options.tile = 4;
  run.options.progress = &progress;
  const int threads = nt_ctx_threads(nt_test_self());
  nt_ctx_set_threads(nt_test_self(), 1);
  NT_TEST_OK(nt_run_kernel(nt_test_self(), &run, 1, 1, &grid, &kernels));
  nt_ctx_set_threads(nt_test_self(), threads);
  NT_TEST_MSG(w.calls == 55, "%d reports", w.calls);
  NT_TEST(w.in_order);
  NT_TEST(w.done == w.total);
  nt_kernels_destroy(&kernels);
  nt_grid_destroy(&grid);
  nt_data_destroy(&x1);
}

/* Passes that follow each other, for cov1 or on other samples, are one to those who look on. */
static void check_passes(const char *network, unsigned get, int diagonal_batch)
{
  watch w = {.in_order = true};
  const nt_progress progress = {see, &w};
  nt_grid *grid = NULL;
  nt_tree *kernels = NULL;
  nt_tree *x1 = nt_data_uniform("passes.npy", &(nt_shape){3, {12, 5, 2}}, 3, 0);
  nt_run run = {.network = network, .x1 = x1, .get = get, .options = NT_KERNEL_DEFAULTS};
  run.options.tile = 2;
  run.options.diagonal_batch = diagonal_batch;
  run.options.progress = &progress;
  const int threads = nt_ctx_threads(nt_test_self());
  nt_ctx_set_threads(nt_test_self(), 1);
  NT_TEST_OK(nt_run_kernel(nt_test_self(), &run, 1, 1, &grid, &kernels));
  nt_ctx_set_threads(nt_test_self(), threads);
  NT_TEST_MSG(w.calls > 20, "%d reports", w.calls);
  NT_TEST(w.in_order);
  NT_TEST_MSG(w.ends == 1 && w.done == w.total, "%d ends", w.ends);
  nt_kernels_destroy(&kernels);
  nt_grid_destroy(&grid);
  nt_data_destroy(&x1);
}

static void test_passes(void)
{
  static const char conv[] = "serial(Conv(1, (3,), padding='SAME'), Relu(), Dense(1))";
  check_passes(conv, NT_GET_NNGP | NT_GET_COV1, 0);
  check_passes(conv, NT_GET_NNGP | NT_GET_COV1, 1);
  check_passes("serial(Conv(1, (3,)), FanOut(2), parallel(Dense(1), Dense(1)), FanInConcat(0), "
               "Relu(), GlobalAvgPool())",
               NT_GET_NNGP | NT_GET_NTK, -1);
}

static const CU_TestInfo tests[] = {{"which tiles are computed", test_computed},
                                    {"steps", test_steps},
                                    {"progress", test_progress},
                                    {"progress of several passes", test_passes},
                                    CU_TEST_INFO_NULL};

NT_TEST_MAIN("kernel.progress", tests)
