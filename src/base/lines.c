#include "base/lines.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

nt_status nt_lines_add(nt_error *err, nt_lines *lines, const char *name, const char *value)
{
  nt_status status = NT_OK;
  char *line;
  const size_t size = strlen(name) + strlen(value) + 3;
  NT_TRY(nt_grow(err, lines->n, sizeof *lines->line, "lines", &lines->line));
  NT_TRY(nt_alloc(err, (int64_t)size, 1, "a line", &line));
  (void)snprintf(line, size, "%s=%s\n", name, value);
  lines->line[lines->n++] = line;
done:
  return status;
}

static int by_text(const void *a, const void *b)
{
  return strcmp(*(char *const *)a, *(char *const *)b);
}

nt_status nt_lines_join(nt_error *err, nt_lines *lines, char **text)
{
  nt_status status = NT_OK;
  int64_t size = 1;
  if (lines->n > 1) qsort(lines->line, (size_t)lines->n, sizeof *lines->line, by_text);
  for (int i = 0; i < lines->n; i++)
    size += (int64_t)strlen(lines->line[i]);
  NT_TRY(nt_calloc(err, size, 1, "lines", text));
  char *at = *text;
  for (int i = 0; i < lines->n; i++)
    at = stpcpy(at, lines->line[i]);
done:
  return status;
}

void nt_lines_free(nt_lines *lines)
{
  for (int i = 0; i < lines->n; i++)
    free(lines->line[i]);
  free(lines->line);
  *lines = (nt_lines){.n = 0};
}
