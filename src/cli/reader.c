/* Readers of single values; lists stand in reader_list.c. */
#include "cli/reader.h"

#include "base/check.h"
#include "base/suggest.h"
#include "nt/predict.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *nt_read_shown(const char *text) { return text[0] == '\0' ? "''" : text; }

nt_status nt_read_wrong(nt_error *err, const char *name, const char *text, const char *wanted)
{
  return nt_fail(err, NT_ERR_ARG, __FILE__, __LINE__, __func__, "%s %.200s: must be %s", name,
                 nt_read_shown(text), wanted);
}

nt_status nt_read_refused(nt_error *err, const char *name, const char *text, const nt_error *own)
{
  return nt_fail(err, own->status, __FILE__, __LINE__, __func__, "%s %.200s: %s", name,
                 nt_read_shown(text), own->message);
}

nt_status nt_read_word(nt_error *err, const char *name, const char *text, const char *const *words,
                       int n, const char *known, void *field)
{
  for (int i = 0; i < n; i++) {
    if (strcmp(text, words[i]) != 0) continue;
    *(int *)field = i + 1;
    return NT_OK;
  }
  return nt_read_wrong(err, name, text, known);
}

bool nt_read_whole(const char **at, int64_t *value)
{
  char *end;
  const char *first = **at == '-' || **at == '+' ? *at + 1 : *at;
  if (!isdigit((unsigned char)*first)) return false;
  errno = 0;
  *value = strtoll(*at, &end, 10);
  *at = end;
  return errno == 0;
}

nt_status nt_read_text(nt_error *err, const char *name, const char *text, void *field)
{
  if (text[0] == '\0') return nt_read_wrong(err, name, text, "a text that is not empty");
  *(const char **)field = text;
  return NT_OK;
}

nt_status nt_read_flag(nt_error *err, const char *name, const char *text, void *field)
{
  (void)err, (void)name, (void)text;
  *(bool *)field = true;
  return NT_OK;
}

nt_status nt_read_yes_no(nt_error *err, const char *name, const char *text, void *field)
{
  if (strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
    return nt_read_wrong(err, name, text, "yes or no");
  *(int *)field = text[0] == 'y';
  return NT_OK;
}

nt_status nt_read_int(nt_error *err, const char *name, const char *text, void *field)
{
  nt_maybe_int *out = field;
  const char *at = text;
  if (!nt_read_whole(&at, &out->value) || *at != '\0')
    return nt_read_wrong(err, name, text, "an integer");
  out->given = true;
  return NT_OK;
}

nt_status nt_read_count(nt_error *err, const char *name, const char *text, void *field)
{
  const char *at = text;
  int64_t value;
  if (!nt_read_whole(&at, &value) || *at != '\0' || value < 1 || value > INT_MAX)
    return nt_read_wrong(err, name, text, "an integer from 1 to 2147483647");
  *(int64_t *)field = value;
  return NT_OK;
}

nt_status nt_read_seed(nt_error *err, const char *name, const char *text, void *field)
{
  char *end;
  errno = 0;
  const unsigned long long value = strtoull(text, &end, 10);
  if (!isdigit((unsigned char)text[0]) || *end != '\0' || errno != 0)
    return nt_read_wrong(err, name, text, "an integer of at least 0");
  *(uint64_t *)field = value;
  return NT_OK;
}

nt_status nt_read_bytes(nt_error *err, const char *name, const char *text, void *field)
{
  static const char units[] = "kMGT";
  char *end;
  double value = strtod(text, &end);
  if (isdigit((unsigned char)text[0]) && *end != '\0') {
    const char *unit = strchr(units, *end == 'K' ? 'k' : *end);
    if (unit != NULL) {
      value = ldexp(value, 10 * (int)(unit - units + 1));
      end++;
    }
    if (strcmp(end, "iB") == 0) end += 2;
  }
  if (!isdigit((unsigned char)text[0]) || *end != '\0' || !(value >= 1) || value > 0x1p62)
    return nt_read_wrong(err, name, text,
                         "a number of bytes such as 500M, 16G or 1.5T (powers of 1024)");
  *(int64_t *)field = (int64_t)value;
  return NT_OK;
}

nt_status nt_read_real_or_nan(nt_error *err, const char *name, const char *text, void *field)
{
  nt_maybe_real *out = field;
  char *end;
  out->value = strtod(text, &end);
  if (end == text || *end != '\0') return nt_read_wrong(err, name, text, "a number or nan");
  out->given = true;
  return NT_OK;
}

nt_status nt_read_grid(nt_error *err, const char *name, const char *text, void *field)
{
  const char *at = text;
  int64_t P, Q;
  if (!nt_read_whole(&at, &P) || (*at != 'x' && *at != 'X') || (at++, !nt_read_whole(&at, &Q)) ||
      *at != '\0' || P < 1 || Q < 1 || P > INT_MAX || Q > INT_MAX)
    return nt_read_wrong(err, name, text, "PxQ, for example 2x3; P times Q is the number of ranks");
  *(nt_grid_size *)field = (nt_grid_size){(int)P, (int)Q};
  return NT_OK;
}

nt_status nt_read_dtype(nt_error *err, const char *name, const char *text, void *field)
{
  if (strcmp(text, "float64") != 0 && strcmp(text, "float32") != 0)
    return nt_read_wrong(err, name, text, "float64 or float32");
  *(nt_dtype *)field = strcmp(text, "float64") == 0 ? NT_FLOAT64 : NT_FLOAT32;
  return NT_OK;
}

nt_status nt_read_shape(nt_error *err, const char *name, const char *text, void *field)
{
  nt_shapes *out = field;
  const char *at = text;
  if (out->n == NT_MAX_SHAPES) return nt_read_wrong(err, name, text, "given at most 64 times");
  nt_shape *shape = &out->shape[out->n++];
  for (shape->rank = 0;; at++) {
    int64_t size;
    if (shape->rank == NT_MAX_RANK - 1 || !nt_read_whole(&at, &size) || size < 1 || size > INT_MAX)
      return nt_read_wrong(err, name, text, "the sizes of a sample, for example 32,32,3");
    shape->dim[shape->rank++] = size;
    if (*at == '\0') return NT_OK;
    if (*at != ',')
      return nt_read_wrong(err, name, text, "the sizes of a sample, for example 32,32,3");
  }
}

nt_status nt_read_get(nt_error *err, const char *name, const char *text, void *field)
{
  nt_error own = {0};
  if (nt_get_parse(&own, text, field) != NT_OK) return nt_read_refused(err, name, text, &own);
  return NT_OK;
}

nt_status nt_read_select(nt_error *err, const char *name, const char *text, void *field)
{
  static const char *const words[] = {"loo", "folds", "evidence"};
  return nt_read_word(err, name, text, words, 3, "loo, folds or evidence", field);
}

nt_status nt_read_select_by(nt_error *err, const char *name, const char *text, void *field)
{
  static const char *const words[] = {"mse", "error"};
  return nt_read_word(err, name, text, words, 2, "mse or error", field);
}

nt_status nt_read_triangle(nt_error *err, const char *name, const char *text, void *field)
{
  static const char *const words[] = {[NT_LOWER - 1] = "lower", [NT_UPPER - 1] = "upper"};
  return nt_read_word(err, name, text, words, 2, "lower or upper", field);
}

nt_status nt_read_method(nt_error *err, const char *name, const char *text, void *field)
{
  static const char *const words[] = {"gp", "gradient-descent"};
  return nt_read_word(err, name, text, words, 2, "gp or gradient-descent", field);
}

nt_status nt_read_targets(nt_error *err, const char *name, const char *text, void *field)
{
  nt_target_mode mode;
  if (nt_target_mode_parse(NULL, text, &mode) != NT_OK)
    return nt_read_wrong(err, name, text, "auto, raw, one-hot or centered");
  *(int *)field = (int)mode;
  return NT_OK;
}
