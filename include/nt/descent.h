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

/** What is trained, by which loss. */
typedef struct nt_ode_problem {
  const nt_dmatrix *k_train_train; /**< Both triangles filled, any blocks. Borrowed. */
  const double *y;                 /**< Targets, replicated. Borrowed. */
  nt_shape shape;                  /**< Of the targets. */
  nt_loss loss;
  nt_ode_options options; /**< NT_ODE_DEFAULTS, but for what is changed. */
} nt_ode_problem;

/** What the integration took. */
typedef struct nt_ode_info {
  int64_t steps, rejected;
} nt_ode_info;

/** What training did to the outputs of any samples, at one time: where their kernel with the
 * training samples is K_td, and they began with outputs g and momenta q,
 *
 *     outputs  g + lag q + K_td r        momenta  decay q + K_td p
 *
 * since the equation is linear in them. So test samples may come in blocks, later. */
typedef struct nt_ode_response {
  nt_trace trace;    /**< Of the training outputs. */
  double *r, *p;     /**< [rows][cols] Owned; p NULL without momentum. */
  double lag, decay; /**< 0 and 1 without momentum. */
} nt_ode_response;

/** Free the arrays of a response. Parallel: Local. */
void nt_ode_response_free(nt_ode_response *response);
/** Outputs (and momenta) of test samples.
 *
 * \param [in] initial  Outputs at the start. \param [in] q  Momenta at the start; NULL: 0.
 * \param [out] fx, qx   Outputs in their shape, owned by the caller (free), also on failure; qx
 *                       NULL: not wanted; *qx is NULL without momentum.
 * \return NT_ERR_SHAPE; NT_ERR_NUMERIC when not finite. Parallel: Collective. */
nt_status nt_ode_respond(const nt_ode_response *response, const nt_dmatrix *k_test_train,
                         const nt_initial *initial, const double *q, double **fx,
                         double **qx) NT_WARN_UNUSED;

/** The training outputs alone, and what they do to others: nt_gradient_descent in two steps.
 *
 * \param [in] state      Where to start (its test fields are not read); NULL: from `initial`.
 * \param [out] results    [times->n] train fields; freed by nt_ode_state_free, also on failure.
 * \param [out] responses  [times->n] freed by nt_ode_response_free, also on failure; NULL: not
 * wanted. Else as nt_gradient_descent. Parallel: Collective. */
nt_status nt_gradient_descent_train(const nt_ode_problem *problem, const nt_times *times,
                                    const nt_ode_state *state, const nt_initial *initial,
                                    nt_ode_state *results, nt_ode_response *responses,
                                    nt_ode_info *info) NT_WARN_UNUSED;

/** Integrate to times that do not decrease (Dormand, Prince 5(4), steps chosen by the error).
 *
 * \param [in] times          At least one, finite.
 * \param [in] state          Where to start, read and not changed; absent fx_train is 0, absent q
 *                            are 0. NULL: start from `descent`.
 * \param [in] descent        Initial outputs (without `state`), and the test-train kernel. An
 *                            absent train output starts at 0.
 * \param [out] results       [times->n] each freed by nt_ode_state_free, also on failure: the
 *                            fields that were integrated; train is always there.
 * \param [out] info          May be NULL.
 * \return NT_ERR_ARG: no times, negative, infinite or decreasing ones; neither output
 *         wanted; test outputs without k_test_train; a state together with initial test
 *         outputs, or with q but without momentum. NT_ERR_SHAPE. NT_ERR_NUMERIC when outputs
 *         overflow or the step vanishes.
 * Steps are chosen by the errors of the training outputs, which those of test outputs follow.
 * Parallel: Collective. Cost: 6 products with K_dd a step, one with K_td a time; memory 13 times
 * the training outputs, their momenta, and as much again. */
nt_status nt_gradient_descent(const nt_ode_problem *problem, const nt_times *times,
                              const nt_ode_state *state, const nt_descent *descent,
                              nt_ode_state *results, nt_ode_info *info) NT_WARN_UNUSED;

#ifdef __cplusplus
}
#endif
#endif
