/** gradient_descent: the differential equation of the outputs, for any loss. */
#include "nt/descent.h"

#include "base/check.h"
#include "base/memory.h"
#include "predict/dormand_prince.h"
#include "predict/predict_impl.h"
#include "predict/predictor_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The state is one vector, in this order, each field as a matrix [rows][cols]; q and p only
 * with momentum, r and p only where responses are wanted. These are carried times the
 * kernel's mean diagonal, as large as the outputs that they move, so that one tolerance
 * controls the errors of all. */
enum { FX, QX, R, P, FIELDS };

typedef struct nt_flow {
  nt_ctx *ctx;
  const nt_dmatrix *k;
  nt_trace trace;
  const nt_loss *loss;
  const double *y; /* [outputs] */
  bool has_momentum;
  double damping; /* (mu - 1) / sqrt(learning rate) */
  double unit;    /* of responses */
  int64_t size;   /* of a field */
  bool present[FIELDS];
  int64_t at[FIELDS];
  int64_t n;        /* of the whole vector */
  double *outputs;  /* [outputs] work: f in its shape */
  double *gradient; /* [outputs] work: G in its shape */
  double *start;    /* [n] */
  const double *s;  /* [times] */
  nt_ode_state *results;
  nt_ode_response *responses;
} nt_flow;

void nt_ode_state_free(nt_ode_state *state)
{
  free(state->fx_train);
  free(state->fx_test);
  free(state->qx_train);
  free(state->qx_test);
  *state = (nt_ode_state){0};
}

/* The slopes of a position and its momentum (absent without momentum) under -`force`, which stands
 * in the slope that it drives. */
static void drive(const nt_flow *w, int position, int momentum, const double *y, double *dy)
{
  double *const force = dy + w->at[w->has_momentum ? momentum : position];
  for (int64_t i = 0; i < w->size; i++)
    force[i] = -force[i];
  if (!w->has_momentum) return;
  const double *q = y + w->at[momentum];
  memcpy(dy + w->at[position], q, (size_t)w->size * sizeof(double));
  for (int64_t i = 0; i < w->size; i++)
    force[i] += w->damping * q[i];
}

/* dy = f(y): the outputs under K_dd G; their response to the gradient, under G itself. */
static nt_status slope(void *self, const double *y, double *dy)
{
  nt_status status = NT_OK;
  nt_flow *w = self;
  double *const force = dy + w->at[w->has_momentum ? P : R];
  double *const matrix = w->present[R] ? force : w->outputs;
  nt_trace_from_matrix(&w->trace, y, w->outputs);
  w->loss->gradient(w->loss->self, &w->trace.shape, w->outputs, w->y, w->gradient);
  nt_trace_to_matrix(&w->trace, w->gradient, matrix);
  NT_TRY(nt_predict_product(w->k, false, matrix, w->trace.cols,
                            dy + w->at[w->has_momentum ? QX : FX]));
  drive(w, FX, QX, y, dy);
  if (!w->present[R]) return NT_OK;
  for (int64_t i = 0; i < w->size; i++)
    force[i] *= w->unit;
  drive(w, R, P, y, dy);
done:
  return status;
}

static nt_status check_times(nt_error *err, const nt_times *times)
{
  nt_status status = NT_OK;
  NT_CHECK(
      times->n > 0, err, NT_ERR_ARG,
      "gradient descent needs finite training times: with this loss nothing says that infinite "
      "time is ever reached");
  NT_TRY(nt_times_check(err, times));
  for (int i = 0; i < times->n; i++) {
    NT_CHECK(isfinite(times->t[i]), err, NT_ERR_ARG,
             "training time number %d is infinite: gradient descent with this loss or momentum is "
             "integrated to finite times",
             i + 1);
    NT_CHECK(i == 0 || times->t[i] >= times->t[i - 1], err, NT_ERR_ARG,
             "training time %g (number %d of the list) comes after %g: times must not decrease",
             times->t[i], i + 1, times->t[i - 1]);
  }
done:
  return status;
}

static nt_status check_options(nt_error *err, const nt_ode_options *o)
{
  nt_status status = NT_OK;
  NT_CHECK(o->learning_rate > 0 && isfinite(o->learning_rate), err, NT_ERR_ARG,
           "the learning rate must be a number above 0, got %g", o->learning_rate);
  NT_CHECK(isnan(o->momentum) || (o->momentum >= 0 && o->momentum < 1), err, NT_ERR_ARG,
           "the momentum must be at least 0 and below 1, got %g", o->momentum);
  NT_CHECK(o->tolerance > 0 && o->tolerance < 1, err, NT_ERR_ARG,
           "the tolerance must be above 0 and below 1, got %g", o->tolerance);
done:
  return status;
}

static nt_status check_state(nt_error *err, bool momentum, const nt_ode_state *state)
{
  nt_status status = NT_OK;
  NT_CHECK(state == NULL || momentum || (state->qx_train == NULL && state->qx_test == NULL), err,
           NT_ERR_ARG, "the state holds momentum variables (q), but no momentum was given");
done:
  return status;
}

/* `asked`: initial outputs as the caller gave them; with a state they are read from there. */
static nt_status check_start(nt_error *err, const nt_trace *train, bool momentum,
                             const nt_ode_state *state, const nt_descent *asked, nt_trace *test)
{
  nt_status status = NT_OK;
  nt_descent d = *asked;
  if (state != NULL) {
    NT_CHECK(!d.test.wanted, err, NT_ERR_ARG,
             "a state and initial test outputs were both given: the state holds them");
    NT_TRY(check_state(err, momentum, state));
    NT_CHECK(state->qx_test == NULL || state->fx_test != NULL, err, NT_ERR_ARG,
             "the state holds momentum variables of test outputs without the outputs");
    d.train.wanted = true;
    d.test.wanted = state->fx_test != NULL;
  }
  NT_TRY(nt_descent_check(err, train, &d, test));
done:
  return status;
}

static nt_status find_unit(nt_flow *w)
{
  nt_status status = NT_OK;
  double sum = 0;
  double *diagonal = NULL;
  NT_TRY_ALL(w->ctx, nt_alloc(nt_ctx_error(w->ctx), w->trace.rows, sizeof(double),
                              "a kernel's diagonal", &diagonal));
  NT_TRY(nt_predict_diagonal(w->k, diagonal));
  for (int64_t i = 0; i < w->trace.rows; i++)
    sum += diagonal[i];
  w->unit = sum > 0 ? sum / (double)w->trace.rows : 1;
done:
  free(diagonal);
  return status;
}

static void lay_out(nt_flow *w)
{
  const bool responds = w->responses != NULL, heavy = w->has_momentum;
  const bool present[FIELDS] = {true, heavy, responds, heavy && responds};
  w->size = w->trace.rows * w->trace.cols;
  for (int f = 0; f < FIELDS; f++) {
    w->present[f] = present[f];
    w->at[f] = w->n;
    if (present[f]) w->n += w->size;
  }
}

/* Initial values of a field, as outputs. */
static nt_status fill(nt_flow *w, int field, const nt_initial *initial)
{
  nt_status status = NT_OK;
  double *outputs = NULL;
  NT_TRY_ALL(w->ctx, nt_initial_fill(nt_ctx_error(w->ctx), initial, w->size, &outputs));
  nt_trace_to_matrix(&w->trace, outputs, w->start + w->at[field]);
done:
  free(outputs);
  return status;
}

static nt_status start(nt_flow *w, const nt_ode_state *state, const nt_initial *initial)
{
  nt_status status = NT_OK;
  const nt_initial f = {.wanted = true, .values = state != NULL ? state->fx_train : NULL};
  const nt_initial q = {.wanted = true, .values = state != NULL ? state->qx_train : NULL};
  NT_TRY_ALL(w->ctx, nt_calloc(nt_ctx_error(w->ctx), w->n + 2 * w->size, sizeof(double),
                               "the state of gradient descent", &w->start));
  w->outputs = w->start + w->n;
  w->gradient = w->outputs + w->size;
  NT_TRY(fill(w, FX, state != NULL ? &f : initial));
  if (w->present[QX]) NT_TRY(fill(w, QX, &q));
done:
  return status;
}

/* A field of the vector y, as it is or as outputs. */
static nt_status copy_field(const nt_flow *w, int field, const double *y, double **out)
{
  nt_status status = NT_OK;
  *out = NULL;
  if (!w->present[field]) return NT_OK;
  NT_TRY_ALL(w->ctx, nt_alloc(nt_ctx_error(w->ctx), w->size, sizeof(double), "outputs", out));
  if (field < R) nt_trace_from_matrix(&w->trace, y + w->at[field], *out);
  for (int64_t i = 0; field >= R && i < w->size; i++)
    (*out)[i] = y[w->at[field] + i] / w->unit;
done:
  return status;
}

/* Copy the vector at a time into results[i] and responses[i]. */
static nt_status deliver(void *self, int i, const double *y)
{
  nt_status status = NT_OK;
  nt_flow *w = self;
  NT_CHECK_ALL(
      w->ctx, nt_predict_all_finite(y, w->n), NT_ERR_NUMERIC,
      "outputs after gradient descent are not finite at time number %d: is the learning rate "
      "too large?",
      i + 1);
  NT_TRY(copy_field(w, FX, y, &w->results[i].fx_train));
  NT_TRY(copy_field(w, QX, y, &w->results[i].qx_train));
  if (w->responses == NULL) goto done;
  nt_ode_response *response = &w->responses[i];
  const double decay = w->has_momentum ? exp(w->damping * w->s[i]) : 1;
  *response = (nt_ode_response){.trace = w->trace, .decay = decay};
  if (w->has_momentum) response->lag = expm1(w->damping * w->s[i]) / w->damping;
  NT_TRY(copy_field(w, R, y, &response->r));
  NT_TRY(copy_field(w, P, y, &response->p));
done:
  return status;
}

static nt_status integrate(nt_flow *w, const nt_ode_options *o, const nt_times *times,
                           nt_ode_info *info)
{
  nt_status status = NT_OK;
  double *s = NULL;
  const nt_ode ode = {slope, w, w->n};
  const double rate = w->has_momentum ? sqrt(o->learning_rate) : o->learning_rate;
  NT_TRY_ALL(w->ctx, nt_alloc(nt_ctx_error(w->ctx), times->n, sizeof(double), "times", &s));
  for (int i = 0; i < times->n; i++)
    s[i] = rate * times->t[i];
  w->s = s;
  NT_TRY(nt_dormand_prince(w->ctx, &ode, w->start, times->n, s, o->tolerance, deliver, info));
done:
  free(s);
  return status;
}

nt_status nt_gradient_descent_train(const nt_ode_problem *problem, const nt_times *times,
                                    const nt_ode_state *state, const nt_initial *initial,
                                    nt_ode_state *results, nt_ode_response *responses,
                                    nt_ode_info *info)
{
  nt_status status = NT_OK;
  const nt_dmatrix *k = problem->k_train_train;
  const nt_ode_options *o = &problem->options;
  nt_ctx *ctx = nt_grid_ctx(k->grid);
  nt_error *err = nt_ctx_error(ctx);
  const size_t n = times->n > 0 ? (size_t)times->n : 0;
  nt_ode_info ignored;
  nt_flow w = {.ctx = ctx,
               .loss = &problem->loss,
               .y = problem->y,
               .k = k,
               .results = results,
               .responses = responses};
  memset(results, 0, n * sizeof *results);
  if (responses != NULL) memset(responses, 0, n * sizeof *responses);
  NT_TRY(check_options(err, o));
  NT_TRY(check_times(err, times));
  NT_TRY(nt_trace_create(err, &problem->shape, &o->trace_axes, &w.trace));
  NT_CHECK(k->M == w.trace.rows && k->N == w.trace.rows, err, NT_ERR_SHAPE,
           "the train-train kernel is %lld x %lld, but the targets have %lld rows", (long long)k->M,
           (long long)k->N, (long long)w.trace.rows);
  w.has_momentum = !isnan(o->momentum);
  w.damping = (o->momentum - 1) / sqrt(o->learning_rate);
  NT_TRY(check_state(err, w.has_momentum, state));
  lay_out(&w);
  NT_TRY(find_unit(&w));
  NT_TRY(start(&w, state, initial));
  NT_TRY(integrate(&w, o, times, info != NULL ? info : &ignored));
done:
  free(w.start);
  return status;
}

static nt_status respond_all(int n, const nt_ode_response *responses, const nt_descent *descent,
                             const nt_ode_state *state, nt_ode_state *results)
{
  nt_status status = NT_OK;
  const nt_initial held = {.wanted = true, .values = state != NULL ? state->fx_test : NULL};
  for (int i = 0; i < n; i++)
    NT_TRY(nt_ode_respond(
        &responses[i], descent->k_test_train, state != NULL ? &held : &descent->test,
        state != NULL ? state->qx_test : NULL, &results[i].fx_test, &results[i].qx_test));
done:
  return status;
}

nt_status nt_gradient_descent(const nt_ode_problem *problem, const nt_times *times,
                              const nt_ode_state *state, const nt_descent *descent,
                              nt_ode_state *results, nt_ode_info *info)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(problem->k_train_train->grid);
  nt_error *err = nt_ctx_error(ctx);
  const nt_ode_options *o = &problem->options;
  const bool has_test = state != NULL ? state->fx_test != NULL : descent->test.wanted;
  const int n = times->n > 0 ? times->n : 0;
  nt_trace train, test;
  void *memory = NULL;
  memset(results, 0, (size_t)n * sizeof *results);
  NT_TRY(nt_trace_create(err, &problem->shape, &o->trace_axes, &train));
  NT_TRY(check_start(err, &train, !isnan(o->momentum), state, descent, &test));
  if (has_test)
    NT_TRY_ALL(ctx, nt_calloc(err, n, sizeof(nt_ode_response), "responses to training", &memory));
  NT_TRY(nt_gradient_descent_train(problem, times, state, &descent->train, results, memory, info));
  if (has_test) NT_TRY(respond_all(n, memory, descent, state, results));
done:
  for (int i = 0; memory != NULL && i < n; i++)
    nt_ode_response_free((nt_ode_response *)memory + i);
  free(memory);
  return status;
}
