#include "grid/shared.h"

#include "base/check.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Ranks of the communicator, numbered as in the node. */
static nt_status find_node(nt_shared *s, MPI_Comm comm)
{
  nt_status status = NT_OK;
  MPI_Group all = MPI_GROUP_NULL, here = MPI_GROUP_NULL;
  void *memory = NULL;
  NT_TRY_ALL(s->ctx, nt_alloc(nt_ctx_error(s->ctx), s->ranks, sizeof(int), "ranks", &memory));
  int *const list = memory;
  for (int r = 0; r < s->ranks; r++)
    list[r] = r;
  NT_TRY_MPI(s->ctx, MPI_Comm_group(comm, &all));
  NT_TRY_MPI(s->ctx, MPI_Comm_group(s->node, &here));
  NT_TRY_MPI(s->ctx, MPI_Group_translate_ranks(all, s->ranks, list, here, s->node_rank));
done:
  if (all != MPI_GROUP_NULL) (void)MPI_Group_free(&all);
  if (here != MPI_GROUP_NULL) (void)MPI_Group_free(&here);
  free(memory);
  return status;
}

static nt_status allocate_lists(nt_shared *s)
{
  nt_status status = NT_OK;
  nt_error *err = nt_ctx_error(s->ctx);
  void *memory;
  NT_TRY(nt_calloc(err, s->ranks, sizeof(char *), "ranks", &memory));
  s->part = memory;
  NT_TRY(nt_calloc(err, s->ranks, sizeof(size_t), "ranks", &memory));
  s->bytes = memory;
  NT_TRY(nt_calloc(err, s->ranks, sizeof(int), "ranks", &memory));
  s->node_rank = memory;
done:
  return status;
}

nt_status nt_shared_open(nt_ctx *ctx, MPI_Comm comm, nt_shared *s)
{
  nt_status status = NT_OK;
  *s = NT_SHARED_NONE;
  s->ctx = ctx;
  NT_TRY_MPI(ctx, MPI_Comm_size(comm, &s->ranks));
  NT_TRY_MPI(ctx, MPI_Comm_rank(comm, &s->rank));
  NT_TRY_ALL(ctx, allocate_lists(s));
  NT_TRY_MPI(ctx,
             MPI_Comm_split_type(comm, MPI_COMM_TYPE_SHARED, s->rank, MPI_INFO_NULL, &s->node));
  NT_TRY_MPI(ctx, MPI_Comm_set_errhandler(s->node, MPI_ERRORS_RETURN));
  NT_TRY(find_node(s, comm));
done:
  return status;
}

enum { NAME = 64 }; /* of a part; empty: there is none */

/* A new object in shared memory; a killed process may have left the first name. */
static int create_object(char *name)
{
  static atomic_uint made; /* by all contexts of this process */
  int file = -1;
  do {
    (void)snprintf(name, NAME, "/ntmpi-%ld-%u", (long)getpid(), atomic_fetch_add(&made, 1));
    file = shm_open(name, O_RDWR | O_CREAT | O_EXCL, S_IRUSR | S_IWUSR);
  } while (file < 0 && errno == EEXIST);
  return file;
}

/* Shared memory counts as a file, and one above the limit would end the process. */
static bool above_limit(size_t bytes)
{
  struct rlimit limit;
  return getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
         bytes > limit.rlim_cur;
}

/* A new part of this rank, and its name for the others: none where there is no room. */
static void make_part(nt_shared *s, size_t bytes, char *name)
{
  const int file = above_limit(bytes) ? -1 : create_object(name);
  int code = file < 0 ? EFBIG : EINTR;
  void *part = MAP_FAILED;
  while (code == EINTR)
    code = posix_fallocate(file, 0, (off_t)bytes);
  if (code == 0) part = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (part != MAP_FAILED) {
    s->part[s->rank] = part;
    s->bytes[s->rank] = bytes;
  }
  if (file >= 0) (void)close(file);
  if (file >= 0 && part == MAP_FAILED) (void)shm_unlink(name);
  if (part == MAP_FAILED) name[0] = '\0';
}

static bool map_part(nt_shared *s, int rank, const char *name)
{
  struct stat facts;
  const int file = name[0] == '\0' ? -1 : shm_open(name, O_RDWR, 0);
  if (file < 0) return false;
  if (fstat(file, &facts) == 0 && facts.st_size > 0) {
    void *part = mmap(NULL, (size_t)facts.st_size, PROT_READ, MAP_SHARED, file, 0);
    if (part != MAP_FAILED) {
      s->part[rank] = part;
      s->bytes[rank] = (size_t)facts.st_size;
    }
  }
  (void)close(file);
  return s->bytes[rank] > 0;
}

static void unmap_parts(nt_shared *s)
{
  for (int r = 0; s->bytes != NULL && r < s->ranks; r++) {
    if (s->bytes[r] == 0) continue;
    (void)munmap(s->part[r], s->bytes[r]);
    s->part[r] = NULL;
    s->bytes[r] = 0;
  }
}

nt_status nt_shared_allocate(nt_shared *s, int64_t bytes, bool *got)
{
  nt_status status = NT_OK;
  char mine[NAME] = "";
  int size, all;
  void *names = NULL;
  NT_TRY_MPI(s->ctx, MPI_Comm_size(s->node, &size));
  NT_TRY_ALL(s->ctx, nt_alloc(nt_ctx_error(s->ctx), size, NAME, "names", &names));
  make_part(s, (size_t)bytes, mine);
  NT_TRY_MPI(s->ctx, MPI_Allgather(mine, NAME, MPI_CHAR, names, NAME, MPI_CHAR, s->node));
  all = s->bytes[s->rank] > 0;
  for (int r = 0; all && r < s->ranks; r++) {
    if (r == s->rank || s->node_rank[r] == MPI_UNDEFINED) continue;
    all = map_part(s, r, (char *)names + (ptrdiff_t)s->node_rank[r] * NAME);
  }
  NT_TRY_MPI(s->ctx, MPI_Allreduce(MPI_IN_PLACE, &all, 1, MPI_INT, MPI_LAND, nt_ctx_comm(s->ctx)));
  *got = all;
  if (!all) unmap_parts(s);
done:
  if (mine[0] != '\0') (void)shm_unlink(mine); /* it lives on while it is mapped */
  free(names);
  return status;
}

nt_status nt_shared_alone(nt_shared *s, int64_t bytes, const char *what)
{
  nt_status status = NT_OK;
  NT_TRY(nt_alloc(nt_ctx_error(s->ctx), bytes, 1, what, &s->own));
  s->part[s->rank] = s->own;
done:
  return status;
}

bool nt_shared_is(const nt_shared *s) { return s->bytes != NULL && s->bytes[s->rank] > 0; }

void nt_shared_sync(const nt_shared *s)
{
  if (nt_shared_is(s)) atomic_thread_fence(memory_order_seq_cst);
}

void nt_shared_close(nt_shared *s)
{
  unmap_parts(s);
  if (s->node != MPI_COMM_NULL) (void)MPI_Comm_free(&s->node);
  free(s->part);
  free(s->bytes);
  free(s->node_rank);
  free(s->own);
  *s = NT_SHARED_NONE;
}
