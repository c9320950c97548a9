#include "nt/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
  int exit_code;
  const char *text;
} statuses[] = {
#define NT_STATUS_ROW(name, code, text) [NT_STATUS_##name] = {code, text},
    NT_STATUS_LIST(NT_STATUS_ROW)
#undef NT_STATUS_ROW
};

const char *nt_status_text(nt_status status)
{
  return status >= 0 && status < NT_STATUS_COUNT ? statuses[status].text : "unknown status";
}

int nt_status_exit_code(nt_status status)
{
  return status >= 0 && status < NT_STATUS_COUNT ? statuses[status].exit_code : 7;
}

nt_status nt_fail(nt_error *err, nt_status status, const char *file, int line, const char *function,
                  const char *format, ...)
{
  if (err == NULL || err->status != NT_OK) return status;
  err->status = status;
  const char *base = strrchr(file, '/');
  (void)snprintf(err->where, sizeof err->where, "%s:%d %s", base ? base + 1 : file, line, function);
  va_list args;
  va_start(args, format);
  (void)vsnprintf(err->message, sizeof err->message, format, args);
  va_end(args);
  return status;
}
