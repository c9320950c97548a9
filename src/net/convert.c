/* From values of the language to fields of a layer's arguments. */
#include "base/option.h"
#include "net/eval.h"

#include <math.h>
#include <string.h>

/* The values of a sequence, or a value alone. */
static const nt_value *items_of(const nt_value *value, int64_t *n)
{
  const bool many = nt_value_is_sequence(*value);
  *n = many ? value->as.sequence->n : 1;
  return many ? value->as.sequence->value : value;
}

static bool set_ints(nt_ints *ints, nt_value value)
{
  int64_t n;
  const nt_value *const item = items_of(&value, &n);
  if (n > NT_MAX_RANK) return false;
  for (int64_t i = 0; i < n; i++) {
    if (item[i].kind != NT_VALUE_INT) return false;
    ints->v[i] = item[i].as.integer;
  }
  ints->n = (int)n;
  return true;
}

static bool set_string(char *out, size_t size, nt_value value)
{
  if (value.kind != NT_VALUE_STRING) return false;
  const nt_text *const text = value.as.text;
  if (text->length >= size || memchr(text->text, '\0', text->length)) return false;
  memcpy(out, text->text, text->length + 1);
  return true;
}

static bool set_strings(nt_strings *strings, nt_value value)
{
  if (!nt_value_is_sequence(value) || value.as.sequence->n > NT_MAX_STRINGS) return false;
  memset(strings, 0, sizeof *strings);
  strings->n = (int)value.as.sequence->n;
  for (int i = 0; i < strings->n; i++)
    if (!set_string(strings->v[i], sizeof strings->v[i], value.as.sequence->value[i])) return false;
  return true;
}

static bool set_slice(nt_slice *slice, nt_value value)
{
  switch (value.kind) {
  case NT_VALUE_INT:
    *slice = (nt_slice){.kind = NT_SLICE_AT, .start = value.as.integer, .step = 1};
    return true;
  case NT_VALUE_ELLIPSIS:
    *slice = (nt_slice){.kind = NT_SLICE_ELLIPSIS, .step = 1};
    return true;
  case NT_VALUE_SLICE:
    *slice = *value.as.slice;
    return true;
  default:
    return false;
  }
}

static bool set_slices(nt_slices *slices, nt_value value)
{
  int64_t n;
  const nt_value *const item = items_of(&value, &n);
  if (n > NT_MAX_RANK) return false;
  slices->n = (int)n;
  for (int64_t i = 0; i < n; i++)
    if (!set_slice(&slices->v[i], item[i])) return false;
  return true;
}

/* Numbers of a list, a tuple, an array of one axis, or a single one. */
static bool set_coefs(nt_coefs *coefs, nt_value value)
{
  const bool array = value.kind == NT_VALUE_ARRAY;
  int64_t n;
  const nt_value *const item = items_of(&value, &n);
  if (array && value.as.array->rank != 1) return false;
  if (array) n = value.as.array->dim[0];
  if (n > NT_MAX_COEFS) return false;
  for (int64_t i = 0; i < n; i++) {
    if (!array && !nt_value_is_number(item[i])) return false;
    coefs->v[i] = array ? value.as.array->data[i] : nt_value_real(item[i]);
  }
  coefs->n = (int)n;
  return true;
}

/* Numbers stay where the value has them until the layer makes its copy. */
static bool set_array(nt_array *array, nt_value value)
{
  *array = value.kind == NT_VALUE_ARRAY ? *value.as.array : (nt_array){.data = NULL};
  return array->data || value.kind == NT_VALUE_NONE;
}

/* A pair of tuples of axes. */
static bool set_axes(nt_ints axes[2], nt_value value)
{
  if (!nt_value_is_sequence(value) || value.as.sequence->n != 2) return false;
  const nt_value *const side = value.as.sequence->value;
  return set_ints(&axes[0], side[0]) && set_ints(&axes[1], side[1]);
}

static bool set_dot_axes(nt_dot_axes *axes, nt_value value)
{
  if (!nt_value_is_sequence(value) || value.as.sequence->n != 2) return false;
  const nt_value *const part = value.as.sequence->value;
  return set_axes(axes->contract, part[0]) && set_axes(axes->batch, part[1]);
}

static bool set_function(nt_function **f, bool required, nt_value value)
{
  *f = value.kind == NT_VALUE_FUNCTION ? value.as.function : NULL;
  return *f || (value.kind == NT_VALUE_NONE && !required);
}

/* Whether an option of this type may be None, which the field then says. */
static bool set_none(nt_opt_type type, void *field)
{
  switch (type) {
  case NT_OPT_INT_OR_NONE:
    *(int64_t *)field = NT_INT_NONE;
    return true;
  case NT_OPT_REAL_OR_NONE:
    *(double *)field = NT_NONE;
    return true;
  case NT_OPT_CHOICE_OR_NONE:
    *(int *)field = -1;
    return true;
  case NT_OPT_INTS_OR_NONE:
    ((nt_ints *)field)->n = -1;
    return true;
  case NT_OPT_STRINGS_OR_NONE:
    ((nt_strings *)field)->n = -1;
    return true;
  default:
    return false;
  }
}

bool nt_set_option(const nt_opt *opt, nt_value value, void *cfg)
{
  void *const field = (char *)cfg + opt->offset;
  int choice;
  if (value.kind == NT_VALUE_NONE && set_none(opt->type, field)) return true;
  switch (opt->type) {
  case NT_OPT_INT_OR_NONE:
  case NT_OPT_INT:
    if (value.kind != NT_VALUE_INT) return false;
    *(int64_t *)field = value.as.integer;
    return true;
  case NT_OPT_REAL:
  case NT_OPT_REAL_OR_NONE:
    if (!nt_value_is_real(value) || isnan(nt_value_real(value))) return false;
    *(double *)field = nt_value_real(value);
    return true;
  case NT_OPT_BOOL:
    if (value.kind != NT_VALUE_BOOL) return false;
    *(bool *)field = value.as.integer != 0;
    return true;
  case NT_OPT_CHOICE:
  case NT_OPT_CHOICE_OR_NONE:
    if (value.kind != NT_VALUE_STRING) return false;
    choice = nt_opt_choice(opt, value.as.text->text, value.as.text->length);
    if (choice >= 0) *(int *)field = choice;
    return choice >= 0;
  case NT_OPT_INTS:
  case NT_OPT_INTS_OR_NONE:
    return set_ints(field, value);
  case NT_OPT_STRINGS_OR_NONE:
    return set_strings(field, value);
  case NT_OPT_SLICES:
    return set_slices(field, value);
  case NT_OPT_COEFS:
    return set_coefs(field, value);
  case NT_OPT_ARRAY_OR_NONE:
    return set_array(field, value);
  case NT_OPT_DOT_AXES:
    return set_dot_axes(field, value);
  case NT_OPT_FUNCTION:
    return set_function(field, opt->required, value);
  }
  return false;
}
