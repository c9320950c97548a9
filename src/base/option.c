#include "base/option.h"

#include "base/check.h"
#include "base/function.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
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

static const nt_strings *get_strings(const nt_opt *opt, const void *cfg) { return field(opt, cfg); }

static const nt_slices *get_slices(const nt_opt *opt, const void *cfg) { return field(opt, cfg); }

static bool in_range(const nt_opt *opt, double x)
{
  if (!nt_opt_has_range(opt)) return isfinite(x);
  return (opt->open ? x > opt->min : x >= opt->min) && x <= nt_opt_most(opt);
}

static bool ints_valid(const nt_opt *opt, const nt_ints *ints)
{
  if (ints->n < 0) return opt->type == NT_OPT_INTS_OR_NONE && ints->n == -1;
  if (ints->n > NT_MAX_RANK || (opt->length && ints->n != opt->length)) return false;
  for (int i = 0; i < ints->n; i++)
    if (nt_opt_has_range(opt) && !in_range(opt, (double)ints->v[i])) return false;
  return true;
}

static bool strings_valid(const nt_opt *opt, const nt_strings *strings)
{
  if (strings->n < 0) return strings->n == -1;
  if (strings->n > NT_MAX_STRINGS || (opt->length && strings->n != opt->length)) return false;
  for (int i = 0; i < strings->n; i++)
    if (!memchr(strings->v[i], '\0', sizeof strings->v[i])) return false;
  return true;
}

static bool slices_valid(const nt_slices *slices)
{
  int ellipses = 0;
  if (slices->n < 0 || slices->n > NT_MAX_RANK) return false;
  for (int i = 0; i < slices->n; i++) {
    if (slices->v[i].kind == NT_SLICE_RANGE && slices->v[i].step == 0) return false;
    if (slices->v[i].kind == NT_SLICE_ELLIPSIS) ellipses++;
  }
  return ellipses <= 1;
}

static bool coefs_valid(const nt_opt *opt, const nt_coefs *coefs)
{
  if (coefs->n < 0 || coefs->n > NT_MAX_COEFS || (opt->length && coefs->n != opt->length))
    return false;
  for (int i = 0; i < coefs->n; i++)
    if (!isfinite(coefs->v[i]) || !in_range(opt, coefs->v[i])) return false;
  return true;
}

static const nt_function *get_function(const nt_opt *opt, const void *cfg)
{
  return *(nt_function *const *)field(opt, cfg);
}

static bool function_valid(const nt_opt *opt, const nt_function *f)
{
  return f ? f->arguments == opt->length : !opt->required;
}

static bool array_valid(const nt_array *array)
{
  int64_t n = 1;
  if (!array->data) return true;
  if (array->rank < 0 || array->rank > NT_MAX_RANK) return false;
  for (int a = 0; a < array->rank; a++)
    if (array->dim[a] < 1 || __builtin_mul_overflow(n, array->dim[a], &n)) return false;
  for (int64_t i = 0; i < n; i++)
    if (!isfinite(array->data[i])) return false;
  return true;
}

static bool dot_axes_valid(const nt_dot_axes *axes)
{
  for (int side = 0; side < 2; side++) {
    if (axes->contract[side].n < 0 || axes->contract[side].n > NT_MAX_RANK) return false;
    if (axes->batch[side].n < 0 || axes->batch[side].n > NT_MAX_RANK) return false;
  }
  return axes->contract[0].n == axes->contract[1].n && axes->batch[0].n == axes->batch[1].n;
}

static bool is_valid(const nt_opt *opt, const void *cfg)
{
  char choice[NT_MAX_RANK * 8];
  switch (opt->type) {
  case NT_OPT_INT_OR_NONE:
    if (get_int(opt, cfg) == NT_INT_NONE) return true;
    return !nt_opt_has_range(opt) || in_range(opt, (double)get_int(opt, cfg));
  case NT_OPT_INT:
    return !nt_opt_has_range(opt) || in_range(opt, (double)get_int(opt, cfg));
  case NT_OPT_REAL_OR_NONE:
    if (isnan(get_real(opt, cfg))) return true;
    return in_range(opt, get_real(opt, cfg)) && isfinite(get_real(opt, cfg));
  case NT_OPT_REAL:
    return in_range(opt, get_real(opt, cfg)) && isfinite(get_real(opt, cfg));
  case NT_OPT_BOOL:
    return true;
  case NT_OPT_CHOICE_OR_NONE:
    if (*(const int *)field(opt, cfg) == -1) return true;
    return nt_opt_choice_text(opt, *(const int *)field(opt, cfg), choice, sizeof choice);
  case NT_OPT_CHOICE:
    return nt_opt_choice_text(opt, *(const int *)field(opt, cfg), choice, sizeof choice);
  case NT_OPT_INTS:
  case NT_OPT_INTS_OR_NONE:
    return ints_valid(opt, get_ints(opt, cfg));
  case NT_OPT_STRINGS_OR_NONE:
    return strings_valid(opt, get_strings(opt, cfg));
  case NT_OPT_SLICES:
    return slices_valid(get_slices(opt, cfg));
  case NT_OPT_COEFS:
    return coefs_valid(opt, field(opt, cfg));
  case NT_OPT_ARRAY_OR_NONE:
    return array_valid(field(opt, cfg));
  case NT_OPT_DOT_AXES:
    return dot_axes_valid(field(opt, cfg));
  case NT_OPT_FUNCTION:
    return function_valid(opt, get_function(opt, cfg));
  }
  return false;
}

/* Whether a number is above a largest one that is so large that the type does not tell it. */
static bool is_above(const nt_opt *opt, const void *cfg)
{
  if (!isfinite(nt_opt_most(opt)) || nt_opt_most(opt) < INT32_MAX) return false;
  if (opt->type == NT_OPT_INT || opt->type == NT_OPT_INT_OR_NONE)
    return (double)get_int(opt, cfg) > nt_opt_most(opt);
  if (opt->type != NT_OPT_INTS && opt->type != NT_OPT_INTS_OR_NONE) return false;
  const nt_ints *ints = get_ints(opt, cfg);
  int i = 0;
  while (i < ints->n && (double)ints->v[i] <= nt_opt_most(opt))
    i++;
  return i < ints->n;
}

nt_status nt_opt_check(nt_error *err, const nt_opt *opt, const void *cfg)
{
  char value[320], type[200], most[64] = "";
  if (is_valid(opt, cfg)) return NT_OK;
  nt_opt_type_text(opt, type, sizeof type);
  if (is_above(opt, cfg)) (void)snprintf(most, sizeof most, " (at most %.16g)", nt_opt_most(opt));
  return nt_fail(err, NT_ERR_ARG, __FILE__, __LINE__, __func__, "%s = %s: must be %s%s", opt->name,
                 nt_opt_value_text(opt, cfg, value, sizeof value), type, most);
}

static bool ints_equal(const nt_ints *a, const nt_ints *b)
{
  if (a->n != b->n) return false;
  for (int i = 0; i < a->n; i++)
    if (a->v[i] != b->v[i]) return false;
  return true;
}

static bool strings_equal(const nt_strings *a, const nt_strings *b)
{
  if (a->n != b->n) return false;
  for (int i = 0; i < a->n; i++)
    if (strncmp(a->v[i], b->v[i], sizeof a->v[i]) != 0) return false;
  return true;
}

static bool slices_equal(const nt_slices *a, const nt_slices *b)
{
  if (a->n != b->n) return false;
  for (int i = 0; i < a->n; i++) {
    const nt_slice x = a->v[i], y = b->v[i];
    if (x.kind != y.kind || (x.kind == NT_SLICE_AT && x.start != y.start)) return false;
    if (x.kind != NT_SLICE_RANGE) continue;
    if (x.has_start != y.has_start || x.has_stop != y.has_stop || x.step != y.step) return false;
    if ((x.has_start && x.start != y.start) || (x.has_stop && x.stop != y.stop)) return false;
  }
  return true;
}

static bool coefs_equal(const nt_coefs *a, const nt_coefs *b)
{
  if (a->n != b->n) return false;
  for (int i = 0; i < a->n; i++)
    if (!(a->v[i] >= b->v[i] && a->v[i] <= b->v[i])) return false;
  return true;
}

static bool arrays_equal(const nt_array *a, const nt_array *b)
{
  int64_t n = 1;
  if (!a->data || !b->data) return !a->data && !b->data;
  if (a->rank != b->rank) return false;
  for (int d = 0; d < a->rank; d++) {
    if (a->dim[d] != b->dim[d]) return false;
    n *= a->dim[d];
  }
  for (int64_t i = 0; i < n; i++)
    if (!(a->data[i] >= b->data[i] && a->data[i] <= b->data[i])) return false;
  return true;
}

static bool dot_axes_equal(const nt_dot_axes *a, const nt_dot_axes *b)
{
  return ints_equal(&a->contract[0], &b->contract[0]) && ints_equal(&a->batch[0], &b->batch[0]) &&
         ints_equal(&a->contract[1], &b->contract[1]) && ints_equal(&a->batch[1], &b->batch[1]);
}

bool nt_opt_equal(const nt_opt *opt, const void *a, const void *b)
{
  switch (opt->type) {
  case NT_OPT_INT:
  case NT_OPT_INT_OR_NONE:
    return get_int(opt, a) == get_int(opt, b);
  case NT_OPT_REAL:
  case NT_OPT_REAL_OR_NONE: {
    const double x = get_real(opt, a), y = get_real(opt, b);
    return (isnan(x) && isnan(y)) || (x >= y && x <= y);
  }
  case NT_OPT_BOOL:
    return *(const bool *)field(opt, a) == *(const bool *)field(opt, b);
  case NT_OPT_CHOICE:
  case NT_OPT_CHOICE_OR_NONE:
    return *(const int *)field(opt, a) == *(const int *)field(opt, b);
  case NT_OPT_INTS:
  case NT_OPT_INTS_OR_NONE:
    return ints_equal(get_ints(opt, a), get_ints(opt, b));
  case NT_OPT_STRINGS_OR_NONE:
    return strings_equal(get_strings(opt, a), get_strings(opt, b));
  case NT_OPT_SLICES:
    return slices_equal(get_slices(opt, a), get_slices(opt, b));
  case NT_OPT_COEFS:
    return coefs_equal(field(opt, a), field(opt, b));
  case NT_OPT_ARRAY_OR_NONE:
    return arrays_equal(field(opt, a), field(opt, b));
  case NT_OPT_DOT_AXES:
    return dot_axes_equal(field(opt, a), field(opt, b));
  case NT_OPT_FUNCTION:
    return nt_function_equal(get_function(opt, a), get_function(opt, b));
  }
  return false;
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
