/** The context: a communicator of our own, the error record, and the count of what is alive. */
#ifndef NT_CONTEXT_H
#define NT_CONTEXT_H

#include "nt/status.h"

/* The C++ classes that MPI 3 has removed would need a library of their own. */
#ifdef __cplusplus
#ifndef OMPI_SKIP_MPICXX
#define OMPI_SKIP_MPICXX 1
#endif
#ifndef MPICH_SKIP_MPICXX
#define MPICH_SKIP_MPICXX 1
#endif
#endif
#include <mpi.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** All that a rank holds of ntmpi hangs on one. Opaque. */
typedef struct nt_ctx nt_ctx;

/** Create a context on a duplicate of `comm`; MPI must be initialised (we never call MPI_Init).
 *
 * Parallel: Collective on comm.
 * \param [in] comm  Duplicated, so that our messages never meet yours.
 * \param [out] ctx  Owned by the caller; NULL on failure.
 * \return NT_OK; NT_ERR_MPI; NT_ERR_NOMEM. */
nt_status nt_ctx_create(MPI_Comm comm, nt_ctx **ctx) NT_WARN_UNUSED;

/** Create a context without MPI that stands for rank 0 of `ranks` ranks that do not exist: what a
 * run on so many would decide can be asked of it before the run.
 *
 * nt_ctx_comm is MPI_COMM_NULL; of all that is collective only nt_ctx_agree, nt_ctx_share,
 * nt_ctx_largest, nt_grid_create and functions made of these may be called. Parallel: Local.
 * \param [in] ranks  At least 1.
 * \param [out] ctx   Owned by the caller; NULL on failure (NT_ERR_NOMEM). */
nt_status nt_ctx_create_planned(int ranks, nt_ctx **ctx) NT_WARN_UNUSED;
/** Whether this is a context without MPI. Parallel: Local. */
int nt_ctx_is_planned(const nt_ctx *ctx);

/** Free a context and set it to NULL (NULL is accepted).
 *
 * Parallel: Collective.
 * \return NT_ERR_INTERNAL when objects of this context are still alive on this rank, NT_ERR_MPI; it
 *         is freed all the same. */
nt_status nt_ctx_destroy(nt_ctx **ctx);

/** Our communicator, borrowed until the context is destroyed. Parallel: Local. */
MPI_Comm nt_ctx_comm(const nt_ctx *ctx);
/** Rank of this process in nt_ctx_comm. Parallel: Local. */
int nt_ctx_rank(const nt_ctx *ctx);
/** Number of processes of nt_ctx_comm. Parallel: Local. */
int nt_ctx_size(const nt_ctx *ctx);
/** Threads a rank uses for tiles (default: omp_get_max_threads). Parallel: Local. */
int nt_ctx_threads(const nt_ctx *ctx);
/** Set the number of threads; at least 1. Parallel: Local. */
void nt_ctx_set_threads(nt_ctx *ctx, int threads);

/** The error record of this context, for reading, and for local calls to report into; borrowed. It
 * keeps the first error until nt_ctx_clear_error. Parallel: Local. */
nt_error *nt_ctx_error(nt_ctx *ctx);
/** Forget the recorded error. Parallel: Local. */
void nt_ctx_clear_error(nt_ctx *ctx);

/** Agree on the outcome of a local step, so that all ranks leave a collective function together:
 *
 *     status = nt_ctx_agree(ctx, step_of_this_rank(nt_ctx_error(ctx)));
 *
 * \param [in] local  What the step returned here; it may differ between ranks. Where it is an error
 *                    that the step did not record in nt_ctx_error(ctx), its text is.
 * \return NT_OK when all ranks had it; else on all the status that the lowest rank with an error
 *         has recorded, and its record is copied to every rank; NT_ERR_MPI.
 * Parallel: Collective on ctx. Cost: one allreduce, and one broadcast after an error. */
nt_status nt_ctx_agree(nt_ctx *ctx, nt_status local) NT_WARN_UNUSED;

/** Give `bytes` bytes that rank 0 has to all ranks. Parallel: Collective on ctx. */
nt_status nt_ctx_share(nt_ctx *ctx, void *data, int64_t bytes) NT_WARN_UNUSED;
/** The largest of the values of all ranks, on all. Parallel: Collective on ctx. */
nt_status nt_ctx_largest(nt_ctx *ctx, int64_t *value) NT_WARN_UNUSED;
/** The largest of the numbers of all ranks and the index that its rank gave with it, on all; of equal
 * ones the smallest index. None may be a NaN. Parallel: Collective on ctx, not on a planned one. */
nt_status nt_ctx_largest_at(nt_ctx *ctx, double *value, int *index) NT_WARN_UNUSED;
/** Sums over all ranks of `count` numbers, in place, on all; the order of the terms is that of MPI.
 * Parallel: Collective on ctx, not on a planned one. */
nt_status nt_ctx_sum(nt_ctx *ctx, int64_t count, double *values) NT_WARN_UNUSED;

/** Count an object of this context as born (+1) or gone (-1), with its bytes. Parallel: Local. */
void nt_ctx_track(nt_ctx *ctx, int objects, int64_t bytes);
/** Bytes that objects of this context hold on this rank now. Parallel: Local. */
int64_t nt_ctx_bytes(const nt_ctx *ctx);

#ifdef __cplusplus
}
#endif
#endif
