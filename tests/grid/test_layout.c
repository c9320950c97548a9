/* Index arithmetic of the block-cyclic layout against counting. */
#include "nt/dmatrix.h"
#include "nt_test.h"

/* Deal the blocks of n elements out like cards: local index of each element on its owner. */
static bool dealt(int64_t n, int64_t nb, int P)
{
  int64_t count[8] = {0}, sum = 0;
  bool good = true;
  for (int64_t g = 0; g < n; g++) {
    const int owner = (int)(g / nb % P);
    const int64_t local = count[owner]++;
    good = good && nt_global_to_local(g, nb, P) == local;
    good = good && nt_local_to_global(local, nb, owner, P) == g;
  }
  for (int p = 0; p < P; p++) {
    good = good && nt_numroc(n, nb, p, P) == count[p];
    sum += nt_numroc(n, nb, p, P);
  }
  return good && sum == n;
}

static void test_small(void)
{
  for (int64_t nb = 1; nb <= 9; nb++) {
    for (int P = 1; P <= 7; P++) {
      bool good = true;
      for (int64_t n = 0; n <= 70; n++)
        good = good && dealt(n, nb, P);
      NT_TEST_MSG(good, "nb = %d, P = %d", (int)nb, P);
    }
  }
}

static void test_large(void)
{
  const int64_t n = (INT64_C(1) << 40) + 12345, nb = 97, P = 7;
  int64_t sum = 0;
  for (int p = 0; p < P; p++)
    sum += nt_numroc(n, nb, p, (int)P);
  NT_TEST(sum == n);
  for (int64_t g = n - 1000; g < n; g++) {
    const int64_t l = nt_global_to_local(g, nb, (int)P);
    if (nt_local_to_global(l, nb, (int)(g / nb % P), (int)P) != g)
      NT_TEST_MSG(false, "%lld", (long long)g);
  }
}

static const CU_TestInfo tests[] = {
    {"against counting", test_small}, {"beyond 32 bits", test_large}, CU_TEST_INFO_NULL};

NT_TEST_MAIN("grid.layout", tests)
