#include "nt/context.h"

#include "base/check.h"
#include "base/memory.h"
#include "base/pieces.h"

#include <limits.h>
#include <omp.h>
#include <stdlib.h>

struct nt_ctx {
  MPI_Comm comm;
  int rank, size, threads;
  nt_error error;
  int64_t objects, bytes;
};

nt_status nt_ctx_create(MPI_Comm comm, nt_ctx **out)
{
  *out = NULL;
  nt_ctx *ctx = calloc(1, sizeof *ctx);
  int here = ctx != NULL, everywhere = 0;
  int code = MPI_Allreduce(&here, &everywhere, 1, MPI_INT, MPI_MIN, comm);
  if (code != MPI_SUCCESS || !everywhere || ctx == NULL) {
    free(ctx);
    return code != MPI_SUCCESS ? NT_ERR_MPI : NT_ERR_NOMEM;
  }
  if (MPI_Comm_dup(comm, &ctx->comm) != MPI_SUCCESS) {
    free(ctx);
    return NT_ERR_MPI;
  }
  (void)MPI_Comm_set_errhandler(ctx->comm, MPI_ERRORS_RETURN);
  (void)MPI_Comm_rank(ctx->comm, &ctx->rank);
  (void)MPI_Comm_size(ctx->comm, &ctx->size);
  ctx->threads = omp_get_max_threads();
  *out = ctx;
  return NT_OK;
}

nt_status nt_ctx_create_planned(int ranks, nt_ctx **out)
{
  *out = calloc(1, sizeof **out);
  if (*out == NULL) return NT_ERR_NOMEM;
  (*out)->comm = MPI_COMM_NULL;
  (*out)->size = ranks;
  (*out)->threads = omp_get_max_threads();
  return NT_OK;
}

int nt_ctx_is_planned(const nt_ctx *ctx) { return ctx->comm == MPI_COMM_NULL; }

nt_status nt_ctx_destroy(nt_ctx **ctx)
{
  if (*ctx == NULL) return NT_OK;
  nt_status status = (*ctx)->objects == 0 && (*ctx)->bytes == 0 ? NT_OK : NT_ERR_INTERNAL;
  if (!nt_ctx_is_planned(*ctx) && MPI_Comm_free(&(*ctx)->comm) != MPI_SUCCESS && status == NT_OK) {
    status = NT_ERR_MPI;
  }
  free(*ctx);
  *ctx = NULL;
  return status;
}

MPI_Comm nt_ctx_comm(const nt_ctx *ctx) { return ctx->comm; }

int nt_ctx_rank(const nt_ctx *ctx) { return ctx->rank; }

int nt_ctx_size(const nt_ctx *ctx) { return ctx->size; }

int nt_ctx_threads(const nt_ctx *ctx) { return ctx->threads; }

void nt_ctx_set_threads(nt_ctx *ctx, int threads) { ctx->threads = threads < 1 ? 1 : threads; }

nt_error *nt_ctx_error(nt_ctx *ctx) { return &ctx->error; }

void nt_ctx_clear_error(nt_ctx *ctx)
{
  ctx->error.status = NT_OK;
  ctx->error.message[0] = ctx->error.where[0] = '\0';
}

nt_status nt_ctx_agree(nt_ctx *ctx, nt_status local)
{
  int first = local == NT_OK ? INT_MAX : ctx->rank;
  if (!nt_ctx_is_planned(ctx) &&
      MPI_Allreduce(MPI_IN_PLACE, &first, 1, MPI_INT, MPI_MIN, ctx->comm) != MPI_SUCCESS) {
    return NT_ERR_MPI;
  }
  if (first == INT_MAX) return NT_OK;
  if (first == ctx->rank && ctx->error.status == NT_OK) {
    (void)nt_fail(&ctx->error, local, __FILE__, __LINE__, __func__, "%s", nt_status_text(local));
  }
  if (!nt_ctx_is_planned(ctx) &&
      MPI_Bcast(&ctx->error, (int)sizeof ctx->error, MPI_BYTE, first, ctx->comm) != MPI_SUCCESS) {
    return NT_ERR_MPI;
  }
  return ctx->error.status;
}

nt_status nt_ctx_share(nt_ctx *ctx, void *data, int64_t bytes)
{
  nt_status status = NT_OK;
  if (nt_ctx_is_planned(ctx)) return NT_OK;
  NT_TRY_MPI(ctx, nt_pieces_broadcast(data, bytes, NT_PIECE, 0, ctx->comm));
done:
  return status;
}

nt_status nt_ctx_largest(nt_ctx *ctx, int64_t *value)
{
  nt_status status = NT_OK;
  if (nt_ctx_is_planned(ctx)) return NT_OK;
  NT_TRY_MPI(ctx, MPI_Allreduce(MPI_IN_PLACE, value, 1, MPI_INT64_T, MPI_MAX, ctx->comm));
done:
  return status;
}

nt_status nt_ctx_largest_at(nt_ctx *ctx, double *value, int *index)
{
  nt_status status = NT_OK;
  struct {
    double value;
    int index;
  } pair = {*value, *index}; /* as MPI_DOUBLE_INT has it */
  NT_TRY_MPI(ctx, MPI_Allreduce(MPI_IN_PLACE, &pair, 1, MPI_DOUBLE_INT, MPI_MAXLOC, ctx->comm));
  *value = pair.value;
  *index = pair.index;
done:
  return status;
}

nt_status nt_ctx_sum(nt_ctx *ctx, int64_t count, double *values)
{
  enum { PIECE = 1 << 27 };
  nt_status status = NT_OK;
  for (int64_t at = 0; at < count; at += PIECE) {
    const int n = (int)(count - at < PIECE ? count - at : PIECE);
    NT_TRY_MPI(ctx, MPI_Allreduce(MPI_IN_PLACE, values + at, n, MPI_DOUBLE, MPI_SUM, ctx->comm));
  }
done:
  return status;
}

void nt_ctx_track(nt_ctx *ctx, int objects, int64_t bytes)
{
  ctx->objects += objects;
  ctx->bytes += bytes;
}

int64_t nt_ctx_bytes(const nt_ctx *ctx) { return ctx->bytes; }
