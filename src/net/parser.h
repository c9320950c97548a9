/** From tokens to a tree of expressions. */
#ifndef NT_NET_PARSER_H
#define NT_NET_PARSER_H

#include "net/script.h"

/** Deepest nesting of expressions: bounds the recursion of all that walks the tree. */
enum { NT_MAX_NESTING = 500 };

typedef enum nt_ast_kind {
  NT_AST_NONE,
  NT_AST_BOOL,     /**< integer */
  NT_AST_INT,      /**< integer */
  NT_AST_REAL,     /**< real */
  NT_AST_STRING,   /**< spot, quotes included */
  NT_AST_ELLIPSIS, /**< ... */
  NT_AST_NAME,     /**< spot */
  NT_AST_UNARY,    /**< symbol, operand */
  NT_AST_BINARY,   /**< symbol, left, right */
  NT_AST_TUPLE,    /**< items */
  NT_AST_LIST,     /**< items */
  NT_AST_CALL,     /**< spot of the name; arguments */
  NT_AST_KEYWORD,  /**< spot of the name; value */
  NT_AST_STAR,     /**< *value, among items and arguments */
  NT_AST_INDEX,    /**< Slice[...]: items */
  NT_AST_RANGE,    /**< a:b:c: three children, NT_AST_NONE where absent */
  NT_AST_LAMBDA,   /**< parameters (NT_AST_NAME), then the body */
  NT_AST_ASSIGN    /**< spot of the name; value */
} nt_ast_kind;

/** Children are `first` and its `next` ones: indices into the tree, -1 for none. */
typedef struct nt_ast_node {
  nt_ast_kind kind;
  int symbol;
  int32_t first, next;
  int32_t nesting; /**< Levels from here down. */
  nt_spot spot;
  union {
    int64_t integer;
    double real;
  } value;
} nt_ast_node;

/** A parsed text: statements from `first` on. */
typedef struct nt_ast {
  nt_ast_node *node;
  int32_t n, first;
} nt_ast;

/** Parse statements; no meaning is given to names yet. Parallel: Local. Cost: linear in the text.
 * \param [out] ast  Freed by nt_ast_free, also after errors. */
nt_status nt_ast_parse(nt_error *err, const nt_script *script, nt_ast *ast) NT_WARN_UNUSED;
void nt_ast_free(nt_ast *ast);

/** Whether the text of `spot` is `word`. Parallel: Local. */
bool nt_spot_is(const nt_script *script, nt_spot spot, const char *word);

#endif
