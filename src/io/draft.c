#include "io/draft.h"

#include "base/check.h"
#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* What was made, the newest first, so that folders come behind what is in them. */
typedef struct made {
  struct made *next;
  char path[];
} made;

static made *newest;

/* Whoever has it may use the list, and is not interrupted meanwhile. A signal handler never gives it
 * back. */
static atomic_flag held = ATOMIC_FLAG_INIT;

static void hold(sigset_t *before)
{
  sigset_t all;
  (void)sigfillset(&all);
  (void)pthread_sigmask(SIG_BLOCK, &all, before);
  while (atomic_flag_test_and_set(&held))
    continue;
}

static void release(const sigset_t *before)
{
  atomic_flag_clear(&held);
  (void)pthread_sigmask(SIG_SETMASK, before, NULL);
}

static nt_status allocate(nt_error *err, size_t length, made **m)
{
  return nt_alloc(err, (int64_t)(sizeof(made) + length + 1), 1, "the name of a file", m);
}

static void add(made *m, const char *path)
{
  strcpy(m->path, path);
  m->next = newest;
  newest = m;
}

nt_status nt_draft_add(nt_error *err, const char *path)
{
  nt_status status = NT_OK;
  sigset_t before;
  made *m;
  NT_TRY(allocate(err, strlen(path), &m));
  hold(&before);
  add(m, path);
  release(&before);
done:
  return status;
}

static bool is_in(const nt_draft *draft, const made *m)
{
  const size_t length = strlen(draft->temp);
  return strncmp(m->path, draft->temp, length) == 0 &&
         (m->path[length] == '/' || m->path[length] == '\0');
}

/* Whether the temporary file or folder is on the list. */
static bool is_listed(const nt_draft *draft)
{
  sigset_t before;
  hold(&before);
  const made *m = newest;
  while (m != NULL && !is_in(draft, m))
    m = m->next;
  release(&before);
  return m != NULL;
}

/* Take it, and all in it, off the list. */
static void forget(const nt_draft *draft)
{
  sigset_t before;
  hold(&before);
  for (made **at = &newest; *at != NULL;) {
    made *const m = *at;
    if (is_in(draft, m)) {
      *at = m->next;
      free(m);
    } else {
      at = &m->next;
    }
  }
  release(&before);
}

void nt_drafts_remove(void)
{
  while (atomic_flag_test_and_set(&held)) /* by another thread, and not for long */
    continue;
  for (const made *m = newest; m != NULL; m = m->next) {
    /* Held until the process has ended: to give back the pages of a large file takes longer than
     * a launcher may wait before it kills. */
    (void)open(m->path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (unlink(m->path) != 0) (void)rmdir(m->path);
  }
}

nt_status nt_draft_name(nt_error *err, const char *path, nt_draft *draft)
{
  nt_status status = NT_OK;
  struct stat link;
  char *real = NULL;
  size_t length = strlen(path);
  NT_CHECK(length + 32 < NT_PATH, err, NT_ERR_OUTPUT, "%s: the name is too long", path);
  strcpy(draft->final, path);
  while (length > 1 && draft->final[length - 1] == '/') /* behind which a link is what it names */
    draft->final[--length] = '\0';
  if (lstat(draft->final, &link) == 0 && S_ISLNK(link.st_mode)) real = realpath(path, NULL);
  if (real != NULL && strlen(real) + 32 < NT_PATH) strcpy(draft->final, real);
  const char *const slash = strrchr(draft->final, '/');
  const int folder = slash == NULL ? 0 : (int)(slash - draft->final) + 1;
  NT_CHECK(strlen(draft->final + folder) + 24 < NT_NAME, err, NT_ERR_OUTPUT,
           "%s: the name is too long: up to %d bytes leave room for that of the temporary file",
           path, NT_NAME - 25);
  (void)snprintf(draft->temp, NT_PATH, "%.*s.%s.tmp-%ld", folder, draft->final,
                 draft->final + folder, (long)getpid());
done:
  free(real);
  return status;
}

/* Exclusively: what is there stays, and no link is followed. What will replace something is as open
 * to others as that. \return 0, or -1 with errno. */
static int make(const nt_draft *draft, bool folder)
{
  struct stat old;
  const bool replaces = stat(draft->final, &old) == 0;
  if (folder) {
    if (mkdir(draft->temp, 0777) != 0) return -1;
    if (replaces) (void)chmod(draft->temp, (old.st_mode & 0777) | S_IRWXU);
    return 0;
  }
  const int fd = open(draft->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0) return -1;
  if (replaces) (void)fchmod(fd, (old.st_mode & 0777) | S_IRUSR | S_IWUSR);
  return close(fd);
}

nt_status nt_draft_begin(nt_error *err, nt_draft *draft, bool folder)
{
  nt_status status = NT_OK;
  const size_t length = strlen(draft->temp);
  sigset_t before;
  made *m;
  NT_TRY(allocate(err, length + 3, &m));
  hold(&before);
  int code = make(draft, folder);
  /* A run that was killed may have left its own, with the same PID in another container. */
  for (int i = 1; code != 0 && errno == EEXIST && i < 100; i++) {
    (void)snprintf(draft->temp + length, NT_PATH - length, ".%d", i);
    code = make(draft, folder);
  }
  const int cause = errno;
  if (code == 0) add(m, draft->temp);
  release(&before);
  if (code != 0) free(m);
  NT_CHECK(code == 0, err, NT_ERR_OUTPUT, "%s: creating the %s failed: %s", draft->final,
           folder ? "folder" : "file", strerror(cause));
done:
  return status;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *where)
{
  (void)info, (void)type, (void)where;
  return remove(path);
}

static void remove_tree(const char *path)
{
  (void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void nt_draft_drop(const nt_draft *draft)
{
  if (draft->temp[0] == '\0' || !is_listed(draft)) return;
  remove_tree(draft->temp);
  forget(draft);
}

/* The folder of a file, into `folder`. \return The file's name in it. */
static const char *split(const char *path, char folder[NT_PATH])
{
  (void)snprintf(folder, NT_PATH, "%s", path);
  char *const slash = strrchr(folder, '/');
  if (slash == NULL) {
    strcpy(folder, ".");
    return path;
  }
  slash[slash == folder] = '\0';
  return strrchr(path, '/') + 1;
}

bool nt_draft_same(const nt_draft *a, const nt_draft *b)
{
  char folder[2][NT_PATH];
  struct stat info[2];
  return strcmp(split(a->final, folder[0]), split(b->final, folder[1])) == 0 &&
         stat(folder[0], &info[0]) == 0 && stat(folder[1], &info[1]) == 0 &&
         info[0].st_dev == info[1].st_dev && info[0].st_ino == info[1].st_ino;
}

bool nt_draft_exists(const nt_draft *draft)
{
  struct stat info;
  return stat(draft->final, &info) == 0;
}

bool nt_draft_has_folder(const nt_draft *draft)
{
  char folder[NT_PATH];
  (void)snprintf(folder, sizeof folder, "%s", draft->temp);
  char *const slash = strrchr(folder, '/');
  if (slash != NULL) slash[1] = '\0';
  return access(slash != NULL ? folder : ".", W_OK) == 0;
}

bool nt_draft_on_lustre(const nt_draft *draft)
{
  enum { LUSTRE = 0x0BD00BD0 }; /* as its kernel module calls itself */
  char folder[NT_PATH];
  struct statfs info;
  (void)split(draft->temp, folder);
  return statfs(folder, &info) == 0 && info.f_type == LUSTRE;
}

bool nt_draft_holds(const nt_draft *folder, const nt_draft *file)
{
  char at[NT_PATH + sizeof "/.."];
  struct stat wanted, info, below = {.st_ino = 0};
  if (stat(folder->final, &wanted) != 0 || !S_ISDIR(wanted.st_mode)) return false;
  (void)split(file->final, at);
  while (strlen(at) < NT_PATH && stat(at, &info) == 0) {
    if (info.st_dev == wanted.st_dev && info.st_ino == wanted.st_ino) return true;
    if (info.st_dev == below.st_dev && info.st_ino == below.st_ino) break; /* the root */
    below = info;
    strcat(at, "/..");
  }
  return false;
}

bool nt_draft_other(const nt_draft *draft, char other[NT_NAME])
{
  char folder[NT_PATH];
  bool found = false;
  const char *const own = split(draft->temp, folder);
  const size_t alike = (size_t)(strrchr(own, '-') - own) + 1; /* without the PID */
  DIR *const all = opendir(folder);
  for (const struct dirent *e; all != NULL && !found && (e = readdir(all)) != NULL;) {
    found = strncmp(e->d_name, own, alike) == 0 && strcmp(e->d_name, own) != 0;
    if (found) (void)snprintf(other, NT_NAME, "%s", e->d_name);
  }
  if (all != NULL) (void)closedir(all);
  return found;
}

/* Make a rename last: the folder it happened in goes to the disk too. */
static void flush_folder(const char *path)
{
  char folder[NT_PATH];
  (void)split(path, folder);
  const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  (void)fsync(fd);
  (void)close(fd);
}

/* Rename cannot replace a folder that is not empty. \return 0, or -1 with errno. */
static int replace_folder(const nt_draft *draft)
{
  char aside[NT_PATH + 8];
  if (renameat2(AT_FDCWD, draft->temp, AT_FDCWD, draft->final, RENAME_EXCHANGE) == 0) {
    remove_tree(draft->temp);
    return 0;
  }
  (void)snprintf(aside, sizeof aside, "%s.old", draft->temp);
  if (rename(draft->final, aside) != 0) return -1;
  if (rename(draft->temp, draft->final) != 0) {
    const int cause = errno;
    (void)rename(aside, draft->final);
    errno = cause;
    return -1;
  }
  remove_tree(aside);
  return 0;
}

nt_status nt_draft_keep(nt_error *err, const nt_draft *draft)
{
  nt_status status = NT_OK;
  struct stat info;
  const bool folder = stat(draft->final, &info) == 0 && S_ISDIR(info.st_mode);
  const int code = folder ? replace_folder(draft) : rename(draft->temp, draft->final);
  NT_CHECK(code == 0, err, NT_ERR_OUTPUT, "%s: renaming the temporary file failed: %s",
           draft->final, strerror(errno));
  forget(draft);
  flush_folder(draft->final);
done:
  return status;
}
