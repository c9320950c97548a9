/* Readers of the options of gradient descent and of solvers. */
#include "cli/reader.h"

#include "base/check.h"
#include "nt/eigen.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

nt_status nt_read_real(nt_error *err, const char *name, const char *text, void *field)
{
  nt_maybe_real *out = field;
  char *end;
  out->value = strtod(text, &end);
  if (end == text || *end != '\0' || !isfinite(out->value))
    return nt_read_wrong(err, name, text, "a finite number");
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
    return nt_read_wrong(err, name, text,
                         "a number above 0, or auto for the largest that converges");
  return NT_OK;
}

nt_status nt_read_loss(nt_error *err, const char *name, const char *text, void *field)
{
  static const char *const words[] = {"mse", "cross-entropy"};
  return nt_read_word(err, name, text, words, 2, "mse or cross-entropy", field);
}

nt_status nt_read_axes(nt_error *err, const char *name, const char *text, void *field)
{
  nt_axes *out = field;
  *out = (nt_axes){.text = text};
  if (strcmp(text, "none") == 0) return NT_OK;
  for (const char *at = text;; at++) {
    int64_t axis;
    if (!nt_read_whole(&at, &axis) || (*at != ',' && *at != '\0') || out->list.n == NT_MAX_RANK)
      return nt_read_wrong(err, name, text, "axes of the targets, such as -1 or 1,2, or none");
    out->list.v[out->list.n++] = axis;
    if (*at == '\0') return NT_OK;
  }
}

nt_status nt_read_solver(nt_error *err, const char *name, const char *text, void *field)
{
  static const char *const words[] = {[NT_SOLVER_CHOLESKY - 1] = "cholesky",
                                      [NT_SOLVER_REFINE - 1] = "refine",
                                      [NT_SOLVER_PCG - 1] = "pcg"};
  return nt_read_word(err, name, text, words, 3, "cholesky, refine or pcg", field);
}

nt_status nt_read_rank(nt_error *err, const char *name, const char *text, void *field)
{
  const char *at = text;
  int64_t value;
  if (!nt_read_whole(&at, &value) || *at != '\0' || value < 0 || value > 100000)
    return nt_read_wrong(err, name, text, "a whole number from 0 to 100000");
  *(nt_maybe_int *)field = (nt_maybe_int){true, value};
  return NT_OK;
}

nt_status nt_read_eigensolver(nt_error *err, const char *name, const char *text, void *field)
{
  nt_eigensolver solver;
  nt_error own = {0};
  if (nt_eigensolver_parse(&own, text, &solver) != NT_OK)
    return nt_read_refused(err, name, text, &own);
  *(int *)field = (int)solver + 1;
  return NT_OK;
}
