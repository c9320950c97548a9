/** Reading regular files by descriptor, with messages for the user. */
#ifndef NT_BASE_FILE_H
#define NT_BASE_FILE_H

#include "nt/status.h"

#include <stdint.h>

/** Open a regular file for reading.
 * \param [out] fd    Closed by the caller; -1 on failure. \param [out] size  In bytes.
 * \return NT_ERR_DATA: missing, not readable, a directory or a device. Parallel: Local. */
nt_status nt_file_open(nt_error *err, const char *path, int *fd, int64_t *size) NT_WARN_UNUSED;

/** Read `bytes` bytes at `offset`, in pieces below 1 GiB.
 * \return NT_ERR_DATA when the file ends before, or cannot be read. Parallel: Local. */
nt_status nt_file_read(nt_error *err, const char *path, int fd, int64_t offset, int64_t bytes,
                       void *out) NT_WARN_UNUSED;

#endif
