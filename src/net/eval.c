/* Statements and expressions. */
#include "net/eval.h"
#include "base/check.h"
#include "base/memory.h"
#include "layer/registry.h"
#include "net/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

nt_spot nt_begin(const nt_evaluation *s, int32_t node)
{
  const nt_ast_node *const nodes = s->ast.node;
  while (nodes[node].kind == NT_AST_BINARY)
    node = nodes[node].first;
  return nodes[node].spot;
}

const char *nt_spot_text(const nt_script *script, nt_spot spot, char *out, size_t size)
{
  snprintf(out, size, "%.*s", (int)spot.length, script->text + spot.offset);
  return out;
}

nt_status nt_relay(nt_evaluation *s, nt_status status, nt_spot spot, const nt_error *inner)
{
  if (status == NT_ERR_ARG) status = NT_ERR_NETWORK;
  return nt_script_fail(s->err, s->script, status, spot, "%s", inner->message);
}

const char *nt_hint(const nt_evaluation *s, const nt_function *f, const char *word, char *out,
                    size_t size)
{
  nt_suggestion suggestion = {.word = word};
  char name[NT_MAX_WORD + 1], best[NT_MAX_WORD + 1];
  for (int i = 0; f && i < f->arguments; i++)
    nt_suggest(&suggestion, f->name[i]);
  if (!f) nt_words_suggest(&suggestion);
  nt_words_suggest_functions(&suggestion);
  for (size_t i = 0; i < s->variables.capacity; i++) {
    const nt_variable *const variable = &s->variables.slot[i];
    if (!variable->name || variable->length > NT_MAX_WORD) continue;
    if (f && !nt_value_is_number(variable->value)) continue;
    snprintf(name, sizeof name, "%.*s", (int)variable->length, variable->name);
    nt_suggest(&suggestion, name);
    if (suggestion.best == name) suggestion.best = strcpy(best, name);
  }
  return nt_suggestion_text(&suggestion, out, size);
}

nt_status nt_eval_formula(nt_evaluation *s, nt_spot spot, const char *text, nt_value *out)
{
  nt_status status = NT_OK;
  *out = (nt_value){.kind = NT_VALUE_FUNCTION};
  NT_TRY_AT(s, spot, nt_function_parse(&inner, text, &out->as.function));
  NT_TRY(nt_pool_own(s->err, &s->pool, *out));
  NT_TRY_AT(s, spot, nt_pool_count(&inner, &s->pool, 40 + 2 * out->as.function->steps));
done:
  return status;
}

/* The function of one argument that has this name. */
static nt_status function_of_name(nt_evaluation *s, const char *word, nt_spot spot, nt_value *out)
{
  char formula[NT_MAX_WORD + 4];
  (void)snprintf(formula, sizeof formula, "%s(x)", word);
  return nt_eval_formula(s, spot, formula, out);
}

static nt_status constant_or_enum(nt_evaluation *s, const char *word, nt_spot spot, nt_value *out)
{
  nt_status status = NT_OK;
  const char *rest;
  char hint[100];
  double x;
  nt_operation op;
  const nt_prefix prefix = nt_word_prefix(word, &rest);
  const bool numeric = prefix == NT_PREFIX_NONE || prefix == NT_PREFIX_NUMPY;
  const bool stax = prefix == NT_PREFIX_NONE || prefix == NT_PREFIX_STAX;
  if (numeric && nt_word_constant(rest, &x)) {
    *out = (nt_value){.kind = NT_VALUE_REAL, .as.real = x};
    goto done;
  }
  NT_CHECK_AT(s, prefix != NT_PREFIX_UNKNOWN, spot,
              "'%s': the known prefixes are stax, nt.stax, np, jnp, math", word);
  NT_CHECK_AT(s, !(stax && nt_is_stax(rest)), spot, "a layer needs brackets: %s()", word);
  if (numeric && nt_operation_find(rest, strlen(rest), &op)) {
    NT_CHECK_AT(s, nt_operation_operands(op) == 1, spot,
                "'%s' is a function of %d arguments: it needs them in brackets", word,
                nt_operation_operands(op));
    NT_TRY(function_of_name(s, rest, spot, out));
    goto done;
  }
  NT_CHECK_AT(s, prefix != NT_PREFIX_NONE || !nt_word_is_choice(word), spot,
              "unknown name '%s': a text stands in quotes, '%s'", word, word);
  NT_FAIL_AT(s, NT_ERR_NETWORK, spot, "unknown name '%s'%s", word,
             nt_hint(s, NULL, rest, hint, sizeof hint));
done:
  return status;
}

static nt_status make_text(nt_evaluation *s, nt_spot spot, size_t size, nt_text **out)
{
  nt_status status = NT_OK;
  NT_TRY_AT(s, spot, nt_pool_count(&inner, &s->pool, (int64_t)size / 16 + 1));
  NT_TRY(nt_calloc(s->err, 1, sizeof(nt_text) + size + 1, "a string", out));
  NT_TRY(nt_pool_own(s->err, &s->pool, (nt_value){.kind = NT_VALUE_STRING, .as.text = *out}));
done:
  return status;
}

static nt_status name(nt_evaluation *s, nt_spot spot, nt_value *out)
{
  nt_status status = NT_OK;
  char word[128];
  const char *const text = s->script->text + spot.offset, *rest;
  const nt_value *const known = nt_variables_find(&s->variables, text, (size_t)spot.length);
  if (known) {
    *out = *known;
    return NT_OK;
  }
  NT_CHECK_AT(s, (size_t)spot.length < sizeof word, spot, "unknown name of %d characters",
              (int)spot.length);
  nt_spot_text(s->script, spot, word, sizeof word);
  if (nt_word_prefix(word, &rest) == NT_PREFIX_ENUM) {
    nt_text *copy;
    NT_TRY(make_text(s, spot, strlen(rest), &copy));
    copy->length = strlen(rest);
    memcpy(copy->text, rest, copy->length);
    *out = (nt_value){.kind = NT_VALUE_STRING, .as.text = copy};
  } else
    NT_TRY(constant_or_enum(s, word, spot, out));
done:
  return status;
}

/* What a backslash and the next character stand for; -1: not known. */
static int escape(char c)
{
  static const char codes[] = "\\\\''\"\"n\nt\tr\r";
  for (const char *code = codes; *code; code += 2)
    if (code[0] == c) return code[1];
  return -1;
}

static nt_status string(nt_evaluation *s, nt_spot spot, nt_value *out)
{
  nt_status status = NT_OK;
  const char *from = s->script->text + spot.offset + 1;
  const char *const end = from + spot.length - 2;
  nt_text *copy;
  NT_TRY(make_text(s, spot, (size_t)spot.length, &copy));
  while (from < end) {
    int c = *from++;
    if (c == '\\') {
      c = escape(*from);
      NT_CHECK_AT(s, c >= 0, spot, "'\\%c' in a string is not one of \\\\ \\' \\\" \\n \\t \\r",
                  *from);
      from++;
    }
    copy->text[copy->length++] = (char)c;
  }
  *out = (nt_value){.kind = NT_VALUE_STRING, .as.text = copy};
done:
  return status;
}

static int64_t count_items(const nt_evaluation *s, int32_t first)
{
  int64_t n = 0;
  for (int32_t i = first; i >= 0; i = s->ast.node[i].next)
    n++;
  return n;
}

/* A list or a tuple without stars. */
static nt_status plain_items(nt_evaluation *s, int32_t node, nt_sequence **out)
{
  nt_status status = NT_OK;
  const int32_t first = s->ast.node[node].first;
  int64_t n = count_items(s, first);
  NT_TRY_AT(s, s->ast.node[node].spot, nt_pool_sequence(&inner, &s->pool, n, out));
  n = 0;
  for (int32_t i = first; i >= 0; i = s->ast.node[i].next)
    NT_TRY(nt_eval(s, i, &(*out)->value[n++]));
done:
  return status;
}

/* Replace starred items (still sequences) by their elements. */
static nt_status spread(nt_evaluation *s, int32_t node, const nt_sequence *items, nt_sequence **out)
{
  nt_status status = NT_OK;
  int64_t n = 0, at = 0;
  int32_t child = s->ast.node[node].first;
  for (int64_t i = 0; i < items->n; i++, child = s->ast.node[child].next)
    n += s->ast.node[child].kind == NT_AST_STAR ? items->value[i].as.sequence->n : 1;
  NT_TRY_AT(s, s->ast.node[node].spot, nt_pool_sequence(&inner, &s->pool, n, out));
  child = s->ast.node[node].first;
  for (int64_t i = 0; i < items->n; i++, child = s->ast.node[child].next) {
    const bool star = s->ast.node[child].kind == NT_AST_STAR;
    const nt_sequence *const list = items->value[i].as.sequence;
    const int64_t count = star ? list->n : 1;
    memcpy(&(*out)->value[at], star ? list->value : &items->value[i],
           (size_t)count * sizeof(nt_value));
    at += count;
  }
done:
  return status;
}

static nt_status sequence(nt_evaluation *s, int32_t node, nt_value *out)
{
  nt_status status = NT_OK;
  const nt_ast_node *const nodes = s->ast.node;
  bool star = false;
  nt_sequence *items;
  for (int32_t i = nodes[node].first; i >= 0; i = nodes[i].next)
    star = star || nodes[i].kind == NT_AST_STAR;
  NT_TRY(plain_items(s, node, &items));
  if (star) NT_TRY(spread(s, node, items, &items));
  out->kind = nodes[node].kind == NT_AST_LIST ? NT_VALUE_LIST : NT_VALUE_TUPLE;
  out->as.sequence = items;
done:
  return status;
}

/* The operand of a star: must be a sequence. */
static nt_status star(nt_evaluation *s, int32_t node, nt_value *out)
{
  nt_status status = NT_OK;
  char found[100];
  NT_TRY(nt_eval(s, s->ast.node[node].first, out));
  NT_CHECK_AT(s, nt_value_is_sequence(*out), s->ast.node[node].spot,
              "'*' spreads a list or a tuple; found %s",
              nt_value_describe(*out, found, sizeof found));
done:
  return status;
}

static nt_status operator(nt_evaluation *s, const nt_ast_node *node, nt_value *out)
{
  nt_status status = NT_OK;
  nt_value left, right;
  NT_TRY(nt_eval(s, node->first, &left));
  if (node->kind == NT_AST_UNARY) return nt_eval_unary(s, node->spot, node->symbol, left, out);
  NT_TRY(nt_eval(s, s->ast.node[node->first].next, &right));
  NT_TRY(nt_eval_binary(s, node->spot, node->symbol, left, right, out));
done:
  return status;
}

static nt_status lambda(nt_evaluation *s, int32_t node, nt_value *out)
{
  nt_status status = NT_OK;
  *out = (nt_value){.kind = NT_VALUE_FUNCTION};
  NT_TRY(nt_compile(s, node, &out->as.function));
  NT_TRY(nt_pool_own(s->err, &s->pool, *out));
  NT_TRY_AT(s, s->ast.node[node].spot,
            nt_pool_count(&inner, &s->pool, 40 + 2 * out->as.function->steps));
done:
  return status;
}

nt_status nt_eval(nt_evaluation *s, int32_t index, nt_value *out)
{
  const nt_ast_node *const node = &s->ast.node[index];
  *out = (nt_value){.kind = NT_VALUE_NONE};
  switch (node->kind) {
  case NT_AST_NONE:
    return NT_OK;
  case NT_AST_BOOL:
    *out = (nt_value){.kind = NT_VALUE_BOOL, .as.integer = node->value.integer};
    return NT_OK;
  case NT_AST_INT:
    *out = (nt_value){.kind = NT_VALUE_INT, .as.integer = node->value.integer};
    return NT_OK;
  case NT_AST_REAL:
    *out = (nt_value){.kind = NT_VALUE_REAL, .as.real = node->value.real};
    return NT_OK;
  case NT_AST_ELLIPSIS:
    out->kind = NT_VALUE_ELLIPSIS;
    return NT_OK;
  case NT_AST_STRING:
    return string(s, node->spot, out);
  case NT_AST_NAME:
    return name(s, node->spot, out);
  case NT_AST_UNARY:
  case NT_AST_BINARY:
    return operator(s, node, out);
  case NT_AST_TUPLE:
  case NT_AST_LIST:
    return sequence(s, index, out);
  case NT_AST_CALL:
    return nt_eval_call(s, index, out);
  case NT_AST_INDEX:
    return nt_eval_index(s, index, out);
  case NT_AST_LAMBDA:
    return lambda(s, index, out);
  case NT_AST_STAR:
    return star(s, index, out);
  case NT_AST_KEYWORD:
  case NT_AST_RANGE:
  case NT_AST_ASSIGN:
    return nt_eval(s, node->first, out);
  }
  return NT_OK;
}

static nt_status assign(nt_evaluation *s, const nt_ast_node *node)
{
  nt_status status = NT_OK;
  nt_value value;
  char word[NT_MAX_WORD + 2];
  nt_spot_text(s->script, node->spot, word, sizeof word);
  NT_CHECK_AT(s, !nt_is_stax(word), node->spot, "%s is a layer; take another name", word);
  NT_CHECK_AT(s, node->next >= 0, node->spot,
              "the text ends with an assignment; its last line must be the network: write %s there",
              word);
  NT_TRY(nt_eval(s, node->first, &value));
  NT_TRY(nt_variables_set(s->err, &s->variables, s->script->text + node->spot.offset,
                          (size_t)node->spot.length, value));
done:
  return status;
}

nt_status nt_evaluation_run(nt_evaluation *s, nt_value *out)
{
  nt_status status = NT_OK;
  NT_TRY(nt_ast_parse(s->err, s->script, &s->ast));
  NT_CHECK_AT(s, s->ast.first >= 0, ((nt_spot){.line = 1, .column = 1}),
              "the text is empty; a network is, for example, serial(Dense(512), Relu(), Dense(1))");
  for (int32_t i = s->ast.first; i >= 0; i = s->ast.node[i].next) {
    const nt_ast_node *const node = &s->ast.node[i];
    if (node->kind == NT_AST_ASSIGN) {
      NT_TRY(assign(s, node));
      continue;
    }
    NT_CHECK_AT(s, node->next < 0, nt_begin(s, i),
                "the value of this line is not used: give it a name, or make it the last line, "
                "which is the network");
    NT_TRY(nt_eval(s, i, out));
  }
done:
  return status;
}

void nt_evaluation_free(nt_evaluation *s)
{
  nt_pool_free(&s->pool);
  nt_ast_free(&s->ast);
  free(s->variables.slot);
  s->variables = (nt_variables){0};
}
