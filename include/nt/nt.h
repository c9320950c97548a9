/** All of ntmpi: one include for programs that use the library, in C or C++.
 *
 *     context.h      nt_ctx          a communicator of our own, the error record
 *     grid.h         nt_grid         P x Q ranks
 *     dmatrix.h      nt_dmatrix      block-cyclic matrices on a grid
 *     typing.h       nt_tree, ...    shapes, trees, `get`: what the others share
 *     io.h           nt_samples      data in, results out
 *     stored.h       nt_stored       kernels that a file holds
 *     stax.h         nt_layer        networks, from a text or from constructors
 *     function.h     nt_function     functions as arguments of layers
 *     plugin.h       nt_layer_ops    layers of your own;  option.h  their arguments
 *     kernel.h       nt_kernel       NNGP and NTK of a network between samples
 *     predict.h      nt_posterior    targets, Gaussian-process posteriors, metrics
 *     selection.h    nt_reg_path     which regularisation: evidence, leave-one-out, folds
 *     solver.h       nt_pcg          other solvers than Cholesky
 *     eigen.h        nt_eigen        eigendecompositions
 *     predictor.h    nt_predictor    the predictors of neural_tangents
 *     descent.h      nt_ode_state    training with any loss, with momentum
 *
 * Every function says what it is to ranks: Local (no messages), or Collective (all ranks of the
 * context call it, with the same arguments unless it says which may differ). A function that fails
 * returns its status on all of them, and the context's error record says why.
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
