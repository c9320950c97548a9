/* Arguments of a call to fields of a layer, through its option table. */
#include "base/check.h"
#include "base/memory.h"
#include "base/option.h"
#include "base/suggest.h"
#include "net/eval.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_OPTS = 64 };

/* "Dense(out_dim, W_std=1.0, ...)" */
static const char *signature(const nt_layer_ops *ops, char *out, size_t size)
{
  char value[100];
  size_t used = (size_t)snprintf(out, size, "%s(", ops->name);
  for (int i = 0; i < ops->n_opts && used < size; i++) {
    const nt_opt *const opt = &ops->opts[i];
    const char *const text =
        opt->required ? "" : nt_opt_value_text(opt, ops->defaults, value, sizeof value);
    used += (size_t)snprintf(out + used, size - used, "%s%s%s%s", i ? ", " : "", opt->name,
                             *text ? "=" : "", text);
  }
  if (used < size) snprintf(out + used, size - used, ")");
  return out;
}

/* A word more of advice on a value of the wrong type. */
static const char *advice(const nt_opt *opt, nt_value value, char *out, size_t size)
{
  char word[NT_MAX_WORD + 1];
  if (size > 0) out[0] = '\0';
  if (opt->type == NT_OPT_INT && value.kind == NT_VALUE_REAL && fabs(value.as.real) < 1e15 &&
      value.as.real == floor(value.as.real))
    snprintf(out, size, "; write %.0f, without a point", value.as.real);
  if (opt->type != NT_OPT_CHOICE || value.kind != NT_VALUE_STRING) return out;
  int best = -1, best_distance = 0;
  for (int i = 0; nt_opt_choice_text(opt, i, word, sizeof word); i++) {
    nt_suggestion suggestion = {.word = value.as.text->text};
    nt_suggest(&suggestion, word);
    if (!suggestion.best || (best >= 0 && suggestion.distance >= best_distance)) continue;
    best = i;
    best_distance = suggestion.distance;
  }
  if (best >= 0)
    snprintf(out, size, "; did you mean '%s'?", nt_opt_choice_text(opt, best, word, sizeof word));
  return out;
}

/* Number of the option that an argument is for. */
static nt_status find(nt_evaluation *s, const nt_layer_ops *ops, const nt_argument *argument,
                      int64_t position, int *out)
{
  nt_status status = NT_OK;
  char word[NT_MAX_WORD + 2], hint[100], form[400];
  *out = (int)position;
  if (argument->keyword.length == 0) {
    NT_CHECK_AT(s, ops->n_opts > 0, nt_begin(s, argument->node), "%s takes no arguments",
                ops->name);
    NT_CHECK_AT(s, position < ops->n_opts, nt_begin(s, argument->node),
                "%s takes at most %d argument%s; this is number %lld: %s", ops->name, ops->n_opts,
                ops->n_opts == 1 ? "" : "s", (long long)position + 1,
                signature(ops, form, sizeof form));
    goto done;
  }
  for (int i = 0; i < ops->n_opts; i++)
    if (nt_spot_is(s->script, argument->keyword, ops->opts[i].name)) {
      *out = i;
      goto done;
    }
  nt_suggestion suggestion = {.word =
                                  nt_spot_text(s->script, argument->keyword, word, sizeof word)};
  for (int i = 0; i < ops->n_opts; i++)
    nt_suggest(&suggestion, ops->opts[i].name);
  NT_FAIL_AT(s, NT_ERR_NETWORK, argument->keyword, "%s has no argument '%s'%s (%s)", ops->name,
             word, nt_suggestion_text(&suggestion, hint, sizeof hint),
             signature(ops, form, sizeof form));
done:
  return status;
}

/* A formula as text becomes a function. */
static nt_status read_formula(nt_evaluation *s, const nt_opt *opt, nt_spot spot, nt_value *value)
{
  if (opt->type != NT_OPT_FUNCTION || value->kind != NT_VALUE_STRING) return NT_OK;
  return nt_eval_formula(s, spot, value->as.text->text, value);
}

static nt_status bind_one(nt_evaluation *s, const nt_layer_ops *ops, const nt_argument *argument,
                          int64_t position, bool *given, void *cfg)
{
  nt_status status = NT_OK;
  char type[200], found[100], more[100];
  nt_value value = argument->value;
  int i = 0;
  NT_TRY(find(s, ops, argument, position, &i));
  const nt_opt *const opt = &ops->opts[i];
  const nt_spot spot = nt_begin(s, argument->node);
  NT_CHECK_AT(s, !given[i], argument->keyword.length ? argument->keyword : spot,
              "argument %s of %s is given twice", opt->name, ops->name);
  given[i] = true;
  NT_TRY(read_formula(s, opt, spot, &value));
  if (opt->type == NT_OPT_ARRAY_OR_NONE && nt_value_is_number(value))
    NT_TRY(nt_make_array(s, spot, value, &value));
  NT_CHECK_AT(s, nt_set_option(opt, value, cfg), spot, "%s of %s must be %s; found %s%s", opt->name,
              ops->name, nt_opt_type_text(opt, type, sizeof type),
              nt_value_describe(argument->value, found, sizeof found),
              advice(opt, argument->value, more, sizeof more));
  nt_error range = {.status = NT_OK};
  NT_CHECK_AT(s, nt_opt_check(&range, opt, cfg) == NT_OK, spot, "%s: %s", ops->name, range.message);
done:
  return status;
}

static nt_status check_required(nt_evaluation *s, nt_spot name, const nt_layer_ops *ops,
                                const bool *given)
{
  nt_status status = NT_OK;
  char type[200], form[400];
  for (int i = 0; i < ops->n_opts; i++)
    NT_CHECK_AT(s, given[i] || !ops->opts[i].required, name, "%s needs %s, %s: %s", ops->name,
                ops->opts[i].name, nt_opt_type_text(&ops->opts[i], type, sizeof type),
                signature(ops, form, sizeof form));
done:
  return status;
}

nt_status nt_bind(nt_evaluation *s, nt_spot name, const nt_layer_ops *ops, int64_t n,
                  const nt_argument *arguments, nt_value *out)
{
  nt_status status = NT_OK;
  bool given[MAX_OPTS] = {false};
  void *cfg = NULL;
  nt_layer *layer = NULL;
  NT_CHECK(ops->n_opts <= MAX_OPTS, s->err, NT_ERR_INTERNAL, "%s has more than %d arguments",
           ops->name, MAX_OPTS);
  if (ops->cfg_size > 0) {
    NT_TRY(nt_alloc(s->err, 1, ops->cfg_size, "arguments of a layer", &cfg));
    memcpy(cfg, ops->defaults, ops->cfg_size);
  }
  for (int64_t i = 0; i < n; i++)
    NT_TRY(bind_one(s, ops, &arguments[i], i, given, cfg));
  NT_TRY(check_required(s, name, ops, given));
  NT_TRY_AT(s, name, nt_stax_layer(&inner, ops, cfg, &layer));
  NT_TRY(nt_own_layer(s, name, layer, out));
done:
  free(cfg);
  return status;
}
