/** All of ntmpi: one include for programs that use the library, in C or C++.
 *
 *     nt_ctx      context.h   a communicator of our own, errors
 *     nt_grid     grid.h      P x Q ranks;  dmatrix.h  block-cyclic matrices on them
 *     nt_layer    stax.h      networks;     plugin.h   layers of your own
 *     nt_samples  io.h        data in, results out
 *     nt_kernel   kernel.h    NNGP and NTK of a network between samples
 *     nt_posterior predict.h  inference with a kernel;  solver.h  other solvers;  eigen.h
 *     nt_predictor predictor.h  the predictors of neural_tangents;  descent.h  any loss, momentum
 *
 * Complete programs stand in tests/examples/outside. */
#ifndef NT_NT_H
#define NT_NT_H

#include "nt/context.h"
#include "nt/descent.h"
#include "nt/dmatrix.h"
#include "nt/eigen.h"
#include "nt/function.h"
#include "nt/grid.h"
#include "nt/io.h"
#include "nt/kernel.h"
#include "nt/option.h"
#include "nt/plugin.h"
#include "nt/predict.h"
#include "nt/predictor.h"
#include "nt/selection.h"
#include "nt/solver.h"
#include "nt/status.h"
#include "nt/stax.h"
#include "nt/stored.h"
#include "nt/typing.h"

#endif
