/* The IDX format: two zero bytes, a type, the number of axes, the sizes, the elements, all
 * big-endian. Source: Y. LeCun, C. Cortes, C. Burges, http://yann.lecun.com/exdb/mnist/ */
#include "base/check.h"
#include "base/file.h"
#include "io/source.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static const struct {
  unsigned char code;
  nt_number type;
} types[] = {{0x08, {.kind = 'u', .size = 1}}, {0x09, {.kind = 'i', .size = 1}},
             {0x0B, {.kind = 'i', .size = 2}}, {0x0C, {.kind = 'i', .size = 4}},
             {0x0D, {.kind = 'f', .size = 4}}, {0x0E, {.kind = 'f', .size = 8}}};

static bool find_type(unsigned char code, nt_number *type)
{
  const int one = 1;
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
    if (types[i].code != code) continue;
    *type = types[i].type;
    type->swap = type->size > 1 && *(const char *)&one == 1;
    return true;
  }
  return false;
}

static int64_t big_endian(const unsigned char *b)
{
  return (int64_t)b[0] << 24 | (int64_t)b[1] << 16 | (int64_t)b[2] << 8 | b[3];
}

/* The `size` first bytes of a file, which zlib unpacks if they are packed. */
static nt_status parse(nt_error *err, nt_source *s, const unsigned char *b, int size)
{
  nt_status status = NT_OK;
  NT_CHECK(size >= 4 && b[0] == 0 && b[1] == 0, err, NT_ERR_DATA,
           "%s: is not an IDX file: it does not begin with two zero bytes", s->path);
  NT_CHECK(find_type(b[2], &s->type), err, NT_ERR_DATA,
           "%s: element type 0x%02X is not one of IDX (0x08, 0x09, 0x0B to 0x0E)", s->path, b[2]);
  NT_CHECK(b[3] >= 1 && b[3] <= NT_MAX_RANK, err, NT_ERR_DATA, "%s: has %d axes; 1 to %d are known",
           s->path, b[3], NT_MAX_RANK);
  s->shape.rank = b[3];
  s->offset = 4 + 4 * b[3];
  NT_CHECK(size >= s->offset, err, NT_ERR_DATA, "%s: truncated within its header (%d bytes)",
           s->path, size);
  for (int a = 0; a < b[3]; a++)
    s->shape.dim[a] = big_endian(b + 4 + 4 * a);
done:
  return status;
}

/* A packed file may hold up to 1032 times its length, the most that deflate makes of a byte; what
 * is missing of less than that is found when it is read. */
enum { MOST_PACKED = 1032 };

static nt_status check_size(nt_error *err, const nt_source *s, int64_t size, bool packed)
{
  nt_status status = NT_OK;
  int64_t expected = s->type.size, most = size - s->offset;
  bool huge = packed && __builtin_mul_overflow(size, MOST_PACKED, &most);
  char text[128];
  for (int a = 0; a < s->shape.rank; a++)
    huge = __builtin_mul_overflow(expected, s->shape.dim[a], &expected) || huge;
  (void)nt_shape_text(&s->shape, text, sizeof text);
  NT_CHECK(!huge, err, NT_ERR_DATA, "%s: truncated: %s of %s is more than any file holds", s->path,
           text, nt_number_name(s->type));
  NT_CHECK(expected <= most, err, NT_ERR_DATA,
           "%s: truncated: %s of %s needs %lld bytes of data, the file has %s%lld", s->path, text,
           nt_number_name(s->type), (long long)expected, packed ? "at most " : "", (long long)most);
  NT_CHECK(packed || expected == most, err, NT_ERR_DATA,
           "%s: has %lld bytes of data, but %s of %s needs %lld", s->path, (long long)most, text,
           nt_number_name(s->type), (long long)expected);
done:
  return status;
}

nt_status nt_idx_probe(nt_error *err, nt_source *s)
{
  nt_status status = NT_OK;
  int fd = -1;
  int64_t size;
  gzFile stream = NULL;
  unsigned char b[4 + 4 * NT_MAX_RANK] = {0};
  NT_TRY(nt_file_open(err, s->path, &fd, &size));
  stream = gzopen(s->path, "rb");
  NT_CHECK(stream != NULL, err, NT_ERR_DATA, "%s: cannot be read: %s", s->path, strerror(errno));
  const int got = gzread(stream, b, sizeof b);
  NT_CHECK(got >= 0, err, NT_ERR_DATA, "%s: is damaged: %s", s->path,
           nt_gzip_cause(stream, s->path));
  NT_TRY(parse(err, s, b, got));
  const bool packed = !gzdirect(stream);
  s->format = packed ? NT_FORMAT_GZIP_IDX : NT_FORMAT_FLAT;
  NT_TRY(check_size(err, s, size, packed));
done:
  if (fd >= 0) (void)close(fd);
  if (stream != NULL) (void)gzclose(stream);
  return status;
}

static nt_status open_stream(nt_error *err, nt_reader *r)
{
  nt_status status = NT_OK;
  unsigned char skipped[4 + 4 * NT_MAX_RANK];
  r->stream = gzopen(r->source->path, "rb");
  NT_CHECK(r->stream != NULL, err, NT_ERR_DATA, "%s: cannot be read: %s", r->source->path,
           strerror(errno));
  (void)gzbuffer(r->stream, 1 << 18);
  NT_CHECK(gzread(r->stream, skipped, (unsigned)r->source->offset) == r->source->offset, err,
           NT_ERR_DATA, "%s: changed while it was read", r->source->path);
done:
  return status;
}

static void close_stream(nt_reader *r)
{
  if (r->stream != NULL) (void)gzclose(r->stream);
}

/* Behind the last sample: the checksum of the packed file, and nothing more. */
static nt_status check_end(nt_error *err, const nt_reader *r)
{
  nt_status status = NT_OK;
  char more;
  int code;
  const int got = gzread(r->stream, &more, 1);
  (void)gzerror(r->stream, &code);
  NT_CHECK(code == Z_OK || code == Z_STREAM_END, err, NT_ERR_DATA,
           "%s: ends behind the samples or is damaged: %s", r->source->path,
           nt_gzip_cause(r->stream, r->source->path));
  NT_CHECK(got == 0, err, NT_ERR_DATA, "%s: has more data than its header says", r->source->path);
done:
  return status;
}

static nt_status next(nt_error *err, nt_reader *r, double *out)
{
  enum { PIECE = 1 << 30 };
  nt_status status = NT_OK;
  const nt_source *const s = r->source;
  const int64_t n = nt_shape_size(&s->shape) / s->shape.dim[0], bytes = n * s->type.size;
  NT_TRY(nt_reader_reserve(err, r, bytes));
  for (int64_t done_bytes = 0; done_bytes < bytes;) {
    const int64_t left = bytes - done_bytes;
    const int got =
        gzread(r->stream, (char *)r->buffer + done_bytes, (unsigned)(left < PIECE ? left : PIECE));
    NT_CHECK(got > 0, err, NT_ERR_DATA, "%s: ends within the samples or is damaged: %s", s->path,
             got < 0 ? nt_gzip_cause(r->stream, r->source->path) : "unexpected end of file");
    done_bytes += got;
  }
  nt_number_decode(s->type, r->buffer, n, out);
  if (++r->line == s->shape.dim[0]) NT_TRY(check_end(err, r));
done:
  return status;
}

const nt_format nt_format_gzip_idx = {
    .is_stream = true, .open = open_stream, .close = close_stream, .next = next};
