#include "base/file.h"

#include "base/check.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of one call: a signal waits for its end, and a launcher a second before it kills. */
enum { PIECE = 1 << 24 };

nt_status nt_file_open(nt_error *err, const char *path, int *fd, int64_t *size)
{
  nt_status status = NT_OK;
  struct stat info;
  *fd = -1;
  /* A fifo would block open() for ever, so look first. */
  NT_CHECK(stat(path, &info) == 0, err, NT_ERR_DATA, "%s: %s", path, strerror(errno));
  NT_CHECK(!S_ISDIR(info.st_mode), err, NT_ERR_DATA, "%s: is a directory, where a file is wanted",
           path);
  NT_CHECK(S_ISREG(info.st_mode), err, NT_ERR_DATA, "%s: is not a regular file", path);
  *fd = open(path, O_RDONLY | O_CLOEXEC);
  NT_CHECK(*fd >= 0, err, NT_ERR_DATA, "%s: cannot be read: %s", path, strerror(errno));
  *size = (int64_t)info.st_size;
done:
  return status;
}

nt_status nt_file_read(nt_error *err, const char *path, int fd, int64_t offset, int64_t bytes,
                       void *out)
{
  nt_status status = NT_OK;
  char *to = out;
  while (bytes > 0) {
    const ssize_t got = pread(fd, to, (size_t)(bytes < PIECE ? bytes : PIECE), (off_t)offset);
    if (got < 0 && errno == EINTR) continue;
    NT_CHECK(got >= 0, err, NT_ERR_DATA, "%s: reading at byte %lld failed: %s", path,
             (long long)offset, strerror(errno));
    NT_CHECK(got > 0, err, NT_ERR_DATA, "%s: ends at byte %lld, where %lld more are expected", path,
             (long long)offset, (long long)bytes);
    to += got;
    offset += got;
    bytes -= got;
  }
done:
  return status;
}

int nt_file_write(int fd, int64_t offset, int64_t bytes, const void *from)
{
  const char *at = from;
  while (bytes > 0) {
    const ssize_t put = pwrite(fd, at, (size_t)(bytes < PIECE ? bytes : PIECE), (off_t)offset);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return put < 0 ? errno : ENOSPC;
    at += put;
    offset += put;
    bytes -= put;
  }
  return 0;
}

nt_status nt_file_text(nt_error *err, const char *path, int64_t most, char **text, int64_t *size)
{
  nt_status status = NT_OK;
  int fd = -1;
  int64_t length;
  void *memory = NULL;
  *text = NULL;
  NT_TRY(nt_file_open(err, path, &fd, &length));
  NT_CHECK(length <= most, err, NT_ERR_DATA,
           "%s: a text of %lld bytes, where %lld are the most that can be", path, (long long)length,
           (long long)most);
  NT_TRY(nt_calloc(err, length + 1, 1, "a text", &memory));
  NT_TRY(nt_file_read(err, path, fd, 0, length, memory));
  *text = memory;
  if (size != NULL) *size = length;
  memory = NULL;
done:
  if (fd >= 0) (void)close(fd);
  free(memory);
  return status;
}

bool nt_ends_with(const char *name, const char *ending)
{
  const size_t length = strlen(name), tail = strlen(ending);
  return length >= tail && strcmp(name + length - tail, ending) == 0;
}
