#include "base/check.h"
#include "base/memory.h"
#include "cli/bench.h"
#include "cli/results.h"
#include "nt/io.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct nt_write_work {
  nt_bench *bench;
  nt_dmatrix *m;
  char path[300], plain[320];
} nt_write_work;

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

/* The same bytes into a file of each rank, in pieces of 4 MiB, flushed. */
static nt_status write_plain(void *arg)
{
  enum { PIECE = 4 << 20 };
  nt_status status = NT_OK;
  const nt_write_work *w = arg;
  nt_error *err = nt_ctx_error(w->bench->ctx);
  const size_t bytes = (size_t)(w->m->ld * w->m->cols) * sizeof(double);
  const int file = open(w->plain, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  NT_CHECK(file >= 0, err, NT_ERR_OUTPUT, "%s: cannot be written", w->plain);
  for (size_t at = 0; at < bytes; at += PIECE) {
    const size_t count = bytes - at < PIECE ? bytes - at : PIECE;
    NT_CHECK(write(file, (const char *)w->m->a + at, count) == (ssize_t)count, err, NT_ERR_OUTPUT,
             "%s: cannot be written", w->plain);
  }
  NT_CHECK(fsync(file) == 0, err, NT_ERR_OUTPUT, "%s: cannot be flushed", w->plain);
done:
  if (file >= 0) (void)close(file);
  return status;
}

enum { TILE = 256 };

static int64_t size_of(const nt_bench *b) { return b->n ? b->n : 4000; }

nt_status nt_bench_write_need(nt_bench *b, nt_bench_need *need)
{
  const int64_t part = nt_bench_part(b->grid, size_of(b), size_of(b), TILE);
  *need = (nt_bench_need){part, nt_results_buffers(part)};
  return NT_OK;
}

nt_status nt_bench_write(nt_bench *b)
{
  nt_status status = NT_OK;
  const int64_t n = size_of(b);
  const char *folder = getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
  nt_write_work w = {.bench = b};
  double kernel, plain;
  char size[60];
  int64_t pid = getpid();
  NT_TRY_MPI(b->ctx, MPI_Bcast(&pid, 1, MPI_INT64_T, 0, nt_ctx_comm(b->ctx)));
  (void)snprintf(w.path, sizeof w.path, "%.200s/ntmpi-bench-%lld.h5", folder, (long long)pid);
  (void)snprintf(w.plain, sizeof w.plain, "%.200s/ntmpi-bench-%lld.%d", folder, (long long)pid,
                 nt_ctx_rank(b->ctx));
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
  (void)unlink(w.plain);
  if (nt_ctx_rank(b->ctx) == 0) (void)unlink(w.path);
  return status;
}
