/* Which tiles of a kernel are computed, and what is told of them on the way. */
#include "data.h"
#include "nt_test.h"
#include "run.h"

#include "kernel/pair_pass.h"

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

/* ---- Progress ---- */

typedef struct watch {
  int calls;
  bool in_order;
  int64_t done, total;
} watch;

static void see(void *arg, int64_t done, int64_t total)
{
  watch *w = arg;
  w->in_order = w->in_order && done >= w->done && total >= done;
  w->done = done;
  w->total = total;
  w->calls++;
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

static const CU_TestInfo tests[] = {
    {"which tiles are computed", test_computed}, {"progress", test_progress}, CU_TEST_INFO_NULL};

NT_TEST_MAIN("kernel.progress", tests)
