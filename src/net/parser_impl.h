/** Between the files of the parser: ast.c (nodes, tokens, complaints), atom.c (what an operator
 * stands between), parser.c (operators, statements). */
#ifndef NT_NET_PARSER_IMPL_H
#define NT_NET_PARSER_IMPL_H

#include "net/lexer.h"
#include "net/parser.h"

typedef struct nt_parser {
  nt_error *err;
  const nt_script *script;
  nt_lexer lexer;
  nt_token token; /**< Not yet consumed. */
  nt_ast *ast;
  int nesting;
} nt_parser;

/** A list of children in the making; begin with NT_NO_CHILDREN. */
typedef struct nt_children {
  int32_t first, last;
} nt_children;
#define NT_NO_CHILDREN                                                                             \
  {                                                                                                \
    -1, -1                                                                                         \
  }

/** Read the next token. Parallel: Local (all here). */
nt_status nt_parser_next(nt_parser *p) NT_WARN_UNUSED;
/** Whether the token is this symbol, this word. */
bool nt_parser_at(const nt_parser *p, int symbol);
bool nt_parser_at_word(const nt_parser *p, const char *word);
/** A new node without children. */
nt_status nt_parser_add(nt_parser *p, nt_ast_kind kind, nt_spot spot, int32_t *out) NT_WARN_UNUSED;
/** Append a child; the nesting of the parent follows, and is limited. */
nt_status nt_parser_append(nt_parser *p, int32_t parent, nt_children *children,
                           int32_t child) NT_WARN_UNUSED;
/** The errors "too deep" and "found ... where WHAT should stand". */
nt_status nt_parser_too_deep(nt_parser *p, nt_spot spot);
nt_status nt_parser_expected(nt_parser *p, const char *what);
/** An error when the token is a word of Python that a network has no use for. */
nt_status nt_parser_refuse_python(nt_parser *p) NT_WARN_UNUSED;

/** An expression; what operators stand between; a lambda. */
nt_status nt_parse_expression(nt_parser *p, int32_t *out) NT_WARN_UNUSED;
nt_status nt_parse_atom(nt_parser *p, int32_t *out) NT_WARN_UNUSED;
nt_status nt_parse_lambda(nt_parser *p, int32_t *out) NT_WARN_UNUSED;

#endif
