#include "net/lexer.h"

#include "base/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_NUMBER = 400 };

static bool is_digit(int c) { return c >= '0' && c <= '9'; }
static bool is_letter(int c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* The byte `ahead` of the next one; -1 behind the end. */
static int peek(const nt_lexer *lexer, size_t ahead)
{
  const size_t i = lexer->at + ahead;
  return i < lexer->script->length ? (unsigned char)lexer->script->text[i] : -1;
}

static void advance(nt_lexer *lexer, size_t bytes)
{
  for (; bytes > 0; bytes--) {
    const int c = peek(lexer, 0);
    lexer->at++;
    if (c == '\n' || (c == '\r' && peek(lexer, 0) != '\n')) {
      lexer->line++;
      lexer->column = 1;
    } else if ((c & 0xc0) != 0x80)
      lexer->column++;
  }
}

static nt_spot here(const nt_lexer *lexer, size_t length)
{
  return (nt_spot){(int32_t)lexer->at, (int32_t)length, lexer->line, lexer->column};
}

/* Bytes of the line break `ahead` of the next byte, or 0. */
static size_t line_break(const nt_lexer *lexer, size_t ahead)
{
  if (peek(lexer, ahead) == '\r') return peek(lexer, ahead + 1) == '\n' ? 2 : 1;
  return peek(lexer, ahead) == '\n';
}

static void skip_blanks(nt_lexer *lexer)
{
  for (;;) {
    const int c = peek(lexer, 0);
    if (c == ' ' || c == '\t' || c == '\f')
      advance(lexer, 1);
    else if (c == '#')
      while (peek(lexer, 0) >= 0 && !line_break(lexer, 0))
        advance(lexer, 1);
    else if (lexer->brackets > 0 && line_break(lexer, 0))
      advance(lexer, line_break(lexer, 0));
    else if (c == '\\' && line_break(lexer, 1))
      advance(lexer, 1 + line_break(lexer, 1));
    else if (lexer->at < nt_script_begin(lexer->script))
      lexer->at = nt_script_begin(lexer->script);
    else
      return;
  }
}

static size_t digits(const nt_lexer *lexer, size_t from)
{
  size_t n = 0;
  while (is_digit(peek(lexer, from + n)) ||
         (n > 0 && peek(lexer, from + n) == '_' && is_digit(peek(lexer, from + n + 1))))
    n++;
  return n;
}

/* Length of the number at the lexer, and whether it is an integer. */
static size_t scan_number(const nt_lexer *lexer, bool *integer)
{
  size_t n = digits(lexer, 0);
  *integer = true;
  if (peek(lexer, n) == '.') {
    *integer = false;
    n += 1 + digits(lexer, n + 1);
  }
  if (peek(lexer, n) == 'e' || peek(lexer, n) == 'E') {
    const size_t sign = peek(lexer, n + 1) == '+' || peek(lexer, n + 1) == '-';
    const size_t power = digits(lexer, n + 1 + sign);
    if (power > 0) {
      *integer = false;
      n += 1 + sign + power;
    }
  }
  return n;
}

static nt_status number(nt_lexer *lexer, nt_token *token)
{
  nt_status status = NT_OK;
  char text[MAX_NUMBER + 1];
  bool integer;
  const size_t length = scan_number(lexer, &integer);
  size_t n = 0;
  token->spot = here(lexer, length);
  NT_CHECK_AT(lexer, length <= MAX_NUMBER, token->spot, "a number of %zu digits: at most %d",
              length, MAX_NUMBER);
  const int next = peek(lexer, length);
  NT_CHECK_AT(lexer, !is_letter(next) && !is_digit(next) && next != '.', token->spot,
              "a number ends in '%c'; put an operator or a blank between a number and a name",
              next);
  for (size_t i = 0; i < length; i++)
    if (peek(lexer, i) != '_') text[n++] = (char)peek(lexer, i);
  text[n] = '\0';
  errno = 0;
  token->kind = integer ? NT_TOKEN_INT : NT_TOKEN_REAL;
  if (integer)
    token->integer = strtoll(text, NULL, 10);
  else
    token->real = strtod(text, NULL);
  NT_CHECK_AT(lexer, !integer || errno != ERANGE, token->spot,
              "the integer is larger than 9223372036854775807; write it as a float, with a point");
  NT_CHECK_AT(lexer, !integer || n == 1 || text[0] != '0' || strspn(text, "0") == n, token->spot,
              "an integer does not begin with 0 (write 0.5, not 05)");
  advance(lexer, length);
done:
  return status;
}

static nt_status string(nt_lexer *lexer, nt_token *token)
{
  nt_status status = NT_OK;
  const int quote = peek(lexer, 0);
  size_t n = 1;
  while (peek(lexer, n) >= 0 && peek(lexer, n) != quote && !line_break(lexer, n))
    n += peek(lexer, n) == '\\' && peek(lexer, n + 1) >= 0 ? 2 : 1;
  token->kind = NT_TOKEN_STRING;
  token->spot = here(lexer, n + 1);
  NT_CHECK_AT(lexer, peek(lexer, n) == quote, here(lexer, 1),
              "this string has no closing %c on its line", quote);
  NT_CHECK_AT(lexer, n > 1 || peek(lexer, 2) != quote, token->spot,
              "strings of three quotes are not part of the network language; use one quote");
  NT_CHECK_AT(lexer, !memchr(lexer->script->text + lexer->at, 0, n), token->spot,
              "a zero byte in a string");
  advance(lexer, n + 1);
done:
  return status;
}

static void name(nt_lexer *lexer, nt_token *token)
{
  size_t n = 0;
  while (is_letter(peek(lexer, n)) || is_digit(peek(lexer, n)) ||
         (peek(lexer, n) == '.' && is_letter(peek(lexer, n + 1))))
    n++;
  token->kind = NT_TOKEN_NAME;
  token->spot = here(lexer, n);
  advance(lexer, n);
}

static const struct {
  const char *text;
  int symbol;
} symbols[] = {{"...", NT_SYMBOL_ELLIPSIS},     {"**", NT_SYMBOL_POWER},
               {"//", NT_SYMBOL_FLOOR_DIVIDE},  {"<=", NT_SYMBOL_LESS_EQUAL},
               {">=", NT_SYMBOL_GREATER_EQUAL}, {"==", NT_SYMBOL_EQUAL},
               {"!=", NT_SYMBOL_NOT_EQUAL}};

static int symbol_at(const nt_lexer *lexer, size_t *length)
{
  const char *const text = lexer->script->text + lexer->at;
  for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
    *length = strlen(symbols[i].text);
    if (*length <= lexer->script->length - lexer->at && !memcmp(text, symbols[i].text, *length))
      return symbols[i].symbol;
  }
  *length = 1;
  return *text && strchr("()[],=:+-*/%<>", *text) ? *text : 0;
}

/* What to say about a character that begins no token. */
static nt_status strange(nt_lexer *lexer)
{
  const char *const text = lexer->script->text + lexer->at;
  const int length = nt_utf8_length(text, lexer->script->length - lexer->at);
  const nt_spot spot = here(lexer, 1);
  if (length <= 0 || (unsigned char)*text < ' ' || *text == 127)
    return nt_script_fail(lexer->err, lexer->script, NT_ERR_NETWORK, spot,
                          "byte 0x%02x is not text; a network is a text in UTF-8",
                          (unsigned)(unsigned char)*text);
  static const char *const quotes[] = {"\u2018", "\u2019", "\u201c", "\u201d", "\u00b4", "`"};
  for (size_t i = 0; i < sizeof quotes / sizeof *quotes; i++)
    if (strncmp(text, quotes[i], (size_t)length) == 0)
      return nt_script_fail(lexer->err, lexer->script, NT_ERR_NETWORK, spot,
                            "the quote %.*s is not one of ' and \"", length, text);
  return nt_script_fail(lexer->err, lexer->script, NT_ERR_NETWORK, spot,
                        "unexpected character '%.*s'", length, text);
}

static nt_status symbol(nt_lexer *lexer, nt_token *token)
{
  nt_status status = NT_OK;
  size_t length;
  token->kind = NT_TOKEN_SYMBOL;
  token->symbol = symbol_at(lexer, &length);
  token->spot = here(lexer, length);
  if (token->symbol == 0) return strange(lexer);
  if (token->symbol == '(' || token->symbol == '[') lexer->brackets++;
  if ((token->symbol == ')' || token->symbol == ']') && --lexer->brackets < 0)
    NT_FAIL_AT(lexer, NT_ERR_NETWORK, token->spot, "'%c' closes no bracket", token->symbol);
  advance(lexer, length);
done:
  return status;
}

nt_status nt_lexer_next(nt_lexer *lexer, nt_token *token)
{
  skip_blanks(lexer);
  const int c = peek(lexer, 0);
  *token = (nt_token){.spot = here(lexer, 1)};
  if (c < 0) {
    token->kind = NT_TOKEN_END;
  } else if (c == ';' || line_break(lexer, 0)) {
    token->kind = NT_TOKEN_NEWLINE;
    advance(lexer, c == ';' ? 1 : line_break(lexer, 0));
  } else if (is_letter(c)) {
    name(lexer, token);
  } else if (is_digit(c) || (c == '.' && is_digit(peek(lexer, 1)))) {
    return number(lexer, token);
  } else if (c == '\'' || c == '"') {
    return string(lexer, token);
  } else {
    return symbol(lexer, token);
  }
  return NT_OK;
}
