/* Operators and statements. */
#include "net/parser.h"

#include "base/check.h"
#include "net/parser_impl.h"

#include <string.h>

static nt_status unary(nt_parser *p, int32_t *out);

static nt_status make_binary(nt_parser *p, const nt_token *operator, int32_t left, int32_t right,
                             int32_t *out)
{
  nt_status status = NT_OK;
  nt_children children = NT_NO_CHILDREN;
  NT_TRY(nt_parser_add(p, NT_AST_BINARY, operator->spot, out));
  p->ast->node[*out].symbol = operator->symbol;
  NT_TRY(nt_parser_append(p, *out, &children, left));
  NT_TRY(nt_parser_append(p, *out, &children, right));
done:
  return status;
}

/* -x ** -y is -(x ** (-y)), as in Python. */
static nt_status power(nt_parser *p, int32_t *out)
{
  nt_status status = NT_OK;
  int32_t left, right;
  NT_TRY(nt_parse_atom(p, &left));
  *out = left;
  if (!nt_parser_at(p, NT_SYMBOL_POWER)) goto done;
  const nt_token operator= p->token;
  if (++p->nesting > NT_MAX_NESTING) return nt_parser_too_deep(p, operator.spot);
  NT_TRY(nt_parser_next(p));
  NT_TRY(unary(p, &right));
  p->nesting--;
  NT_TRY(make_binary(p, &operator, left, right, out));
done:
  return status;
}

static nt_status unary(nt_parser *p, int32_t *out)
{
  nt_status status = NT_OK;
  nt_children children = NT_NO_CHILDREN;
  int32_t operand;
  if (!nt_parser_at(p, '-') && !nt_parser_at(p, '+')) return power(p, out);
  const nt_token operator= p->token;
  if (++p->nesting > NT_MAX_NESTING) return nt_parser_too_deep(p, operator.spot);
  NT_TRY(nt_parser_next(p));
  NT_TRY(unary(p, &operand));
  NT_TRY(nt_parser_add(p, NT_AST_UNARY, operator.spot, out));
  p->ast->node[*out].symbol = operator.symbol;
  NT_TRY(nt_parser_append(p, *out, &children, operand));
  p->nesting--;
done:
  return status;
}

/* How tightly an operator binds; 0: not one. */
static int precedence(const nt_token *token)
{
  if (token->kind != NT_TOKEN_SYMBOL) return 0;
  switch (token->symbol) {
  case '<':
  case '>':
  case NT_SYMBOL_LESS_EQUAL:
  case NT_SYMBOL_GREATER_EQUAL:
  case NT_SYMBOL_EQUAL:
  case NT_SYMBOL_NOT_EQUAL:
    return 1;
  case '+':
  case '-':
    return 2;
  case '*':
  case '/':
  case '%':
  case NT_SYMBOL_FLOOR_DIVIDE:
    return 3;
  default:
    return 0;
  }
}

static nt_status binary(nt_parser *p, int lowest, int32_t *out)
{
  nt_status status = NT_OK;
  int32_t left, right;
  NT_TRY(unary(p, &left));
  for (int level; (level = precedence(&p->token)) >= lowest;) {
    const nt_token operator= p->token;
    NT_TRY(nt_parser_next(p));
    NT_TRY(binary(p, level + 1, &right));
    NT_TRY(make_binary(p, &operator, left, right, &left));
    NT_CHECK_AT(p, level > 1 || precedence(&p->token) != 1, p->token.spot,
                "comparisons in a row; write one at a time");
  }
  *out = left;
done:
  return status;
}

nt_status nt_parse_expression(nt_parser *p, int32_t *out)
{
  nt_status status = NT_OK;
  if (++p->nesting > NT_MAX_NESTING) return nt_parser_too_deep(p, p->token.spot);
  NT_TRY(nt_parser_at_word(p, "lambda") ? nt_parse_lambda(p, out) : binary(p, 1, out));
  p->nesting--;
done:
  return status;
}

/* An expression, or a tuple without brackets. */
static nt_status bare_tuple(nt_parser *p, int32_t *out)
{
  nt_status status = NT_OK;
  nt_children children = NT_NO_CHILDREN;
  int32_t item;
  const nt_spot spot = p->token.spot;
  NT_TRY(nt_parse_expression(p, out));
  if (!nt_parser_at(p, ',')) goto done;
  item = *out;
  NT_TRY(nt_parser_add(p, NT_AST_TUPLE, spot, out));
  NT_TRY(nt_parser_append(p, *out, &children, item));
  while (nt_parser_at(p, ',')) {
    NT_TRY(nt_parser_next(p));
    if (p->token.kind == NT_TOKEN_NEWLINE || p->token.kind == NT_TOKEN_END || nt_parser_at(p, '='))
      break;
    NT_TRY(nt_parse_expression(p, &item));
    NT_TRY(nt_parser_append(p, *out, &children, item));
  }
done:
  return status;
}

static nt_status statement(nt_parser *p, int32_t *out)
{
  nt_status status = NT_OK;
  nt_children children = NT_NO_CHILDREN;
  int32_t value;
  NT_TRY(bare_tuple(p, out));
  if (nt_parser_at(p, '=')) {
    const nt_ast_node target = p->ast->node[*out];
    NT_CHECK_AT(p,
                target.kind == NT_AST_NAME &&
                    !memchr(p->script->text + target.spot.offset, '.', (size_t)target.spot.length),
                p->token.spot,
                "only one plain name can stand before '=', as in 'block = serial(...)'");
    NT_TRY(nt_parser_next(p));
    NT_TRY(bare_tuple(p, &value));
    NT_TRY(nt_parser_add(p, NT_AST_ASSIGN, target.spot, out));
    NT_TRY(nt_parser_append(p, *out, &children, value));
  }
  NT_TRY(nt_parser_refuse_python(p));
  if (p->token.kind != NT_TOKEN_NEWLINE && p->token.kind != NT_TOKEN_END)
    return nt_parser_expected(p, "an operator or the end of the line");
done:
  return status;
}

nt_status nt_ast_parse(nt_error *err, const nt_script *script, nt_ast *ast)
{
  nt_status status = NT_OK;
  nt_parser p = {.err = err, .script = script, .ast = ast};
  int32_t last = -1, node;
  p.lexer = (nt_lexer){.err = err, .script = script, .line = 1, .column = 1};
  *ast = (nt_ast){.first = -1};
  NT_TRY(nt_parser_next(&p));
  while (p.token.kind != NT_TOKEN_END) {
    if (p.token.kind == NT_TOKEN_NEWLINE) {
      NT_TRY(nt_parser_next(&p));
      continue;
    }
    NT_TRY(statement(&p, &node));
    if (last < 0)
      ast->first = node;
    else
      ast->node[last].next = node;
    last = node;
  }
done:
  return status;
}
