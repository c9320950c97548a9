/* statfs as in a folder on Lustre, of the folder that a program is in: to be loaded before the C
 * library's. */
#include <errno.h>
#include <string.h>
#include <sys/vfs.h>

int statfs(const char *path, struct statfs *info)
{
  memset(info, 0, sizeof *info);
  info->f_type = 0x0BD00BD0;
  errno = ENOENT;
  return strcmp(path, ".") == 0 ? 0 : -1;
}
