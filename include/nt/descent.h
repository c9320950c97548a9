/** Gradient descent in function space with any loss, with momentum: neural_tangents.predict's
 * gradient_descent, an ordinary differential equation for the outputs.
 *
 *     no momentum   s = learning_rate t          df/ds = -K G(f_train),  G(f) = d loss(f, y) / df
 *     momentum mu   s = sqrt(learning_rate) t    df/ds = q,
 *                   dq/ds = -K G(f_train) + q (mu - 1) / sqrt(learning_rate)
 *
 * for the outputs on the training set (K = K_dd) and on a test set (K = K_td). */
#ifndef NT_DESCENT_H
#define NT_DESCENT_H

#include "nt/predictor.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A loss. Arrays have the shape of the training outputs, row-major. Both functions are Local. */
typedef struct nt_loss {
  const char *name;
  double (*value)(const void *self, const nt_shape *shape, const double *f, const double *y);
  /** g = d value / d f. */
  void (*gradient)(const void *self, const nt_shape *shape, const double *f, const double *y,
                   double *g);
  const void *self; /**< Borrowed. */
} nt_loss;

/** 0.5 mean((f - y)^2). Parallel: Local. */
nt_loss nt_mse_loss(void);
/** -mean(log_softmax(f) y), over all entries, softmax along the last axis. Parallel: Local. */
nt_loss nt_cross_entropy_loss(void);

/** ODEState: outputs f and momentum variables q, in the shapes of the outputs; absent ones NULL. */
typedef struct nt_ode_state {
  double *fx_train, *fx_test, *qx_train, *qx_test;
} nt_ode_state;

/** Free the arrays of a state. Parallel: Local. */
void nt_ode_state_free(nt_ode_state *state);

/** Options, named as in the reference. */
typedef struct nt_ode_options {
  double learning_rate;
  double momentum; /**< 0 ... 1 (1 excluded); NT_NONE: none (0 is something else: a heavy ball). */
  nt_ints trace_axes;
  double tolerance; /**< Of the integrator, relative and absolute. */
} nt_ode_options;

#define NT_ODE_DEFAULTS                                                                            \
  {                                                                                                \
    .learning_rate = 1, .momentum = NT_NONE, .trace_axes = {1, {-1}}, .tolerance = 1.4e-8          \
  }

/** What the integration took. */
typedef struct nt_ode_info {
  int64_t steps, rejected;
} nt_ode_info;

/** Integrate to times that do not decrease (Dormand, Prince 5(4), steps chosen by the error).
 *
 * \param [in] k_train_train  Both triangles filled, any blocks.
 * \param [in] y, shape       Targets, replicated.
 * \param [in] options        NULL for the defaults.
 * \param [in] times          At least one, finite.
 * \param [in] state          Where to start, read and not changed; absent fx_train is 0, absent q are 0.
 *                            NULL: start from `descent`.
 * \param [in] descent        Initial outputs (without `state`), and the test-train kernel. An absent
 *                            train output starts at 0.
 * \param [out] results       [times->n] each freed by nt_ode_state_free, also on failure: the fields that
 *                            were integrated; train is always there.
 * \param [out] info          May be NULL.
 * \return NT_ERR_ARG: no times, negative, infinite or decreasing ones; neither output wanted; test outputs
 *         without k_test_train; a state together with initial test outputs, or with q but without
 *         momentum. NT_ERR_SHAPE. NT_ERR_NUMERIC when outputs overflow or the step vanishes.
 * Parallel: Collective. Cost: 6 products with the kernels a step; memory 13 times the state. */
nt_status nt_gradient_descent(const nt_dmatrix *k_train_train, const double *y,
                              const nt_shape *shape, const nt_loss *loss,
                              const nt_ode_options *options, const nt_times *times,
                              const nt_ode_state *state, const nt_descent *descent,
                              nt_ode_state *results, nt_ode_info *info) NT_WARN_UNUSED;

#ifdef __cplusplus
}
#endif
#endif
