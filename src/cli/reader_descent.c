/* Readers of the options of gradient descent. */
#include "cli/reader.h"

#include "base/check.h"
#include "nt/eigen.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static nt_status wrong(nt_error *err, const char *name, const char *text, const char *wanted)
{
  return nt_fail(err, NT_ERR_ARG, __FILE__, __LINE__, __func__, "%s %.200s: must be %s", name, text,
                 wanted);
}

nt_status nt_read_real(nt_error *err, const char *name, const char *text, void *field)
{
  nt_maybe_real *out = field;
  char *end;
  out->value = strtod(text, &end);
  if (end == text || *end != '\0' || !isfinite(out->value))
    return wrong(err, name, text, "a finite number");
  out->given = true;
  return NT_OK;
}

nt_status nt_read_rate(nt_error *err, const char *name, const char *text, void *field)
{
  nt_rate *out = field;
  char *end;
  *out = (nt_rate){.given = true, .is_auto = strcmp(text, "auto") == 0};
  if (out->is_auto) return NT_OK;
  out->value = strtod(text, &end);
  if (end == text || *end != '\0' || !isfinite(out->value) || out->value <= 0)
    return wrong(err, name, text, "a number above 0, or auto for the largest that converges");
  return NT_OK;
}

nt_status nt_read_loss(nt_error *err, const char *name, const char *text, void *field)
{
  static const char *const words[] = {"mse", "cross-entropy"};
  for (int i = 0; i < 2; i++) {
    if (strcmp(text, words[i]) != 0) continue;
    *(int *)field = i + 1;
    return NT_OK;
  }
  return wrong(err, name, text, "mse or cross-entropy");
}

nt_status nt_read_axes(nt_error *err, const char *name, const char *text, void *field)
{
  nt_axes *out = field;
  *out = (nt_axes){.given = true};
  for (const char *at = text; strcmp(text, "none") != 0;) {
    char *end;
    const long axis = strtol(at, &end, 10);
    if (end == at || (*end != ',' && *end != '\0') || out->list.n == NT_MAX_RANK)
      return wrong(err, name, text, "axes of the targets, such as -1 or 1,2, or none");
    out->list.v[out->list.n++] = axis;
    if (*end == '\0') break;
    at = end + 1;
  }
  return NT_OK;
}

nt_status nt_read_eigensolver(nt_error *err, const char *name, const char *text, void *field)
{
  nt_eigensolver solver;
  nt_error own = {0};
  if (nt_eigensolver_parse(&own, text, &solver) != NT_OK)
    return nt_fail(err, NT_ERR_ARG, __FILE__, __LINE__, __func__, "%s: %s", name, own.message);
  *(int *)field = (int)solver + 1;
  return NT_OK;
}
