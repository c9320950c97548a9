/** Regular files by descriptor, with messages for the user; endings of names. */
#ifndef NT_BASE_FILE_H
#define NT_BASE_FILE_H

#include "nt/status.h"

#include <stdbool.h>
#include <stdint.h>

/** Open a regular file for reading.
 * \param [out] fd    Closed by the caller; -1 on failure. \param [out] size  In bytes.
 * \return NT_ERR_DATA: missing, not readable, a directory or a device. Parallel: Local. */
nt_status nt_file_open(nt_error *err, const char *path, int *fd, int64_t *size) NT_WARN_UNUSED;

/** Read `bytes` bytes at `offset`, in pieces below 1 GiB.
 * \return NT_ERR_DATA when the file ends before, or cannot be read. Parallel: Local. */
nt_status nt_file_read(nt_error *err, const char *path, int fd, int64_t offset, int64_t bytes,
                       void *out) NT_WARN_UNUSED;

/** Write `bytes` bytes at `offset`, in pieces below 1 GiB. \return 0, or the cause as errno.
 * Parallel: Local. */
int nt_file_write(int fd, int64_t offset, int64_t bytes, const void *from);

/** Read a whole text file. \param [out] text  Ended by a zero byte, freed by
 * `free`; NULL on failure.
 * \param [out] size  Without that byte; may be NULL.
 * \return NT_ERR_DATA: as nt_file_open, or longer than `most` bytes. Parallel: Local. */
nt_status nt_file_text(nt_error *err, const char *path, int64_t most, char **text,
                       int64_t *size) NT_WARN_UNUSED;

/** Whether a name ends with ".npy" or the like. Parallel: Local. */
bool nt_ends_with(const char *name, const char *ending);

#endif
