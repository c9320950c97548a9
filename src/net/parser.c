#include "net/parser.h"

#include "base/check.h"
#include "net/lexer.h"

#include <stdlib.h>
#include <string.h>

typedef struct parser {
  nt_error *err;
  const nt_source *source;
  nt_lexer lexer;
  nt_token token; /* Not yet consumed. */
  nt_ast *ast;
  int nesting;
} parser;

/* A list of children in the making. */
typedef struct chain {
  int32_t first, last;
} chain;

static nt_status expression(parser *p, int32_t *out);
static nt_status unary(parser *p, int32_t *out);

bool nt_spot_is(const nt_source *source, nt_spot spot, const char *word)
{
  const size_t n = strlen(word);
  return n == (size_t)spot.length && memcmp(source->text + spot.offset, word, n) == 0;
}

void nt_ast_free(nt_ast *ast)
{
  free(ast->node);
  *ast = (nt_ast){.first = -1};
}

static nt_status next(parser *p) { return nt_lexer_next(&p->lexer, &p->token); }

static bool at(const parser *p, int symbol)
{
  return p->token.kind == NT_TOKEN_SYMBOL && p->token.symbol == symbol;
}

static bool at_word(const parser *p, const char *word)
{
  return p->token.kind == NT_TOKEN_NAME && nt_spot_is(p->source, p->token.spot, word);
}

static nt_status grow(parser *p)
{
  nt_status status = NT_OK;
  nt_ast *const ast = p->ast;
  if (ast->n < ast->capacity) return NT_OK;
  const int32_t capacity = ast->capacity ? 2 * ast->capacity : 64;
  nt_node *const node = realloc(ast->node, (size_t)capacity * sizeof *node);
  NT_CHECK(node, p->err, NT_ERR_NOMEM, "no memory for a network text");
  ast->node = node;
  ast->capacity = capacity;
done:
  return status;
}

static nt_status add(parser *p, nt_node_kind kind, nt_spot spot, int32_t *out)
{
  nt_status status = NT_OK;
  NT_TRY(grow(p));
  *out = p->ast->n++;
  p->ast->node[*out] = (nt_node){.kind = kind, .spot = spot, .first = -1, .next = -1, .nesting = 1};
done:
  return status;
}

static nt_status too_deep(parser *p, nt_spot spot)
{
  return nt_source_fail(p->err, p->source, NT_ERR_NETWORK, spot,
                        "expressions nest deeper than %d levels here; give parts names, as in "
                        "'block = serial(...)'",
                        NT_MAX_NESTING);
}

/* Append a child; the nesting of the parent follows. */
static nt_status append(parser *p, int32_t parent, chain *children, int32_t child)
{
  nt_node *const node = p->ast->node;
  if (children->last < 0)
    node[parent].first = child;
  else
    node[children->last].next = child;
  children->last = child;
  if (node[parent].nesting <= node[child].nesting) node[parent].nesting = node[child].nesting + 1;
  if (node[parent].nesting > NT_MAX_NESTING) return too_deep(p, node[parent].spot);
  return NT_OK;
}

static const chain empty = {-1, -1};

/* "found ..." for errors. */
static nt_status expected(parser *p, const char *what)
{
  const nt_token *const token = &p->token;
  if (token->kind == NT_TOKEN_END)
    return nt_source_fail(p->err, p->source, NT_ERR_NETWORK, token->spot,
                          "the text ends where %s should stand", what);
  if (token->kind == NT_TOKEN_NEWLINE)
    return nt_source_fail(p->err, p->source, NT_ERR_NETWORK, token->spot,
                          "the statement ends where %s should stand", what);
  const int length = token->spot.length < 40 ? token->spot.length : 40;
  return nt_source_fail(p->err, p->source, NT_ERR_NETWORK, token->spot,
                        "found '%.*s' where %s should stand", length,
                        p->source->text + token->spot.offset, what);
}

/* Words of Python that a network text has no use for, and what to write. */
static const struct {
  const char *word, *advice;
} python_words[] = {
    {"import", "the names of stax and numpy are known without it"},
    {"from", "the names of stax and numpy are known without it"},
    {"def", "give a layer a name: 'block = serial(...)'"},
    {"return", "the last line of the text is the network"},
    {"for", "write '[layer] * 3' and 'serial(*layers)'"},
    {"while", "write '[layer] * 3' and 'serial(*layers)'"},
    {"if", "there are no conditions; 'where(x > 0, x, 0)' in a lambda"},
    {"else", "there are no conditions; 'where(x > 0, x, 0)' in a lambda"},
    {"and", "there are no conditions"},
    {"or", "there are no conditions"},
    {"not", "there are no conditions"},
    {"in", "there are no conditions"},
    {"is", "there are no conditions"},
    {"class", "give a layer a name: 'block = serial(...)'"},
    {"print", "the last line of the text is the network"},
};

static nt_status refuse_python(parser *p)
{
  nt_status status = NT_OK;
  for (size_t i = 0; i < sizeof python_words / sizeof *python_words; i++)
    if (at_word(p, python_words[i].word))
      NT_FAIL_AT(p, NT_ERR_NETWORK, p->token.spot, "'%s' is not part of the network language: %s",
                 python_words[i].word, python_words[i].advice);
done:
  return status;
}

/* A bracket that should close; `open` is where it was opened. */
static nt_status close(parser *p, int symbol, nt_spot open)
{
  nt_status status = NT_OK;
  NT_TRY(refuse_python(p));
  if (p->token.kind == NT_TOKEN_END)
    NT_FAIL_AT(p, NT_ERR_NETWORK, open, "this bracket is never closed by '%c'", symbol);
  if (!at(p, symbol)) return expected(p, symbol == ')' ? "',' or ')'" : "',' or ']'");
  NT_TRY(next(p));
done:
  return status;
}

static nt_status star_or_expression(parser *p, int32_t *out)
{
  nt_status status = NT_OK;
  chain children = empty;
  int32_t value;
  const nt_spot spot = p->token.spot;
  if (at(p, NT_SYMBOL_POWER))
    NT_FAIL_AT(p, NT_ERR_NETWORK, spot,
               "'**' before an argument is not part of the network "
               "language; write the keywords out");
  if (!at(p, '*')) return expression(p, out);
  NT_TRY(next(p));
  NT_TRY(expression(p, &value));
  NT_TRY(add(p, NT_NODE_STAR, spot, out));
  NT_TRY(append(p, *out, &children, value));
done:
  return status;
}

static nt_status argument(parser *p, int32_t *out)
{
  nt_status status = NT_OK;
  chain children = empty;
  int32_t name;
  NT_TRY(star_or_expression(p, out));
  if (!at(p, '=')) goto done;
  name = *out;
  const nt_spot spot = p->ast->node[name].spot;
  NT_CHECK_AT(p, p->ast->node[name].kind == NT_NODE_NAME, p->token.spot,
              "'=' gives a value to a keyword, and there is no keyword before it");
  NT_TRY(next(p));
  NT_TRY(expression(p, &name));
  NT_TRY(add(p, NT_NODE_KEYWORD, spot, out));
  NT_TRY(append(p, *out, &children, name));
done:
  return status;
}

typedef nt_status (*item_fn)(parser *p, int32_t *out);

/* Items up to the closing bracket, behind the opening one; counts commas. */
static nt_status items(parser *p, int32_t parent, item_fn item, int end, nt_spot open, int *commas)
{
  nt_status status = NT_OK;
  chain children = empty;
  int32_t child;
  *commas = 0;
  while (!at(p, end)) {
    if (p->token.kind == NT_TOKEN_END) break;
    NT_TRY(item(p, &child));
    NT_TRY(append(p, parent, &children, child));
    if (!at(p, ',')) break;
    ++*commas;
    NT_TRY(next(p));
  }
  NT_TRY(close(p, end, open));
done:
  return status;
}

/* (a), (a, b), (), [a, b] */
static nt_status bracket(parser *p, int32_t *out)
{
  nt_status status = NT_OK;
  const nt_spot open = p->token.spot;
  const bool round = at(p, '(');
  int commas;
  NT_TRY(add(p, round ? NT_NODE_TUPLE : NT_NODE_LIST, open, out));
  NT_TRY(next(p));
  NT_TRY(items(p, *out, star_or_expression, round ? ')' : ']', open, &commas));
  const int32_t first = p->ast->node[*out].first;
  if (!round || commas > 0 || first < 0) goto done;
  NT_CHECK_AT(p, p->ast->node[first].kind != NT_NODE_STAR, p->ast->node[first].spot,
              "'*' spreads a list into a call, a list or a tuple; a tuple needs a comma");
  *out = first;
done:
  return status;
}

/* One of the parts of a:b:c. */
static nt_status bound(parser *p, int32_t *out)
{
  if (at(p, ':') || at(p, ',') || at(p, ']')) return add(p, NT_NODE_NONE, p->token.spot, out);
  return expression(p, out);
}

static nt_status range(parser *p, int32_t *out)
{
  nt_status status = NT_OK;
  chain children = empty;
  int32_t part;
  const nt_spot spot = p->token.spot;
  NT_TRY(bound(p, &part));
  *out = part;
  if (!at(p, ':')) {
    if (at(p, ',') && p->ast->node[part].kind == NT_NODE_NONE) return expected(p, "an index");
    goto done;
  }
  NT_TRY(add(p, NT_NODE_RANGE, spot, out));
  NT_TRY(append(p, *out, &children, part));
  for (int i = 1; i < 3; i++) {
    if (at(p, ':')) {
      NT_TRY(next(p));
      NT_TRY(bound(p, &part));
    } else
      NT_TRY(add(p, NT_NODE_NONE, p->token.spot, &part));
    NT_TRY(append(p, *out, &children, part));
  }
done:
  return status;
}

static nt_status name(parser *p, int32_t *out)
{
  nt_status status = NT_OK;
  int commas;
  const nt_spot spot = p->token.spot;
  NT_TRY(refuse_python(p));
  NT_TRY(next(p));
  if (at(p, '(')) {
    const nt_spot open = p->token.spot;
    NT_TRY(next(p));
    NT_TRY(add(p, NT_NODE_CALL, spot, out));
    NT_TRY(items(p, *out, argument, ')', open, &commas));
  } else if (at(p, '[')) {
    const nt_spot open = p->token.spot;
    NT_CHECK_AT(p,
                nt_spot_is(p->source, spot, "Slice") || nt_spot_is(p->source, spot, "stax.Slice") ||
                    nt_spot_is(p->source, spot, "nt.stax.Slice"),
                open, "only Slice has an index in square brackets, as in 'Index(Slice[:, 1:])'");
    NT_TRY(next(p));
    NT_TRY(add(p, NT_NODE_INDEX, spot, out));
    NT_TRY(items(p, *out, range, ']', open, &commas));
    p->ast->node[*out].value.integer = commas;
  } else
    NT_TRY(add(p, NT_NODE_NAME, spot, out));
done:
  return status;
}

static const struct {
  const char *word;
  nt_node_kind kind;
  int64_t value;
} constants[] = {{"None", NT_NODE_NONE, 0}, {"True", NT_NODE_BOOL, 1}, {"False", NT_NODE_BOOL, 0}};

static nt_status literal(parser *p, nt_node_kind kind, int64_t integer, double real, int32_t *out)
{
  nt_status status = NT_OK;
  NT_TRY(add(p, kind, p->token.spot, out));
  if (kind == NT_NODE_REAL)
    p->ast->node[*out].value.real = real;
  else
    p->ast->node[*out].value.integer = integer;
  NT_TRY(next(p));
done:
  return status;
}

static nt_status atom(parser *p, int32_t *out)
{
  const nt_token *const token = &p->token;
  if (token->kind == NT_TOKEN_INT) return literal(p, NT_NODE_INT, token->integer, 0, out);
  if (token->kind == NT_TOKEN_REAL) return literal(p, NT_NODE_REAL, 0, token->real, out);
  if (token->kind == NT_TOKEN_STRING) return literal(p, NT_NODE_STRING, 0, 0, out);
  if (at(p, NT_SYMBOL_ELLIPSIS)) return literal(p, NT_NODE_ELLIPSIS, 0, 0, out);
  if (at(p, '(') || at(p, '[')) return bracket(p, out);
  for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
    if (at_word(p, constants[i].word))
      return literal(p, constants[i].kind, constants[i].value, 0, out);
  if (token->kind == NT_TOKEN_NAME) return name(p, out);
  return expected(p, "a value");
}

static nt_status postfix(parser *p, int32_t *out)
{
  nt_status status = NT_OK;
  NT_TRY(atom(p, out));
  NT_CHECK_AT(p, !at(p, '('), p->token.spot,
              "only names can be called; perhaps a comma is missing before '('");
  NT_CHECK_AT(p, !at(p, '['), p->token.spot,
              "only Slice has an index in square brackets; perhaps a comma is missing before '['");
done:
  return status;
}

static nt_status make_binary(parser *p, const nt_token *operator, int32_t left, int32_t right,
                             int32_t *out)
{
  nt_status status = NT_OK;
  chain children = empty;
  NT_TRY(add(p, NT_NODE_BINARY, operator->spot, out));
  p->ast->node[*out].symbol = operator->symbol;
  NT_TRY(append(p, *out, &children, left));
  NT_TRY(append(p, *out, &children, right));
done:
  return status;
}

/* -x ** -y is -(x ** (-y)), as in Python. */
static nt_status power(parser *p, int32_t *out)
{
  nt_status status = NT_OK;
  int32_t left, right;
  NT_TRY(postfix(p, &left));
  *out = left;
  if (!at(p, NT_SYMBOL_POWER)) goto done;
  const nt_token operator= p->token;
  if (++p->nesting > NT_MAX_NESTING) return too_deep(p, operator.spot);
  NT_TRY(next(p));
  NT_TRY(unary(p, &right));
  p->nesting--;
  NT_TRY(make_binary(p, &operator, left, right, out));
done:
  return status;
}

static nt_status unary(parser *p, int32_t *out)
{
  nt_status status = NT_OK;
  chain children = empty;
  int32_t operand;
  if (!at(p, '-') && !at(p, '+')) return power(p, out);
  const nt_token operator= p->token;
  if (++p->nesting > NT_MAX_NESTING) return too_deep(p, operator.spot);
  NT_TRY(next(p));
  NT_TRY(unary(p, &operand));
  NT_TRY(add(p, NT_NODE_UNARY, operator.spot, out));
  p->ast->node[*out].symbol = operator.symbol;
  NT_TRY(append(p, *out, &children, operand));
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

static nt_status binary(parser *p, int lowest, int32_t *out)
{
  nt_status status = NT_OK;
  int32_t left, right;
  NT_TRY(unary(p, &left));
  for (int level; (level = precedence(&p->token)) >= lowest;) {
    const nt_token operator= p->token;
    NT_TRY(next(p));
    NT_TRY(binary(p, level + 1, &right));
    NT_TRY(make_binary(p, &operator, left, right, &left));
    NT_CHECK_AT(p, level > 1 || precedence(&p->token) != 1, p->token.spot,
                "comparisons in a row; write one at a time");
  }
  *out = left;
done:
  return status;
}

static nt_status lambda(parser *p, int32_t *out)
{
  nt_status status = NT_OK;
  chain children = empty;
  int32_t child;
  NT_TRY(add(p, NT_NODE_LAMBDA, p->token.spot, out));
  do {
    NT_TRY(next(p));
    if (p->token.kind != NT_TOKEN_NAME) return expected(p, "the name of an argument");
    NT_TRY(add(p, NT_NODE_NAME, p->token.spot, &child));
    NT_TRY(append(p, *out, &children, child));
    NT_TRY(next(p));
  } while (at(p, ','));
  if (!at(p, ':')) return expected(p, "':' and the formula of the lambda");
  NT_TRY(next(p));
  NT_TRY(expression(p, &child));
  NT_TRY(append(p, *out, &children, child));
done:
  return status;
}

static nt_status expression(parser *p, int32_t *out)
{
  nt_status status = NT_OK;
  if (++p->nesting > NT_MAX_NESTING) return too_deep(p, p->token.spot);
  NT_TRY(at_word(p, "lambda") ? lambda(p, out) : binary(p, 1, out));
  p->nesting--;
done:
  return status;
}

/* An expression, or a tuple without brackets. */
static nt_status bare_tuple(parser *p, int32_t *out)
{
  nt_status status = NT_OK;
  chain children = empty;
  int32_t item;
  const nt_spot spot = p->token.spot;
  NT_TRY(expression(p, out));
  if (!at(p, ',')) goto done;
  item = *out;
  NT_TRY(add(p, NT_NODE_TUPLE, spot, out));
  NT_TRY(append(p, *out, &children, item));
  while (at(p, ',')) {
    NT_TRY(next(p));
    if (p->token.kind == NT_TOKEN_NEWLINE || p->token.kind == NT_TOKEN_END || at(p, '=')) break;
    NT_TRY(expression(p, &item));
    NT_TRY(append(p, *out, &children, item));
  }
done:
  return status;
}

static nt_status statement(parser *p, int32_t *out)
{
  nt_status status = NT_OK;
  chain children = empty;
  int32_t value;
  NT_TRY(bare_tuple(p, out));
  if (at(p, '=')) {
    const nt_node target = p->ast->node[*out];
    NT_CHECK_AT(p,
                target.kind == NT_NODE_NAME &&
                    !memchr(p->source->text + target.spot.offset, '.', (size_t)target.spot.length),
                p->token.spot,
                "only one plain name can stand before '=', as in 'block = serial(...)'");
    NT_TRY(next(p));
    NT_TRY(bare_tuple(p, &value));
    NT_TRY(add(p, NT_NODE_ASSIGN, target.spot, out));
    NT_TRY(append(p, *out, &children, value));
  }
  NT_TRY(refuse_python(p));
  if (p->token.kind != NT_TOKEN_NEWLINE && p->token.kind != NT_TOKEN_END)
    return expected(p, "an operator or the end of the line");
done:
  return status;
}

nt_status nt_ast_parse(nt_error *err, const nt_source *source, nt_ast *ast)
{
  nt_status status = NT_OK;
  parser p = {.err = err, .source = source, .ast = ast};
  int32_t last = -1, node;
  p.lexer = (nt_lexer){.err = err, .source = source, .line = 1, .column = 1};
  *ast = (nt_ast){.first = -1};
  NT_TRY(next(&p));
  while (p.token.kind != NT_TOKEN_END) {
    if (p.token.kind == NT_TOKEN_NEWLINE) {
      NT_TRY(next(&p));
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
