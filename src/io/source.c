#include "io/source.h"

#include "base/check.h"
#include "base/file.h"
#include "base/memory.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

static const nt_format *const formats[] = {[NT_FORMAT_FLAT] = &nt_format_flat,
                                           [NT_FORMAT_GZIP_IDX] = &nt_format_gzip_idx,
                                           [NT_FORMAT_HDF5] = &nt_format_hdf5,
                                           [NT_FORMAT_CSV] = &nt_format_csv,
                                           [NT_FORMAT_RANDOM] = &nt_format_random};

/* "…-idx3-ubyte", as the sets of handwritten digits are customarily named. */
static bool ends_like_mnist(const char *text, size_t length)
{
  while (length > 0 && islower((unsigned char)text[length - 1]))
    length--;
  return length > 6 && text[length - 1] == '-' && isdigit((unsigned char)text[length - 2]) &&
         strncmp(text + length - 5, "idx", 3) == 0 && strchr("-.", text[length - 6]) != NULL;
}

/* The formats by the ending of the name, and with ".gz" behind it those that can be packed. */
static nt_status (*find_probe(const char *path))(nt_error *, nt_source *)
{
  static const struct {
    const char *ending;
    nt_status (*probe)(nt_error *, nt_source *);
  } endings[] = {{".npy", nt_npy_probe},    {".h5", nt_hdf5_probe},    {".hdf5", nt_hdf5_probe},
                 {".idx", nt_idx_probe},    {".idx.gz", nt_idx_probe}, {".csv", nt_csv_probe},
                 {".csv.gz", nt_csv_probe}, {".tsv", nt_csv_probe},    {".tsv.gz", nt_csv_probe},
                 {".txt", nt_csv_probe},    {".txt.gz", nt_csv_probe}};
  for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
    if (nt_ends_with(path, endings[i].ending)) return endings[i].probe;
  const size_t length = strlen(path);
  return ends_like_mnist(path, nt_ends_with(path, ".gz") ? length - 3 : length) ? nt_idx_probe
                                                                                : NULL;
}

const char *nt_source_colon(const char *text)
{
  const char *at = text;
  char folder[sizeof((nt_source *)NULL)->path];
  struct stat info;
  while ((at = strstr(at, ":/")) != NULL) {
    (void)snprintf(folder, sizeof folder, "%.*s", (int)(++at - text), text);
    if (stat(folder, &info) != 0 || !S_ISDIR(info.st_mode)) return at - 1;
  }
  return NULL;
}

nt_status nt_source_probe(nt_error *err, const char *text, uint64_t seed, nt_source *s)
{
  nt_status status = NT_OK;
  memset(s, 0, sizeof *s);
  s->seed = seed;
  NT_CHECK(strlen(text) < sizeof s->path, err, NT_ERR_DATA, "the file name '%.60s…' is too long",
           text);
  strcpy(s->path, text);
  if (strncmp(text, "random(", 7) == 0) {
    status = nt_random_probe(err, s);
    goto done;
  }
  const char *const colon = nt_source_colon(text);
  if (colon != NULL) {
    NT_CHECK(strlen(colon + 1) < sizeof s->dataset, err, NT_ERR_DATA,
             "%s: the name of the HDF5 dataset is too long", text);
    strcpy(s->dataset, colon + 1);
    s->path[colon - text] = '\0';
    status = nt_hdf5_probe(err, s);
    goto done;
  }
  nt_status (*const probe)(nt_error *, nt_source *) = find_probe(s->path);
  NT_CHECK(probe != NULL || strstr(text, ".h5:") == NULL, err, NT_ERR_DATA,
           "%s: a dataset is named by its whole path in the file, as in a.h5:/x", text);
  NT_CHECK(probe != NULL || strpbrk(text, "[]") == NULL, err, NT_ERR_ARG,
           "%s: a range stands in brackets behind the name, as in a.npy[0:1000]", text);
  NT_CHECK(probe != NULL, err, NT_ERR_DATA,
           "%s: the ending names no known format; known: a.npy, a.h5:/dataset, a.idx[.gz], "
           "…-idx3-ubyte[.gz], a.csv[.gz], random(n,…)",
           text);
  status = probe(err, s);
done:
  return status;
}

nt_status nt_source_find(nt_ctx *ctx, const char *text, uint64_t seed, nt_source *source)
{
  nt_status status = NT_OK;
  if (nt_ctx_rank(ctx) == 0) status = nt_source_probe(nt_ctx_error(ctx), text, seed, source);
  NT_TRY_ALL(ctx, status);
  NT_TRY(nt_ctx_share(ctx, source, (int64_t)sizeof *source));
done:
  return status;
}

bool nt_source_is_stream(const nt_source *source) { return formats[source->format]->is_stream; }

nt_status nt_reader_open(nt_error *err, const nt_source *source, nt_reader *r)
{
  *r = (nt_reader){.source = source, .fd = -1, .file = -1, .node = -1};
  return formats[source->format]->open(err, r);
}

void nt_reader_close(nt_reader *r)
{
  if (r->source == NULL) return;
  formats[r->source->format]->close(r);
  free(r->buffer);
  *r = (nt_reader){.source = NULL};
}

nt_status nt_reader_reserve(nt_error *err, nt_reader *r, int64_t bytes)
{
  nt_status status = NT_OK;
  void *larger = NULL;
  if (bytes <= r->capacity) goto done;
  NT_TRY(nt_alloc(err, bytes, 1, r->source->path, &larger));
  if (r->capacity > 0) memcpy(larger, r->buffer, (size_t)r->capacity);
  free(r->buffer);
  r->buffer = larger;
  r->capacity = bytes;
done:
  return status;
}

const char *nt_gzip_cause(void *stream, const char *path)
{
  int code;
  const char *const text = gzerror(stream, &code); /* "PATH: what happened" */
  const size_t length = strlen(path);
  return strncmp(text, path, length) == 0 ? text + length + 2 : text;
}

nt_status nt_reader_next(nt_error *err, nt_reader *r, double *out)
{
  return formats[r->source->format]->next(err, r, out);
}

/* A slab in the order of storage: runs of `count * inner` elements, one for each outer index. */
static nt_status read_slab(nt_error *err, nt_reader *r, int axis, int64_t first, int64_t count,
                           double *slab)
{
  nt_status status = NT_OK;
  const nt_source *const s = r->source;
  const nt_format *const format = formats[s->format];
  if (format->slab != NULL) return format->slab(err, r, axis, first, count, slab);
  int64_t before = 1, after = 1;
  for (int a = 0; a < s->shape.rank; a++) {
    if (a < axis) before *= s->shape.dim[a];
    if (a > axis) after *= s->shape.dim[a];
  }
  const int64_t outer = s->fortran ? after : before, inner = s->fortran ? before : after;
  for (int64_t o = 0; o < outer; o++)
    NT_TRY(format->run(err, r, (o * s->shape.dim[axis] + first) * inner, count * inner,
                       slab + o * count * inner));
done:
  return status;
}

/* Strides of the axes of a slab of `count` samples. */
static void slab_strides(const nt_source *s, int axis, int64_t count, int64_t *stride)
{
  int64_t step = 1;
  for (int i = 0; i < s->shape.rank; i++) {
    const int a = s->fortran ? i : s->shape.rank - 1 - i;
    stride[a] = step;
    step *= a == axis ? count : s->shape.dim[a];
  }
}

nt_status nt_reader_samples(nt_error *err, nt_reader *r, int axis, int64_t first, int64_t count,
                            double *slab, double *out)
{
  nt_status status = NT_OK;
  const nt_shape *const shape = &r->source->shape;
  int64_t stride[NT_MAX_RANK], d = 1;
  for (int a = 0; a < shape->rank; a++)
    if (a != axis) d *= shape->dim[a];
  if (d == 0) return NT_OK;
  if (axis == 0 && (!r->source->fortran || shape->rank == 1)) {
    return read_slab(err, r, axis, first, count, out);
  }
  NT_TRY(read_slab(err, r, axis, first, count, slab));
  slab_strides(r->source, axis, count, stride);
  for (int64_t i = 0; i < count; i++) {
    int64_t index[NT_MAX_RANK] = {0}, from = i * stride[axis];
    for (int64_t e = 0; e < d; e++) {
      out[i * d + e] = slab[from];
      for (int a = shape->rank - 1; a >= 0; a--) {
        if (a == axis) continue;
        from += stride[a];
        if (++index[a] < shape->dim[a]) break;
        from -= stride[a] * shape->dim[a];
        index[a] = 0;
      }
    }
  }
done:
  return status;
}

const char *nt_source_index_text(const nt_source *s, int axis, int64_t row, int64_t e, char *out,
                                 size_t size)
{
  nt_shape index = {.rank = s->shape.rank};
  for (int a = s->shape.rank - 1; a >= 0; a--) {
    index.dim[a] = a == axis ? row : e % s->shape.dim[a];
    if (a != axis) e /= s->shape.dim[a];
  }
  return nt_shape_text(&index, out, size);
}
