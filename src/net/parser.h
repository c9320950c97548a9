/** From tokens to a tree of expressions. */
#ifndef NT_NET_PARSER_H
#define NT_NET_PARSER_H

#include "net/source.h"

/** Deepest nesting of expressions: bounds the recursion of all that walks the tree. */
enum { NT_MAX_NESTING = 500 };

typedef enum nt_node_kind {
  NT_NODE_NONE,
  NT_NODE_BOOL,     /**< integer */
  NT_NODE_INT,      /**< integer */
  NT_NODE_REAL,     /**< real */
  NT_NODE_STRING,   /**< spot, quotes included */
  NT_NODE_ELLIPSIS, /**< ... */
  NT_NODE_NAME,     /**< spot */
  NT_NODE_UNARY,    /**< symbol, operand */
  NT_NODE_BINARY,   /**< symbol, left, right */
  NT_NODE_TUPLE,    /**< items */
  NT_NODE_LIST,     /**< items */
  NT_NODE_CALL,     /**< spot of the name; arguments */
  NT_NODE_KEYWORD,  /**< spot of the name; value */
  NT_NODE_STAR,     /**< *value, among items and arguments */
  NT_NODE_INDEX,    /**< Slice[...]: items */
  NT_NODE_RANGE,    /**< a:b:c: three children, NT_NODE_NONE where absent */
  NT_NODE_LAMBDA,   /**< parameters (NT_NODE_NAME), then the body */
  NT_NODE_ASSIGN    /**< spot of the name; value */
} nt_node_kind;

/** Children are `first` and its `next` ones: indices into the tree, -1 for none. */
typedef struct nt_node {
  nt_node_kind kind;
  int symbol;
  int32_t first, next;
  int32_t nesting; /**< Levels from here down. */
  nt_spot spot;
  union {
    int64_t integer;
    double real;
  } value;
} nt_node;

/** A parsed text: statements from `first` on. */
typedef struct nt_ast {
  nt_node *node;
  int32_t n, capacity;
  int32_t first;
} nt_ast;

/** Parse statements; no meaning is given to names yet. Parallel: Local. Cost: linear in the text.
 * \param [out] ast  Freed by nt_ast_free, also after errors. */
nt_status nt_ast_parse(nt_error *err, const nt_source *source, nt_ast *ast) NT_WARN_UNUSED;
void nt_ast_free(nt_ast *ast);

/** Whether the text of `spot` is `word`. Parallel: Local. */
bool nt_spot_is(const nt_source *source, nt_spot spot, const char *word);

#endif
