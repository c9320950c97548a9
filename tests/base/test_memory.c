/* Arrays: what cannot be addressed, sizes for people, pages handed out before they are needed. */
#include "base/memory.h"

#include "nt_test.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void test_limits(void)
{
  nt_error err = {0};
  void *memory = NULL;
  NT_TEST(nt_alloc(&err, INT64_MAX, 16, "a test", &memory) == NT_ERR_NOMEM && memory == NULL);
  NT_TEST(strstr(err.message, "a test") != NULL);
  NT_TEST(nt_alloc(&err, -1, 1, "a test", &memory) == NT_ERR_NOMEM && memory == NULL);
  NT_TEST_OK(nt_alloc(&err, 0, 8, "a test", &memory));
  NT_TEST(memory != NULL && (uintptr_t)memory % NT_ALIGNMENT == 0);
  free(memory);
}

static void test_text(void)
{
  char text[32];
  NT_TEST(strcmp(nt_bytes_text(0, text, sizeof text), "0 B") == 0);
  NT_TEST(strcmp(nt_bytes_text(1023, text, sizeof text), "1023 B") == 0);
  NT_TEST(strcmp(nt_bytes_text(3 << 19, text, sizeof text), "1.5 MiB") == 0);
  NT_TEST(strcmp(nt_bytes_text((int64_t)200 << 30, text, sizeof text), "200 GiB") == 0);
}

static void test_grow(void)
{
  enum { MANY = 1000 };
  nt_error err = {0};
  int64_t *list = NULL;
  for (int64_t i = 0; i < MANY; i++) {
    NT_TEST_OK(nt_grow(&err, i, sizeof *list, "a test", &list));
    list[i] = i;
  }
  for (int64_t i = 0; i < MANY; i++)
    NT_TEST(list[i] == i);
  const int64_t *before = list;
  NT_TEST(nt_grow(&err, INT64_C(1) << 60, 4, "a test", &list) == NT_ERR_NOMEM && list == before);
  NT_TEST(strcmp(err.message, "no memory for a test") == 0);
  free(list);
}

/* Pages of the array that the system has handed out. */
static int64_t pages_of(void *memory, size_t bytes, unsigned char *resident)
{
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  int64_t n = 0;
  NT_TEST(mincore(memory, bytes, resident) == 0);
  for (size_t i = 0; i < bytes / page; i++)
    n += resident[i] & 1;
  return n;
}

static void test_touch(void)
{
  enum { BYTES = 64 << 20 };
  const int64_t all = BYTES / sysconf(_SC_PAGESIZE);
  nt_error err = {0};
  void *memory = NULL;
  unsigned char *resident = malloc((size_t)all);
  NT_TEST_OK(nt_alloc(&err, BYTES, 1, "a test", &memory));
  NT_TEST(pages_of(memory, BYTES, resident) < all / 2);
  nt_touch(memory, BYTES, 2);
  NT_TEST(pages_of(memory, BYTES, resident) == all);
  free(memory);
  free(resident);
}

static const CU_TestInfo tests[] = {{"what cannot be allocated", test_limits},
                                    {"a list that grows", test_grow},
                                    {"sizes for people", test_text},
                                    {"pages before they are needed", test_touch},
                                    CU_TEST_INFO_NULL};

NT_TEST_MAIN("base.memory", tests)
