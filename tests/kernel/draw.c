#include "draw.h"

#include "nt_test.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int nt_draw_below(nt_draw *d, int n)
{
  return (int)((nt_test_uniform(d->seed, d->drawn++, d->stream) + 1) / 2 * n);
}

void nt_draw_add(nt_draw *d, const char *format, ...)
{
  const size_t used = strlen(d->text);
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(d->text + used, sizeof d->text - used, format, arguments);
  va_end(arguments);
}

const char *nt_draw_word(nt_draw *d, int n, const char *const *words)
{
  return words[nt_draw_below(d, n)];
}
