/* unlink as on a busy machine: to be loaded before the C library's. */
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

int unlink(const char *path)
{
  (void)poll(NULL, 0, 100);
  return unlinkat(AT_FDCWD, path, 0);
}
