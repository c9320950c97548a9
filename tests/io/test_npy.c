/* The .npy format: small arrays, headers, and everything that can be wrong with a file. */
#include "base/npy.h"
#include "io_files.h"

static void test_load_orders(void)
{
  static const char *const types[] = {"|b1", "|i1", "<i2", ">i2", "<i4", ">i4", "<i8",
                                      ">i8", "|u1", "<u2", ">u2", "<u4", ">u4", "<u8",
                                      ">u8", "<f2", ">f2", "<f4", ">f4", "<f8", ">f8"};
  for (size_t t = 0; t < sizeof types / sizeof types[0]; t++) {
    for (int version = 1; version <= 3; version++) {
      for (int fortran = 0; fortran < 2; fortran++) {
        nt_array a;
        nt_error err = {.status = NT_OK};
        int wrong = 0;
        const char *const path = io_npy("t.npy", types[t], fortran, version, 5, 3);
        NT_TEST_OK_ERR(nt_npy_load(&err, path, &a), &err);
        NT_TEST(a.rank == 2 && a.dim[0] == 5 && a.dim[1] == 3);
        for (int i = 0; i < 15; i++) {
          const double v = io_value(i / 3, i % 3);
          wrong += a.data[i] != (types[t][1] == 'b' ? v != 0 : v);
        }
        NT_TEST_MSG(wrong == 0, "%s version %d fortran %d", types[t], version, fortran);
        free(a.data);
      }
    }
  }
}

static void test_half_specials(void)
{
  const uint16_t bits[6] = {0x0001, 0x3c00, 0x7c00, 0xfc00, 0x7e00, 0x8000};
  nt_error err = {.status = NT_OK};
  nt_array a;
  const char *const path = io_npy_raw(
      "h.npy", 1, "{'descr': '<f2', 'fortran_order': False, 'shape': (6,)}", bits, sizeof bits);
  NT_TEST_OK_ERR(nt_npy_load(&err, path, &a), &err);
  NT_TEST(a.data[0] == 0x1p-24 && a.data[1] == 1 && isinf(a.data[2]) && a.data[3] < 0 &&
          isnan(a.data[4]) && a.data[5] == 0 && signbit(a.data[5]));
  free(a.data);
}

static void expect(const char *path, const char *message)
{
  nt_error err = {.status = NT_OK};
  nt_array a = {.rank = 0};
  NT_TEST_FAILS_ERR(nt_npy_load(&err, path, &a), NT_ERR_DATA, &err);
  NT_TEST_CONTAINS(err.message, message);
  NT_TEST_CONTAINS(err.message, path);
  NT_TEST(a.data == NULL);
}

#define DICT(descr) "{'descr': " descr ", 'fortran_order': False, 'shape': (4,), }"

static void test_bad_files(void)
{
  const double x[4] = {1, 2, 3, 4};
  expect(nt_test_path("missing.npy"), "No such file");
  expect(nt_test_path(""), "directory");
  nt_test_write_text(nt_test_path("text.npy"), "1,2,3\n4,5,6,7,8\n");
  expect(nt_test_path("text.npy"), "is not a .npy file");
  nt_test_write_text(nt_test_path("empty.npy"), "");
  expect(nt_test_path("empty.npy"), "is not a .npy file");
  nt_test_write(nt_test_path("short.npy"), "\x93NUMPY\x01\x00\x70\x00{'de", 14);
  expect(nt_test_path("short.npy"), "header should have 112 bytes");
  expect(io_npy_raw("v9.npy", 9, DICT("'<f8'"), x, 32), "version 9");
  expect(io_npy_raw("cut.npy", 1, DICT("'<f8'"), x, 20), "needs 32 bytes of data, the file has 20");
  expect(io_npy_raw("o.npy", 1, DICT("'|O'"), x, 32), "Python objects");
  expect(io_npy_raw("u.npy", 1, DICT("'<U5'"), x, 32), "text");
  expect(io_npy_raw("c.npy", 1, DICT("'<c16'"), x, 32), "complex");
  expect(io_npy_raw("s.npy", 1, DICT("[('a', '<f8')]"), x, 32), "structured");
  expect(io_npy_raw("d.npy", 1, DICT("'<f16'"), x, 32), "not known");
  expect(io_npy_raw("k.npy", 1, "{'descr': '<f8', 'shape': (4,)}", x, 32), "expected all of");
  expect(io_npy_raw("n.npy", 1, "{'descr': '<f8', 'fortran_order': False, 'shape': (-4,)}", x, 32),
         "a size");
  expect(
      io_npy_raw("big.npy", 1,
                 "{'descr': '<f8', 'fortran_order': False, 'shape': (9000000000000, 9000000000)}",
                 x, 32),
      "truncated");
}

static void test_header_reads_back(void)
{
  char header[512];
  const int64_t dim[3] = {2, 1, 3};
  double values[6] = {1, 2, 3, 4, 5, 6};
  nt_error err = {.status = NT_OK};
  for (int rank = 0; rank <= 3; rank += 3) {
    nt_array a;
    const int n = nt_npy_make_header((nt_number){.kind = 'f', .size = 8}, rank, dim, header);
    NT_TEST(n % 64 == 0);
    char *const file = malloc((size_t)n + sizeof values);
    memcpy(file, header, (size_t)n);
    memcpy(file + n, values, sizeof values);
    nt_test_write(nt_test_path("w.npy"), file, (size_t)n + sizeof values);
    free(file);
    NT_TEST_OK_ERR(nt_npy_load(&err, nt_test_path("w.npy"), &a), &err);
    NT_TEST(a.rank == rank && a.data[0] == 1 && (rank == 0 || a.data[5] == 6));
    free(a.data);
  }
}

static const CU_TestInfo tests[] = {{"every type, order and version is read", test_load_orders},
                                    {"half precision has its special values", test_half_specials},
                                    {"bad files say what is wrong", test_bad_files},
                                    {"headers that we write are read back", test_header_reads_back},
                                    CU_TEST_INFO_NULL};
NT_TEST_MAIN("io.npy", tests)
