#include "base/blas.h"
#include "base/check.h"
#include "base/locale.h"
#include "base/memory.h"
#include "base/option.h"
#include "base/suggest.h"
#include "io/preprocess.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum value_kind { NO_VALUE, NOT_ZERO, POSITIVE, NOT_NEGATIVE, SCOPE } value_kind;

static const struct {
  const char *name;
  value_kind value;
  const char *usage;
} kinds[] = {
    [NT_PREPROCESS_SCALE] = {"scale", NOT_ZERO, "scale=S with a number S that is not 0"},
    [NT_PREPROCESS_CENTER] = {"center", NO_VALUE, "center, without a value"},
    [NT_PREPROCESS_STANDARDIZE] = {"standardize", SCOPE,
                                   "standardize, or standardize=global, =channel or =feature"},
    [NT_PREPROCESS_NORM] = {"norm", POSITIVE, "norm=R with a number R > 0"},
    [NT_PREPROCESS_ZCA] = {"zca", NOT_NEGATIVE, "zca=EPS with a number EPS >= 0"}};

enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

static const char *const scopes[] = {"global", "channel", "feature"};

const char *nt_preprocess_step_name(nt_preprocess_kind kind) { return kinds[kind].name; }

static bool parse_number(const char *text, value_kind kind, double *value)
{
  char *end;
  *value = strtod(text, &end);
  if (end == text || *end != '\0' || !isfinite(*value)) return false;
  return kind == NOT_ZERO ? *value != 0 : kind == POSITIVE ? *value > 0 : *value >= 0;
}

static bool parse_value(const char *text, nt_preprocess_step *step)
{
  const value_kind kind = kinds[step->kind].value;
  if (kind == NO_VALUE) return text == NULL;
  if (kind != SCOPE) return text != NULL && parse_number(text, kind, &step->value);
  step->scope = NT_SCOPE_GLOBAL;
  for (int s = 0; s < 3 && text != NULL; s++) {
    if (strcmp(text, scopes[s]) != 0) continue;
    step->scope = (nt_scope)s;
    return true;
  }
  return text == NULL;
}

/* One step, "name" or "name=value"; `word` is cut in two. */
static nt_status parse_step(nt_error *err, char *word, nt_preprocess_step *step)
{
  nt_status status = NT_OK;
  char *const value = strchr(word, '='), near[64];
  if (value != NULL) *value = '\0';
  nt_suggestion suggestion = {.word = word};
  int kind = 0;
  while (kind < N_KINDS && strcmp(word, kinds[kind].name) != 0)
    nt_suggest(&suggestion, kinds[kind++].name);
  NT_CHECK(kind < N_KINDS, err, NT_ERR_ARG,
           "--preprocess: no step '%s'%s; known: scale=S, center, "
           "standardize[=global|channel|feature], norm=R, zca=EPS",
           word, nt_suggestion_text(&suggestion, near, sizeof near));
  step->kind = (nt_preprocess_kind)kind;
  NT_CHECK(parse_value(value ? value + 1 : NULL, step), err, NT_ERR_ARG,
           "--preprocess: '%s%s%s': write %s", word, value ? "=" : "", value ? value + 1 : "",
           kinds[kind].usage);
done:
  return status;
}

static void print_steps(nt_preprocess *p)
{
  size_t used = 0;
  for (int k = 0; k < p->n_steps; k++) {
    const nt_preprocess_step *const s = &p->step[k];
    const value_kind kind = kinds[s->kind].value;
    char value[32] = "";
    if (kind == SCOPE)
      (void)snprintf(value, sizeof value, "%s", scopes[s->scope]);
    else if (kind != NO_VALUE)
      nt_shortest_text(s->value, value, sizeof value);
    used += (size_t)snprintf(p->text + used, sizeof p->text - used, "%s%s%s%s", k ? "," : "",
                             kinds[s->kind].name, kind == NO_VALUE ? "" : "=", value);
  }
}

nt_status nt_preprocess_parse(nt_error *err, const char *text, nt_preprocess **out)
{
  nt_status status = NT_OK;
  nt_preprocess *p = NULL;
  char *copy = NULL;
  nt_locale locale = {0};
  *out = NULL;
  NT_TRY(nt_locale_enter(err, &locale));
  NT_TRY(nt_calloc(err, 1, sizeof(nt_preprocess), "preprocessing", &p));
  NT_TRY(nt_strdup(err, text ? text : "", &copy));
  for (char *word = copy, *next; word != NULL && copy[0] != '\0'; word = next) {
    next = strchr(word, ',');
    if (next != NULL) *next++ = '\0';
    NT_CHECK(p->n_steps < NT_MAX_STEPS, err, NT_ERR_ARG, "--preprocess: more than %d steps",
             NT_MAX_STEPS);
    NT_TRY(parse_step(err, word, &p->step[p->n_steps]));
    p->n_steps++;
  }
  print_steps(p);
  *out = p;
  p = NULL;
done:
  nt_locale_leave(&locale);
  free(p);
  free(copy);
  return status;
}

static void forget(nt_preprocess *p)
{
  for (int k = 0; k < p->n_steps; k++) {
    free(p->step[k].mean);
    free(p->step[k].std);
    free(p->step[k].matrix);
    p->step[k].mean = p->step[k].std = p->step[k].matrix = NULL;
  }
  p->positions = p->channels = 0;
}

void nt_preprocess_destroy(nt_preprocess **p)
{
  if (*p == NULL) return;
  forget(*p);
  free(*p);
  *p = NULL;
}

bool nt_preprocess_has_statistics(const nt_preprocess *p)
{
  for (int k = 0; k < p->n_steps; k++)
    if (p->step[k].kind != NT_PREPROCESS_SCALE && p->step[k].kind != NT_PREPROCESS_NORM)
      return true;
  return false;
}

const char *nt_preprocess_text(const nt_preprocess *p) { return p->text; }

nt_status nt_preprocess_fit(nt_ctx *ctx, nt_preprocess *p, const nt_samples *training)
{
  nt_status status = NT_OK;
  const int threads = nt_blas_set_threads(1); /* so that bits do not depend on them */
  forget(p);
  NT_CHECK(training->positions * training->channels > 0, nt_ctx_error(ctx), NT_ERR_SHAPE,
           "preprocessing %s: the training samples hold no numbers", p->text);
  p->positions = training->positions;
  p->channels = training->channels;
  for (int k = 0; k < p->n_steps; k++) {
    if (p->step[k].kind == NT_PREPROCESS_SCALE || p->step[k].kind == NT_PREPROCESS_NORM) continue;
    NT_TRY(nt_statistics_fit(ctx, p, k, training));
    if (p->step[k].kind == NT_PREPROCESS_ZCA) NT_TRY(nt_zca_fit(ctx, p, k, training));
  }
done:
  (void)nt_blas_set_threads(threads);
  if (status != NT_OK) forget(p);
  return status;
}
