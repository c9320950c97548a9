/** Input files of every format, made byte by byte and not by the code under test. */
#ifndef IO_FILES_H
#define IO_FILES_H

#include "nt/io.h"
#include "nt_test.h"

#include <hdf5.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/** Entry j of sample i: small integers that every type holds. */
static inline double io_value(int64_t i, int64_t j) { return (double)((7 * i + 3 * j) % 50); }

/** One element of numpy type "<f4" as bytes. */
static inline void io_encode(const char *descr, double v, unsigned char *out)
{
  const int size = atoi(descr + 2);
  uint64_t bits = 0;
  if (descr[1] == 'f' && size == 8) memcpy(&bits, &v, 8);
  if (descr[1] == 'f' && size == 4) memcpy(&bits, &(float){(float)v}, 4);
  if (descr[1] == 'f' && size == 2 && v != 0) {
    const int e = (int)floor(log2(v));
    bits = (uint64_t)((e + 15) << 10 | (int)((v / ldexp(1, e) - 1) * 1024));
  }
  if (descr[1] == 'i') bits = (uint64_t)(int64_t)v;
  if (descr[1] == 'u') bits = (uint64_t)v;
  if (descr[1] == 'b') bits = v != 0;
  for (int b = 0; b < size; b++)
    out[descr[0] == '>' ? size - 1 - b : b] = (unsigned char)(bits >> 8 * b);
}

/** A .npy file with the given header text and `size` bytes of data; all ranks call. */
static inline const char *io_npy_raw(const char *name, int version, const char *dict,
                                     const void *data, size_t size)
{
  const char *const path = nt_test_path(name);
  const size_t text = strlen(dict), at = version == 1 ? 10 : 12;
  unsigned char *const file = calloc(at + text + size + 1, 1);
  memcpy(file, "\x93NUMPY", 6);
  file[6] = (unsigned char)version;
  file[8] = (unsigned char)(text & 255);
  file[9] = (unsigned char)(text >> 8);
  memcpy(file + at, dict, text);
  if (size > 0) memcpy(file + at + text, data, size);
  nt_test_write(path, file, at + text + size);
  free(file);
  return path;
}

/** An n x d array of io_value in numpy type `descr`. */
static inline const char *io_npy(const char *name, const char *descr, bool fortran, int version,
                                 int64_t n, int64_t d)
{
  const int size = atoi(descr + 2);
  unsigned char *const data = malloc((size_t)(n * d * size));
  char dict[128];
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < d; j++)
      io_encode(descr, io_value(i, j), data + (fortran ? i + j * n : i * d + j) * size);
  snprintf(dict, sizeof dict, "{'descr': '%s', 'fortran_order': %s, 'shape': (%lld, %lld), }\n",
           descr, fortran ? "True" : "False", (long long)n, (long long)d);
  const char *const path = io_npy_raw(name, version, dict, data, (size_t)(n * d * size));
  free(data);
  return path;
}

/** Doubles of any shape (a Python tuple) in C order. */
static inline const char *io_npy_doubles(const char *name, const char *shape, const double *values,
                                         int64_t count)
{
  char dict[160];
  snprintf(dict, sizeof dict, "{'descr': '<f8', 'fortran_order': False, 'shape': %s, }\n", shape);
  return io_npy_raw(name, 1, dict, values, (size_t)count * sizeof(double));
}

/** Bytes, packed by gzip when `packed`. */
static inline const char *io_file(const char *name, const void *bytes, size_t size, bool packed)
{
  const char *const path = nt_test_path(name);
  if (!packed) {
    nt_test_write(path, bytes, size);
  } else {
    if (nt_ctx_rank(nt_test_world()) == 0) {
      gzFile f = gzopen(path, "wb");
      gzwrite(f, bytes, (unsigned)size);
      gzclose(f);
    }
    MPI_Barrier(MPI_COMM_WORLD);
  }
  return path;
}

/** An n x d IDX file of io_value. */
static inline const char *io_idx(const char *name, int code, const char *descr, bool packed,
                                 int64_t n, int64_t d)
{
  const int size = atoi(descr + 2);
  const size_t bytes = (size_t)(12 + n * d * size);
  unsigned char *const file = calloc(bytes, 1);
  file[2] = (unsigned char)code;
  file[3] = 2;
  for (int b = 0; b < 4; b++) {
    file[4 + b] = (unsigned char)(n >> (24 - 8 * b));
    file[8 + b] = (unsigned char)(d >> (24 - 8 * b));
  }
  for (int64_t i = 0; i < n * d; i++)
    io_encode(descr, io_value(i / d, i % d), file + 12 + i * size);
  const char *const path = io_file(name, file, bytes, packed);
  free(file);
  return path;
}

/** An n x d text table of io_value (+ 0.5 when not `integers`). */
static inline const char *io_csv(const char *name, const char *header, const char *separator,
                                 bool integers, bool packed, int64_t n, int64_t d)
{
  char *const text = malloc((size_t)(n * d * 12 + 200)), *at = text;
  at += sprintf(at, "%s", header);
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < d; j++)
      at += sprintf(at, "%.*f%s", integers ? 0 : 1, io_value(i, j) + (integers ? 0 : 0.5),
                    j + 1 < d ? separator : "\n");
  const char *const path = io_file(name, text, (size_t)(at - text), packed);
  free(text);
  return path;
}

/** An n x d HDF5 dataset /group/x of io_value, stored as `type`. */
static inline const char *io_hdf5(const char *name, hid_t type, int64_t n, int64_t d)
{
  const char *const path = nt_test_path(name);
  if (nt_ctx_rank(nt_test_world()) == 0) {
    double *const x = malloc((size_t)(n * d) * sizeof *x);
    for (int64_t i = 0; i < n * d; i++)
      x[i] = io_value(i / d, i % d);
    const hsize_t dim[2] = {(hsize_t)n, (hsize_t)d};
    const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t group = H5Gcreate2(file, "group", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t space = H5Screate_simple(2, dim, NULL);
    const hid_t set = H5Dcreate2(group, "x", type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, x);
    H5Dclose(set);
    H5Sclose(space);
    H5Gclose(group);
    H5Fclose(file);
    free(x);
  }
  MPI_Barrier(MPI_COMM_WORLD);
  return path;
}

/** Open and read all in one; NULL (and a failed test) when it does not work. */
static inline nt_samples *io_read(nt_ctx *ctx, const char *text, const nt_dataset_options *options,
                                  const nt_samples_options *how)
{
  nt_dataset *ds = NULL;
  nt_samples *s = NULL;
  nt_status status = nt_dataset_open(ctx, text, options, &ds);
  if (status == NT_OK) status = nt_samples_read(ctx, ds, how, &s);
  if (status != NT_OK) printf("%s\n", nt_ctx_error(ctx)->message);
  nt_dataset_close(&ds);
  return s;
}

#endif
