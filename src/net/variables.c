#include "base/check.h"
#include "base/memory.h"
#include "net/eval.h"

#include <stdlib.h>
#include <string.h>

/* FNV-1a. */
static size_t hash(const char *name, size_t length)
{
  uint64_t h = 14695981039346656037u;
  for (size_t i = 0; i < length; i++)
    h = (h ^ (unsigned char)name[i]) * 1099511628211u;
  return (size_t)(h ^ (h >> 32));
}

/* The place of a name, or the free place where it would go. */
static nt_variable *probe(const nt_variables *v, const char *name, size_t length)
{
  size_t i = hash(name, length) % v->capacity;
  while (v->slot[i].name &&
         (v->slot[i].length != length || memcmp(v->slot[i].name, name, length) != 0))
    i = (i + 1) % v->capacity;
  return &v->slot[i];
}

const nt_value *nt_variables_find(const nt_variables *variables, const char *name, size_t length)
{
  if (variables->capacity == 0) return NULL;
  const nt_variable *const variable = probe(variables, name, length);
  return variable->name ? &variable->value : NULL;
}

static nt_status grow(nt_error *err, nt_variables *v)
{
  nt_status status = NT_OK;
  nt_variables bigger = {.n = v->n, .capacity = v->capacity ? 2 * v->capacity : 64};
  NT_TRY(nt_calloc(err, (int64_t)bigger.capacity, sizeof(nt_variable), "names", &bigger.slot));
  for (size_t i = 0; i < v->capacity; i++)
    if (v->slot[i].name) *probe(&bigger, v->slot[i].name, v->slot[i].length) = v->slot[i];
  free(v->slot);
  *v = bigger;
done:
  return status;
}

nt_status nt_variables_set(nt_error *err, nt_variables *variables, const char *name, size_t length,
                           nt_value value)
{
  nt_status status = NT_OK;
  if (2 * variables->n >= variables->capacity) NT_TRY(grow(err, variables));
  nt_variable *const variable = probe(variables, name, length);
  if (!variable->name) variables->n++;
  *variable = (nt_variable){name, length, value};
done:
  return status;
}
