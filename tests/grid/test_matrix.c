/* Grids, distributed matrices and redistribution: awkward sizes, and what goes wrong. */
#include "nt/dmatrix.h"
#include "nt_test.h"

#include <stdlib.h>

/* An element is a function of its place. */
static double value(int64_t i, int64_t j) { return nt_test_uniform(5, i, j); }

static int64_t global_row(const nt_dmatrix *m, int64_t li)
{
  return nt_local_to_global(li, m->mb, nt_grid_p(m->grid), nt_grid_P(m->grid));
}

static int64_t global_col(const nt_dmatrix *m, int64_t lj)
{
  return nt_local_to_global(lj, m->nb, nt_grid_q(m->grid), nt_grid_Q(m->grid));
}

/* As the rows `first` ... of a matrix. */
static void fill_from(nt_dmatrix *m, int64_t first, double factor)
{
  for (int64_t lj = 0; lj < m->cols; lj++) {
    for (int64_t li = 0; li < m->rows; li++)
      m->a[li + lj * m->ld] = factor * value(first + global_row(m, li), global_col(m, lj));
  }
}

static void fill(nt_dmatrix *m, double factor) { fill_from(m, 0, factor); }

static bool is_filled(const nt_dmatrix *m)
{
  bool good = true;
  for (int64_t lj = 0; lj < m->cols; lj++) {
    for (int64_t li = 0; li < m->rows; li++)
      good = good && m->a[li + lj * m->ld] == value(global_row(m, li), global_col(m, lj));
  }
  return good;
}

static void test_chosen_grid(void)
{
  nt_ctx *ctx = nt_test_world();
  const int size = nt_ctx_size(ctx), rank = nt_ctx_rank(ctx);
  nt_grid *grid = NULL;
  NT_TEST_OK(nt_grid_create(ctx, 0, 0, &grid));
  const int P = nt_grid_P(grid), Q = nt_grid_Q(grid);
  NT_TEST(P * Q == size && P <= Q);
  for (int p = P + 1; p <= Q; p++)
    NT_TEST(size % p != 0 || p > size / p);
  NT_TEST(nt_grid_p(grid) == rank / Q && nt_grid_q(grid) == rank % Q);
  NT_TEST(nt_grid_rank(grid, nt_grid_p(grid), nt_grid_q(grid)) == rank);
  NT_TEST(nt_grid_ctx(grid) == ctx);
  nt_grid_destroy(&grid);
  NT_TEST(grid == NULL);
  nt_grid_destroy(&grid);
}

static void test_wrong_grid(void)
{
  nt_ctx *ctx = nt_test_world();
  const int size = nt_ctx_size(ctx);
  const int wrong[][2] = {{size + 1, 1}, {0, size}, {size, 0},
                          {-1, -size},   {size, 2}, {1 << 20, 1 << 20}};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    nt_grid *grid = NULL;
    nt_status status = nt_grid_create(ctx, wrong[i][0], wrong[i][1], &grid);
    NT_TEST_CONTAINS(nt_ctx_error(ctx)->message, "P times Q must be the number of ranks");
    NT_TEST_FAILS(status, NT_ERR_ARG);
    NT_TEST(grid == NULL);
  }
}

/* Grids are independent of one another, in any order of birth and death. */
static void test_several_grids(void)
{
  nt_ctx *ctx = nt_test_world();
  const int size = nt_ctx_size(ctx);
  nt_grid *a = NULL, *b = NULL, *c = NULL;
  nt_dmatrix *m = NULL, *n = NULL;
  NT_TEST_OK(nt_grid_create(ctx, 1, size, &a));
  NT_TEST_OK(nt_grid_create(ctx, size, 1, &b));
  nt_grid_destroy(&a);
  NT_TEST_OK(nt_grid_create(ctx, 1, size, &c));
  NT_TEST_OK(nt_dmatrix_create(b, 17, 13, 3, 2, &m));
  NT_TEST_OK(nt_dmatrix_create(c, 17, 13, 2, 5, &n));
  fill(m, 1);
  fill(n, 0);
  NT_TEST_OK(nt_dmatrix_redistribute(m, n));
  NT_TEST(is_filled(n));
  nt_dmatrix_destroy(&m);
  nt_dmatrix_destroy(&n);
  nt_grid_destroy(&b);
  nt_grid_destroy(&c);
}

static const struct {
  int64_t M, N, mb, nb;
} sizes[] = {{0, 0, 1, 1},   {0, 7, 2, 2}, {1, 1, 1, 1},  {1, 31, 4, 4},  {37, 41, 1, 1},
             {37, 41, 5, 7}, {3, 3, 3, 3}, {3, 3, 64, 1}, {31, 2, 64, 64}};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

static void check_matrix(nt_grid *grid, int64_t M, int64_t N, int64_t mb, int64_t nb)
{
  nt_ctx *ctx = nt_grid_ctx(grid);
  const int64_t before = nt_ctx_bytes(ctx);
  nt_dmatrix *m = NULL;
  int desc[9];
  NT_TEST_OK(nt_dmatrix_create(grid, M, N, mb, nb, &m));
  NT_TEST(m->rows == nt_numroc(M, mb, nt_grid_p(grid), nt_grid_P(grid)));
  NT_TEST(m->cols == nt_numroc(N, nb, nt_grid_q(grid), nt_grid_Q(grid)));
  NT_TEST(m->ld >= 1 && m->ld >= m->rows && m->a != NULL && m->owned);
  NT_TEST(nt_ctx_bytes(ctx) == before + m->ld * m->cols * 8);
  int64_t all = m->rows * m->cols;
  MPI_Allreduce(MPI_IN_PLACE, &all, 1, MPI_INT64_T, MPI_SUM, nt_ctx_comm(ctx));
  NT_TEST(all == M * N);
  NT_TEST_OK(nt_dmatrix_desc(m, desc));
  NT_TEST(desc[0] == 1 && desc[1] == nt_grid_blacs(grid) && desc[2] == M && desc[3] == N &&
          desc[4] == mb && desc[5] == nb && desc[6] == 0 && desc[7] == 0 && desc[8] == m->ld);
  nt_dmatrix_destroy(&m);
  NT_TEST(m == NULL && nt_ctx_bytes(ctx) == before);
}

static void test_create(void)
{
  nt_ctx *ctx = nt_test_world();
  const int size = nt_ctx_size(ctx);
  for (int P = 1; P <= size; P++) {
    nt_grid *grid = NULL;
    if (size % P != 0) continue;
    NT_TEST_OK(nt_grid_create(ctx, P, size / P, &grid));
    for (int i = 0; i < SIZES; i++)
      check_matrix(grid, sizes[i].M, sizes[i].N, sizes[i].mb, sizes[i].nb);
    nt_grid_destroy(&grid);
  }
}

/* N <= nb (P - 1): the last rank has no rows. */
static void test_owns_nothing(void)
{
  nt_ctx *ctx = nt_test_world();
  const int size = nt_ctx_size(ctx), last = size - 1;
  nt_grid *grid = NULL;
  nt_dmatrix *m = NULL;
  NT_TEST_OK(nt_grid_create(ctx, size, 1, &grid));
  NT_TEST_OK(nt_dmatrix_create(grid, 3 * last, 5, 3, 3, &m));
  NT_TEST(nt_ctx_rank(ctx) != last || (m->rows == 0 && m->ld == 1));
  nt_dmatrix_destroy(&m);
  nt_grid_destroy(&grid);
}

static void test_wrong_matrix(void)
{
  static const int64_t wrong[][4] = {{-1, 2, 1, 1}, {2, -1, 1, 1}, {2, 2, 0, 1}, {2, 2, 1, 0}};
  nt_ctx *ctx = nt_test_world();
  nt_grid *grid = NULL;
  nt_dmatrix *m = NULL;
  NT_TEST_OK(nt_grid_create(ctx, 0, 0, &grid));
  for (int i = 0; i < 4; i++) {
    NT_TEST_FAILS(nt_dmatrix_create(grid, wrong[i][0], wrong[i][1], wrong[i][2], wrong[i][3], &m),
                  NT_ERR_ARG);
    NT_TEST(m == NULL);
  }
  nt_grid_destroy(&grid);
}

/* 2^31 elements on a rank are refused before anything is allocated, with what would do. */
static void test_too_large(void)
{
  static const int64_t huge[] = {200000, INT64_C(1) << 40, INT64_C(3000000000)};
  nt_ctx *ctx = nt_test_world();
  nt_grid *grid = NULL;
  nt_dmatrix *m = NULL;
  const int64_t before = nt_ctx_bytes(ctx);
  NT_TEST_OK(nt_grid_create(ctx, 0, 0, &grid));
  for (int i = 0; i < 3; i++) {
    nt_status status = nt_dmatrix_create(grid, huge[i], huge[i], 64, 64, &m);
    NT_TEST_CONTAINS(nt_ctx_error(ctx)->message, "ranks would do");
    NT_TEST_FAILS(status, NT_ERR_NOMEM);
    NT_TEST(m == NULL && nt_ctx_bytes(ctx) == before);
  }
  nt_grid_destroy(&grid);
}

/* One rank attaches without an array: all are refused. */
static void test_one_rank_wrong(void)
{
  nt_ctx *ctx = nt_test_world();
  nt_grid *grid = NULL;
  nt_dmatrix *m = NULL;
  double a[4] = {0};
  const bool guilty = nt_ctx_rank(ctx) == nt_ctx_size(ctx) - 1;
  NT_TEST_OK(nt_grid_create(ctx, 0, 0, &grid));
  nt_status status = nt_dmatrix_attach(grid, 2, 2, 2, 2, a, guilty ? 0 : 2, &m);
  NT_TEST_CONTAINS(nt_ctx_error(ctx)->message, "leading dimension");
  NT_TEST_FAILS(status, NT_ERR_ARG);
  NT_TEST(m == NULL);
  nt_grid_destroy(&grid);
}

/* A rank whose memory is out: see aligned_alloc below. */
static bool out_of_memory;

void *aligned_alloc(size_t alignment, size_t size)
{
  void *memory = NULL;
  if (out_of_memory || posix_memalign(&memory, alignment, size) != 0) return NULL;
  return memory;
}

static void test_no_memory(void)
{
  nt_ctx *ctx = nt_test_world();
  nt_grid *grid = NULL;
  nt_dmatrix *m = NULL;
  const int64_t before = nt_ctx_bytes(ctx);
  NT_TEST_OK(nt_grid_create(ctx, 0, 0, &grid));
  out_of_memory = nt_ctx_rank(ctx) == nt_ctx_size(ctx) - 1;
  nt_status status = nt_dmatrix_create(grid, 20, 20, 3, 3, &m);
  out_of_memory = false;
  NT_TEST_CONTAINS(nt_ctx_error(ctx)->message, "no memory for");
  NT_TEST_FAILS(status, NT_ERR_NOMEM);
  NT_TEST(m == NULL && nt_ctx_bytes(ctx) == before);
  nt_grid_destroy(&grid);
}

static void check_redistribution(nt_grid *one, nt_grid *two, int64_t M, int64_t N)
{
  static const int64_t blocks[][2] = {{1, 1}, {3, 5}, {64, 64}};
  for (int f = 0; f < 3; f++) {
    for (int t = 0; t < 3; t++) {
      nt_dmatrix *from = NULL, *to = NULL;
      NT_TEST_OK(nt_dmatrix_create(one, M, N, blocks[f][0], blocks[f][1], &from));
      NT_TEST_OK(nt_dmatrix_create(two, M, N, blocks[t][1], blocks[t][0], &to));
      fill(from, 1);
      fill(to, 0);
      NT_TEST_OK(nt_dmatrix_redistribute(from, to));
      NT_TEST_MSG(is_filled(to), "%d x %d, blocks %d to %d", (int)M, (int)N, f, t);
      nt_dmatrix_destroy(&from);
      nt_dmatrix_destroy(&to);
    }
  }
}

static void test_redistribute(void)
{
  nt_ctx *ctx = nt_test_world();
  const int size = nt_ctx_size(ctx);
  for (int P = 1; P <= size; P++) {
    nt_grid *one = NULL, *two = NULL;
    if (size % P != 0) continue;
    NT_TEST_OK(nt_grid_create(ctx, P, size / P, &one));
    NT_TEST_OK(nt_grid_create(ctx, size / P, P, &two));
    check_redistribution(one, two, 37, 41);
    check_redistribution(one, two, 1, 5);
    check_redistribution(one, one, 0, 5);
    nt_grid_destroy(&one);
    nt_grid_destroy(&two);
  }
}

/* Rows of one matrix from two, which begin within blocks. */
static void test_place(void)
{
  nt_ctx *ctx = nt_test_world();
  enum { FIRST = 5, ROWS = 13, COLS = 11 };
  nt_grid *grid = NULL;
  nt_dmatrix *whole = NULL, *head = NULL, *tail = NULL;
  NT_TEST_OK(nt_grid_create(ctx, 0, 0, &grid));
  NT_TEST_OK(nt_dmatrix_create(grid, ROWS, COLS, 3, 4, &whole));
  NT_TEST_OK(nt_dmatrix_create(grid, FIRST, COLS, 2, 2, &head));
  NT_TEST_OK(nt_dmatrix_create(grid, ROWS - FIRST, COLS, 4, 3, &tail));
  fill(whole, 0);
  fill(head, 1);
  fill_from(tail, FIRST, 1);
  NT_TEST_OK(nt_dmatrix_place(tail, FIRST, whole));
  NT_TEST_OK(nt_dmatrix_place(head, 0, whole));
  NT_TEST(is_filled(whole));
  NT_TEST_FAILS(nt_dmatrix_place(tail, FIRST + 1, whole), NT_ERR_ARG);
  NT_TEST_FAILS(nt_dmatrix_place(tail, -1, whole), NT_ERR_ARG);
  nt_dmatrix_destroy(&whole);
  nt_dmatrix_destroy(&head);
  nt_dmatrix_destroy(&tail);
  nt_grid_destroy(&grid);
}

static void test_redistribute_sizes(void)
{
  nt_ctx *ctx = nt_test_world();
  nt_grid *grid = NULL;
  nt_dmatrix *a = NULL, *b = NULL;
  NT_TEST_OK(nt_grid_create(ctx, 0, 0, &grid));
  NT_TEST_OK(nt_dmatrix_create(grid, 4, 5, 2, 2, &a));
  NT_TEST_OK(nt_dmatrix_create(grid, 5, 4, 2, 2, &b));
  NT_TEST_FAILS(nt_dmatrix_redistribute(a, b), NT_ERR_ARG);
  nt_dmatrix_destroy(&a);
  nt_dmatrix_destroy(&b);
  nt_grid_destroy(&grid);
}

/* A matrix of the caller's with a larger leading dimension; what lies between stays as it is. */
static void test_attach(void)
{
  nt_ctx *ctx = nt_test_world();
  nt_grid *grid = NULL;
  nt_dmatrix *from = NULL, *to = NULL;
  NT_TEST_OK(nt_grid_create(ctx, 0, 0, &grid));
  NT_TEST_OK(nt_dmatrix_create(grid, 23, 19, 5, 5, &from));
  const int64_t before = nt_ctx_bytes(ctx);
  const int64_t rows = nt_numroc(23, 3, nt_grid_p(grid), nt_grid_P(grid));
  const int64_t cols = nt_numroc(19, 2, nt_grid_q(grid), nt_grid_Q(grid)), ld = rows + 3;
  double *a = malloc((size_t)(ld * (cols + 1)) * sizeof *a);
  for (int64_t i = 0; i < ld * cols; i++)
    a[i] = -7;
  NT_TEST_OK(nt_dmatrix_attach(grid, 23, 19, 3, 2, a, ld, &to));
  NT_TEST(nt_ctx_bytes(ctx) == before && !to->owned && to->a == a && to->ld == ld);
  fill(from, 1);
  NT_TEST_OK(nt_dmatrix_redistribute(from, to));
  bool untouched = true;
  for (int64_t j = 0; j < cols; j++) {
    for (int64_t i = rows; i < ld; i++)
      untouched = untouched && a[i + j * ld] == -7;
  }
  NT_TEST(is_filled(to) && untouched);
  nt_dmatrix_destroy(&from);
  nt_dmatrix_destroy(&to);
  free(a);
  nt_grid_destroy(&grid);
}

static const CU_TestInfo tests[] = {{"the chosen grid", test_chosen_grid},
                                    {"wrong grids", test_wrong_grid},
                                    {"several grids", test_several_grids},
                                    {"matrices", test_create},
                                    {"a rank that owns nothing", test_owns_nothing},
                                    {"wrong matrices", test_wrong_matrix},
                                    {"too large", test_too_large},
                                    {"one rank is wrong", test_one_rank_wrong},
                                    {"one rank has no memory", test_no_memory},
                                    {"redistribution", test_redistribute},
                                    {"rows of a matrix", test_place},
                                    {"redistribution of other sizes", test_redistribute_sizes},
                                    {"attached", test_attach},
                                    CU_TEST_INFO_NULL};

NT_TEST_MAIN("grid.matrix", tests)
