/* Writing a kernel into one HDF5 file, against plain writing of as many bytes. */
#include "base/check.h"
#include "base/file.h"
#include "cli/bench.h"
#include "cli/results.h"
#include "io/draft.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct nt_write_work {
  nt_bench *bench;
  nt_dmatrix *m;
  const char *home;       /* the folder of all files */
  nt_draft folder;        /* one of our own in it, with the kernel */
  char path[NT_PATH + 8]; /* of the kernel */
} nt_write_work;

/* Rank 0: the folder, and that a file of its name will be in it. */
static nt_status make_folder(nt_error *err, nt_write_work *w)
{
  nt_status status = NT_OK;
  (void)snprintf(w->folder.final, NT_PATH, "%.4000s/ntmpi-bench", w->home);
  (void)snprintf(w->folder.temp, NT_PATH, "%.4000s/.ntmpi-bench.tmp-%ld", w->home, (long)getpid());
  NT_TRY(nt_draft_begin(err, &w->folder, true));
  (void)snprintf(w->path, sizeof w->path, "%s/k.h5", w->folder.temp);
  NT_TRY(nt_draft_add(err, w->path));
done:
  return status;
}

/* \param [out] w  Its folder is to be dropped also after an error. */
static nt_status begin(nt_write_work *w)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = w->bench->ctx;
  w->home = getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp";
  NT_TRY_ALL(ctx, nt_ctx_rank(ctx) == 0 ? make_folder(nt_ctx_error(ctx), w) : NT_OK);
  NT_TRY(nt_ctx_share(ctx, w->path, (int64_t)sizeof w->path));
done:
  return status;
}

/* A file that has no name, so that nothing stays of it; or loses it at once, where the file system
 * does not have such files. */
static int open_nameless(const char *home)
{
  char path[NT_PATH];
  int fd = open(home, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
  if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR)) return fd;
  (void)snprintf(path, sizeof path, "%.4000s/ntmpi-bench-XXXXXX", home);
  fd = mkostemp(path, O_CLOEXEC);
  if (fd >= 0) (void)unlink(path);
  return fd;
}

static nt_status write_kernel(void *arg)
{
  nt_status status = NT_OK;
  nt_write_work *w = arg;
  nt_output *out = NULL;
  NT_TRY(nt_output_open(w->bench->ctx, w->path, true, &out));
  NT_TRY(nt_output_write_matrix(out, "nngp", w->m, NULL, NT_FLOAT64));
  NT_TRY(nt_output_commit(&out));
done:
  nt_output_abort(&out);
  return status;
}

/* The same bytes into a file of each rank, flushed. */
static nt_status write_plain(void *arg)
{
  nt_status status = NT_OK;
  const nt_write_work *w = arg;
  nt_error *err = nt_ctx_error(w->bench->ctx);
  const int fd = open_nameless(w->home);
  int cause = fd < 0 ? errno : 0;
  if (cause == 0) cause = nt_file_write(fd, 0, w->m->ld * w->m->cols * 8, w->m->a);
  if (cause == 0 && fsync(fd) != 0) cause = errno;
  if (fd >= 0) (void)close(fd);
  NT_CHECK(cause == 0, err, NT_ERR_OUTPUT, "%s: a file cannot be written there: %s", w->home,
           strerror(cause));
done:
  return status;
}

enum { TILE = 256 };

static int64_t size_of(const nt_bench *b) { return b->n ? b->n : 4000; }

nt_status nt_bench_write_need(nt_bench *b, nt_bench_need *need)
{
  const int64_t part = nt_bench_part(b->grid, size_of(b), size_of(b), TILE);
  *need = (nt_bench_need){.share = part, .own = nt_results_buffers(part)};
  return NT_OK;
}

nt_status nt_bench_write(nt_bench *b)
{
  nt_status status = NT_OK;
  const int64_t n = size_of(b);
  nt_write_work w = {.bench = b};
  double kernel, plain;
  char size[60];
  NT_TRY(begin(&w));
  NT_TRY(nt_dmatrix_create(b->grid, n, n, TILE, TILE, &w.m));
  memset(w.m->a, 1, (size_t)(w.m->ld * w.m->cols) * sizeof(double));
  NT_TRY(nt_bench_time(b, write_plain, &w, &plain));
  NT_TRY(nt_bench_time(b, write_kernel, &w, &kernel));
  const double gigabytes = (double)n * (double)n * sizeof(double) * 1e-9;
  (void)snprintf(size, sizeof size, "n=%lld, %.2f GB, HDF5", (long long)n, gigabytes);
  nt_bench_row(b, "write", size, "rate of all ranks", gigabytes / kernel, "GB/s", "plain writing",
               gigabytes / plain);
done:
  nt_dmatrix_destroy(&w.m);
  nt_draft_drop(&w.folder);
  return status;
}
