/** The .npy format of numpy, versions 1 to 3: header in, header out, small arrays.
 * Source: numpy.lib.format,
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
#ifndef NT_BASE_NPY_H
#define NT_BASE_NPY_H

#include "base/number.h"
#include "nt/typing.h"

/** What the header of a file says. */
typedef struct nt_npy_header {
  nt_number type;
  bool fortran; /**< The first axis is the fastest. */
  nt_shape shape;
  int64_t offset; /**< Of the first element, in bytes. */
} nt_npy_header;

/** Read the header, and check that the file is as long as it promises.
 * \return NT_ERR_DATA: not such a file, truncated, or elements that are no numbers.
 *         Parallel: Local. */
nt_status nt_npy_read_header(nt_error *err, const char *path, nt_npy_header *header) NT_WARN_UNUSED;

/** Load a whole array as doubles in C order (any element type, either order).
 * \param [out] array  array->data is owned by the caller; NULL on failure.
 * Parallel: Local. Memory: the array, twice while it is read. */
nt_status nt_npy_load(nt_error *err, const char *path, nt_array *array) NT_WARN_UNUSED;

/** The header (version 1.0, C order, this machine's byte order) of a file to be written.
 * \param [out] out  512 bytes. \return Its length, a multiple of 64. Parallel: Local. */
int nt_npy_make_header(nt_number type, int rank, const int64_t *dim, char out[512]);

#endif
