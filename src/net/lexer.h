/** From bytes to tokens. */
#ifndef NT_NET_LEXER_H
#define NT_NET_LEXER_H

#include "net/script.h"

typedef enum nt_token_kind {
  NT_TOKEN_END,
  NT_TOKEN_NEWLINE, /**< Or a semicolon. */
  NT_TOKEN_NAME,    /**< Dots included: "stax.Dense". */
  NT_TOKEN_INT,
  NT_TOKEN_REAL,
  NT_TOKEN_STRING, /**< The spot includes the quotes. */
  NT_TOKEN_SYMBOL
} nt_token_kind;

/** Symbols of one character are that character. */
enum {
  NT_SYMBOL_POWER = 256,  /**< ** */
  NT_SYMBOL_FLOOR_DIVIDE, /**< // */
  NT_SYMBOL_LESS_EQUAL,
  NT_SYMBOL_GREATER_EQUAL,
  NT_SYMBOL_EQUAL,
  NT_SYMBOL_NOT_EQUAL,
  NT_SYMBOL_ELLIPSIS
};

typedef struct nt_token {
  nt_token_kind kind;
  int symbol;
  int64_t integer;
  double real;
  nt_spot spot;
} nt_token;

/** State between two tokens; begin with `{.err, .script, .line = 1, .column = 1}`. */
typedef struct nt_lexer {
  nt_error *err;
  const nt_script *script;
  size_t at;
  int32_t line, column;
  int brackets; /**< Open ones: line breaks inside do not count. */
} nt_lexer;

/** The next token. Parallel: Local. \return NT_ERR_NETWORK where the text has none. */
nt_status nt_lexer_next(nt_lexer *lexer, nt_token *token) NT_WARN_UNUSED;

#endif
