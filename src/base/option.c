#include "base/option.h"

#include "base/check.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const void *field(const nt_opt *opt, const void *cfg)
{
  return (const char *)cfg + opt->offset;
}

static int64_t get_int(const nt_opt *opt, const void *cfg)
{
  return *(const int64_t *)field(opt, cfg);
}

static double get_real(const nt_opt *opt, const void *cfg)
{
  return *(const double *)field(opt, cfg);
}

static const nt_ints *get_ints(const nt_opt *opt, const void *cfg) { return field(opt, cfg); }

static bool has_range(const nt_opt *opt) { return opt->min != 0 || opt->max != 0; }

static bool in_range(const nt_opt *opt, double x)
{
  if (!has_range(opt)) return isfinite(x);
  return (opt->open ? x > opt->min : x >= opt->min) && x <= opt->max;
}

static bool ints_valid(const nt_opt *opt, const nt_ints *ints)
{
  if (ints->n < 0) return opt->type == NT_OPT_INTS_OR_NONE && ints->n == -1;
  if (ints->n > NT_MAX_RANK || (opt->length && ints->n != opt->length)) return false;
  for (int i = 0; i < ints->n; i++)
    if (has_range(opt) && !in_range(opt, (double)ints->v[i])) return false;
  return true;
}

static bool is_valid(const nt_opt *opt, const void *cfg)
{
  char choice[NT_MAX_RANK * 8];
  switch (opt->type) {
  case NT_OPT_INT:
    return !has_range(opt) || in_range(opt, (double)get_int(opt, cfg));
  case NT_OPT_REAL_OR_NONE:
    if (isnan(get_real(opt, cfg))) return true;
    return in_range(opt, get_real(opt, cfg)) && isfinite(get_real(opt, cfg));
  case NT_OPT_REAL:
    return in_range(opt, get_real(opt, cfg)) && isfinite(get_real(opt, cfg));
  case NT_OPT_BOOL:
    return true;
  case NT_OPT_CHOICE:
    return nt_opt_choice_text(opt, *(const int *)field(opt, cfg), choice, sizeof choice);
  case NT_OPT_INTS:
  case NT_OPT_INTS_OR_NONE:
    return ints_valid(opt, get_ints(opt, cfg));
  }
  return false;
}

nt_status nt_opt_check(nt_error *err, const nt_opt *opt, const void *cfg)
{
  char value[320], type[200];
  if (is_valid(opt, cfg)) return NT_OK;
  return nt_fail(err, NT_ERR_ARG, __FILE__, __LINE__, __func__, "%s = %s: must be %s", opt->name,
                 nt_opt_value_text(opt, cfg, value, sizeof value),
                 nt_opt_type_text(opt, type, sizeof type));
}

static bool ints_equal(const nt_ints *a, const nt_ints *b)
{
  if (a->n != b->n) return false;
  for (int i = 0; i < a->n; i++)
    if (a->v[i] != b->v[i]) return false;
  return true;
}

bool nt_opt_equal(const nt_opt *opt, const void *a, const void *b)
{
  switch (opt->type) {
  case NT_OPT_INT:
    return get_int(opt, a) == get_int(opt, b);
  case NT_OPT_REAL:
  case NT_OPT_REAL_OR_NONE: {
    const double x = get_real(opt, a), y = get_real(opt, b);
    return (isnan(x) && isnan(y)) || (x >= y && x <= y);
  }
  case NT_OPT_BOOL:
    return *(const bool *)field(opt, a) == *(const bool *)field(opt, b);
  case NT_OPT_CHOICE:
    return *(const int *)field(opt, a) == *(const int *)field(opt, b);
  case NT_OPT_INTS:
  case NT_OPT_INTS_OR_NONE:
    return ints_equal(get_ints(opt, a), get_ints(opt, b));
  }
  return false;
}

const char *nt_real_text(double x, char *out, size_t size)
{
  char text[40];
  if (isnan(x) || isinf(x)) {
    snprintf(out, size, "%s", isnan(x) ? "nan" : x > 0 ? "inf" : "-inf");
    return out;
  }
  for (int digits = 1; digits <= 17; digits++) {
    snprintf(text, sizeof text, "%.*g", digits, x);
    const double back = strtod(text, NULL);
    if (back >= x && back <= x) break;
  }
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

const char *nt_opt_value_text(const nt_opt *opt, const void *cfg, char *out, size_t size)
{
  char word[64];
  switch (opt->type) {
  case NT_OPT_INT:
    snprintf(out, size, "%lld", (long long)get_int(opt, cfg));
    break;
  case NT_OPT_REAL:
    return nt_real_text(get_real(opt, cfg), out, size);
  case NT_OPT_REAL_OR_NONE:
    if (!isnan(get_real(opt, cfg))) return nt_real_text(get_real(opt, cfg), out, size);
    snprintf(out, size, "None");
    break;
  case NT_OPT_BOOL:
    snprintf(out, size, "%s", *(const bool *)field(opt, cfg) ? "True" : "False");
    break;
  case NT_OPT_CHOICE: {
    const int index = *(const int *)field(opt, cfg);
    const char *const choice = nt_opt_choice_text(opt, index, word, sizeof word);
    if (choice)
      snprintf(out, size, "'%s'", choice);
    else
      snprintf(out, size, "choice %d", index);
    break;
  }
  case NT_OPT_INTS:
  case NT_OPT_INTS_OR_NONE:
    return ints_text(get_ints(opt, cfg), out, size);
  }
  return out;
}

static const char *range_text(const nt_opt *opt, char *out, size_t size)
{
  const char *const low = opt->open ? "above" : "of at least";
  if (size > 0) out[0] = '\0';
  if (!has_range(opt)) return out;
  if (isinf(opt->min))
    snprintf(out, size, " of at most %.15g", opt->max);
  else if (isinf(opt->max) || opt->max >= 1e15)
    snprintf(out, size, " %s %.15g", low, opt->min);
  else
    snprintf(out, size, " %s %.15g and at most %.15g", low, opt->min, opt->max);
  return out;
}

static const char *choices_text(const nt_opt *opt, char *out, size_t size)
{
  char word[64];
  size_t used = 0;
  for (int i = 0; nt_opt_choice_text(opt, i, word, sizeof word) && used < size; i++)
    used += (size_t)snprintf(out + used, size - used, "%s'%s'", i ? " or " : "", word);
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
    snprintf(out, size, "an integer%s", range);
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
    return choices_text(opt, out, size);
  case NT_OPT_INTS:
  case NT_OPT_INTS_OR_NONE:
    return ints_type_text(opt, range, out, size);
  }
  return out;
}

static bool equal_word(const char *a, const char *b, size_t n, bool fold)
{
  for (size_t i = 0; i < n; i++) {
    const int x = (unsigned char)a[i], y = (unsigned char)b[i];
    if (fold ? tolower(x) != tolower(y) : x != y) return false;
  }
  return true;
}

int nt_opt_choice(const nt_opt *opt, const char *word, size_t length)
{
  const char *choice = opt->choices;
  for (int i = 0; choice; i++) {
    const size_t n = strcspn(choice, "|");
    if (n == length && equal_word(choice, word, n, opt->fold_case)) return i;
    choice = choice[n] ? choice + n + 1 : NULL;
  }
  return -1;
}

const char *nt_opt_choice_text(const nt_opt *opt, int index, char *out, size_t size)
{
  const char *choice = index < 0 ? NULL : opt->choices;
  for (; choice && index > 0; index--) {
    choice = strchr(choice, '|');
    if (choice) choice++;
  }
  if (!choice) return NULL;
  snprintf(out, size, "%.*s", (int)strcspn(choice, "|"), choice);
  return out;
}
