/* Numbers, strings, names, calls, brackets, lambdas: what operators stand between. */
#include "base/check.h"
#include "net/parser_impl.h"

/* A bracket that should close; `open` is where it was opened. */
static nt_status close(nt_parser *p, int symbol, nt_spot open)
{
  nt_status status = NT_OK;
  NT_TRY(nt_parser_refuse_python(p));
  if (p->token.kind == NT_TOKEN_END)
    NT_FAIL_AT(p, NT_ERR_NETWORK, open, "this bracket is never closed by '%c'", symbol);
  if (!nt_parser_at(p, symbol))
    return nt_parser_expected(p, symbol == ')' ? "',' or ')'" : "',' or ']'");
  NT_TRY(nt_parser_next(p));
done:
  return status;
}

static nt_status star_or_expression(nt_parser *p, int32_t *out)
{
  nt_status status = NT_OK;
  nt_children children = NT_NO_CHILDREN;
  int32_t value;
  const nt_spot spot = p->token.spot;
  if (nt_parser_at(p, NT_SYMBOL_POWER))
    NT_FAIL_AT(p, NT_ERR_NETWORK, spot,
               "'**' before an argument is not part of the network "
               "language; write the keywords out");
  if (!nt_parser_at(p, '*')) return nt_parse_expression(p, out);
  NT_TRY(nt_parser_next(p));
  NT_TRY(nt_parse_expression(p, &value));
  NT_TRY(nt_parser_add(p, NT_AST_STAR, spot, out));
  NT_TRY(nt_parser_append(p, *out, &children, value));
done:
  return status;
}

static nt_status argument(nt_parser *p, int32_t *out)
{
  nt_status status = NT_OK;
  nt_children children = NT_NO_CHILDREN;
  int32_t name;
  NT_TRY(star_or_expression(p, out));
  if (!nt_parser_at(p, '=')) goto done;
  name = *out;
  const nt_spot spot = p->ast->node[name].spot;
  NT_CHECK_AT(p, p->ast->node[name].kind == NT_AST_NAME, p->token.spot,
              "'=' gives a value to a keyword, and there is no keyword before it");
  NT_TRY(nt_parser_next(p));
  NT_TRY(nt_parse_expression(p, &name));
  NT_TRY(nt_parser_add(p, NT_AST_KEYWORD, spot, out));
  NT_TRY(nt_parser_append(p, *out, &children, name));
done:
  return status;
}

typedef nt_status (*item_fn)(nt_parser *p, int32_t *out);

/* Items up to the closing bracket, behind the opening one; counts commas. */
static nt_status items(nt_parser *p, int32_t parent, item_fn item, int end, nt_spot open,
                       int *commas)
{
  nt_status status = NT_OK;
  nt_children children = NT_NO_CHILDREN;
  int32_t child;
  *commas = 0;
  while (!nt_parser_at(p, end)) {
    if (p->token.kind == NT_TOKEN_END) break;
    NT_TRY(item(p, &child));
    NT_TRY(nt_parser_append(p, parent, &children, child));
    if (!nt_parser_at(p, ',')) break;
    ++*commas;
    NT_TRY(nt_parser_next(p));
  }
  NT_TRY(close(p, end, open));
done:
  return status;
}

/* (a), (a, b), (), [a, b] */
static nt_status bracket(nt_parser *p, int32_t *out)
{
  nt_status status = NT_OK;
  const nt_spot open = p->token.spot;
  const bool round = nt_parser_at(p, '(');
  int commas;
  NT_TRY(nt_parser_add(p, round ? NT_AST_TUPLE : NT_AST_LIST, open, out));
  NT_TRY(nt_parser_next(p));
  NT_TRY(items(p, *out, star_or_expression, round ? ')' : ']', open, &commas));
  const int32_t first = p->ast->node[*out].first;
  if (!round || commas > 0 || first < 0) goto done;
  NT_CHECK_AT(p, p->ast->node[first].kind != NT_AST_STAR, p->ast->node[first].spot,
              "'*' spreads a list into a call, a list or a tuple; a tuple needs a comma");
  *out = first;
done:
  return status;
}

/* One of the parts of a:b:c. */
static nt_status bound(nt_parser *p, int32_t *out)
{
  if (nt_parser_at(p, ':') || nt_parser_at(p, ',') || nt_parser_at(p, ']'))
    return nt_parser_add(p, NT_AST_NONE, p->token.spot, out);
  return nt_parse_expression(p, out);
}

static nt_status range(nt_parser *p, int32_t *out)
{
  nt_status status = NT_OK;
  nt_children children = NT_NO_CHILDREN;
  int32_t part;
  const nt_spot spot = p->token.spot;
  NT_TRY(bound(p, &part));
  *out = part;
  if (!nt_parser_at(p, ':')) {
    if (nt_parser_at(p, ',') && p->ast->node[part].kind == NT_AST_NONE)
      return nt_parser_expected(p, "an index");
    goto done;
  }
  NT_TRY(nt_parser_add(p, NT_AST_RANGE, spot, out));
  NT_TRY(nt_parser_append(p, *out, &children, part));
  for (int i = 1; i < 3; i++) {
    if (nt_parser_at(p, ':')) {
      NT_TRY(nt_parser_next(p));
      NT_TRY(bound(p, &part));
    } else
      NT_TRY(nt_parser_add(p, NT_AST_NONE, p->token.spot, &part));
    NT_TRY(nt_parser_append(p, *out, &children, part));
  }
done:
  return status;
}

static nt_status name(nt_parser *p, int32_t *out)
{
  nt_status status = NT_OK;
  int commas;
  const nt_spot spot = p->token.spot;
  NT_TRY(nt_parser_refuse_python(p));
  NT_TRY(nt_parser_next(p));
  if (nt_parser_at(p, '(')) {
    const nt_spot open = p->token.spot;
    NT_TRY(nt_parser_next(p));
    NT_TRY(nt_parser_add(p, NT_AST_CALL, spot, out));
    NT_TRY(items(p, *out, argument, ')', open, &commas));
  } else if (nt_parser_at(p, '[')) {
    const nt_spot open = p->token.spot;
    NT_CHECK_AT(p,
                nt_spot_is(p->script, spot, "Slice") || nt_spot_is(p->script, spot, "stax.Slice") ||
                    nt_spot_is(p->script, spot, "nt.stax.Slice"),
                open, "only Slice has an index in square brackets, as in 'Index(Slice[:, 1:])'");
    NT_TRY(nt_parser_next(p));
    NT_TRY(nt_parser_add(p, NT_AST_INDEX, spot, out));
    NT_TRY(items(p, *out, range, ']', open, &commas));
    p->ast->node[*out].value.integer = commas;
  } else
    NT_TRY(nt_parser_add(p, NT_AST_NAME, spot, out));
done:
  return status;
}

static const struct {
  const char *word;
  nt_ast_kind kind;
  int64_t value;
} constants[] = {{"None", NT_AST_NONE, 0}, {"True", NT_AST_BOOL, 1}, {"False", NT_AST_BOOL, 0}};

static nt_status literal(nt_parser *p, nt_ast_kind kind, int64_t integer, double real, int32_t *out)
{
  nt_status status = NT_OK;
  NT_TRY(nt_parser_add(p, kind, p->token.spot, out));
  if (kind == NT_AST_REAL)
    p->ast->node[*out].value.real = real;
  else
    p->ast->node[*out].value.integer = integer;
  NT_TRY(nt_parser_next(p));
done:
  return status;
}

static nt_status atom(nt_parser *p, int32_t *out)
{
  const nt_token *const token = &p->token;
  if (token->kind == NT_TOKEN_INT) return literal(p, NT_AST_INT, token->integer, 0, out);
  if (token->kind == NT_TOKEN_REAL) return literal(p, NT_AST_REAL, 0, token->real, out);
  if (token->kind == NT_TOKEN_STRING) return literal(p, NT_AST_STRING, 0, 0, out);
  if (nt_parser_at(p, NT_SYMBOL_ELLIPSIS)) return literal(p, NT_AST_ELLIPSIS, 0, 0, out);
  if (nt_parser_at(p, '(') || nt_parser_at(p, '[')) return bracket(p, out);
  for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
    if (nt_parser_at_word(p, constants[i].word))
      return literal(p, constants[i].kind, constants[i].value, 0, out);
  if (token->kind == NT_TOKEN_NAME) return name(p, out);
  return nt_parser_expected(p, "a value");
}

nt_status nt_parse_atom(nt_parser *p, int32_t *out)
{
  nt_status status = NT_OK;
  NT_TRY(atom(p, out));
  NT_CHECK_AT(p, !nt_parser_at(p, '('), p->token.spot,
              "only names can be called; perhaps a comma is missing before '('");
  NT_CHECK_AT(p, !nt_parser_at(p, '['), p->token.spot,
              "only Slice has an index in square brackets; perhaps a comma is missing before '['");
done:
  return status;
}

nt_status nt_parse_lambda(nt_parser *p, int32_t *out)
{
  nt_status status = NT_OK;
  nt_children children = NT_NO_CHILDREN;
  int32_t child;
  NT_TRY(nt_parser_add(p, NT_AST_LAMBDA, p->token.spot, out));
  do {
    NT_TRY(nt_parser_next(p));
    if (p->token.kind != NT_TOKEN_NAME) return nt_parser_expected(p, "the name of an argument");
    NT_TRY(nt_parser_add(p, NT_AST_NAME, p->token.spot, &child));
    NT_TRY(nt_parser_append(p, *out, &children, child));
    NT_TRY(nt_parser_next(p));
  } while (nt_parser_at(p, ','));
  if (!nt_parser_at(p, ':')) return nt_parser_expected(p, "':' and the formula of the lambda");
  NT_TRY(nt_parser_next(p));
  NT_TRY(nt_parse_expression(p, &child));
  NT_TRY(nt_parser_append(p, *out, &children, child));
done:
  return status;
}
