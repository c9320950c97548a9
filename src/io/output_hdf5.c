/* Results in one HDF5 file. HDF5 lays out the file on rank 0: groups, datasets with all
 * chunks allocated at once and no fill values, attributes. All ranks write the numbers
 * straight to the addresses of the chunks. The file is closed between calls, so that it
 * is never half in a cache. */
#include "base/check.h"
#include "base/memory.h"
#include "io/output.h"
#include "io/source.h"

#include <errno.h>
#include <fcntl.h>
#include <hdf5.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* Room for headers, groups and the index of at most some thousand chunks; alignment of a chunk. */
enum { LONG_TEXT = 32768, METADATA = 1 << 19, ALIGNMENT = 1 << 12 };

const char *nt_io_versions(char *text, size_t size)
{
  unsigned major = 0, minor = 0, release = 0;
  (void)H5get_libversion(&major, &minor, &release);
  (void)snprintf(text, size, "HDF5 %u.%u.%u, zlib %s, OpenSSL %s", major, minor, release,
                 zlibVersion(), OpenSSL_version(OPENSSL_VERSION_STRING));
  return text;
}

/* The innermost error of HDF5 names the system's cause ("errno = 28, error message = '…'"). */
static nt_status fail(nt_error *err, const nt_output *out, const char *what)
{
  char cause[200];
  (void)nt_hdf5_cause(cause, sizeof cause);
  return nt_output_fail(err, out, what, cause);
}

static hid_t file_access(void)
{
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  (void)H5Pset_file_locking(access, true, true);
  (void)H5Pset_alignment(access, 1 << 16, ALIGNMENT);
  return access;
}

/* Have `bytes` more on the disk before HDF5 writes: a file that HDF5 cannot finish, because the
 * disk is full, stays half open inside it and brings the program down when MPI ends. */
static nt_status reserve(nt_error *err, const nt_output *out, int64_t bytes)
{
  nt_status status = NT_OK;
  struct stat info = {.st_size = 0};
  struct rlimit limit = {.rlim_cur = RLIM_INFINITY};
  const int fd = open(out->draft.temp, O_WRONLY | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &info) != 0)
    NT_TRY(nt_output_fail(err, out, "opening the temporary file", strerror(errno)));
  (void)getrlimit(RLIMIT_FSIZE, &limit);
  if (limit.rlim_cur != RLIM_INFINITY && (rlim_t)(info.st_size + bytes) > limit.rlim_cur)
    NT_TRY(nt_output_fail(err, out, "writing", strerror(EFBIG)));
  int code;
  do
    code = fallocate(fd, 0, info.st_size, (off_t)bytes);
  while (code != 0 && errno == EINTR);
  if (code != 0 && errno != EOPNOTSUPP && errno != ENOSYS)
    NT_TRY(nt_output_fail(err, out, "writing", strerror(errno)));
done:
  if (fd >= 0) (void)close(fd);
  return status;
}

/* Close a file that was written to. */
static nt_status close_file(nt_error *err, const nt_output *out, hid_t file, nt_status status)
{
  if (file < 0) return status;
  if (H5Fclose(file) < 0 && status == NT_OK) status = fail(err, out, "writing");
  return status;
}

static nt_status begin(nt_error *err, nt_output *out)
{
  nt_status status = NT_OK;
  hid_t access = -1;
  /* The system's own words are better than those of HDF5. */
  NT_TRY(nt_draft_begin(err, &out->draft, false));
  NT_TRY(reserve(err, out, METADATA));
  access = file_access();
  H5E_BEGIN_TRY
  {
    const hid_t file = H5Fcreate(out->draft.temp, H5F_ACC_TRUNC, H5P_DEFAULT, access);
    if (file < 0) status = fail(err, out, "creating the file");
    status = close_file(err, out, file, status);
  }
  H5E_END_TRY
done:
  if (access >= 0) (void)H5Pclose(access);
  return status;
}

static hid_t open_again(const nt_output *out)
{
  const hid_t access = file_access(), file = H5Fopen(out->draft.temp, H5F_ACC_RDWR, access);
  (void)H5Pclose(access);
  return file;
}

/* Booleans as h5py has them. */
static hid_t boolean_type(void)
{
  const hid_t type = H5Tenum_create(H5T_NATIVE_INT8);
  const int8_t no = 0, yes = 1;
  (void)H5Tenum_insert(type, "FALSE", &no);
  (void)H5Tenum_insert(type, "TRUE", &yes);
  return type;
}

static hid_t text_type(void)
{
  const hid_t type = H5Tcopy(H5T_C_S1);
  (void)H5Tset_size(type, H5T_VARIABLE);
  (void)H5Tset_cset(type, H5T_CSET_UTF8);
  return type;
}

static hid_t type_of(nt_number number)
{
  if (number.kind == 'b') return boolean_type();
  if (number.kind == 'i') return H5Tcopy(H5T_NATIVE_INT64);
  return H5Tcopy(number.size == 4 ? H5T_NATIVE_FLOAT : H5T_NATIVE_DOUBLE);
}

static bool is_chunked(const nt_storage *place)
{
  return memcmp(place->chunk, place->dim, (size_t)place->rank * sizeof place->dim[0]) != 0;
}

static hid_t create_dataset(hid_t file, const char *name, const nt_storage *place)
{
  hsize_t dim[NT_MAX_RESULT_RANK], chunk[NT_MAX_RESULT_RANK];
  for (int a = 0; a < place->rank; a++) {
    dim[a] = (hsize_t)place->dim[a];
    chunk[a] = (hsize_t)place->chunk[a];
  }
  const hid_t space =
      place->rank ? H5Screate_simple(place->rank, dim, NULL) : H5Screate(H5S_SCALAR);
  const hid_t links = H5Pcreate(H5P_LINK_CREATE), how = H5Pcreate(H5P_DATASET_CREATE);
  const hid_t type = type_of(place->type);
  (void)H5Pset_create_intermediate_group(links, 1);
  (void)H5Pset_alloc_time(how, H5D_ALLOC_TIME_EARLY);
  (void)H5Pset_fill_time(how, H5D_FILL_TIME_NEVER);
  if (is_chunked(place)) (void)H5Pset_chunk(how, place->rank, chunk);
  const hid_t dataset = H5Dcreate2(file, name, type, space, links, how, H5P_DEFAULT);
  (void)H5Tclose(type);
  (void)H5Pclose(links);
  (void)H5Pclose(how);
  (void)H5Sclose(space);
  return dataset;
}

/* Addresses of the chunks, in row-major order; whether all are there. */
static bool find_chunks(hid_t dataset, const nt_storage *place)
{
  if (!is_chunked(place)) {
    const haddr_t address = H5Dget_offset(dataset);
    place->address[0] = (int64_t)address;
    return address != HADDR_UNDEF;
  }
  hsize_t corner[NT_MAX_RESULT_RANK] = {0};
  for (int64_t i = 0; i < place->n_chunks; i++) {
    unsigned filters;
    haddr_t address = HADDR_UNDEF;
    hsize_t bytes;
    if (H5Dget_chunk_info_by_coord(dataset, corner, &filters, &address, &bytes) < 0 ||
        address == HADDR_UNDEF)
      return false;
    place->address[i] = (int64_t)address;
    for (int a = place->rank - 1; a >= 0; a--) {
      corner[a] += (hsize_t)place->chunk[a];
      if (corner[a] < (hsize_t)place->dim[a]) break;
      corner[a] = 0;
    }
  }
  return true;
}

static nt_status place_hdf5(nt_error *err, nt_output *out, const char *name, nt_storage *place)
{
  nt_status status = NT_OK;
  void *address = NULL;
  strcpy(place->path, out->draft.temp);
  int64_t bytes = place->type.size;
  place->n_chunks = 1;
  for (int a = 0; a < place->rank; a++) {
    place->n_chunks *= (place->dim[a] + place->chunk[a] - 1) / place->chunk[a];
    bytes *= place->chunk[a];
  }
  NT_TRY(reserve(err, out, place->n_chunks * (bytes + 2 * ALIGNMENT) + METADATA));
  NT_TRY(nt_alloc(err, place->n_chunks, sizeof(int64_t), "chunks", &address));
  place->address = address;
  H5E_BEGIN_TRY
  {
    const hid_t file = open_again(out);
    const hid_t dataset = file < 0 ? -1 : create_dataset(file, name, place);
    if (dataset < 0) status = fail(err, out, "creating a dataset");
    if (dataset >= 0 && !find_chunks(dataset, place))
      status = nt_output_fail(err, out, "creating a dataset", "HDF5 did not allocate its chunks");
    if (dataset >= 0) (void)H5Dclose(dataset);
    status = close_file(err, out, file, status);
  }
  H5E_END_TRY
done:
  return status;
}

/* A text that no attribute holds becomes a scalar dataset. */
static bool write_long_text(hid_t object, const char *name, const char *text)
{
  const hid_t type = text_type(), space = H5Screate(H5S_SCALAR);
  const hid_t dataset =
      H5Dcreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  bool good = dataset >= 0 && H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, &text) >= 0;
  if (dataset >= 0) good = H5Dclose(dataset) >= 0 && good;
  (void)H5Sclose(space);
  (void)H5Tclose(type);
  return good;
}

static hid_t attr_type(const nt_attr *attr)
{
  if (attr->type == NT_ATTR_TEXT) return text_type();
  if (attr->type == NT_ATTR_BOOL) return boolean_type();
  return H5Tcopy(attr->type == NT_ATTR_INTS ? H5T_NATIVE_INT64 : H5T_NATIVE_DOUBLE);
}

static bool write_attr(hid_t object, const nt_attr *attr)
{
  const bool is_text = attr->type == NT_ATTR_TEXT, is_list = attr->type == NT_ATTR_INTS;
  if (is_text && strlen(attr->values) > LONG_TEXT)
    return write_long_text(object, attr->name, attr->values);
  const hsize_t n = (hsize_t)attr->n;
  const hid_t type = attr_type(attr);
  const hid_t space =
      is_list && attr->n >= 0 ? H5Screate_simple(1, &n, NULL) : H5Screate(H5S_SCALAR);
  if (H5Aexists(object, attr->name) > 0) (void)H5Adelete(object, attr->name);
  const hid_t a = H5Acreate2(object, attr->name, type, space, H5P_DEFAULT, H5P_DEFAULT);
  const void *const values = is_text ? (const void *)&attr->values : attr->values;
  bool good = a >= 0 && H5Awrite(a, type, values) >= 0;
  if (a >= 0) good = H5Aclose(a) >= 0 && good;
  (void)H5Sclose(space);
  (void)H5Tclose(type);
  return good;
}

static nt_status attr_hdf5(nt_error *err, nt_output *out, const nt_attr *attr)
{
  nt_status status = NT_OK;
  const int64_t text = attr->type == NT_ATTR_TEXT ? (int64_t)strlen(attr->values) : 8 * attr->n;
  NT_TRY(reserve(err, out, 2 * text + METADATA));
  H5E_BEGIN_TRY
  {
    const hid_t file = open_again(out);
    const hid_t object =
        file < 0 ? -1 : H5Oopen(file, attr->where[0] ? attr->where : "/", H5P_DEFAULT);
    if (object < 0 || !write_attr(object, attr)) status = fail(err, out, "writing an attribute");
    if (object >= 0) (void)H5Oclose(object);
    status = close_file(err, out, file, status);
  }
  H5E_END_TRY
done:
  return status;
}

static nt_status end_hdf5(nt_error *err, nt_output *out)
{
  nt_status status = NT_OK;
  if (!out->begun) return NT_OK;
  FILE *const file = fopen(out->draft.temp, "r+");
  if (file == NULL || fsync(fileno(file)) != 0)
    status = nt_output_fail(err, out, "writing", strerror(errno));
  if (file != NULL) (void)fclose(file);
  return status;
}

const nt_store_ops nt_store_hdf5 = {begin, place_hdf5, attr_hdf5, end_hdf5};
