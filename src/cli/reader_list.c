/* Readers of lists: "1e-6,1e-4", "log:1e-2:1e6:50", "lin:0:1:11", "@file", and names. */
#include "cli/reader.h"

#include "base/check.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/npy.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 100000, MOST_BYTES = 8 << 20 };

static nt_status wrong(nt_error *err, const char *name, const char *text, const char *what)
{
  return nt_fail(err, NT_ERR_ARG, __FILE__, __LINE__, __func__,
                 "%s %.200s: %s; it must be numbers such as 1e-6,1e-4 or log:1e-8:1e-2:7 or "
                 "lin:0:1:11 or @file",
                 name, nt_read_shown(text), what);
}

/* Numbers separated by commas, or in a file also by blanks and line ends. */
static nt_status read_numbers(nt_error *err, const char *name, const char *shown, const char *at,
                              bool blanks, nt_reals *out)
{
  nt_status status = NT_OK;
  char what[120];
  NT_TRY(nt_alloc(err, (int64_t)strlen(at) / 2 + 1, sizeof(double), "a list", &out->v));
  for (;;) {
    char *end;
    while (blanks && (isspace((unsigned char)*at) || *at == ','))
      at++;
    if (blanks && *at == '\0') break;
    const double value = strtod(at, &end);
    snprintf(what, sizeof what, "'%.40s' is not a finite number", at);
    const bool good = isfinite(value) || (out->may_be_infinite && isinf(value));
    if (end == at || !good) NT_TRY(wrong(err, name, shown, what));
    out->v[out->n++] = value;
    if (*end == '\0') break;
    if (*end != ',' && !(blanks && isspace((unsigned char)*end))) {
      NT_TRY(wrong(err, name, shown, what));
    }
    at = end + 1;
  }
  if (out->n == 0) NT_TRY(wrong(err, name, shown, "it holds no numbers"));
done:
  return status;
}

/* log:a:b:n or lin:a:b:n: n numbers from a to b, both included. */
static nt_status read_span(nt_error *err, const char *name, const char *text, nt_reals *out)
{
  nt_status status = NT_OK;
  double a, b;
  int n, length = 0;
  const bool is_log = text[1] == 'o';
  if (sscanf(text + 4, "%lf:%lf:%d%n", &a, &b, &n, &length) != 3 || text[4 + length] != '\0' ||
      n < 1 || n > MOST || !isfinite(a) || !isfinite(b))
    NT_TRY(wrong(err, name, text, "the span is not written as first:last:count"));
  if (is_log && !(a > 0 && b > 0)) NT_TRY(wrong(err, name, text, "log needs ends above 0"));
  NT_TRY(nt_alloc(err, n, sizeof(double), "a list", &out->v));
  out->n = n;
  for (int i = 0; i < n; i++) {
    const double t = n == 1 ? 0 : (double)i / (n - 1);
    out->v[i] = is_log ? exp(log(a) + t * (log(b) - log(a))) : a + t * (b - a);
  }
  out->v[0] = a;
  if (n > 1) out->v[n - 1] = b;
done:
  return status;
}

static nt_status check_numbers(nt_error *err, const char *name, const char *text,
                               const nt_reals *list)
{
  nt_status status = NT_OK;
  for (int i = 0; i < list->n; i++)
    if (!isfinite(list->v[i]) && !(list->may_be_infinite && isinf(list->v[i])))
      NT_TRY(wrong(err, name, text, "it holds a number that is not finite"));
done:
  return status;
}

static nt_status read_array(nt_error *err, const char *name, const char *text, nt_reals *out)
{
  nt_status status = NT_OK;
  nt_array array = {0};
  int64_t n = 1;
  NT_TRY(nt_npy_load(err, text + 1, &array));
  out->v = array.data;
  for (int a = 0; a < array.rank; a++)
    n *= array.dim[a];
  if (n < 1 || n > MOST) NT_TRY(wrong(err, name, text, "it holds no numbers, or too many"));
  out->n = (int)n;
  NT_TRY(check_numbers(err, name, text, out));
done:
  return status;
}

static nt_status read_file(nt_error *err, const char *name, const char *text, nt_reals *out)
{
  nt_status status = NT_OK;
  const char *const path = text + 1;
  char *content = NULL;
  int64_t size;
  if (nt_ends_with(path, ".npy")) return read_array(err, name, text, out);
  NT_TRY(nt_file_text(err, path, MOST_BYTES, &content, &size));
  NT_CHECK(strlen(content) == (size_t)size, err, NT_ERR_DATA,
           "%s: not a text file with a list of numbers", path);
  NT_TRY(read_numbers(err, name, text, content, true, out));
done:
  free(content);
  return status;
}

static nt_status read_list(nt_error *err, const char *name, const char *text, bool infinite,
                           nt_reals *out)
{
  free(out->v);
  *out = (nt_reals){.text = text, .may_be_infinite = infinite};
  out->is_list = text[0] == '@' || strpbrk(text, ",:") != NULL;
  if (text[0] == '@') return read_file(err, name, text, out);
  if (strncmp(text, "log:", 4) == 0 || strncmp(text, "lin:", 4) == 0)
    return read_span(err, name, text, out);
  return read_numbers(err, name, text, text, false, out);
}

nt_status nt_read_reals(nt_error *err, const char *name, const char *text, void *field)
{
  return read_list(err, name, text, false, field);
}

nt_status nt_read_times(nt_error *err, const char *name, const char *text, void *field)
{
  return read_list(err, name, text, true, field);
}

nt_status nt_read_reals_or_auto(nt_error *err, const char *name, const char *text, void *field)
{
  nt_reals *out = field;
  if (strcmp(text, "auto") != 0) return nt_read_reals(err, name, text, field);
  free(out->v);
  *out = (nt_reals){.text = text, .is_auto = true};
  return NT_OK;
}

nt_status nt_read_predictors(nt_error *err, const char *name, const char *text, void *field)
{
  nt_prediction_get get;
  unsigned bits = 0;
  if (nt_prediction_get_parse(NULL, text, &get) != NT_OK)
    return nt_read_wrong(err, name, text, "different ones of nngp, ntk, ntkgp");
  for (int i = 0; i < get.n; i++)
    bits |= 1U << get.kind[i];
  *(unsigned *)field = bits;
  return NT_OK;
}
