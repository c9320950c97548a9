/** Functions of numbers in the network language: reading and printing
 * (base/function.h runs them). */
#ifndef NT_NET_FUNCTION_H
#define NT_NET_FUNCTION_H

#include "base/function.h"
#include "nt/stax.h"

/** Text of the function as a lambda, to read back an equal one.
 * Parallel: Local. \param [out] out  Owned by the caller, freed by `free`. */
nt_status nt_function_text(nt_error *err, const nt_function *f, char **out) NT_WARN_UNUSED;

#endif
