/** A text, and errors that point into it. */
#ifndef NT_NET_SCRIPT_H
#define NT_NET_SCRIPT_H

#include "net/net_impl.h"

/** Longest text, in bytes. */
enum { NT_MAX_TEXT = 4 << 20 };

/** A text; it may hold any bytes. */
typedef struct nt_script {
  const char *text; /**< Borrowed. */
  size_t length;
  nt_script_name *name;
} nt_script;

/** A place in a text. Line and column (in characters) count from 1. */
typedef struct nt_spot {
  int32_t offset, length; /**< Bytes. */
  int32_t line, column;
} nt_spot;

/** Length of the UTF-8 character at `text`, or 0 where there is none. Parallel: Local. */
int nt_utf8_length(const char *text, size_t left);

/** Bytes of the byte order mark that the text begins with, 3 or 0. Parallel: Local. */
size_t nt_script_begin(const nt_script *script);

/** A new name with one owner. Parallel: Local. */
nt_status nt_script_name_create(nt_error *err, const char *text,
                                nt_script_name **out) NT_WARN_UNUSED;

/** Record "name:line:column: message", the line, and a caret under the place. Parallel: Local. */
nt_status nt_script_fail(nt_error *err, const nt_script *script, nt_status status, nt_spot spot,
                         const char *format, ...) NT_PRINTF(5, 6);

/** Record an error at a place of the text, and leave. */
#define NT_FAIL_AT(s, code, spot, ...)                                                             \
  do {                                                                                             \
    status = (code);                                                                               \
    (void)nt_script_fail((s)->err, (s)->script, status, (spot), __VA_ARGS__);                      \
    goto done;                                                                                     \
  } while (0)

#define NT_CHECK_AT(s, cond, spot, ...)                                                            \
  do {                                                                                             \
    if (!(cond)) NT_FAIL_AT(s, NT_ERR_NETWORK, spot, __VA_ARGS__);                                 \
  } while (0)

#endif
