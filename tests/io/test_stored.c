/** Stored matrices: every layout of the file and of the result, chosen rows,
 * triangles, what is wrong. */
#include "io_files.h"
#include "nt/stored.h"

enum { N = 23 };

static double square(int64_t i, int64_t j) { return io_value(i, j) + io_value(j, i) + (i == j); }

/* A full matrix of doubles; entries outside of `filled` are NaN. */
static const char *write_square(const char *name, nt_triangle filled)
{
  static double v[N * N];
  for (int64_t i = 0; i < N; i++) {
    for (int64_t j = 0; j < N; j++) {
      const bool there = filled == NT_FULL || i == j || (filled == NT_LOWER) == (i > j);
      v[i * N + j] = there ? square(i, j) : NAN;
    }
  }
  return io_npy_doubles(name, "(23, 23)", v, N * N);
}

/* Whether every local entry of `m` is value(rows[i], cols[j]). */
static bool equals(const nt_dmatrix *m, double (*value)(int64_t, int64_t), const int64_t *rows,
                   const int64_t *cols)
{
  bool equal = true;
  for (int64_t lj = 0; lj < m->cols; lj++) {
    for (int64_t li = 0; li < m->rows; li++) {
      const int64_t i = nt_dmatrix_row(m, li), j = nt_dmatrix_column(m, lj);
      equal &= m->a[li + lj * m->ld] == value(rows ? rows[i] : i, cols ? cols[j] : j);
    }
  }
  return equal;
}

static void read_and_compare(nt_grid *grid, const char *path, nt_triangle filled,
                             double (*value)(int64_t, int64_t), int64_t M, int64_t n,
                             const int64_t *rows, const int64_t *cols)
{
  static const int64_t blocks[][2] = {{4, 4}, {3, 7}, {64, 1}};
  nt_stored *stored = NULL;
  NT_TEST_OK(nt_stored_open(nt_test_world(), path, &stored));
  for (int b = 0; b < 3 && stored != NULL; b++) {
    nt_dmatrix *m = NULL;
    NT_TEST_OK(nt_dmatrix_create(grid, M, n, blocks[b][0], blocks[b][1], &m));
    NT_TEST_OK(nt_stored_read(stored, filled, rows, cols, m));
    NT_TEST_MSG(equals(m, value, rows, cols), "%s, blocks %d", path, b);
    nt_dmatrix_destroy(&m);
  }
  nt_stored_close(&stored);
}

/* What the header alone says. */
static void header(const char *path, int64_t M, int64_t n, int rank, int64_t unit, bool single)
{
  nt_stored *stored = NULL;
  int64_t rows = 0, cols = 0;
  NT_TEST_OK(nt_stored_open(nt_test_world(), path, &stored));
  if (stored == NULL) return;
  nt_stored_size(stored, &rows, &cols);
  NT_TEST_MSG(rows == M && cols == n, "%s: %d x %d", path, (int)rows, (int)cols);
  NT_TEST(nt_stored_shape(stored).rank == rank && nt_stored_unit(stored) == unit);
  NT_TEST(nt_stored_is_single(stored) == single && strcmp(nt_stored_name(stored), path) == 0);
  nt_stored_close(&stored);
}

static void test_header(void)
{
  static const double zeros[150];
  header(io_npy("m.npy", "<f8", false, 1, 13, 31), 13, 31, 2, 1, false);
  header(io_npy("m.npy", ">f4", true, 1, 13, 31), 13, 31, 2, 1, true);
  header(io_npy_doubles("pairs.npy", "(3, 2, 5, 5)", zeros, 150), 15, 10, 4, 5, false);
}

/* .npy in both orders and several types, larger than a batch of lines or smaller than the ranks. */
static void layouts(nt_grid *grid)
{
  static const char *const types[] = {"<f8", ">f4", "<i2"};
  for (int t = 0; t < 3; t++) {
    for (int fortran = 0; fortran < 2; fortran++) {
      const char *path = io_npy("m.npy", types[t], fortran, 1, 13, 31);
      read_and_compare(grid, path, NT_FULL, io_value, 13, 31, NULL, NULL);
      path = io_npy("one.npy", types[t], fortran, 1, 1, 2);
      read_and_compare(grid, path, NT_FULL, io_value, 1, 2, NULL, NULL);
    }
  }
}

static void test_layouts(void) { nt_test_on_all_grids(layouts); }

/* More than a batch: 8 MiB of doubles. */
static void test_batches(void)
{
  nt_grid *grid = NULL;
  const char *path = io_npy("large.npy", "<i2", false, 1, 1100, 1000);
  NT_TEST_OK(nt_grid_create(nt_test_world(), 0, 0, &grid));
  read_and_compare(grid, path, NT_FULL, io_value, 1100, 1000, NULL, NULL);
  nt_grid_destroy(&grid);
}

static const int64_t some[] = {5, 6, 7, 22, 0, 9, 9}, others[] = {21, 4, 3};

static void chosen(nt_grid *grid)
{
  for (int fortran = 0; fortran < 2; fortran++) {
    const char *path = io_npy("m.npy", "<f8", fortran, 1, N, N);
    read_and_compare(grid, path, NT_FULL, io_value, 7, 3, some, others);
    read_and_compare(grid, path, NT_FULL, io_value, 3, N, others, NULL);
    read_and_compare(grid, path, NT_FULL, io_value, N, 7, NULL, some);
  }
}

static void test_chosen(void) { nt_test_on_all_grids(chosen); }

/* The other triangle is NaN in the file, and not looked at. */
static void triangles(nt_grid *grid)
{
  for (nt_triangle filled = NT_LOWER; filled <= NT_UPPER; filled++) {
    const char *path = write_square("triangle.npy", filled);
    read_and_compare(grid, path, filled, square, N, N, NULL, NULL);
    read_and_compare(grid, path, filled, square, 7, 3, some, others);
    read_and_compare(grid, path, filled, square, 3, 3, others, others);
  }
}

static void test_triangles(void) { nt_test_on_all_grids(triangles); }

/* A file that ntmpi writes, in chunks: results, places, attributes; a folder likewise. */
static void round_trip(const char *name, const char *nngp, const char *group_ntk)
{
  nt_ctx *ctx = nt_test_world();
  nt_grid *grid = NULL;
  nt_dmatrix *m = NULL;
  nt_output *out = NULL;
  char place[5000], path[5000], *lines = NULL;
  snprintf(path, sizeof path, "%s", nt_test_path(name));
  NT_TEST_OK(nt_grid_create(ctx, 0, 0, &grid));
  NT_TEST_OK(nt_dmatrix_create(grid, N, N, 5, 5, &m));
  for (int64_t lj = 0; lj < m->cols; lj++)
    for (int64_t li = 0; li < m->rows; li++)
      m->a[li + lj * m->ld] = io_value(nt_dmatrix_row(m, li), nt_dmatrix_column(m, lj));
  NT_TEST_OK(nt_output_open(ctx, path, true, &out));
  NT_TEST_OK(nt_output_write_matrix(out, "nngp", m, NULL, NT_FLOAT64));
  NT_TEST_OK(nt_output_write_matrix(out, "more/ntk", m, NULL, NT_FLOAT32));
  NT_TEST_OK(nt_output_attr_text(out, "", "x1_sha256[1]", "b"));
  NT_TEST_OK(nt_output_attr_text(out, "", "x1_sha256[0]", "a"));
  NT_TEST_OK(nt_output_attr_text(out, "", "network", "Dense(1)"));
  NT_TEST_OK(nt_output_attr_text(out, "more", "x1_sha256", "c"));
  NT_TEST_OK(nt_output_commit(&out));
  NT_TEST_OK(nt_stored_find(ctx, path, "nngp", place, sizeof place));
  NT_TEST_CONTAINS(place, nngp);
  read_and_compare(grid, place, NT_FULL, io_value, N, N, NULL, NULL);
  NT_TEST_OK(nt_stored_texts(ctx, place, "x1_sha256", &lines));
  NT_TEST(strcmp(lines, "[0]=a\n[1]=b\n") == 0);
  free(lines);
  NT_TEST_OK(nt_stored_find(ctx, path, "ntk", place, sizeof place));
  NT_TEST(place[0] == '\0');
  snprintf(path + strlen(path), 40, "%smore", strstr(name, ".h5") ? ":/" : "");
  NT_TEST_OK(nt_stored_find(ctx, path, "ntk", place, sizeof place));
  NT_TEST_CONTAINS(place, group_ntk);
  read_and_compare(grid, place, NT_FULL, io_value, N, N, NULL, NULL);
  NT_TEST_OK(nt_stored_texts(ctx, place, "x1_sha256", &lines));
  NT_TEST(strcmp(lines, "=c\n") == 0);
  free(lines);
  NT_TEST_OK(nt_stored_texts(ctx, place, "network", &lines));
  NT_TEST(strcmp(lines, "=Dense(1)\n") == 0);
  free(lines);
  nt_dmatrix_destroy(&m);
  nt_grid_destroy(&grid);
}

static void test_round_trip(void)
{
  round_trip("k.h5", "k.h5:/nngp", "k.h5:/more/ntk");
  round_trip("k/", "k/nngp.npy", "k/more/ntk.npy");
}

static void refused(const char *path, const char *part)
{
  nt_stored *stored = NULL;
  nt_error *err = nt_ctx_error(nt_test_world());
  const nt_status status = nt_stored_open(nt_test_world(), path, &stored);
  NT_TEST_CONTAINS(err->message, part);
  NT_TEST_FAILS(status, NT_ERR_DATA);
  NT_TEST(stored == NULL);
}

static void test_refused(void)
{
  double v[24] = {0};
  nt_ctx *ctx = nt_test_world();
  nt_grid *grid = NULL;
  nt_stored *stored = NULL;
  nt_dmatrix *m = NULL;
  refused(io_npy_doubles("cube.npy", "(2, 3, 4)", v, 24), "has shape (2, 3, 4)");
  refused(nt_test_path("none.npy"), "none.npy");
  nt_test_write_text(nt_test_path("k.csv"), "1,2\n2,1\n");
  refused(nt_test_path("k.csv"), "a stored kernel is a .npy file");
  /* An entry that is not finite is named by its place in the file. */
  v[7] = INFINITY;
  NT_TEST_OK(nt_grid_create(ctx, 0, 0, &grid));
  NT_TEST_OK(nt_stored_open(ctx, io_npy_doubles("inf.npy", "(4, 6, 1)", v, 24), &stored));
  NT_TEST_OK(nt_dmatrix_create(grid, 2, 6, 1, 1, &m));
  const nt_status status = nt_stored_read(stored, NT_FULL, (int64_t[]){3, 1}, NULL, m);
  NT_TEST_CONTAINS(nt_ctx_error(ctx)->message, "inf.npy: entry (1, 1) is inf");
  NT_TEST_FAILS(status, NT_ERR_DATA);
  nt_dmatrix_destroy(&m);
  nt_stored_close(&stored);
  nt_grid_destroy(&grid);
}

static double vector_entry(int64_t i, int64_t j) { return (double)(4 + i) * (j == 0); }

/* A vector is a matrix of one column. */
static void test_vectors(void)
{
  nt_ctx *ctx = nt_test_world();
  nt_grid *grid = NULL;
  nt_stored *stored = NULL;
  const double v[] = {4, 5, 6, 7};
  const char *path = io_npy_doubles("v.npy", "(4,)", v, 4);
  NT_TEST_OK(nt_stored_open(ctx, path, &stored));
  NT_TEST(nt_stored_is_vector(stored) && nt_stored_tolerance(stored) == 1e-10);
  nt_stored_close(&stored);
  NT_TEST_OK(nt_grid_create(ctx, 0, 0, &grid));
  read_and_compare(grid, path, NT_FULL, vector_entry, 3, 1, (int64_t[]){3, 0, 2}, NULL);
  nt_grid_destroy(&grid);
}

static const CU_TestInfo tests[] = {{"headers", test_header},
                                    {"all layouts on all grids", test_layouts},
                                    {"several batches", test_batches},
                                    {"chosen rows and columns", test_chosen},
                                    {"one triangle is enough", test_triangles},
                                    {"a file of results is found and read", test_round_trip},
                                    {"vectors", test_vectors},
                                    {"what is no kernel is refused", test_refused},
                                    CU_TEST_INFO_NULL};

NT_TEST_MAIN("io.stored", tests)
