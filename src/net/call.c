/* Calls: combinators, layers, arrays, functions of numbers. */
#include "base/check.h"
#include "base/memory.h"
#include "layer/registry.h"
#include "net/eval.h"
#include "net/words.h"

#include <stdlib.h>
#include <string.h>

/* A call: what its name means, and its arguments. */
typedef struct call call;
struct call {
  nt_evaluation *s;
  nt_spot spot; /* Of the name. */
  char word[NT_MAX_WORD + 2];
  const char *name; /* Without prefix. */
  nt_prefix prefix;
  nt_status (*run)(call *c, nt_value *out);
  const nt_layer_ops *ops; /* Of a layer. */
  nt_operation op;         /* Of a function of numbers. */
  int64_t n;
  nt_argument *argument;
};

static nt_status push(call *c, nt_argument argument)
{
  nt_status status = NT_OK;
  NT_TRY(nt_grow(c->s->err, c->n, sizeof argument, "the arguments of a call", &c->argument));
  c->argument[c->n++] = argument;
done:
  return status;
}

static nt_status evaluate(call *c, int32_t index)
{
  nt_status status = NT_OK;
  const nt_ast_node *const node = &c->s->ast.node[index];
  nt_argument argument = {.node = index};
  NT_TRY(nt_eval(c->s, index, &argument.value));
  if (node->kind == NT_AST_KEYWORD) {
    argument.keyword = node->spot;
    argument.node = node->first;
  }
  NT_CHECK_AT(
      c->s, c->n == 0 || node->kind == NT_AST_KEYWORD || c->argument[c->n - 1].keyword.length == 0,
      nt_begin(c->s, index), "an argument without a keyword after one with a keyword");
  if (node->kind != NT_AST_STAR) return push(c, argument);
  const nt_sequence *const list = argument.value.as.sequence;
  for (int64_t i = 0; i < list->n; i++) {
    argument.value = list->value[i];
    NT_TRY(push(c, argument));
  }
done:
  return status;
}

nt_status nt_own_layer(nt_evaluation *s, nt_spot spot, nt_layer *layer, nt_value *out)
{
  nt_layer_set_place(layer, spot.line, spot.column, s->script->name);
  *out = (nt_value){.kind = NT_VALUE_LAYER, .as.layer = layer};
  return nt_pool_own(s->err, &s->pool, *out);
}

/* Arguments must be layers. */
static nt_status check_layer(const call *c, int64_t i)
{
  nt_status status = NT_OK;
  const nt_argument *const argument = &c->argument[i];
  const nt_spot spot = nt_begin(c->s, argument->node);
  char found[100];
  NT_CHECK_AT(c->s, argument->keyword.length == 0, argument->keyword,
              "%s takes layers, and no keywords", c->name);
  NT_CHECK_AT(c->s, argument->value.kind == NT_VALUE_LAYER, spot,
              "argument %lld of %s must be a layer; found %s%s", (long long)i + 1, c->name,
              nt_value_describe(argument->value, found, sizeof found),
              nt_value_is_sequence(argument->value) ? "; a '*' before it spreads it" : "");
done:
  return status;
}

static nt_status combine(call *c, nt_value *out)
{
  nt_status status = NT_OK;
  nt_layer **layers = NULL, *layer = NULL;
  NT_CHECK_AT(c->s, c->n > 0, c->spot, "%s needs at least one layer", c->name);
  for (int64_t i = 0; i < c->n; i++)
    NT_TRY(check_layer(c, i));
  NT_CHECK_AT(c->s, c->n <= NT_MAX_LAYERS, c->spot, "%s of more than %d layers", c->name,
              NT_MAX_LAYERS);
  layers = malloc((size_t)c->n * sizeof(nt_layer *));
  NT_CHECK(layers, c->s->err, NT_ERR_NOMEM, "no memory for layers");
  for (int64_t i = 0; i < c->n; i++)
    layers[i] = c->argument[i].value.as.layer;
  if (strcmp(c->name, "serial") == 0)
    NT_TRY_AT(c->s, c->spot, nt_stax_serial(&inner, (int)c->n, layers, &layer));
  else
    NT_TRY_AT(c->s, c->spot, nt_stax_parallel(&inner, (int)c->n, layers, &layer));
  NT_TRY(nt_own_layer(c->s, c->spot, layer, out));
done:
  free(layers);
  return status;
}

/* repeat(layer, n): the arguments in order. */
static nt_status repeat_argument(const call *c, const char *keyword, int64_t position,
                                 const nt_argument **out)
{
  nt_status status = NT_OK;
  *out = NULL;
  for (int64_t i = 0; i < c->n; i++) {
    const nt_argument *const argument = &c->argument[i];
    const bool here = argument->keyword.length
                          ? nt_spot_is(c->s->script, argument->keyword, keyword)
                          : i == position;
    if (!here) continue;
    NT_CHECK_AT(c->s, !*out, argument->keyword, "argument %s of repeat is given twice", keyword);
    *out = argument;
  }
  NT_CHECK_AT(c->s, *out && c->n == 2, c->spot,
              "repeat takes a layer and how often: repeat(layer, n)");
done:
  return status;
}

static nt_status repeat(call *c, nt_value *out)
{
  nt_status status = NT_OK;
  const nt_argument *layer, *n;
  nt_layer *made = NULL;
  char found[100];
  NT_TRY(repeat_argument(c, "layer", 0, &layer));
  NT_TRY(repeat_argument(c, "n", 1, &n));
  NT_CHECK_AT(c->s, layer->value.kind == NT_VALUE_LAYER, nt_begin(c->s, layer->node),
              "argument 1 of repeat must be a layer; found %s",
              nt_value_describe(layer->value, found, sizeof found));
  NT_CHECK_AT(c->s, n->value.kind == NT_VALUE_INT, nt_begin(c->s, n->node),
              "argument n of repeat must be an integer of at least 0; found %s",
              nt_value_describe(n->value, found, sizeof found));
  NT_TRY_AT(c->s, nt_begin(c->s, n->node),
            nt_stax_repeat(&inner, layer->value.as.layer, n->value.as.integer, &made));
  NT_TRY(nt_own_layer(c->s, c->spot, made, out));
done:
  return status;
}

static nt_status one_argument(const call *c)
{
  nt_status status = NT_OK;
  NT_CHECK_AT(c->s, c->n == 1 && c->argument[0].keyword.length == 0, c->spot,
              "%s takes one argument; found %lld", c->name, (long long)c->n);
done:
  return status;
}

static nt_status array(call *c, nt_value *out)
{
  nt_status status = NT_OK;
  NT_TRY(one_argument(c));
  NT_TRY(nt_make_array(c->s, nt_begin(c->s, c->argument[0].node), c->argument[0].value, out));
done:
  return status;
}

static nt_status load(call *c, nt_value *out)
{
  nt_status status = NT_OK;
  char found[100];
  NT_TRY(one_argument(c));
  const nt_argument *const path = &c->argument[0];
  const nt_spot spot = nt_begin(c->s, path->node);
  NT_CHECK_AT(c->s, path->value.kind == NT_VALUE_STRING, spot,
              "load takes the name of a .npy file, in quotes; found %s",
              nt_value_describe(path->value, found, sizeof found));
  NT_TRY(nt_load_array(c->s, spot, path->value.as.text, out));
done:
  return status;
}

static nt_status layer(call *c, nt_value *out)
{
  return nt_bind(c->s, c->spot, c->ops, c->n, c->argument, out);
}

/* abs, maximum and minimum of integers are integers. */
static bool keeps_integers(const call *c)
{
  bool keeps =
      c->op == NT_OPERATION_ABS || c->op == NT_OPERATION_MAXIMUM || c->op == NT_OPERATION_MINIMUM;
  for (int64_t i = 0; i < c->n; i++)
    keeps = keeps && c->argument[i].value.kind == NT_VALUE_INT;
  return keeps;
}

static nt_status of_integers(call *c, nt_value *out)
{
  nt_status status = NT_OK;
  const int64_t x = c->argument[0].value.as.integer, y = c->argument[c->n - 1].value.as.integer;
  *out = (nt_value){.kind = NT_VALUE_INT, .as.integer = x};
  if (c->op == NT_OPERATION_MAXIMUM && y > x) out->as.integer = y;
  if (c->op == NT_OPERATION_MINIMUM && y < x) out->as.integer = y;
  if (c->op == NT_OPERATION_ABS && x < 0)
    NT_TRY(nt_eval_unary(c->s, c->spot, '-', c->argument[0].value, out));
done:
  return status;
}

static nt_status operation(call *c, nt_value *out)
{
  nt_status status = NT_OK;
  double x[3] = {0};
  char found[100];
  const int n = nt_operation_operands(c->op);
  NT_CHECK_AT(c->s, c->n == n, c->spot, "%s takes %d argument%s; found %lld", c->name, n,
              n == 1 ? "" : "s", (long long)c->n);
  for (int i = 0; i < n; i++) {
    NT_CHECK_AT(c->s, nt_value_is_number(c->argument[i].value) && !c->argument[i].keyword.length,
                nt_begin(c->s, c->argument[i].node), "%s takes numbers; found %s", c->name,
                nt_value_describe(c->argument[i].value, found, sizeof found));
    x[i] = nt_value_real(c->argument[i].value);
  }
  if (keeps_integers(c)) return of_integers(c, out);
  *out = (nt_value){.kind = NT_VALUE_REAL, .as.real = nt_operation_apply(c->op, x)};
done:
  return status;
}

static const struct {
  const char *name;
  nt_prefix prefix;
  nt_status (*run)(call *c, nt_value *out);
} builtins[] = {{"serial", NT_PREFIX_STAX, combine}, {"parallel", NT_PREFIX_STAX, combine},
                {"repeat", NT_PREFIX_STAX, repeat},  {"array", NT_PREFIX_NUMPY, array},
                {"asarray", NT_PREFIX_NUMPY, array}, {"load", NT_PREFIX_NUMPY, load}};

bool nt_is_stax(const char *name)
{
  for (size_t i = 0; i < sizeof builtins / sizeof *builtins; i++)
    if (builtins[i].prefix == NT_PREFIX_STAX && strcmp(name, builtins[i].name) == 0) return true;
  return nt_layer_find(name) != NULL;
}

/* A word of nobody, or of somebody else. */
static nt_status unknown(const call *c)
{
  nt_status status = NT_OK;
  char hint[100], found[100];
  const nt_value *const variable = nt_variables_find(
      &c->s->variables, c->s->script->text + c->spot.offset, (size_t)c->spot.length);
  if (variable)
    NT_FAIL_AT(c->s, NT_ERR_NETWORK, c->spot, "'%s' is %s, and is written without brackets",
               c->word, nt_value_describe(*variable, found, sizeof found));
  NT_CHECK_AT(c->s, c->prefix != NT_PREFIX_NUMPY || !nt_is_stax(c->name), c->spot,
              "'%s': %s belongs to stax", c->word, c->name);
  const char *const advice = nt_word_alternative(c->name);
  if (advice) NT_FAIL_AT(c->s, NT_ERR_UNSUPPORTED, c->spot, "%s %s", c->name, advice);
  NT_CHECK_AT(c->s, strcmp(c->name, "Slice") != 0, c->spot,
              "Slice has square brackets, as in Slice[:, 1:]");
  NT_FAIL_AT(c->s, NT_ERR_NETWORK, c->spot, "unknown layer or function '%s'%s", c->word,
             nt_hint(c->s, NULL, c->name, hint, sizeof hint));
done:
  return status;
}

static bool allowed(const call *c, nt_prefix prefix)
{
  return c->prefix == NT_PREFIX_NONE || c->prefix == prefix;
}

/* What the name means: asked before the arguments, so that the first error counts. */
static nt_status resolve(call *c)
{
  for (size_t i = 0; i < sizeof builtins / sizeof *builtins && !c->run; i++)
    if (strcmp(c->name, builtins[i].name) == 0 && allowed(c, builtins[i].prefix))
      c->run = builtins[i].run;
  if (!c->run && allowed(c, NT_PREFIX_STAX) && (c->ops = nt_layer_find(c->name)) != NULL)
    c->run = layer;
  if (!c->run && allowed(c, NT_PREFIX_NUMPY) && nt_operation_find(c->name, strlen(c->name), &c->op))
    c->run = operation;
  return c->run ? NT_OK : unknown(c);
}

nt_status nt_eval_call(nt_evaluation *s, int32_t index, nt_value *out)
{
  nt_status status = NT_OK;
  const nt_ast_node *const node = &s->ast.node[index];
  call c = {.s = s, .spot = node->spot};
  NT_CHECK_AT(s, node->spot.length <= NT_MAX_WORD, node->spot,
              "unknown layer or function: a name of %d letters", (int)node->spot.length);
  nt_spot_text(s->script, node->spot, c.word, sizeof c.word);
  c.prefix = nt_word_prefix(c.word, &c.name);
  NT_CHECK_AT(s, c.prefix != NT_PREFIX_UNKNOWN && c.prefix != NT_PREFIX_ENUM, node->spot,
              "'%s': the known prefixes are stax, nt.stax, np, jnp, math", c.word);
  NT_TRY(resolve(&c));
  for (int32_t i = node->first; i >= 0; i = s->ast.node[i].next)
    NT_TRY(evaluate(&c, i));
  NT_TRY(c.run(&c, out));
done:
  free(c.argument);
  return status;
}
