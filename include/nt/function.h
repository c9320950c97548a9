/** Functions of one to three numbers, for layers that take a function as an argument: from a
 * formula (nt_function_parse, nt/stax.h), or of your own. */
#ifndef NT_FUNCTION_H
#define NT_FUNCTION_H

#include "nt/status.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A function, reference counted. It never changes; threads may evaluate it at the same time. */
typedef struct nt_function nt_function;

/** out[i] = f(arg[0][i], arg[1][i], ...), i < n. `out` may be one of the arguments. */
typedef void (*nt_function_fn)(void *data, int64_t n, const double *const *arg, double *out);

/** A function of your own.
 *
 * Parallel: Local; `call` and `slope` are called by several threads.
 * \param [in]  name       Shown in printed networks; such a text cannot be read back. Copied.
 * \param [in]  arguments  1 to 3.
 * \param [in]  slope      The derivative in the first argument. NULL: differences of `call`
 *                         around the place, right to about 1e-11 where f has no singularity
 *                         within a tenth of max(1, |x|), or, of three arguments
 *                         (c, v1, v2), of min(1, sqrt(v1 v2)).
 * \param [in]  data       Borrowed for as long as the function lives.
 * \param [out] out        Owned by the caller.
 * \return NT_OK; NT_ERR_ARG; NT_ERR_NOMEM. */
nt_status nt_function_closure(nt_error *err, const char *name, int arguments, nt_function_fn call,
                              nt_function_fn slope, void *data, nt_function **out) NT_WARN_UNUSED;

/** One more owner; returns `f` (NULL is accepted). Parallel: Local. */
nt_function *nt_function_retain(nt_function *f);
/** One owner less, the last one frees; sets *f to NULL (NULL is accepted). Parallel: Local. */
void nt_function_release(nt_function **f);

#ifdef __cplusplus
}
#endif
#endif
