/** Panels handed along process rows: whoever owns a step, all of the row read what it wrote. */
#include "grid/rowcast.h"
#include "nt_test.h"

enum { STEPS = 17, LENGTH = 300 };

static int64_t bytes_of(int64_t step)
{
  return (1 + (step * 71) % LENGTH) * (int64_t)sizeof(double);
}

static double value(int p, int64_t step, int64_t i)
{
  return (double)p * 1e6 + (double)step * 1e3 + (double)i;
}

static int64_t wrong(const double *panel, int p, int64_t step)
{
  int64_t n = 0;
  for (int64_t i = 0; i < bytes_of(step) / (int64_t)sizeof(double); i++)
    n += panel[i] != value(p, step, i);
  return n;
}

/* The panel of a step, if it is this rank's. */
static void write_own(nt_rowcast *rc, const nt_grid *grid, int64_t step)
{
  if (nt_grid_q(grid) != step % nt_grid_Q(grid)) return;
  double *panel = (double *)nt_rowcast_own(rc, step);
  for (int64_t i = 0; i < bytes_of(step) / (int64_t)sizeof(double); i++)
    panel[i] = value(nt_grid_p(grid), step, i);
}

/* The next panel is begun while the present one is in use, as a factorisation does. */
static void hand_round(nt_grid *grid, bool share)
{
  nt_rowcast *rc = NULL;
  const char *panel;
  int64_t mistakes = 0;
  const int p = nt_grid_p(grid), Q = nt_grid_Q(grid);
  NT_TEST_OK(nt_rowcast_create(grid, LENGTH * (int64_t)sizeof(double), share, &rc));
  write_own(rc, grid, 0);
  NT_TEST_OK(nt_rowcast_begin(rc, 0, 0, bytes_of(0)));
  for (int64_t step = 0; step < STEPS; step++) {
    nt_rowcast_poll(rc);
    NT_TEST_OK(nt_rowcast_end(rc, &panel));
    write_own(rc, grid, step + 1);
    NT_TEST_OK(nt_rowcast_begin(rc, (int)((step + 1) % Q), step + 1, bytes_of(step + 1)));
    mistakes += wrong((const double *)panel, p, step);
  }
  NT_TEST_OK(nt_rowcast_end(rc, &panel));
  mistakes += wrong((const double *)panel, p, STEPS);
  NT_TEST_MSG(mistakes == 0, "%ld elements", (long)mistakes);
  nt_rowcast_destroy(&rc);
  NT_TEST(rc == NULL);
}

static void on_all_grids(bool share)
{
  nt_ctx *ctx = nt_test_world();
  for (int P = 1; P <= nt_ctx_size(ctx); P++) {
    if (nt_ctx_size(ctx) % P != 0) continue;
    nt_grid *grid = NULL;
    NT_TEST_OK(nt_grid_create(ctx, P, nt_ctx_size(ctx) / P, &grid));
    hand_round(grid, share);
    nt_grid_destroy(&grid);
  }
}

static void test_shared(void) { on_all_grids(true); }
static void test_sent(void) { on_all_grids(false); }

static void test_too_large(void)
{
  nt_grid *grid = NULL;
  nt_rowcast *rc = NULL;
  NT_TEST_OK(nt_grid_create(nt_test_world(), 0, 0, &grid));
  NT_TEST_FAILS(nt_rowcast_create(grid, (int64_t)1 << 31, true, &rc), NT_ERR_DIST);
  NT_TEST(rc == NULL);
  nt_grid_destroy(&grid);
}

static const CU_TestInfo tests[] = {{"panels in shared memory", test_shared},
                                    {"panels in messages", test_sent},
                                    {"a panel above 2 GiB is refused", test_too_large},
                                    CU_TEST_INFO_NULL};

NT_TEST_MAIN("grid.rowcast", tests)
