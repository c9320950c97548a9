/* Results: written by all ranks, read again element by element; and every reason not to write. */
#include "base/npy.h"
#include "io/draft.h"
#include "io_files.h"
#include "nt/dmatrix.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static double element(int64_t gi, int64_t gj) { return nt_test_uniform(7, gi, gj); }

/* A matrix of element(gi, gj) on the grid. */
static nt_dmatrix *matrix(nt_grid *g, int64_t M, int64_t N, int64_t mb, int64_t nb)
{
  nt_dmatrix *m = NULL;
  NT_TEST_OK(nt_dmatrix_create(g, M, N, mb, nb, &m));
  for (int64_t j = 0; j < m->cols; j++)
    for (int64_t i = 0; i < m->rows; i++)
      m->a[i + j * m->ld] = element(nt_local_to_global(i, mb, nt_grid_p(g), nt_grid_P(g)),
                                    nt_local_to_global(j, nb, nt_grid_q(g), nt_grid_Q(g)));
  return m;
}

/* Compare an array (C order) with the matrix under a layout; float32 when `eps` > 0. */
static int differences(const nt_result_layout *l, const double *data, double eps)
{
  int wrong = 0;
  const int rank = l->rows.rank + l->cols.rank;
  int64_t total = nt_shape_size(&l->rows) * nt_shape_size(&l->cols);
  for (int64_t e = 0; e < total; e++) {
    int64_t rest = e, index[NT_MAX_RESULT_RANK] = {0}, row = 0, col = 0;
    for (int a = rank - 1; a >= 0; a--) {
      const int from = l->order[a];
      const int64_t size =
          from < l->rows.rank ? l->rows.dim[from] : l->cols.dim[from - l->rows.rank];
      index[from] = rest % size;
      rest /= size;
    }
    for (int a = 0; a < l->rows.rank; a++)
      row = row * l->rows.dim[a] + index[a];
    for (int a = 0; a < l->cols.rank; a++)
      col = col * l->cols.dim[a] + index[l->rows.rank + a];
    wrong += fabs(data[e] - element(row, col)) > eps;
  }
  return wrong;
}

/* Read a dataset of any rank as doubles, serially. */
static double *read_hdf5(const char *path, const char *name, int *rank, hsize_t *dim)
{
  const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
  const hid_t set = H5Dopen2(file, name, H5P_DEFAULT), space = H5Dget_space(set);
  *rank = H5Sget_simple_extent_dims(space, dim, NULL);
  double *const data = malloc((size_t)H5Sget_simple_extent_npoints(space) * sizeof *data + 8);
  H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
  H5Sclose(space);
  H5Dclose(set);
  H5Fclose(file);
  return data;
}

/* Write one matrix under a layout to HDF5 and to a folder, and read both. */
static void check(nt_grid *g, int64_t mb, int64_t nb, const nt_result_layout *l, nt_dtype store)
{
  nt_ctx *const ctx = nt_grid_ctx(g);
  nt_output *out = NULL;
  nt_dmatrix *m = matrix(g, nt_shape_size(&l->rows), nt_shape_size(&l->cols), mb, nb);
  const char *const h5 = nt_test_path("k.h5"), *const folder = nt_test_path("k/");
  const double eps = store == NT_FLOAT32 ? 1e-7 : 0;
  for (int k = 0; k < 2; k++) {
    NT_TEST_OK(nt_output_open(ctx, k ? folder : h5, true, &out));
    NT_TEST_OK(nt_output_write_matrix(out, "nngp", m, l, store));
    NT_TEST_OK(nt_output_write_matrix(out, "tree/1/0", m, l, store));
    NT_TEST(nt_output_bytes(out) == 2 * m->M * m->N * (store == NT_FLOAT32 ? 4 : 8));
    NT_TEST_OK(nt_output_commit(&out));
  }
  int rank = 0, wrong = 0;
  hsize_t dim[32];
  double *data = read_hdf5(h5, "/nngp", &rank, dim);
  wrong += rank != l->rows.rank + l->cols.rank || differences(l, data, eps);
  free(data);
  data = read_hdf5(h5, "/tree/1/0", &rank, dim);
  wrong += differences(l, data, eps);
  free(data);
  nt_array a = {.data = NULL};
  nt_error err = {.status = NT_OK};
  NT_TEST_OK_ERR(nt_npy_load(&err, nt_test_path("k/tree/1/0.npy"), &a), &err);
  wrong += a.data == NULL || differences(l, a.data, eps);
  free(a.data);
  NT_TEST_MSG(wrong == 0, "%lld x %lld in %lld x %lld, %d axes", (long long)m->M, (long long)m->N,
              (long long)mb, (long long)nb, rank);
  nt_dmatrix_destroy(&m);
}

static void test_layouts(void)
{
  static const struct {
    int64_t mb, nb;
  } blocks[] = {{1, 1}, {4, 3}, {12, 6}, {64, 64}};
  const nt_shape none = {.rank = 0}, plane = {.rank = 2, .dim = {2, 3}};
  const nt_shape line = {.rank = 1, .dim = {5}};
  nt_grid *g = NULL;
  NT_TEST_OK(nt_grid_create(nt_test_world(), 0, 0, &g));
  for (int b = 0; b < 4; b++) {
    const nt_result_layout layouts[] = {
        nt_layout_plain(13, 11),          nt_layout_plain(1, 1),
        nt_layout_full(5, 4, &plane),     nt_layout_full(3, 4, &none),
        nt_layout_diagonal(5, 4, &plane), nt_layout_variance(7, &line),
        nt_layout_variance(7, &none),     nt_layout_covariance(5, &plane)};
    for (int k = 0; k < 8; k++)
      check(g, blocks[b].mb, blocks[b].nb, &layouts[k], k % 2 ? NT_FLOAT32 : NT_FLOAT64);
  }
  nt_grid_destroy(&g);
}

/* Results of several MiB: HDF5 has many chunks, some of them ragged. */
static void test_many_chunks(void)
{
  nt_grid *g = NULL;
  NT_TEST_OK(nt_grid_create(nt_test_world(), 0, 0, &g));
  const nt_result_layout plain = nt_layout_plain(1500, 700);
  const nt_shape line = {.rank = 1, .dim = {30}};
  const nt_result_layout full = nt_layout_full(23, 29, &line);
  check(g, 64, 48, &plain, NT_FLOAT64);
  check(g, 60, 90, &full, NT_FLOAT64);
  nt_grid_destroy(&g);
}

static void test_small_arrays(void)
{
  nt_ctx *const ctx = nt_test_world();
  const nt_shape scalar = {.rank = 0}, vector = {.rank = 1, .dim = {3}};
  const double values[3] = {1.5, 2.5, -3};
  const int64_t ints[3] = {1, -2, 1LL << 60};
  const unsigned char bools[3] = {1, 0, 1};
  nt_output *out = NULL;
  for (int k = 0; k < 2; k++) {
    NT_TEST_OK(nt_output_open(ctx, nt_test_path(k ? "s.h5" : "s/"), true, &out));
    NT_TEST_OK(nt_output_write_array(out, "ntk", &scalar, values));
    NT_TEST_OK(nt_output_write_array(out, "cov1", &vector, values));
    NT_TEST_OK(nt_output_write_ints(out, "class", &vector, ints));
    NT_TEST_OK(nt_output_write_bools(out, "mask1", &vector, bools));
    NT_TEST_OK(nt_output_write_meta(out, "stat/1-center/mean", &vector, values));
    NT_TEST_OK(nt_output_attr_text(out, "", "network", "Dense(1)"));
    NT_TEST_OK(nt_output_attr_text(out, "", "network", "Relu() # \xC3\xA9"));
    NT_TEST_OK(nt_output_attr_ints(out, "", "shape1", 3, ints));
    NT_TEST_OK(nt_output_attr_int(out, "cov1", "batch_axis", -7));
    NT_TEST_OK(nt_output_attr_real(out, "", "reg", 0.25));
    NT_TEST_OK(nt_output_attr_bool(out, "", "x1_is_x2", true));
    NT_TEST_OK(nt_output_commit(&out));
    NT_TEST(out == NULL);
  }
  int rank = -1;
  hsize_t dim[32];
  double *data = read_hdf5(nt_test_path("s.h5"), "/ntk", &rank, dim);
  NT_TEST(rank == 0 && data[0] == 1.5);
  free(data);
  data = read_hdf5(nt_test_path("s.h5"), "/mask1", &rank, dim);
  NT_TEST(rank == 1 && dim[0] == 3 && data[0] == 1 && data[1] == 0 && data[2] == 1);
  free(data);
  nt_array a;
  nt_error err = {.status = NT_OK};
  NT_TEST_OK_ERR(nt_npy_load(&err, nt_test_path("s/class.npy"), &a), &err);
  NT_TEST(a.rank == 1 && a.data[2] == 0x1p60 && a.data[1] == -2);
  free(a.data);
  char *const json = nt_test_read(nt_test_path("s/attributes.json"), &(size_t){0});
  NT_TEST(json != NULL && strstr(json, "\"x1_is_x2\":\ttrue") && strstr(json, "\"/cov1\"") &&
          strstr(json, "Relu()") && !strstr(json, "Dense(1)"));
  free(json);
}

static void test_attributes(void)
{
  nt_ctx *const ctx = nt_test_world();
  nt_output *out = NULL;
  char *const text = malloc(40001);
  memset(text, 'x', 40000);
  text[40000] = '\0';
  NT_TEST_OK(nt_output_open(ctx, nt_test_path("a.h5"), false, &out));
  NT_TEST_OK(nt_output_attr_text(out, "", "short", "caf\xC3\xA9"));
  NT_TEST_OK(nt_output_attr_text(out, "", "network", text));
  NT_TEST_OK(nt_output_attr_bool(out, "", "flag", true));
  NT_TEST_FAILS(nt_output_attr_bool(out, "not/there", "flag", true), NT_ERR_OUTPUT);
  NT_TEST_OK(nt_output_commit(&out));
  const hid_t file = H5Fopen(nt_test_path("a.h5"), H5F_ACC_RDONLY, H5P_DEFAULT);
  const hid_t attr = H5Aopen(file, "short", H5P_DEFAULT), type = H5Aget_type(attr);
  char *value = NULL;
  NT_TEST(H5Aread(attr, type, &value) >= 0 && strcmp(value, "caf\xC3\xA9") == 0);
  H5free_memory(value);
  const hid_t set = H5Dopen2(file, "network", H5P_DEFAULT);
  NT_TEST(H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, &value) >= 0 &&
          strcmp(value, text) == 0);
  H5free_memory(value);
  const hid_t flag = H5Aopen(file, "flag", H5P_DEFAULT), flag_type = H5Aget_type(flag);
  NT_TEST(H5Tget_class(flag_type) == H5T_ENUM && H5Tget_size(flag_type) == 1);
  H5Tclose(flag_type);
  H5Aclose(flag);
  H5Dclose(set);
  H5Tclose(type);
  H5Aclose(attr);
  H5Fclose(file);
  free(text);
}

/* Names in a folder that contain `part`. */
static int count_names(const char *folder, const char *part)
{
  int n = 0;
  DIR *const dir = opendir(folder);
  for (struct dirent *e = dir ? readdir(dir) : NULL; e != NULL; e = readdir(dir))
    n += strstr(e->d_name, part) != NULL;
  if (dir != NULL) closedir(dir);
  return n;
}

static void refused(const char *path, bool force, nt_status code, const char *message)
{
  nt_ctx *const ctx = nt_test_world();
  nt_output *out = NULL;
  char found[1900];
  const nt_status status = nt_output_open(ctx, path, force, &out);
  strcpy(found, nt_ctx_error(ctx)->message);
  NT_TEST_MSG(status == code && out == NULL, "%s: %d", path, status);
  NT_TEST_CONTAINS(found, message);
  nt_ctx_clear_error(ctx);
}

static void on_root(int (*make)(const char *path), const char *path)
{
  if (nt_ctx_rank(nt_test_world()) == 0) (void)make(path);
  MPI_Barrier(MPI_COMM_WORLD);
}

static int make_fifo(const char *path) { return mkfifo(path, 0600); }
static int make_folder(const char *path) { return mkdir(path, 0700); }
static int make_null_link(const char *path) { return symlink("/dev/null", path); }
static int make_dangling(const char *path) { return symlink("/nowhere/at/all", path); }

static void test_refusals(void)
{
  nt_test_write_text(nt_test_path("there.h5"), "precious");
  refused(nt_test_path("there.h5"), false, NT_ERR_OUTPUT, "exists; --force");
  refused(nt_test_path("name.txt"), false, NT_ERR_ARG, "NAME.h5");
  refused(nt_test_path("no/such/k.h5"), false, NT_ERR_OUTPUT, "No such file or directory");
  refused(nt_test_path("no/such/k.npy"), false, NT_ERR_OUTPUT, "No such file or directory");
  refused(nt_test_path("no/such/k/"), false, NT_ERR_OUTPUT, "No such file or directory");
  refused(nt_test_path("there.h5/k.npy"), false, NT_ERR_OUTPUT, "Not a directory");
  on_root(make_fifo, nt_test_path("fifo.h5"));
  refused(nt_test_path("fifo.h5"), true, NT_ERR_OUTPUT, "device, pipe or socket");
  on_root(make_null_link, nt_test_path("null.npy"));
  refused(nt_test_path("null.npy"), true, NT_ERR_OUTPUT, "device, pipe or socket");
  on_root(make_dangling, nt_test_path("dangling.npy"));
  refused(nt_test_path("dangling.npy"), true, NT_ERR_OUTPUT, "symbolic link to nothing");
  on_root(make_folder, nt_test_path("folder.h5"));
  refused(nt_test_path("folder.h5"), true, NT_ERR_OUTPUT, "is a folder");
  on_root(make_folder, nt_test_path("mine"));
  refused(nt_test_path("mine/"), false, NT_ERR_OUTPUT, "exists; --force");
  nt_test_write_text(nt_test_path("mine/thesis.tex"), "precious");
  refused(nt_test_path("mine/"), true, NT_ERR_OUTPUT, "more than results");
  refused(nt_test_path("there.h5/"), true, NT_ERR_OUTPUT, "is a file");
  NT_TEST(count_names(nt_test_path(""), ".tmp-") == 0);
}

static void test_force_and_abort(void)
{
  nt_ctx *const ctx = nt_test_world();
  nt_output *out = NULL;
  const nt_shape scalar = {.rank = 0};
  const char *const path = nt_test_path("f.npy");
  for (int k = 1; k < 3; k++) {
    const double v = k;
    NT_TEST_OK(nt_output_open(ctx, path, k > 1, &out));
    NT_TEST_OK(nt_output_write_array(out, "nngp", &scalar, &v));
    NT_TEST_OK(nt_output_write_meta(out, "stat", &scalar, &v));
    NT_TEST_FAILS(nt_output_write_array(out, "ntk", &scalar, &v), NT_ERR_OUTPUT);
    NT_TEST_OK(nt_output_commit(&out));
    nt_array a;
    nt_error err = {.status = NT_OK};
    NT_TEST_OK_ERR(nt_npy_load(&err, path, &a), &err);
    NT_TEST(a.data[0] == v);
    free(a.data);
  }
  static const char *const names[] = {"g.h5", "g/", "g.npy"};
  for (int k = 0; k < 3; k++) {
    NT_TEST_OK(nt_output_open(ctx, nt_test_path(names[k]), false, &out));
    NT_TEST_OK(nt_output_write_array(out, "a", &scalar, &(double){1}));
    MPI_Barrier(MPI_COMM_WORLD);
    nt_output_abort(&out);
    MPI_Barrier(MPI_COMM_WORLD);
    NT_TEST(access(nt_test_path(names[k]), F_OK) != 0);
  }
  NT_TEST(count_names(nt_test_path(""), ".tmp-") == 0);
}

/* A file that appears while we compute is not overwritten. */
static void test_permissions(void)
{
  nt_ctx *const ctx = nt_test_world();
  const nt_shape scalar = {.rank = 0};
  static const char *const names[] = {"p.h5", "p/", "p.npy"};
  for (int k = 0; k < 3; k++) {
    const char *const path = nt_test_path(names[k]);
    const mode_t kept = k == 1 ? S_IRWXU : S_IRUSR | S_IWUSR;
    struct stat info;
    for (int run = 0; run < 2; run++) {
      nt_output *out = NULL;
      NT_TEST_OK(nt_output_open(ctx, path, run > 0, &out));
      NT_TEST_OK(nt_output_write_array(out, "nngp", &scalar, &(double){run}));
      NT_TEST_OK(nt_output_commit(&out));
      if (nt_ctx_rank(ctx) == 0) (void)(run == 0 && chmod(path, kept));
      MPI_Barrier(MPI_COMM_WORLD);
    }
    NT_TEST(stat(path, &info) == 0 && (info.st_mode & 0777) == kept);
  }
}

static void test_late_file(void)
{
  nt_ctx *const ctx = nt_test_world();
  nt_output *out = NULL;
  NT_TEST_OK(nt_output_open(ctx, nt_test_path("late.h5"), false, &out));
  nt_test_write_text(nt_test_path("late.h5"), "precious");
  NT_TEST_FAILS(nt_output_commit(&out), NT_ERR_OUTPUT);
  NT_TEST(out == NULL);
  char *const text = nt_test_read(nt_test_path("late.h5"), &(size_t){0});
  NT_TEST(strcmp(text, "precious") == 0);
  free(text);
}

/* What has the name of a temporary file, left by a run that was killed or a trap, is neither
 * written to nor followed, and in nobody's way. */
static void test_names_in_use(void)
{
  static const char *const names[] = {"w.h5", "w.npy", "w/"}, *const drafts[] = {"s.h5", "s.npy",
                                                                                 "s"};
  nt_ctx *const ctx = nt_test_world();
  const nt_shape scalar = {.rank = 0};
  char draft[60];
  nt_test_write_text(nt_test_path("kept"), "precious");
  for (int k = 0; k < 3; k++) {
    nt_output *out = NULL;
    (void)snprintf(draft, sizeof draft, ".%s.tmp-%ld", drafts[k], (long)getpid());
    NT_TEST(nt_ctx_rank(ctx) != 0 || symlink("kept", nt_test_path(draft)) == 0);
    NT_TEST_OK(nt_output_open(ctx, nt_test_path(names[k]), false, &out));
    NT_TEST_OK(nt_output_write_array(out, "a", &scalar, &(double){1}));
    NT_TEST_OK(nt_output_commit(&out));
    NT_TEST(access(nt_test_path(names[k]), F_OK) == 0);
    NT_TEST(nt_ctx_rank(ctx) != 0 || unlink(nt_test_path(draft)) == 0);
  }
  NT_TEST(count_names(nt_test_path(""), ".tmp-") == 0);
  char *const text = nt_test_read(nt_test_path("kept"), &(size_t){0});
  NT_TEST(strcmp(text, "precious") == 0);
  free(text);
}

static void end_by_signal(int number)
{
  (void)number;
  nt_drafts_remove();
  _exit(1);
}

/* A process that makes and drops drafts until it gets a signal, whenever that comes. */
static pid_t begin_to_draft(void)
{
  const pid_t child = fork();
  nt_error err = {.status = NT_OK};
  nt_draft draft;
  if (child != 0) return child;
  (void)signal(SIGUSR1, end_by_signal);
  while (nt_draft_name(&err, nt_test_path("e.h5"), &draft) == NT_OK &&
         nt_draft_begin(&err, &draft, false) == NT_OK)
    nt_draft_drop(&draft);
  _exit(2);
}

static void test_signals(void)
{
  int wrong = 0;
  for (int i = 0; i < 100 && nt_ctx_rank(nt_test_world()) == 0; i++) {
    int code = 0;
    const pid_t child = begin_to_draft();
    (void)usleep((useconds_t)(2000 + 37 * i));
    (void)kill(child, SIGUSR1);
    wrong += waitpid(child, &code, 0) != child;
    wrong += count_names(nt_test_path(""), ".tmp-");
  }
  NT_TEST_MSG(wrong == 0, "%d", wrong);
}

/* The limit of the size of files stands for a full disk: on all ranks, or on the last one alone. */
static void full_disk(const char *name, rlim_t limit, bool last_only)
{
  nt_ctx *const ctx = nt_test_world();
  nt_output *out = NULL;
  nt_grid *g = NULL;
  struct rlimit before, small;
  char found[1900] = "";
  getrlimit(RLIMIT_FSIZE, &before);
  small = (struct rlimit){.rlim_cur = limit, .rlim_max = before.rlim_max};
  NT_TEST_OK(nt_grid_create(ctx, 0, 0, &g));
  nt_dmatrix *m = matrix(g, 700, 700, 32, 32);
  if (!last_only || nt_ctx_rank(ctx) == nt_ctx_size(ctx) - 1) setrlimit(RLIMIT_FSIZE, &small);
  nt_status status = nt_output_open(ctx, nt_test_path(name), true, &out);
  if (status == NT_OK) status = nt_output_write_matrix(out, "nngp", m, NULL, NT_FLOAT64);
  if (status == NT_OK) status = nt_output_attr_text(out, "", "network", "x");
  if (status == NT_OK)
    status = nt_output_commit(&out);
  else
    nt_output_abort(&out);
  setrlimit(RLIMIT_FSIZE, &before);
  strcpy(found, nt_ctx_error(ctx)->message);
  nt_ctx_clear_error(ctx);
  NT_TEST_MSG(status == NT_ERR_OUTPUT, "%s limit %lld: %d", name, (long long)limit, status);
  NT_TEST_CONTAINS(found, nt_test_path("d"));
  NT_TEST_CONTAINS(found, "File too large");
  NT_TEST(access(nt_test_path(name), F_OK) != 0);
  nt_dmatrix_destroy(&m);
  nt_grid_destroy(&g);
}

static void test_full_disk(void)
{
  static const char *const names[] = {"d.h5", "d.npy", "d/"};
  static const rlim_t limits[] = {0, 64, 1000, 3000, 100000, 2000000};
  for (int k = 0; k < 3; k++)
    for (int l = 0; l < 6; l++) {
      full_disk(names[k], limits[l], false);
    }
  full_disk("d.h5", 5000, true);
  full_disk("d.npy", 5000, true);
  MPI_Barrier(MPI_COMM_WORLD);
  NT_TEST(count_names(nt_test_path(""), ".tmp-") == 0);
}

static void test_versions(void)
{
  char text[200], few[9];
  NT_TEST_CONTAINS(nt_io_versions(text, sizeof text), "HDF5 1.");
  NT_TEST_CONTAINS(text, ", zlib 1.");
  NT_TEST_CONTAINS(text, ", OpenSSL ");
  NT_TEST(strlen(nt_io_versions(few, sizeof few)) == sizeof few - 1);
}

static const CU_TestInfo tests[] = {{"layouts on any grid and block", test_layouts},
                                    {"many chunks", test_many_chunks},
                                    {"scalars, masks, integers", test_small_arrays},
                                    {"attributes are as h5py has them", test_attributes},
                                    {"what must not be overwritten is refused", test_refusals},
                                    {"force replaces, abort removes", test_force_and_abort},
                                    {"what replaces a file has its permissions", test_permissions},
                                    {"a file that appears meanwhile stays", test_late_file},
                                    {"names of temporary files are left alone", test_names_in_use},
                                    {"no signal leaves a draft", test_signals},
                                    {"a full disk is an error on all ranks", test_full_disk},
                                    {"versions of the libraries", test_versions},
                                    CU_TEST_INFO_NULL};
NT_TEST_MAIN("io.output", tests)
