/* Flat arrays: elements one after the other behind a header, as in .npy and in IDX files. */
#include "base/check.h"
#include "base/file.h"
#include "base/npy.h"
#include "io/source.h"

#include <unistd.h>

nt_status nt_npy_probe(nt_error *err, nt_source *s)
{
  nt_npy_header header;
  const nt_status status = nt_npy_read_header(err, s->path, &header);
  if (status != NT_OK) return status;
  s->format = NT_FORMAT_FLAT;
  s->type = header.type;
  s->shape = header.shape;
  s->fortran = header.fortran;
  s->offset = header.offset;
  return NT_OK;
}

static nt_status open_flat(nt_error *err, nt_reader *r)
{
  int64_t size;
  return nt_file_open(err, r->source->path, &r->fd, &size);
}

static void close_flat(nt_reader *r)
{
  if (r->fd >= 0) (void)close(r->fd);
}

static nt_status run(nt_error *err, nt_reader *r, int64_t first, int64_t n, double *out)
{
  nt_status status = NT_OK;
  const nt_source *const s = r->source;
  NT_TRY(nt_reader_reserve(err, r, n * s->type.size));
  NT_TRY(nt_file_read(err, s->path, r->fd, s->offset + first * s->type.size, n * s->type.size,
                      r->buffer));
  nt_number_decode(s->type, r->buffer, n, out);
done:
  return status;
}

const nt_format nt_format_flat = {.open = open_flat, .close = close_flat, .run = run};
