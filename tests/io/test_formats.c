/* Every format gives the same samples, on every number of ranks, with the same hash. */
#include "io_files.h"

#include "nt/stored.h"

#include <locale.h>
#include <sys/stat.h>

enum { N = 300, D = 7 };

static const char *text_file(const char *name, const char *text)
{
  return io_file(name, text, strlen(text), false);
}

/* Read `text` and compare with io_value + shift; the hash is returned. */
static void check(const char *text, double shift, char hash[65])
{
  nt_ctx *const ctx = nt_test_world();
  const nt_dataset_options options = {.flatten = true};
  const nt_samples_options how = {.hash = true};
  nt_samples *s = io_read(ctx, text, &options, &how);
  NT_TEST_MSG(s != NULL, "%s", text);
  if (s == NULL) return;
  int wrong = s->n != N || s->channels != D || s->positions != 1;
  for (int64_t i = 0; i < N; i++) {
    const double *const row = nt_samples_row(s, i);
    for (int64_t j = 0; j < D && row != NULL; j++)
      wrong += row[j] != io_value(i, j) + shift;
  }
  NT_TEST_MSG(wrong == 0, "%s: %d wrong", text, wrong);
  if (hash != NULL) strcpy(hash, s->hash);
  nt_samples_destroy(&s);
}

static void test_all_formats(void)
{
  char first[65], other[65], text[400];
  check(io_npy("a.npy", "<f8", false, 1, N, D), 0, first);
  NT_TEST(strlen(first) == 64);
#define SAME(path)                                                                                 \
  do {                                                                                             \
    check(path, 0, other);                                                                         \
    NT_TEST_MSG(strcmp(first, other) == 0, "%s has another hash", path);                           \
  } while (0)
  SAME(io_npy("b.npy", ">f4", true, 2, N, D));
  SAME(io_npy("c.npy", "|u1", true, 3, N, D));
  SAME(io_idx("d.idx", 0x08, "|u1", false, N, D));
  SAME(io_idx("d.idx.gz", 0x08, "|u1", true, N, D));
  SAME(io_idx("t-idx2-short", 0x0B, ">i2", false, N, D));
  SAME(io_idx("t-idx2-int.gz", 0x0C, ">i4", true, N, D));
  SAME(io_idx("e.idx", 0x0D, ">f4", false, N, D));
  SAME(io_idx("f.idx", 0x0E, ">f8", false, N, D));
  SAME(io_idx("g.idx", 0x09, "|i1", false, N, D));
  SAME(io_csv("a.csv", "", ",", true, false, N, D));
  SAME(io_csv("b.csv.gz", "a,b,c,d,e,f,g\n", ",", true, true, N, D));
  SAME(io_csv("c.csv", "\n\na;b;c;d;e;f;g\r\n", ";", true, false, N, D));
  SAME(io_csv("d.tsv", "", "\t", true, false, N, D));
  SAME(io_csv("e.csv", "\xEF\xBB\xBF", "   ", true, false, N, D));
  snprintf(text, sizeof text, "%s:/group/x", io_hdf5("a.h5", H5T_NATIVE_DOUBLE, N, D));
  SAME(text);
  snprintf(text, sizeof text, "%s:/group/x", io_hdf5("b.h5", H5T_STD_I16BE, N, D));
  SAME(text);
  (void)mkdir(nt_test_path("run:"), 0777);
  SAME(io_npy("run:/f8.npy", "<f8", false, 1, N, D));
  snprintf(text, sizeof text, "%s:/group/x", io_hdf5("run:/a.h5", H5T_NATIVE_DOUBLE, N, D));
  SAME(text);
  check(io_csv("f.csv", "", ", ", false, false, N, D), 0.5, NULL);
}

/* Bits 0 … of `info` as the file gives them. */
static void test_about(void)
{
  nt_ctx *const ctx = nt_test_world();
  nt_dataset *ds;
  nt_dataset_options options = NT_DATASET_DEFAULTS;
  NT_TEST_OK(nt_dataset_open(ctx, nt_test_data("digits-images.npy"), &options, &ds));
  const nt_dataset_info *info = nt_dataset_about(ds);
  NT_TEST(info->n == 1797 && info->shape.rank == 4 && info->positions == 64 && info->channels == 1);
  NT_TEST(info->space.rank == 2 && info->space.dim[0] == 8 && info->channel_axis == 3);
  NT_TEST(info->is_integer && strcmp(info->type, "uint8") == 0);
  nt_dataset_close(&ds);
  options.sample_shape = (nt_shape){.rank = 3, .dim = {4, 4, 4}};
  NT_TEST_OK(nt_dataset_open(ctx, nt_test_data("digits-images.npy"), &options, &ds));
  info = nt_dataset_about(ds);
  NT_TEST(info->shape.dim[0] == 1797 && info->positions == 16 && info->channels == 4);
  nt_dataset_close(&ds);
  const char *csv = io_csv("i.csv", "", ",", false, false, 4, 2);
  NT_TEST_FAILS(nt_dataset_open(ctx, csv, &options, &ds), NT_ERR_SHAPE);
  options.sample_shape = (nt_shape){.rank = NT_MAX_RANK, .dim = {2, 1, 1, 1, 1, 1, 1, 1, 1, 1}};
  NT_TEST_FAILS(nt_dataset_open(ctx, csv, &options, &ds), NT_ERR_SHAPE);
  /* A header that begins with a digit may be a row with a gap, or numbers written otherwise. */
  const char *const header[] = {"a,b\n1,2\n",   ",0\n1,2\n",      "info,1\n1,2\n",   "1,\n1,2\n",
                                "1,5;2\n1;2\n", "-.5 %,1\n1,2\n", "\"1d3\",2\n1,2\n"};
  for (int i = 0; i < 7; i++) {
    NT_TEST_OK(nt_dataset_open(ctx, text_file("h.csv", header[i]), NULL, &ds));
    NT_TEST(nt_dataset_about(ds)->n == 1 && nt_dataset_about(ds)->odd_header == (i >= 3));
    nt_dataset_close(&ds);
  }
}

static void test_random(void)
{
  nt_ctx *const ctx = nt_test_world();
  const nt_samples_options how = {.hash = true};
  nt_dataset_options options = {.flatten = true, .seed = 5};
  nt_samples *a = io_read(ctx, "random(1000,2,5)", &options, &how);
  nt_samples *b = io_read(nt_test_self(), "random(1000,2,5)", &options, &how);
  options.seed = 6;
  nt_samples *c = io_read(ctx, "random(1000,2,5)", &options, &how);
  NT_TEST(a != NULL && b != NULL && c != NULL);
  if (a == NULL || b == NULL || c == NULL) return;
  NT_TEST(strcmp(a->hash, b->hash) == 0 && strcmp(a->hash, c->hash) != 0);
  double sum = 0, squares = 0;
  for (int64_t e = 0; e < 10000; e++) {
    const double x = ((double *)b->data)[e];
    sum += x;
    squares += x * x;
  }
  NT_TEST_MSG(fabs(sum) < 300 && fabs(squares / 10000 - 1) < 0.05, "%g %g", sum, squares);
  nt_samples_destroy(&a);
  nt_samples_destroy(&b);
  nt_samples_destroy(&c);
}

/* A dataset in chunks that are not there, of 2^64 elements. */
static const char *huge_hdf5(const char *name)
{
  const char *const path = nt_test_path(name);
  if (nt_ctx_rank(nt_test_world()) == 0) {
    const hsize_t dim[2] = {(hsize_t)1 << 33, (hsize_t)1 << 31}, chunk[2] = {1 << 10, 1};
    const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t space = H5Screate_simple(2, dim, NULL), how = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(how, 2, chunk);
    H5Dclose(H5Dcreate2(file, "x", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, how, H5P_DEFAULT));
    H5Pclose(how);
    H5Sclose(space);
    H5Fclose(file);
  }
  MPI_Barrier(MPI_COMM_WORLD);
  return path;
}

static size_t keep(unsigned flags, size_t n, const unsigned *values, size_t bytes, size_t *size,
                   void **data)
{
  (void)flags, (void)n, (void)values, (void)size, (void)data;
  return bytes;
}

/* Two dozen datasets, of which /set0/x went through a filter that is gone when it is read; then one
 * without a space, and a text. */
static const char *many_hdf5(const char *name)
{
  const char *const path = nt_test_path(name);
  if (nt_ctx_rank(nt_test_world()) == 0) {
    const H5Z_class2_t filter = {H5Z_CLASS_T_VERS, 30000, 1, 1, "gone", NULL, NULL, keep};
    const hsize_t dim[2] = {2, 2};
    const double data[4] = {1, 2, 3, 4};
    const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t space = H5Screate_simple(2, dim, NULL), how = H5Pcreate(H5P_DATASET_CREATE);
    const hid_t links = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(links, 1);
    H5Zregister(&filter);
    H5Pset_chunk(how, 2, dim);
    H5Pset_filter(how, 30000, H5Z_FLAG_MANDATORY, 0, NULL);
    for (int i = 0; i < 24; i++) {
      char set[16];
      snprintf(set, sizeof set, "/set%d/x", i);
      const hid_t node = H5Dcreate2(file, set, H5T_NATIVE_DOUBLE, space, links,
                                    i ? H5P_DEFAULT : how, H5P_DEFAULT);
      H5Dwrite(node, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
      H5Dclose(node);
    }
    const hid_t null = H5Screate(H5S_NULL);
    H5Dclose(H5Dcreate2(file, "/set99", H5T_NATIVE_INT, null, links, H5P_DEFAULT, H5P_DEFAULT));
    H5Dclose(H5Dcreate2(file, "/text", H5T_C_S1, space, links, H5P_DEFAULT, H5P_DEFAULT));
    H5Sclose(null);
    H5Pclose(links);
    H5Pclose(how);
    H5Sclose(space);
    H5Fclose(file);
    H5Zunregister(30000);
  }
  MPI_Barrier(MPI_COMM_WORLD);
  return path;
}

static int unpacked;

static size_t count(unsigned flags, size_t n, const unsigned *values, size_t bytes, size_t *size,
                    void **data)
{
  (void)n, (void)values, (void)size, (void)data;
  unpacked += (flags & H5Z_FLAG_REVERSE) != 0;
  return bytes;
}

/* 512 x 512 doubles in one chunk that went through the filter. */
static void packed_hdf5(const char *path)
{
  const hsize_t dim[2] = {512, 512};
  double *const data = calloc(512 * 512, sizeof *data);
  const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const hid_t space = H5Screate_simple(2, dim, NULL), how = H5Pcreate(H5P_DATASET_CREATE);
  data[512 * 512 - 1] = 7;
  H5Pset_chunk(how, 2, dim);
  H5Pset_filter(how, 30001, H5Z_FLAG_MANDATORY, 0, NULL);
  const hid_t x = H5Dcreate2(file, "x", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, how, H5P_DEFAULT);
  H5Dwrite(x, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
  H5Dclose(x);
  H5Pclose(how);
  H5Sclose(space);
  H5Fclose(file);
  free(data);
}

/* A large chunk is unpacked once, though samples are read in blocks. */
static void test_packed(void)
{
  const H5Z_class2_t filter = {H5Z_CLASS_T_VERS, 30001, 1, 1, "count", NULL, NULL, count};
  const nt_dataset_options options = NT_DATASET_DEFAULTS;
  const nt_samples_options how = {.dtype = NT_FLOAT64};
  char text[300];
  nt_dataset *ds = NULL;
  nt_stored *kernel = NULL;
  nt_grid *grid = NULL;
  snprintf(text, sizeof text, "%s:/x", nt_test_path("packed.h5"));
  H5Zregister(&filter);
  if (nt_ctx_rank(nt_test_world()) == 0) packed_hdf5(nt_test_path("packed.h5"));
  MPI_Barrier(MPI_COMM_WORLD);
  unpacked = 0;
  nt_samples *s = io_read(nt_test_self(), text, &options, &how);
  NT_TEST_MSG(unpacked == 1, "%d", unpacked);
  NT_TEST(((const double *)s->data)[512 * 512 - 1] == 7);
  nt_samples_destroy(&s);
  NT_TEST_OK(nt_dataset_open(nt_test_self(), text, &options, &ds));
  NT_TEST(nt_dataset_about(ds)->unpacked == 8 << 20); /* it, and what unpacking takes */
  nt_dataset_close(&ds);
  NT_TEST_OK(nt_stored_open(nt_test_self(), text, &kernel));
  NT_TEST_OK(nt_grid_create(nt_test_self(), 1, 1, &grid));
  NT_TEST(nt_stored_buffers(kernel, grid, 1) > 8 << 20); /* and lines of it */
  nt_grid_destroy(&grid);
  nt_stored_close(&kernel);
  H5Zunregister(30001);
}

static void fails(const char *text, nt_status code, const char *message)
{
  nt_ctx *const ctx = nt_test_world();
  const nt_dataset_options options = {.flatten = true};
  const nt_samples_options how = {.dtype = NT_FLOAT64};
  nt_dataset *ds = NULL;
  nt_samples *s = NULL;
  char found[1900];
  nt_status status = nt_dataset_open(ctx, text, &options, &ds);
  if (status == NT_OK) status = nt_samples_read(ctx, ds, &how, &s);
  strcpy(found, nt_ctx_error(ctx)->message);
  NT_TEST_MSG(status == code, "%s: status %d", text, status);
  NT_TEST_CONTAINS(found, message);
  nt_ctx_clear_error(ctx);
  nt_samples_destroy(&s);
  nt_dataset_close(&ds);
}

static void test_bad_input(void)
{
  char text[400];
  const double nothing = 0;
  fails(nt_test_path("none.npy"), NT_ERR_DATA, "No such file");
  fails(nt_test_path("none.csv"), NT_ERR_DATA, "No such file");
  fails(nt_test_path("none.xyz"), NT_ERR_DATA, "no known format");
  fails("/tmp/.npy/", NT_ERR_DATA, "no known format");
  fails(nt_test_path("a.h5"), NT_ERR_DATA, "which dataset");
  snprintf(text, sizeof text, "%s:/group/y", io_hdf5("a.h5", H5T_NATIVE_DOUBLE, 2, 2));
  fails(text, NT_ERR_DATA, "no dataset '/group/y'; the file has /group/x");
  snprintf(text, sizeof text, "%s:/set0", many_hdf5("many.h5"));
  fails(text, NT_ERR_DATA, "no dataset '/set0'; the file has /set0/x, /set1/x, /set10/x, ");
  fails(text, NT_ERR_DATA, "/x, ...");
  snprintf(text, sizeof text, "%s:/set0/x", nt_test_path("many.h5"));
  fails(text, NT_ERR_DATA, "compressed by a filter 'gone' (30000)");
  snprintf(text, sizeof text, "%s:/set99", nt_test_path("many.h5"));
  fails(text, NT_ERR_DATA, "many.h5:/set99: is empty");
  snprintf(text, sizeof text, "%s:/text", nt_test_path("many.h5"));
  fails(text, NT_ERR_DATA, "the elements are texts; integers,");
  snprintf(text, sizeof text, "%s:/x", text_file("no.h5", "this is not HDF5"));
  fails(text, NT_ERR_DATA, "HDF5 cannot open it");
  snprintf(text, sizeof text, "%s:/x", huge_hdf5("huge.h5"));
  fails(text, NT_ERR_DATA, "2^63 elements");
  fails(text_file("no.idx", "abcd"), NT_ERR_DATA, "not an IDX file");
  fails(io_idx("t.idx", 0x0A, "|u1", false, 2, 2), NT_ERR_DATA, "0x0A");
  fails(io_file("s.idx", "\0\0\x08\x02\0\0\0\x05\0\0\0\x05xxxx", 16, false), NT_ERR_DATA,
        "needs 25 bytes of data, the file has 4");
  fails(io_file("v.idx.gz", "\0\0\x08\x03\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xffx", 17,
                true),
        NT_ERR_DATA, "v.idx.gz: truncated");
  fails(io_file("s.idx.gz", "\0\0\x08\x02\0\0\0\x05\0\0\0\x05xxxx", 16, true), NT_ERR_DATA,
        "ends within the samples");
  fails(io_file("m.idx", "\0\0\x08\x01\0\0\0\x02xxx", 11, false), NT_ERR_DATA,
        "has 3 bytes of data, but (2,) of uint8 needs 2");
  fails(io_file("m.idx.gz", "\0\0\x08\x01\0\0\0\x02xxx", 11, true), NT_ERR_DATA,
        "has more data than its header says");
  fails(text_file("r.csv", "1,2,3\n4,5\n"), NT_ERR_DATA, "line 2 has 2 columns");
  fails(text_file("w.csv", "1,2,3\n4,x7,6\n"), NT_ERR_DATA, "line 2, column 2: 'x7'");
  fails(text_file("d.csv", "a;b\n1,5;2\n"), NT_ERR_DATA, "line 2, column 1: '1,5'");
  fails(text_file("q.csv", "1,2\n3,\"4\n"), NT_ERR_DATA, "line 2, column 2: '\"4'");
  fails(text_file("g.csv", "1,2,3\n4,,6\n"), NT_ERR_DATA, "line 2, column 2 is empty");
  fails(text_file("h.csv", "1,2\n3,\n"), NT_ERR_DATA, "line 2, column 2 is empty");
  fails(text_file("e.csv", "a,b\n"), NT_ERR_DATA, "no samples");
  fails(text_file("z.csv", ""), NT_ERR_DATA, "no samples");
  fails(io_npy_doubles("0.npy", "(0, 3)", &nothing, 0), NT_ERR_DATA, "no samples");
  fails(io_npy_doubles("1.npy", "()", &nothing, 1), NT_ERR_DATA, "a single number");
  fails(text_file("n.csv", "1,2\n3,nan\n"), NT_ERR_DATA, "entry (1, 1) is nan");
  fails("random(3,x)", NT_ERR_ARG, "random(50000,32,32,3)");
  fails("x.npy[1:2", NT_ERR_ARG, "x.npy[1:2: a range stands in brackets behind the name");
}

static void test_truncated_gzip(void)
{
  size_t size;
  const char *const path = io_idx("whole.idx.gz", 0x08, "|u1", true, N, D);
  char *const bytes = nt_test_read(path, &size);
  fails(io_file("half.idx.gz", bytes, size / 2, false), NT_ERR_DATA, "half.idx.gz: ends");
  bytes[3] = 'x'; /* flags that nobody knows */
  fails(io_file("none.idx.gz", bytes, size, false), NT_ERR_DATA, "none.idx.gz: is damaged: ");
  bytes[3] = '\0';
  fails(io_file("most.idx.gz", bytes, size - 6, false), NT_ERR_DATA, "ends behind the samples");
  free(bytes);
}

/* glibc's LC_NUMERIC of a language with a decimal comma, for little-endian machines. */
static const unsigned char comma_locale[] = {
    0x14, 0x11, 0x03, 0x20, 6,   0, 0,    0, 0x20, 0, 0,    0, 0x22, 0,   0,   0,   0x24, 0,
    0,    0,    0x28, 0,    0,   0, 0x2c, 0, 0,    0, 0x30, 0, 0,    0,   ',', 0,   '.',  0,
    3,    3,    0,    0,    ',', 0, 0,    0, '.',  0, 0,    0, 'A',  'S', 'C', 'I', 'I',  0};

/* Files and steps have points, whatever the program that uses the library has set. */
static void test_comma_locale(void)
{
  char folder[400];
  nt_error err = {.status = NT_OK};
  nt_preprocess *p = NULL;
  const char *const csv = io_csv("comma.csv", "", ";", false, false, N, D);
  (void)mkdir(nt_test_path("comma"), 0777);
  (void)io_file("comma/LC_NUMERIC", comma_locale, sizeof comma_locale, false);
  snprintf(folder, sizeof folder, "%s", nt_test_path("."));
  (void)setenv("LOCPATH", folder, 1);
  const bool set = setlocale(LC_NUMERIC, "comma") != NULL;
  (void)unsetenv("LOCPATH");
  if (!set) return; /* another C library */
  char shown[8];
  snprintf(shown, sizeof shown, "%.1f", 0.5);
  NT_TEST(strcmp(shown, "0,5") == 0);
  check(csv, 0.5, NULL);
  nt_labels *y = NULL;
  NT_TEST_OK(nt_labels_read(nt_test_world(), csv, &y));
  NT_TEST(y != NULL && y->y[1] == io_value(0, 1) + 0.5);
  nt_labels_destroy(&y);
  NT_TEST_OK_ERR(nt_preprocess_parse(&err, "scale=0.5", &p), &err);
  NT_TEST(p != NULL && strcmp(nt_preprocess_text(p), "scale=0.5") == 0);
  nt_preprocess_destroy(&p);
  snprintf(shown, sizeof shown, "%.1f", 0.5);
  NT_TEST(strcmp(shown, "0,5") == 0); /* it is the program's again */
  (void)setlocale(LC_NUMERIC, "C");
}

static const CU_TestInfo tests[] = {
    {"all formats give the same samples and hash", test_all_formats},
    {"a header tells shape and type", test_about},
    {"random data depend on the seed alone", test_random},
    {"a packed chunk is unpacked once", test_packed},
    {"bad input fails on all ranks with its message", test_bad_input},
    {"a truncated gzip file is an error", test_truncated_gzip},
    {"a decimal comma of the program changes nothing", test_comma_locale},
    CU_TEST_INFO_NULL};
NT_TEST_MAIN("io.formats", tests)
