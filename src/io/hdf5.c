/* HDF5 datasets. Every rank opens the file for itself, read only: no collective calls, so a rank
 * that fails leaves nobody waiting, and no locks are needed. */
#include "base/check.h"
#include "base/file.h"
#include "io/source.h"

#include <hdf5.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Chunks that hold one sample are kept up to this many bytes. */
enum { MOST_KEPT = 1 << 28 };

static herr_t keep_text(unsigned n, const H5E_error2_t *e, void *text)
{
  (void)n;
  snprintf(text, 200, "%s", e->desc);
  return 1; /* the first is where it happened */
}

const char *nt_hdf5_cause(char *out, size_t size)
{
  char text[200] = "unknown cause";
  (void)H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_text, text);
  (void)snprintf(out, size, "%s", text);
  return out;
}

static herr_t add_name(hid_t file, const char *name, const H5L_info_t *info, void *text)
{
  (void)info;
  char *const list = text;
  const size_t used = strlen(list);
  hid_t node;
  H5E_BEGIN_TRY { node = H5Dopen2(file, name, H5P_DEFAULT); }
  H5E_END_TRY
  if (node < 0) return 0; /* a group, or a link to nothing */
  (void)H5Dclose(node);
  const bool fits = used + strlen(name) + sizeof ", /, ..." <= 200;
  snprintf(list + used, 200 - used, "%s%s%s", used ? ", " : "", fits ? "/" : "...",
           fits ? name : "");
  return fits ? 0 : 1;
}

static nt_status no_dataset(nt_error *err, const nt_source *s, hid_t file)
{
  char list[200] = "";
  H5E_BEGIN_TRY { (void)H5Lvisit(file, H5_INDEX_NAME, H5_ITER_INC, add_name, list); }
  H5E_END_TRY
  return nt_fail(err, NT_ERR_DATA, __FILE__, __LINE__, __func__,
                 "%s: no dataset '%s'; the file has %s", s->path, s->dataset,
                 list[0] ? list : "none");
}

nt_status nt_hdf5_open(nt_error *err, const char *path, int64_t *file)
{
  nt_status status = NT_OK;
  int fd = -1;
  int64_t size;
  char cause[200];
  *file = -1;
  NT_TRY(nt_file_open(err, path, &fd, &size));
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  /* On file systems without locks HDF5 would refuse to read. */
  (void)H5Pset_file_locking(access, true, true);
  H5E_BEGIN_TRY
  {
    *file = H5Fopen(path, H5F_ACC_RDONLY, access);
    if (*file < 0) (void)nt_hdf5_cause(cause, sizeof cause);
  }
  H5E_END_TRY(void) H5Pclose(access);
  NT_CHECK(*file >= 0, err, NT_ERR_DATA, "%s: HDF5 cannot open it: %s%s", path, cause,
           strstr(cause, "lock file")
               ? " (export HDF5_USE_FILE_LOCKING=FALSE opens it without locks)"
               : "");
done:
  if (fd >= 0) (void)close(fd);
  return status;
}

static nt_status open_hdf5(nt_error *err, nt_reader *r)
{
  nt_status status = NT_OK;
  const nt_source *const s = r->source;
  NT_TRY(nt_hdf5_open(err, s->path, &r->file));
  H5E_BEGIN_TRY { r->node = H5Dopen2(r->file, s->dataset, H5P_DEFAULT); }
  H5E_END_TRY
  if (r->node < 0) NT_TRY(no_dataset(err, s, r->file));
done:
  return status;
}

static void close_hdf5(nt_reader *r)
{
  if (r->node >= 0) (void)H5Dclose(r->node);
  if (r->file >= 0) (void)H5Fclose(r->file);
}

/* What elements that are not read are. */
static const char *words_for(H5T_class_t class)
{
  switch (class) {
  case H5T_INTEGER:
  case H5T_FLOAT:
    return "numbers of other sizes than 1, 2, 4 or 8 bytes";
  case H5T_STRING:
    return "texts";
  case H5T_COMPOUND:
    return "records (complex numbers are some)";
  case H5T_VLEN:
  case H5T_ARRAY:
    return "lists";
  default:
    return "of another type";
  }
}

static nt_number number_of(hid_t type)
{
  nt_number number = {.kind = '?', .size = (int)H5Tget_size(type)};
  const H5T_class_t class = H5Tget_class(type);
  if (class == H5T_INTEGER) number.kind = H5Tget_sign(type) == H5T_SGN_NONE ? 'u' : 'i';
  if (class == H5T_FLOAT) number.kind = 'f';
  /* h5py stores booleans as an enumeration of one byte. */
  if (class == H5T_ENUM && number.size == 1) number.kind = 'b';
  return number;
}

/* A dataset in chunks may claim any size: they need not be there. */
static nt_status set_shape(nt_error *err, nt_source *s, int rank, const hsize_t *dim)
{
  nt_status status = NT_OK;
  int64_t size = 1;
  s->shape.rank = rank;
  for (int a = 0; a < rank; a++) {
    s->shape.dim[a] = (int64_t)dim[a];
    NT_CHECK(s->shape.dim[a] >= 0 && !__builtin_mul_overflow(size, s->shape.dim[a], &size), err,
             NT_ERR_DATA, "%s:%s: has 2^63 elements or more", s->path, s->dataset);
  }
done:
  return status;
}

/* What is packed as a whole: chunks that went through a filter. */
static void set_chunk(nt_source *s, hid_t node)
{
  hsize_t dim[H5S_MAX_RANK];
  const hid_t how = H5Dget_create_plist(node);
  s->chunk.rank = 0;
  if (H5Pget_layout(how) == H5D_CHUNKED && H5Pget_nfilters(how) > 0) {
    s->chunk.rank = H5Pget_chunk(how, NT_MAX_RANK, dim);
    for (int a = 0; a < s->chunk.rank; a++)
      s->chunk.dim[a] = (int64_t)dim[a];
  }
  (void)H5Pclose(how);
}

nt_status nt_hdf5_probe(nt_error *err, nt_source *s)
{
  nt_status status = NT_OK;
  nt_reader r = {.source = NULL};
  hid_t space = -1, type = -1;
  hsize_t dim[H5S_MAX_RANK];
  s->format = NT_FORMAT_HDF5;
  NT_CHECK(s->dataset[0] != '\0', err, NT_ERR_DATA, "%s: which dataset? Write %s:/NAME", s->path,
           s->path);
  NT_TRY(nt_reader_open(err, s, &r));
  type = H5Dget_type(r.node);
  space = H5Dget_space(r.node);
  s->type = number_of(type);
  NT_CHECK(nt_number_known(s->type), err, NT_ERR_DATA,
           "%s:%s: the elements are %s; integers, booleans and floating-point numbers are read",
           s->path, s->dataset, words_for(H5Tget_class(type)));
  NT_CHECK(H5Sget_simple_extent_type(space) != H5S_NULL, err, NT_ERR_DATA, "%s:%s: is empty",
           s->path, s->dataset);
  const int rank = H5Sget_simple_extent_ndims(space);
  NT_CHECK(rank >= 0 && rank <= NT_MAX_RANK, err, NT_ERR_DATA, "%s:%s: has more than %d axes",
           s->path, s->dataset, NT_MAX_RANK);
  (void)H5Sget_simple_extent_dims(space, dim, NULL);
  NT_TRY(set_shape(err, s, rank, dim));
  set_chunk(s, r.node);
done:
  if (type >= 0) (void)H5Tclose(type);
  if (space >= 0) (void)H5Sclose(space);
  nt_reader_close(&r);
  return status;
}

/* HDF5 itself tells of a compression that it lacks only where it looked for a plugin. */
static void tell_filter(hid_t node, char *cause, size_t size)
{
  const hid_t how = H5Dget_create_plist(node);
  for (int i = 0; i < H5Pget_nfilters(how); i++) {
    char name[40] = "";
    unsigned flags, config;
    size_t n = 0;
    const H5Z_filter_t id =
        H5Pget_filter2(how, (unsigned)i, &flags, &n, NULL, sizeof name, name, &config);
    if (H5Zfilter_avail(id) > 0) continue;
    snprintf(
        cause, size,
        "it is compressed by a filter '%s' (%d) that HDF5 does not have here; gzip can be read",
        name, (int)id);
    break;
  }
  (void)H5Pclose(how);
}

static int64_t chunk_bytes(const nt_source *s) { return nt_shape_size(&s->chunk) * s->type.size; }

/* How many chunks hold a sample along `axis`; 0: they are too many to be kept. */
static int64_t chunks_kept(const nt_source *s, int axis)
{
  int64_t n = 1;
  for (int a = 0; a < s->chunk.rank; a++) {
    if (a == axis) continue;
    const int64_t along = (s->shape.dim[a] + s->chunk.dim[a] - 1) / s->chunk.dim[a];
    if (__builtin_mul_overflow(n, along, &n)) return 0;
  }
  return n <= MOST_KEPT / chunk_bytes(s) ? n : 0;
}

/* While one is unpacked, it is there as it was packed too, and what comes out of it has room for twice
 * as much (HDF5 doubles it). */
int64_t nt_source_unpacked(const nt_source *s, int axis)
{
  return s->chunk.rank == 0 ? 0 : (chunks_kept(s, axis) + 3) * chunk_bytes(s);
}

/* A chunk is unpacked as a whole: those of a sample are kept, since most samples share them with
 * the one before. HDF5 itself keeps 1 MiB. */
static void keep_chunks(nt_reader *r, int axis)
{
  const nt_source *const s = r->source;
  const int64_t n = chunks_kept(s, axis), bytes = n * chunk_bytes(s);
  r->keeps = true;
  if (s->chunk.rank == 0 || bytes <= 1 << 20) return;
  const hid_t access = H5Pcreate(H5P_DATASET_ACCESS);
  (void)H5Pset_chunk_cache(access, (size_t)(100 * n + 1), (size_t)bytes, 1);
  (void)H5Dclose(r->node); /* one that is open would keep its ways */
  r->node = H5Dopen2(r->file, s->dataset, access);
  (void)H5Pclose(access);
}

static nt_status slab(nt_error *err, nt_reader *r, int axis, int64_t first, int64_t count,
                      double *out)
{
  nt_status status = NT_OK;
  const nt_source *const s = r->source;
  hsize_t start[NT_MAX_RANK] = {0}, size[NT_MAX_RANK];
  char cause[200] = "";
  herr_t code = -1;
  for (int a = 0; a < s->shape.rank; a++)
    size[a] = (hsize_t)s->shape.dim[a];
  start[axis] = (hsize_t)first;
  size[axis] = (hsize_t)count;
  if (!r->keeps) keep_chunks(r, axis);
  const hid_t from = H5Dget_space(r->node);
  const hid_t to = H5Screate_simple(s->shape.rank, size, NULL);
  H5E_BEGIN_TRY
  {
    if (H5Sselect_hyperslab(from, H5S_SELECT_SET, start, NULL, size, NULL) >= 0) {
      code = H5Dread(r->node, H5T_NATIVE_DOUBLE, to, from, H5P_DEFAULT, out);
    }
    if (code < 0) {
      (void)nt_hdf5_cause(cause, sizeof cause);
      tell_filter(r->node, cause, sizeof cause);
    }
  }
  H5E_END_TRY(void) H5Sclose(from);
  (void)H5Sclose(to);
  NT_CHECK(code >= 0, err, NT_ERR_DATA, "%s:%s: reading samples %lld to %lld failed: %s", s->path,
           s->dataset, (long long)first, (long long)(first + count - 1), cause);
done:
  return status;
}

const nt_format nt_format_hdf5 = {.open = open_hdf5, .close = close_hdf5, .slab = slab};
