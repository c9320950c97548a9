/** Do the libraries take the integers that we pass? */
#ifndef NT_GRID_SELFCHECK_H
#define NT_GRID_SELFCHECK_H

#include "nt/status.h"

/** Check that BLAS and ScaLAPACK use 32-bit integers.
 * \return NT_ERR_SCALAPACK naming the library and what to link. Parallel: Local. Cost: nothing. */
nt_status nt_selfcheck(nt_error *err) NT_WARN_UNUSED;

#endif
