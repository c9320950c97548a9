/* Nodes, tokens, and complaints about them. */
#include "base/check.h"
#include "base/memory.h"
#include "net/parser_impl.h"

#include <stdlib.h>
#include <string.h>

bool nt_spot_is(const nt_script *script, nt_spot spot, const char *word)
{
  const size_t n = strlen(word);
  return n == (size_t)spot.length && memcmp(script->text + spot.offset, word, n) == 0;
}

void nt_ast_free(nt_ast *ast)
{
  free(ast->node);
  *ast = (nt_ast){.first = -1};
}

nt_status nt_parser_next(nt_parser *p) { return nt_lexer_next(&p->lexer, &p->token); }

bool nt_parser_at(const nt_parser *p, int symbol)
{
  return p->token.kind == NT_TOKEN_SYMBOL && p->token.symbol == symbol;
}

bool nt_parser_at_word(const nt_parser *p, const char *word)
{
  return p->token.kind == NT_TOKEN_NAME && nt_spot_is(p->script, p->token.spot, word);
}

nt_status nt_parser_add(nt_parser *p, nt_ast_kind kind, nt_spot spot, int32_t *out)
{
  nt_status status = NT_OK;
  nt_ast *const ast = p->ast;
  NT_TRY(nt_grow(p->err, ast->n, sizeof *ast->node, "a network text", &ast->node));
  *out = ast->n++;
  ast->node[*out] =
      (nt_ast_node){.kind = kind, .spot = spot, .first = -1, .next = -1, .nesting = 1};
done:
  return status;
}

nt_status nt_parser_too_deep(nt_parser *p, nt_spot spot)
{
  return nt_script_fail(p->err, p->script, NT_ERR_NETWORK, spot,
                        "expressions nest deeper than %d levels here; give parts names, as in "
                        "'block = serial(...)'",
                        NT_MAX_NESTING);
}

/* Append a child; the nesting of the parent follows. */
nt_status nt_parser_append(nt_parser *p, int32_t parent, nt_children *children, int32_t child)
{
  nt_ast_node *const node = p->ast->node;
  if (children->last < 0)
    node[parent].first = child;
  else
    node[children->last].next = child;
  children->last = child;
  if (node[parent].nesting <= node[child].nesting) node[parent].nesting = node[child].nesting + 1;
  if (node[parent].nesting > NT_MAX_NESTING) return nt_parser_too_deep(p, node[parent].spot);
  return NT_OK;
}

/* "found ..." for errors. */
nt_status nt_parser_expected(nt_parser *p, const char *what)
{
  const nt_token *const token = &p->token;
  if (token->kind == NT_TOKEN_END)
    return nt_script_fail(p->err, p->script, NT_ERR_NETWORK, token->spot,
                          "the text ends where %s should stand", what);
  if (token->kind == NT_TOKEN_NEWLINE)
    return nt_script_fail(p->err, p->script, NT_ERR_NETWORK, token->spot,
                          "the statement ends where %s should stand", what);
  const int length = token->spot.length < 40 ? token->spot.length : 40;
  return nt_script_fail(p->err, p->script, NT_ERR_NETWORK, token->spot,
                        "found '%.*s' where %s should stand", length,
                        p->script->text + token->spot.offset, what);
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

nt_status nt_parser_refuse_python(nt_parser *p)
{
  nt_status status = NT_OK;
  for (size_t i = 0; i < sizeof python_words / sizeof *python_words; i++)
    if (nt_parser_at_word(p, python_words[i].word))
      NT_FAIL_AT(p, NT_ERR_NETWORK, p->token.spot, "'%s' is not part of the network language: %s",
                 python_words[i].word, python_words[i].advice);
done:
  return status;
}
