#include "base/npy.h"

#include "base/check.h"
#include "base/file.h"
#include "base/memory.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAGIC = 6, MAX_HEADER = 1 << 20 };
static const char magic[MAGIC + 1] = "\x93NUMPY";

/* The header is a Python dict; we read it with a cursor. */
typedef struct cursor {
  nt_error *err;
  const char *path, *at;
} cursor;

static void skip_blanks(cursor *c)
{
  while (isspace((unsigned char)*c->at))
    c->at++;
}

/* Step over `text` if it comes next. */
static bool accept(cursor *c, const char *text)
{
  skip_blanks(c);
  const size_t length = strlen(text);
  if (strncmp(c->at, text, length) != 0) return false;
  c->at += length;
  return true;
}

static nt_status malformed(const cursor *c, const char *what)
{
  const size_t line = strcspn(c->at, "\n");
  return nt_fail(c->err, NT_ERR_DATA, __FILE__, __LINE__, __func__,
                 "%s: damaged .npy header: expected %s, found '%.*s'", c->path, what,
                 (int)(line < 20 ? line : 20), c->at);
}

/* Why elements of type `descr` cannot be read, for people who know the type by its numpy name. */
static const char *refusal(char kind)
{
  switch (kind) {
  case 'O':
    return "Python objects; save a plain numeric array";
  case 'U':
  case 'S':
  case 'a':
    return "text; save a numeric array";
  case 'c':
    return "complex numbers; save the real part";
  case 'M':
  case 'm':
    return "dates; save numbers";
  case 'V':
    return "structured records; save one field as a plain numeric array";
  default:
    return "of a type that is not known";
  }
}

static nt_status parse_type(cursor *c, nt_number *type)
{
  nt_status status = NT_OK;
  skip_blanks(c);
  NT_CHECK(*c->at != '[', c->err, NT_ERR_DATA, "%s: the elements are %s", c->path, refusal('V'));
  const char quote = *c->at;
  if (quote != '\'' && quote != '"') NT_TRY(malformed(c, "the element type in quotes"));
  const char *const end = strchr(c->at + 1, quote);
  if (end == NULL || end - c->at < 3) NT_TRY(malformed(c, "an element type such as '<f8'"));
  const int one = 1;
  const char native = *(const char *)&one ? '<' : '>', order = c->at[1];
  *type = (nt_number){.kind = c->at[2], .size = atoi(c->at + 3)};
  type->swap = order != native && (order == '<' || order == '>');
  NT_CHECK(nt_number_known(*type), c->err, NT_ERR_DATA,
           "%s: the elements ('%.*s') are %s (known: bool, int8 to int64, uint8 to uint64, float16 "
           "to float64)",
           c->path, (int)(end - c->at - 1), c->at + 1, refusal(type->kind));
  c->at = end + 1;
done:
  return status;
}

static nt_status parse_shape(cursor *c, nt_shape *shape)
{
  nt_status status = NT_OK;
  *shape = (nt_shape){.rank = 0};
  if (!accept(c, "(")) NT_TRY(malformed(c, "the shape in brackets"));
  while (!accept(c, ")")) {
    char *end;
    skip_blanks(c);
    if (!isdigit((unsigned char)*c->at)) NT_TRY(malformed(c, "a size"));
    NT_CHECK(shape->rank < NT_MAX_RANK, c->err, NT_ERR_DATA, "%s: has more than %d axes", c->path,
             NT_MAX_RANK);
    const long long size = strtoll(c->at, &end, 10);
    shape->dim[shape->rank++] = size;
    c->at = end;
    (void)accept(c, "L"); /* written by Python 2 */
    (void)accept(c, ",");
  }
done:
  return status;
}

static nt_status parse_dict(cursor *c, nt_npy_header *header)
{
  nt_status status = NT_OK;
  int seen = 0;
  if (!accept(c, "{")) NT_TRY(malformed(c, "'{'"));
  while (!accept(c, "}")) {
    if (accept(c, "'descr':") || accept(c, "\"descr\":")) {
      NT_TRY(parse_type(c, &header->type));
      seen |= 1;
    } else if (accept(c, "'fortran_order':") || accept(c, "\"fortran_order\":")) {
      header->fortran = accept(c, "True");
      if (!header->fortran && !accept(c, "False")) NT_TRY(malformed(c, "True or False"));
      seen |= 2;
    } else if (accept(c, "'shape':") || accept(c, "\"shape\":")) {
      NT_TRY(parse_shape(c, &header->shape));
      seen |= 4;
    } else {
      NT_TRY(malformed(c, "'descr', 'fortran_order' or 'shape'"));
    }
    (void)accept(c, ",");
  }
  if (seen != 7) NT_TRY(malformed(c, "all of 'descr', 'fortran_order' and 'shape'"));
done:
  return status;
}

/* Bytes of the elements, or -1 when the product overflows. */
static int64_t data_bytes(const nt_npy_header *h)
{
  int64_t bytes = h->type.size;
  for (int a = 0; a < h->shape.rank; a++)
    if (h->shape.dim[a] == 0) return 0;
  for (int a = 0; a < h->shape.rank; a++)
    if (__builtin_mul_overflow(bytes, h->shape.dim[a], &bytes)) return -1;
  return bytes;
}

/* Length of the text of the header, behind its fixed part of *offset bytes. */
static nt_status read_length(nt_error *err, const char *path, int fd, int64_t size, int64_t *offset,
                             int64_t *length)
{
  nt_status status = NT_OK;
  unsigned char b[12] = {0};
  NT_TRY(nt_file_read(err, path, fd, 0, size < 12 ? size : 12, b));
  NT_CHECK(size >= MAGIC && memcmp(b, magic, MAGIC) == 0, err, NT_ERR_DATA,
           "%s: is not a .npy file: it does not begin with \\x93NUMPY", path);
  NT_CHECK(size >= 12, err, NT_ERR_DATA, "%s: truncated within its header (%lld bytes)", path,
           (long long)size);
  NT_CHECK(b[6] >= 1 && b[6] <= 3, err, NT_ERR_DATA,
           "%s: .npy version %d.%d; versions 1 to 3 are known", path, b[6], b[7]);
  *offset = b[6] == 1 ? 10 : 12;
  *length = b[8] | b[9] << 8;
  if (b[6] > 1) *length |= (int64_t)b[10] << 16 | (int64_t)b[11] << 24;
  NT_CHECK(*length <= MAX_HEADER && *offset + *length <= size, err, NT_ERR_DATA,
           "%s: truncated: its header should have %lld bytes, the file has %lld", path,
           (long long)*length, (long long)size);
done:
  return status;
}

static nt_status read_header(nt_error *err, const char *path, int fd, int64_t size,
                             nt_npy_header *header)
{
  nt_status status = NT_OK;
  void *text = NULL;
  int64_t offset = 0, length = 0;
  char shape[128];
  *header = (nt_npy_header){.offset = 0};
  NT_TRY(read_length(err, path, fd, size, &offset, &length));
  NT_TRY(nt_calloc(err, length + 1, 1, "a .npy header", &text));
  NT_TRY(nt_file_read(err, path, fd, offset, length, text));
  cursor c = {.err = err, .path = path, .at = text};
  NT_TRY(parse_dict(&c, header));
  header->offset = offset + length;
  const int64_t expected = data_bytes(header);
  (void)nt_shape_text(&header->shape, shape, sizeof shape);
  NT_CHECK(expected >= 0, err, NT_ERR_DATA, "%s: truncated: %s of %s is more than any file holds",
           path, shape, nt_number_name(header->type));
  NT_CHECK(expected <= size - header->offset, err, NT_ERR_DATA,
           "%s: truncated: %s of %s needs %lld bytes of data, the file has %lld", path, shape,
           nt_number_name(header->type), (long long)expected, (long long)(size - header->offset));
done:
  free(text);
  return status;
}

nt_status nt_npy_read_header(nt_error *err, const char *path, nt_npy_header *header)
{
  nt_status status = NT_OK;
  int fd = -1;
  int64_t size = 0;
  NT_TRY(nt_file_open(err, path, &fd, &size));
  NT_TRY(read_header(err, path, fd, size, header));
done:
  if (fd >= 0) (void)close(fd);
  return status;
}

/* Fortran order to C order: element (i0, …) is at i0 + d0 (i1 + d1 (…)). */
static void to_c_order(const nt_shape *shape, const double *in, double *out)
{
  int64_t index[NT_MAX_RANK] = {0}, n = nt_shape_size(shape);
  for (int64_t i = 0; i < n; i++) {
    int64_t from = 0;
    for (int a = shape->rank - 1; a >= 0; a--)
      from = from * shape->dim[a] + index[a];
    out[i] = in[from];
    for (int a = shape->rank - 1; a >= 0 && ++index[a] == shape->dim[a]; a--)
      index[a] = 0;
  }
}

nt_status nt_npy_load(nt_error *err, const char *path, nt_array *array)
{
  nt_status status = NT_OK;
  nt_npy_header h;
  int fd = -1;
  int64_t size = 0;
  void *raw = NULL, *data = NULL, *ordered = NULL;
  array->data = NULL;
  NT_TRY(nt_file_open(err, path, &fd, &size));
  NT_TRY(read_header(err, path, fd, size, &h));
  const int64_t n = nt_shape_size(&h.shape);
  NT_TRY(nt_alloc(err, n, (size_t)h.type.size, path, &raw));
  NT_TRY(nt_alloc(err, n, sizeof(double), path, &data));
  NT_TRY(nt_file_read(err, path, fd, h.offset, n * h.type.size, raw));
  nt_number_decode(h.type, raw, n, data);
  free(raw);
  raw = NULL;
  if (h.fortran && h.shape.rank > 1) {
    NT_TRY(nt_alloc(err, n, sizeof(double), path, &ordered));
    to_c_order(&h.shape, data, ordered);
  }
  array->rank = h.shape.rank;
  memcpy(array->dim, h.shape.dim, sizeof array->dim);
  array->data = ordered ? ordered : data;
  if (ordered) free(data);
  data = ordered = NULL;
done:
  if (fd >= 0) (void)close(fd);
  free(raw);
  free(data);
  free(ordered);
  return status;
}

int nt_npy_make_header(nt_number type, int rank, const int64_t *dim, char out[512])
{
  const int one = 1;
  const char native = *(const char *)&one ? '<' : '>';
  int used = 10;
  used += snprintf(out + used, 400, "{'descr': '%c%c%d', 'fortran_order': False, 'shape': (",
                   type.size == 1 ? '|' : native, type.kind, type.size);
  for (int a = 0; a < rank; a++)
    used += snprintf(out + used, (size_t)(500 - used),
                     rank == 1 ? "%lld,"
                     : a       ? ", %lld"
                               : "%lld",
                     (long long)dim[a]);
  used += snprintf(out + used, (size_t)(500 - used), "), }");
  const int length = (used + 1 + 63) / 64 * 64;
  memset(out + used, ' ', (size_t)(length - used));
  out[length - 1] = '\n';
  memcpy(out, "\x93NUMPY\x01\x00", 8);
  out[8] = (char)((length - 10) & 255);
  out[9] = (char)((length - 10) >> 8);
  return length;
}
