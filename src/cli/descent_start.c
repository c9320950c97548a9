/* Where gradient descent begins: its learning rate, outputs at time 0, a
 * state of an earlier run. */
#include "cli/descent.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

/* The largest learning rate, by the kernel that trains: the NTK where there is one. */
static nt_status decide_rate(nt_predict_run *r, nt_descent_start *start)
{
  nt_status status = NT_OK;
  nt_session *s = &r->s;
  const nt_cli_options *o = &s->options;
  const nt_field f = r->predictors & NT_BY_NTK ? NT_NTK : NT_NNGP;
  const int64_t size = r->problem.n * r->problem.c;
  const double momentum = o->momentum.given ? o->momentum.value : 0;
  NT_TRY(nt_max_learning_rate(r->k_train[f], size, momentum, 1e-12, &start->largest));
  NT_CHECK(start->largest > 0, nt_ctx_error(s->ctx), NT_ERR_NUMERIC,
           "the %s kernel of the training set has no eigenvalue above 0, the largest is %.6g: is "
           "this a kernel?",
           nt_field_name(f), 2 * (1 + momentum) * (double)size / start->largest);
  start->rate = o->learning_rate.is_auto ? start->largest
                : o->learning_rate.given ? o->learning_rate.value
                                         : 1;
  r->rate = start->rate;
  r->largest_rate = start->largest;
  if (s->json != NULL) {
    (void)cJSON_AddNumberToObject(s->json, "max_learning_rate", start->largest);
    (void)cJSON_AddNumberToObject(s->json, "learning_rate", start->rate);
  }
  nt_say(s, "max_learning_rate: %.6g, by %s%s; used: %.6g", start->largest, nt_field_name(f),
         o->momentum.given ? " and momentum" : "", start->rate);
  if (o->time.n > 0 && start->rate > start->largest * (1 + 1e-9))
    nt_warn(s,
            "the learning rate %g is above %g, the largest at which gradient descent in steps "
            "converges; what is computed is its limit of small steps",
            start->rate, start->largest);
done:
  return status;
}

/* Whether labels have the shape of outputs, where (n,) counts as (n, 1). */
static bool has_shape(const nt_labels *labels, const nt_shape *shape)
{
  bool same = labels->n == shape->dim[0] && labels->shape.rank <= shape->rank;
  for (int a = 1; same && a < shape->rank; a++)
    same = shape->dim[a] == (a < labels->shape.rank ? labels->shape.dim[a] : 1);
  return same;
}

/* --initial: 0, or outputs. */
static nt_status read_outputs(nt_predict_run *r, const char *text, const nt_trace *trace,
                              double **out)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = r->s.ctx;
  nt_labels *labels = NULL;
  char given[120], wanted[120];
  if (text == NULL || strcmp(text, "0") == 0) return NT_OK;
  NT_TRY(nt_labels_read(ctx, text, &labels));
  NT_CHECK(has_shape(labels, &trace->shape), nt_ctx_error(ctx), NT_ERR_DATA,
           "%s: outputs of shape %s, but %s is wanted, samples first", text,
           nt_shape_text(&labels->shape, given, sizeof given),
           nt_shape_text(&trace->shape, wanted, sizeof wanted));
  *out = labels->y;
  labels->y = NULL;
done:
  nt_labels_destroy(&labels);
  return status;
}

/* A field of --state; *out stays NULL where the state has none. */
static nt_status read_field(nt_predict_run *r, const char *name, const nt_trace *trace, bool needed,
                            double **out)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = r->s.ctx;
  const char *state = r->s.options.state;
  char place[4200];
  NT_TRY(nt_stored_find(ctx, state, name, place, sizeof place));
  NT_CHECK(place[0] != '\0' || !needed, nt_ctx_error(ctx), NT_ERR_DATA,
           "--state %s: holds no %s; --save-state writes it", state, name);
  if (place[0] != '\0') NT_TRY(read_outputs(r, place, trace, out));
done:
  return status;
}

static nt_status read_state(nt_predict_run *r, nt_descent_start *start)
{
  nt_status status = NT_OK;
  const nt_problem *p = &r->problem;
  nt_ode_state *state = &start->state;
  const bool momentum = r->s.options.momentum.given;
  if (r->s.options.state == NULL) return NT_OK;
  start->has_state = true;
  NT_TRY(read_field(r, "fx_train", &p->trace, true, &state->fx_train));
  if (p->m > 0) NT_TRY(read_field(r, "fx_test", &p->test_trace, true, &state->fx_test));
  NT_TRY(read_field(r, "qx_train", &p->trace, false, &state->qx_train));
  if (p->m > 0) NT_TRY(read_field(r, "qx_test", &p->test_trace, false, &state->qx_test));
  NT_CHECK(momentum || (state->qx_train == NULL && state->qx_test == NULL), nt_ctx_error(r->s.ctx),
           NT_ERR_ARG, "--state %s was left by training with momentum: go on with --momentum M",
           r->s.options.state);
done:
  return status;
}

nt_status nt_descent_save(nt_predict_run *r, const nt_ode_state *state)
{
  nt_status status = NT_OK;
  nt_session *s = &r->s;
  const nt_shape *train = &r->problem.trace.shape, *test = &r->problem.test_trace.shape;
  const struct {
    const char *name;
    const double *values;
    const nt_shape *shape;
  } fields[] = {{"fx_train", state->fx_train, train},
                {"fx_test", state->fx_test, test},
                {"qx_train", state->qx_train, train},
                {"qx_test", state->qx_test, test}};
  if (r->state == NULL) return NT_OK;
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
    if (fields[i].values == NULL) continue;
    NT_TRY(nt_output_write_array(r->state, fields[i].name, fields[i].shape, fields[i].values));
  }
  NT_TRY(nt_output_attr_real(r->state, "", "time", s->options.time.v[s->options.time.n - 1]));
  NT_TRY(nt_output_commit(&r->state));
  nt_say(s, "wrote %s", s->options.save_state);
done:
  return status;
}

nt_status nt_descent_begin(nt_predict_run *r, nt_descent_start *start)
{
  nt_status status = NT_OK;
  const nt_cli_options *o = &r->s.options;
  *start = (nt_descent_start){.rate = 1};
  NT_TRY(decide_rate(r, start));
  NT_TRY(read_outputs(r, o->initial, &r->problem.trace, &start->initial));
  NT_TRY(read_outputs(r, o->initial_test, &r->problem.test_trace, &start->initial_test));
  NT_TRY(read_state(r, start));
done:
  return status;
}

void nt_descent_start_free(nt_descent_start *start)
{
  free(start->initial);
  free(start->initial_test);
  nt_ode_state_free(&start->state);
}
