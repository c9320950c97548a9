#include "net/script.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of a long line, this many characters are shown before and after the caret. */
enum { BEFORE = 60, AFTER = 40, SNIPPET = 4 * (BEFORE + AFTER) + 8 };

int nt_utf8_length(const char *text, size_t left)
{
  const unsigned char c = (unsigned char)*text;
  const int n = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : 4;
  if ((c >= 0x80 && c < 0xc2) || c > 0xf4 || (size_t)n > left) return 0;
  for (int i = 1; i < n; i++)
    if (((unsigned char)text[i] & 0xc0) != 0x80) return 0;
  return n;
}

nt_status nt_script_name_create(nt_error *err, const char *text, nt_script_name **out)
{
  nt_status status = NT_OK;
  nt_script_name *name = NULL;
  *out = NULL;
  NT_TRY(nt_calloc(err, 1, sizeof(nt_script_name), "a name", &name));
  NT_TRY(nt_strdup(err, text, &name->text));
  name->refs = 1;
  *out = name;
  name = NULL;
done:
  free(name);
  return status;
}

nt_script_name *nt_script_name_retain(nt_script_name *name)
{
  if (name) name->refs++;
  return name;
}

void nt_script_name_release(nt_script_name *name)
{
  if (!name || --name->refs > 0) return;
  free(name->text);
  free(name);
}

static bool ends_line(const nt_script *script, size_t i)
{
  return i >= script->length || script->text[i] == '\n' || script->text[i] == '\r';
}

size_t nt_script_begin(const nt_script *script)
{
  return script->length >= 3 && memcmp(script->text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

/* First byte shown of the line that holds `offset`. */
static size_t snippet_begin(const nt_script *script, size_t offset)
{
  size_t begin = offset, limit = offset > 4 * BEFORE ? offset - 4 * BEFORE : 0;
  int characters = 0;
  while (begin > limit && !ends_line(script, begin - 1) && characters < BEFORE)
    if (((unsigned char)script->text[--begin] & 0xc0) != 0x80) characters++;
  return begin == 0 ? nt_script_begin(script) : begin;
}

static char printable(char c) { return c == '\t' ? ' ' : c < ' ' || c == 127 ? '?' : c; }

/* The line around `offset`, clipped and made printable; returns the characters before it. */
static int snippet(const nt_script *script, size_t offset, char *out)
{
  size_t i = snippet_begin(script, offset), n = 0;
  int before = 0;
  if (i > nt_script_begin(script) && !ends_line(script, i - 1))
    n = (size_t)(before = sprintf(out, "..."));
  while (!ends_line(script, i) && i < offset + AFTER) {
    const int length = nt_utf8_length(script->text + i, script->length - i);
    if (i < offset) before++;
    if (length > 1)
      memcpy(out + n, script->text + i, (size_t)length);
    else
      out[n] = length == 1 ? printable(script->text[i]) : '?';
    n += length > 1 ? (size_t)length : 1;
    i += length > 1 ? (size_t)length : 1;
  }
  out[n] = '\0';
  return before;
}

nt_status nt_script_fail(nt_error *err, const nt_script *script, nt_status status, nt_spot spot,
                         const char *format, ...)
{
  char message[1000], line[SNIPPET];
  va_list args;
  va_start(args, format);
  (void)vsnprintf(message, sizeof message, format, args);
  va_end(args);
  const int before = snippet(script, (size_t)spot.offset, line);
  return nt_fail(err, status, __FILE__, __LINE__, __func__, "%.300s:%d:%d: %s\n  %s\n  %*s^",
                 script->name->text, (int)spot.line, (int)spot.column, message, line, before, "");
}
