#include "net/value.h"

#include "base/check.h"
#include "base/memory.h"
#include "base/option.h"

#include <stdio.h>
#include <stdlib.h>

static void free_value(nt_value *value)
{
  switch (value->kind) {
  case NT_VALUE_LAYER:
    nt_layer_release(&value->as.layer);
    return;
  case NT_VALUE_FUNCTION:
    nt_function_release(&value->as.function);
    return;
  case NT_VALUE_ARRAY:
    free(value->as.array->data);
    free(value->as.array);
    return;
  case NT_VALUE_STRING:
  case NT_VALUE_TUPLE:
  case NT_VALUE_LIST:
  case NT_VALUE_SLICE:
    free(value->as.any);
    return;
  default:
    return;
  }
}

nt_status nt_pool_own(nt_error *err, nt_pool *pool, nt_value value)
{
  nt_status status = NT_OK;
  NT_TRY(nt_grow(err, pool->n, sizeof value, "the values of a network text", &pool->owned));
  pool->owned[pool->n++] = value;
done:
  if (status != NT_OK) free_value(&value);
  return status;
}

nt_status nt_pool_count(nt_error *err, nt_pool *pool, int64_t n)
{
  if (n > NT_MAX_ELEMENTS - pool->elements)
    return nt_fail(err, NT_ERR_NETWORK, __FILE__, __LINE__, __func__,
                   "the lists, tuples and arrays of this text have more than %d elements",
                   NT_MAX_ELEMENTS);
  pool->elements += n;
  return NT_OK;
}

nt_status nt_pool_sequence(nt_error *err, nt_pool *pool, int64_t n, nt_sequence **out)
{
  nt_status status = NT_OK;
  NT_TRY(nt_pool_count(err, pool, n + 1));
  NT_TRY(nt_alloc(err, 1, sizeof(nt_sequence) + (size_t)n * sizeof(nt_value), "a list", out));
  (*out)->n = n;
  NT_TRY(nt_pool_own(err, pool, (nt_value){.kind = NT_VALUE_LIST, .as.sequence = *out}));
done:
  return status;
}

void nt_pool_free(nt_pool *pool)
{
  for (int64_t i = pool->n; i > 0; i--)
    free_value(&pool->owned[i - 1]);
  free(pool->owned);
  *pool = (nt_pool){0};
}

static const char *describe_text(const nt_text *text, char *out, size_t size)
{
  const bool is_long = text->length > 40;
  snprintf(out, size, "the string '%.*s%s'", (int)(is_long ? 37 : text->length), text->text,
           is_long ? "..." : "");
  return out;
}

const char *nt_value_describe(nt_value value, char *out, size_t size)
{
  static const char *const names[] = {
      [NT_VALUE_NONE] = "None",           [NT_VALUE_ELLIPSIS] = "'...'",
      [NT_VALUE_SLICE] = "a slice",       [NT_VALUE_ARRAY] = "an array",
      [NT_VALUE_FUNCTION] = "a function", [NT_VALUE_LAYER] = "a layer"};
  char number[40];
  switch (value.kind) {
  case NT_VALUE_BOOL:
    snprintf(out, size, "%s", value.as.integer ? "True" : "False");
    return out;
  case NT_VALUE_INT:
    snprintf(out, size, "the integer %lld", (long long)value.as.integer);
    return out;
  case NT_VALUE_REAL:
    snprintf(out, size, "the float %s", nt_real_text(value.as.real, number, sizeof number));
    return out;
  case NT_VALUE_STRING:
    return describe_text(value.as.text, out, size);
  case NT_VALUE_TUPLE:
  case NT_VALUE_LIST:
    snprintf(out, size, "a %s of %lld value%s", value.kind == NT_VALUE_LIST ? "list" : "tuple",
             (long long)value.as.sequence->n, value.as.sequence->n == 1 ? "" : "s");
    return out;
  case NT_VALUE_LAYER:
    snprintf(out, size, "the layer %.60s", nt_layer_name(value.as.layer));
    return out;
  default:
    snprintf(out, size, "%s", names[value.kind]);
    return out;
  }
}
