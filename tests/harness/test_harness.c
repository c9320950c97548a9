/* The harness itself. One of its tests fails on the last rank only: selected by name, it must make
 * the whole program fail, and on no rank hang. */
#include "nt_test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void test_close(void)
{
  NT_TEST(nt_test_close(1, 1 + 1e-15, 1e-14));
  NT_TEST(!nt_test_close(1, 1.1, 1e-3));
  NT_TEST(!nt_test_close(NAN, NAN, 1));
  NT_TEST(nt_test_close(INFINITY, INFINITY, 0));
  NT_TEST(!nt_test_close(INFINITY, 1, 1));
  const double want[2] = {2, -4}, got[2] = {2, -4.4};
  NT_TEST_CLOSE(nt_test_max_error(2, got, want), 0.1, 1e-12);
}

static void test_uniform(void)
{
  double sum = 0, low = 1, high = -1;
  for (int64_t i = 0; i < 10000; i++) {
    double x = nt_test_uniform(3, i / 100, i % 100);
    sum += x;
    low = fmin(low, x);
    high = fmax(high, x);
  }
  NT_TEST(low >= -1 && high < 1);
  NT_TEST_MSG(fabs(sum / 10000) < 0.02, "mean %g", sum / 10000);
}

static void test_files(void)
{
  size_t size;
  nt_test_write_text(nt_test_path("a.txt"), "text");
  nt_test_write_text(nt_test_path("b.txt"), "text ");
  char *text = nt_test_read(nt_test_path("a.txt"), &size);
  NT_TEST(size == 4 && strcmp(text, "text") == 0);
  free(text);
  NT_TEST(nt_test_same_files(nt_test_path("a.txt"), nt_test_path("a.txt")));
  NT_TEST(!nt_test_same_files(nt_test_path("a.txt"), nt_test_path("b.txt")));
  NT_TEST(!nt_test_same_files(nt_test_path("a.txt"), nt_test_path("none")));
  NT_TEST_CONTAINS(nt_test_data("README.md"), "/data/");
}

static void test_status(void)
{
  nt_error err = {.status = NT_OK};
  NT_TEST_OK(NT_OK);
  NT_TEST_FAILS_ERR(nt_fail(&err, NT_ERR_DATA, __FILE__, __LINE__, __func__, "found %d", 7),
                    NT_ERR_DATA, &err);
  NT_TEST_CONTAINS(err.message, "found 7");
}

static void test_fails_on_one_rank(void)
{
  nt_ctx *ctx = nt_test_world();
  if (getenv("NT_TEST_MUST_FAIL") != NULL)
    NT_TEST_MSG(nt_ctx_rank(ctx) != nt_ctx_size(ctx) - 1, "on purpose");
}

static const CU_TestInfo tests[] = {
    {"numbers that are close", test_close},
    {"uniform numbers", test_uniform},
    {"files", test_files},
    {"a status", test_status},
    {"a failure on one rank", test_fails_on_one_rank},
    CU_TEST_INFO_NULL,
};
NT_TEST_MAIN("harness", tests)
