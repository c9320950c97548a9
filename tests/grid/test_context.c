/* Contexts: agreement on errors, sub-communicators, the count of what is alive. */
#include "nt/dmatrix.h"
#include "nt_test.h"

#include "base/check.h"
#include "base/pieces.h"

#include <stdio.h>
#include <string.h>

/* One rank is guilty: all get its status and its words. */
static void test_agree(void)
{
  nt_ctx *ctx = nt_test_world();
  for (int guilty = 0; guilty < nt_ctx_size(ctx); guilty++) {
    char words[40];
    nt_status local = NT_OK;
    (void)snprintf(words, sizeof words, "rank %d found a 7", guilty);
    if (nt_ctx_rank(ctx) == guilty)
      local = nt_fail(nt_ctx_error(ctx), NT_ERR_DATA, __FILE__, __LINE__, __func__, "%s", words);
    nt_status status = nt_ctx_agree(ctx, local);
    NT_TEST(strcmp(nt_ctx_error(ctx)->message, words) == 0);
    NT_TEST_CONTAINS(nt_ctx_error(ctx)->where, "test_context.c");
    NT_TEST_FAILS(status, NT_ERR_DATA);
  }
}

/* All fail, each in another way: the lowest rank speaks. A status without a message gets one. */
static void test_agree_all(void)
{
  nt_ctx *ctx = nt_test_world();
  nt_status status = nt_ctx_agree(ctx, nt_ctx_rank(ctx) == 0 ? NT_ERR_SHAPE : NT_ERR_NOMEM);
  NT_TEST_CONTAINS(nt_ctx_error(ctx)->message, nt_status_text(NT_ERR_SHAPE));
  NT_TEST_FAILS(status, NT_ERR_SHAPE);
  NT_TEST_OK(nt_ctx_agree(ctx, NT_OK));
}

static nt_status collective(nt_ctx *ctx, int guilty, bool *after)
{
  nt_status status = NT_OK;
  NT_CHECK_ALL(ctx, nt_ctx_rank(ctx) != guilty, NT_ERR_NUMERIC, "rank %d", guilty);
  *after = true;
done:
  return status;
}

static void test_check_all(void)
{
  nt_ctx *ctx = nt_test_world();
  bool after = false;
  NT_TEST_FAILS(collective(ctx, nt_ctx_size(ctx) - 1, &after), NT_ERR_NUMERIC);
  NT_TEST(!after);
  NT_TEST_OK(collective(ctx, -1, &after));
  NT_TEST(after);
}

/* A context on every other rank: what its ranks do does not concern the others. */
static void test_sub_communicator(void)
{
  nt_ctx *world = nt_test_world(), *ctx = NULL;
  const int rank = nt_ctx_rank(world), color = rank % 2;
  MPI_Comm comm;
  nt_grid *grid = NULL, *grid2 = NULL;
  nt_dmatrix *m = NULL, *n = NULL;
  bool good = true;
  MPI_Comm_split(nt_ctx_comm(world), color, -rank, &comm);
  nt_status status = nt_ctx_create(comm, &ctx);
  NT_TEST(status == NT_OK);
  MPI_Comm_free(&comm); /* The context has its own. */
  NT_TEST(nt_ctx_size(ctx) == (nt_ctx_size(world) + 1 - color) / 2);
  const int size = nt_ctx_size(ctx);
  if (color == 0) {
    /* Only the even ranks work here: nothing may be collective on the world. */
    good = good && nt_grid_create(ctx, size, 1, &grid) == NT_OK;
    good = good && nt_grid_create(ctx, 1, size, &grid2) == NT_OK;
    good = good && nt_dmatrix_create(grid, 11, 7, 2, 3, &m) == NT_OK;
    good = good && nt_dmatrix_create(grid2, 11, 7, 5, 1, &n) == NT_OK;
    for (int64_t l = 0; good && l < m->rows * m->cols; l++) {
      const int64_t i = nt_local_to_global(l % m->rows, 2, nt_grid_p(grid), size), j = l / m->rows;
      m->a[l % m->rows + j * m->ld] = (double)(100 * i + j);
    }
    good = good && nt_dmatrix_redistribute(m, n) == NT_OK;
    for (int64_t l = 0; good && l < n->rows * n->cols; l++) {
      const int64_t j = nt_local_to_global(l / n->rows, 1, nt_grid_q(grid2), size);
      good = n->a[l % n->rows + l / n->rows * n->ld] == (double)(100 * (l % n->rows) + j);
    }
    nt_dmatrix_destroy(&m);
    nt_dmatrix_destroy(&n);
    nt_grid_destroy(&grid);
    nt_grid_destroy(&grid2);
  }
  NT_TEST(good);
  status = nt_ctx_destroy(&ctx);
  NT_TEST(status == NT_OK && ctx == NULL);
}

/* What is still alive at the end is told. */
static void test_alive(void)
{
  nt_ctx *ctx = NULL;
  nt_status status = nt_ctx_create(MPI_COMM_WORLD, &ctx);
  NT_TEST(status == NT_OK);
  nt_ctx_track(ctx, 1, 80);
  NT_TEST(nt_ctx_bytes(ctx) == 80);
  status = nt_ctx_destroy(&ctx);
  NT_TEST(status == NT_ERR_INTERNAL && ctx == NULL);
  status = nt_ctx_destroy(&ctx);
  NT_TEST(status == NT_OK);
}

/* Rank 0's bytes everywhere, the largest of all values; a context without ranks keeps its own. */
static void test_share(void)
{
  nt_ctx *ctx = nt_test_world(), *planned = NULL;
  const int rank = nt_ctx_rank(ctx), size = nt_ctx_size(ctx);
  int64_t value = 100 - (rank - size / 2) * (rank - size / 2);
  double data[7];
  for (int i = 0; i < 7; i++)
    data[i] = 10. * rank + i;
  NT_TEST_OK(nt_ctx_share(ctx, data, sizeof data));
  for (int i = 0; i < 7; i++)
    NT_TEST(data[i] == i);
  NT_TEST_OK(nt_ctx_largest(ctx, &value));
  NT_TEST(value == 100);
  double most = -(rank % 2);
  int index = 100 - rank; /* of even ranks the last has the smallest */
  NT_TEST_OK(nt_ctx_largest_at(ctx, &most, &index));
  NT_TEST(most == 0 && index == 100 - (size - 1) / 2 * 2);
  NT_TEST_OK(nt_ctx_create_planned(6, &planned));
  NT_TEST(nt_ctx_is_planned(planned) && !nt_ctx_is_planned(ctx));
  NT_TEST(nt_ctx_rank(planned) == 0 && nt_ctx_size(planned) == 6);
  value = rank;
  NT_TEST_OK(nt_ctx_share(planned, data, sizeof data));
  NT_TEST_OK(nt_ctx_largest(planned, &value));
  NT_TEST(value == rank && data[6] == 6);
  NT_TEST_OK(nt_ctx_destroy(&planned));
}

/* Messages that take several pieces, one, and none, from every rank to the next. */
static void test_pieces(void)
{
  enum { LENGTH = 20, PIECE = 7, TAG = 5 };
  nt_ctx *ctx = nt_test_world();
  const MPI_Comm comm = nt_ctx_comm(ctx);
  const int rank = nt_ctx_rank(ctx), size = nt_ctx_size(ctx);
  const int next = (rank + 1) % size, before = (rank + size - 1) % size;
  for (int length = 0; length <= LENGTH; length++) {
    char out[LENGTH + 1], in[LENGTH + 1];
    for (int i = 0; i <= LENGTH; i++) {
      out[i] = (char)(rank + i);
      in[i] = 'x';
    }
    NT_TEST(nt_pieces_send(out, length, PIECE, next, TAG, comm) == MPI_SUCCESS);
    NT_TEST(nt_pieces_receive(in, length, PIECE, before, TAG, comm) == MPI_SUCCESS);
    for (int i = 0; i <= LENGTH; i++)
      NT_TEST_MSG(in[i] == (i < length ? (char)(before + i) : 'x'), "%d of %d", i, length);
    NT_TEST(nt_pieces_broadcast(out, length, PIECE, size - 1, comm) == MPI_SUCCESS);
    for (int i = 0; i <= LENGTH; i++)
      NT_TEST_MSG(out[i] == (char)((i < length ? size - 1 : rank) + i), "%d of %d", i, length);
  }
}

/* The most nearly square P x Q with P <= Q. */
static void test_grid_shape(void)
{
  for (int size = 1; size <= 200; size++) {
    int P = 0, Q = 0;
    nt_grid_shape(size, &P, &Q);
    NT_TEST_MSG(P * Q == size && P <= Q, "%d ranks: %dx%d", size, P, Q);
    for (int p = P + 1; p * p <= size; p++)
      NT_TEST_MSG(size % p != 0, "%d ranks: %dx%d, not %d rows", size, P, Q, p);
  }
}

static void test_threads(void)
{
  nt_ctx *ctx = nt_test_self();
  const int threads = nt_ctx_threads(ctx);
  nt_ctx_set_threads(ctx, 3);
  NT_TEST(nt_ctx_threads(ctx) == 3);
  nt_ctx_set_threads(ctx, 0);
  NT_TEST(nt_ctx_threads(ctx) == 1);
  nt_ctx_set_threads(ctx, threads);
}

static const CU_TestInfo tests[] = {{"one rank fails", test_agree},
                                    {"all ranks fail", test_agree_all},
                                    {"conditions on all ranks", test_check_all},
                                    {"a sub-communicator", test_sub_communicator},
                                    {"what is alive", test_alive},
                                    {"what all ranks know", test_share},
                                    {"messages in pieces", test_pieces},
                                    {"shapes of grids", test_grid_shape},
                                    {"threads", test_threads},
                                    CU_TEST_INFO_NULL};

NT_TEST_MAIN("grid.context", tests)
