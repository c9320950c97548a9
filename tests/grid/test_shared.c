/** Memory of a node: what one rank writes, the others read; without room every rank goes on alone.
 * */
#include "grid/shared.h"
#include "nt_test.h"

enum { LENGTH = 5000 };

static void fill(const nt_shared *shared, int rank)
{
  double *const mine = (double *)shared->part[rank];
  for (int i = 0; i < LENGTH; i++)
    mine[i] = rank * 1e4 + i;
}

static int wrong(const nt_shared *shared, int rank)
{
  int n = 0;
  for (int i = 0; i < LENGTH; i++)
    n += ((const double *)shared->part[rank])[i] != rank * 1e4 + i;
  return n;
}

static void test_parts(void)
{
  nt_ctx *ctx = nt_test_world();
  const int me = nt_ctx_rank(ctx);
  nt_shared shared = NT_SHARED_NONE;
  bool got = false;
  int mistakes = 0, read = 0;
  NT_TEST_OK(nt_shared_open(ctx, nt_ctx_comm(ctx), &shared));
  NT_TEST_OK(nt_shared_allocate(&shared, LENGTH * (int64_t)sizeof(double), &got));
  NT_TEST(got && nt_shared_is(&shared));
  fill(&shared, me);
  nt_shared_sync(&shared);
  NT_TEST(MPI_Barrier(nt_ctx_comm(ctx)) == MPI_SUCCESS);
  nt_shared_sync(&shared);
  for (int r = 0; r < nt_ctx_size(ctx); r++) {
    if (shared.part[r] == NULL) continue;
    mistakes += wrong(&shared, r);
    read++;
  }
  NT_TEST_MSG(mistakes == 0, "%d elements", mistakes);
  NT_TEST_MSG(read == nt_ctx_size(ctx), "%d parts of one node", read);
  nt_shared_close(&shared);
  NT_TEST(!nt_shared_is(&shared));
}

/* As in a container with a small /dev/shm: nobody waits, and memory of its own serves. */
static void test_no_room(void)
{
  nt_ctx *ctx = nt_test_world();
  const int me = nt_ctx_rank(ctx);
  nt_shared shared = NT_SHARED_NONE;
  bool got = true;
  NT_TEST_OK(nt_shared_open(ctx, nt_ctx_comm(ctx), &shared));
  /* Of one rank alone. */
  NT_TEST_OK(nt_shared_allocate(&shared, me == 0 ? (int64_t)1 << 50 : 4096, &got));
  NT_TEST(!got && !nt_shared_is(&shared));
  for (int r = 0; r < nt_ctx_size(ctx); r++)
    NT_TEST(shared.part[r] == NULL);
  NT_TEST_OK(nt_shared_alone(&shared, LENGTH * (int64_t)sizeof(double), "a part"));
  fill(&shared, me);
  NT_TEST(wrong(&shared, me) == 0 && !nt_shared_is(&shared));
  nt_shared_close(&shared);
}

static const CU_TestInfo tests[] = {{"what others wrote is read", test_parts},
                                    {"no room on a node", test_no_room},
                                    CU_TEST_INFO_NULL};

NT_TEST_MAIN("grid.shared", tests)
