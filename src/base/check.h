/** Macros of error handling: one exit per function, at the label `done:`, with `status` in scope.
 *
 * Local functions report into an `nt_error *`; collective functions into their context, after all
 * ranks have agreed. Inside a collective function nobody leaves on a fact that only one rank knows:
 * wrap local calls in NT_TRY_ALL and local conditions in NT_CHECK_ALL. */
#ifndef NT_BASE_CHECK_H
#define NT_BASE_CHECK_H

#include "nt/context.h"
#include "nt/status.h"

/** A local call in local code, or a collective call in collective code. */
#define NT_TRY(call)                                                                               \
  do {                                                                                             \
    status = (call);                                                                               \
    if (status != NT_OK) goto done;                                                                \
  } while (0)

/** Record an error into `err` and leave. */
#define NT_FAIL(err, code, ...)                                                                    \
  do {                                                                                             \
    status = (code);                                                                               \
    (void)nt_fail((err), status, __FILE__, __LINE__, __func__, __VA_ARGS__);                       \
    goto done;                                                                                     \
  } while (0)

/** A condition in local code, or one that is the same on all ranks in collective code. */
#define NT_CHECK(cond, err, code, ...)                                                             \
  do {                                                                                             \
    if (!(cond)) NT_FAIL(err, code, __VA_ARGS__);                                                  \
  } while (0)

/* Static analysis follows one rank, which goes on only when its own step succeeded. */
#ifdef __clang_analyzer__
#define NT_AGREE(ctx, local) ((void)(ctx), (local))
#else
#define NT_AGREE(ctx, local) nt_ctx_agree((ctx), (local))
#endif

/** A LOCAL call inside a COLLECTIVE function: all ranks agree on the outcome, then all leave. */
#define NT_TRY_ALL(ctx, call)                                                                      \
  do {                                                                                             \
    status = NT_AGREE(ctx, call);                                                                  \
    if (status != NT_OK) goto done;                                                                \
  } while (0)

/** A condition that may differ between ranks, inside a COLLECTIVE function. */
#define NT_CHECK_ALL(ctx, cond, code, ...)                                                         \
  NT_TRY_ALL(ctx, (cond) ? NT_OK                                                                   \
                         : (nt_fail(nt_ctx_error(ctx), (code), __FILE__, __LINE__, __func__,       \
                                    __VA_ARGS__),                                                  \
                            (code)))

/** An MPI call in collective code (MPI errors are returned, never fatal, on our communicator). */
#define NT_TRY_MPI(ctx, call)                                                                      \
  do {                                                                                             \
    int nt_mpi_code = (call);                                                                      \
    NT_CHECK(nt_mpi_code == MPI_SUCCESS, nt_ctx_error(ctx), NT_ERR_MPI,                            \
             "%s failed (MPI error %d)", #call, nt_mpi_code);                                      \
  } while (0)

#endif
