/* Values and types of options, as texts. */
#include "base/option.h"

#include "base/function.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *nt_shortest_text(double x, char *out, size_t size)
{
  for (int digits = 1; digits <= 17; digits++) {
    snprintf(out, size, "%.*g", digits, x);
    const double back = strtod(out, NULL);
    if (back >= x && back <= x) break;
  }
  return out;
}

const char *nt_real_text(double x, char *out, size_t size)
{
  char text[40];
  if (isnan(x) || isinf(x)) {
    snprintf(out, size, "%s", isnan(x) ? "nan" : x > 0 ? "inf" : "-inf");
    return out;
  }
  nt_shortest_text(x, text, sizeof text);
  snprintf(out, size, "%s%s", text, strpbrk(text, ".e") ? "" : ".0");
  return out;
}

static const char *ints_text(const nt_ints *ints, char *out, size_t size)
{
  if (ints->n < 0) {
    snprintf(out, size, "None");
    return out;
  }
  nt_shape shape = {.rank = ints->n < NT_MAX_RANK ? ints->n : NT_MAX_RANK};
  memcpy(shape.dim, ints->v, sizeof shape.dim);
  return nt_shape_text(&shape, out, size);
}

/* Append to a text that is `used` bytes long, of which `size` have room. */
static size_t NT_PRINTF(4, 5) append(char *out, size_t size, size_t used, const char *format, ...)
{
  va_list arguments;
  if (used >= size) return used;
  va_start(arguments, format);
  used += (size_t)vsnprintf(out + used, size - used, format, arguments);
  va_end(arguments);
  return used;
}

static const char *strings_text(const nt_strings *strings, char *out, size_t size)
{
  size_t used = append(out, size, 0, "%s", strings->n < 0 ? "None" : "(");
  for (int i = 0; i < strings->n && i < NT_MAX_STRINGS; i++)
    used = append(out, size, used, "%s'%.*s'", i ? ", " : "", NT_MAX_RANK, strings->v[i]);
  if (strings->n >= 0) append(out, size, used, strings->n == 1 ? ",)" : ")");
  return out;
}

static size_t slice_text(const nt_slice *slice, char *out, size_t size, size_t used)
{
  if (slice->kind == NT_SLICE_ELLIPSIS) return append(out, size, used, "...");
  const bool at = slice->kind == NT_SLICE_AT;
  if (at || slice->has_start) used = append(out, size, used, "%lld", (long long)slice->start);
  if (at) return used;
  used = append(out, size, used, ":");
  if (slice->has_stop) used = append(out, size, used, "%lld", (long long)slice->stop);
  if (slice->step != 1) used = append(out, size, used, ":%lld", (long long)slice->step);
  return used;
}

static const char *slices_text(const nt_slices *slices, char *out, size_t size)
{
  size_t used = append(out, size, 0, slices->n > 0 ? "Slice[" : "()");
  for (int i = 0; i < slices->n && i < NT_MAX_RANK; i++) {
    if (i) used = append(out, size, used, ", ");
    used = slice_text(&slices->v[i], out, size, used);
  }
  if (slices->n > 0) append(out, size, used, "]");
  return out;
}

static void write_coefs(const nt_coefs *coefs, FILE *file)
{
  char number[40];
  fputc('[', file);
  for (int i = 0; i < coefs->n && i < NT_MAX_COEFS; i++)
    fprintf(file, "%s%s", i ? ", " : "", nt_real_text(coefs->v[i], number, sizeof number));
  fputc(']', file);
}

/* The entries from *at on that axes `axis` and behind span, in nested lists. */
static void write_entries(const nt_array *array, int axis, int64_t *at, FILE *file)
{
  char number[40];
  if (axis == array->rank) {
    fputs(nt_real_text(array->data[(*at)++], number, sizeof number), file);
    return;
  }
  fputc('[', file);
  for (int64_t i = 0; i < array->dim[axis]; i++) {
    if (i) fputs(", ", file);
    write_entries(array, axis + 1, at, file);
  }
  fputc(']', file);
}

static void write_array(const nt_array *array, FILE *file)
{
  int64_t at = 0;
  if (!array->data) {
    fputs("None", file);
    return;
  }
  if (array->rank > 0) fputs("np.array(", file);
  write_entries(array, 0, &at, file);
  if (array->rank > 0) fputc(')', file);
}

static void write_dot_axes(const nt_dot_axes *axes, FILE *file)
{
  char left[120], right[120];
  fprintf(file, "((%s, %s), ", ints_text(&axes->contract[0], left, sizeof left),
          ints_text(&axes->contract[1], right, sizeof right));
  fprintf(file, "(%s, %s))", ints_text(&axes->batch[0], left, sizeof left),
          ints_text(&axes->batch[1], right, sizeof right));
}

void nt_opt_write(const nt_opt *opt, const void *cfg, FILE *file)
{
  const void *const field = (const char *)cfg + opt->offset;
  char value[1000];
  if (opt->type == NT_OPT_COEFS)
    write_coefs(field, file);
  else if (opt->type == NT_OPT_ARRAY_OR_NONE)
    write_array(field, file);
  else if (opt->type == NT_OPT_DOT_AXES)
    write_dot_axes(field, file);
  else if (opt->type != NT_OPT_FUNCTION)
    fputs(nt_opt_value_text(opt, cfg, value, sizeof value), file);
  else if (*(nt_function *const *)field)
    nt_function_write(*(nt_function *const *)field, file);
  else
    fputs("None", file);
}

/* What has no bound on its length, clipped. */
static const char *written_text(const nt_opt *opt, const void *cfg, char *out, size_t size)
{
  char *text = NULL;
  size_t length = 0;
  FILE *const file = open_memstream(&text, &length);
  snprintf(out, size, "...");
  if (!file) return out;
  nt_opt_write(opt, cfg, file);
  if (fclose(file) == 0) snprintf(out, size, "%s", text);
  if (size > 4 && length >= size) memcpy(out + size - 4, "...", 4);
  free(text);
  return out;
}

const char *nt_opt_value_text(const nt_opt *opt, const void *cfg, char *out, size_t size)
{
  const void *const field = (const char *)cfg + opt->offset;
  char word[64];
  switch (opt->type) {
  case NT_OPT_INT_OR_NONE:
    if (*(const int64_t *)field == NT_INT_NONE) {
      snprintf(out, size, "None");
      break;
    }
    snprintf(out, size, "%lld", (long long)*(const int64_t *)field);
    break;
  case NT_OPT_INT:
    snprintf(out, size, "%lld", (long long)*(const int64_t *)field);
    break;
  case NT_OPT_REAL:
    return nt_real_text(*(const double *)field, out, size);
  case NT_OPT_REAL_OR_NONE:
    if (!isnan(*(const double *)field)) return nt_real_text(*(const double *)field, out, size);
    snprintf(out, size, "None");
    break;
  case NT_OPT_BOOL:
    snprintf(out, size, "%s", *(const bool *)field ? "True" : "False");
    break;
  case NT_OPT_CHOICE:
  case NT_OPT_CHOICE_OR_NONE: {
    const int index = *(const int *)field;
    const char *const choice = nt_opt_choice_text(opt, index, word, sizeof word);
    if (choice)
      snprintf(out, size, "'%s'", choice);
    else if (opt->type == NT_OPT_CHOICE_OR_NONE && index == -1)
      snprintf(out, size, "None");
    else
      snprintf(out, size, "choice %d", index);
    break;
  }
  case NT_OPT_INTS:
  case NT_OPT_INTS_OR_NONE:
    return ints_text(field, out, size);
  case NT_OPT_STRINGS_OR_NONE:
    return strings_text(field, out, size);
  case NT_OPT_SLICES:
    return slices_text(field, out, size);
  case NT_OPT_COEFS:
  case NT_OPT_ARRAY_OR_NONE:
  case NT_OPT_DOT_AXES:
  case NT_OPT_FUNCTION:
    return written_text(opt, cfg, out, size);
  }
  return out;
}

static const char *range_text(const nt_opt *opt, char *out, size_t size)
{
  const char *const low = opt->open ? "above" : "of at least";
  if (size > 0) out[0] = '\0';
  if (!nt_opt_has_range(opt)) return out;
  if (isinf(opt->min))
    snprintf(out, size, " of at most %.15g", nt_opt_most(opt));
  else if (isinf(nt_opt_most(opt)) || nt_opt_most(opt) >= INT32_MAX)
    snprintf(out, size, " %s %.15g", low, opt->min);
  else
    snprintf(out, size, " %s %.15g and at most %.15g", low, opt->min, nt_opt_most(opt));
  return out;
}

static const char *choices_text(const nt_opt *opt, char *out, size_t size)
{
  char word[64];
  size_t used = 0;
  for (int i = 0; nt_opt_choice_text(opt, i, word, sizeof word); i++)
    used = append(out, size, used, "%s'%s'", i ? " or " : "", word);
  if (opt->type == NT_OPT_CHOICE_OR_NONE) append(out, size, used, ", or None");
  return out;
}

static const char *ints_type_text(const nt_opt *opt, const char *range, char *out, size_t size)
{
  const char *const none = opt->type == NT_OPT_INTS ? "" : ", or None";
  if (opt->length)
    snprintf(out, size, "a tuple of %d integers%s%s", opt->length, range, none);
  else
    snprintf(out, size, "an integer or a tuple of integers%s%s", range, none);
  return out;
}

const char *nt_opt_type_text(const nt_opt *opt, char *out, size_t size)
{
  char range[96];
  range_text(opt, range, sizeof range);
  switch (opt->type) {
  case NT_OPT_INT:
  case NT_OPT_INT_OR_NONE:
    snprintf(out, size, "an integer%s%s", range, opt->type == NT_OPT_INT ? "" : ", or None");
    break;
  case NT_OPT_REAL:
  case NT_OPT_REAL_OR_NONE:
    snprintf(out, size, "a %snumber%s%s", *range ? "" : "finite ", range,
             opt->type == NT_OPT_REAL ? "" : ", or None");
    break;
  case NT_OPT_BOOL:
    snprintf(out, size, "True or False");
    break;
  case NT_OPT_CHOICE:
  case NT_OPT_CHOICE_OR_NONE:
    return choices_text(opt, out, size);
  case NT_OPT_INTS:
  case NT_OPT_INTS_OR_NONE:
    return ints_type_text(opt, range, out, size);
  case NT_OPT_STRINGS_OR_NONE:
    snprintf(out, size, "a tuple of %d strings of at most %d letters, or None", opt->length,
             NT_MAX_RANK);
    break;
  case NT_OPT_SLICES:
    snprintf(out, size, "an index: Slice[...] of integers, ranges start:stop:step, and one '...'");
    break;
  case NT_OPT_COEFS:
    snprintf(out, size, "a list of at most %d finite numbers", NT_MAX_COEFS);
    break;
  case NT_OPT_ARRAY_OR_NONE:
    snprintf(out, size, "a number, np.array([...]) of finite numbers, load('FILE.npy'), or None");
    break;
  case NT_OPT_DOT_AXES:
    snprintf(out, size,
             "((contracted axes of lhs, of rhs), (shared axes of lhs, of rhs)), each a tuple of "
             "integers and those of lhs and rhs equally many");
    break;
  case NT_OPT_FUNCTION:
    snprintf(out, size, "a function of %d argument%s%s%s", opt->length, opt->length == 1 ? "" : "s",
             opt->length == 1 ? ": a lambda, or a formula in x as text" : ": a lambda",
             opt->required ? "" : ", or None");
    break;
  }
  return out;
}
