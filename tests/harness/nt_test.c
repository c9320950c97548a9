#include "nt_test.h"

#include <CUnit/Basic.h>

#include <fcntl.h>
#include <ftw.h>
#include <math.h>
#include <mpi.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATHS = 16, PATH_SIZE = 1024, MAX_COMPLAINTS = 30 };

/* The one state of a test program: CUnit calls tests without an argument that could carry it. */
static struct {
  nt_ctx *world, *self;
  int rank, complaints;
  char folder[PATH_SIZE / 2];
  char path[PATHS][PATH_SIZE];
  int next_path;
} state;

nt_ctx *nt_test_world(void) { return state.world; }

nt_ctx *nt_test_self(void) { return state.self; }

/* Assertions */

static bool complain(void)
{
  return state.complaints++ < MAX_COMPLAINTS; /* A broken loop says enough with its first words. */
}

static bool agree(bool cond, const char *file, int line, const char *text)
{
  int mine = cond, all = 0;
  MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_LAND, MPI_COMM_WORLD);
  CU_assertImplementation(all != 0, (unsigned)line, text, file, "", CU_FALSE);
  return all != 0;
}

bool nt_test_check(bool cond, const char *file, int line, const char *text, const char *format, ...)
{
  if (!cond && complain()) {
    va_list args;
    char message[2000];
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    fprintf(stderr, "%s:%d: rank %d: false: %s  %s\n", file, line, state.rank, text, message);
  }
  return agree(cond, file, line, text);
}

static void print_record(const char *name, const nt_error *err)
{
  if (err->status != NT_OK)
    fprintf(stderr, "  %s: %s: %s (%s)\n", name, nt_status_text(err->status), err->message,
            err->where);
}

bool nt_test_status(nt_status got, nt_status want, nt_error *err, const char *file, int line,
                    const char *text)
{
  if (got != want && complain()) {
    fprintf(stderr, "%s:%d: rank %d: %s returned '%s' instead of '%s'\n", file, line, state.rank,
            text, nt_status_text(got), nt_status_text(want));
    print_record("world", nt_ctx_error(state.world));
    print_record("self", nt_ctx_error(state.self));
    if (err != NULL) print_record("record", err);
  }
  nt_ctx_clear_error(state.world);
  nt_ctx_clear_error(state.self);
  if (err != NULL && want == NT_OK) *err = (nt_error){.status = NT_OK};
  return agree(got == want, file, line, text);
}

bool nt_test_check_close(double a, double b, double tol, const char *file, int line,
                         const char *text)
{
  return nt_test_check(nt_test_close(a, b, tol), file, line, text,
                       "%.17g and %.17g differ by %.3g, allowed %.3g", a, b, fabs(a - b), tol);
}

bool nt_test_check_contains(const char *text, const char *part, const char *file, int line,
                            const char *name)
{
  return nt_test_check(text != NULL && strstr(text, part) != NULL, file, line, name,
                       "\"%s\" does not contain \"%s\"", text ? text : "(NULL)", part);
}

/* Grids */

void nt_test_on_all_grids(void (*body)(nt_grid *grid))
{
  nt_ctx *ctx = nt_test_world();
  for (int P = 1; P <= nt_ctx_size(ctx); P++) {
    nt_grid *grid = NULL;
    if (nt_ctx_size(ctx) % P != 0) continue;
    NT_TEST_OK(nt_grid_create(ctx, P, nt_ctx_size(ctx) / P, &grid));
    body(grid);
    nt_grid_destroy(&grid);
  }
}

/* Numbers */

bool nt_test_close(double a, double b, double tol)
{
  if (isinf(a) || isinf(b)) return a == b;
  return fabs(a - b) <= tol * fmax(1, fmax(fabs(a), fabs(b)));
}

double nt_test_max_error(int64_t n, const double *got, const double *want)
{
  double error = 0, scale = 0;
  for (int64_t i = 0; i < n; i++) {
    if (!isfinite(got[i]) || !isfinite(want[i])) return INFINITY;
    error = fmax(error, fabs(got[i] - want[i]));
    scale = fmax(scale, fabs(want[i]));
  }
  return scale > 0 ? error / scale : error;
}

/* Finaliser of splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t mix(uint64_t x)
{
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

double nt_test_uniform(uint64_t seed, int64_t i, int64_t j)
{
  uint64_t bits = mix(mix(mix(seed) ^ (uint64_t)i) ^ (uint64_t)j);
  return (double)(bits >> 11) * 0x1p-52 - 1;
}

/* Files */

static char *next_path(void) { return state.path[state.next_path++ % PATHS]; }

static void make_folder(void)
{
  if (state.folder[0] != '\0') return;
  if (state.rank == 0) {
    const char *base = getenv("TMPDIR");
    snprintf(state.folder, sizeof state.folder, "%s/ntmpi-test-XXXXXX", base ? base : "/tmp");
    if (mkdtemp(state.folder) == NULL) {
      perror(state.folder);
      MPI_Abort(MPI_COMM_WORLD, 1);
    }
  }
  MPI_Bcast(state.folder, (int)sizeof state.folder, MPI_CHAR, 0, MPI_COMM_WORLD);
}

const char *nt_test_path(const char *name)
{
  make_folder();
  char *path = next_path();
  snprintf(path, PATH_SIZE, "%s%s%s", state.folder, name[0] ? "/" : "", name);
  return path;
}

const char *nt_test_data(const char *name)
{
  char *path = next_path();
  snprintf(path, PATH_SIZE, "%s/%s", NT_TEST_DATA, name);
  return path;
}

void nt_test_write(const char *path, const void *bytes, size_t size)
{
  if (state.rank == 0) {
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(bytes, 1, size, file) != size || fclose(file) != 0) {
      perror(path);
      MPI_Abort(MPI_COMM_WORLD, 1);
    }
  }
  MPI_Barrier(MPI_COMM_WORLD);
}

void nt_test_write_text(const char *path, const char *text)
{
  nt_test_write(path, text, strlen(text));
}

char *nt_test_read(const char *path, size_t *size)
{
  char *bytes = NULL;
  FILE *file = fopen(path, "rb");
  *size = 0;
  if (file == NULL) return NULL;
  long length = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
  if (length >= 0 && fseek(file, 0, SEEK_SET) == 0) bytes = malloc((size_t)length + 1);
  if (bytes != NULL) {
    *size = fread(bytes, 1, (size_t)length, file);
    bytes[*size] = '\0';
  }
  fclose(file);
  return bytes;
}

bool nt_test_same_files(const char *a, const char *b)
{
  size_t size_a, size_b;
  char *bytes_a = nt_test_read(a, &size_a), *bytes_b = nt_test_read(b, &size_b);
  bool same = bytes_a && bytes_b && size_a == size_b && memcmp(bytes_a, bytes_b, size_a) == 0;
  free(bytes_a);
  free(bytes_b);
  return same;
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *walk)
{
  (void)info, (void)type, (void)walk;
  return remove(path);
}

static void remove_folder(void)
{
  MPI_Barrier(MPI_COMM_WORLD);
  if (state.rank == 0 && state.folder[0] != '\0')
    nftw(state.folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* The run */

static void silence_stdout(void)
{
  int null = open("/dev/null", O_WRONLY);
  if (null >= 0) dup2(null, STDOUT_FILENO);
}

static int add_tests(const char *suite, const CU_TestInfo *table, const char *filter)
{
  int added = 0;
  CU_pSuite cunit_suite = CU_add_suite(suite, NULL, NULL);
  for (; cunit_suite != NULL && table->pName != NULL; table++) {
    if (filter != NULL && strstr(table->pName, filter) == NULL) continue;
    if (CU_add_test(cunit_suite, table->pName, table->pTestFunc) == NULL) return 0;
    added++;
  }
  return added;
}

static bool run(const char *suite, const CU_TestInfo *table, const char *filter)
{
  if (CU_initialize_registry() != CUE_SUCCESS || add_tests(suite, table, filter) == 0) {
    fprintf(stderr, "%s: no test to run (a name twice, or '%s' names none)\n", suite,
            filter ? filter : "");
    return false;
  }
  CU_basic_set_mode(CU_BRM_VERBOSE);
  bool good = CU_basic_run_tests() == CUE_SUCCESS && CU_get_number_of_failures() == 0;
  CU_cleanup_registry();
  return good;
}

static bool all_gone(void)
{
  nt_status self = nt_ctx_destroy(&state.self), world = nt_ctx_destroy(&state.world);
  if (self != NT_OK || world != NT_OK)
    fprintf(stderr, "rank %d: objects of a test context are still alive at the end\n", state.rank);
  return self == NT_OK && world == NT_OK;
}

int nt_test_main(int argc, char **argv, const char *suite, const CU_TestInfo *table)
{
  int level, failed = 1, any = 1;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &level);
  MPI_Comm_rank(MPI_COMM_WORLD, &state.rank);
  if (state.rank != 0) silence_stdout();
  if (nt_ctx_create(MPI_COMM_WORLD, &state.world) != NT_OK ||
      nt_ctx_create(MPI_COMM_SELF, &state.self) != NT_OK) {
    fprintf(stderr, "%s: cannot create the contexts\n", suite);
    MPI_Abort(MPI_COMM_WORLD, 1);
  }
  failed = !run(suite, table, argc > 1 ? argv[1] : NULL);
  remove_folder();
  failed |= !all_gone();
  MPI_Allreduce(&failed, &any, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
  MPI_Finalize();
  return any;
}
