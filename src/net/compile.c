/* From an expression to a register program. */
#include "base/check.h"
#include "base/locale.h"
#include "base/memory.h"
#include "net/eval.h"
#include "net/lexer.h"
#include "net/words.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Registers are taken and given back like a stack: operands lie on top when their step is made. */
typedef struct compiler {
  nt_evaluation *s;
  nt_function *f;
  int registers; /* In use. */
} compiler;

static nt_status compile(compiler *c, int32_t node, nt_operand *out);

static nt_status constant(compiler *c, nt_spot spot, double value, nt_operand *out)
{
  nt_status status = NT_OK;
  nt_function *const f = c->f;
  int i = 0;
  while (i < f->constants && memcmp(&f->constant[i], &value, sizeof value) != 0)
    i++;
  NT_CHECK_AT(c->s, i < NT_FUNCTION_CONSTANTS, spot, "a function of more than %d different numbers",
              NT_FUNCTION_CONSTANTS);
  f->constant[i] = value;
  if (i == f->constants) f->constants++;
  *out = (nt_operand){NT_OPERAND_CONSTANT, i};
done:
  return status;
}

/* All operands are numbers: so is the result. */
static bool fold(const compiler *c, nt_operation op, const nt_operand *operand, double *value)
{
  double x[3] = {0};
  for (int i = 0; i < nt_operation_operands(op); i++) {
    if (operand[i].kind != NT_OPERAND_CONSTANT) return false;
    x[i] = c->f->constant[operand[i].index];
  }
  *value = nt_operation_apply(op, x);
  return true;
}

static nt_status emit(compiler *c, nt_spot spot, nt_operation op, const nt_operand *operand,
                      nt_operand *out)
{
  nt_status status = NT_OK;
  nt_function *const f = c->f;
  double value;
  const int n = nt_operation_operands(op);
  if (fold(c, op, operand, &value)) return constant(c, spot, value, out);
  NT_CHECK_AT(c->s, f->steps < NT_FUNCTION_STEPS, spot, "a function of more than %d steps",
              NT_FUNCTION_STEPS);
  nt_function_step *const step = &f->step[f->steps];
  *step = (nt_function_step){.op = op, .reg = c->registers};
  for (int i = 0; i < 3; i++) {
    step->operand[i] = operand[i < n ? i : 0];
    const nt_operand from = step->operand[i];
    if (from.kind == NT_OPERAND_STEP && f->step[from.index].reg < step->reg)
      step->reg = f->step[from.index].reg;
  }
  c->registers = step->reg + 1;
  NT_CHECK_AT(
      c->s, step->reg < NT_FUNCTION_REGISTERS, spot,
      "a function of more than %d intermediate values at a time; begin with the longest part",
      NT_FUNCTION_REGISTERS);
  *out = (nt_operand){NT_OPERAND_STEP, f->steps++};
done:
  return status;
}

/* x ** 2 and x ** 0.5 are common, and have cheaper operations. */
static nt_status power(compiler *c, nt_spot spot, const nt_operand *operand, nt_operand *out)
{
  const nt_function *const f = c->f;
  const double y = operand[1].kind == NT_OPERAND_CONSTANT ? f->constant[operand[1].index] : 0;
  if (y == 2) return emit(c, spot, NT_OPERATION_SQUARE, operand, out);
  if (y == 0.5) return emit(c, spot, NT_OPERATION_SQRT, operand, out);
  return emit(c, spot, NT_OPERATION_POW, operand, out);
}

/* x / 2 is x * 0.5, to the last bit, and a division takes as long as many products. */
static nt_status quotient(compiler *c, nt_spot spot, nt_operand *operand, nt_operand *out)
{
  nt_status status = NT_OK;
  const nt_operand by = operand[1];
  const double y = by.kind == NT_OPERAND_CONSTANT ? c->f->constant[by.index] : 0;
  int exponent;
  const bool exact = fabs(frexp(y, &exponent)) == 0.5 && isnormal(1 / y);
  if (exact) NT_TRY(constant(c, spot, 1 / y, &operand[1]));
  NT_TRY(emit(c, spot, exact ? NT_OPERATION_MUL : NT_OPERATION_DIV, operand, out));
done:
  return status;
}

/* "x", "c, v1, v2" */
static const char *names(const nt_function *f, char *out, size_t size)
{
  size_t used = 0;
  for (int i = 0; i < f->arguments; i++)
    used += (size_t)snprintf(out + used, size - used, "%s%s", i ? ", " : "", f->name[i]);
  return out;
}

static nt_status variable(compiler *c, const nt_ast_node *node, nt_operand *out)
{
  nt_status status = NT_OK;
  nt_evaluation *const s = c->s;
  char word[NT_MAX_WORD + 2], found[NT_FUNCTION_ARGUMENTS * (NT_FUNCTION_NAME + 2)], hint[100];
  const char *rest;
  double value;
  for (int i = 0; i < c->f->arguments; i++)
    if (nt_spot_is(s->script, node->spot, c->f->name[i])) {
      *out = (nt_operand){NT_OPERAND_ARGUMENT, i};
      return NT_OK;
    }
  nt_spot_text(s->script, node->spot, word, sizeof word);
  const nt_value *const known = nt_variables_find(
      &s->variables, s->script->text + node->spot.offset, (size_t)node->spot.length);
  if (known) {
    NT_CHECK_AT(s, nt_value_is_number(*known), node->spot,
                "'%s' in a function must be a number; found %s", word,
                nt_value_describe(*known, found, sizeof found));
    return constant(c, node->spot, nt_value_real(*known), out);
  }
  const nt_prefix prefix = nt_word_prefix(word, &rest);
  if ((prefix == NT_PREFIX_NONE || prefix == NT_PREFIX_NUMPY) && nt_word_constant(rest, &value))
    return constant(c, node->spot, value, out);
  NT_FAIL_AT(s, NT_ERR_NETWORK, node->spot, "unknown name '%s' in a function of %s%s", word,
             names(c->f, found, sizeof found), nt_hint(s, c->f, rest, hint, sizeof hint));
done:
  return status;
}

/* The operation that a call names, by the word that is written into `word`, its end `rest`. */
static bool find_operation(const compiler *c, const nt_ast_node *node, char word[NT_MAX_WORD + 2],
                           const char **rest, nt_operation *op)
{
  nt_spot_text(c->s->script, node->spot, word, NT_MAX_WORD + 2);
  const nt_prefix prefix = nt_word_prefix(word, rest);
  return (prefix == NT_PREFIX_NONE || prefix == NT_PREFIX_NUMPY) &&
         nt_operation_find(*rest, strlen(*rest), op);
}

/* The only argument of a call; -1: it has none, or several. */
static int32_t only_argument(const compiler *c, const nt_ast_node *node)
{
  return node->first >= 0 && c->s->ast.node[node->first].next < 0 ? node->first : -1;
}

/* The u of a node exp(u); -1: it is none. */
static int32_t argument_of_exp(const compiler *c, int32_t index)
{
  char word[NT_MAX_WORD + 2];
  const char *rest;
  nt_operation op;
  const nt_ast_node *const node = &c->s->ast.node[index];
  const bool is_exp = node->kind == NT_AST_CALL && find_operation(c, node, word, &rest, &op) &&
                      op == NT_OPERATION_EXP;
  return is_exp ? only_argument(c, node) : -1;
}

static bool is_one(const compiler *c, int32_t index)
{
  const nt_ast_node *const node = &c->s->ast.node[index];
  return node->kind == NT_AST_INT ? node->value.integer == 1
                                  : node->kind == NT_AST_REAL && node->value.real == 1;
}

/* The u of a call log(1 + exp(u)), log(exp(u) + 1) or log1p(exp(u)), whose exp overflows where they
 * are u; -1: it is none of them. */
static int32_t argument_of_softplus(const compiler *c, const nt_ast_node *node, nt_operation op)
{
  const int32_t inner = only_argument(c, node);
  if (inner < 0) return -1;
  if (op == NT_OPERATION_LOG1P) return argument_of_exp(c, inner);
  const nt_ast_node *const sum = &c->s->ast.node[inner];
  if (op != NT_OPERATION_LOG || sum->kind != NT_AST_BINARY || sum->symbol != '+') return -1;
  const int32_t left = sum->first, right = c->s->ast.node[left].next;
  if (is_one(c, left)) return argument_of_exp(c, right);
  return is_one(c, right) ? argument_of_exp(c, left) : -1;
}

static nt_status softplus(compiler *c, nt_spot spot, int32_t argument, nt_operand *out)
{
  nt_status status = NT_OK;
  nt_operand operand[3];
  NT_TRY(compile(c, argument, &operand[0]));
  NT_TRY(constant(c, spot, 0, &operand[1]));
  NT_TRY(emit(c, spot, NT_OPERATION_LOGADDEXP, operand, out));
done:
  return status;
}

static nt_status call(compiler *c, const nt_ast_node *node, nt_operand *out)
{
  nt_status status = NT_OK;
  nt_evaluation *const s = c->s;
  char word[NT_MAX_WORD + 2], hint[100];
  const char *const text = s->script->text + node->spot.offset, *rest;
  nt_operation op = NT_OPERATION_NEG;
  nt_operand operand[3];
  int n = 0;
  const bool known = find_operation(c, node, word, &rest, &op);
  NT_CHECK_AT(s, known || !nt_variables_find(&s->variables, text, (size_t)node->spot.length),
              node->spot, "a lambda cannot call '%s', a name of this text: write its formula out",
              word);
  NT_CHECK_AT(s, known, node->spot, "'%s' is not a function that a lambda can use%s", word,
              nt_hint(s, c->f, rest, hint, sizeof hint));
  const int32_t softly = argument_of_softplus(c, node, op);
  if (softly >= 0) return softplus(c, node->spot, softly, out);
  const int needed = nt_operation_operands(op);
  const char *const plural = needed > 1 ? "s" : "";
  for (int32_t i = node->first; i >= 0; i = s->ast.node[i].next, n++) {
    NT_CHECK_AT(s, n != needed, nt_begin(s, i), "%s takes %d argument%s", word, needed, plural);
    NT_TRY(compile(c, i, &operand[n]));
  }
  NT_CHECK_AT(s, n == needed, node->spot, "%s takes %d argument%s; found %d", word, needed, plural,
              n);
  if (op == NT_OPERATION_POW) return power(c, node->spot, operand, out);
  return emit(c, node->spot, op, operand, out);
done:
  return status;
}

static const struct {
  int symbol;
  nt_operation op;
} operations[] = {{'+', NT_OPERATION_ADD},
                  {'-', NT_OPERATION_SUB},
                  {'*', NT_OPERATION_MUL},
                  {'/', NT_OPERATION_DIV},
                  {'%', NT_OPERATION_MOD},
                  {'<', NT_OPERATION_LESS},
                  {'>', NT_OPERATION_GREATER},
                  {NT_SYMBOL_FLOOR_DIVIDE, NT_OPERATION_FLOOR_DIVIDE},
                  {NT_SYMBOL_POWER, NT_OPERATION_POW},
                  {NT_SYMBOL_LESS_EQUAL, NT_OPERATION_LESS_EQUAL},
                  {NT_SYMBOL_GREATER_EQUAL, NT_OPERATION_GREATER_EQUAL},
                  {NT_SYMBOL_EQUAL, NT_OPERATION_EQUAL},
                  {NT_SYMBOL_NOT_EQUAL, NT_OPERATION_NOT_EQUAL}};

static nt_status binary(compiler *c, const nt_ast_node *node, nt_operand *out)
{
  nt_status status = NT_OK;
  nt_operand operand[3];
  size_t i = 0;
  NT_TRY(compile(c, node->first, &operand[0]));
  NT_TRY(compile(c, c->s->ast.node[node->first].next, &operand[1]));
  while (operations[i].symbol != node->symbol)
    i++;
  if (operations[i].op == NT_OPERATION_POW) return power(c, node->spot, operand, out);
  if (operations[i].op == NT_OPERATION_DIV) return quotient(c, node->spot, operand, out);
  NT_TRY(emit(c, node->spot, operations[i].op, operand, out));
done:
  return status;
}

static nt_status compile(compiler *c, int32_t index, nt_operand *out)
{
  nt_status status = NT_OK;
  const nt_ast_node *const node = &c->s->ast.node[index];
  nt_operand operand[3];
  switch (node->kind) {
  case NT_AST_INT:
    return constant(c, node->spot, (double)node->value.integer, out);
  case NT_AST_REAL:
    return constant(c, node->spot, node->value.real, out);
  case NT_AST_NAME:
    return variable(c, node, out);
  case NT_AST_CALL:
    return call(c, node, out);
  case NT_AST_BINARY:
    return binary(c, node, out);
  case NT_AST_UNARY:
    NT_TRY(compile(c, node->first, &operand[0]));
    *out = operand[0];
    if (node->symbol == '-') NT_TRY(emit(c, node->spot, NT_OPERATION_NEG, operand, out));
    break;
  default:
    NT_FAIL_AT(c->s, NT_ERR_NETWORK, node->spot,
               "a function consists of numbers, its arguments, + - * / // %% **, comparisons, and "
               "exp log sin cos tan tanh sqrt erf abs maximum minimum where");
  }
done:
  return status;
}

/* The names before the body; returns the body. */
static nt_status parameters(nt_evaluation *s, int32_t lambda, nt_function *f, int32_t *body)
{
  nt_status status = NT_OK;
  const nt_ast_node *const nodes = s->ast.node;
  int32_t i = nodes[lambda].first;
  for (; nodes[i].next >= 0; i = nodes[i].next) {
    const nt_spot spot = nodes[i].spot;
    char *const name = f->name[f->arguments];
    NT_CHECK_AT(s, f->arguments < NT_FUNCTION_ARGUMENTS, spot,
                "a function takes at most %d arguments", NT_FUNCTION_ARGUMENTS);
    NT_CHECK_AT(s,
                spot.length < NT_FUNCTION_NAME &&
                    !memchr(s->script->text + spot.offset, '.', (size_t)spot.length),
                spot, "an argument's name has no points, and at most %d letters",
                NT_FUNCTION_NAME - 1);
    nt_spot_text(s->script, spot, name, NT_FUNCTION_NAME);
    for (int k = 0; k < f->arguments; k++)
      NT_CHECK_AT(s, strcmp(f->name[k], name) != 0, spot, "two arguments of the name '%s'", name);
    f->arguments++;
  }
  *body = i;
done:
  return status;
}

nt_status nt_compile(nt_evaluation *s, int32_t node, nt_function **out)
{
  nt_status status = NT_OK;
  void *memory = NULL;
  compiler c = {.s = s};
  int32_t body = node;
  *out = NULL;
  NT_TRY(nt_alloc(s->err, 1, sizeof(nt_function) + NT_FUNCTION_STEPS * sizeof(nt_function_step),
                  "a function", &memory));
  c.f = memory;
  memset(c.f, 0, sizeof *c.f);
  c.f->refs = 1;
  if (s->ast.node[node].kind == NT_AST_LAMBDA) {
    NT_TRY(parameters(s, node, c.f, &body));
  } else {
    strcpy(c.f->name[0], "x");
    c.f->arguments = 1;
  }
  NT_TRY(compile(&c, body, &c.f->result));
  *out = realloc(memory, sizeof(nt_function) + (size_t)c.f->steps * sizeof(nt_function_step));
  if (!*out) *out = memory;
  memory = NULL;
done:
  free(memory);
  return status;
}

nt_status nt_function_parse(nt_error *err, const char *text, nt_function **out)
{
  nt_status status = NT_OK;
  nt_script script = {.text = text, .length = strlen(text)};
  nt_evaluation s = {.err = err, .script = &script};
  nt_locale locale = {0};
  *out = NULL;
  NT_TRY(nt_locale_enter(err, &locale));
  NT_TRY(nt_script_name_create(err, "formula", &script.name));
  NT_CHECK_AT(&s, script.length <= NT_MAX_TEXT, ((nt_spot){.line = 1, .column = 1}),
              "a formula of more than %d bytes", NT_MAX_TEXT);
  NT_TRY(nt_ast_parse(err, &script, &s.ast));
  const int32_t first = s.ast.first;
  NT_CHECK_AT(&s,
              first >= 0 && s.ast.node[first].next < 0 && s.ast.node[first].kind != NT_AST_ASSIGN,
              ((nt_spot){.line = 1, .column = 1}),
              "must be one formula, as in 'x * tanh(x)' or 'lambda x: x * tanh(x)'");
  NT_TRY(nt_compile(&s, first, out));
done:
  nt_evaluation_free(&s);
  nt_locale_leave(&locale);
  nt_script_name_release(script.name);
  return status;
}
