#include "grid/shared.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/statvfs.h>

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

/* The first whole cache line, which is the same one in every mapping of a part. */
static char *align(void *part)
{
  return (char *)(((uintptr_t)part + NT_ALIGNMENT - 1) & ~(uintptr_t)(NT_ALIGNMENT - 1));
}

static nt_status find_parts(nt_shared *s)
{
  nt_status status = NT_OK;
  for (int r = 0; r < s->ranks; r++) {
    MPI_Aint bytes;
    int unit;
    void *part;
    if (s->node_rank[r] == MPI_UNDEFINED) continue;
    NT_TRY_MPI(s->ctx,
               MPI_Win_shared_query(s->window, s->node_rank[r], &bytes, &unit, (void *)&part));
    s->part[r] = align(part);
  }
  NT_TRY_MPI(s->ctx, MPI_Win_lock_all(MPI_MODE_NOCHECK, s->window));
done:
  return status;
}

/* Whether the file system behind shared memory has room for so much, and what MPI adds to it. */
static bool has_room(double bytes)
{
  struct statvfs place;
  struct rlimit limit;
  const double wanted = 1.1 * bytes + (1 << 20);
  if (statvfs("/dev/shm", &place) == 0 && wanted > (double)place.f_bavail * (double)place.f_frsize)
    return false;
  return getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
         wanted <= (double)limit.rlim_cur;
}

/* Open MPI 4 fails without room on the one rank that makes the file, while the others of the node
 * wait for it: so it is not asked then. */
static nt_status find_room(nt_shared *s, int64_t bytes, bool *room)
{
  nt_status status = NT_OK;
  double sum = (double)bytes;
  NT_TRY_MPI(s->ctx, MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_DOUBLE, MPI_SUM, s->node));
  int all = has_room(sum);
  NT_TRY_MPI(s->ctx, MPI_Allreduce(MPI_IN_PLACE, &all, 1, MPI_INT, MPI_LAND, nt_ctx_comm(s->ctx)));
  *room = all;
done:
  return status;
}

nt_status nt_shared_allocate(nt_shared *s, int64_t bytes, bool *got)
{
  nt_status status = NT_OK;
  void *part;
  NT_TRY(find_room(s, bytes + NT_ALIGNMENT, got));
  if (!*got) return NT_OK;
  const bool mine = MPI_Win_allocate_shared((MPI_Aint)(bytes + NT_ALIGNMENT), 1, MPI_INFO_NULL,
                                            s->node, (void *)&part, &s->window) == MPI_SUCCESS;
  int all = mine;
  NT_TRY_MPI(s->ctx, MPI_Allreduce(MPI_IN_PLACE, &all, 1, MPI_INT, MPI_LAND, nt_ctx_comm(s->ctx)));
  *got = all;
  if (all) return find_parts(s);
  if (mine) (void)MPI_Win_free(&s->window);
  s->window = MPI_WIN_NULL;
done:
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

bool nt_shared_is(const nt_shared *s) { return s->window != MPI_WIN_NULL; }

void nt_shared_sync(const nt_shared *s)
{
  if (nt_shared_is(s)) (void)MPI_Win_sync(s->window);
}

void nt_shared_close(nt_shared *s)
{
  if (nt_shared_is(s)) {
    (void)MPI_Win_unlock_all(s->window);
    (void)MPI_Win_free(&s->window);
  }
  if (s->node != MPI_COMM_NULL) (void)MPI_Comm_free(&s->node);
  free(s->part);
  free(s->node_rank);
  free(s->own);
  *s = NT_SHARED_NONE;
}
