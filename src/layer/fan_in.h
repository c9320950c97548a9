/** What FanInSum, FanInProd and FanInConcat share: the checks of their branches. */
#ifndef NT_LAYER_FAN_IN_H
#define NT_LAYER_FAN_IN_H

#include "nt/plugin.h"

/** Check that the branches fit: at least one, equal layouts and axes (NT_ERR_UNSUPPORTED), equal
 * shapes but for axis `except` (-1: none; NT_ERR_SHAPE). Parallel: Local. */
nt_status nt_fan_in_check(int except, int n_in, const nt_facts *in, nt_error *err);

/** Check that all branches are Gaussian. \return NT_ERR_UNSUPPORTED otherwise. Parallel: Local. */
nt_status nt_fan_in_gaussian(int n_in, const nt_facts *in, nt_error *err);

/** Flags of the output but is_gaussian: masks are united, the NTK is 0 if that of all branches is.
 * Parallel: Local. */
void nt_fan_in_flags(int n_in, const nt_facts *in, nt_facts *out);

#endif
