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

/* The state is one vector, in this order, each field as a matrix [rows][cols]; absent ones are skipped. */
enum { FX_TRAIN, FX_TEST, QX_TRAIN, QX_TEST, FIELDS };

typedef struct nt_flow {
  nt_ctx *ctx;
  const nt_dmatrix *k[2]; /* train-train, test-train */
  nt_trace trace[2];      /* of train and test outputs */
  const nt_loss *loss;
  const double *y; /* [outputs] */
  bool has_momentum;
  double damping; /* (mu - 1) / sqrt(learning rate) */
  bool present[FIELDS];
  int64_t at[FIELDS], size[FIELDS];
  int64_t n;        /* of the whole vector */
  double *outputs;  /* [train outputs] work: f in its shape */
  double *gradient; /* [train outputs] work: G in its shape */
  double *force;    /* [rows][cols] work: G as a matrix */
  double *start;    /* [n] */
  nt_ode_state *results;
} nt_flow;

void nt_ode_state_free(nt_ode_state *state)
{
  free(state->fx_train);
  free(state->fx_test);
  free(state->qx_train);
  free(state->qx_test);
  *state = (nt_ode_state){0};
}

static double **field_of(nt_ode_state *state, int field)
{
  double **const fields[] = {&state->fx_train, &state->fx_test, &state->qx_train, &state->qx_test};
  return fields[field];
}

/* dy = f(y): forces on train and test outputs, as slopes of f or, with momentum, of q. */
static nt_status slope(void *self, const double *y, double *dy)
{
  nt_status status = NT_OK;
  nt_flow *w = self;
  nt_trace_from_matrix(&w->trace[0], y, w->outputs);
  w->loss->gradient(w->loss->self, &w->trace[0].shape, w->outputs, w->y, w->gradient);
  nt_trace_to_matrix(&w->trace[0], w->gradient, w->force);
  for (int set = 0; set < 2; set++) {
    const int f = FX_TRAIN + set, q = QX_TRAIN + set;
    if (!w->present[f]) continue;
    double *const force = dy + w->at[w->has_momentum ? q : f];
    NT_TRY(nt_predict_product(w->k[set], false, w->force, w->trace[set].cols, force));
    for (int64_t i = 0; i < w->size[f]; i++)
      force[i] = -force[i];
    if (!w->has_momentum) continue;
    for (int64_t i = 0; i < w->size[f]; i++) {
      dy[w->at[f] + i] = y[w->at[q] + i];
      force[i] += w->damping * y[w->at[q] + i];
    }
  }
done:
  return status;
}

/* ---- Checks ---- */

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

/* `asked`: initial outputs as the caller gave them; with a state they are read from there. */
static nt_status check_start(nt_error *err, const nt_trace *train, bool momentum,
                             const nt_ode_state *state, const nt_descent *asked, nt_trace *test)
{
  nt_status status = NT_OK;
  nt_descent d = *asked;
  if (state != NULL) {
    NT_CHECK(!d.test.wanted, err, NT_ERR_ARG,
             "a state and initial test outputs were both given: the state holds them");
    NT_CHECK(momentum || (state->qx_train == NULL && state->qx_test == NULL), err, NT_ERR_ARG,
             "the state holds momentum variables (q), but no momentum was given");
    NT_CHECK(state->qx_test == NULL || state->fx_test != NULL, err, NT_ERR_ARG,
             "the state holds momentum variables of test outputs without the outputs");
    d.train.wanted = true;
    d.test.wanted = state->fx_test != NULL;
  }
  NT_TRY(nt_descent_check(err, train, &d, test));
done:
  return status;
}

/* ---- Start ---- */

static void lay_out(nt_flow *w, bool has_test)
{
  const bool present[FIELDS] = {true, has_test, w->has_momentum, w->has_momentum && has_test};
  for (int f = 0; f < FIELDS; f++) {
    const nt_trace *trace = &w->trace[f % 2];
    w->present[f] = present[f];
    w->size[f] = trace->rows * trace->cols;
    w->at[f] = w->n;
    if (present[f]) w->n += w->size[f];
  }
}

/* Initial values of a field, as outputs, from the state or the caller's values; NULL: zeros. */
static nt_status fill(nt_flow *w, int field, const double *from, const nt_initial *initial)
{
  nt_status status = NT_OK;
  const nt_initial values = {.wanted = true, .values = from};
  double *outputs = NULL;
  NT_TRY_ALL(w->ctx, nt_initial_fill(nt_ctx_error(w->ctx),
                                     from == NULL && initial != NULL ? initial : &values,
                                     w->size[field], &outputs));
  nt_trace_to_matrix(&w->trace[field % 2], outputs, w->start + w->at[field]);
done:
  free(outputs);
  return status;
}

static nt_status start(nt_flow *w, const nt_ode_state *state, const nt_descent *descent)
{
  nt_status status = NT_OK;
  void *memory = NULL;
  const nt_initial *const initial[FIELDS] = {&descent->train, &descent->test, NULL, NULL};
  NT_TRY_ALL(w->ctx, nt_alloc(nt_ctx_error(w->ctx), w->n + 3 * w->size[FX_TRAIN], sizeof(double),
                              "the state of gradient descent", &memory));
  w->start = memory;
  w->outputs = w->start + w->n;
  w->gradient = w->outputs + w->size[FX_TRAIN];
  w->force = w->gradient + w->size[FX_TRAIN];
  for (int f = 0; f < FIELDS; f++) {
    if (!w->present[f]) continue;
    nt_ode_state held = state != NULL ? *state : (nt_ode_state){0};
    NT_TRY(fill(w, f, *field_of(&held, f), state == NULL ? initial[f] : NULL));
  }
done:
  return status;
}

/* Copy the vector at a time into results[i]. */
static nt_status deliver(void *self, int i, const double *y)
{
  nt_status status = NT_OK;
  nt_flow *w = self;
  nt_error *err = nt_ctx_error(w->ctx);
  NT_CHECK_ALL(
      w->ctx, nt_predict_all_finite(y, w->n), NT_ERR_NUMERIC,
      "outputs after gradient descent are not finite at time number %d: is the learning rate "
      "too large?",
      i + 1);
  for (int f = 0; f < FIELDS; f++) {
    void *memory = NULL;
    if (!w->present[f]) continue;
    NT_TRY_ALL(w->ctx, nt_alloc(err, w->size[f], sizeof(double), "outputs", &memory));
    *field_of(&w->results[i], f) = memory;
    nt_trace_from_matrix(&w->trace[f % 2], y + w->at[f], memory);
  }
done:
  return status;
}

static nt_status integrate(nt_flow *w, const nt_ode_options *o, const nt_times *times,
                           nt_ode_info *info)
{
  nt_status status = NT_OK;
  void *memory = NULL;
  const nt_ode ode = {slope, w, w->n};
  const double rate = w->has_momentum ? sqrt(o->learning_rate) : o->learning_rate;
  NT_TRY_ALL(w->ctx, nt_alloc(nt_ctx_error(w->ctx), times->n, sizeof(double), "times", &memory));
  double *s = memory;
  for (int i = 0; i < times->n; i++)
    s[i] = rate * times->t[i];
  NT_TRY(nt_dormand_prince(w->ctx, &ode, w->start, times->n, s, o->tolerance, deliver, info));
done:
  free(memory);
  return status;
}

nt_status nt_gradient_descent(const nt_dmatrix *k_train_train, const double *y,
                              const nt_shape *shape, const nt_loss *loss,
                              const nt_ode_options *options, const nt_times *times,
                              const nt_ode_state *state, const nt_descent *descent,
                              nt_ode_state *results, nt_ode_info *info)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(k_train_train->grid);
  nt_error *err = nt_ctx_error(ctx);
  const nt_ode_options defaults = NT_ODE_DEFAULTS;
  const nt_ode_options *o = options != NULL ? options : &defaults;
  nt_ode_info ignored;
  nt_flow w = {.ctx = ctx,
               .loss = loss,
               .y = y,
               .results = results,
               .k = {k_train_train, descent->k_test_train}};
  memset(results, 0, (size_t)(times->n > 0 ? times->n : 0) * sizeof *results);
  NT_TRY(check_options(err, o));
  NT_TRY(check_times(err, times));
  NT_TRY(nt_trace_create(err, shape, &o->trace_axes, &w.trace[0]));
  NT_CHECK(k_train_train->M == w.trace[0].rows && k_train_train->N == w.trace[0].rows, err,
           NT_ERR_SHAPE, "the train-train kernel is %lld x %lld, but the targets have %lld rows",
           (long long)k_train_train->M, (long long)k_train_train->N, (long long)w.trace[0].rows);
  w.has_momentum = !isnan(o->momentum);
  w.damping = (o->momentum - 1) / sqrt(o->learning_rate);
  NT_TRY(check_start(err, &w.trace[0], w.has_momentum, state, descent, &w.trace[1]));
  lay_out(&w, state != NULL ? state->fx_test != NULL : descent->test.wanted);
  NT_TRY(start(&w, state, descent));
  NT_TRY(integrate(&w, o, times, info != NULL ? info : &ignored));
done:
  free(w.start);
  return status;
}
