/** The readers of data under libFuzzer: any bytes in a file NT_FUZZ_NAME
 * are an array or an error. */
#include "io/source.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *path(void)
{
  static char name[100];
  if (name[0] == '\0')
    snprintf(name, sizeof name, "/dev/shm/ntmpi-fuzz-%ld%s", (long)getpid(), NT_FUZZ_NAME);
  return name;
}

static bool write_file(const uint8_t *data, size_t size)
{
  FILE *const file = fopen(path(), "wb");
  if (file == NULL) return false;
  const bool whole = fwrite(data, 1, size, file) == size;
  return fclose(file) == 0 && whole;
}

/* All samples, in two parts; small files can promise arrays that do not fit. */
static void read_all(const nt_source *source)
{
  nt_error err = {0};
  nt_reader reader = {0};
  const int64_t n = source->shape.rank > 0 ? source->shape.dim[0] : 0,
                all = nt_shape_size(&source->shape);
  if (n <= 0 || all <= 0 || all > (1 << 22)) return;
  double *const out = malloc((size_t)all * sizeof *out), *const slab =
                                                             malloc((size_t)all * sizeof *slab);
  if (out != NULL && slab != NULL && nt_reader_open(&err, source, &reader) == NT_OK) {
    nt_status status = NT_OK;
    const int64_t d = all / n, half = n / 2;
    if (nt_source_is_stream(source)) {
      for (int64_t i = 0; i < n && status == NT_OK; i++)
        status = nt_reader_next(&err, &reader, out + i * d);
    } else {
      status = nt_reader_samples(&err, &reader, 0, 0, half, slab, out);
      if (status == NT_OK)
        status = nt_reader_samples(&err, &reader, 0, half, n - half, slab, out + half * d);
    }
    if (status != NT_OK && err.message[0] == '\0') abort();
  }
  nt_reader_close(&reader);
  free(out);
  free(slab);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  nt_error err = {0};
  nt_source source;
  if (!write_file(data, size)) return 0;
  const nt_status status = nt_source_probe(&err, path(), 1, &source);
  if (status != NT_OK && err.message[0] == '\0') abort();
  if (status == NT_OK) read_all(&source);
  (void)unlink(path());
  return 0;
}
