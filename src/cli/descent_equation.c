/* Training by a differential equation: any loss, with momentum. The training set is integrated; the
 * test samples, which do not act on it, follow in blocks. */
#include "cli/descent.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* States and responses at T times. Owned. */
typedef struct nt_path {
  int T;
  nt_ode_state *state;
  nt_ode_response *response;
} nt_path;

/* The training set at all times, and what it does to other samples. */
static nt_status integrate(nt_predict_run *r, const nt_descent_start *start, nt_ode_state *states,
                           nt_ode_response *responses)
{
  nt_status status = NT_OK;
  const nt_cli_options *o = &r->s.options;
  const nt_initial initial = {true, 0, start->initial};
  const nt_times times = {o->time.n, o->time.v};
  nt_ode_problem problem = {.k_train_train = r->k_train[NT_NTK],
                            .y = r->problem.train->y,
                            .shape = r->problem.trace.shape,
                            .loss = o->loss == NT_LOSS_CROSS_ENTROPY ? nt_cross_entropy_loss()
                                                                     : nt_mse_loss(),
                            .options = NT_ODE_DEFAULTS};
  nt_ode_options *const options = &problem.options;
  nt_ode_info info;
  options->learning_rate = start->rate;
  if (o->trace_axes.text != NULL) options->trace_axes = o->trace_axes.list;
  if (o->momentum.given) options->momentum = o->momentum.value;
  if (o->tolerance.given) options->tolerance = o->tolerance.value;
  NT_TRY(nt_gradient_descent_train(&problem, &times, start->has_state ? &start->state : NULL,
                                   &initial, states, r->problem.m > 0 ? responses : NULL, &info));
  nt_say(&r->s, "ntk: integrated in %lld steps (%lld rejected), tolerance %g",
         (long long)info.steps, (long long)info.rejected, options->tolerance);
done:
  return status;
}

/* The test samples that are held, at a time, into their place in `mean` and
 * (at the last time) `last`. */
static nt_status respond(const nt_predict_run *r, const nt_descent_start *start,
                         const nt_held_kernels *kept, const nt_ode_response *response, double *mean,
                         nt_ode_state *last)
{
  nt_status status = NT_OK;
  const int64_t c = r->problem.c, first = kept->first * c;
  const double *f = start->has_state ? start->state.fx_test : start->initial_test;
  const double *q = start->has_state ? start->state.qx_test : NULL;
  const size_t bytes = (size_t)(kept->count * c) * sizeof(double);
  const nt_initial initial = {true, 0, f == NULL ? NULL : f + first};
  double *fx = NULL, *qx = NULL;
  NT_TRY(nt_ode_respond(response, kept->test_train[NT_NTK], &initial, q == NULL ? NULL : q + first,
                        &fx, last != NULL && last->qx_test != NULL ? &qx : NULL));
  memcpy(mean + first, fx, bytes);
  if (last == NULL) goto done;
  memcpy(last->fx_test + first, fx, bytes);
  if (qx != NULL) memcpy(last->qx_test + first, qx, bytes);
done:
  free(fx);
  free(qx);
  return status;
}

/* The test samples in blocks; at the last time their part of the state too. */
static nt_status respond_all(nt_predict_run *r, const nt_descent_start *start,
                             nt_held_kernels *kept, const nt_path *path, nt_descent_answer *a)
{
  nt_status status = NT_OK;
  const int64_t size = r->problem.m * r->problem.c;
  for (int64_t at = 0; at < r->problem.m; at += r->block) {
    NT_TRY(nt_predict_load(r, at, kept));
    for (int t = 0; t < path->T; t++)
      NT_TRY(respond(r, start, kept, &path->response[t], a->test + t * size,
                     t == path->T - 1 ? &path->state[t] : NULL));
  }
done:
  return status;
}

/* Room for the test samples in the state at the last time. */
static nt_status allocate_state(nt_error *err, const nt_problem *p, nt_ode_state *state)
{
  nt_status status = NT_OK;
  if (p->m == 0) return NT_OK;
  NT_TRY(nt_alloc(err, p->m * p->c, sizeof(double), "a state", &state->fx_test));
  if (state->qx_train == NULL) return NT_OK;
  NT_TRY(nt_alloc(err, p->m * p->c, sizeof(double), "a state", &state->qx_test));
done:
  return status;
}

static nt_status path_begin(nt_error *err, int T, nt_path *path)
{
  nt_status status = NT_OK;
  path->T = T;
  NT_TRY(nt_calloc(err, T, sizeof(nt_ode_state), "states", &path->state));
  NT_TRY(nt_calloc(err, T, sizeof(nt_ode_response), "responses to training", &path->response));
done:
  return status;
}

static void path_free(nt_path *path)
{
  for (int t = 0; t < path->T; t++) {
    if (path->state != NULL) nt_ode_state_free(&path->state[t]);
    if (path->response != NULL) nt_ode_response_free(&path->response[t]);
  }
  free(path->state);
  free(path->response);
}

nt_status nt_descent_by_equation(nt_predict_run *r, const nt_descent_start *start,
                                 nt_held_kernels *kept)
{
  nt_status status = NT_OK;
  nt_descent_answer answer, *a = &answer;
  const int64_t size = r->problem.n * r->problem.c;
  const int T = r->s.options.time.n;
  nt_path path = {0};
  NT_TRY(nt_descent_answer_begin(r, "ntk", a));
  NT_TRY_ALL(r->s.ctx, path_begin(nt_ctx_error(r->s.ctx), T, &path));
  NT_TRY(integrate(r, start, path.state, path.response));
  for (int t = 0; t < T; t++)
    memcpy(a->train + t * size, path.state[t].fx_train, (size_t)size * sizeof(double));
  NT_TRY_ALL(r->s.ctx, allocate_state(nt_ctx_error(r->s.ctx), &r->problem, &path.state[T - 1]));
  NT_TRY(respond_all(r, start, kept, &path, a));
  NT_TRY(nt_descent_finish(r, a));
  NT_TRY(nt_descent_save(r, &path.state[T - 1]));
done:
  path_free(&path);
  nt_descent_answer_free(a);
  return status;
}
